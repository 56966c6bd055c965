//! Real data: every resource becomes part of a record or is listed as skipped with a reason.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use domain::Timestamp;
use records::{Chart, Head, KINDS, Organization, Reading, SkipReason, Skipped, compose, content_hash, read, record_id};
use serde_json::Value;

const TODAY: Timestamp = Timestamp(1_767_225_600_000);

/// The folder of sample data: `TRIBUTARY_CORPORA`, or `shared/data` beside the repository.
fn corpora() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("TRIBUTARY_CORPORA").map_or_else(beside, PathBuf::from)
}

/// The files of a folder, unpacked; nothing, loudly, when the folder is absent.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let path = corpora().join("fhir").join(folder);
    let Ok(entries) = std::fs::read_dir(&path) else {
        eprintln!("SKIPPED: {folder} needs the sample data; set TRIBUTARY_CORPORA");
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), unpacked(path))).collect()
}

fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_none_or(|extension| extension != "gz") {
        return bytes;
    }
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut out).unwrap();
    out
}

/// What a corpus came to.
#[derive(Default)]
struct Tally {
    resources: usize,
    unreadable: usize,
    records: BTreeMap<&'static str, usize>,
    skipped: BTreeMap<String, usize>,
}

impl Tally {
    /// Reads a chart and checks what must hold for any chart.
    fn count(&mut self, chart: &Chart, inserted: &HashMap<String, Value>) {
        let reading = read(chart, TODAY);
        self.resources += inserted.len();
        let told: HashSet<&str> = reading
            .drafts
            .iter()
            .flat_map(|draft| &draft.lineage)
            .map(String::as_str)
            .chain(reading.skipped.iter().map(|skip| skip.resource.as_str()))
            .collect();
        let lost: Vec<&String> = inserted.keys().filter(|key| !told.contains(key.as_str())).collect();
        assert!(lost.is_empty(), "neither mapped nor skipped: {lost:?}");
        check(&reading);
        for draft in &reading.drafts {
            *self.records.entry(draft.kind.id).or_default() += 1;
        }
        for skip in &reading.skipped {
            let resource = inserted.get(&skip.resource);
            assert!(resource.is_none_or(|resource| is_true(skip, resource)), "not so: {skip:?}");
            let kind = skip.resource.split('/').next().unwrap();
            *self.skipped.entry(format!("{kind} {:?}", skip.reason)).or_default() += 1;
        }
    }

    fn print(&self, name: &str) {
        eprintln!("{name}: {} resources, {} unreadable\n  records {:?}", self.resources, self.unreadable, self.records);
        for (what, count) in &self.skipped {
            eprintln!("  skipped {count:5} {what}");
        }
    }
}

/// Whether a resource of the corpus was skipped for a reason that is one, as far as it can tell by itself.
fn is_true(skip: &Skipped, resource: &Value) -> bool {
    let text = |member: &str| resource[member].as_str().unwrap_or_default();
    let has = |member: &str| !resource[member].is_null();
    let written = || resource.to_string();
    let status = || if has("lifecycleStatus") { text("lifecycleStatus") } else { text("status") };
    let kind = text("resourceType");
    match skip.reason {
        SkipReason::EnteredInError => written().contains("entered-in-error"),
        SkipReason::Refuted => written().contains("refuted"),
        SkipReason::NotDone => ["not-done", "not-taken"].contains(&status()),
        SkipReason::Inactive => {
            kind == "ServiceRequest"
                || matches!(status(), "cancelled" | "revoked" | "rejected" | "draft" | "registered" | "planned")
                || matches!(
                    status(),
                    "preliminary"
                        | "unknown"
                        | "preparation"
                        | "on-hold"
                        | "declined"
                        | "in-progress"
                        | "noshow"
                        | "fulfilled"
                )
                || matches!(text("intent"), "proposal" | "option")
        }
        SkipReason::DoNotPerform => resource["doNotPerform"] == true,
        SkipReason::NoneKnown => !["name", "value"].iter().any(|member| has(member)),
        SkipReason::Superseded => has("status") || has("link"),
        SkipReason::Panel => has("hasMember") && !has("component") && !written().contains("\"value"),
        SkipReason::NoValue => written().contains("dataAbsentReason") || written().contains("data-absent-reason"),
        SkipReason::NoText => resource["content"].as_array().into_iter().flatten().all(|content| {
            let file = &content["attachment"];
            file["data"].is_null() && file["url"].as_str().unwrap_or_default().is_empty()
        }),
        SkipReason::OtherType => !KINDS.iter().any(|known| known.resources.contains(&kind)),
        SkipReason::Supporting => !KINDS.iter().any(|known| known.resources.contains(&kind)),
        SkipReason::Duplicate => has("code") || has("vaccineCode") || kind.starts_with("Medication") || has("item"),
        // None of the corpora has a resource without a name, value or text, or of a category no kind is read from.
        SkipReason::Unreadable | SkipReason::Empty | SkipReason::OtherCategory => false,
    }
}

