//! What a token is good for: by who got it, for how long, and until when the person waits.

use std::collections::HashSet;
use std::time::Duration;

use domain::{App, CloseStatus, Launch, Secret, SecretPolicy, Step, TokenKind};
use engine::authorizations::CallbackError;
use engine::connect::{Closing, ConnectError, Visit};
use engine::tokens::{IssueError, Issued, TokenRequest};
use futures_util::future::join_all;

use crate::house::{House, Share};

const CLINIC: &str = "Starfleet Medical";
const SLUG: &str = "starfleet-medical";

async fn lenient() -> House {
    let house = House::open().await;
    let app = App { session_secret_policy: SecretPolicy::Optional, ..house.app.clone() };
    house.engine.update_app(&app).await.expect("an app");
    house
}

/// What anybody can ask for who knows the app and the user's name in it.
async fn without_secret(house: &House, user: &str) -> Result<String, IssueError> {
    let request = TokenRequest {
        client_id: house.app.client_id.to_hex(),
        client_secret: None::<Secret<String>>,
        client_user_id: user.to_owned(),
        client_user_email: None,
        kind: Some(TokenKind::Session),
        extra_scopes: Vec::new(),
        address: "192.0.2.7".parse().expect("an address"),
    };
    match house.engine.issue(request).await? {
        Issued::Session { session_token, .. } => Ok(session_token.expose().clone()),
        _ => unreachable!("a session was asked for"),
    }
}

async fn open(house: &House, token: &str) -> Visit {
    house.engine.open_connect(Some(token), Launch::default()).await.expect("a visit")
}

fn place(visit: &Visit) -> (Step, &str, usize) {
    (visit.session.step.clone(), visit.session.search.as_str(), visit.connections.len())
}

