//! The words of DSTU2: names of code systems, of types in references, of timings and extensions.

use serde_json::{Map, Value, json};

use super::name_of;

/// Rewrites them wherever they stand.
pub fn rewrite(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        Value::Object(members) => {
            if let Some(system) = members.get("system").and_then(Value::as_str).and_then(old_system) {
                members.insert("system".to_owned(), json!(system));
            }
            if let Some((kind, id)) = members.get("reference").and_then(Value::as_str).and_then(|it| it.split_once('/'))
                && let Some(name) = name_of(kind)
            {
                let reference = format!("{name}/{id}");
                members.insert("reference".to_owned(), json!(reference));
            }
            if let Some(Value::Object(repeat)) = members.get_mut("repeat") {
                rename(repeat, "periodUnit", "periodUnits");
                rename(repeat, "boundsDuration", "boundsQuantity");
            }
            if let Some(url) = members.get("url").and_then(Value::as_str).and_then(old_extension) {
                members.insert("url".to_owned(), json!(url));
            }
            members.values_mut().for_each(rewrite);
        }
        _ => {}
    }
}

fn old_system(system: &str) -> Option<String> {
    let table = system.strip_prefix("http://terminology.hl7.org/CodeSystem/")?;
    Some(match table.split_once('-') {
        Some(("v2", number)) => format!("http://hl7.org/fhir/v2/{number}"),
        Some(("v3", name)) => format!("http://hl7.org/fhir/v3/{name}"),
        _ => format!("http://hl7.org/fhir/{table}"),
    })
}

fn old_extension(url: &str) -> Option<String> {
    let name = url.strip_prefix("http://hl7.org/fhir/us/core/StructureDefinition/us-core-")?;
    let known = matches!(name, "race" | "ethnicity" | "birthsex");
    known.then(|| format!("http://fhir.org/guides/argonaut/StructureDefinition/argo-{name}"))
}

fn rename(members: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = members.remove(from) {
        members.insert(to.to_owned(), value);
    }
}
