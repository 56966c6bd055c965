//! A hospital that is down, for a while or for good: what is there is shown, the rest comes by itself.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::{Outcome, StreamReport, SyncReport, SyncState};

use crate::house::{House, Share, outcomes};

const CLINIC: &str = "Starfleet Medical";
const SLUG: &str = "starfleet-medical";
const HOUR: Duration = Duration::from_secs(3600);

fn stream<'a>(report: &'a SyncReport, id: &str) -> &'a StreamReport {
    report.streams.iter().find(|stream| stream.id == id).unwrap_or_else(|| panic!("no {id} in {report:#?}"))
}

fn ended(report: &SyncReport) -> bool {
    report.streams.iter().all(|stream| !stream.outcome.is_open())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_cannot_be_looked_up_end_as_failed() {
    let table = ["status:500", "status:503", "status:429;retry_after=60", "html_200", "truncated_json"];
    let runs = table.map(|fault| {
        tokio::spawn(async move {
            let house = House::open().await;
            house.fault(SLUG, Some("Practitioner"), fault, None).await;
            let (_, _, report) = house.read("ada", CLINIC, "demouser").await;
            assert_eq!(report.state, SyncState::Done, "{fault}");
            assert!(
                matches!(stream(&report, "referenced-practitioner").outcome, Outcome::Failed { .. }),
                "{fault}: {report:#?}"
            );
            assert!(report.again_at.is_some() && ended(&report), "{fault}: {report:#?}");
            assert!(house.asked(SLUG, "Practitioner").await < 60, "{fault}");
            assert!(house.counts("ada").await["allergies"] > 0, "{fault}");
        })
    });
    for run in runs {
        run.await.expect("an end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_right_after_login_is_not_an_empty_record() {
    let house = House::open().await;
    let (_, _, whole) = house.read("ben", CLINIC, "demouser").await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.fault(SLUG, None, "status:503;retry_after=3600", None).await;
    house.run_jobs().await;
    let report = house.report(&visit, connection).await;
    assert!(
        matches!(&report.state, SyncState::Failed(trouble) if trouble.code == "provider_unavailable"),
        "{report:#?}"
    );
    assert!(report.again_at.is_some() && ended(&report));
    let source = house.source_of("ada").await;
    assert_eq!(
        (&source["syncStatus"]["status"], &source["historySync"]["status"]),
        (&"error".into(), &"not_started".into())
    );

    house.mend(SLUG).await;
    house.clock.advance(2 * HOUR);
    house.run_jobs().await;
    let report = house.report(&visit, connection).await;
    assert_eq!((&report.state, report.again_at), (&SyncState::Done, None));
    assert_eq!(report.records, whole.records);
    assert_eq!(house.source_of("ada").await["syncStatus"]["status"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_is_down_comes_later() {
    let house = House::open().await;
    let (_, _, whole) = house.read("ben", CLINIC, "demouser").await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.fault(SLUG, Some("DiagnosticReport"), "status:500", None).await;
    house.run_jobs().await;
    let report = house.report(&visit, connection).await;
    assert_eq!(report.state, SyncState::Done, "a screen with an end");
    assert!(outcomes(&report, "DiagnosticReport").iter().all(|outcome| matches!(outcome, Outcome::Failed { .. })));
    assert_eq!(house.source_of("ada").await["syncStatus"]["status"], "inProgress");
    let alone = house.counts("ada").await["test_results"];
    assert!(alone > 0, "results are shown without their reports");

    // The server is back: reports take the place of their single results.
    house.mend(SLUG).await;
    house.clock.advance(HOUR);
    house.run_jobs().await;
    let report = house.report(&visit, connection).await;
    assert_eq!((&report.state, report.again_at), (&SyncState::Done, None));
    assert_eq!(report.records, whole.records);
    assert_eq!(house.counts("ada").await, house.counts("ben").await);
    assert_ne!(house.counts("ada").await["test_results"], alone);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_stays_down_is_let_go_after_a_day() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.fault(SLUG, Some("Immunization"), "status:503;retry_after=3600", None).await;
    for _ in 0..40 {
        house.engine.run_due_jobs().await.expect("the queue");
        house.clock.advance(HOUR);
    }
    let report = house.report(&visit, connection).await;
    assert_eq!((&report.state, report.again_at), (&SyncState::Done, None));
    assert!(matches!(outcomes(&report, "Immunization")[0], Outcome::Failed { .. }));
    let asked = house.asked(SLUG, "Immunization").await;
    assert!((3..30).contains(&asked), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_is_down_is_not_asked_for_ever() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.clock.advance(Duration::from_secs(4000));
    let before = house.asked(SLUG, "token").await;
    house.fault(SLUG, Some("token"), "status:503", None).await;
    house.engine.run_due_jobs().await.expect("the queue");
    let report = house.report(&visit, connection).await;
    assert!(matches!(report.state, SyncState::Failed(_)) && report.again_at.is_some(), "{report:#?}");
    for _ in 0..12 * 40 {
        house.clock.advance(HOUR / 12);
        house.engine.run_due_jobs().await.expect("the queue");
    }
    let report = house.report(&visit, connection).await;
    assert!(matches!(report.state, SyncState::Failed(_)) && report.again_at.is_none() && ended(&report), "{report:#?}");
    let asked = house.asked(SLUG, "token").await - before;
    assert!((5..25).contains(&asked), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_dies_early_costs_nothing() {
    let house = House::open().await;
    let (_, _, whole) = house.read("ben", CLINIC, "demouser").await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    // To the hospital an hour has passed: it refuses every request at once.
    house.ahead.store(4_000_000, Ordering::Relaxed);
    let before = house.asked(SLUG, "token").await;
    house.run_jobs().await;
    let report = house.report(&visit, connection).await;
    assert_eq!((&report.state, &report.records), (&SyncState::Done, &whole.records), "{report:#?}");
    assert_eq!(house.asked(SLUG, "token").await - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_while_a_token_is_renewed_leaves_nothing_behind() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.clock.advance(Duration::from_secs(3580));
    house.fault(SLUG, Some("token"), "slow:1500", Some(1)).await;
    // The hospital does not hear at first that she has left.
    house.fault(SLUG, Some("revoke"), "status:503", Some(1)).await;
    let engine = house.engine.clone();
    let work = tokio::spawn(async move { engine.run_due_jobs().await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    house.engine.disconnect(&visit, connection).await.expect("disconnected");
    work.await.expect("no panic").expect("the queue");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    assert!(visit.connections.iter().all(|linked| !linked.connection.status.connected()), "still gone");
    assert_eq!(house.asked(SLUG, "revoke").await, 2, "the grant, and its successor that came too late");
    assert_eq!(house.engine.run_due_jobs().await.expect("the queue"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_wait_as_long_as_they_are_told_to() {
    let house = House::open().await;
    let (_, _, whole) = house.read("ben", CLINIC, "demouser").await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.fault(SLUG, Some("Binary"), "status:429;retry_after=60", Some(2)).await;
    house.engine.run_due_jobs().await.expect("the queue");
    let report = house.report(&visit, connection).await;
    assert_eq!(
        (&report.state, &stream(&report, "documents-content").outcome),
        (&SyncState::Reading, &Outcome::Reading)
    );
    let asked = house.asked(SLUG, "Patient").await;
    house.clock.advance(Duration::from_secs(30));
    assert_eq!(house.engine.run_due_jobs().await.expect("the queue"), 0, "too early");
    house.clock.advance(Duration::from_secs(40));
    house.run_jobs().await;
    let report = house.report(&visit, connection).await;
    assert_eq!((&report.state, &report.records), (&SyncState::Done, &whole.records));
    assert_eq!(stream(&report, "documents-content"), stream(&whole, "documents-content"));
    assert_eq!(house.asked(SLUG, "Patient").await, asked, "what is there is not asked for again");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_lead_on_to_people_and_places() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let away = house.begin(&visit, CLINIC).await;
    let share = Share::Only(&["CareTeam", "Practitioner", "Organization", "Location", "offline_access"]);
    let back = house.sign_in(&away, "demouser", &share).await;
    let connection = house.complete(&back).await.expect("a login of ours").result.expect("a connection");
    house.run_jobs().await;
    let report = house.report(&visit, connection).await;
    for id in ["referenced-practitionerrole", "referenced-location"] {
        assert!(stream(&report, id).received > 0, "{report:#?}");
    }
}
