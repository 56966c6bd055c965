//! What changed in data types, wherever they stand: names, references, code systems, timings, extensions.

use serde_json::{Value, json};

use super::RENAMED;
use super::edit::{Object, coded, default, rename, take, text, translate};

const THO: &str = "http://terminology.hl7.org/CodeSystem/";
const US_CORE: &str = "http://hl7.org/fhir/us/core/StructureDefinition/";
const RACE_SYSTEM: &str = "urn:oid:2.16.840.1.113883.6.238";

/// The five races and two ethnicities that the standards count.
const OMB: &[&str] = &["1002-5", "2028-9", "2054-5", "2076-8", "2106-3", "2131-1", "2135-2", "2186-5"];

/// Rewrites an object and everything in it, contained resources excepted.
pub fn renew(object: &mut Object) {
    if let Some(Value::Array(parts)) = object.get("family") {
        let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
        let family = parts.join(" ");
        take(object, "family");
        if !family.is_empty() {
            object.insert("family".to_owned(), Value::String(family));
        }
    }
    if let Some(new) = text(object, "reference").and_then(renamed_reference) {
        object.insert("reference".to_owned(), Value::String(new));
    }
    coding(object);
    if let Some(repeat) = object.get_mut("repeat").and_then(Value::as_object_mut) {
        rename(repeat, "periodUnits", "periodUnit");
        rename(repeat, "durationUnits", "durationUnit");
        rename(repeat, "boundsQuantity", "boundsDuration");
        if repeat.get("when").is_some_and(Value::is_string) {
            super::edit::list(repeat, "when");
        }
    }
    for (name, value) in object.iter_mut() {
        if name == "contained" {
            continue;
        }
        each(value, &renew);
        if name == "extension" || name == "modifierExtension" {
            each(value, &extension);
        }
    }
}

fn each(value: &mut Value, visit: &impl Fn(&mut Object)) {
    match value {
        Value::Object(one) => visit(one),
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, visit)),
        _ => {}
    }
}

/// A reference to a type that has another name now.
pub fn renamed_reference(reference: &str) -> Option<String> {
    RENAMED.iter().find_map(|(old, new)| {
        let relative = reference.strip_prefix(old).and_then(|rest| rest.strip_prefix('/'));
        if let Some(rest) = relative {
            return Some(format!("{new}/{rest}"));
        }
        let (base, rest) = reference.rsplit_once(&format!("/{old}/"))?;
        Some(format!("{base}/{new}/{rest}"))
    })
}

const SYSTEMS: &[(&str, &str)] = &[
    ("identifier-type", "v2-0203"),
    ("ValueSet/identifier-type", "v2-0203"),
    ("ValueSet/observation-interpretation", "v3-ObservationInterpretation"),
    ("v2/0078", "v3-ObservationInterpretation"),
    ("marital-status", "v3-MaritalStatus"),
];

/// Systems that moved under the same name.
const MOVED: &[&str] = &[
    "admit-source",
    "condition-category",
    "condition-clinical",
    "condition-ver-status",
    "contactentity-type",
    "data-absent-reason",
    "diet",
    "discharge-disposition",
    "encounter-special-arrangements",
    "encounter-special-courtesy",
    "encounter-type",
    "goal-category",
    "goal-priority",
    "location-physical-type",
    "medication-statement-category",
    "observation-category",
    "organization-type",
    "practitioner-role",
    "referencerange-meaning",
];

/// Where the Argonaut project kept codes that the standard lacked then.
const ARGONAUT: &[&str] = &[
    "http://argonaut.hl7.org",
    "http://argonaut.hl7.org/extension-codes",
    "http://argonautwiki.hl7.org/extension-codes",
];

const ABSENT_CODES: &[(&str, &str)] =
    &[("asked", "asked-unknown"), ("astext", "as-text"), ("NaN", "not-a-number"), ("not-asked", "not-asked")];

