//! Which rows are one fact, what they are called, and where they came from.

use domain::Timestamp;
use records::{
    Chart, Draft, Head, Link, Organization, Reading, Standing, compose, content_hash, identify, read, record_id, relink,
};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_767_225_600_000);
const CONNECTION: &str = "65b1f0aa10c3d2000a1b2c3d";
const SNOMED: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";
const CVX: &str = "http://hl7.org/fhir/sid/cvx";
const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
const ICD: &str = "http://hl7.org/fhir/sid/icd-10-cm";

fn reading(resources: &[Value]) -> Reading {
    let mut chart = Chart::new();
    for resource in resources {
        chart.insert(resource.to_string().as_bytes()).unwrap();
    }
    read(&chart, NOW)
}

/// A C-CDA of that year, and the Provenance that says what came from it.
fn document(year: u16, targets: &[&str]) -> Vec<Value> {
    let targets: Vec<Value> = targets.iter().map(|target| json!({ "reference": target })).collect();
    vec![
        json!({"resourceType": "DocumentReference", "id": format!("d{year}"), "status": "current", "date": format!("{year}-06-01T08:00:00Z"),
            "content": [{"attachment": {"contentType": "application/hl7-cda+xml", "url": "Binary/x"}}]}),
        json!({"resourceType": "Provenance", "id": format!("p{year}"), "recorded": format!("{year}-06-01T09:00:00Z"), "target": targets,
            "entity": [{"role": "source", "what": {"reference": format!("DocumentReference/d{year}")}}]}),
    ]
}

fn code(system: &str, code: &str) -> Value {
    json!({ "coding": [{"system": system, "code": code}], "text": "As written" })
}

fn with(mut resource: Value, more: Value) -> Value {
    resource.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    resource
}

fn rows(kind: &str, resources: &[Value]) -> Vec<Draft> {
    reading(resources).drafts.into_iter().filter(|draft| draft.kind.id == kind).collect()
}

fn key(resource: &Value) -> String {
    format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap())
}

fn named(resource: &Value, id: &str) -> Value {
    with(resource.clone(), json!({ "id": id }))
}

/// How many rows there are of a fact that one document tells and another tells with these changes.
fn told_by_two(kind: &str, first: &Value, change: &Value) -> Vec<Draft> {
    let (a, b) = (named(first, "a"), with(named(first, "b"), change.clone()));
    let mut all = document(2020, &[&key(&a)]);
    all.extend(document(2021, &[&key(&b)]));
    all.extend([a, b]);
    rows(kind, &all)
}

/// An observation without a date.
fn lab_of(category: &str) -> Value {
    json!({"resourceType": "Observation", "status": "final", "category": [{"coding": [{"code": category}]}],
        "code": code(LOINC, "4548-4"), "valueQuantity": {"value": 6.8, "unit": "%", "code": "%"}})
}

