//! No JSON makes a reading panic.

use std::path::Path;

use domain::Timestamp;
use proptest::prelude::*;
use records::{Chart, content_hash, read};
use serde_json::{Value, json};

/// Every fixture resource, for breaking.
fn resources() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .flat_map(|path| serde_json::from_str::<Vec<Value>>(&std::fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!({})),
        Just(json!([])),
        Just(json!([[]])),
        Just(json!([null, 7, {"code": []}])),
        Just(json!("")),
        Just(json!("\u{0}é𝄞/#:@-")),
        Just(json!("#")),
        Just(json!("2020-13-45T99:99:99+99:99")),
        Just(json!("9999999999999999999999")),
        Just(json!(-1e300)),
        Just(json!(u64::MAX)),
        Just(json!(true)),
        Just(json!("Observation/panel")),
        Just(json!({"reference": "Observation/a1c"})),
        ".{0,40}".prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
    ]
}

/// Walks `steps` down and replaces, removes or repeats what is there.
fn break_at(value: &mut Value, steps: &[prop::sample::Index], junk: Value) {
    let Some((step, rest)) = steps.split_first() else {
        *value = junk;
        return;
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            let name = members.keys().nth(step.index(members.len())).unwrap().clone();
            if rest.is_empty() && junk.is_null() {
                members.remove(&name);
            } else if name != "resourceType" {
                break_at(&mut members[&name], rest, junk);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = step.index(items.len());
            break_at(&mut items[at], rest, junk);
        }
        other => *other = junk,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn broken_resources_do_not_panic(
        breaks in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(any::<prop::sample::Index>(), 1..6), junk()), 1..60),
    ) {
        let mut resources = resources();
        for (which, steps, junk) in breaks {
            let at = which.index(resources.len());
            break_at(&mut resources[at], &steps, junk);
        }
        let mut chart = Chart::new();
        for resource in &resources {
            let _ = chart.insert(resource.to_string().as_bytes());
        }
        for draft in read(&chart, Timestamp(1_767_225_600_000)).drafts {
            let _ = content_hash(&draft);
        }
    }

    #[test]
    fn any_bytes_are_taken_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Chart::new().insert(&bytes);
    }
}
