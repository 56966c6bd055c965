use domain::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::http::Answer;
use crate::platforms::{EPIC, GENERIC};
use crate::smart::cursor::Cursor;
use crate::smart::pull::{Next, Page, Refusal, Step, Target, next, request};

fn answer(status: u16, body: impl ToString) -> Answer {
    let url = Url::parse("https://fhir.riverbend.example/r4/metadata").unwrap();
    Answer { status, headers: vec![], body: body.to_string().into_bytes(), url, truncated: false }
}

fn medications() -> Stream {
    let plan = plan(&GENERIC, &Capability::default(), &Scopes::default(), "ada");
    plan.streams.into_iter().find(|stream| stream.id == "medication-requests").unwrap()
}

/// The question asked at a position, and what follows an answer.
fn ask(cursor: &Cursor, answer: &Answer) -> (String, Step) {
    let base = Url::parse("https://fhir.riverbend.example/r4").unwrap();
    let target = Target { platform: &GENERIC, base: &base, patient: "ada", tenant: None, version: Version::R4 };
    let url = request(&medications(), &target, cursor).unwrap().url;
    (url.to_string(), next(&medications(), &target, cursor, answer, Timestamp(0)))
}

#[test]
fn the_plan_leaves_out_what_is_not_there_or_not_granted() {
    let capability = Capability::read(&answer(
        200,
        json!({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": [{"resource": [
            {"type": "Patient"}, {"type": "Observation", "searchRevInclude": ["Provenance:target"]},
            {"type": "Goal"}, {"type": "ExplanationOfBenefit"}]}]}),
    ))
    .unwrap();
    let granted = Scopes::parse(
        "patient/Patient.rs patient/Observation.rs?category=http://x|laboratory patient/ExplanationOfBenefit.rs",
    );
    let plan = plan(&GENERIC, &capability, &granted, "ada");
    let ids: Vec<&str> = plan.streams.iter().map(|stream| stream.id.as_str()).collect();
    assert_eq!(ids, ["patient", "observations-laboratory", "explanations-of-benefit"]);
    let why = |id: &str| plan.left_out.iter().find(|out| out.id == id).unwrap().why;
    assert_eq!(why("goals"), Why::NotGranted);
    assert_eq!(why("observations-vital-signs"), Why::NotGranted);
    assert_eq!(why("immunizations"), Why::NotOffered);
    assert_eq!(plan.streams[2].page_size, 50);
    let Query::Search(first) = &plan.streams[1].variants[0].legs[0] else { panic!() };
    assert!(first.iter().any(|(name, _)| name == "_revinclude"));
    // Epic names no resources in its answer.
    let epic = super::plan(&EPIC, &Capability::default(), &Scopes::parse("openid fhirUser"), "ada");
    assert!(epic.left_out.is_empty());
    assert!(epic.streams.iter().any(|stream| stream.id == "observations-smartdata"));
    let mut ids: Vec<&str> = epic.streams.iter().map(|stream| stream.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), epic.streams.len(), "stream ids are unique");
}

#[test]
fn medications_are_asked_for_ever_more_simply() {
    let bad = answer(400, "{}");
    let mut cursor = Cursor::default();
    let mut asked = vec![];
    loop {
        let (url, step) = ask(&cursor, &bad);
        let query = url.split_once("ada&").unwrap().1.replace("%2C", ",").replace("%3A", ":");
        asked.push(query.replace("&_count=100", ""));
        match step {
            Step::Variant { cursor: on, .. } => cursor = on,
            end => {
                assert_eq!(end, Step::Refused { why: Refusal::Query });
                break;
            }
        }
    }
    let statuses = "status=active,on-hold,cancelled,completed,stopped,draft,unknown,entered-in-error";
    let include = "_include=MedicationRequest:medication";
    assert_eq!(
        asked,
        [
            format!("intent=order,plan&{include}"),
            format!("intent=order&{include}"),
            format!("intent=order&{statuses}&{include}"),
            format!("intent=order&{statuses}"),
            "intent=order,plan".to_owned(),
            "_count=100".to_owned(),
        ]
    );
}

#[test]
fn single_intents_add_up_and_one_refused_does_not_spoil_the_rest() {
    let medication: Value = json!({"resource": {"resourceType": "MedicationRequest", "id": "m1"}});
    let ok = answer(200, json!({"resourceType": "Bundle", "entry": [medication]}));
    let start = Cursor { variant: 1, ..Cursor::default() };
    let Step::Page(Page { next: Next::More(mut cursor), .. }) = ask(&start, &ok).1 else { panic!() };
    for turn in 0.. {
        let (url, step) = ask(&cursor, &answer(if turn % 2 == 0 { 400 } else { 403 }, ""));
        assert_eq!(url.contains("intent=plan"), turn == 0);
        match step {
            Step::Variant { cursor: on, .. } => {
                assert_eq!(on.variant, 1);
                cursor = on;
            }
            end => {
                assert_eq!(end, Step::Page(Page::default()));
                break;
            }
        }
    }
    assert_eq!(cursor.leg, 7);
}

#[test]
fn an_old_server_is_asked_for_what_it_has_in_its_own_words() {
    let conformance = json!({"resourceType": "Conformance", "fhirVersion": "1.0.2", "rest": [{"resource": [
        {"type": "Patient"}, {"type": "MedicationOrder"}, {"type": "Observation"}, {"type": "CarePlan"},
        {"type": "DocumentReference", "operation": [{"name": "docref"}]}]}]});
    let capability = Capability::read(&answer(200, conformance)).unwrap();
    let plan = plan(&GENERIC, &capability, &Scopes::parse("patient/*.read"), "ada");
    let ids: Vec<&str> = plan.streams.iter().map(|stream| stream.id.as_str()).collect();
    let observations =
        ["laboratory", "vital-signs", "social-history", "survey", "exam", "imaging", "procedure", "therapy"];
    let observations = observations.map(|category| format!("observations-{category}"));
    let mut expected = vec!["patient", "medication-orders"];
    expected.extend(observations.iter().map(String::as_str));
    expected.extend(["documents", "care-plans-careteam", "care-plans-assess-plan", "care-plans"]);
    assert_eq!(ids, expected);
    let base = Url::parse("https://fhir.tidewater.example/dstu2").unwrap();
    let target = Target { platform: &GENERIC, base: &base, patient: "ada", tenant: None, version: Version::Dstu2 };
    let orders = request(&plan.streams[1], &target, &Cursor::default()).unwrap();
    let expected = "https://fhir.tidewater.example/dstu2/MedicationOrder?patient=ada&_include=MedicationOrder%3Amedication&_count=100";
    assert_eq!(orders.url.as_str(), expected);
    assert_eq!(orders.headers, [("accept", "application/json+fhir, application/json;q=0.5".to_owned())]);
}
