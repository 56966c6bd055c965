//! What real servers answered, fed to the state machine.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use connectors::http::Answer;
use connectors::platforms::{ATHENA, EPIC, GENERIC, Platform};
use connectors::smart::attachments::attachments;
use connectors::smart::capability::Capability;
use connectors::smart::cursor::Cursor;
use connectors::smart::plan::plan;
use connectors::smart::pull::{Next, Refusal, Step, Target, next};
use connectors::smart::references::{references, streams};
use connectors::smart::scopes::Scopes;
use connectors::smart::streams::{Query, Stream, Variant};
use connectors::smart::version::Version;
use domain::Timestamp;
use serde_json::Value;
use url::Url;

struct Exchange {
    url: Url,
    answer: Answer,
}

fn recording(name: &str) -> Option<Vec<Exchange>> {
    let default = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let root = std::env::var_os("TRIBUTARY_CORPORA").map_or(default, PathBuf::from);
    let Ok(file) = std::fs::File::open(root.join(format!("fhir/vendor_sandbox/{name}.ndjson.gz"))) else {
        eprintln!("SKIPPED: no recording of {name}; set TRIBUTARY_CORPORA to the folder of recordings");
        return None;
    };
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    Some(lines.map(|line| exchange(&line.unwrap())).collect())
}

fn exchange(line: &str) -> Exchange {
    let json: Value = serde_json::from_str(line).unwrap();
    let url = Url::parse(json["url"].as_str().unwrap()).unwrap();
    let body = match &json["json"] {
        Value::Null => json["text"].as_str().unwrap_or_default().to_owned(),
        body => body.to_string(),
    };
    let kind = json["content_type"].as_str().unwrap_or_default().to_owned();
    let status = json["status"].as_u64().unwrap() as u16;
    let headers = vec![("Content-Type".to_owned(), kind)];
    Exchange { answer: Answer { status, headers, body: body.into_bytes(), url: url.clone(), truncated: false }, url }
}

/// Answers each recorded search as if its stream had asked it.
fn replay(platform: &'static Platform, name: &str, base: &str) -> Option<Vec<(Url, Step)>> {
    let exchanges = recording(name)?;
    let base = Url::parse(base).unwrap();
    let patient =
        exchanges.iter().find_map(|e| e.url.path().rsplit_once("/Patient/").map(|(_, id)| id.to_owned())).unwrap();
    let target = Target { platform, base: &base, patient: &patient, tenant: None, version: Version::R4 };
    let steps = exchanges.into_iter().map(|exchange| {
        let path = exchange.url.path().strip_prefix(base.path().trim_end_matches('/')).unwrap().to_owned();
        let mut parts = path.trim_start_matches('/').split('/');
        let kind = parts.next().unwrap().to_owned();
        let query = parts.next().map_or(Query::Search(vec![]), |id| Query::Read(id.to_owned()));
        let leg = Variant { legs: vec![query], lenient: false };
        let stream = Stream { id: kind.clone(), resource: kind, page_size: 50, variants: vec![leg.clone(), leg] };
        let step = next(&stream, &target, &Cursor::default(), &exchange.answer, Timestamp(0));
        (exchange.url, step)
    });
    Some(steps.collect())
}

fn at<'a>(steps: &'a [(Url, Step)], end: &str) -> &'a Step {
    &steps.iter().find(|(url, _)| url.as_str().contains(end)).unwrap_or_else(|| panic!("no {end}")).1
}

#[test]
fn epic_answers_are_understood() {
    let Some(steps) = replay(&EPIC, "epic", "https://fhir.epic.com/interconnect-fhir-oauth/api/FHIR/R4") else {
        return;
    };
    assert!(matches!(at(&steps, "/Observation?_count=50&patient"), Step::Variant { .. }), "wants a category");
    assert!(matches!(at(&steps, "category=survey"), Step::Refused { why: Refusal::Forbidden }));
    assert!(matches!(at(&steps, "/Specimen?"), Step::Refused { why: Refusal::Forbidden }));
    assert!(matches!(at(&steps, "/Schedule?"), Step::Refused { why: Refusal::NotFound }));
    let Step::Page(vitals) = at(&steps, "category=vital-signs") else { panic!() };
    assert_eq!(vitals.resources.len(), 50);
    assert!(!vitals.warnings.is_empty(), "the outcome entry is a warning, not data");
    assert!(matches!(vitals.next, Next::More(_)));
    let Step::Page(empty) = at(&steps, "/Goal?") else { panic!() };
    assert_eq!((empty.resources.len(), &empty.next), (0, &Next::Done));
    assert!(steps.iter().all(|(_, step)| !matches!(step, Step::Failed { .. } | Step::Retry { .. })));
}

#[test]
fn athena_answers_are_understood() {
    let Some(steps) = replay(&ATHENA, "athena", "https://api.preview.platform.athenahealth.com/fhir/r4") else {
        return;
    };
    // A parameter is missing, but the status says forbidden.
    assert!(matches!(at(&steps, "/MedicationRequest?"), Step::Variant { why: Refusal::Query, .. }));
    assert!(matches!(at(&steps, "/ServiceRequest/"), Step::Refused { why: Refusal::Forbidden }));
    let mut more = 0;
    for (_, step) in &steps {
        if let Step::Page(page) = step {
            assert_eq!(page.dropped.total(), 0);
            more += usize::from(matches!(page.next, Next::More(_)));
        }
    }
    assert_eq!(more, 9);
    let base = Url::parse("https://api.preview.platform.athenahealth.com/fhir/r4").unwrap();
    let resources: Vec<_> = steps
        .iter()
        .filter(|(url, _)| url.query().is_some())
        .filter_map(|(_, step)| if let Step::Page(page) = step { Some(page.resources.clone()) } else { None })
        .flatten()
        .collect();
    let refs = references(&base, &resources);
    assert!(refs.iter().any(|one| one.kind == "Practitioner") && refs.iter().any(|one| one.kind == "Organization"));
    assert!(streams(&Capability::default(), &refs).iter().all(|stream| !stream.variants.is_empty()));
    assert!(resources.iter().any(|one| one.kind == "DocumentReference" && !attachments(one).is_empty()));
}

#[test]
fn every_recording_is_read_without_failure() {
    for (name, base) in
        [("chbase", "https://fhir-usa.sbx.unify.chbase.com"), ("humana", "https://fhir.humana.com/sandbox/api")]
    {
        let Some(steps) = replay(&GENERIC, name, base) else { return };
        for (url, step) in &steps {
            assert!(
                !matches!(step, Step::Failed { .. }) || url.path().ends_with("$everything"),
                "{name} {url} {step:?}"
            );
        }
    }
    let plan = plan(&GENERIC, &Capability::default(), &Scopes::default(), "p");
    assert!(plan.streams.len() > 30);
}
