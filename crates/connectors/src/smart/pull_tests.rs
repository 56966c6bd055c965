use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::platforms::{ATHENA, EPIC, GENERIC, ORACLE};
use crate::smart::capability::Capability;
use crate::smart::plan::plan;
use crate::smart::scopes::Scopes;

fn base() -> Url {
    Url::parse("https://fhir.riverbend.example/r4").unwrap()
}

fn at<'a>(base: &'a Url, platform: &'static Platform) -> Target<'a> {
    Target { platform, base, patient: "ada", tenant: None, version: Version::R4 }
}

fn stream(platform: &'static Platform, id: &str) -> Stream {
    let granted = Scopes::parse("patient/*.rs");
    let plan = plan(platform, &Capability::default(), &granted, "ada");
    plan.streams.into_iter().find(|stream| stream.id == id).unwrap_or_else(|| panic!("no stream {id}"))
}

fn answer(status: u16, body: impl ToString) -> Answer {
    let url = Url::parse("https://fhir.riverbend.example/r4/Condition?patient=ada").unwrap();
    Answer { status, headers: vec![], body: body.to_string().into_bytes(), url, truncated: false }
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-01T12:00:00Z").unwrap()
}

fn step(platform: &'static Platform, id: &str, cursor: &Cursor, answer: &Answer) -> Step {
    let base = base();
    next(&stream(platform, id), &at(&base, platform), cursor, answer, now())
}

fn condition(id: &str) -> Value {
    json!({"resource": {"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/ada"}}})
}

fn bundle(entries: Vec<Value>, next: Option<&str>) -> Value {
    let links: Vec<Value> = next.map(|url| json!({"relation": "next", "url": url})).into_iter().collect();
    json!({"resourceType": "Bundle", "type": "searchset", "total": 1, "link": links, "entry": entries})
}

fn outcome(code: &str, detail: &str) -> Value {
    json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code,
           "details": {"coding": [{"code": detail}]}, "diagnostics": "Ada Lovelace has no record 4711"}]})
}

fn page(step: Step) -> Page {
    let Step::Page(page) = step else { panic!("{step:?}") };
    page
}

