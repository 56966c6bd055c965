//! What a FHIR server can get wrong: it is named, and it costs nothing but itself.

use domain::{Outcome, Status, SyncReport, SyncState};

use crate::house::{House, outcomes};

const CLINIC: &str = "Starfleet Medical";
const SLUG: &str = "starfleet-medical";

/// Connects first, then breaks one type, then reads.
async fn with_fault(path: &str, fault: &str, times: Option<u32>) -> (House, SyncReport) {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.fault(SLUG, Some(path), fault, times).await;
    house.run_jobs().await;
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    let report = house.engine.progress(&visit, connection).await.expect("a report");
    (house, report)
}

fn codes(report: &SyncReport, resource: &str) -> Vec<String> {
    let name = |outcome: Outcome| match outcome {
        Outcome::Refused { code } | Outcome::Failed { code } => code,
        other => format!("{other:?}"),
    };
    outcomes(report, resource).into_iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_type_is_named_and_the_others_are_there() {
    let table = [
        ("truncated_json", "answer_malformed"),
        ("status:403", "forbidden"),
        ("status:404", "not_found"),
        ("status:401", "unauthorized"),
        ("status:500", "provider_unavailable"),
        ("html_200", "answer_is_a_web_page"),
        ("huge", "answer_too_large"),
        ("next_other_host", "next_foreign_host"),
    ];
    let runs = table.map(|(fault, code)| {
        tokio::spawn(async move {
            let (house, report) = with_fault("AllergyIntolerance", fault, None).await;
            assert_eq!(report.state, SyncState::Done, "{fault}");
            assert_eq!(codes(&report, "AllergyIntolerance"), [code], "{fault}");
            let counts = house.counts("ada").await;
            assert!(counts["immunizations"] > 0 && counts["vitals"] > 0, "{fault}: {counts:?}");
            // The summary tells the allergies all the same.
            let mut streams = report.streams.iter().filter(|stream| stream.resource == "AllergyIntolerance");
            let kept = streams.any(|stream| stream.received > 0);
            assert_eq!(kept, fault == "next_other_host", "{fault}: the page that came is kept");
        })
    });
    for run in runs {
        run.await.expect("each fault is survived");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_fault_leaves_no_trace() {
    let (_, clean) = with_fault("Nothing", "status:500", None).await;
    let table = [
        ("AllergyIntolerance", "status:429;retry_after=1"),
        ("AllergyIntolerance", "status:503;retry_after=120"),
        ("AllergyIntolerance", "status:429;retry_after_date=2"),
        ("AllergyIntolerance", "status:401"),
        ("AllergyIntolerance", "status:500"),
        ("AllergyIntolerance", "truncated_json"),
        ("AllergyIntolerance", "html_200"),
        ("Observation", "paging_loop"),
        ("Observation", "next_relative"),
        ("Condition", "warnings"),
    ];
    for (path, fault) in table {
        let times = if fault == "paging_loop" || fault == "next_relative" { None } else { Some(1) };
        let (_, report) = with_fault(path, fault, times).await;
        assert_eq!(report.state, SyncState::Done, "{fault}");
        if fault != "paging_loop" {
            assert_eq!(report.records, clean.records, "{fault}: {:?}", codes(&report, path));
        }
        assert!(codes(&report, path).iter().all(|code| code == "Done"), "{fault}: {:?}", codes(&report, path));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_content_is_counted() {
    let (_, report) = with_fault("Condition", "no_id", None).await;
    assert!(report.streams.iter().any(|stream| stream.resource == "Condition" && stream.dropped > 0), "{report:#?}");
    let (house, report) = with_fault("Condition", "wrong_types", None).await;
    assert_eq!(report.state, SyncState::Done);
    assert!(house.counts("ada").await["allergies"] > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_ended_asks_for_a_new_login() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    let connection = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.clock.advance(std::time::Duration::from_secs(4000));
    house.fault(SLUG, None, "refresh_dead", None).await;
    house.run_jobs().await;
    let token = house.id_token("ada").await;
    let visit = house.engine.open_connect(Some(&token), domain::Launch::default()).await.expect("a visit");
    assert!(matches!(visit.connections[0].connection.status, Status::NeedsLogin { .. }));
    assert!(matches!(&visit.connections[0].report.state, SyncState::Failed(trouble) if trouble.code == "needs_login"));
    // Logging in again mends it.
    let again = house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    assert_eq!(again, connection);
    house.run_jobs().await;
    let visit = house.engine.visit(&visit.ticket).await.expect("the visit");
    assert_eq!(visit.connections[0].connection.status, Status::Active);
    assert_eq!(visit.connections[0].report.state, SyncState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_token_is_refreshed_on_the_way() {
    let house = House::open().await;
    let visit = house.visit("ada").await;
    house.connect(&visit, CLINIC, "demouser").await.result.expect("a connection");
    house.clock.advance(std::time::Duration::from_secs(3580));
    house.run_jobs().await;
    assert!(house.counts("ada").await["allergies"] > 0);
}
