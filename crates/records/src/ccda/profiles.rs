//! Which US Core 6.1 profile a finished resource meets, if any.

use serde_json::Value;

use super::fields::Fields;
use super::quantities::UCUM;

const BASE: &str = "http://hl7.org/fhir/us/core/StructureDefinition/";
const LOINC: &str = "http://loinc.org";
const NPI: &str = "http://hl7.org/fhir/sid/us-npi";

/// LOINC codes of vital signs, their profiles and the units these take.
const VITALS: &[(&str, &str, &[&str])] = &[
    ("85354-9", "us-core-blood-pressure", &["mm[Hg]"]),
    ("9279-1", "us-core-respiratory-rate", &["/min"]),
    ("8867-4", "us-core-heart-rate", &["/min"]),
    ("8310-5", "us-core-body-temperature", &["Cel", "[degF]"]),
    ("59408-5", "us-core-pulse-oximetry", &["%"]),
    ("9843-4", "us-core-head-circumference", &["cm", "[in_i]"]),
    ("8302-2", "us-core-body-height", &["cm", "[in_i]"]),
    ("39156-5", "us-core-bmi", &["kg/m2"]),
    ("29463-7", "us-core-body-weight", &["kg", "[lb_av]", "g"]),
];

/// The URL of the profile to declare. Only what every rule of the profile is met for is declared.
pub fn met(kind: &str, body: &Fields) -> Option<String> {
    let body = &body.0;
    let get = |name: &str| body.get(name).unwrap_or(&Value::Null);
    let has = |name: &str| body.contains_key(name);
    let starts = |base: &str| body.keys().any(|name| name.starts_with(base));
    let profile = match kind {
        "AllergyIntolerance" => "us-core-allergyintolerance",
        "CarePlan" if has("text") && in_category(get("category"), "assess-plan") => "us-core-careplan",
        "CareTeam" if each(get("participant"), |one| one.get("role").is_some() && one.get("member").is_some()) => {
            "us-core-careteam"
        }
        "Condition" if in_category(get("category"), "encounter-diagnosis") => "us-core-condition-encounter-diagnosis",
        "Condition"
            if in_category(get("category"), "problem-list-item") || in_category(get("category"), "health-concern") =>
        {
            "us-core-condition-problems-health-concerns"
        }
        "Coverage" if has("relationship") && has("identifier") => "us-core-coverage",
        "DiagnosticReport" if in_category(get("category"), "LAB") && starts("effective") && has("issued") => {
            "us-core-diagnosticreport-lab"
        }
        "DocumentReference" if has("category") && has("type") && each(get("content"), has_bytes) => {
            "us-core-documentreference"
        }
        "Encounter" if has("type") && each_or_none(get("identifier"), is_whole) => "us-core-encounter",
        "Goal" => "us-core-goal",
        "Immunization" => "us-core-immunization",
        "Location" if has("name") => "us-core-location",
        "MedicationRequest" if get("intent") != "order" || has("requester") => "us-core-medicationrequest",
        "MedicationDispense"
            if (get("status") != "completed" || has("whenHandedOver"))
                && each_or_none(get("performer"), |one| one.get("actor").is_some()) =>
        {
            "us-core-medicationdispense"
        }
        "Observation" => observation(body)?,
        "Patient"
            if each(get("identifier"), is_whole)
                && each(get("name"), |name| name.get("family").is_some() || name.get("given").is_some())
                && has("gender")
                && each_or_none(get("telecom"), is_whole) =>
        {
            "us-core-patient"
        }
        "Practitioner"
            if each(get("identifier"), is_whole) && each(get("name"), |name| name.get("family").is_some()) =>
        {
            "us-core-practitioner"
        }
        "Procedure" if !matches!(get("status").as_str(), Some("completed" | "in-progress")) || starts("performed") => {
            "us-core-procedure"
        }
        "Provenance" => "us-core-provenance",
        "ServiceRequest" => "us-core-servicerequest",
        "Specimen" if has("type") => "us-core-specimen",
        _ => return None,
    };
    // US Core checks the National Provider Identifiers of whatever it has a profile for.
    let ids = get("identifier").as_array().is_none_or(|all| all.iter().all(is_sound));
    ids.then(|| format!("{BASE}{profile}"))
}

