//! Visits, procedures, plans, goals and appointments.

use serde_json::{Value, json};

use super::edit::{
    Object, append, default, drop_all, each, first, keep, list, merged, name_of, notes, pull, recode, rename,
    rename_list, take, take_flag, take_text, text, unknown,
};
use super::tree::hl7;

const ACT: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const CLASS: &str = "http://hl7.org/fhir/encounter-class";

/// Class of DSTU2 to the code and the name of R4.
const CLASSES: &[(&str, &str, &str)] = &[
    ("inpatient", "IMP", "inpatient encounter"),
    ("outpatient", "AMB", "ambulatory"),
    ("ambulatory", "AMB", "ambulatory"),
    ("emergency", "EMER", "emergency"),
    ("home", "HH", "home health"),
    ("field", "FLD", "field"),
    ("virtual", "VR", "virtual"),
];

pub fn encounter(body: &mut Object) {
    rename(body, "patient", "subject");
    if let Some(class) = body.get("class").and_then(Value::as_str).map(str::to_owned) {
        let known = CLASSES.iter().find(|(old, ..)| *old == class);
        let coding = match known {
            Some((_, code, display)) => json!({ "system": ACT, "code": code, "display": display }),
            None => json!({ "system": CLASS, "code": class }),
        };
        body.insert("class".to_owned(), coding);
    }
    if !body.contains_key("class") {
        body.insert("class".to_owned(), unknown()["coding"][0].take());
    }
    default(body, "status", "unknown");
    rename_list(body, "reason", "reasonCode");
    rename_list(body, "indication", "reasonReference");
    rename_list(body, "incomingReferral", "basedOn");
    list(body, "appointment");
    list(body, "type");
    let mut found: Vec<Value> = Vec::new();
    each_diagnosis(body, &mut found);
    append(body, "diagnosis", Value::Array(found));
}

fn each_diagnosis(body: &mut Object, found: &mut Vec<Value>) {
    let Some(stay) = body.get_mut("hospitalization").and_then(Value::as_object_mut) else { return };
    for (member, role) in [("admittingDiagnosis", "AD"), ("dischargeDiagnosis", "DD")] {
        let references = match take(stay, member) {
            Some(Value::Array(items)) => items,
            Some(one) => vec![one],
            None => continue,
        };
        for reference in references {
            found.push(json!({ "condition": reference, "use": hl7("diagnosis-role", role) }));
        }
    }
}

pub fn procedure(body: &mut Object) {
    recode(body, "status", &[("aborted", "stopped")]);
    if take_flag(body, "notPerformed") {
        body.insert("status".to_owned(), json!("not-done"));
    }
    if let Some(reason) = take(body, "reasonNotPerformed").and_then(merged) {
        default(body, "statusReason", reason);
    }
    rename_list(body, "reasonCodeableConcept", "reasonCode");
    rename_list(body, "reasonReference", "reasonReference");
    rename_list(body, "request", "basedOn");
    rename_list(body, "used", "usedReference");
    each(body, "performer", |performer| {
        rename(performer, "role", "function");
        if !performer.contains_key("actor") {
            performer.insert("actor".to_owned(), json!({ "display": "unknown" }));
        }
    });
    notes(body, "notes");
    default(body, "status", "unknown");
}

const PLAN_STATUS: &[(&str, &str)] = &[("proposed", "draft"), ("cancelled", "revoked")];
const ACTIVITY_KINDS: &[(&str, &str)] = &[
    ("diet", "NutritionOrder"),
    ("drug", "MedicationRequest"),
    ("encounter", "Appointment"),
    ("observation", "ServiceRequest"),
    ("procedure", "ServiceRequest"),
    ("supply", "DeviceRequest"),
];

