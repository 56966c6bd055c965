//! What the source takes back, and what it merely forgets to mention.

use domain::SyncState;

use crate::house::House;

const CLINIC: &str = "Starfleet Medical";
const SLUG: &str = "starfleet-medical";

#[tokio::test(flavor = "multi_thread")]
async fn a_retraction_hides_at_once_whatever_else_failed() {
    let house = House::open().await;
    let (visit, _, _) = house.read("ada", CLINIC, "demouser").await;
    let before = house.counts("ada").await;
    house.fault(SLUG, Some("Immunization"), "entered_in_error_stub", None).await;
    house.fault(SLUG, Some("AllergyIntolerance"), "status:500", None).await;
    let report = house.read_again(&visit, CLINIC).await;
    assert!(report.again_at.is_some(), "something failed: {report:#?}");
    let after = house.counts("ada").await;
    assert_eq!(after["immunizations"], before["immunizations"] - 1);
    assert_eq!(after["allergies"], before["allergies"], "what could not be read stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_is_what_two_complete_reads_have_missed() {
    let house = House::open().await;
    let (visit, _, _) = house.read("ada", CLINIC, "demouser").await;
    let before = house.counts("ada").await["encounters"];
    let count = async || house.counts("ada").await["encounters"];
    house.fault(SLUG, Some("Encounter"), "disappearing_row", None).await;
    house.read_again(&visit, CLINIC).await;
    assert_eq!(count().await, before, "missed once");

    // It is back, and missed anew: that is once again.
    house.mend(SLUG).await;
    house.read_again(&visit, CLINIC).await;
    house.fault(SLUG, Some("Encounter"), "disappearing_row", None).await;
    house.read_again(&visit, CLINIC).await;
    assert_eq!(count().await, before, "missed once more, but not twice in a row");

    // An incomplete read and one with a warning do not count.
    house.fault(SLUG, Some("AllergyIntolerance"), "status:500", None).await;
    house.read_again(&visit, CLINIC).await;
    house.mend(SLUG).await;
    house.fault(SLUG, Some("Encounter"), "disappearing_row", None).await;
    house.fault(SLUG, Some("Encounter"), "warnings", None).await;
    let report = house.read_again(&visit, CLINIC).await;
    assert!(report.warnings.iter().any(|(code, count)| code == "incomplete" && *count > 0), "{report:#?}");
    assert_eq!(count().await, before);

    house.mend(SLUG).await;
    house.fault(SLUG, Some("Encounter"), "disappearing_row", None).await;
    let report = house.read_again(&visit, CLINIC).await;
    assert_eq!(report.state, SyncState::Done);
    assert_eq!(count().await, before - 1);

    house.mend(SLUG).await;
    house.read_again(&visit, CLINIC).await;
    assert_eq!(count().await, before, "it came back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_is_empty_now_is_noticed() {
    let house = House::open().await;
    // A summary would go on telling what it told.
    house.fault(SLUG, Some("Binary"), "status:404", None).await;
    let (visit, _, _) = house.read("ada", CLINIC, "demouser").await;
    let before = house.counts("ada").await;
    assert_eq!(before["allergies"], 2);
    for _ in 0..2 {
        house.fault(SLUG, Some("AllergyIntolerance"), "disappearing_row", None).await;
    }
    house.read_again(&visit, CLINIC).await;
    assert_eq!(house.counts("ada").await["allergies"], 2);
    house.read_again(&visit, CLINIC).await;
    let after = house.counts("ada").await;
    assert_eq!((after["allergies"], after["vitals"]), (0, before["vitals"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_date_is_not_one_to_come() {
    let house = House::open().await;
    house.read("ada", CLINIC, "demouser").await;
    let newest = house.source_of("ada").await["syncStatus"]["newestDate"].as_str().expect("a date").to_owned();
    assert!(newest <= house.clock.now().to_iso(), "{newest}");
}

/// What a summary tells beside what the clinic says as FHIR is kept, and every sync finds it as it was.
#[tokio::test(flavor = "multi_thread")]
async fn summaries_are_converted_once() {
    let house = House::open().await;
    let (visit, _, report) = house.read("ada", CLINIC, "demouser").await;
    let unreadable = report.warnings.iter().filter(|(code, _)| code.starts_with("document_")).count();
    assert_eq!(unreadable, 0, "{report:#?}");
    let before = house.counts("ada").await;
    assert!(before["ccds"] > 0, "{before:?}");
    house.clock.advance(std::time::Duration::from_secs(60));
    house.read_again(&visit, CLINIC).await;
    assert_eq!(house.counts("ada").await, before);
}
