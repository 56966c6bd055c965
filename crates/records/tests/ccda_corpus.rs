//! Real documents: each converts, the same way twice, and nothing dangles.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use domain::Timestamp;
use records::ccda::{Fate, LossReason, Origin, convert};
use serde_json::Value;

/// The folder of sample data: `TRIBUTARY_CORPORA`, or `shared/data` beside the repository.
fn corpora() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("TRIBUTARY_CORPORA").map_or_else(beside, PathBuf::from)
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() { walk(&path, out) } else { out.push(path) }
    }
}

fn documents() -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths = Vec::new();
    walk(&corpora().join("ccda"), &mut paths);
    paths.sort();
    let mut out = Vec::new();
    for path in paths {
        let mut bytes = std::fs::read(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut unpacked = Vec::new();
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
            bytes = unpacked;
        }
        // Fragments and notes are no documents.
        if bytes.windows(17).any(|window| window == b"<ClinicalDocument") {
            out.push((path, bytes));
        }
    }
    out
}

fn references<'v>(json: &'v Value, out: &mut Vec<&'v str>) {
    match json {
        Value::Object(members) => {
            out.extend(members.get("reference").and_then(Value::as_str));
            members.values().for_each(|inner| references(inner, out));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, out)),
        _ => {}
    }
}

/// No nulls, no blank texts, no empty lists or objects.
fn assert_says_something(json: &Value, at: &Path) {
    match json {
        Value::Null => panic!("a null in {at:?}"),
        Value::String(text) => assert!(!text.trim().is_empty(), "a blank text in {at:?}"),
        Value::Array(items) => {
            assert!(!items.is_empty(), "an empty list in {at:?}");
            items.iter().for_each(|item| assert_says_something(item, at));
        }
        Value::Object(members) => {
            assert!(!members.is_empty(), "an empty object in {at:?}");
            members.values().for_each(|inner| assert_says_something(inner, at));
        }
        _ => {}
    }
}

#[test]
fn every_document_converts() {
    let documents = documents();
    if documents.is_empty() {
        eprintln!("SKIPPED: C-CDA documents need the sample data; set TRIBUTARY_CORPORA");
        return;
    }
    let origin = Origin { document: None, patient: None, received_at: Timestamp(1_767_225_600_000) };
    let mut sections: BTreeMap<String, (usize, BTreeMap<LossReason, usize>)> = BTreeMap::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut spent, mut size) = (std::time::Duration::ZERO, 0);
    for (path, bytes) in &documents {
        let started = Instant::now();
        let converted = convert(bytes, &origin).unwrap_or_else(|refused| panic!("{path:?}: {refused}"));
        spent += started.elapsed();
        size += bytes.len();
        let again = convert(bytes, &origin).unwrap();
        assert!(converted.resources == again.resources, "{path:?} gives other bytes the second time");
        assert_eq!(converted.losses, again.losses);

        assert_eq!(converted.resources[0].kind, "Composition", "{path:?}");
        let keys: HashSet<String> = converted.resources.iter().map(|landed| landed.key()).collect();
        assert_eq!(keys.len(), converted.resources.len(), "{path:?} makes one id twice");
        for landed in &converted.resources {
            let json: Value = serde_json::from_slice(&landed.json).unwrap();
            assert_eq!((json["resourceType"].as_str(), json["id"].as_str()), (Some(&*landed.kind), Some(&*landed.id)));
            assert_says_something(&json, path);
            let mut found = Vec::new();
            references(&json, &mut found);
            for reference in found {
                assert!(keys.contains(reference), "{path:?}: {} refers to {reference}", landed.key());
            }
            *kinds.entry(landed.kind.clone()).or_default() += 1;
        }
        for section in converted.losses.sections {
            let name = section.reader.unwrap_or_else(|| {
                format!("({} {})", section.code.unwrap_or_default(), section.title.unwrap_or_default())
            });
            let (mapped, lost) = sections.entry(name).or_default();
            for entry in section.entries {
                match entry.fate {
                    Fate::Mapped(made) => {
                        assert!(made.iter().all(|key| keys.contains(key)), "{path:?} names what it did not make");
                        *mapped += 1;
                    }
                    Fate::Lost(reason) => *lost.entry(reason).or_default() += 1,
                }
            }
        }
    }
    for (name, (mapped, lost)) in sections.iter().filter(|(_, (mapped, lost))| *mapped > 0 || !lost.is_empty()) {
        eprintln!("{name}: {mapped} mapped, lost {lost:?}");
    }
    eprintln!("{kinds:?}");
    let (count, seconds) = (documents.len(), spent.as_secs_f64());
    eprintln!("{count} documents, {size} bytes in {seconds:.2} s: {:.0} a second", count as f64 / seconds);
}
