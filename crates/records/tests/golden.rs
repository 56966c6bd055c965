//! What every reader of FHIR R4 must get right, one test for each story.

use std::slice::from_ref;

use domain::Timestamp;
use records::{Chart, Draft, Reading, SkipReason, content_hash, read, record_id};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_767_225_600_000);

fn reading(resources: &[Value]) -> Reading {
    let mut chart = Chart::new();
    for resource in resources {
        chart.insert(resource.to_string().as_bytes()).unwrap();
    }
    read(&chart, NOW)
}

fn of<'a>(reading: &'a Reading, kind: &str) -> Vec<&'a Draft> {
    reading.drafts.iter().filter(|draft| draft.kind.id == kind).collect()
}

fn why(reading: &Reading, resource: &str) -> Option<SkipReason> {
    reading.skipped.iter().find(|skip| skip.resource == resource).map(|skip| skip.reason)
}

fn coded(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": system, "code": code}]})
}

fn lab(id: &str, more: Value) -> Value {
    let mut lab = json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "Iron"},
        "category": [{"coding": [{"code": "laboratory"}]}], "effectiveDateTime": "2025-12-18T08:00:00Z"});
    lab.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    lab
}

#[test]
fn no_known_allergies_is_no_allergy() {
    for code in ["716186003", "409137002", "429625007", "428607008", "1003774007"] {
        let none =
            json!({"resourceType": "AllergyIntolerance", "id": "1", "code": coded("http://snomed.info/sct", code)});
        let reading = reading(&[none]);
        assert_eq!(
            (of(&reading, "allergies").len(), why(&reading, "AllergyIntolerance/1")),
            (0, Some(SkipReason::NoneKnown))
        );
    }
    let said = json!({"resourceType": "AllergyIntolerance", "id": "1", "code": {"text": "No Known Drug Allergies."}});
    assert_eq!(why(&reading(&[said]), "AllergyIntolerance/1"), Some(SkipReason::NoneKnown));
}

#[test]
fn what_was_refuted_or_an_error_is_not_shown() {
    let status = |code: &str| json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": code}]});
    let reading = reading(&[
        json!({"resourceType": "Condition", "id": "r", "verificationStatus": status("refuted"), "code": {"text": "Gout"}}),
        json!({"resourceType": "Condition", "id": "e", "verificationStatus": status("entered-in-error")}),
    ]);
    assert!(reading.drafts.is_empty());
    assert_eq!(why(&reading, "Condition/r"), Some(SkipReason::Refuted));
    assert_eq!(why(&reading, "Condition/e"), Some(SkipReason::EnteredInError));
}

#[test]
fn a_year_alone_is_its_first_day() {
    let reading =
        reading(&[json!({"resourceType": "Condition", "id": "1", "onsetDateTime": "2019", "code": {"text": "Gout"}})]);
    assert_eq!(of(&reading, "issues")[0].body["dateTime"], "2019-01-01T00:00:00.000Z");
}

#[test]
fn a_file_in_a_report_and_in_a_document_is_one_file() {
    let form = json!({"contentType": "application/pdf", "url": "https://ehr.example/r4/Binary/7"});
    let reading = reading(&[
        json!({"resourceType": "DocumentReference", "id": "d", "status": "current", "content": [{"attachment": form}]}),
        json!({"resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": {"text": "CT"}, "conclusion": "Clear.", "presentedForm": [form]}),
    ]);
    let files = of(&reading, "documents");
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].lineage, ["DocumentReference/d", "DiagnosticReport/r"]);
    assert_eq!(of(&reading, "test_results").len(), 1);
}

#[test]
fn an_observation_cited_twice_is_told_in_both_reports_and_nowhere_else() {
    let report = |id: &str| json!({"resourceType": "DiagnosticReport", "id": id, "status": "final", "code": {"text": id}, "result": [{"reference": "Observation/1"}]});
    let reading = reading(&[lab("1", json!({"valueInteger": 7})), report("panel"), report("summary")]);
    let rows = of(&reading, "test_results");
    assert_eq!(
        rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(),
        ["DiagnosticReport/panel", "DiagnosticReport/summary"]
    );
    assert!(rows.iter().all(|row| row.body["components"][0]["value"] == "7"));
}

