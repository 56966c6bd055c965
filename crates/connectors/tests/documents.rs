//! References and attachments of a record.

use connectors::http::Answer;
use connectors::platforms::{ATHENA, GENERIC};
use connectors::smart::attachments::{Attachment, AttachmentError, Fetch, Form, Received, attachments};
use connectors::smart::bundle::{RawResource, Received as Read, read};
use connectors::smart::capability::Capability;
use connectors::smart::cursor::Cursor;
use connectors::smart::pull::{Page, Step, Target, next, request};
use connectors::smart::references::{ResourceRef, references, streams};
use connectors::smart::version::Version;
use domain::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

fn base() -> Url {
    Url::parse("https://fhir.riverbend.example/r4").unwrap()
}

fn resource(json: &Value) -> RawResource {
    let Some(Read::One(resource)) = read(json.to_string().as_bytes(), "ada") else { panic!("{json}") };
    resource
}

fn document(attachment: Value, format: &str) -> Vec<Attachment> {
    attachments(&resource(&json!({"resourceType": "DocumentReference", "id": "d1",
        "content": [{"attachment": attachment, "format": {"code": format}}]})))
}

fn answer(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
    let headers = vec![("content-type".to_owned(), kind.to_owned())];
    Answer { status, headers, body: body.into(), url: base(), truncated: false }
}

#[test]
fn references_to_this_server_are_collected_once() {
    let report = json!({"resourceType": "DiagnosticReport", "id": "r1",
        "subject": {"reference": "Patient/ada"},
        "performer": [{"reference": "Practitioner/p1"}, {"reference": "https://fhir.riverbend.example/r4/Practitioner/p1/_history/3"}],
        "result": [{"reference": "Observation/o1"}, {"reference": "Observation/o2"}],
        "specimen": [{"reference": "https://elsewhere.example/r4/Specimen/s1"}, {"reference": "urn:uuid:7"}, {"reference": "#c1"}],
        "resultsInterpreter": [{"reference": "Organization/../../admin"}, {"reference": 7}],
        "contained": [{"resourceType": "Observation", "id": "c1", "performer": [{"reference": "Organization/org"}]}]});
    let have = json!({"resourceType": "Observation", "id": "o2"});
    let found = references(&base(), &[resource(&report), resource(&have)]);
    let names: Vec<String> = found.iter().map(|one| format!("{}/{}", one.kind, one.id)).collect();
    assert_eq!(names, ["Observation/o1", "Organization/org", "Practitioner/p1"]);
}

#[test]
fn batches_fall_back_to_single_reads() {
    let metadata = json!({"resourceType": "CapabilityStatement", "rest": [{"resource": [
        {"type": "Practitioner", "searchParam": [{"name": "_id"}]}, {"type": "Location"}]}]});
    let capability = Capability::read(&answer(200, "application/json", metadata.to_string())).unwrap();
    let of = |kind: &str, id: String| ResourceRef { kind: kind.to_owned(), id };
    let mut refs: Vec<ResourceRef> = (0..25).map(|n| of("Practitioner", format!("p{n}"))).collect();
    refs.extend([of("Location", "l1".into()), of("Location", "l2".into()), of("Specimen", "s1".into())]);
    let all = streams(&capability, &refs);
    let ids: Vec<&str> = all.iter().map(|stream| stream.id.as_str()).collect();
    assert_eq!(ids, ["referenced-location-0", "referenced-practitioner-0", "referenced-practitioner-1"]);

    let base = base();
    let target = Target { platform: &GENERIC, base: &base, patient: "ada", tenant: None, version: Version::R4 };
    let url = |stream, cursor: &Cursor| request(stream, &target, cursor).unwrap().url.to_string();
    assert!(url(&all[2], &Cursor::default()).ends_with("/Practitioner?_id=p20%2Cp21%2Cp22%2Cp23%2Cp24&_count=20"));
    let mut cursor = Cursor::default();
    let mut read = vec![];
    loop {
        match next(&all[2], &target, &cursor, &answer(403, "application/json", "{}"), Timestamp(0)) {
            Step::Variant { cursor: on, .. } => {
                read.push(url(&all[2], &on).rsplit('/').next().unwrap().to_owned());
                cursor = on;
            }
            end => {
                assert_eq!(end, Step::Page(Page::default()));
                break;
            }
        }
    }
    assert_eq!(read, ["p20", "p21", "p22", "p23", "p24"]);
    assert!(url(&all[0], &Cursor::default()).ends_with("/Location/l1"));
}

