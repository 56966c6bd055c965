//! Single rules of single kinds, told by small charts.

use domain::Timestamp;
use records::{Chart, Draft, SkipReason, content_hash, read};
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn chart_of(resources: &[Value]) -> Chart {
    let mut chart = Chart::new();
    for resource in resources {
        chart.insert(resource.to_string().as_bytes()).unwrap();
    }
    chart
}

fn drafts(kind: &str, resources: &[Value], now: Timestamp) -> Vec<Draft> {
    read(&chart_of(resources), now).drafts.into_iter().filter(|draft| draft.kind.id == kind).collect()
}

const NOW: Timestamp = Timestamp(1_767_225_600_000);

#[test]
fn an_active_medicine_is_completed_when_its_last_day_is_over() {
    let order = |status: &str| {
        json!({"resourceType": "MedicationRequest", "id": "1", "status": status, "intent": "order", "encounter": {"reference": "Encounter/1"},
            "medicationCodeableConcept": {"text": "Amoxicillin"}, "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"end": "2026-02-10"}}}}]})
    };
    let taken = json!({"resourceType": "MedicationStatement", "id": "1", "status": "active", "medicationCodeableConcept": {"text": "Iron"}, "effectivePeriod": {"end": "2026-02-10"}});
    let visit = json!({"resourceType": "Encounter", "id": "1", "status": "finished", "class": {"code": "AMB"}});
    for (now, status, shown) in [
        ("2026-02-01T00:00:00Z", "active", "Active"),
        ("2026-02-10T23:59:59Z", "active", "Active"),
        ("2026-02-11T00:00:00Z", "active", "Completed"),
        ("2030-01-01T00:00:00Z", "active", "Completed"),
        ("2030-01-01T00:00:00Z", "stopped", "Stopped"),
        ("2030-01-01T00:00:00Z", "on-hold", "On-hold"),
    ] {
        let chart = [order(status), visit.clone()];
        assert_eq!(drafts("medications", &chart, at(now))[0].body["status"], shown, "{now} {status}");
        assert_eq!(drafts("encounters", &chart, at(now))[0].body["medications"][0]["status"], shown, "{now} {status}");
        if status == "active" {
            assert_eq!(drafts("medications", std::slice::from_ref(&taken), at(now))[0].body["status"], shown, "{now}");
        }
    }
    let hash = |now| content_hash(&drafts("medications", &[order("active")], at(now))[0]);
    assert_eq!(hash("2026-02-01T00:00:00Z"), hash("2026-02-10T12:00:00Z"), "a day more changes nothing");
    assert_ne!(hash("2026-02-10T12:00:00Z"), hash("2026-02-11T00:00:00Z"));
    assert_eq!(hash("2026-02-11T00:00:00Z"), hash("2031-02-11T00:00:00Z"), "once over, over");
}

#[test]
fn what_a_person_or_a_relative_says_has_no_prescriber() {
    let people = [
        json!({"resourceType": "Patient", "id": "robin", "name": [{"text": "Robin Alder"}]}),
        json!({"resourceType": "RelatedPerson", "id": "kim", "name": [{"text": "Kim Alder"}]}),
        json!({"resourceType": "Practitioner", "id": "9", "name": [{"text": "Dana Whitlock"}]}),
    ];
    for (requester, provider, id) in [
        (json!({"reference": "Patient/robin", "display": "Robin Alder"}), Some("reported"), None),
        (json!({"reference": "Patient/elsewhere", "display": "Robin Alder"}), Some("reported"), None),
        (json!({"reference": "https://ehr.example/r4/Patient/2/_history/3"}), Some("reported"), None),
        (json!({"reference": "RelatedPerson/kim"}), Some("reported"), None),
        (json!({"reference": "#me"}), Some("reported"), None),
        (json!({"type": "Patient", "display": "Robin Alder"}), Some("reported"), None),
        (json!({"reference": "Practitioner/9"}), Some("Dana Whitlock"), Some("9")),
        (json!({"display": "Dr. Patient"}), Some("Dr. Patient"), None),
    ] {
        let request = json!({"resourceType": "MedicationRequest", "id": "1", "status": "active", "intent": "order", "requester": requester,
            "contained": [{"resourceType": "Patient", "id": "me", "name": [{"text": "Robin Alder"}]}], "medicationCodeableConcept": {"text": "Iron"}});
        let statement = json!({"resourceType": "MedicationStatement", "id": "1", "status": "active", "informationSource": requester,
            "contained": [{"resourceType": "Patient", "id": "me", "name": [{"text": "Robin Alder"}]}], "medicationCodeableConcept": {"text": "Iron"}});
        for resource in [request, statement] {
            let chart = [people.as_slice(), &[resource]].concat();
            let body = &drafts("medications", &chart, NOW)[0].body;
            let text = |member: &str| body.get(member).and_then(Value::as_str).map(str::to_owned);
            assert_eq!((text("provider").as_deref(), text("providerID").as_deref()), (provider, id), "{requester}");
        }
    }
    let told = json!({"resourceType": "MedicationRequest", "id": "1", "status": "active", "intent": "plan",
        "reportedReference": {"reference": "RelatedPerson/kim"}, "medicationCodeableConcept": {"text": "Iron"}});
    assert_eq!(drafts("medications", &[told], NOW)[0].body["provider"], "reported");
}

#[test]
fn a_diagnosis_is_dropped_only_beside_the_same_problem_of_the_same_episode() {
    const SINUSITIS: &[(&str, &str)] =
        &[("http://snomed.info/sct", "15805002"), ("http://hl7.org/fhir/sid/icd-10-cm", "J01.90")];
    let condition = |id: &str, category: &str, codes: &[(&str, &str)], more: Value| {
        let coding: Vec<Value> = codes.iter().map(|(system, code)| json!({"system": system, "code": code})).collect();
        let mut condition = json!({"resourceType": "Condition", "id": id, "category": [{"coding": [{"code": category}]}],
            "code": {"text": "Acute sinusitis", "coding": coding}});
        condition.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        condition
    };
    let status = |code: &str| json!({"coding": [{"code": code}]});
    let resolved =
        json!({"onsetDateTime": "2009-02-01", "abatementDateTime": "2010-01-15", "clinicalStatus": status("resolved")});
    let active = json!({"onsetDateTime": "2009-02-01", "clinicalStatus": status("active")});
    let oids = &[("urn:oid:2.16.840.1.113883.6.90", "J01.90"), ("urn:oid:2.16.840.1.113883.6.96", "15805002")];
    for (story, problem, codes, diagnosis, dropped) in [
        ("another year", &resolved, SINUSITIS, json!({"onsetDateTime": "2025-03-01"}), false),
        ("the same year", &resolved, SINUSITIS, json!({"onsetDateTime": "2009-03-01"}), true),
        ("before it was resolved", &resolved, SINUSITIS, json!({"recordedDate": "2010-01-02"}), true),
        ("after it was resolved", &resolved, SINUSITIS, json!({"recordedDate": "2010-02-02"}), false),
        ("nobody knows when", &resolved, SINUSITIS, json!({}), false),
        ("still active", &active, SINUSITIS, json!({"onsetDateTime": "2025-03-01"}), true),
        ("still active, undated", &active, SINUSITIS, json!({}), true),
        ("listed without status or end", &json!({}), SINUSITIS, json!({"onsetDateTime": "2025-03-01"}), true),
        ("the same codes, spelt otherwise", &active, oids, json!({}), true),
        ("only one of the codes", &active, &SINUSITIS[..1], json!({}), false),
        ("one code more", &active, &[SINUSITIS, &[("http://snomed.info/sct", "1")]].concat(), json!({}), false),
        ("no codes", &active, &[], json!({}), false),
    ] {
        let chart = chart_of(&[
            condition("listed", "problem-list-item", SINUSITIS, problem.clone()),
            condition("visit", "encounter-diagnosis", codes, diagnosis),
        ]);
        let reading = read(&chart, NOW);
        let skipped = reading.skipped.iter().any(|skip| skip.reason == SkipReason::Duplicate);
        assert_eq!((skipped, reading.drafts.len()), (dropped, if dropped { 1 } else { 2 }), "{story}");
    }
}

#[test]
fn a_comparator_does_not_vanish() {
    let vital = |loinc: &str, value: Value| {
        let vital = json!({"resourceType": "Observation", "id": "1", "status": "final", "category": [{"coding": [{"code": "vital-signs"}]}],
            "code": {"text": "As said", "coding": [{"system": "http://loinc.org", "code": loinc}]}, "effectiveDateTime": "2025-12-18T14:20:00Z", "valueQuantity": value});
        drafts("vitals", &[vital], NOW)[0].body["results"][0].clone()
    };
    let above = vital("8310-5", json!({"value": 98.6, "comparator": ">", "unit": "F", "code": "[degF]"}));
    assert_eq!((&above["value"], &above["unit"], above.get("values")), (&json!(">98.6"), &json!("[degF]"), None));
    assert_eq!(above["raw"]["value"], ">98.6");
    assert_eq!(vital("8867-4", json!({"value": 60, "comparator": "<=", "unit": "/min"}))["value"], "<=60");
    let exact = vital("8310-5", json!({"value": 98.6, "unit": "F", "code": "[degF]"}));
    assert_eq!((&exact["value"], exact["values"].as_array().map(Vec::len)), (&json!(37), Some(2)));
}

#[test]
fn a_profile_is_as_new_as_the_newest_fact_in_it() {
    let patient = json!({"resourceType": "Patient", "id": "robin", "name": [{"text": "Robin Alder"}], "meta": {"lastUpdated": "2026-01-01T00:00:00Z"}});
    let smoking = |day: &str| {
        json!({"resourceType": "Observation", "id": "smoking", "status": "final", "category": [{"coding": [{"code": "social-history"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "72166-2"}]}, "effectiveDateTime": day, "valueCodeableConcept": {"text": "Never smoker"}})
    };
    let profile = |resources: &[Value]| drafts("profile", resources, NOW).remove(0);
    assert_eq!(profile(std::slice::from_ref(&patient)).sort_at, None);
    let (old, new) = (profile(&[patient.clone(), smoking("2019-05-31")]), profile(&[patient, smoking("2025-12-18")]));
    assert_eq!(old.sort_at, Some(at("2019-05-31T00:00:00Z")));
    assert_eq!(new.sort_at, Some(at("2025-12-18T00:00:00Z")));
    assert_eq!(old.body, new.body);
    assert_ne!(content_hash(&old), content_hash(&new), "its place changed, so it is written again");
}
