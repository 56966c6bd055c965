//! What runs beside the journeys: the queue, the directory, the client that reaches out.

use std::time::Duration;

use domain::{Outcome, SyncState};
use engine::Engine;
use engine::directory::{Feed, ImportError, Search};
use tokio::sync::watch;
use url::Url;

use crate::house::House;

const CLINIC: &str = "Starfleet Medical";

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_worked_as_soon_as_something_is_in_it_and_stops_when_told() {
    let house = House::open().await;
    let (stop, stopped) = watch::channel(false);
    let engine = house.engine.clone();
    let queue = tokio::spawn(async move { engine.run_jobs(stopped).await });
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    let mut report = Default::default();
    for _ in 0..600 {
        report = house.engine.progress(&visit, connection).await.expect("a report");
        if report.state == SyncState::Done {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(report.state, SyncState::Done);
    stop.send(true).expect("the queue listens");
    tokio::time::timeout(Duration::from_secs(5), queue).await.expect("in time").expect("without a panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_told_to_stop_is_taken_up_again() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.fault("starfleet-medical", None, "slow:50", None).await;
    let (stop, stopped) = watch::channel(false);
    let engine = house.engine.clone();
    let queue = tokio::spawn(async move { engine.run_jobs(stopped).await });
    tokio::time::sleep(Duration::from_millis(400)).await;
    stop.send(true).expect("the queue listens");
    tokio::time::timeout(Duration::from_secs(5), queue).await.expect("in time").expect("without a panic");
    assert_eq!(house.engine.progress(&visit, connection).await.expect("a report").state, SyncState::Reading);
    // Its lease was given back: nobody has to wait for it to run out.
    assert_eq!(house.engine.run_due_jobs().await.expect("the queue"), 1);
    let report = house.engine.progress(&visit, connection).await.expect("a report");
    assert_eq!(report.state, SyncState::Done);
    assert!(
        report.streams.iter().all(|stream| !matches!(stream.outcome, Outcome::Waiting | Outcome::Reading)),
        "{report:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_read_whole_or_not_at_all() {
    let house = House::open().await;
    let brands = house.engine.count_brands();
    assert!(brands >= 10);
    let url = Url::parse(&format!("{}/brands.json", house.town)).expect("a URL");
    let again = house.engine.import_lists(&[Feed::Url(url.clone())], false).await.expect("the bundle");
    assert!(again.changed.is_none() && again.unchanged.len() == 1, "{again:?}");

    let other = Engine::open(house.options()).await.expect("another process");
    assert_eq!(other.count_brands(), brands);
    let order = serde_json::json!({ "fault": "truncated_json", "times": 1 }).to_string();
    let request =
        reqwest::Client::new().post(format!("{}/brands/faults", house.town)).header("content-type", "application/json");
    request.body(order).send().await.expect("an answer");
    // A query makes it another bundle, which is not known by its tag.
    let broken = Url::parse(&format!("{}/brands.json?fresh", house.town)).expect("a URL");
    let both = [Feed::Url(broken), Feed::Url(url)];
    assert!(matches!(house.engine.import_lists(&both, false).await, Err(ImportError::Invalid(_))));
    assert_eq!(house.engine.count_brands(), brands);

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("brands.json");
    let one = serde_json::json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "https://far.example/Organization/1", "resource": {"resourceType": "Organization", "id": "1", "active": true,
            "name": "Far Hills Hospital", "identifier": [{"system": "urn:ietf:rfc:3986", "value": "https://farhills.example"}],
            "endpoint": [{"reference": "Endpoint/1"}]}},
        {"fullUrl": "https://far.example/Endpoint/1", "resource": {"resourceType": "Endpoint", "id": "1", "status": "active",
            "connectionType": {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "hl7-fhir-rest"},
            "address": "https://fhir.farhills.example/r4"}},
    ]});
    std::fs::write(&file, one.to_string()).expect("a file");
    let imported = other.import_lists(&[Feed::File(file.clone())], false).await.expect("the file");
    let changed = imported.changed.expect("something new");
    assert_eq!((changed.new, changed.updated, changed.gone), (1, 0, 0), "{changed:?}");
    let again = other.import_lists(&[Feed::File(file.clone())], false).await.expect("the file");
    let changed = again.changed.expect("files are always read");
    assert_eq!((changed.new, changed.updated, changed.gone), (0, 0, 0), "{changed:?}");
    std::fs::write(&file, r#"{"resourceType": "Bundle", "type": "collection"}"#).expect("a file");
    let cut = other.import_lists(&[Feed::File(file)], false).await.expect_err("a list that lost everything");
    assert!(cut.to_string().contains("held 1 listings and now holds 0"), "{cut}");
    let mut found = Vec::new();
    for _ in 0..50 {
        found = house.engine.search_directory(&Search::of("far hils", 1)).await.expect("a search");
        if found.first().is_some_and(|found| found.brand.name == "Far Hills Hospital") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the other process's import is not seen: {found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_fetched_and_a_lost_one_costs_nothing_else() {
    let house = House::open().await;
    let (_, _, report) = house.read("ada", CLINIC, "demouser").await;
    let content =
        report.streams.iter().find(|stream| stream.id == "documents-content").expect("documents with content");
    assert!(content.received > 0 && content.dropped == 0 && content.outcome == Outcome::Done, "{content:?}");
    let visit = house.visit("ben").await;
    house.fault("starfleet-medical", Some("Binary"), "status:404", Some(1)).await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.run_jobs().await;
    let second = house.engine.progress(&visit, connection).await.expect("a report");
    let lost = second.streams.iter().find(|stream| stream.id == "documents-content").expect("documents with content");
    assert_eq!((lost.received, lost.dropped), (content.received - 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_again_after_leaving() {
    let house = House::open().await;
    let (visit, connection, _) = house.read("ada", CLINIC, "demouser").await;
    let counts = house.counts("ada").await;
    let visit = house.engine.disconnect(&visit, connection).await.expect("disconnected");
    let again = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    assert_eq!(again, connection);
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    assert_eq!(
        (visit.session.connected.as_slice(), visit.session.disconnected.as_slice()),
        (&[connection][..], &[][..])
    );
    house.run_jobs().await;
    assert_eq!(house.counts("ada").await, counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_a_tag_is_merged_only_when_it_changed() {
    let house = House::open().await;
    let bundle = |name: &str| {
        serde_json::json!({"resourceType": "Bundle", "type": "collection", "entry": [
            {"fullUrl": "https://far.example/Organization/1", "resource": {"resourceType": "Organization", "id": "1",
                "name": name, "endpoint": [{"reference": "Endpoint/1"}],
                "identifier": [{"system": "urn:ietf:rfc:3986", "value": "https://farhills.example"}]}},
            {"fullUrl": "https://far.example/Endpoint/1", "resource": {"resourceType": "Endpoint", "id": "1",
                "status": "active", "address": "https://fhir.farhills.example/r4"}},
        ]})
        .to_string()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = Url::parse(&format!("http://{}/list", listener.local_addr().expect("an address"))).expect("a URL");
    let answers = ["Far Hills", "Far Hills", "Near Hills"].map(bundle);
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        for body in answers {
            let (mut caller, _) = listener.accept().await.expect("a caller");
            let _ = caller.read(&mut [0; 4096]).await;
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            caller.write_all(answer.as_bytes()).await.expect("an answer");
        }
    });
    for expected in [Some((1, 0)), None, Some((0, 1))] {
        let imported = house.engine.import_lists(&[Feed::Url(url.clone())], false).await.expect("the list");
        assert_eq!(imported.changed.map(|changed| (changed.new, changed.updated)), expected);
    }
}
