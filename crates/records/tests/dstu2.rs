//! DSTU2 becomes R4, and R4 stays as it is.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use domain::Timestamp;
use proptest::prelude::*;
use records::{Chart, dstu2, read};
use serde_json::{Value, json};

const TODAY: Timestamp = Timestamp(1_767_225_600_000);

/// A person's record at a clinic that never moved on, every type once.
const IMOGEN: &[u8] = include_bytes!("dstu2/bundle.json");

fn upgraded(json: &[u8]) -> Value {
    serde_json::from_slice(&dstu2::upgrade(json)).expect("JSON")
}

#[test]
fn imogens_record_is_rewritten_whole() {
    let new = dstu2::upgrade(IMOGEN);
    assert!(matches!(new, Cow::Owned(_)));
    assert_eq!(dstu2::upgrade(&new), new, "once is enough");
    let text = String::from_utf8(new.to_vec()).expect("text");
    for digits in ["6.80", "1.50", "0.50", "5.60"] {
        assert!(text.contains(&format!(":{digits}")), "{digits} keeps its digits");
    }
    let bundle: Value = serde_json::from_str(&text).expect("JSON");
    let resources: Vec<&Value> =
        bundle["entry"].as_array().expect("entries").iter().map(|entry| &entry["resource"]).collect();
    for entry in bundle["entry"].as_array().expect("entries") {
        let kind = entry["resource"]["resourceType"].as_str().expect("a type");
        assert!(entry["fullUrl"].as_str().expect("an address").contains(&format!("/{kind}/")), "{}", entry["fullUrl"]);
    }
    insta::assert_json_snapshot!(resources);
}

#[test]
fn imogens_record_is_read_like_any_other() {
    let mut chart = Chart::new();
    chart.insert(IMOGEN).expect("a bundle");
    let reading = read(&chart, TODAY);
    let records: BTreeMap<&str, Vec<Value>> =
        reading.drafts.iter().fold(BTreeMap::new(), |mut all: BTreeMap<&str, Vec<Value>>, draft| {
            let body = serde_json::from_slice(&records::compose(
                draft,
                &records::Head {
                    id: "i",
                    source: "s",
                    created_at: TODAY,
                    updated_at: TODAY,
                    organization: None,
                    ccd: None,
                    about: None,
                },
            ));
            all.entry(draft.kind.id).or_default().push(body.expect("JSON"));
            all
        });
    let skipped: BTreeMap<&str, String> =
        reading.skipped.iter().map(|skip| (skip.resource.as_str(), format!("{:?}", skip.reason))).collect();
    insta::assert_json_snapshot!(json!({ "records": records, "skipped": skipped }));
}