#[test]
fn forms_are_told_by_type_and_format() {
    for (kind, format, form) in [
        ("application/xml", "urn:hl7-org:sdwg:ccda-structuredBody:2.1", Form::Ccda),
        ("application/hl7-cda+xml", "", Form::Ccda),
        ("text/xml; charset=utf-8", "", Form::Xml),
        ("TEXT/HTML", "", Form::Html),
        ("text/plain", "", Form::Text),
        ("text/rtf", "", Form::Rtf),
        ("application/pdf", "", Form::Pdf),
        ("image/jpeg", "", Form::Image),
    ] {
        let found = document(json!({"contentType": kind, "url": "Binary/b1"}), format);
        assert_eq!(
            (found[0].form, found[0].form.is_readable()),
            (form, !matches!(form, Form::Pdf | Form::Image | Form::Other)),
            "{kind}"
        );
    }
    assert!(document(json!({"title": "nothing behind it"}), "").is_empty());
}

#[test]
fn the_token_goes_to_our_server_only() {
    let base = base();
    let target = Target {
        platform: &GENERIC,
        base: &base,
        patient: "ada",
        tenant: Some(("practice", "7")),
        version: Version::R4,
    };
    let fetch = |url: &str| document(json!({"contentType": "text/html", "url": url}), "")[0].fetch(&target);
    for (url, wanted) in [
        ("Binary/b1", "https://fhir.riverbend.example/r4/Binary/b1?practice=7"),
        ("/files/b1", "https://fhir.riverbend.example/files/b1?practice=7"),
        ("https://fhir.riverbend.example/r4/Binary/b1", "https://fhir.riverbend.example/r4/Binary/b1?practice=7"),
    ] {
        let Ok(Fetch::WithToken(request)) = fetch(url) else { panic!("{url}") };
        assert_eq!(request.url.as_str(), wanted);
    }
    let Ok(Fetch::WithoutToken(request)) = fetch("https://files.example/b1") else { panic!() };
    assert_eq!(request.url.as_str(), "https://files.example/b1");
    for url in ["http://fhir.riverbend.example/r4/Binary/b1", "file:///etc/passwd", "javascript:1"] {
        assert_eq!(fetch(url), Err(AttachmentError::BadAddress), "{url}");
    }
    let practice = Target { platform: &ATHENA, tenant: None, ..target };
    let binary = &document(json!({"url": "Binary/b1"}), "")[0];
    assert_eq!(binary.fetch(&practice), Err(AttachmentError::NotShared));
}

