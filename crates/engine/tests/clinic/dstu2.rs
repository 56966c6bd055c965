//! A hospital that speaks DSTU2 and nothing newer.

use std::collections::BTreeMap;

use domain::{Outcome, SyncState};
use engine::records::ListQuery;
use serde_json::Value;

use crate::house::{House, everything};

const HOSPITAL: &str = "Tidewater Primary Care";

/// Kinds that say the same whichever version the hospital speaks.
const SAME: &[&str] =
    &["allergies", "issues", "medications", "immunizations", "test_results", "vitals", "procedures", "encounters"];

/// What a record is about, without what only an installation knows.
fn told(record: &Value) -> String {
    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    [text("dateTime"), text("startDate"), text("name"), text("visitType"), text("status")].join(" | ")
}

/// The same person's record in R4, as the generator of people writes it.
fn in_r4(today: &str) -> BTreeMap<&'static str, Vec<String>> {
    let hospital = sandbox::hospitals::Hospital::find("tidewater").expect("a hospital");
    let seed = hospital.slug.bytes().fold(7u64, |seed, byte| seed.rotate_left(5) ^ u64::from(byte));
    let place = sandbox::people::Hospital {
        name: hospital.name,
        organization_id: hospital.slug,
        city: hospital.address.city,
        state: hospital.address.state,
        zip: hospital.address.zip,
    };
    let person = sandbox::people::Person::generate(seed, 0, &place, today);
    let mut chart = records::Chart::new();
    for resource in person.resources.iter().chain(&sandbox::people::staff(seed, &place)) {
        chart.insert(resource.json.to_string().as_bytes()).expect("a resource");
    }
    let now = domain::Timestamp::parse(&format!("{today}T23:59:59Z")).expect("a day");
    let mut all: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for draft in &records::read(&chart, now).drafts {
        let head = records::Head {
            id: "x",
            source: "x",
            created_at: now,
            updated_at: now,
            organization: None,
            ccd: None,
            about: None,
        };
        let body: Value = serde_json::from_slice(&records::compose(draft, &head)).expect("JSON");
        all.entry(draft.kind.id).or_default().push(told(&body));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_kept_in_dstu2_reads_like_any_other() {
    let house = House::open().await;
    let (login, _) = house.hospitals.logins("tidewater", 1).remove(0);
    let (_, _, report) = house.read("imogen", HOSPITAL, &login).await;
    assert_eq!(report.state, SyncState::Done, "{report:#?}");
    let failed: Vec<_> = report
        .streams
        .iter()
        .filter(|stream| matches!(stream.outcome, Outcome::Failed { .. } | Outcome::Waiting | Outcome::Reading))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    for stream in ["patient", "medication-orders", "observations-laboratory", "diagnostic-orders", "documents-content"]
    {
        assert!(report.streams.iter().any(|one| one.id == stream && one.received > 0), "{stream}: {report:#?}");
    }
    assert!(report.streams.iter().all(|stream| stream.resource != "MedicationRequest"));

    let token = house.access_token("imogen").await;
    let access = house.engine.authenticate(&token).await.expect("an access token");
    let today = engine::clock::Clock::System.now().to_iso()[..10].to_owned();
    let mut expected = in_r4(&today);
    for kind in records::KINDS.iter().filter(|kind| SAME.contains(&kind.id)) {
        let query = ListQuery { limit: 10_000, ..everything() };
        let page = house.engine.list_records(&access, kind, &query).await.expect("a page");
        let found: Vec<Value> = serde_json::from_slice(&page.body).expect("JSON");
        let mut found: Vec<String> = found.iter().map(told).collect();
        let mut wanted = expected.remove(kind.id).unwrap_or_default();
        found.sort();
        wanted.sort();
        let missing: Vec<&String> = wanted.iter().filter(|one| !found.contains(one)).take(5).collect();
        let more: Vec<&String> = found.iter().filter(|one| !wanted.contains(one)).take(5).collect();
        assert!(missing.is_empty() && more.is_empty(), "{}: missing {missing:#?}, more {more:#?}", kind.id);
        assert_eq!(found.len(), wanted.len(), "{}", kind.id);
    }
}
