use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::Value;

use super::{Hospital, Person, Population, Resource, STARFLEET_MEDICAL, STARFLEET_PHARMACY, STARFLEET_SEED};
use super::{calendar, nodata, staff, starfleet_medical, starfleet_pharmacy};

const RIVERBEND: Hospital<'static> =
    Hospital { name: "Riverbend Hospital", organization_id: "riverbend", city: "Riverbend", state: "OR", zip: "97000" };
const TODAY: &str = "2026-03-31";
const SEED: u64 = 42;

/// What US Core asks of each kind at least; alternatives are separated by a bar.
#[rustfmt::skip]
const REQUIRED: &[(&str, &[&str])] = &[
    ("AllergyIntolerance", &["clinicalStatus", "verificationStatus", "code", "patient"]),
    ("CarePlan", &["text", "status", "intent", "category", "subject"]),
    ("CareTeam", &["status", "subject", "participant"]),
    ("Condition", &["clinicalStatus", "category", "code", "subject"]),
    ("Coverage", &["status", "beneficiary", "relationship", "payor", "subscriberId"]),
    ("Device", &["udiCarrier", "type", "patient"]),
    ("DiagnosticReport", &["status", "category", "code", "subject", "effectiveDateTime", "issued", "result|presentedForm"]),
    ("DocumentReference", &["identifier", "status", "type", "category", "subject", "date", "author", "content"]),
    ("Encounter", &["identifier", "status", "class", "type", "subject", "participant", "period", "location"]),
    ("Goal", &["lifecycleStatus", "description", "subject", "startDate", "target"]),
    ("Immunization", &["status", "vaccineCode", "patient", "occurrenceDateTime", "primarySource", "lotNumber|statusReason"]),
    ("Medication", &["code"]),
    ("MedicationDispense", &["status", "medicationCodeableConcept|medicationReference", "subject", "authorizingPrescription", "quantity", "whenHandedOver"]),
    ("MedicationRequest", &["status", "intent", "reportedBoolean", "medicationCodeableConcept|medicationReference", "subject", "authoredOn", "requester", "dosageInstruction"]),
    ("Observation", &["status", "category", "code", "subject", "effectiveDateTime|effectivePeriod", "valueQuantity|valueString|valueCodeableConcept|valueDateTime|component|dataAbsentReason"]),
    ("Patient", &["identifier", "name", "gender", "birthDate", "address", "telecom", "communication"]),
    ("Procedure", &["status", "code", "subject", "performedPeriod|performedDateTime"]),
    ("Provenance", &["target", "recorded", "agent"]),
    ("ServiceRequest", &["status", "intent", "category", "code", "subject", "occurrenceDateTime", "authoredOn", "requester"]),
];

/// Where a date may lie ahead.
const PLANNED: &[&str] = &["dueDate", "end", "expirationDate", "abatementDateTime"];

fn everyone() -> Vec<Person> {
    with_demo(50)
}

fn some() -> Vec<Person> {
    with_demo(14)
}

fn with_demo(count: usize) -> Vec<Person> {
    let mut people = Population::generate(SEED, count, &RIVERBEND, TODAY).people;
    people.extend(starfleet_medical(TODAY));
    people
}

fn of<'p>(person: &'p Person, kind: &str) -> Vec<&'p Value> {
    person.resources.iter().filter(|resource| resource.kind == kind).map(|resource| &resource.json).collect()
}