pub fn care_plan(body: &mut Object) {
    recode(body, "status", PLAN_STATUS);
    default(body, "status", "unknown");
    default(body, "intent", "plan");
    let visit = body.get("context").and_then(|it| it["reference"].as_str()).is_some_and(|it| it.contains("Encounter/"));
    if visit {
        rename(body, "context", "encounter");
    }
    drop_all(body, &["context"]);
    if let Some(Value::Array(authors)) = body.get_mut("author") {
        let others = authors.split_off(authors.len().min(1));
        first(body, "author");
        append(body, "contributor", Value::Array(others));
    }
    keep(body, "modified", "CarePlan.modified", "valueDateTime");
    rename_list(body, "support", "supportingInfo");
    list(body, "note");
    team(body);
    let related = match take(body, "relatedPlan") {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    for mut one in related {
        let to = match one["code"].as_str() {
            Some("replaces") => "replaces",
            Some("fulfills") => "basedOn",
            // The plan that includes another says so; in R4 the included one does.
            _ => continue,
        };
        append(body, to, pull(&mut one, "plan"));
    }
    each(body, "activity", |activity| {
        rename_list(activity, "actionResulting", "outcomeReference");
        list(activity, "progress");
        each(activity, "detail", detail);
    });
}

fn detail(detail: &mut Object) {
    if let Some(category) = take(detail, "category") {
        let codes = category["coding"].as_array().into_iter().flatten().filter_map(|coding| coding["code"].as_str());
        let kind =
            codes.filter_map(|code| ACTIVITY_KINDS.iter().find(|(old, _)| *old == code)).map(|(_, new)| *new).next();
        if let Some(kind) = kind {
            default(detail, "kind", kind);
        }
        if !detail.contains_key("code")
            && let Some(name) = name_of(&category)
        {
            detail.insert("code".to_owned(), json!({ "text": name }));
        }
    }
    rename(detail, "prohibited", "doNotPerform");
    rename_list(detail, "performer", "performer");
    default(detail, "status", "unknown");
}

/// People of a plan were named one by one; R4 names a team.
fn team(body: &mut Object) {
    let members = match take(body, "participant") {
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
        None => return,
    };
    let mut participants: Vec<Value> = Vec::new();
    for member in members {
        let Value::Object(mut member) = member else { continue };
        list(&mut member, "role");
        participants.push(Value::Object(member));
    }
    if participants.is_empty() {
        return;
    }
    let made = json!({ "resourceType": "CareTeam", "id": "care-team", "participant": participants });
    append(body, "contained", made);
    append(body, "careTeam", json!({ "reference": "#care-team" }));
}

pub fn goal(body: &mut Object) {
    if let Some(text) = body.get("description").and_then(Value::as_str).map(str::to_owned) {
        body.insert("description".to_owned(), json!({ "text": text }));
    }
    if let Some(status) = take_text(body, "status") {
        let (status, achieved) = match status.as_str() {
            "in-progress" => ("active", Some("in-progress")),
            "achieved" => ("completed", Some("achieved")),
            "sustaining" => ("active", Some("sustaining")),
            other => (other, None),
        };
        default(body, "lifecycleStatus", status);
        if let Some(code) = achieved {
            default(body, "achievementStatus", hl7("goal-achievement", code));
        }
    }
    drop_all(body, &["status"]);
    default(body, "lifecycleStatus", "active");
    let mut target = Object::new();
    for (old, new) in [("targetDate", "dueDate"), ("targetQuantity", "dueDuration")] {
        if let Some(value) = take(body, old) {
            target.insert(new.to_owned(), value);
        }
    }
    if !target.is_empty() {
        append(body, "target", Value::Object(target));
    }
    rename(body, "author", "expressedBy");
    if let Some(reason) = body.get("statusReason").filter(|it| it.is_object()) {
        match name_of(reason).map(str::to_owned) {
            Some(text) => drop(body.insert("statusReason".to_owned(), Value::String(text))),
            None => drop_all(body, &["statusReason"]),
        }
    }
    list(body, "note");
    let outcomes = match take(body, "outcome") {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    for mut outcome in outcomes {
        append(body, "outcomeCode", pull(&mut outcome, "resultCodeableConcept"));
        append(body, "outcomeReference", pull(&mut outcome, "resultReference"));
    }
}

pub fn appointment(body: &mut Object) {
    rename(body, "type", "appointmentType");
    rename_list(body, "reason", "reasonCode");
    list(body, "slot");
    if text(body, "status").is_none() {
        default(body, "status", "booked");
    }
}
