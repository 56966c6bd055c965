//! Each kind of record, from small resources to whole responses.

use std::collections::BTreeSet;
use std::path::Path;

use domain::Timestamp;
use records::{Chart, Form, Head, KINDS, Kind, Organization, SkipReason, compose, content_hash, kind, read, record_id};
use serde_json::value::RawValue;
use serde_json::{Value, json};

fn here(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn today() -> Timestamp {
    Timestamp::parse("2026-01-04T11:31:00.120Z").unwrap()
}

fn chart_of(resources: &str) -> Chart {
    let resources: Vec<Box<RawValue>> = serde_json::from_str(resources).unwrap();
    let mut chart = Chart::new();
    for resource in resources {
        chart.insert(resource.get().as_bytes()).unwrap();
    }
    chart
}

/// The responses of one kind, and what its resource types gave no record for.
fn responses(kind: &'static Kind, chart: &Chart) -> Value {
    let at = today();
    let reading = read(chart, at);
    let source = "65b1f0aa10c3d2000a1b2c00";
    let records: Vec<Value> = reading
        .drafts
        .iter()
        .filter(|draft| draft.kind == kind)
        .map(|draft| {
            let id = record_id("65b1f0aa10c3d2000a1b2c3d", kind.id, &draft.key);
            let organization = Some(Organization { id: source, name: "Northgate Clinic" });
            let head = Head { id: &id, source, created_at: at, updated_at: at, organization, ccd: None, about: None };
            let body: Value = serde_json::from_slice(&compose(draft, &head)).unwrap();
            json!({"key": draft.key, "lineage": draft.lineage, "sort": draft.sort_at, "from": draft.from, "to": draft.to, "record": body})
        })
        .collect();
    let skipped: Vec<String> = reading
        .skipped
        .iter()
        .filter(|skip| skip.reason != SkipReason::Supporting)
        .map(|skip| format!("{} {:?}", skip.resource, skip.reason))
        .collect();
    json!({"records": records, "skipped": skipped})
}

#[test]
fn every_kind_reads_its_fixture() {
    for kind in KINDS.iter().filter(|kind| matches!(kind.form, Form::List | Form::Single)) {
        let fixture = std::fs::read_to_string(here("tests/fixtures").join(format!("{}.json", kind.id))).expect(kind.id);
        insta::assert_json_snapshot!(kind.id, responses(kind, &chart_of(&fixture)));
    }
}

#[test]
fn every_file_of_the_folder_is_registered_once() {
    let files: BTreeSet<String> = std::fs::read_dir(here("src/medical"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "mod")
        .collect();
    let ids: BTreeSet<String> = KINDS.iter().map(|kind| kind.id.to_owned()).collect();
    assert_eq!(files, ids);
    assert_eq!(ids.len(), KINDS.len(), "an id is used twice");
    for known in KINDS {
        assert_eq!(kind(known.id), Some(*known));
        assert!(!known.title.is_empty() && known.description.ends_with('.'));
        assert_eq!(matches!(known.form, Form::Sources | Form::Index), known.resources.is_empty());
    }
    assert_eq!(kind("horoscopes"), None);
}

#[test]
fn ids_are_stable_and_belong_to_one_connection_and_kind() {
    let id = record_id("c1", "vitals", "Observation/1");
    insta::assert_snapshot!(id, @"fedc6da49b37b13e749a47ca");
    let others = [
        record_id("c2", "vitals", "Observation/1"),
        record_id("c1", "issues", "Observation/1"),
        record_id("c1v", "itals", "Observation/1"),
    ];
    assert!(others.iter().all(|other| *other != id && other.len() == 24));
}

#[test]
fn order_blanks_and_versions_do_not_change_the_hash() {
    let hash = |code: &str, meta: &str| {
        let chart = chart_of(&format!(r#"[{{"resourceType":"Condition","id":"1","meta":{meta},"code":{code}}}]"#));
        content_hash(&read(&chart, today()).drafts[0])
    };
    let (a, b) = (r#"{"system":"http://snomed.info/sct","code":"1"}"#, r#"{"system":"http://loinc.org","code":"2"}"#);
    let first = hash(&format!(r#"{{"text":"Caf\u00e9 au lait spot","coding":[{a},{b}]}}"#), r#"{"versionId":"1"}"#);
    assert_eq!(
        first,
        hash(&format!(r#"{{"coding":[{b},{a}],"text":"Cafe\u0301  au lait spot "}}"#), r#"{"versionId":"2"}"#)
    );
    assert_ne!(first, hash(&format!(r#"{{"coding":[{b},{a}],"text":"Mole"}}"#), "{}"));
}

#[test]
fn a_chart_takes_bundles_and_survives_bad_entries() {
    let mut chart = Chart::new();
    let bundle = r#"{"resourceType":"Bundle","entry":[
        {"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","id":"x","name":[{"text":"Robin Alder"}]}},
        {"fullUrl":"urn:uuid:c","resource":{"resourceType":"Condition","id":"y","subject":{"reference":"urn:uuid:p"},"code":{"text":"Gout"}}},
        {"resource":{"id":"no-type"}}, {"resource":7}, {}, 7,
        {"resource":{"resourceType":"Claim","id":"z"}}]}"#;
    chart.insert(bundle.as_bytes()).unwrap();
    for bad in ["", "{", "[]", "7", "{}", r#"{"resourceType":7}"#, r#"{"resourceType":"two words"}"#] {
        assert!(chart.insert(bad.as_bytes()).is_err(), "{bad}");
    }
    let reading = read(&chart, today());
    let issue = reading.drafts.iter().find(|draft| draft.kind.id == "issues").unwrap();
    assert_eq!(issue.body["patient"]["name"], "Robin Alder");
    let count = |reason| reading.skipped.iter().filter(|skip| skip.reason == reason).count();
    assert_eq!((count(SkipReason::Unreadable), count(SkipReason::OtherType)), (4, 1));
}

#[test]
fn a_newer_version_replaces_the_older() {
    let chart = chart_of(
        r#"[{"resourceType":"Observation","id":"1","status":"preliminary","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"Iron"},"valueQuantity":{"value":7.0}},
            {"resourceType":"Observation","id":"1","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"Iron"},"valueQuantity":{"value":7.10}}]"#,
    );
    let reading = read(&chart, today());
    assert_eq!(reading.drafts.len(), 1);
    assert_eq!(reading.drafts[0].body["components"][0]["value"], "7.10");
    assert_eq!(reading.drafts[0].body["status"], "Final result");
}

#[test]
fn every_category_of_observations_has_a_kind() {
    for (category, kind) in [
        ("laboratory", "test_results"),
        ("imaging", "test_results"),
        ("clinical-test", "test_results"),
        ("procedure", "test_results"),
        ("exam", "test_results"),
        ("therapy", "test_results"),
        ("activity", "test_results"),
        ("local-category", "test_results"),
        ("survey", "functional_statuses"),
        ("functional-status", "functional_statuses"),
        ("disability-status", "functional_statuses"),
        ("cognitive-status", "functional_statuses"),
        ("social-history", "social_history"),
        ("sdoh", "social_history"),
        ("treatment-intervention-preference", "social_history"),
        ("care-experience-preference", "social_history"),
        ("observation-adi-documentation", "social_history"),
        ("vital-signs", "vitals"),
    ] {
        let observation = json!({"resourceType": "Observation", "id": "1", "category": [{"coding": [{"code": category}]}],
            "code": {"text": "Gait"}, "valueString": "steady"});
        let reading = read(&chart_of(&json!([observation]).to_string()), today());
        let kinds: Vec<&str> =
            reading.drafts.iter().map(|draft| draft.kind.id).filter(|id| *id != "timeline").collect();
        assert_eq!(kinds, [kind], "{category}");
    }
}