#[test]
fn what_documents_repeat_is_one_row_and_near_misses_are_two() {
    let lab = |value: f64| json!([{"resourceType": "Observation", "id": "c", "status": "final", "code": code(LOINC, "4548-4"), "valueQuantity": {"value": value, "unit": "%"}}]);
    let in_unit = |unit: &str| {
        let mut lab = lab(6.8);
        lab[0]["valueQuantity"]["unit"] = json!(unit);
        lab
    };
    let table = [
        (
            "allergies",
            json!({"resourceType": "AllergyIntolerance", "code": code(RXNORM, "7980"), "recordedDate": "2012-06-01"}),
            vec![
                (json!({}), 1),
                (json!({"recordedDate": "2020-01-01", "criticality": "high"}), 1),
                (
                    json!({"code": {"coding": [{"system": RXNORM, "code": "7980"}, {"system": SNOMED, "code": "1"}], "text": "PENICILLIN"}}),
                    1,
                ),
                (json!({"code": {"text": "as  WRITTEN"}}), 1),
                (json!({"code": code(RXNORM, "723")}), 2),
                (json!({"code": {"text": "Latex"}}), 2),
            ],
        ),
        (
            "allergies",
            json!({"resourceType": "AllergyIntolerance", "code": {"coding": [{"system": SNOMED, "code": "416098002"}], "text": "Dust"}}),
            vec![
                (json!({}), 1),
                (json!({"code": {"coding": [{"system": SNOMED, "code": "416098002"}], "text": "Pollen"}}), 2),
            ],
        ),
        (
            "issues",
            json!({"resourceType": "Condition", "code": code(SNOMED, "38341003"), "onsetDateTime": "2010-02-01"}),
            vec![
                (json!({}), 1),
                (json!({"onsetDateTime": "2010"}), 1),
                (
                    json!({"code": {"coding": [{"system": ICD, "code": "I10"}, {"system": SNOMED, "code": "38341003"}], "text": "High blood pressure"}}),
                    1,
                ),
                (json!({"onsetDateTime": "2011"}), 2),
                (json!({"onsetDateTime": "2010-02-02"}), 2),
                (json!({"onsetDateTime": null}), 2),
                (json!({"code": code(SNOMED, "59621000")}), 2),
                (json!({"code": code(ICD, "I10")}), 2),
            ],
        ),
        (
            "issues",
            json!({"resourceType": "Condition", "code": {"coding": [{"system": SNOMED, "code": "44054006"}, {"system": ICD, "code": "E11.9"}], "text": "Diabetes"}}),
            vec![
                (json!({}), 1),
                (json!({"code": code(ICD, "E11.9")}), 1),
                (
                    json!({"code": {"coding": [{"system": SNOMED, "code": "609567009"}, {"system": ICD, "code": "E11.9"}], "text": "Other"}}),
                    2,
                ),
                (json!({"code": code(ICD, "E11")}), 2),
            ],
        ),
        (
            "immunizations",
            json!({"resourceType": "Immunization", "status": "completed", "vaccineCode": code(CVX, "140"), "occurrenceDateTime": "2019-10-02T23:30:00-05:00"}),
            vec![
                (json!({}), 1),
                (json!({"occurrenceDateTime": "2019-10-02"}), 1),
                (json!({"occurrenceDateTime": "2019-10-03"}), 2),
                (json!({"occurrenceDateTime": "2019-10"}), 2),
                (json!({"vaccineCode": code(CVX, "141")}), 2),
            ],
        ),
        (
            "medications",
            json!({"resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": "2020-03-05",
                "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "860975"}], "text": "metformin 500 MG Oral Tablet"}}),
            vec![
                (json!({}), 1),
                (json!({"authoredOn": "2020-03-28"}), 1),
                (json!({"authoredOn": "2020-04-05"}), 2),
                (json!({"authoredOn": "2020"}), 2),
                (json!({"medicationCodeableConcept": {"text": "metformin 500 MG Oral Tablet"}}), 1),
                (json!({"medicationCodeableConcept": {"text": "metformin 1000 MG Oral Tablet"}}), 2),
                (json!({"medicationCodeableConcept": {"text": "lisinopril 10 MG Oral Tablet"}}), 2),
            ],
        ),
        (
            "encounters",
            json!({"resourceType": "Encounter", "status": "finished", "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "type": [{"text": "Office Visit"}], "period": {"start": "2020-03-05T14:15:00Z"}}),
            vec![
                (json!({}), 1),
                (json!({"type": [{"text": "Visit"}]}), 1),
                (json!({"period": {"start": "2020-03-05T14:16:00Z"}}), 2),
                (json!({"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"}}), 2),
                (json!({"period": {}}), 2),
            ],
        ),
        (
            "encounters",
            json!({"resourceType": "Encounter", "status": "finished", "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
                "type": [{"text": "Office Visit"}], "period": {"start": "2020-03-05"}}),
            vec![(json!({}), 1), (json!({"type": [{"text": "Blood draw"}]}), 2)],
        ),
        (
            "procedures",
            json!({"resourceType": "Procedure", "status": "completed", "code": code(SNOMED, "80146002"), "performedDateTime": "2015-04-01"}),
            vec![
                (json!({}), 1),
                (json!({"performedDateTime": null, "performedPeriod": {"start": "2015-04-01T10:00:00Z"}}), 1),
                (json!({"performedDateTime": "2015-04-02"}), 2),
                (json!({"performedDateTime": "2015"}), 2),
                (json!({"code": code(SNOMED, "73761001")}), 2),
            ],
        ),
        (
            "test_results",
            json!({"resourceType": "DiagnosticReport", "status": "final", "code": code(LOINC, "24323-8"), "effectiveDateTime": "2020-01-02T08:00:10Z",
                "contained": lab(6.8), "result": [{"reference": "#c"}]}),
            vec![
                (json!({}), 1),
                (json!({"effectiveDateTime": "2020-01-02T08:00:50Z", "contained": lab(6.80)}), 1),
                (json!({"effectiveDateTime": "2020-01-02T08:01:00Z"}), 2),
                (json!({"contained": lab(6.9)}), 2),
                (json!({"contained": in_unit("mmol/mol")}), 2),
                (json!({"contained": in_unit("%")}), 1),
                (json!({"code": code(LOINC, "24331-1")}), 2),
                (json!({"effectiveDateTime": null}), 2),
            ],
        ),
        (
            "social_history",
            json!({"resourceType": "Observation", "status": "final", "category": [{"coding": [{"code": "social-history"}]}], "code": code(LOINC, "72166-2"),
                "effectiveDateTime": "2020-01-02", "valueCodeableConcept": code(SNOMED, "266919005")}),
            vec![
                (json!({}), 1),
                (json!({"valueCodeableConcept": code(SNOMED, "8517006")}), 2),
                (json!({"effectiveDateTime": "2021-01-02"}), 2),
                (json!({"code": code(LOINC, "11331-6")}), 2),
            ],
        ),
        (
            "plans_of_care",
            json!({"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "Walk more"}, "startDate": "2020-01-02"}),
            vec![
                (json!({}), 1),
                (json!({"startDate": "2020-01-03"}), 2),
                (json!({"description": {"text": "Walk less"}}), 2),
            ],
        ),
        (
            "narratives",
            json!({"resourceType": "Composition", "status": "final", "date": "2020-01-02", "section": [{"title": "Plan", "text": {"div": "<div>Rest.</div>"}}]}),
            vec![
                (json!({}), 1),
                (json!({"date": "2021-01-02"}), 2),
                (json!({"section": [{"title": "Plan", "text": {"div": "<div>Rest!</div>"}}]}), 2),
            ],
        ),
        (
            "functional_statuses",
            json!({"resourceType": "Observation", "status": "final", "category": [{"coding": [{"code": "functional-status"}]}],
                "code": code(LOINC, "54522-8"), "effectiveDateTime": "2020-01-02", "valueCodeableConcept": code(SNOMED, "165245003")}),
            vec![
                (json!({}), 1),
                (json!({"valueCodeableConcept": code(SNOMED, "129035000")}), 2),
                (json!({"effectiveDateTime": "2020-01-03"}), 2),
            ],
        ),
        (
            "instructions",
            json!({"resourceType": "ServiceRequest", "status": "active", "intent": "order", "authoredOn": "2020-01-02", "code": {"text": "Rest"}, "patientInstruction": "Stay in bed."}),
            vec![
                (json!({}), 1),
                (json!({"patientInstruction": "Stay  in bed."}), 1),
                (json!({"patientInstruction": "Get up."}), 2),
                (json!({"authoredOn": "2020-02-02"}), 2),
            ],
        ),
        (
            "family_history",
            json!({"resourceType": "FamilyMemberHistory", "status": "completed", "relationship": {"text": "Mother"}, "condition": [{"code": code(SNOMED, "44054006")}]}),
            vec![
                (json!({}), 1),
                (json!({"relationship": {"text": "Father"}}), 2),
                (json!({"relationship": {}}), 2),
                (json!({"condition": [{"code": code(SNOMED, "38341003")}]}), 2),
            ],
        ),
        (
            "insurance",
            json!({"resourceType": "Coverage", "status": "active", "payor": [{"display": "Harbor Health"}], "subscriberId": "M17"}),
            vec![
                (json!({}), 1),
                (json!({"payor": [{"display": "Hill Health"}]}), 2),
                (json!({"subscriberId": "M18"}), 2),
                (json!({"subscriberId": null}), 2),
            ],
        ),
    ];
    // Of what is known to the year or month alone, nobody can say that it is the same.
    for (kind, first, member) in [
        ("test_results", lab_of("laboratory"), "effectiveDateTime"),
        ("functional_statuses", lab_of("functional-status"), "effectiveDateTime"),
        ("social_history", lab_of("social-history"), "effectiveDateTime"),
        ("vitals", lab_of("vital-signs"), "effectiveDateTime"),
        (
            "plans_of_care",
            json!({"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "Walk more"}}),
            "startDate",
        ),
        (
            "instructions",
            json!({"resourceType": "ServiceRequest", "status": "active", "intent": "order", "code": {"text": "Rest"}, "patientInstruction": "Stay in bed."}),
            "authoredOn",
        ),
        (
            "narratives",
            json!({"resourceType": "Composition", "status": "final", "section": [{"title": "Plan", "text": {"div": "<div>Rest.</div>"}}]}),
            "date",
        ),
        ("encounters", json!({"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}}), "period"),
        (
            "immunizations",
            json!({"resourceType": "Immunization", "status": "completed", "vaccineCode": code(CVX, "140")}),
            "occurrenceDateTime",
        ),
        (
            "procedures",
            json!({"resourceType": "Procedure", "status": "completed", "code": code(SNOMED, "80146002")}),
            "performedDateTime",
        ),
    ] {
        for (date, expected) in [("2020", 2), ("2020-01", 2), ("2020-01-01", 1), ("2020-01-01T08:00:00Z", 1)] {
            let date = if member == "period" { json!({ "start": date }) } else { json!(date) };
            let dated = with(first.clone(), json!({ member: date }));
            assert_eq!(told_by_two(kind, &dated, &json!({})).len(), expected, "{dated}");
        }
    }
    let morning = with(lab_of("laboratory"), json!({"effectiveDateTime": "2020-01-02T08:00:00"}));
    let evening = json!({"effectiveDateTime": "2020-01-02T20:00:00"});
    assert_eq!(told_by_two("test_results", &morning, &evening).len(), 2, "of one day, in whatever zone");
    for (kind, first, changes) in table {
        for (change, expected) in changes {
            let found = told_by_two(kind, &first, &change);
            let facts: Vec<&Option<String>> = found.iter().map(|draft| &draft.fact).collect();
            assert_eq!(found.len(), expected, "{kind}: {first}\nand {change}\n{facts:?}");
        }
    }
}

#[test]
fn one_witness_is_taken_at_its_word() {
    let problem = |id: &str| json!({"resourceType": "Condition", "id": id, "code": code(SNOMED, "38341003"), "onsetDateTime": "2010"});
    let two = [problem("a"), problem("b")];
    assert_eq!(rows("issues", &two).len(), 2, "two of the source's own");
    let mut told = document(2020, &["Condition/a", "Condition/b"]);
    told.extend(two.clone());
    assert_eq!(rows("issues", &told).len(), 2, "two of one document");
    told.extend(document(2021, &["Condition/c", "Condition/d"]));
    told.extend([problem("c"), problem("d")]);
    let pairs: Vec<Vec<String>> = rows("issues", &told).into_iter().map(|draft| draft.lineage).collect();
    assert_eq!(pairs, [["Condition/c", "Condition/a"], ["Condition/d", "Condition/b"]], "the first with the first");
    // A resource of two documents is of both.
    let mut shared = document(2020, &["Condition/a"]);
    shared.extend(document(2021, &["Condition/a", "Condition/b"]));
    shared.extend(two);
    assert_eq!(rows("issues", &shared).len(), 2);
}

#[test]
fn an_identifier_makes_two_rows_one_and_the_source_wins_field_by_field() {
    let identifier = json!([{"system": "urn:oid:1.2.3", "value": "17"}]);
    let own = json!({"resourceType": "Procedure", "id": "own", "status": "completed", "identifier": identifier, "code": code(SNOMED, "80146002")});
    let told = json!({"resourceType": "Procedure", "id": "told", "status": "in-progress", "identifier": identifier, "code": {"text": "Appendectomy"},
        "performedDateTime": "2015-04-01", "performer": [{"actor": {"display": "Dana Whitlock"}}]});
    let mut all = document(2020, &["Procedure/told"]);
    all.extend([own.clone(), told.clone()]);
    let found = rows("procedures", &all);
    assert_eq!(found.len(), 1);
    let one = &found[0];
    assert_eq!((one.key.as_str(), one.also.as_slice()), ("Procedure/own", ["Procedure/told".to_owned()].as_slice()));
    assert_eq!(one.lineage, ["Procedure/own", "Procedure/told"]);
    assert_eq!(one.document.as_deref(), Some("DocumentReference/d2020"));
    assert_eq!(one.sort_at.map(Timestamp::to_iso).as_deref(), Some("2015-04-01T00:00:00.000Z"));
    let members: Vec<&String> = one.body.keys().collect();
    assert_eq!(members, ["name", "dateTime", "performer", "specimenCodes", "deviceCodes", "codes", "status"]);
    assert_eq!((&one.body["name"], &one.body["status"]), (&json!("As written"), &json!("completed")));
    // What two rows of the source share identifies neither; and codes that differ are two facts.
    let shared = [all.clone(), vec![named(&own, "other")]].concat();
    assert_eq!(rows("procedures", &shared).len(), 3);
    let mut apart = document(2020, &["Procedure/told"]);
    apart.extend([own, with(told, json!({"code": code(SNOMED, "73761001")}))]);
    assert_eq!(rows("procedures", &apart).len(), 2);
}

#[test]
fn the_newest_document_is_shown_and_the_oldest_gives_the_key() {
    let allergy = |id: &str, status: &str| json!({"resourceType": "AllergyIntolerance", "id": id, "clinicalStatus": {"coding": [{"code": status}]}, "code": code(RXNORM, "7980")});
    let mut all = document(2022, &["AllergyIntolerance/c"]);
    all.extend(document(2020, &["AllergyIntolerance/a"]));
    all.extend(document(2021, &["AllergyIntolerance/b"]));
    all.extend([allergy("a", "active"), allergy("b", "active"), allergy("c", "resolved")]);
    for turn in 0..all.len() {
        all.rotate_left(turn);
        let found = rows("allergies", &all);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].key.as_str(), &found[0].also),
            ("AllergyIntolerance/a", &vec!["AllergyIntolerance/b".to_owned(), "AllergyIntolerance/c".to_owned()])
        );
        assert_eq!(
            (&found[0].body["status"], found[0].document.as_deref()),
            (&json!("Resolved"), Some("DocumentReference/d2022"))
        );
    }
    all.push(allergy("own", "inactive"));
    let found = rows("allergies", &all);
    assert_eq!((found[0].key.as_str(), &found[0].body["status"]), ("AllergyIntolerance/own", &json!("Inactive")));
}

#[test]
fn a_fact_keeps_the_id_it_is_shown_under() {
    let allergy = |id: &str| json!({"resourceType": "AllergyIntolerance", "id": id, "code": code(RXNORM, "7980")});
    let mut all = document(2021, &["AllergyIntolerance/b"]);
    all.push(allergy("b"));
    let ids = |all: &[Value], shown: &[String]| -> Vec<String> {
        let drafts = rows("allergies", all);
        let standing =
            |_: &str, id: &str| if shown.iter().any(|it| it == id) { Standing::Shown } else { Standing::Unknown };
        identify(CONNECTION, &drafts, standing, |_| None).into_iter().map(|it| it.id).collect()
    };
    let first = ids(&all, &[]);
    assert_eq!(first, [record_id(CONNECTION, "allergies", "AllergyIntolerance/b")]);
    // An older document comes later, then the source's own row.
    all.extend(document(2020, &["AllergyIntolerance/a"]));
    all.push(allergy("a"));
    assert_eq!(ids(&all, &first), first);
    all.push(allergy("own"));
    assert_eq!(ids(&all, &first), first);
    assert_eq!(ids(&all, &[]), [record_id(CONNECTION, "allergies", "AllergyIntolerance/own")], "told all at once");
}

#[test]
fn vitals_of_one_minute_are_one_set_whoever_tells_them() {
    let weight = |id: &str, value: f64| {
        json!({"resourceType": "Observation", "id": id, "status": "final", "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": code(LOINC, "29463-7"), "effectiveDateTime": "2020-01-02T08:00:00Z", "valueQuantity": {"value": value, "unit": "kg", "code": "kg"}})
    };
    let visit = json!({"encounter": {"reference": "Encounter/1"}});
    let mut all = document(2020, &["Observation/a"]);
    all.extend(document(2021, &["Observation/b"]));
    all.extend([weight("a", 70.0), with(weight("b", 70.0), visit.clone())]);
    assert_eq!(rows("vitals", &all).len(), 1, "in sets of their own");
    all.push(with(weight("b", 70.5), visit));
    assert_eq!(rows("vitals", &all).len(), 2, "another value");
    // Of one visit there is one set from the start, and each value in it once.
    let mut one = document(2020, &["Observation/a"]);
    one.extend(document(2021, &["Observation/b", "Observation/c"]));
    one.extend([weight("a", 70.0), weight("b", 70.0), weight("own", 71.0)]);
    let values = |all: &[Value]| {
        let sets = rows("vitals", all);
        assert_eq!(sets.len(), 1);
        let results = sets[0].body["results"].as_array().unwrap().clone();
        (results.iter().map(|it| it["value"].as_f64().unwrap()).collect::<Vec<_>>(), sets[0].lineage.len())
    };
    assert_eq!(values(&one), (vec![70.0, 71.0], 3));
    one.push(weight("c", 70.0));
    assert_eq!(values(&one).0.len(), 2, "told by another document too");
    assert_eq!(values(&[weight("x", 70.0), weight("y", 70.0)]).0.len(), 2, "twice by the source");
}

#[test]
fn a_record_tells_its_document_and_the_index_leads_to_the_record() {
    let mut all = document(2020, &["Immunization/1"]);
    all.push(json!({"resourceType": "Immunization", "id": "1", "status": "completed", "vaccineCode": code(CVX, "140"), "occurrenceDateTime": "2019-10-02"}));
    all.push(json!({"resourceType": "Immunization", "id": "2", "status": "completed", "vaccineCode": {"text": "Old"}}));
    let drafts = reading(&all).drafts;
    let identities = identify(CONNECTION, &drafts, |_, _| Standing::Unknown, |_| None);
    let shown: Vec<Value> = drafts
        .iter()
        .zip(&identities)
        .filter(|(draft, _)| ["immunizations", "timeline", "ccds"].contains(&draft.kind.id))
        .map(|(draft, identity)| {
            let organization = Some(Organization { id: "65b1f0aa10c3d2000a1b2c00", name: "Northgate Clinic" });
            let head = Head {
                id: &identity.id,
                source: "65b1f0aa10c3d2000a1b2c00",
                created_at: NOW,
                updated_at: NOW,
                organization,
                ccd: identity.ccd.as_deref(),
                about: identity.about.as_deref(),
            };
            serde_json::from_slice(&compose(draft, &head)).unwrap()
        })
        .collect();
    insta::assert_json_snapshot!("documents_and_index", shown);
    // The same record without its document is another content.
    let bare = rows("immunizations", &all[2..]);
    assert_ne!(
        content_hash(&bare[0]),
        content_hash(drafts.iter().find(|draft| draft.key == "Immunization/1").unwrap())
    );
    // A document that is no C-CDA has no row to link to.
    all[0]["content"][0]["attachment"]["contentType"] = json!("application/pdf");
    assert!(rows("immunizations", &all).iter().all(|draft| draft.document.is_none()));
}

#[test]
fn links_go_before_the_organization_and_nothing_else_moves() {
    let body = br#"{"id":"1","updatedAt":"2026-01-01T00:00:00.000Z","value":6.80,"text":"\u00e9 \"sameAs\"","ccd":{"id":"9"},"organization":{"id":"2"}}"#;
    let links = [Link { id: "a".into(), source: "s".into() }, Link { id: "b".into(), source: "t".into() }];
    let linked = relink(body, "vitals", &links, NOW).unwrap();
    insta::assert_snapshot!(std::str::from_utf8(&linked).unwrap());
    let again = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    assert_eq!(relink(&linked, "vitals", &links, NOW).unwrap(), linked);
    assert_eq!(relink(&linked, "vitals", &[], again).unwrap(), body);
    let bare = relink(br#"{"id":"1"}"#, "vitals", &links[..1], NOW).unwrap();
    assert_eq!(bare, br#"{"id":"1","sameAs":[{"id":"a","source":"s","href":"/medical/vitals/a"}]}"#);
    for other in ["[]", "", "{", "null", "7"] {
        assert_eq!(relink(other.as_bytes(), "vitals", &links, NOW), None, "{other}");
    }
}
