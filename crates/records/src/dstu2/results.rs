//! What was measured and reported.

use serde_json::{Value, json};

use super::edit::{Object, append, default, each, keep, list, notes, pull, rename, rename_list, take, unknown};

pub fn observation(body: &mut Object) {
    list(body, "category");
    list(body, "interpretation");
    notes(body, "comments");
    keep(body, "valueAttachment", "Observation.value", "valueAttachment");
    ranges(body);
    list(body, "component");
    each(body, "component", |component| {
        ranges(component);
        keep(component, "valueAttachment", "Observation.component.value", "valueAttachment");
    });
    default(body, "status", "unknown");
    if !body.contains_key("code") {
        body.insert("code".to_owned(), unknown());
    }
    let related = match take(body, "related") {
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
        None => return,
    };
    for mut one in related {
        let target = pull(&mut one, "target");
        let extension = |name: &str, target: Value| json!({ "url": format!("http://hl7.org/fhir/StructureDefinition/observation-{name}"), "valueReference": target });
        match one["type"].as_str() {
            _ if !target.is_object() => {}
            Some("derived-from") => append(body, "derivedFrom", target),
            Some("sequel-to") => append(body, "extension", extension("sequelTo", target)),
            Some("replaces") => append(body, "extension", extension("replaces", target)),
            // What merely disturbed a measurement is no part of it.
            Some("qualified-by" | "interfered-by") => {}
            _ => append(body, "hasMember", target),
        }
    }
}

fn ranges(body: &mut Object) {
    each(body, "referenceRange", |range| rename(range, "meaning", "type"));
}

pub fn report(body: &mut Object) {
    list(body, "category");
    list(body, "performer");
    rename_list(body, "request", "basedOn");
    rename_list(body, "codedDiagnosis", "conclusionCode");
    rename_list(body, "image", "media");
    default(body, "status", "unknown");
    if !body.contains_key("code") {
        body.insert("code".to_owned(), unknown());
    }
}

pub fn specimen(body: &mut Object) {
    rename_list(body, "treatment", "processing");
    let comments = body.get_mut("collection").and_then(Value::as_object_mut).and_then(|it| take(it, "comment"));
    if let Some(comments) = comments {
        body.insert("comment".to_owned(), comments);
        notes(body, "comment");
    }
}