async fn status(house: &House, ticket: &str) -> Option<CloseStatus> {
    match house.engine.visit(ticket).await {
        Ok(_) => None,
        Err(ConnectError::Closed { status, .. }) => Some(status),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_sees_nothing_of_adas_visit() {
    let house = lenient().await;
    let stranger = without_secret(&house, "ada").await.expect("a token");
    let visit = house.visit("ada").await;
    let visit = house.engine.go(&visit, Step::Search, Some("oncology")).await.expect("a step");
    let theirs = open(&house, &stranger).await;
    assert_ne!(theirs.session.id, visit.session.id);
    assert_eq!(place(&theirs), (Step::Welcome, "", 0));

    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    for theirs in [open(&house, &stranger).await, house.engine.visit(&theirs.ticket).await.expect("a visit")] {
        assert_eq!(place(&theirs), (Step::Welcome, "", 0));
        assert!(!theirs.shows(connection));
        let disconnected = house.engine.disconnect(&theirs, connection).await;
        assert!(matches!(disconnected, Err(ConnectError::UnknownConnection)));
    }
    let theirs = open(&house, &stranger).await;
    let ended = house.engine.end(&theirs, CloseStatus::Success).await.expect("the end");
    assert_eq!(ended.message["currentConnections"], serde_json::json!([]));
    let visit = house.engine.visit(&visit.ticket).await.expect("Ada's goes on");
    assert_eq!(visit.connections.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_secret_a_place_is_kept_until_there_is_something_to_protect() {
    let house = lenient().await;
    let first = without_secret(&house, "ada").await.expect("a token");
    let visit = open(&house, &first).await;
    house.engine.go(&visit, Step::Search, Some("river")).await.expect("a step");
    assert_eq!(open(&house, &first).await.session.id, visit.session.id, "the same token resumes");
    let second = without_secret(&house, "ada").await.expect("a token");
    let newer = open(&house, &second).await;
    assert_eq!(place(&newer), (Step::Search, "river", 0));
    assert_ne!(newer.session.id, visit.session.id);

    let third = without_secret(&house, "ada").await.expect("a token");
    let connection = house.connect(&newer, CLINIC, "demouser").await.result.expect("a connection");
    let newer = open(&house, &second).await;
    assert_eq!((newer.session.step.clone(), newer.connections.len()), (Step::Progress { connection }, 1), "her own");
    for ticket in [open(&house, &third).await.ticket, visit.ticket] {
        let other = house.engine.visit(&ticket).await.expect("a visit");
        assert!(other.connections.is_empty() && !other.shows(connection));
    }
    assert_eq!(place(&open(&house, &third).await), (Step::Welcome, "", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_ends_with_the_token_it_was_given_for() {
    let house = House::open().await;
    let (session, connection, _) = house.read("ada", CLINIC, "demouser").await;
    let longer = open(&house, &house.id_token("ada").await).await;
    assert_eq!(longer.session.id, session.session.id, "one visit");
    assert_ne!(longer.ticket, session.ticket);
    house.clock.advance(Duration::from_secs(3600));
    assert_eq!(status(&house, &session.ticket).await, Some(CloseStatus::SessionTokenExpired));
    assert_eq!(status(&house, &longer.ticket).await, None);
    assert!(house.engine.visit(&longer.ticket).await.expect("a visit").shows(connection));
    house.clock.advance(Duration::from_secs(86_400));
    assert_eq!(status(&house, &longer.ticket).await, Some(CloseStatus::SessionTokenExpired));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_launches_at_once_are_one_visit() {
    let house = House::open().await;
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(house.session_token("ada").await);
    }
    let launches = (0..4).map(|number: usize| {
        let (engine, token) = (house.engine.clone(), tokens[number].clone());
        tokio::spawn(async move { engine.open_connect(Some(&token), Launch::default()).await.expect("a visit") })
    });
    let visits = join_all(launches).await.into_iter().map(|visit| visit.expect("a launch").session.id.0);
    assert_eq!(visits.collect::<HashSet<_>>().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_nobody_waits_for_connects_nothing() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let away = house.begin(&visit, CLINIC).await;
    let back = house.sign_in(&away, "demouser", &Share::All).await;
    house.engine.end(&visit, CloseStatus::Success).await.expect("the end");
    assert!(matches!(house.complete(&back).await, Err(CallbackError::Over)));

    // The widget is closed while the hospital is asked for the grant: it is given back.
    let visit = house.visit("ada").await;
    let away = house.begin(&visit, CLINIC).await;
    let back = house.sign_in(&away, "demouser", &Share::All).await;
    house.fault(SLUG, Some("token"), "slow:600", Some(1)).await;
    let (completed, ended) = tokio::join!(house.complete(&back), async {
        tokio::time::sleep(Duration::from_millis(250)).await;
        house.engine.end(&visit, CloseStatus::Success).await
    });
    assert!(ended.is_ok() && matches!(completed, Err(CallbackError::Over)));
    assert_eq!(house.asked(SLUG, "revoke").await, 1);
    assert!(house.visit("ada").await.connections.is_empty());

    let visit = house.visit("ada").await;
    let away = house.begin(&visit, CLINIC).await;
    let back = house.sign_in(&away, "demouser", &Share::All).await;
    let disabled = App { disabled_at: Some(house.clock.now()), ..house.app.clone() };
    house.engine.update_app(&disabled).await.expect("an app");
    assert!(matches!(house.complete(&back).await, Err(CallbackError::Over)));
    let Err(ConnectError::AppDisabled { app }) = house.engine.visit(&visit.ticket).await else { panic!("disabled") };
    assert_eq!(app.client_id, house.app.client_id);
    house.engine.update_app(&house.app).await.expect("an app");
    assert!(house.complete(&back).await.expect("a login of ours").result.is_ok(), "nothing was used up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ran_out_at_the_hospital_does_not_stop_the_login() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    house.clock.advance(Duration::from_secs(3590));
    let away = house.begin(&visit, CLINIC).await;
    let back = house.sign_in(&away, "demouser", &Share::All).await;
    house.clock.advance(Duration::from_secs(20));
    assert!(house.complete(&back).await.expect("a login of ours").result.is_ok());
    assert_eq!(status(&house, &visit.ticket).await, Some(CloseStatus::SessionTokenExpired));
    let ending = house.engine.closed_ending(&visit.ticket, Closing::SessionTokenExpired).await;
    assert_eq!(ending.before[0]["status"], "CONNECTED_SOURCE", "told before the last word");
    assert_eq!(ending.message["sessionResults"]["connectedSources"][0]["name"], CLINIC);
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_given_twice_end_the_login() {
    let house = House::open().await;
    for name in ["code", "iss"] {
        let visit = house.visit("ada").await;
        let away = house.begin(&visit, CLINIC).await;
        let mut back = house.sign_in(&away, "demouser", &Share::All).await;
        back.query_pairs_mut().append_pair(name, "other").append_pair(name, "more");
        let trouble = house.complete(&back).await.expect("a login of ours").result.expect_err(name);
        assert_eq!(trouble.code, "answer_ambiguous", "{name}");
        assert!(matches!(house.complete(&back).await, Err(CallbackError::UnknownState)), "{name}: used up");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_before_an_erasure_ended_takes_the_secret_and_ends_it() {
    let house = lenient().await;
    let (visit, ..) = house.read("ada", CLINIC, "demouser").await;
    // As an interruption right after the first half of a deletion leaves it.
    let db = store::Db::open(&house.options().database).await.expect("the database");
    let mut batch = store::Batch::new();
    store::humans::mark_deleted(&mut batch, visit.human_id, house.clock.now());
    store::tokens::revoke_all(&mut batch, visit.human_id, house.clock.now());
    db.commit(batch).await.expect("half a deletion");
    assert_eq!(status(&house, &visit.ticket).await, Some(CloseStatus::SessionTokenInvalid));

    assert!(matches!(without_secret(&house, "ada").await, Err(IssueError::SecretRequired)));
    assert_eq!(store::connections::list(&db, visit.human_id).await.expect("rows").len(), 1, "nothing was touched");
    assert_eq!(house.asked(SLUG, "revoke").await, 0);
    let visit = house.visit("ada").await;
    assert!(visit.connections.is_empty());
    assert_eq!(house.asked(SLUG, "revoke").await, 1, "what she granted was given back first");
    assert!(without_secret(&house, "ada").await.is_ok());
}
