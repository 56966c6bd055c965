//! Documents that others replaced, and files nobody reads.

use domain::Timestamp;
use records::ccda::{Origin, convert};
use records::{Chart, SkipReason, read};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_767_225_600_000);

/// Keys shown of a kind, and keys hidden as replaced.
fn shown(kind: &str, resources: &[Value]) -> (Vec<String>, Vec<String>) {
    let mut chart = Chart::new();
    for resource in resources {
        chart.insert(resource.to_string().as_bytes()).unwrap();
    }
    let reading = read(&chart, NOW);
    let rows = reading.drafts.into_iter().filter(|draft| draft.kind.id == kind).map(|draft| draft.key);
    let hidden = reading.skipped.into_iter().filter(|skip| skip.reason == SkipReason::Superseded);
    (rows.collect(), hidden.map(|skip| skip.resource).collect())
}

fn identifier(value: &str) -> Value {
    json!({"system": "urn:oid:1.2.3", "value": value})
}

fn with(mut resource: Value, more: Value) -> Value {
    resource.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    resource
}

/// A C-CDA, its text, and where that came from.
fn summary(id: &str, year: u16) -> [Value; 3] {
    let at = format!("{year}-06-01T08:00:00Z");
    [
        json!({"resourceType": "DocumentReference", "id": id, "status": "current", "date": at, "masterIdentifier": identifier(id),
            "content": [{"attachment": {"contentType": "application/hl7-cda+xml", "url": format!("Binary/{id}")}}]}),
        json!({"resourceType": "Composition", "id": id, "status": "final", "date": at, "identifier": identifier(id),
            "section": [{"title": "Plan", "text": {"div": format!("<div>Rest until {year}.</div>")}}]}),
        json!({"resourceType": "Provenance", "id": id, "recorded": at, "target": [{"reference": format!("Composition/{id}")}],
            "entity": [{"role": "source", "what": {"reference": format!("DocumentReference/{id}")}}]}),
    ]
}

fn replaces(target: Value) -> Value {
    json!({"relatesTo": [{"code": "replaces", "target": target}]})
}

#[test]
fn a_document_is_replaced_by_address_or_identifier() {
    let [old, old_text, old_origin] = summary("old", 2020);
    let [new, new_text, new_origin] = summary("new", 2021);
    let rest = [old.clone(), old_text, old_origin, new_text, new_origin];
    let by = |target: Value| [rest.to_vec(), vec![with(new.clone(), replaces(target))]].concat();
    let hidden = vec!["DocumentReference/old".to_owned(), "Composition/old".to_owned()];
    for target in [json!({"reference": "DocumentReference/old"}), json!({"identifier": identifier("old")})] {
        assert_eq!(shown("ccds", &by(target.clone())), (vec!["DocumentReference/new".to_owned()], hidden.clone()));
        assert_eq!(shown("narratives", &by(target.clone())).0, ["Composition/new"]);
        assert_eq!(shown("documents", &by(target)).0, ["DocumentReference/new"]);
    }
    for target in [json!({"identifier": identifier("other")}), json!({"identifier": identifier("new")})] {
        let (rows, hidden) = shown("ccds", &by(target));
        assert_eq!((rows.len(), hidden.len()), (2, 0));
    }
    // The versions of a set share a name, which may be that of the first; a name two documents have is no name.
    let set = json!({"identifier": [identifier("old")]});
    let both = [
        vec![with(old.clone(), set.clone())],
        vec![with(with(new.clone(), set), replaces(json!({"identifier": identifier("old")})))],
    ];
    assert_eq!(shown("ccds", &both.concat()).0, ["DocumentReference/new"]);
    let twin = with(old, json!({"id": "twin"}));
    let (rows, _) = shown("ccds", &[by(json!({"identifier": identifier("old")})), vec![twin]].concat());
    assert_eq!(rows.len(), 3);
}