fn check(reading: &Reading) {
    let mut ids = HashSet::new();
    for draft in &reading.drafts {
        let id = record_id("65b1f0aa10c3d2000a1b2c3d", draft.kind.id, &draft.key);
        assert!(ids.insert(id.clone()), "two {} records with the key {}", draft.kind.id, draft.key);
        assert!(!draft.lineage.is_empty() || draft.about.is_some());
        let organization = Some(Organization { id: "65b1f0aa10c3d2000a1b2c00", name: "Northgate Clinic" });
        let bytes = compose(
            draft,
            &Head {
                id: &id,
                source: "65b1f0aa10c3d2000a1b2c00",
                created_at: TODAY,
                updated_at: TODAY,
                organization,
                ccd: None,
                about: None,
            },
        );
        let json: Value = serde_json::from_slice(&bytes).expect("composed bytes are JSON");
        assert_no_nulls(&json);
        assert_eq!(content_hash(draft), content_hash(&draft.clone()));
    }
}

fn assert_no_nulls(json: &Value) {
    match json {
        Value::Null => panic!("a null in a record"),
        Value::Array(items) => items.iter().for_each(assert_no_nulls),
        Value::Object(members) => members.values().for_each(assert_no_nulls),
        _ => {}
    }
}

/// A resource by its key, or the resources of a bundle by theirs.
fn keys(json: &Value, out: &mut HashMap<String, Value>) {
    if json["resourceType"] == "Bundle" {
        json["entry"].as_array().into_iter().flatten().for_each(|entry| keys(&entry["resource"], out));
    } else if let (Some(kind), Some(id)) = (json["resourceType"].as_str(), json["id"].as_str()) {
        out.insert(format!("{kind}/{id}"), json.clone());
    }
}

fn insert(chart: &mut Chart, bytes: &[u8], inserted: &mut HashMap<String, Value>, tally: &mut Tally) {
    match chart.insert(bytes) {
        Ok(()) => keys(&serde_json::from_slice(bytes).unwrap(), inserted),
        Err(_) => tally.unreadable += 1,
    }
}

#[test]
fn synthea_patients() {
    let files = files("synthea_r4");
    if files.is_empty() {
        return;
    }
    let shared: Vec<&[u8]> =
        files.iter().filter(|(name, _)| name.contains("Information")).map(|(_, bytes)| bytes.as_slice()).collect();
    let mut tally = Tally::default();
    // Unoptimized builds take a sample.
    let step = if cfg!(debug_assertions) { 10 } else { 1 };
    for (_, bundle) in files.iter().filter(|(name, _)| !name.contains("Information")).step_by(step) {
        let (mut chart, mut inserted) = (Chart::new(), HashMap::new());
        shared.iter().for_each(|bytes| chart.insert(bytes).unwrap());
        insert(&mut chart, bundle, &mut inserted, &mut tally);
        tally.count(&chart, &inserted);
    }
    tally.print("Synthea");
    assert_eq!(tally.unreadable, 0);
    for kind in [
        "allergies",
        "demographics",
        "encounters",
        "immunizations",
        "issues",
        "medications",
        "plans_of_care",
        "procedures",
        "profile",
        "test_results",
        "vitals",
    ] {
        assert!(tally.records.get(kind).is_some_and(|count| *count > 5), "few {kind}");
    }
}

#[test]
fn us_core_examples() {
    let files = files("us_core_6.1.0_examples");
    let (mut chart, mut inserted, mut tally) = (Chart::new(), HashMap::new(), Tally::default());
    for (_, bytes) in &files {
        insert(&mut chart, bytes, &mut inserted, &mut tally);
    }
    tally.count(&chart, &inserted);
    tally.print("US Core");
    assert_eq!(tally.unreadable, 0);
}

#[test]
fn claims_and_bulk_exports() {
    for folder in ["carin_bb_2.0.0_examples", "bulk_ndjson"] {
        let mut tally = Tally::default();
        for (name, bytes) in files(folder) {
            let (mut chart, mut inserted) = (Chart::new(), HashMap::new());
            if name.contains("ndjson") {
                for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    insert(&mut chart, line, &mut inserted, &mut tally);
                }
            } else {
                insert(&mut chart, &bytes, &mut inserted, &mut tally);
            }
            tally.count(&chart, &inserted);
        }
        tally.print(folder);
    }
}

#[test]
fn vendor_sandboxes() {
    for (name, bytes) in files("vendor_sandbox") {
        let (mut chart, mut inserted, mut tally) = (Chart::new(), HashMap::new(), Tally::default());
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let exchange: Value = serde_json::from_slice(line).unwrap();
            let answer = &exchange["json"];
            if answer["resourceType"].is_string() {
                insert(&mut chart, answer.to_string().as_bytes(), &mut inserted, &mut tally);
            }
        }
        tally.count(&chart, &inserted);
        tally.print(&name);
    }
}

/// Older FHIR looks alike; it must be read without harm, as far as it goes.
#[test]
fn dstu2_does_no_harm() {
    for (name, bytes) in files("dstu2_vendor") {
        let (mut chart, mut inserted, mut tally) = (Chart::new(), HashMap::new(), Tally::default());
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let exchange: Value = serde_json::from_slice(line).unwrap();
            insert(&mut chart, exchange["raw"]["resource"].to_string().as_bytes(), &mut inserted, &mut tally);
        }
        tally.count(&chart, &inserted);
        tally.print(&name);
    }
}