fn entered_in_error(resource: &Value) -> bool {
    resource["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
}

/// Calls `visit` with the name and the value of everything below.
fn walk<'v>(value: &'v Value, visit: &mut impl FnMut(&'v str, &'v Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                visit(name, field);
                walk(field, visit);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

#[test]
fn the_same_seed_writes_the_same_bytes_and_another_one_does_not() {
    let bytes = |seed| {
        let population = Population::generate(seed, 4, &RIVERBEND, TODAY);
        population
            .people
            .iter()
            .flat_map(|person| &person.resources)
            .map(|resource| resource.json.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes(SEED), bytes(SEED));
    assert_ne!(bytes(SEED), bytes(SEED + 1));
}

#[test]
fn a_person_generated_alone_is_the_person_of_the_population() {
    let population = Population::generate(SEED, 7, &RIVERBEND, TODAY);
    for (index, person) in population.people.iter().enumerate() {
        assert_eq!(*person, Person::generate(SEED, index, &RIVERBEND, TODAY));
        assert_eq!(person.username, Person::username_of(SEED, index));
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let riverbend = Population::generate(SEED, 14, &RIVERBEND, TODAY).people;
    let mut people: Vec<(Person, Vec<Resource>)> =
        riverbend.into_iter().map(|person| (person, staff(SEED, &RIVERBEND))).collect();
    people
        .extend(starfleet_medical(TODAY).into_iter().map(|person| (person, staff(STARFLEET_SEED, &STARFLEET_MEDICAL))));
    people.extend(
        starfleet_pharmacy(TODAY).into_iter().map(|person| (person, staff(STARFLEET_SEED, &STARFLEET_PHARMACY))),
    );
    people.push((nodata(TODAY), Vec::new()));
    for (person, staff) in people {
        let mut known: BTreeSet<String> =
            person.resources.iter().chain(&staff).map(|Resource { kind, id, .. }| format!("{kind}/{id}")).collect();
        known.extend(person.binaries.iter().map(|binary| format!("Binary/{}", binary.id)));
        for resource in &person.resources {
            walk(&resource.json, &mut |name, value| {
                if (name == "reference"
                    || (name == "url" && value.as_str().is_some_and(|url| url.starts_with("Binary/"))))
                    && value != "#drug"
                {
                    let target = value.as_str().expect("a reference is text");
                    assert!(known.contains(target), "{} refers to {target}", resource.id);
                }
            });
        }
    }
}

#[test]
fn ids_are_valid_and_used_once() {
    let mut seen = BTreeSet::new();
    for person in some() {
        for (kind, id) in
            person.resources.iter().map(|r| (r.kind, &r.id)).chain(person.binaries.iter().map(|b| ("Binary", &b.id)))
        {
            assert!(id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.'), "{id}");
            assert!(seen.insert((kind, id.clone())), "{kind}/{id} twice");
        }
    }
}

#[test]
fn adults_have_twenty_years_of_visits() {
    let today = calendar::day(TODAY);
    for person in some() {
        if calendar::years_between(calendar::day(&person.birth_date), today) < 18 {
            continue;
        }
        let mut days: Vec<Date> = of(&person, "Encounter")
            .iter()
            .map(|visit| calendar::day(&visit["period"]["start"].as_str().unwrap()[..10]))
            .collect();
        days.sort();
        let years = calendar::years_between(days[0], *days.last().unwrap());
        assert!(years >= 20, "{} has {years} years", person.id);
        assert!(days.len() >= 20, "{} has {} visits", person.id, days.len());
    }
}

#[test]
fn nothing_but_plans_lies_ahead() {
    for person in some() {
        for resource in &person.resources {
            assert!(resource.last_updated[..10] <= *TODAY, "{} written {}", resource.id, resource.last_updated);
            walk(&resource.json, &mut |name, value| {
                let Some(text) = value.as_str() else { return };
                let dated = name.ends_with("DateTime")
                    || name.ends_with("Date")
                    || ["start", "end", "date", "issued", "recorded", "authoredOn", "lastUpdated"].contains(&name);
                let ahead = text.len() >= 10 && &text[..10] > TODAY;
                assert!(!dated || !ahead || PLANNED.contains(&name), "{} has {name} {text}", resource.id);
            });
        }
    }
}

#[test]
fn every_kind_has_what_us_core_requires() {
    for person in some() {
        for resource in person.resources.iter().filter(|resource| !entered_in_error(&resource.json)) {
            let required =
                REQUIRED.iter().find(|(kind, _)| *kind == resource.kind).map_or(&[][..], |(_, fields)| *fields);
            for field in required {
                assert!(
                    field.split('|').any(|name| resource.json.get(name).is_some_and(|value| !value.is_null())),
                    "{} lacks {field}",
                    resource.id
                );
            }
            assert_eq!(resource.json["meta"]["lastUpdated"], resource.last_updated.as_str());
        }
    }
}

#[test]
fn no_code_and_no_value_is_empty() {
    for person in some() {
        for resource in &person.resources {
            walk(&resource.json, &mut |name, value| {
                let empty = match value {
                    Value::Null => true,
                    Value::String(text) => text.is_empty(),
                    Value::Array(items) => items.is_empty(),
                    Value::Object(fields) => fields.is_empty(),
                    _ => false,
                };
                assert!(!empty, "{} has an empty {name}", resource.id);
            });
        }
    }
}

#[test]
fn a_population_holds_every_kind_and_every_imperfection() {
    let people = everyone();
    let all: Vec<&Value> = people.iter().flat_map(|person| &person.resources).map(|resource| &resource.json).collect();
    for (kind, _) in REQUIRED {
        assert!(all.iter().any(|json| json["resourceType"] == *kind), "no {kind}");
    }
    let has =
        |what: &str, test: &dyn Fn(&Value) -> bool| assert!(all.iter().any(|json| test(json)), "nobody has {what}");
    has("a condition entered in error", &|json| entered_in_error(json));
    has("a refuted condition", &|json| json["verificationStatus"]["coding"][0]["code"] == "refuted");
    has("an onset known to the year", &|json| json["onsetDateTime"].as_str().is_some_and(|day| day.len() == 4));
    has("an onset known to the month", &|json| json["onsetDateTime"].as_str().is_some_and(|day| day.len() == 7));
    has("a reason for no value", &|json| json.get("dataAbsentReason").is_some());
    has("a comparator", &|json| json["valueQuantity"].get("comparator").is_some());
    has("a declined vaccine", &|json| json["resourceType"] == "Immunization" && json["status"] == "not-done");
    has("a procedure not done", &|json| json["resourceType"] == "Procedure" && json["status"] == "not-done");
    has("no known allergy", &|json| json["code"]["coding"][0]["code"] == "716186003");
    has("a drug by code", &|json| json["medicationCodeableConcept"]["coding"].is_array());
    has("a drug contained", &|json| json["medicationReference"]["reference"] == "#drug");
    has("a drug of its own", &|json| {
        json["medicationReference"]["reference"].as_str().is_some_and(|drug| drug.starts_with("Medication/"))
    });
    has("a drug without a code", &|json| {
        json["medicationCodeableConcept"].get("text").is_some()
            && json["medicationCodeableConcept"].get("coding").is_none()
    });
    for class in ["AMB", "EMER", "IMP", "VR"] {
        has(class, &|json| json["class"]["code"] == class);
    }
    let cited: BTreeSet<&str> = all
        .iter()
        .flat_map(|json| json["result"].as_array().into_iter().flatten())
        .filter_map(|result| result["reference"].as_str())
        .collect();
    has("a result that no report cites", &|json| {
        json["category"][0]["coding"][0]["code"] == "laboratory"
            && !cited.contains(format!("Observation/{}", json["id"].as_str().unwrap()).as_str())
    });
}

#[test]
fn blood_pressure_falls_after_treatment_begins() {
    let person = starfleet_medical(TODAY).remove(0);
    let mut by_year: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for pressure in of(&person, "Observation").iter().filter(|json| json["code"]["coding"][0]["code"] == "85354-9") {
        let year = pressure["effectiveDateTime"].as_str().unwrap()[..4].to_owned();
        by_year.entry(year).or_default().push(pressure["component"][0]["valueQuantity"]["value"].as_f64().unwrap());
    }
    let highest = |year: &str| by_year[year].iter().copied().fold(0.0, f64::max);
    assert!(highest("2011") > highest("2009") + 8.0, "{by_year:?}");
    assert!(highest("2011") > highest("2013"), "{by_year:?}");
}

#[test]
fn the_demonstration_person_has_something_of_every_kind() {
    let person = starfleet_medical(TODAY).remove(0);
    assert_eq!(person.username, "demouser");
    let kinds: BTreeSet<&str> = person.resources.iter().map(|resource| resource.kind).collect();
    for kind in REQUIRED.iter().map(|(kind, _)| *kind).filter(|kind| *kind != "Device") {
        assert!(kinds.contains(kind), "no {kind}");
    }
    let categories: BTreeSet<&str> = of(&person, "Observation")
        .iter()
        .flat_map(|json| json["category"].as_array().unwrap())
        .filter_map(|category| category["coding"][0]["code"].as_str())
        .collect();
    assert_eq!(
        categories,
        BTreeSet::from(["functional-status", "laboratory", "social-history", "survey", "vital-signs"])
    );
    let pharmacy = starfleet_pharmacy(TODAY).remove(0);
    assert!(of(&pharmacy, "MedicationDispense").len() > 20 && of(&pharmacy, "Immunization").len() > 8);
    let kinds: Vec<&str> = nodata(TODAY).resources.iter().map(|resource| resource.kind).collect();
    assert_eq!(kinds, ["Patient"]);
}

#[test]
fn the_summary_document_is_well_formed_and_names_every_problem() {
    for person in some() {
        let documents: Vec<&str> = person
            .binaries
            .iter()
            .filter(|binary| binary.content_type == "application/xml")
            .map(|binary| std::str::from_utf8(&binary.bytes).unwrap())
            .collect();
        let [document] = documents[..] else { panic!("{} has {} documents", person.id, documents.len()) };
        assert_balanced(document);
        for condition in of(&person, "Condition").iter().filter(|json| {
            json["category"][0]["coding"][0]["code"] == "problem-list-item"
                && json["verificationStatus"]["coding"][0]["code"] == "confirmed"
        }) {
            let code = condition["code"]["coding"][0]["code"].as_str().unwrap();
            assert!(document.contains(&format!("code=\"{code}\"")), "{} lacks {code}", person.id);
        }
        assert_eq!(document.matches("<component><section").count(), 8);
    }
}

/// Every element that opens closes, in order.
fn assert_balanced(document: &str) {
    let mut open = Vec::new();
    for tag in document.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        if tag.starts_with('?') || tag.ends_with('/') {
            continue;
        }
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn names_are_used_once_before_any_returns() {
    let names: BTreeSet<String> = (0..15_000).map(|index| Person::username_of(SEED, index)).collect();
    assert_eq!(names.len(), 15_000);
    assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.')));
}