#[test]
fn documents_arrive_raw_or_wrapped() {
    let note = &document(json!({"contentType": "text/plain", "url": "Binary/b1"}), "")[0];
    let text = |bytes: &[u8]| Ok(Received { content_type: "text/plain".into(), bytes: bytes.to_vec() });
    let wrapped = r#"{"resourceType":"Binary","contentType":"text/plain","data":"SGVs\nbG8"}"#.replace('\n', "\\n");
    let cases = [
        (answer(200, "application/fhir+json", wrapped), text(b"Hello")),
        (answer(200, "text/plain", "Hello"), text(b"Hello")),
        (answer(200, "text/html", "<html>Sign in"), Err(AttachmentError::WebPage)),
        (answer(200, "application/json", r#"{"resourceType":"OperationOutcome"}"#), Err(AttachmentError::Unreadable)),
        (answer(200, "application/json", r#"{"resourceType":"Binary","data":"%%"}"#), Err(AttachmentError::Unreadable)),
        (Answer { truncated: true, ..answer(200, "text/plain", "Hel") }, Err(AttachmentError::TooLarge)),
        (answer(401, "", ""), Err(AttachmentError::Expired)),
        (answer(403, "", ""), Err(AttachmentError::NotShared)),
        (answer(410, "", ""), Err(AttachmentError::Gone)),
        (answer(500, "", ""), Err(AttachmentError::Status(500))),
    ];
    for (answer, wanted) in cases {
        assert_eq!(note.read(&answer), wanted, "{answer:?}");
    }
    let target = Target { platform: &GENERIC, base: &base(), patient: "ada", tenant: None, version: Version::R4 };
    let inline = &document(json!({"contentType": "text/plain", "data": "SGVsbG8="}), "")[0];
    assert_eq!(inline.fetch(&target), text(b"Hello").map(Fetch::Inline));
    assert!(!format!("{inline:?} {:?}", inline.fetch(&target)).contains("SGVs"));
}

#[test]
fn a_file_that_is_only_kept_may_be_smaller_than_one_that_is_read() {
    const MIB: u64 = 1 << 20;
    let target = Target { platform: &GENERIC, base: &base(), patient: "ada", tenant: None, version: Version::R4 };
    for (kind, most) in [("application/pdf", 20), ("image/png", 20), ("text/xml", 50)] {
        let of = |size: u64| document(json!({"contentType": kind, "url": "Binary/b1", "size": size}), "").remove(0);
        assert_eq!(of(most * MIB + 1).fetch(&target), Err(AttachmentError::TooLarge), "{kind}: not even asked for");
        let Ok(Fetch::WithToken(request)) = of(most * MIB).fetch(&target) else { panic!("{kind}") };
        assert_eq!(request.max_bytes as u64, most * MIB / 3 * 4 + MIB, "{kind}: whatever it really is");
        let sent = answer(200, "application/octet-stream", "x".repeat(usize::try_from(most * MIB).unwrap() + 1));
        assert_eq!(of(1).read(&sent), Err(AttachmentError::TooLarge), "{kind}");
    }
    let picture = document(json!({"contentType": "image/png", "url": "Binary/b1"}), "").remove(0);
    let page = answer(200, "text/html", "<html>Sign in");
    assert_eq!(picture.read(&page), Err(AttachmentError::WebPage));
}

#[test]
fn a_clinical_document_is_known_by_its_root() {
    let of = |text: &str| Received { content_type: "text/xml".into(), bytes: text.into() }.is_ccda();
    assert!(of("<?xml version='1.0'?><!-- x --><ClinicalDocument xmlns=\"urn:hl7-org:v3\">"));
    assert!(of("<n1:ClinicalDocument xmlns:n1='urn:hl7-org:v3'>"));
    assert!(!of("<html><ClinicalDocument xmlns='urn:hl7-org:v3'>"));
    assert!(!of("<ClinicalDocument>") && !of(""));
}

proptest! {
    #[test]
    fn hostile_documents_never_panic(text in ".{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let base = base();
        let target = Target { platform: &GENERIC, base: &base, patient: "ada", tenant: None, version: Version::R4 };
        for attachment in document(json!({"contentType": text, "url": text}), &text) {
            match attachment.fetch(&target) {
                Ok(Fetch::WithToken(request)) => prop_assert_eq!(request.url.host_str(), base.host_str()),
                Ok(Fetch::WithoutToken(request)) => prop_assert_eq!(request.url.scheme(), "https"),
                _ => {}
            }
            let _ = attachment.read(&answer(200, &text, bytes.clone()));
            let _ = attachment.read(&answer(200, "json", bytes.clone()));
        }
        let _ = Received { content_type: text.clone(), bytes: bytes.clone() }.is_ccda();
        let _ = read(&bytes, &text);
        let _ = references(&base, &[resource(&json!({"resourceType": "Goal", "id": "g", "x": {"reference": text}}))]);
    }
}