#[test]
fn what_was_left_out_is_noticed() {
    for (platform, answer, whole) in [
        (&GENERIC, answer(200, bundle(vec![], None)), true),
        (&GENERIC, answer(200, bundle(vec![json!({"resource": {"resourceType": "Goal"}})], None)), false),
        (&GENERIC, answer(200, bundle(vec![], Some("https://elsewhere.example/2"))), false),
        (&GENERIC, answer(200, json!({"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]})), false),
        (&EPIC, answer(404, outcome("not-found", "4101")), true),
    ] {
        let step = next(&stream(platform, "goals"), &at(&base(), platform), &Cursor::default(), &answer, Timestamp(0));
        assert_eq!(page(step).is_whole(platform, &answer), whole, "{answer:?}");
    }
}

fn more(step: Step) -> Cursor {
    let Next::More(cursor) = page(step).next else { panic!("no more") };
    cursor
}

fn url_of(platform: &'static Platform, id: &str, cursor: &Cursor) -> String {
    let base = base();
    request(&stream(platform, id), &at(&base, platform), cursor).unwrap().url.into()
}

#[test]
fn requests_are_phrased_as_planned() {
    for (platform, id, wanted) in [
        (&GENERIC, "patient", "Patient/ada"),
        (&GENERIC, "observations-laboratory", "Observation?patient=ada&category=laboratory&_count=100"),
        (&GENERIC, "conditions", "Condition?patient=ada&_count=100"),
        (&GENERIC, "care-teams", "CareTeam?patient=ada&status=active&_count=100"),
        (
            &GENERIC,
            "medication-requests",
            "MedicationRequest?patient=ada&intent=order%2Cplan&_include=MedicationRequest%3Amedication&_count=100",
        ),
        (&ORACLE, "diagnostic-reports-lab", "DiagnosticReport?patient=ada&category=LAB&_count=50"),
        (&ORACLE, "documents-docref", "DocumentReference/$docref?patient=ada"),
        (&EPIC, "care-plans-734163000", "CarePlan?patient=ada&category=734163000&_count=100"),
    ] {
        let got = url_of(platform, id, &Cursor::default());
        assert_eq!(got, format!("https://fhir.riverbend.example/r4/{wanted}"), "{id}");
    }
    let base = base();
    let practice = Target { tenant: Some(("ah-practice", "Organization/a-1.Practice-1")), ..at(&base, &ATHENA) };
    let request = first(&stream(&ATHENA, "goals"), &practice).unwrap();
    assert!(request.url.as_str().ends_with("&_count=50&ah-practice=Organization%2Fa-1.Practice-1"), "{}", request.url);
}

#[test]
fn a_page_keeps_exact_bytes_and_counts_the_rest() {
    let body = r#"{"resourceType":"Bundle","entry":[
        {"resource": {"resourceType":"Condition", "id":"c1",  "subject":{"reference":"Patient/ada/_history/2"},"meta":{"lastUpdated":"2026-01-01T00:00:00Z"}} },
        {"resource":{"resourceType":"Medication","id":"m1"},"search":{"mode":"include"}},
        {"resource":{"resourceType":"Condition","id":"c2","subject":{"reference":"https://fhir.riverbend.example/r4/Patient/ben"}}},
        {"resource":{"resourceType":"Condition","subject":{"reference":"Patient/ada"}}},
        {"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"suppressed","details":{"coding":[{"code":"4119"}]}}]},"search":{"mode":"outcome"}},
        {"fullUrl":"urn:uuid:1"}, 7, {"resource":{"resourceType":9,"id":"x"}}]}"#;
    let page = page(step(&GENERIC, "conditions", &Cursor::default(), &answer(200, body)));
    assert_eq!(page.next, Next::Done);
    let kept: Vec<_> = page.resources.iter().map(|r| (r.kind.as_str(), r.id.as_str(), r.included)).collect();
    assert_eq!(kept, [("Condition", "c1", false), ("Medication", "m1", true)]);
    assert!(page.resources[0].json.get().starts_with(r#"{"resourceType":"Condition", "id":"c1",  "subject""#));
    assert_eq!(page.resources[0].last_updated, Timestamp::parse("2026-01-01T00:00:00Z").ok());
    assert_eq!(page.dropped, Dropped { unreadable: 3, no_id: 1, other_patient: 1 });
    assert_eq!(page.warnings[0].detail.as_deref(), Some("4119"));
    assert!(!format!("{:?}", page.warnings).contains("Lovelace"));
}

#[test]
fn next_links_are_followed_with_care() {
    let start = Cursor::default();
    let with =
        |next: &str| step(&GENERIC, "conditions", &start, &answer(200, bundle(vec![condition("c1")], Some(next))));
    for (link, wanted) in [
        ("https://fhir.riverbend.example/r4/Condition?page=2", "https://fhir.riverbend.example/r4/Condition?page=2"),
        ("Condition?page=2", "https://fhir.riverbend.example/r4/Condition?page=2"),
        ("?page=2", "https://fhir.riverbend.example/r4/?page=2"),
        ("https://fhir.riverbend.example/paging/abc", "https://fhir.riverbend.example/paging/abc"),
    ] {
        let cursor = more(with(link));
        assert_eq!(url_of(&GENERIC, "conditions", &cursor), wanted);
        let stored: Cursor = serde_json::from_str(&serde_json::to_string(&cursor).unwrap()).unwrap();
        assert_eq!(stored, cursor);
    }
    for (link, cut) in [
        ("https://evil.example/r4/Condition?page=2", Cut::ForeignHost),
        ("http://fhir.riverbend.example/r4/Condition?page=2", Cut::ForeignHost),
        ("https://fhir.riverbend.example@evil.example/", Cut::ForeignHost),
        ("https://[broken", Cut::BadLink),
        ("https://fhir.riverbend.example/r4/Condition?patient=ada", Cut::Loop),
    ] {
        let page = page(with(link));
        assert_eq!((page.next, page.resources.len()), (Next::Cut(cut), 1), "{link}");
    }
    // A stored link does not lead elsewhere when the base has moved.
    let elsewhere = Url::parse("https://moved.example/r4").unwrap();
    assert_eq!(request(&stream(&GENERIC, "conditions"), &at(&elsewhere, &GENERIC), &more(with("?page=2"))), None);
}

#[test]
fn paging_ends_even_if_the_server_does_not() {
    // Always another link, always the same content.
    let mut cursor = Cursor::default();
    for turn in 1.. {
        let body = bundle(vec![condition("c1")], Some(&format!("Condition?page={turn}")));
        match page(step(&GENERIC, "conditions", &cursor, &answer(200, body))).next {
            Next::More(on) => cursor = on,
            end => {
                assert_eq!((end, turn), (Next::Cut(Cut::NothingNew), 3));
                break;
            }
        }
    }
    // A, B, A, B …
    let mut cursor = Cursor::default();
    for (turn, link) in ["B", "A"].into_iter().enumerate() {
        let body = bundle(vec![condition(&format!("c{turn}"))], Some(&format!("Condition?page={link}")));
        cursor = more(step(&GENERIC, "conditions", &cursor, &answer(200, body)));
    }
    let body = bundle(vec![condition("c3")], Some("Condition?page=B"));
    assert_eq!(page(step(&GENERIC, "conditions", &cursor, &answer(200, body))).next, Next::Cut(Cut::Loop));
    // Always something new.
    let mut cursor = Cursor::default();
    let mut pages = 0;
    let base = base();
    let (stream, target) = (stream(&GENERIC, "conditions"), at(&base, &GENERIC));
    loop {
        pages += 1;
        let ids = [pages.to_string()];
        let link = format!("https://fhir.riverbend.example/r4/Condition?page={pages}");
        let here = cursor.next.clone().unwrap_or_default();
        match cursor.follow(&here, &link, ids.iter().map(String::as_str)) {
            Ok(on) => cursor = on,
            Err(cut) => {
                assert_eq!((cut, pages), (Cut::TooManyPages, super::super::cursor::MAX_PAGES));
                break;
            }
        }
    }
    assert!(request(&stream, &target, &cursor).is_some());
}

#[test]
fn answers_lead_to_steps() {
    let start = Cursor::default;
    let paging = || Cursor { next: Some("https://fhir.riverbend.example/r4/Condition?page=2".into()), ..start() };
    let refused = |why| Step::Refused { why };
    let retry = |seconds, cursor: Cursor| Step::Retry { after: Duration::from_secs(seconds), cursor: cursor.retry() };
    let cases: Vec<(&'static Platform, &str, Cursor, Answer, Step)> = vec![
        (&GENERIC, "goals", start(), answer(401, ""), Step::Expired),
        (&GENERIC, "goals", start(), answer(403, ""), refused(Refusal::Forbidden)),
        (&GENERIC, "goals", start(), answer(404, "<html>"), refused(Refusal::NotFound)),
        (&GENERIC, "goals", start(), answer(410, ""), refused(Refusal::NotFound)),
        (&GENERIC, "devices", start(), answer(400, "{}"), refused(Refusal::Query)),
        (&EPIC, "goals", start(), answer(400, outcome("suppressed", "59204")), refused(Refusal::Forbidden)),
        (
            &EPIC,
            "goals",
            start(),
            answer(404, outcome("not-found", "4101")),
            Step::Page(Page {
                warnings: issues(outcome("not-found", "4101").to_string().as_bytes()),
                ..Page::default()
            }),
        ),
        (&GENERIC, "goals", start(), answer(429, ""), retry(2, start())),
        (
            &GENERIC,
            "goals",
            Cursor { attempts: 3, ..start() },
            answer(503, ""),
            retry(16, Cursor { attempts: 3, ..start() }),
        ),
        (
            &GENERIC,
            "goals",
            Cursor { attempts: 6, ..start() },
            answer(429, ""),
            Step::Failed { error: PullError::Throttled },
        ),
        (&GENERIC, "goals", start(), answer(200, "<!doctype html>"), retry(2, start())),
        (
            &GENERIC,
            "goals",
            Cursor { attempts: 6, ..start() },
            answer(200, "<html>"),
            Step::Failed { error: PullError::Html },
        ),
        (&GENERIC, "goals", start(), answer(200, r#"{"resourceType":"Bundle","entry":[{"#), retry(2, start())),
        (&GENERIC, "goals", start(), answer(200, r#"{"resourceType":"Bundle","entry":{}}"#), retry(2, start())),
        (&GENERIC, "goals", start(), answer(500, ""), retry(2, start())),
        (
            &GENERIC,
            "goals",
            Cursor { attempts: 3, ..start() },
            answer(500, ""),
            Step::Variant { cursor: Cursor { count: Some(50), ..start() }, why: Refusal::PageTooLarge },
        ),
        (
            &GENERIC,
            "goals",
            Cursor { attempts: 3, count: Some(50), ..start() },
            answer(500, ""),
            Step::Failed { error: PullError::Unavailable(500) },
        ),
        (
            &GENERIC,
            "goals",
            start(),
            Answer { truncated: true, ..answer(200, "{") },
            Step::Variant { cursor: Cursor { count: Some(50), ..start() }, why: Refusal::PageTooLarge },
        ),
        (
            &GENERIC,
            "goals",
            Cursor { count: Some(1), ..start() },
            Answer { truncated: true, ..answer(200, "{") },
            Step::Failed { error: PullError::TooLarge },
        ),
        (
            &GENERIC,
            "patient",
            start(),
            Answer { truncated: true, ..answer(200, "{") },
            Step::Failed { error: PullError::TooLarge },
        ),
        (
            &GENERIC,
            "goals",
            start(),
            answer(200, json!({"resourceType": "Goal", "id": "g1"})),
            Step::Failed { error: PullError::WrongType },
        ),
        (
            &GENERIC,
            "patient",
            start(),
            answer(200, json!({"resourceType": "Goal", "id": "g1"})),
            Step::Failed { error: PullError::WrongType },
        ),
        (
            &GENERIC,
            "goals",
            start(),
            Answer { url: Url::parse("https://evil.example/").unwrap(), ..answer(200, "{}") },
            Step::Failed { error: PullError::ForeignHost },
        ),
        (
            &GENERIC,
            "conditions",
            paging(),
            answer(404, ""),
            Step::Variant { cursor: start().restart(), why: Refusal::PageExpired },
        ),
        (
            &EPIC,
            "conditions",
            paging(),
            answer(400, outcome("processing", "4113")),
            Step::Variant { cursor: start().restart(), why: Refusal::PageExpired },
        ),
        (
            &EPIC,
            "conditions",
            Cursor { restarts: 3, ..paging() },
            answer(410, ""),
            Step::Failed { error: PullError::PageExpired },
        ),
        (&ATHENA, "conditions", paging(), answer(403, ""), retry(2, paging())),
        (&ATHENA, "conditions", start(), answer(403, ""), refused(Refusal::Forbidden)),
        (
            &GENERIC,
            "observations-laboratory",
            start(),
            answer(400, ""),
            Step::Variant { cursor: start().variant(1), why: Refusal::Query },
        ),
        (
            &GENERIC,
            "observations-laboratory",
            start(),
            answer(200, outcome("required", "x")),
            Step::Variant { cursor: start().variant(1), why: Refusal::Query },
        ),
        (
            &GENERIC,
            "observations-laboratory",
            start(),
            answer(403, outcome("required", "x")),
            Step::Variant { cursor: start().variant(1), why: Refusal::Query },
        ),
    ];
    for (platform, id, cursor, answer, wanted) in cases {
        let (status, got) = (answer.status, step(platform, id, &cursor, &answer));
        assert_eq!(got, wanted, "{} {id} {status} {}", platform.id, String::from_utf8_lossy(&answer.body));
    }
}

#[test]
fn a_pause_is_as_long_as_the_server_says() {
    for (value, seconds) in [("7", 7), ("Sun, 01 Nov 2026 12:01:30 GMT", 90), ("nonsense", 2)] {
        let mut limited = answer(429, "");
        limited.headers.push(("Retry-After".into(), value.into()));
        let Step::Retry { after, .. } = step(&GENERIC, "goals", &Cursor::default(), &limited) else { panic!() };
        assert_eq!(after.as_secs(), seconds, "{value}");
    }
}

#[test]
fn a_merged_patient_is_followed_within_the_host() {
    let mut moved = answer(301, "");
    moved.headers.push(("location".into(), "/r4/Patient/ada-2".into()));
    let Step::Retry { cursor, .. } = step(&GENERIC, "patient", &Cursor::default(), &moved) else { panic!() };
    assert_eq!(url_of(&GENERIC, "patient", &cursor), "https://fhir.riverbend.example/r4/Patient/ada-2");
    let patient = answer(200, json!({"resourceType": "Patient", "id": "ada-2"}));
    assert_eq!(page(step(&GENERIC, "patient", &cursor, &patient)).resources[0].id, "ada-2");
    moved.headers[0].1 = "https://evil.example/".into();
    assert_eq!(step(&GENERIC, "patient", &Cursor::default(), &moved), Step::Failed { error: PullError::ForeignHost });
}

proptest! {
    #[test]
    fn hostile_answers_never_panic(
        status in 100u16..600,
        body in proptest::collection::vec(any::<u8>(), 0..300),
        variant in 0usize..9, leg in 0usize..9, attempts in 0u32..9,
        link in ".{0,40}",
    ) {
        let cursor = Cursor { variant, leg, attempts, next: Some(link.clone()), ..Cursor::default() };
        for body in [body, bundle(vec![condition("c1"), Value::String(link.clone())], Some(&link)).to_string().into_bytes()] {
            for id in ["patient", "medication-requests"] {
                let base = base();
                let (stream, target) = (stream(&GENERIC, id), at(&base, &GENERIC));
                if let Step::Page(Page { next: Next::More(on), .. }) =
                    next(&stream, &target, &cursor, &Answer { body: body.clone(), ..answer(status, "") }, now())
                {
                    let request = request(&stream, &target, &on);
                    prop_assert!(request.is_none_or(|request| same_origin(&base, &request.url)));
                }
            }
        }
    }
}