#[test]
fn shapes_tell_the_version_and_nothing_else_does() {
    for (json, old) in [
        (r#"{"resourceType":"Observation","category":{"text":"Lab"}}"#, true),
        (r#"{"category":{"text":"Lab"},"resourceType" : "Observation"}"#, true),
        (r#"{"resourceType":"Observation","category":[{"text":"Lab"}],"comments":"late"}"#, false),
        (r#"{"resourceType":"Observation","code":{"text":"comments"},"valueString":"\"comments\":"}"#, false),
        (r#"{"resourceType":"Observation","component":[{"comments":"x"}]}"#, false),
        (r#"{"resourceType":"Patient","name":[{"family":"Vale"}]}"#, false),
        (r#"{"resourceType":"Patient","name":[{"family" : ["Vale"]}]}"#, true),
        (r#"{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"x"}}"#, false),
        (r#"{"resourceType":"Goal","description":"x","status":"achieved"}"#, true),
        (r#"{"resourceType":"CarePlan","status":"active","intent":"plan"}"#, false),
        (r#"{"resourceType":"CarePlan","status":"active"}"#, true),
        (r#"{"resourceType":"MedicationOrder"}"#, true),
        (r#"{"resourceType":"Claim","patient":{}}"#, false),
        (r#"{"resourceType":"Procedure","status":"completed"}"#, false),
        (r#"{"resourceType":5}"#, false),
        ("", false),
        ("[", false),
        (r#"{"resourceType":"Observation","comments":"cut off"#, false),
    ] {
        let new = dstu2::upgrade(json.as_bytes());
        assert_eq!(matches!(new, Cow::Owned(_)), old, "{json}");
    }
}

#[test]
fn types_change_their_names_everywhere() {
    assert_eq!(dstu2::r4_kind("MedicationOrder"), "MedicationRequest");
    assert_eq!(dstu2::r4_kind("Observation"), "Observation");
    assert_eq!(
        dstu2::old_kinds("ServiceRequest").collect::<Vec<_>>(),
        ["DiagnosticOrder", "ProcedureRequest", "ReferralRequest"]
    );
    let dispense = json!({"resourceType": "MedicationDispense", "patient": {"reference": "Patient/1"},
        "authorizingPrescription": [{"reference": "https://x.example/dstu2/MedicationOrder/7/_history/2"}, {"reference": "MedicationOrder/8"}]});
    let new = upgraded(dispense.to_string().as_bytes());
    assert_eq!(
        new["authorizingPrescription"],
        json!([{"reference": "https://x.example/dstu2/MedicationRequest/7/_history/2"}, {"reference": "MedicationRequest/8"}])
    );
}

fn corpora() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("TRIBUTARY_CORPORA").map_or_else(beside, PathBuf::from).join("fhir")
}

/// The files of a folder, unpacked; nothing, loudly, when the folder is absent.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(corpora().join(folder)) else {
        eprintln!("SKIPPED: {folder} needs the sample data; set TRIBUTARY_CORPORA");
        return vec![];
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    let unpacked = |path: &PathBuf| {
        let bytes = std::fs::read(path).expect("a file");
        if path.extension().is_none_or(|extension| extension != "gz") {
            return bytes;
        }
        let mut out = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut out).expect("gzip");
        out
    };
    paths.iter().map(unpacked).collect()
}

/// Every FHIR resource inside a recorded answer or a file, bundles whole.
fn resources(json: &Value, out: &mut Vec<Value>) {
    match json {
        Value::Object(members) if members.get("resourceType").is_some_and(Value::is_string) => out.push(json.clone()),
        Value::Object(members) => members.values().for_each(|value| resources(value, out)),
        Value::Array(items) => items.iter().for_each(|item| resources(item, out)),
        _ => {}
    }
}

#[test]
fn what_is_r4_passes_untouched() {
    let mut passed = 0;
    for folder in ["us_core_6.1.0_examples", "carin_bb_2.0.0_examples", "bulk_ndjson", "vendor_sandbox", "synthea_r4"] {
        for bytes in files(folder) {
            // A file of one resource or bundle, else one a line.
            let whole: Result<Value, _> = serde_json::from_slice(&bytes);
            let parts: Vec<&[u8]> = match &whole {
                Ok(_) => vec![&bytes],
                Err(_) => bytes.split(|byte| *byte == b'\n').collect(),
            };
            for part in parts {
                assert!(matches!(dstu2::upgrade(part), Cow::Borrowed(_)), "{folder}: a whole file was changed");
                if folder == "synthea_r4" {
                    passed += 1;
                    continue;
                }
                let mut inner = Vec::new();
                if let Ok(json) = serde_json::from_slice::<Value>(part) {
                    resources(&json, &mut inner);
                }
                for resource in inner {
                    let text = resource.to_string();
                    let kept = matches!(dstu2::upgrade(text.as_bytes()), Cow::Borrowed(_));
                    assert!(kept, "{folder}: {}/{}", resource["resourceType"], resource["id"]);
                    passed += 1;
                }
            }
        }
    }
    eprintln!("{passed} resources and bundles of R4 are untouched");
}

#[test]
fn what_real_servers_sent_in_dstu2_becomes_records() {
    let Some(bytes) = files("dstu2_vendor").pop() else { return };
    let mut by_vendor: BTreeMap<String, (Chart, usize)> = BTreeMap::new();
    let (mut keys, mut documents) = (HashSet::new(), 0);
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_slice(line).expect("JSON");
        let resource = &line["raw"]["resource"];
        if line["raw"].is_string() {
            documents += 1;
            continue;
        }
        let text = resource.to_string();
        let new = dstu2::resource(text.as_bytes());
        assert_eq!(dstu2::resource(&new), new, "{}", resource["id"]);
        let (chart, count) = by_vendor.entry(line["vendor"].as_str().expect("a vendor").to_owned()).or_default();
        chart.insert(text.as_bytes()).expect("a resource");
        *count += 1;
        let new: Value = serde_json::from_slice(&new).expect("JSON");
        keys.insert((
            line["vendor"].to_string(),
            format!("{}/{}", new["resourceType"].as_str().expect("a type"), new["id"].as_str().expect("an id")),
        ));
    }
    let mut table: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (vendor, (chart, count)) in &by_vendor {
        let reading = read(chart, TODAY);
        let rows = table.entry(format!("{vendor}, {count} resources")).or_default();
        let mut told: HashSet<&str> = HashSet::new();
        for draft in &reading.drafts {
            *rows.entry(draft.kind.id.to_owned()).or_default() += 1;
            told.extend(draft.lineage.iter().map(String::as_str));
        }
        for skip in &reading.skipped {
            let kind = skip.resource.split('/').next().expect("a type");
            *rows.entry(format!("skipped: {kind} {:?}", skip.reason)).or_default() += 1;
            told.insert(&skip.resource);
        }
        let quoted = format!("\"{vendor}\"");
        for (_, key) in keys.iter().filter(|(of, _)| *of == quoted) {
            assert!(told.contains(key.as_str()), "{vendor} {key} is neither read nor skipped");
        }
    }
    assert_eq!(documents, 3);
    eprintln!("{table:#?}");
    insta::assert_json_snapshot!(table);
}

/// Any JSON under names that matter.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "category",
        "name",
        "family",
        "status",
        "reference",
        "coding",
        "system",
        "code",
        "note",
        "performer",
        "extension",
        "url",
        "related",
        "type",
        "target",
        "item",
        "text",
        "reaction",
        "contained",
        "resourceType",
        "patient",
        "description",
        "context",
        "encounter",
        "product",
        "repeat",
        "when",
        "dosage",
        "doseQuantity",
        "explanation",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-9.0f64..9.0).prop_map(Value::from),
        "[a-zA-Z/#. ]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..5).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let new = dstu2::upgrade(&bytes);
        prop_assert_eq!(new.as_ref(), bytes.as_slice());
    }

    #[test]
    fn a_spoilt_resource_is_rewritten_once_and_for_all(which in any::<prop::sample::Index>(), member in any::<prop::sample::Index>(), value in any_json()) {
        let bundle: Value = serde_json::from_slice(IMOGEN).expect("JSON");
        let entries = bundle["entry"].as_array().expect("entries");
        let mut resource = entries[which.index(entries.len())]["resource"].clone();
        let names: Vec<String> = resource.as_object().expect("an object").keys().skip(1).cloned().collect();
        resource[&names[member.index(names.len())]] = value;
        let text = resource.to_string();
        let once = dstu2::upgrade(text.as_bytes());
        prop_assert!(serde_json::from_slice::<Value>(&once).is_ok());
        let twice = dstu2::upgrade(&once);
        prop_assert_eq!(String::from_utf8_lossy(&twice), String::from_utf8_lossy(&once));
    }
}
