//! The Patient.

use serde_json::{Value, json};

use super::calendar::plus_days;
use super::chart::{Chart, mix};
use super::codes::{hl7, us_core};
use super::life::Life;
use super::names::{self, Name, Sex};
use super::staff::{self, Role};

/// Categories of the federal classification: code, words, how many of a hundred.
const RACES: &[(&str, &str, u64)] = &[
    ("2106-3", "White", 58),
    ("2054-5", "Black or African American", 17),
    ("2028-9", "Asian", 13),
    ("1002-5", "American Indian or Alaska Native", 4),
    ("2076-8", "Native Hawaiian or Other Pacific Islander", 3),
    ("2131-1", "Other Race", 5),
];

const HISPANIC: (&str, &str) = ("2135-2", "Hispanic or Latino");
const NOT_HISPANIC: (&str, &str) = ("2186-5", "Not Hispanic or Latino");

pub(super) fn write(chart: &mut Chart<'_>, name: &Name, life: &Life) {
    chart.name = format!("{} {}", name.given, name.family);
    let id = chart.patient.clone();
    let registered = life.begins.at(8, 0, 0, 0);
    let draw = mix(chart.own, 3);
    let gender = if life.sex == Sex::Female { "female" } else { "male" };
    let married = draw.is_multiple_of(2) && life.age_on(chart.today) >= 25;
    let marital = if married { ("M", "Married") } else { ("S", "Never Married") };
    let body = json!({
        "extension": extensions(life, draw),
        "identifier": [
            {
                "use": "usual",
                "type": hl7("v2-0203", "MR", "Medical record number"),
                "system": format!("https://{}.example/mrn", chart.hospital.organization_id),
                "value": format!("{:08}", draw % 100_000_000),
            },
        ],
        "active": true,
        "name": [{ "use": "official", "text": chart.name, "family": name.family, "given": [name.given, name.middle] }],
        "telecom": [
            { "system": "phone", "value": format!("555-555-01{:02}", draw % 100), "use": "mobile" },
            { "system": "email", "value": format!("{}@mail.example", name.username), "use": "home" },
        ],
        "gender": gender,
        "birthDate": life.birth.to_string(),
        "deceasedBoolean": false,
        "address": [{
            "use": "home",
            "type": "physical",
            "line": [names::street(draw as usize / 7)],
            "city": chart.hospital.city,
            "state": chart.hospital.state,
            "postalCode": chart.hospital.zip,
            "country": "US",
            "period": { "start": plus_days(life.begins, -30).max(life.birth).to_string() },
        }],
        "maritalStatus": hl7("v3-MaritalStatus", marital.0, marital.1),
        "communication": [{ "language": { "coding": [{ "system": "urn:ietf:bcp:47", "code": "en", "display": "English" }], "text": "English" }, "preferred": true }],
        "generalPractitioner": [Role::FamilyDoctor.reference(chart.seed)],
        "managingOrganization": staff::organization(chart.hospital),
    });
    chart.add("Patient", &id, registered, "us-core-patient", body);
}

fn extensions(life: &Life, draw: u64) -> Value {
    let mut left = draw / 3 % 100;
    let race = RACES.iter().find(|(_, _, share)| {
        let found = left < *share;
        left = left.saturating_sub(*share);
        found
    });
    let (race, race_text, _) = race.unwrap_or(&RACES[0]);
    let (ethnicity, ethnicity_text) = if draw / 11 % 100 < 18 { HISPANIC } else { NOT_HISPANIC };
    let birth_sex = if life.sex == Sex::Female { "F" } else { "M" };
    let category = |code: &str, text: &str| {
        json!([
            { "url": "ombCategory", "valueCoding": { "system": "urn:oid:2.16.840.1.113883.6.238", "code": code, "display": text } },
            { "url": "text", "valueString": text },
        ])
    };
    json!([
        { "url": us_core("us-core-race"), "extension": category(race, race_text) },
        { "url": us_core("us-core-ethnicity"), "extension": category(ethnicity, ethnicity_text) },
        { "url": us_core("us-core-birthsex"), "valueCode": birth_sex },
    ])
}