#[test]
fn blood_pressure_in_one_piece_or_in_two_or_with_one_missing() {
    let of_code = |loinc: &str| coded("http://loinc.org", loinc);
    let part = |loinc: &str, value: i64| json!({"code": of_code(loinc), "valueQuantity": {"value": value, "unit": "mmHg", "code": "mm[Hg]"}});
    let vital = |id: &str, code: &str, more: Value| {
        let mut vital = lab(id, more);
        vital["category"] = json!([{"coding": [{"code": "vital-signs"}]}]);
        vital["code"] = of_code(code);
        vital
    };
    let whole = vital("1", "85354-9", json!({"component": [part("8480-6", 118), part("8462-4", 76)]}));
    let alone = |id: &str, loinc: &str, value: i64| vital(id, loinc, part(loinc, value));
    let half = vital(
        "1",
        "85354-9",
        json!({"component": [part("8480-6", 118), {"code": of_code("8462-4"), "dataAbsentReason": coded("", "unknown")}]}),
    );
    let told = |resources: &[Value]| -> Vec<(String, Value)> {
        let reading = reading(resources);
        let rows = of(&reading, "vitals");
        assert_eq!(rows.len(), 1);
        let results = rows[0].body["results"].as_array().unwrap();
        results.iter().map(|it| (it["name"].as_str().unwrap().to_owned(), it["value"].clone())).collect()
    };
    let both =
        vec![("Systolic blood pressure".to_owned(), json!(118)), ("Diastolic blood pressure".to_owned(), json!(76))];
    assert_eq!(told(&[whole]), both);
    assert_eq!(told(&[alone("1", "8480-6", 118), alone("2", "8462-4", 76)]), both);
    assert_eq!(told(&[half]), both[..1]);
}

#[test]
fn values_are_told_as_they_were_given() {
    for (value, told, unit) in [
        (json!({"valueQuantity": {"value": 60, "comparator": ">", "unit": "mL/min"}}), ">60", Some("mL/min")),
        (json!({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 64}}}), "1:64", None),
        (json!({"valueString": "trace"}), "trace", None),
        (json!({"valueCodeableConcept": {"text": "NEG"}}), "NEG", None),
        (json!({"valueString": "7.2 mg/dL"}), "7.2 mg/dL", None),
        (json!({"valueRange": {"low": {"value": 2}, "high": {"value": 5, "unit": "/hpf"}}}), "2 - 5", Some("/hpf")),
        (json!({"valueBoolean": true}), "Yes", None),
        (json!({"valueDateTime": "2025-12"}), "2025-12-01T00:00:00.000Z", None),
        (json!({"dataAbsentReason": {"text": "Hemolyzed"}}), "Hemolyzed", None),
    ] {
        let reading = reading(&[lab("1", value)]);
        let line = &of(&reading, "test_results")[0].body["components"][0];
        assert_eq!((line["value"].as_str(), line.get("unit").and_then(Value::as_str)), (Some(told), unit), "{line}");
    }
    let exact = lab("1", json!({}))
        .to_string()
        .replace("\"resourceType\"", "\"valueQuantity\":{\"value\":6.80},\"resourceType\"");
    let mut chart = Chart::new();
    chart.insert(exact.as_bytes()).unwrap();
    assert_eq!(of(&read(&chart, NOW), "test_results")[0].body["components"][0]["value"], "6.80");
}

