//! Allergies, problems and what runs in the family.

use serde_json::{Value, json};

use super::edit::{
    Object, append, code_to_concept, default, drop_all, each, list, notes, recode, rename, take, take_flag, take_text,
    text, translate, unknown,
};
use super::tree::hl7;

const CERTAINTY: &str = "http://hl7.org/fhir/StructureDefinition/allergyintolerance-certainty";
const CRITICALITY: &[(&str, &str)] = &[("CRITL", "low"), ("CRITH", "high"), ("CRITU", "unable-to-assess")];
const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";

pub fn allergy(body: &mut Object) {
    rename(body, "substance", "code");
    if let Some(status) = take_text(body, "status") {
        let (clinical, verification) = match status.as_str() {
            "active" => (Some("active"), None),
            "unconfirmed" => (Some("active"), Some("unconfirmed")),
            "confirmed" => (Some("active"), Some("confirmed")),
            "inactive" => (Some("inactive"), None),
            "resolved" => (Some("resolved"), None),
            "refuted" => (Some("inactive"), Some("refuted")),
            "entered-in-error" => (None, Some("entered-in-error")),
            _ => (None, None),
        };
        if let Some(code) = clinical {
            default(body, "clinicalStatus", hl7("allergyintolerance-clinical", code));
        }
        if let Some(code) = verification {
            default(body, "verificationStatus", hl7("allergyintolerance-verification", code));
        }
    }
    drop_all(body, &["status"]);
    recode(body, "criticality", CRITICALITY);
    if body.get("category").is_some_and(Value::is_string)
        && let Some(category) = take_text(body, "category")
        && matches!(category.as_str(), "food" | "medication" | "environment" | "biologic")
    {
        append(body, "category", Value::String(category));
    }
    rename(body, "onset", "onsetDateTime");
    rename(body, "lastOccurence", "lastOccurrence");
    rename(body, "reporter", "asserter");
    list(body, "note");
    each(body, "reaction", |reaction| {
        list(reaction, "note");
        list(reaction, "manifestation");
        if let Some(certainty) = take_text(reaction, "certainty") {
            let coded = hl7("reaction-event-certainty", &certainty);
            append(reaction, "extension", json!({ "url": CERTAINTY, "valueCodeableConcept": coded }));
        }
        if !reaction.contains_key("manifestation") {
            let described = text(reaction, "description").map(|text| json!({ "text": text }));
            append(reaction, "manifestation", described.unwrap_or_else(unknown));
        }
    });
}

pub fn condition(body: &mut Object) {
    rename(body, "patient", "subject");
    rename(body, "dateRecorded", "recordedDate");
    list(body, "category");
    code_to_concept(body, "clinicalStatus", CLINICAL, &[]);
    code_to_concept(body, "verificationStatus", VERIFICATION, &[("unknown", "unconfirmed")]);
    let wrong =
        |body: &Object| body.get("verificationStatus").is_some_and(|it| it["coding"][0]["code"] == "entered-in-error");
    if wrong(body) {
        // R4 forbids a clinical status on what should never have been written.
        drop_all(body, &["clinicalStatus"]);
    }
    rename(body, "onsetQuantity", "onsetAge");
    rename(body, "abatementQuantity", "abatementAge");
    if take_flag(body, "abatementBoolean") && !wrong(body) {
        let ended = ["resolved", "remission", "inactive"];
        let known = body.get("clinicalStatus").and_then(|it| it["coding"][0]["code"].as_str());
        if !known.is_some_and(|code| ended.contains(&code)) {
            body.insert("clinicalStatus".to_owned(), hl7("condition-clinical", "resolved"));
        }
    }
    list(body, "stage");
    each(body, "evidence", |evidence| list(evidence, "code"));
    notes(body, "notes");
}

pub fn family_history(body: &mut Object) {
    if let Some(gender) = take_text(body, "gender") {
        let code = translate(&[], &gender);
        default(body, "sex", super::edit::coded("http://hl7.org/fhir/administrative-gender", code));
    }
    drop_all(body, &["gender"]);
    rename(body, "ageQuantity", "ageAge");
    rename(body, "deceasedQuantity", "deceasedAge");
    list(body, "note");
    default(body, "status", "completed");
    if !body.contains_key("relationship") {
        body.insert("relationship".to_owned(), unknown());
    }
    each(body, "condition", |condition| {
        rename(condition, "onsetQuantity", "onsetAge");
        list(condition, "note");
    });
    take(body, "definition");
}
