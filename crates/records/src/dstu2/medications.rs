//! Medicines: described, prescribed, handed out, given and reported.

use serde_json::{Value, json};

use super::dosage::{dosages, given};
use super::edit::{
    Object, append, default, drop_all, each, first, keep, list, notes, rename, rename_list, take, take_flag, unknown,
};

pub fn medication(body: &mut Object) {
    if let Some(Value::Object(mut product)) = take(body, "product") {
        rename(&mut product, "form", "form");
        for (from, to) in [("form", "form"), ("ingredient", "ingredient"), ("batch", "batch")] {
            if let Some(value) = take(&mut product, from) {
                default(body, to, value);
            }
        }
    }
    list(body, "ingredient");
    each(body, "ingredient", |ingredient| {
        rename(ingredient, "item", "itemReference");
        rename(ingredient, "amount", "strength");
    });
    // One batch at most has a place in R4.
    first(body, "batch");
    drop_all(body, &["product", "package", "isBrand"]);
}

/// Both generations wrote the amount of a prescription as a sentence or an annotation.
pub fn order(body: &mut Object) {
    rename(body, "patient", "subject");
    rename(body, "dateWritten", "authoredOn");
    rename(body, "prescriber", "requester");
    rename_list(body, "reasonCodeableConcept", "reasonCode");
    rename_list(body, "reasonReference", "reasonReference");
    rename(body, "reasonEnded", "statusReason");
    keep(body, "dateEnded", "MedicationOrder.dateEnded", "valueDateTime");
    notes(body, "note");
    default(body, "status", "unknown");
    default(body, "intent", "order");
    dosages(body, "dosageInstruction");
    each(body, "dispenseRequest", |request| {
        drop_all(request, &["medicationCodeableConcept", "medicationReference"]);
    });
    substitution(body, |substitution| {
        let kind = take(substitution, "type");
        let refused = kind.as_ref().is_some_and(is_none);
        match kind {
            Some(concept) if concept.is_object() => default(substitution, "allowedCodeableConcept", concept),
            _ => default(substitution, "allowedBoolean", !refused),
        }
    });
    described(body);
}

pub fn statement(body: &mut Object) {
    rename(body, "patient", "subject");
    if take_flag(body, "wasNotTaken") {
        body.insert("status".to_owned(), json!("not-taken"));
    }
    rename_list(body, "reasonNotTaken", "statusReason");
    rename_list(body, "reasonForUseCodeableConcept", "reasonCode");
    rename_list(body, "reasonForUseReference", "reasonReference");
    rename_list(body, "supportingInformation", "derivedFrom");
    notes(body, "note");
    default(body, "status", "unknown");
    dosages(body, "dosage");
    category(body);
    described(body);
}

/// Servers that knew what was to come put the category in an extension.
fn category(body: &mut Object) {
    const CATEGORY: &str = "extension-MedicationStatement.category";
    let Some(Value::Array(extensions)) = body.get_mut("extension") else { return };
    let at = extensions.iter().position(|one| one["url"].as_str().is_some_and(|url| url.ends_with(CATEGORY)));
    let Some(concept) = at.map(|at| extensions.remove(at)["valueCodeableConcept"].take()) else { return };
    list(body, "extension");
    if concept.is_object() {
        default(body, "category", concept);
    }
}

pub fn dispense(body: &mut Object) {
    rename(body, "patient", "subject");
    list(body, "identifier");
    if let Some(dispenser) = take(body, "dispenser") {
        append(body, "performer", json!({ "actor": dispenser }));
    }
    notes(body, "note");
    default(body, "status", "unknown");
    dosages(body, "dosageInstruction");
    substitution(body, |substitution| {
        let done = !substitution.get("type").is_some_and(is_none);
        default(substitution, "wasSubstituted", done);
        list(substitution, "reason");
        rename_list(substitution, "responsibleParty", "responsibleParty");
    });
    described(body);
}

pub fn administration(body: &mut Object) {
    rename(body, "patient", "subject");
    if let Some(practitioner) = take(body, "practitioner") {
        append(body, "performer", json!({ "actor": practitioner }));
    }
    rename(body, "encounter", "context");
    rename(body, "prescription", "request");
    rename(body, "effectiveTimeDateTime", "effectiveDateTime");
    rename(body, "effectiveTimePeriod", "effectivePeriod");
    if take_flag(body, "wasNotGiven") {
        body.insert("status".to_owned(), json!("not-done"));
    }
    rename_list(body, "reasonNotGiven", "statusReason");
    rename_list(body, "reasonGiven", "reasonCode");
    notes(body, "note");
    default(body, "status", "unknown");
    each(body, "dosage", given);
    described(body);
}

/// A medicine that nobody names is still a medicine.
fn described(body: &mut Object) {
    if !body.contains_key("medicationReference") {
        default(body, "medicationCodeableConcept", unknown());
    }
}

fn substitution(body: &mut Object, visit: impl Fn(&mut Object)) {
    first(body, "substitution");
    each(body, "substitution", visit);
}

/// Whether a kind of substitution is none at all.
fn is_none(concept: &Value) -> bool {
    concept["coding"].as_array().is_some_and(|codings| codings.iter().any(|coding| coding["code"] == "N"))
}
