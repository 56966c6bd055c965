//! Small moves on JSON objects. A move takes the `_name` beside a primitive along.

use serde_json::{Map, Value, json};

pub type Object = Map<String, Value>;

pub const ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

/// Removes a member and answers it; `null` counts as nothing.
pub fn take(object: &mut Object, name: &str) -> Option<Value> {
    object.shift_remove(&format!("_{name}"));
    object.shift_remove(name).filter(|value| !value.is_null())
}

/// Takes a member out of a value that may be anything.
pub fn pull(value: &mut Value, name: &str) -> Value {
    value.get_mut(name).map(Value::take).unwrap_or_default()
}

pub fn drop_all(object: &mut Object, names: &[&str]) {
    for name in names {
        take(object, name);
    }
}

/// Removes a text.
pub fn take_text(object: &mut Object, name: &str) -> Option<String> {
    take(object, name)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

pub fn take_flag(object: &mut Object, name: &str) -> bool {
    take(object, name).is_some_and(|value| value == true)
}

pub fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// Sets a member that is not there yet.
pub fn default(object: &mut Object, name: &str, value: impl Into<Value>) {
    if !object.contains_key(name) && !object.contains_key(&format!("_{name}")) {
        object.insert(name.to_owned(), value.into());
    }
}

/// Moves a member; one that is already there under the new name wins.
pub fn rename(object: &mut Object, from: &str, to: &str) {
    let beside = object.shift_remove(&format!("_{from}"));
    if let Some(value) = object.shift_remove(from).filter(|value| !value.is_null()) {
        default(object, to, value);
    }
    if let Some(beside) = beside {
        object.entry(format!("_{to}")).or_insert(beside);
    }
}

/// Moves a member and makes it a list.
pub fn rename_list(object: &mut Object, from: &str, to: &str) {
    if let Some(value) = take(object, from) {
        append(object, to, value);
    }
    list(object, to);
}

/// Makes a lone value a list of one.
pub fn list(object: &mut Object, name: &str) {
    match object.get_mut(name) {
        None => {}
        Some(Value::Null) => drop_all(object, &[name]),
        Some(Value::Array(items)) if items.is_empty() => drop_all(object, &[name]),
        Some(Value::Array(_)) => {}
        Some(value) => *value = Value::Array(vec![value.take()]),
    }
}

/// Makes a list its first item.
pub fn first(object: &mut Object, name: &str) {
    if let Some(Value::Array(items)) = object.get_mut(name) {
        match (!items.is_empty()).then(|| items.swap_remove(0)) {
            Some(item) => object[name] = item,
            None => drop_all(object, &[name]),
        }
    }
}

/// Adds to a list, all of a list.
pub fn append(object: &mut Object, name: &str, value: Value) {
    list(object, name);
    let items = match value {
        Value::Array(items) => items,
        Value::Null => return,
        one => vec![one],
    };
    if items.is_empty() {
        return;
    }
    match object.get_mut(name).and_then(Value::as_array_mut) {
        Some(there) => there.extend(items),
        None => {
            object.insert(name.to_owned(), Value::Array(items));
        }
    }
}

/// Visits the objects of a list, or a lone one.
pub fn each(object: &mut Object, name: &str, visit: impl Fn(&mut Object)) {
    match object.get_mut(name) {
        Some(Value::Array(items)) => items.iter_mut().filter_map(Value::as_object_mut).for_each(visit),
        Some(Value::Object(one)) => visit(one),
        _ => {}
    }
}

/// Texts and annotations under an old name become the notes.
pub fn notes(object: &mut Object, from: &str) {
    let found = take(object, from);
    let found = match found {
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
        None => return,
    };
    for note in found {
        match note {
            Value::String(text) if text.trim().is_empty() => {}
            Value::String(text) => append(object, "note", json!({ "text": text })),
            Value::Object(_) => append(object, "note", note),
            _ => {}
        }
    }
}

/// A CodeableConcept of one code.
pub fn coded(system: &str, code: &str) -> Value {
    json!({ "coding": [{ "system": system, "code": code }] })
}

/// A CodeableConcept that says that it is not known.
pub fn unknown() -> Value {
    coded(ABSENT, "unknown")
}

/// A code that stands for itself becomes a CodeableConcept, translated by `table`.
pub fn code_to_concept(object: &mut Object, name: &str, system: &str, table: &[(&str, &str)]) {
    if object.get(name).is_some_and(|value| !value.is_object())
        && let Some(code) = take_text(object, name)
    {
        object.insert(name.to_owned(), coded(system, translate(table, &code)));
    }
}

/// Changes a code in place.
pub fn recode(object: &mut Object, name: &str, table: &[(&str, &str)]) {
    let new = text(object, name).map(|code| translate(table, code).to_owned());
    if let Some(new) = new {
        object.insert(name.to_owned(), Value::String(new));
    }
}

pub fn translate<'a>(table: &[(&str, &'a str)], code: &'a str) -> &'a str {
    table.iter().find(|(old, _)| *old == code).map_or(code, |(_, new)| new)
}

/// Keeps what R4 has no element for under the address that HL7 gives to such elements.
pub fn keep(object: &mut Object, from: &str, path: &str, value: &str) {
    if let Some(old) = take(object, from) {
        let url = format!("http://hl7.org/fhir/1.0/StructureDefinition/extension-{path}");
        append(object, "extension", json!({ "url": url, value: old }));
    }
}

/// One concept with the codings of all; the texts in one line.
pub fn merged(concepts: Value) -> Option<Value> {
    let all = match concepts {
        Value::Array(items) => items,
        one => vec![one],
    };
    let texts: Vec<&str> = all.iter().filter_map(name_of).collect();
    let mut out = Object::new();
    for concept in &all {
        if let Some(codings) = concept.get("coding") {
            append(&mut out, "coding", codings.clone());
        }
    }
    if !texts.is_empty() && (all.len() > 1 || all[0].get("text").is_some()) {
        out.insert("text".to_owned(), Value::String(texts.join("; ")));
    }
    (!out.is_empty()).then_some(Value::Object(out))
}

/// What a person would call a concept.
pub fn name_of(concept: &Value) -> Option<&str> {
    let display = || concept["coding"].as_array()?.iter().find_map(|coding| coding["display"].as_str());
    concept["text"].as_str().or_else(display)
}