#[test]
fn what_a_composition_replaces_takes_its_document_along() {
    let link = json!({"relatesTo": [{"code": "replaces", "targetIdentifier": identifier("old")}]});
    let [new, new_text, new_origin] = summary("new", 2021);
    let all = [summary("old", 2020).to_vec(), vec![new, with(new_text, link), new_origin]].concat();
    let (rows, hidden) = shown("ccds", &all);
    assert_eq!(rows, ["DocumentReference/new"]);
    assert_eq!(hidden, ["DocumentReference/old", "Composition/old"]);
    // A document with another text in it stays.
    let [_, other, _] = summary("other", 2019);
    let told = json!({"resourceType": "Provenance", "id": "more", "recorded": "2020-06-01T08:00:00Z",
        "target": [{"reference": "Composition/other"}], "entity": [{"role": "source", "what": {"reference": "DocumentReference/old"}}]});
    let (rows, hidden) = shown("ccds", &[all, vec![other, told]].concat());
    assert_eq!((rows.len(), hidden), (2, vec!["Composition/old".to_owned()]));
}

#[test]
fn a_converted_document_is_replaced_by_its_next_version() {
    let xml = |id: &str, year: u16, more: &str| {
        format!(
            "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" extension=\"{id}\"/>\
         <code code=\"34133-9\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>Summary</title>\
         <effectiveTime value=\"{year}0601080000+0000\"/>{more}<component><structuredBody><component><section>\
         <code code=\"29299-5\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>Reason</title><text>Check of {year}</text>\
         </section></component></structuredBody></component></ClinicalDocument>"
        )
    };
    let related = "<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"1.2.3\" extension=\"one\"/></parentDocument></relatedDocument>";
    let converted = |xml: String| -> Vec<Value> {
        let made = convert(xml.as_bytes(), &Origin { document: None, patient: None, received_at: NOW }).unwrap();
        made.resources.iter().map(|one| serde_json::from_slice(&one.json).unwrap()).collect()
    };
    for (more, expected) in [("", 2), (related, 1)] {
        let all = [converted(xml("one", 2020, "")), converted(xml("two", 2021, more))].concat();
        for kind in ["ccds", "documents", "narratives"] {
            assert_eq!(shown(kind, &all).0.len(), expected, "{kind}");
        }
    }
}

#[test]
fn of_a_set_the_highest_version_is_shown() {
    let xml = |id: &str, kind: &str, set: &str, version: &str| {
        format!(
            "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\" extension=\"{id}\"/>\
         <code code=\"{kind}\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>Summary</title>\
         <effectiveTime value=\"20200601080000+0000\"/>{set}{version}<component><structuredBody><component><section>\
         <code code=\"29299-5\" codeSystem=\"2.16.840.1.113883.6.1\"/><title>Reason</title><text>Check {id}</text>\
         </section></component></structuredBody></component></ClinicalDocument>"
        )
    };
    let converted = |xml: String| -> Vec<Value> {
        let made = convert(xml.as_bytes(), &Origin { document: None, patient: None, received_at: NOW }).unwrap();
        made.resources.iter().map(|one| serde_json::from_slice(&one.json).unwrap()).collect()
    };
    let set = |name: &str| format!("<setId root=\"1.2.3.7\" extension=\"{name}\"/>");
    let number = |number: &str| format!("<versionNumber value=\"{number}\"/>");
    let first = || converted(xml("one", "34133-9", &set("hers"), &number("2")));
    for (story, other, expected) in [
        ("a higher one", xml("two", "34133-9", &set("hers"), &number("10")), 1),
        ("of another set", xml("two", "34133-9", &set("other"), &number("10")), 2),
        ("of another type", xml("two", "18842-5", &set("hers"), &number("10")), 2),
        ("of the same number", xml("two", "34133-9", &set("hers"), &number("2")), 2),
        ("without a number", xml("two", "34133-9", &set("hers"), ""), 2),
        ("without a set", xml("two", "34133-9", "", &number("10")), 2),
    ] {
        for all in [[first(), converted(other.clone())].concat(), [converted(other), first()].concat()] {
            for kind in ["ccds", "documents", "narratives"] {
                assert_eq!(shown(kind, &all).0.len(), expected, "{story}: {kind}");
            }
        }
    }
    // What documents of another type share, or has no system, is the name of no set.
    let second = || converted(xml("two", "34133-9", &set("hers"), &number("10")));
    let third = || converted(xml("three", "18842-5", &set("hers"), ""));
    assert_eq!(shown("ccds", &[first(), second(), third()].concat()).0.len(), 3);
    let mut all = [first(), second()].concat();
    for document in all.iter_mut().filter(|one| one["resourceType"] == "DocumentReference") {
        document["identifier"] = json!([{"value": "hers"}]);
    }
    assert_eq!(shown("ccds", &all).0.len(), 2);
    let composition = &first()[0];
    assert_eq!(
        composition["extension"],
        json!([{"url": "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber", "valueString": "2"}])
    );
}

