//! Where the fields of a record come from when the first place has nothing to say.

use domain::Timestamp;
use records::{Chart, Draft, Reading, read};
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

fn coded(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": system, "code": code}]})
}

fn lab(id: &str, more: Value) -> Value {
    let lab = json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "Iron"},
        "category": [{"coding": [{"code": "laboratory"}]}], "effectiveDateTime": "2025-12-18T08:00:00Z"});
    merged(lab, more)
}

fn merged(mut base: Value, more: Value) -> Value {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}

#[test]
fn a_visit_of_unknown_class_has_none() {
    let no_code = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor";
    let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    let unknown = json!({"system": no_code, "code": "UNK", "display": "unknown"});
    let office = json!([{"text": "Office Visit"}]);
    for (class, kinds, shown, codes) in [
        (unknown.clone(), json!([]), "Encounter", vec![]),
        (unknown.clone(), office.clone(), "Office Visit", vec![]),
        (json!({"system": act, "code": "UNK", "display": "unknown"}), json!([]), "Encounter", vec![]),
        (json!({"system": act, "code": "AMB"}), json!([{"coding": [unknown]}]), "Ambulatory", vec!["AMB"]),
        (json!({"system": act, "code": "EMER"}), office, "Office Visit", vec!["EMER"]),
    ] {
        let visit = |status: &str| json!({"resourceType": "Encounter", "id": "e", "status": status, "class": class, "type": kinds});
        let done = reading(&[visit("finished")]);
        let body = &of(&done, "encounters")[0].body;
        let told: Vec<&str> =
            body["codes"].as_array().unwrap().iter().filter_map(|code| code["code"].as_str()).collect();
        assert_eq!((body["visitType"].as_str(), told), (Some(shown), codes), "{class}");
        assert_ne!(of(&reading(&[visit("planned")]), "plans_of_care")[0].body["name"], "unknown");
    }
}

#[test]
fn results_of_every_category_arrive_as_results() {
    let observations = [
        ("laboratory", "test_results"),
        ("imaging", "test_results"),
        ("procedure", "test_results"),
        ("clinical-test", "test_results"),
        ("exam", "test_results"),
        ("therapy", "test_results"),
        ("activity", "test_results"),
        ("survey", "functional_statuses"),
        ("cognitive-status", "functional_statuses"),
        ("sdoh", "social_history"),
        ("vital-signs", "vitals"),
    ];
    for (category, kind) in observations {
        let found = lab("1", json!({"category": [{"coding": [{"code": category}]}], "valueInteger": 7}));
        let kinds: Vec<&str> =
            reading(&[found]).drafts.iter().map(|draft| draft.kind.id).filter(|kind| *kind != "timeline").collect();
        assert_eq!(kinds, [kind], "{category}");
    }
    let v2 = "http://terminology.hl7.org/CodeSystem/v2-0074";
    for (category, kind) in [
        (coded(v2, "LAB"), "test_results"),
        (coded(v2, "RAD"), "test_results"),
        (coded(v2, "CUS"), "test_results"),
        (coded(v2, "PAT"), "test_results"),
        (coded("http://loinc.org", "LP29684-5"), "test_results"),
        (coded("http://loinc.org", "LP29708-2"), "test_results"),
        (coded("http://loinc.org", "11488-4"), "narratives"),
    ] {
        let report = json!({"resourceType": "DiagnosticReport", "id": "1", "status": "final", "category": [category],
            "code": {"text": "Chest"}, "conclusion": "Clear.", "effectiveDateTime": "2025-12-18T08:00:00Z"});
        let reading = reading(&[report]);
        let row = of(&reading, kind).first().map(|row| row.body.clone()).unwrap_or_default();
        assert!(Value::from(row).to_string().contains("Clear."), "{category}");
        assert!(reading.drafts.iter().all(|draft| draft.kind.id == kind || draft.kind.id == "timeline"), "{category}");
    }
}

