//! The way everybody hopes for, and coming back later.

use domain::{CloseStatus, Launch, Outcome, Status, Step, SyncState};
use engine::authorizations::LoginState;
use engine::connect::ConnectError;
use serde_json::json;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn ada_connects_reads_and_leaves() {
    let house = House::open().await;
    let (visit, connection, report) = house.read("ada", "Starfleet Medical", "demouser").await;
    assert_eq!(report.state, SyncState::Done, "{report:#?}");
    let failed: Vec<_> = report
        .streams
        .iter()
        .filter(|stream| matches!(stream.outcome, Outcome::Failed { .. } | Outcome::Waiting | Outcome::Reading))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(
        report.streams.iter().any(|stream| stream.id == "referenced-practitioner" && stream.received > 0),
        "{report:#?}"
    );
    let counts = house.counts("ada").await;
    for kind in ["allergies", "immunizations", "vitals"] {
        assert!(counts[kind] > 0, "{kind}: {counts:?}");
    }
    assert_eq!(house.engine.login_state(&visit).await.expect("a state"), LoginState::Connected(connection));

    let messages = house.engine.pending_messages(&visit);
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].body["status"], "CONNECTED_SOURCE");
    assert_eq!(messages[0].body["currentConnections"][0]["accountId"], connection.to_hex());
    let said: Vec<_> = messages.into_iter().map(|message| message.announced).collect();
    house.engine.acknowledge(&visit, &said).await.expect("acknowledged");
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    assert!(house.engine.pending_messages(&visit).is_empty());

    let visit = house.engine.disconnect(&visit, connection).await.expect("disconnected");
    assert!(visit.connections.is_empty());
    let ended = house.engine.end(&visit, CloseStatus::Success).await.expect("the end");
    assert_eq!(ended.message["sessionResults"]["connectedSources"], json!([]));
    assert_eq!(ended.message["sessionResults"]["disconnectedSources"][0]["name"], "Starfleet Medical");
    assert_eq!(ended.message["currentConnections"], json!([]));
    assert!(house.engine.end(&visit, CloseStatus::Success).await.is_err(), "a visit ends once");
    // What was read stays.
    assert_eq!(house.counts("ada").await, counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_account_again_is_the_same_connection() {
    let house = House::open().await;
    let (visit, connection, report) = house.read("ada", "Starfleet Medical", "demouser").await;
    let before = house.counts("ada").await;
    let again = house.connect(&visit, "Starfleet Medical", "demouser").await.result.expect("a connection");
    assert_eq!(again, connection);
    house.run_jobs().await;
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    assert_eq!(visit.connections.len(), 1);
    let second = house.engine.progress(&visit, connection).await.expect("a report");
    assert_eq!(second.records, report.records);
    assert_eq!(house.counts("ada").await, before, "nothing twice, nothing lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_resumes_where_ada_was() {
    let house = House::open().await;
    let token = house.session_token("ada").await;
    let open = |token: String| {
        let engine = house.engine.clone();
        async move { engine.open_connect(Some(&token), Launch::default()).await }
    };
    let visit = open(token.clone()).await.expect("a visit");
    assert_eq!(visit.session.step, Step::Welcome);
    house.engine.go(&visit, Step::Search, Some("river")).await.expect("a step");
    // A stale copy of the visit changes what is there now, not what was.
    house.engine.go(&visit, Step::Search, None).await.expect("a step");
    let newer = house.session_token("ada").await;
    let resumed = open(newer).await.expect("the visit");
    assert_eq!((resumed.session.id, resumed.session.search.as_str()), (visit.session.id, "river"));
    assert_eq!(resumed.session.step, Step::Search);

    house.clock.advance(std::time::Duration::from_secs(3601));
    match house.engine.visit(&visit.ticket).await {
        Err(ConnectError::Closed { status: CloseStatus::SessionTokenExpired, app: Some(_) }) => {}
        _ => panic!("the token has run out"),
    }
    let ending = house.engine.closed_ending(&visit.ticket, CloseStatus::SessionTokenExpired.into()).await;
    assert_eq!(ending.message["status"], "SESSION_TOKEN_EXPIRED");
    assert!(matches!(open(token).await, Err(ConnectError::Closed { status: CloseStatus::SessionTokenExpired, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_tokens_for_the_widget_open_it() {
    let house = House::open().await;
    house.read("ada", "Starfleet Medical", "demouser").await;
    let access = house.access_token("ada").await;
    let id = house.id_token("ada").await;
    let engine = &house.engine;
    let status = |result: Result<_, ConnectError>| match result {
        Ok(_) => None,
        Err(ConnectError::Closed { status, .. }) => Some(status),
        Err(other) => panic!("{other}"),
    };
    let open = |token| engine.open_connect(token, Launch::default());
    assert_eq!(status(open(None).await), Some(CloseStatus::MissingSessionToken));
    assert_eq!(status(open(Some("hst-nonsense")).await), Some(CloseStatus::SessionTokenInvalid));
    assert_eq!(status(open(Some(&access)).await), Some(CloseStatus::SessionTokenInvalid));
    assert_eq!(status(open(Some(&id)).await), None);
    let elsewhere = Launch { callback: Some("https://evil.example".to_owned()), ..Launch::default() };
    assert!(matches!(engine.open_connect(Some(&id), elsewhere).await, Err(ConnectError::CallbackNotRegistered)));
    let visit = open(Some(&id)).await.expect("a visit");
    assert_eq!(visit.connections[0].connection.status, Status::Active);
}
