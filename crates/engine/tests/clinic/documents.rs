//! Files that a hospital only keeps: letters and pictures.

use domain::{Outcome, RecordId};
use engine::records::ListQuery;
use serde_json::Value;

use crate::house::{House, everything};

const CLINIC: &str = "Starfleet Medical";
const SLUG: &str = "starfleet-medical";

async fn letters(house: &House) -> Vec<(RecordId, Value)> {
    let access = house.engine.authenticate(&house.access_token("ada").await).await.expect("an access token");
    let query = ListQuery { limit: 500, ..everything() };
    let kind = records::kind("documents").expect("a kind");
    let page = house.engine.list_records(&access, kind, &query).await.expect("a page");
    let rows: Vec<Value> = serde_json::from_slice(&page.body).expect("JSON");
    let letters = rows.into_iter().filter(|row| row["contentType"] == "application/pdf");
    letters.map(|row| (row["id"].as_str().and_then(|id| id.parse().ok()).expect("an id"), row)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_comes_as_it_was_printed() {
    let house = House::open().await;
    // The first time it is not to be had.
    house.fault(SLUG, Some("Binary"), "status:404", None).await;
    let (visit, _, report) = house.read("ada", CLINIC, "demouser").await;
    let content = |report: &domain::SyncReport| {
        report.streams.iter().find(|stream| stream.id == "documents-content").cloned().expect("a stream")
    };
    assert!(content(&report).dropped > 0 && content(&report).received == 0, "{report:#?}");
    let [(id, row)] = &letters(&house).await[..] else { panic!("one letter") };
    assert_eq!(row["title"], "Letter to the eye clinic");
    let access = house.engine.authenticate(&house.access_token("ada").await).await.expect("an access token");
    assert!(house.engine.raw_file(&access, *id).await.expect("an answer").is_none());

    house.mend(SLUG).await;
    let report = house.read_again(&visit, CLINIC).await;
    assert_eq!((content(&report).outcome, content(&report).dropped), (Outcome::Done, 0));
    let file = house.engine.raw_file(&access, *id).await.expect("an answer").expect("the letter");
    assert_eq!(file.content_type, "application/pdf");
    let words = String::from_utf8(file.bytes.to_vec()).expect("ASCII");
    assert!(words.starts_with("%PDF-1.4") && words.ends_with("%%EOF\n") && words.contains("(Starfleet Medical) Tj"));
    let (_, after) = &letters(&house).await[0];
    assert_eq!(after["id"], row["id"]);
}