fn coding(object: &mut Object) {
    let Some(system) = text(object, "system") else { return };
    let code = text(object, "code").unwrap_or_default();
    let (system, code) = match system {
        argonaut if ARGONAUT.contains(&argonaut) => match code {
            "problem" => (format!("{THO}condition-category"), "problem-list-item"),
            "health-concern" => ("http://hl7.org/fhir/us/core/CodeSystem/condition-category".to_owned(), code),
            "assess-plan" | "careteam" => ("http://hl7.org/fhir/us/core/CodeSystem/careplan-category".to_owned(), code),
            _ => return,
        },
        // R4 knows only where a diagnosis stands, no longer what kind of finding it is.
        "http://hl7.org/fhir/condition-category" if code == "diagnosis" => {
            (format!("{THO}condition-category"), "encounter-diagnosis")
        }
        "http://hl7.org/fhir/condition-category" if matches!(code, "complaint" | "symptom" | "finding") => return,
        "http://hl7.org/fhir/v3/Race" | "http://hl7.org/fhir/v3/Ethnicity" => (RACE_SYSTEM.to_owned(), code),
        _ => {
            let Some(tail) = system.strip_prefix("http://hl7.org/fhir/") else { return };
            let code = if tail == "data-absent-reason" { translate(ABSENT_CODES, code) } else { code };
            let known = SYSTEMS.iter().find(|(old, _)| *old == tail).map(|(_, new)| (*new).to_owned());
            let table = || Some(format!("v2-{}", tail.strip_prefix("v2/")?));
            let vocabulary = || Some(format!("v3-{}", tail.strip_prefix("v3/")?));
            let moved = || MOVED.contains(&tail).then(|| tail.to_owned());
            let Some(name) = known.or_else(table).or_else(vocabulary).or_else(moved) else { return };
            (format!("{THO}{name}"), code)
        }
    };
    let code = code.to_owned();
    if object.contains_key("code") {
        object.insert("code".to_owned(), Value::String(code));
    }
    object.insert("system".to_owned(), Value::String(system));
}

const ADDRESSES: &[(&str, &str)] = &[
    ("http://fhir.org/guides/argonaut/StructureDefinition/argo-race", "us-core-race"),
    ("http://fhir.org/guides/argonaut/StructureDefinition/argo-ethnicity", "us-core-ethnicity"),
    ("http://fhir.org/guides/argonaut/StructureDefinition/argo-birthsex", "us-core-birthsex"),
    ("http://hl7.org/fhir/StructureDefinition/us-core-race", "us-core-race"),
    ("http://hl7.org/fhir/StructureDefinition/us-core-ethnicity", "us-core-ethnicity"),
    ("http://hl7.org/fhir/StructureDefinition/us-core-birth-sex", "us-core-birthsex"),
    ("http://hl7.org/fhir/StructureDefinition/us-core-birthsex", "us-core-birthsex"),
];

fn extension(object: &mut Object) {
    let found = text(object, "url").and_then(|url| ADDRESSES.iter().find(|(old, _)| *old == url));
    let Some((_, name)) = found else { return };
    object.insert("url".to_owned(), Value::String(format!("{US_CORE}{name}")));
    let Some(concept) = take(object, "valueCodeableConcept") else {
        return whole(object, name);
    };
    let codings = concept["coding"].as_array().cloned().unwrap_or_default();
    if *name == "us-core-birthsex" {
        let code = codings.iter().find_map(|coding| coding["code"].as_str()).filter(|code| !code.is_empty());
        match code {
            Some(code) => default(object, "valueCode", code),
            None => default(object, "valueCode", "UNK"),
        }
        return;
    }
    let mut parts: Vec<Value> = Vec::new();
    for coding in &codings {
        let counted = coding["code"].as_str().is_some_and(|code| OMB.contains(&code) || matches!(code, "UNK" | "ASKU"));
        parts.push(json!({ "url": if counted { "ombCategory" } else { "detailed" }, "valueCoding": coding }));
    }
    if let Some(text) = super::edit::name_of(&concept) {
        parts.push(json!({ "url": "text", "valueString": text }));
    }
    default(object, "extension", parts);
}

/// US Core wants a text beside the codes.
fn whole(object: &mut Object, name: &str) {
    let Some(parts) = object.get_mut("extension").and_then(Value::as_array_mut) else { return };
    if name == "us-core-birthsex" || parts.iter().any(|part| part["url"] == "text") {
        return;
    }
    let shown = parts.iter().find_map(|part| part["valueCoding"]["display"].as_str()).map(str::to_owned);
    if let Some(shown) = shown {
        parts.push(json!({ "url": "text", "valueString": shown }));
    }
}

/// A code of one of HL7's own systems.
pub fn hl7(system: &str, code: &str) -> Value {
    coded(&format!("{THO}{system}"), code)
}