#[test]
fn a_medicine_is_named_by_what_there_is() {
    let order = |more: Value| {
        let mut order = json!({"resourceType": "MedicationRequest", "id": "1", "status": "active", "intent": "order"});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    let contained = order(
        json!({"medicationReference": {"reference": "#m"}, "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "Iron"}}]}),
    );
    let lost = order(json!({"medicationReference": {"reference": "Medication/404", "display": "Zinc"}}));
    let masked = order(
        json!({"medicationCodeableConcept": coded("http://terminology.hl7.org/CodeSystem/data-absent-reason", "masked")}),
    );
    assert_eq!(of(&reading(&[contained]), "medications")[0].body["name"], "Iron");
    assert_eq!(of(&reading(&[lost]), "medications")[0].body["name"], "Zinc");
    assert_eq!(why(&reading(&[masked]), "MedicationRequest/1"), Some(SkipReason::NoValue));
}

#[test]
fn the_same_shot_from_clinic_and_registry_is_one() {
    let shot = |id: &str, witnessed: bool, at: &str| {
        json!({"resourceType": "Immunization", "id": id, "status": "completed", "primarySource": witnessed, "occurrenceDateTime": at,
            "vaccineCode": coded("http://hl7.org/fhir/sid/cvx", "140")})
    };
    let reading = reading(&[shot("clinic", true, "2025-10-02T15:00:00Z"), shot("registry", false, "2025-10-02")]);
    assert_eq!(of(&reading, "immunizations").len(), 1);
}

#[test]
fn unknown_systems_are_kept_and_known_ones_are_translated() {
    for (given, shown, label) in [
        ("urn:oid:1.2.3.4", "1.2.3.4", None),
        ("https://clinic.example/codes", "https://clinic.example/codes", None),
        ("http://terminology.hl7.org/CodeSystem/nciVersionOfNDF-RT", "2.16.840.1.113883.3.26.1.5", Some("NDF-RT")),
        ("http://hl7.org/fhir/sid/icd-9-cm", "2.16.840.1.113883.6.103", Some("ICD-9CM")),
    ] {
        let reading = reading(&[
            json!({"resourceType": "Condition", "id": "1", "code": {"text": "Gout", "coding": [{"system": given, "code": "7", "display": "as written"}]}}),
        ]);
        let code = &of(&reading, "issues")[0].body["codes"][0];
        assert_eq!(
            (code["codeSystem"].as_str(), code.get("codeSystemName").and_then(Value::as_str)),
            (Some(shown), label)
        );
        assert_eq!(
            (&code["name"], &code["code"], &code["inferred"]),
            (&json!("as written"), &json!("7"), &json!(false))
        );
    }
    let ndf = |uri: &str| json!({"resourceType": "AllergyIntolerance", "id": "1", "code": coded(uri, "N0000007")});
    for uri in ["http://hl7.org/fhir/ndfrt", "urn:oid:2.16.840.1.113883.6.209", "urn:oid:2.16.840.1.113883.3.26.1.5"] {
        assert_eq!(of(&reading(&[ndf(uri)]), "allergies")[0].body["codes"][0]["codeSystemName"], "NDF-RT", "{uri}");
    }
    let operation = json!({"resourceType": "Procedure", "id": "1", "status": "completed", "code": coded("http://hl7.org/fhir/sid/icd-9-cm", "45.23")});
    assert_eq!(of(&reading(&[operation]), "procedures")[0].body["codes"][0]["codeSystem"], "2.16.840.1.113883.6.104");
}

#[test]
fn a_result_keeps_its_id_when_it_becomes_final() {
    let (draft, done) =
        (lab("1", json!({"status": "preliminary", "valueInteger": 7})), lab("1", json!({"valueInteger": 8})));
    let (first, second, both) =
        (reading(from_ref(&draft)), reading(from_ref(&done)), reading(&[draft.clone(), done.clone()]));
    let row = |reading: &Reading| of(reading, "test_results")[0].clone();
    assert_eq!(record_id("c", "test_results", &row(&first).key), record_id("c", "test_results", &row(&second).key));
    assert_ne!(content_hash(&row(&first)), content_hash(&row(&second)));
    assert_eq!(
        (row(&first).body["status"].as_str(), row(&both).body["status"].as_str()),
        (Some("Preliminary result"), Some("Final result"))
    );
    assert_eq!(of(&both, "test_results").len(), 1);
}

#[test]
fn order_of_arrival_changes_nothing() {
    let resources = [
        json!({"resourceType": "Patient", "id": "p", "name": [{"text": "Robin Alder"}]}),
        lab("1", json!({"valueInteger": 7})),
        lab("2", json!({"valueInteger": 8})),
        json!({"resourceType": "MedicationStatement", "id": "s", "status": "active", "medicationCodeableConcept": {"text": "Iron"}}),
    ];
    let mut turned = resources.to_vec();
    turned.reverse();
    let hashes = |reading: Reading| {
        reading.drafts.iter().map(|draft| (draft.key.clone(), content_hash(draft))).collect::<Vec<_>>()
    };
    assert_eq!(hashes(reading(&resources)), hashes(reading(&turned)));
}

/// One drug, one course, one row.
#[test]
fn order_statement_and_fills_of_one_drug_are_one_row() {
    let drug = coded("http://www.nlm.nih.gov/research/umls/rxnorm", "314076");
    let order = |id: &str, visit: &str, at: &str, status: &str| {
        json!({"resourceType": "MedicationRequest", "id": id, "status": status, "intent": "order", "authoredOn": at, "encounter": {"reference": format!("Encounter/{visit}")},
            "medicationCodeableConcept": drug, "dosageInstruction": [{"text": "One a day"}], "dispenseRequest": {"numberOfRepeatsAllowed": 3}})
    };
    let statement = |at: &str| json!({"resourceType": "MedicationStatement", "id": "said", "status": "on-hold", "dateAsserted": at, "medicationCodeableConcept": drug});
    let fill = |id: &str, at: &str| json!({"resourceType": "MedicationDispense", "id": id, "status": "completed", "whenHandedOver": at, "medicationCodeableConcept": drug});
    let told = |resources: &[Value]| {
        let reading = reading(resources);
        let rows = of(&reading, "medications");
        rows.iter()
            .map(|row| {
                (
                    row.key.clone(),
                    row.body["status"].as_str().unwrap_or_default().to_owned(),
                    row.lineage.len(),
                    row.body.get("refillsRemaining").cloned(),
                )
            })
            .collect::<Vec<_>>()
    };
    let row = |key: &str, status: &str, lineage: usize, left: Option<i64>| {
        (key.to_owned(), status.to_owned(), lineage, left.map(Value::from))
    };
    assert_eq!(
        told(&[
            order("o", "1", "2025-01-01", "active"),
            statement("2025-02-01"),
            fill("a", "2025-01-02"),
            fill("b", "2025-02-02")
        ]),
        [row("MedicationRequest/o", "On-hold", 4, Some(2))]
    );
    // Over before it was said, or said before it was ordered: two courses.
    assert_eq!(told(&[order("o", "1", "2020-01-01", "stopped"), statement("2025-02-01")]).len(), 2);
    assert_eq!(told(&[order("o", "1", "2025-03-01", "active"), fill("a", "2025-02-01")]).len(), 2);
    // Ordered again at the next visit while it holds.
    assert_eq!(
        told(&[order("old", "1", "2025-01-01", "active"), order("new", "2", "2025-06-01", "active")]),
        [row("MedicationRequest/new", "Active", 2, None)]
    );
    assert_eq!(told(&[order("old", "1", "2025-01-01", "active"), order("new", "1", "2025-06-01", "active")]).len(), 2);
    assert_eq!(told(&[order("old", "1", "2025-01-01", "stopped"), order("new", "2", "2025-06-01", "active")]).len(), 2);
}

#[test]
fn the_range_is_that_of_the_persons_sex_and_age() {
    let person = json!({"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "2015-06-01"});
    let range = |low: i64, more: Value| {
        let mut range = json!({"low": {"value": low}, "high": {"value": low + 10}});
        range.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        range
    };
    let years = |low: i64, high: i64| json!({"age": {"low": {"value": low, "code": "a"}, "high": {"value": high, "code": "a"}}});
    for (ranges, shown) in [
        (vec![range(1, years(0, 4)), range(2, years(5, 10)), range(3, years(11, 17))], Some("2 - 12")),
        (
            vec![
                range(1, json!({"appliesTo": [{"text": "Male"}]})),
                range(2, json!({"appliesTo": [{"text": "Female"}]})),
            ],
            Some("2 - 12"),
        ),
        (
            vec![range(1, json!({"appliesTo": [coded("http://snomed.info/sct", "248153007")]})), range(2, json!({}))],
            Some("2 - 12"),
        ),
        (
            vec![range(1, json!({"type": coded("", "critical")})), range(2, json!({"type": coded("", "normal")}))],
            Some("2 - 12"),
        ),
        (vec![range(1, json!({})), range(2, json!({"text": "for smokers"}))], Some("1 - 11; for smokers")),
        (vec![range(1, years(40, 50))], Some("1 - 11")),
        (vec![], None),
    ] {
        let reading = reading(&[person.clone(), lab("1", json!({"valueInteger": 7, "referenceRange": ranges}))]);
        let line = &of(&reading, "test_results")[0].body["components"][0];
        assert_eq!(line.get("refRange").and_then(Value::as_str), shown, "{ranges:?}");
    }
}

#[test]
fn a_note_in_rich_text_is_told_in_plain_words() {
    // {\rtf1 Rest.\par Drink.}
    let note = json!({"resourceType": "DocumentReference", "id": "n", "status": "current", "type": {"text": "Note"},
        "content": [{"attachment": {"contentType": "application/rtf", "data": "e1xydGYxIFJlc3QuXHBhciBEcmluay59"}}]});
    let reading = reading(&[note]);
    assert_eq!(of(&reading, "narratives")[0].body["entries"][0]["text"], "Rest.\nDrink.");
    assert_eq!(of(&reading, "documents")[0].body["contentType"], "application/rtf");
}

#[test]
fn an_appointment_that_is_over_is_no_plan() {
    let booked = |start: &str| json!({"resourceType": "Appointment", "id": "1", "status": "booked", "start": start, "description": "Check-up"});
    assert_eq!(of(&reading(&[booked("2026-03-01T09:00:00Z")]), "plans_of_care").len(), 1);
    assert_eq!(why(&reading(&[booked("2025-03-01T09:00:00Z")]), "Appointment/1"), Some(SkipReason::Inactive));
}

#[test]
fn sex_and_gender_identity_are_kept_beside_gender() {
    let us_core = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-";
    let patient = json!({"resourceType": "Patient", "id": "p", "extension": [
        {"url": format!("{us_core}sex"), "valueCode": "248152002"},
        {"url": format!("{us_core}genderIdentity"), "valueCodeableConcept": coded("http://snomed.info/sct", "446151000124109")}]});
    let reading = reading(&[patient]);
    let body = &of(&reading, "demographics")[0].body;
    let codes: Vec<&str> =
        body["genderCodes"].as_array().unwrap().iter().filter_map(|code| code["code"].as_str()).collect();
    assert_eq!((body["gender"].as_str(), codes), (Some("female"), vec!["703118005", "248152002", "446151000124109"]));
}

#[test]
fn an_order_that_was_carried_out_is_no_longer_ahead() {
    let order = json!({"resourceType": "ServiceRequest", "id": "o", "status": "active", "intent": "order", "code": {"text": "Colonoscopy"}});
    let done = json!({"resourceType": "Procedure", "id": "p", "status": "completed", "code": {"text": "Colonoscopy"},
        "basedOn": [{"reference": "ServiceRequest/o"}]});
    assert_eq!(of(&reading(from_ref(&order)), "plans_of_care").len(), 1);
    assert_eq!(why(&reading(&[order, done]), "ServiceRequest/o"), Some(SkipReason::Inactive));
}