#[test]
fn what_one_element_leaves_open_another_tells() {
    let none = json!({});
    let device = |more: Value| merged(json!({"resourceType": "Device", "id": "d"}), more);
    let role = |more: Value| merged(json!({"resourceType": "PractitionerRole", "id": "r"}), more);
    let order = json!({"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
        "medicationCodeableConcept": {"text": "Zinc"}, "requester": {"display": "Ines Marlow", "identifier": {"value": "1234567893"}}});
    let fill = |id: &str, day: &str, reference: &str| {
        json!({"resourceType": "MedicationDispense", "id": id, "status": "completed",
        "medicationCodeableConcept": {"text": "Zinc"}, "authorizingPrescription": [{"reference": "MedicationRequest/m"}],
        "whenHandedOver": day, "performer": [{"actor": {"reference": reference, "display": id}}]})
    };
    let implant = json!({"resourceType": "Procedure", "id": "p", "status": "completed", "code": {"text": "Coiling"},
        "focalDevice": [{"manipulated": {"reference": "Device/d"}}]});
    for (kind, pointer, shown, resources) in [
        (
            "allergies",
            "/status",
            "Active",
            vec![
                json!({"resourceType": "AllergyIntolerance", "id": "1", "code": {"text": "Latex"}, "clinicalStatus": {"text": "Active"}}),
            ],
        ),
        (
            "issues",
            "/status",
            "Active",
            vec![
                json!({"resourceType": "Condition", "id": "1", "code": {"text": "Gout"}, "clinicalStatus": {"text": "Active"}}),
            ],
        ),
        (
            "procedures",
            "/deviceCodes/0/name",
            "Hip stem",
            vec![implant.clone(), device(json!({"deviceName": [{"name": "Hip stem"}]}))],
        ),
        (
            "procedures",
            "/deviceCodes/0/name",
            "Coil",
            vec![implant, device(json!({"type": {"text": "Coil"}, "deviceName": [{"name": "Hip stem"}]}))],
        ),
        (
            "procedures",
            "/performer/organizationName",
            "Day unit",
            vec![
                json!({"resourceType": "Procedure", "id": "1", "status": "completed", "code": {"text": "Coiling"}, "location": {"reference": "Location/l"}}),
                json!({"resourceType": "Location", "id": "l", "name": "Day unit"}),
            ],
        ),
        ("medications", "/providerID", "1234567893", vec![order.clone()]),
        (
            "medications",
            "/pharmacy/name",
            "late",
            vec![
                order,
                fill("late", "2025-03-01", "Organization/x"),
                fill("early", "2025-02-01", "Organization/y"),
                fill("clerk", "2025-04-01", "Practitioner/z"),
            ],
        ),
        (
            "test_results",
            "/components/0/flag",
            "H",
            vec![lab(
                "1",
                json!({"valueInteger": 7, "interpretation": [{"coding": [{"code": "N"}]}, {"coding": [{"code": "HH"}]}]}),
            )],
        ),
        (
            "demographics",
            "/language",
            "spa",
            vec![json!({"resourceType": "Patient", "id": "1", "communication": [{"language": {"text": "Spanish"}}]})],
        ),
        (
            "demographics",
            "/maritalStatus",
            "married",
            vec![
                json!({"resourceType": "Patient", "id": "1", "maritalStatus": coded("http://snomed.info/sct", "87915002")}),
            ],
        ),
        (
            "encounters",
            "/provider/name",
            "Ines Marlow",
            vec![json!({"resourceType": "Encounter", "id": "1", "status": "finished",
            "participant": [{"type": [{"text": "escort"}]}, {"individual": {"display": "Ines Marlow"}}]})],
        ),
        (
            "encounters",
            "/patientInstruction",
            "Eat plums",
            vec![
                json!({"resourceType": "Encounter", "id": "1", "status": "finished"}),
                json!({"resourceType": "CarePlan", "id": "c", "status": "active", "intent": "plan", "encounter": {"reference": "Encounter/1"}, "text": {"status": "additional", "div": "<div>Eat plums</div>"}}),
            ],
        ),
        (
            "instructions",
            "/codes/0/code",
            "229065009",
            vec![json!({"resourceType": "CarePlan", "id": "c", "status": "active", "intent": "plan",
            "activity": [{"detail": {"description": "Walk.", "code": coded("http://snomed.info/sct", "229065009")}}]})],
        ),
        (
            "plans_of_care",
            "/specialty",
            "Ophthalmology",
            vec![
                role(json!({"specialty": [{"text": "Ophthalmology"}]})),
                json!({"resourceType": "ServiceRequest", "id": "1", "status": "active", "intent": "order", "code": {"text": "Eye test"}, "performer": [{"reference": "PractitionerRole/r"}]}),
            ],
        ),
        (
            "plans_of_care",
            "/text",
            "Bring your glasses",
            vec![
                json!({"resourceType": "Appointment", "id": "1", "status": "booked", "start": "2027-02-04T10:00:00Z", "comment": "Bring your glasses"}),
            ],
        ),
        (
            "vitals",
            "/author",
            "Dana Whitlock",
            vec![lab(
                "1",
                json!({"category": [{"coding": [{"code": "vital-signs"}]}], "valueInteger": 7, "performer": [none, {"display": "Dana Whitlock"}]}),
            )],
        ),
    ] {
        let reading = reading(&resources);
        let rows: Vec<Value> = of(&reading, kind).into_iter().map(|row| Value::Object(row.body.clone())).collect();
        assert_eq!(rows[0].pointer(pointer).and_then(Value::as_str), Some(shown), "{kind}{pointer}: {rows:?}");
    }
}
