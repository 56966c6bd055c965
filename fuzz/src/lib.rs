//! What must hold for any chart and any converted document.

use std::collections::HashSet;

use domain::Timestamp;
use records::ccda::{Converted, Fate};
use records::{Chart, Head, Landed, Organization, compose, content_hash, read, record_id};
use serde_json::Value;

pub const TODAY: Timestamp = Timestamp(1_767_225_600_000);

/// Reads a chart and composes every record twice: the bytes are JSON, and the same.
pub fn read_all(chart: &Chart) {
    let mut ids = HashSet::new();
    for draft in read(chart, TODAY).drafts {
        let id = record_id("65b1f0aa10c3d2000a1b2c3d", draft.kind.id, &draft.key);
        let head = Head {
            id: &id,
            source: "65b1f0aa10c3d2000a1b2c00",
            created_at: TODAY,
            updated_at: TODAY,
            organization: Some(Organization { id: "65b1f0aa10c3d2000a1b2c00", name: "Northgate Clinic" }),
            #[cfg(feature = "files")]
            ccd: Some("65b1f0aa10c3d2000a1b2c01"),
            #[cfg(feature = "files")]
            about: Some("65b1f0aa10c3d2000a1b2c02"),
        };
        let bytes = compose(&draft, &head);
        serde_json::from_slice::<Value>(&bytes).expect("a record is JSON");
        assert_eq!(content_hash(&draft), content_hash(&draft.clone()));
        assert!(ids.insert((draft.kind.id, id)), "two records with one id");
    }
}

/// Resources parse, have the identity they are stored under, and are told once.
pub fn check_landed(resources: &[Landed]) -> HashSet<String> {
    let mut keys = HashSet::new();
    for landed in resources {
        let json: Value = serde_json::from_slice(&landed.json).expect("a resource is JSON");
        assert_eq!(json["resourceType"].as_str(), Some(landed.kind.as_str()));
        assert_eq!(json["id"].as_str(), Some(landed.id.as_str()));
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        assert!((1..=64).contains(&landed.id.len()) && landed.id.bytes().all(fits), "no FHIR id");
        assert!(keys.insert(landed.key()), "told twice");
    }
    keys
}

/// A conversion: every reference resolves, nothing is empty, every entry is accounted for.
pub fn check_converted(converted: &Converted, elsewhere: &[&str]) {
    let keys = check_landed(&converted.resources);
    assert_eq!(converted.resources.first().map(|first| first.kind.as_str()), Some("Composition"));
    for landed in &converted.resources {
        let json: Value = serde_json::from_slice(&landed.json).expect("a resource is JSON");
        check_value(&json, &keys, elsewhere);
    }
    for entry in converted.losses.sections.iter().flat_map(|section| &section.entries) {
        if let Fate::Mapped(made) = &entry.fate {
            assert!(!made.is_empty(), "mapped to nothing");
            for key in made {
                assert!(keys.contains(key), "mapped to what is not there");
            }
        }
    }
}

fn check_value(json: &Value, keys: &HashSet<String>, elsewhere: &[&str]) {
    match json {
        Value::Null => panic!("a null"),
        Value::String(text) => assert!(!text.trim().is_empty(), "an empty text"),
        Value::Array(items) => {
            assert!(!items.is_empty(), "an empty list");
            items.iter().for_each(|item| check_value(item, keys, elsewhere));
        }
        Value::Object(members) => {
            assert!(!members.is_empty(), "an empty object");
            if let Some(target) = members.get("reference").and_then(Value::as_str) {
                let inside = target.starts_with('#') || keys.contains(target) || elsewhere.contains(&target);
                assert!(inside, "a reference to nothing");
            }
            members.values().for_each(|inner| check_value(inner, keys, elsewhere));
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}