fn observation(body: &serde_json::Map<String, Value>) -> Option<&'static str> {
    let get = |name: &str| body.get(name).unwrap_or(&Value::Null);
    let has = |base: &str| body.keys().any(|name| name.starts_with(base));
    let says = has("value") || has("dataAbsentReason") || has("component") || has("hasMember");
    let time = get("effectiveDateTime").as_str();
    let is_day = time.is_none_or(|time| time.len() >= 10);
    let category = get("category");
    if in_category(category, "vital-signs") {
        let (_, profile, units) = VITALS.iter().find(|(code, ..)| is_coded(get("code"), code))?;
        let in_units = |part: &Value| part.get("valueQuantity").is_none_or(|quantity| is_measured(quantity, units));
        let parts = get("component").as_array().map_or(&[][..], Vec::as_slice);
        let pressure = *profile != "us-core-blood-pressure" || parts.len() == 2;
        let oxygen = *profile != "us-core-pulse-oximetry" || is_coded(get("code"), "2708-6");
        let plain = body.keys().all(|name| !name.starts_with("value") || name == "valueQuantity");
        let fits = has("effective") && is_day && says && plain && pressure && oxygen;
        return (fits && in_units(&Value::Object(body.clone())) && parts.iter().all(in_units)).then_some(profile);
    }
    if in_category(category, "laboratory") {
        let unit = get("valueQuantity").get("system");
        return (is_day && says && unit.is_none_or(|system| system == UCUM)).then_some("us-core-observation-lab");
    }
    let is_final = get("status") == "final" && has("effective") && is_day;
    if is_coded(get("code"), "72166-2") && in_category(category, "social-history") {
        return (is_final && body.contains_key("valueCodeableConcept")).then_some("us-core-smokingstatus");
    }
    if is_coded(get("code"), "82810-3") {
        return (is_final && body.contains_key("valueCodeableConcept"))
            .then_some("us-core-observation-pregnancystatus");
    }
    if in_category(category, "survey") {
        return (is_day && says).then_some("us-core-observation-screening-assessment");
    }
    None
}

fn in_category(categories: &Value, code: &str) -> bool {
    categories.as_array().is_some_and(|all| {
        all.iter().any(|one| {
            one["coding"].as_array().is_some_and(|codings| codings.iter().any(|coding| coding["code"] == code))
        })
    })
}

fn is_coded(concept: &Value, loinc: &str) -> bool {
    let codings = concept["coding"].as_array();
    codings.is_some_and(|all| all.iter().any(|coding| coding["system"] == LOINC && coding["code"] == loinc))
}

fn is_measured(quantity: &Value, units: &[&str]) -> bool {
    quantity["system"] == UCUM
        && quantity.get("value").is_some()
        && quantity.get("unit").is_some()
        && quantity["code"].as_str().is_some_and(|code| units.contains(&code))
}

fn each(list: &Value, fits: impl Fn(&Value) -> bool) -> bool {
    list.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(fits))
}

fn each_or_none(list: &Value, fits: impl Fn(&Value) -> bool) -> bool {
    list.is_null() || each(list, fits)
}

/// An identifier or a contact point with system and value.
fn is_whole(one: &Value) -> bool {
    one.get("system").is_some() && one.get("value").is_some()
}

fn has_bytes(content: &Value) -> bool {
    content["attachment"].get("url").is_some() || content["attachment"].get("data").is_some()
}

/// An NPI has ten digits, the last of which checks the others.
fn is_sound(identifier: &Value) -> bool {
    if identifier["system"] != NPI {
        return true;
    }
    let Some(npi) =
        identifier["value"].as_str().filter(|npi| npi.len() == 10 && npi.bytes().all(|b| b.is_ascii_digit()))
    else {
        return false;
    };
    // Luhn over the digits behind the prefix 80840, which adds 24.
    let sum: u32 = npi
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let number = u32::from(digit - b'0') * if at % 2 == 1 { 2 } else { 1 };
            if number > 9 { number - 9 } else { number }
        })
        .sum();
    (sum + 24).is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn met_by(kind: &str, body: Value) -> Option<String> {
        let Value::Object(members) = body else { return None };
        met(kind, &Fields(members)).map(|url| url.trim_start_matches(BASE).to_owned())
    }

    #[test]
    fn only_what_is_met_is_declared() {
        let pressure = |unit: &str| {
            json!({
                "status": "final", "effectiveDateTime": "2024-05-01", "subject": {"reference": "Patient/1"},
                "category": [{"coding": [{"code": "vital-signs"}]}],
                "code": {"coding": [{"system": LOINC, "code": "8867-4"}]},
                "valueQuantity": {"value": 72, "unit": unit, "system": UCUM, "code": unit},
            })
        };
        assert_eq!(met_by("Observation", pressure("/min")).as_deref(), Some("us-core-heart-rate"));
        assert_eq!(met_by("Observation", pressure("{beats}")), None);
        let npi =
            |value: &str| json!({"identifier": [{"system": NPI, "value": value}], "name": [{"family": "Whitlock"}]});
        assert_eq!(met_by("Practitioner", npi("1234567893")).as_deref(), Some("us-core-practitioner"));
        assert_eq!(met_by("Practitioner", npi("1234567890")), None);
        assert_eq!(met_by("Procedure", json!({"status": "completed"})), None);
        assert_eq!(met_by("Patient", json!({"gender": "female", "name": [{"family": "Alder"}]})), None);
    }
}