#[test]
fn of_two_that_replace_each_other_the_later_one_stays() {
    let [old, ..] = summary("old", 2020);
    let [new, ..] = summary("new", 2021);
    let all = [
        with(old, replaces(json!({"identifier": identifier("new")}))),
        with(new, replaces(json!({"identifier": identifier("old")}))),
    ];
    assert_eq!(shown("ccds", &all).0, ["DocumentReference/new"]);
    // And so in a ring of three, with one beside it that a member replaces too.
    let [first, second, third, beside] =
        [("a", 2020), ("b", 2021), ("c", 2022), ("d", 2023)].map(|(id, year)| summary(id, year)[0].clone());
    let by = |document: Value, ids: &[&str]| {
        let links: Vec<Value> =
            ids.iter().map(|id| json!({"code": "replaces", "target": {"identifier": identifier(id)}})).collect();
        with(document, json!({"relatesTo": links}))
    };
    let ring = [by(first, &["b", "d"]), by(second, &["c"]), by(third, &["a"]), beside];
    assert_eq!(shown("ccds", &ring).0, ["DocumentReference/c"]);
}

#[test]
fn bytes_no_kind_reads_are_not_kept() {
    let binary =
        |id: &str, media: &str| json!({"resourceType": "Binary", "id": id, "contentType": media, "data": "UmVzdC4="});
    let note = |id: &str, media: &str| {
        json!({"resourceType": "DocumentReference", "id": id, "status": "current", "type": {"text": "Note"},
        "content": [{"attachment": {"contentType": media, "url": format!("Binary/{id}")}}]})
    };
    let mut chart = Chart::new();
    for (id, media) in [("p", "application/pdf"), ("i", "image/png; q=1")] {
        chart.insert(binary(id, media).to_string().as_bytes()).unwrap();
        chart.insert(note(id, media).to_string().as_bytes()).unwrap();
    }
    // <ClinicalDocument/>
    let summary = with(binary("x", "application/xml"), json!({"data": "PENsaW5pY2FsRG9jdW1lbnQvPg=="}));
    chart.insert(summary.to_string().as_bytes()).unwrap();
    let kept = format!("{chart:?}");
    assert!(!kept.contains("UmVzdC4=") && !kept.contains("PENsaW5p"), "{kept}");
    for resource in [binary("t", "text/plain"), note("t", "text/plain")] {
        chart.insert(resource.to_string().as_bytes()).unwrap();
    }
    let reading = read(&chart, NOW);
    let of = |kind: &str| reading.drafts.iter().filter(|draft| draft.kind.id == kind).collect::<Vec<_>>();
    assert_eq!((of("documents").len(), of("narratives").len()), (3, 1));
    assert_eq!(of("narratives")[0].body["entries"][0]["text"], "Rest.");
}
