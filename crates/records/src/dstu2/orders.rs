//! Three kinds of orders of DSTU2, one of R4.

use serde_json::{Value, json};

use super::edit::{
    Object, append, code_to_concept, default, drop_all, list, merged, name_of, notes, pull, rename, rename_list, take,
    take_text,
};

const REFERRAL: (&str, &str) = ("3457005", "Patient referral");

/// Status of a request to status and intent in R4.
fn status(body: &mut Object) {
    let old = take_text(body, "status").unwrap_or_default();
    let (status, intent) = match old.as_str() {
        "draft" => ("draft", "order"),
        "proposed" => ("draft", "proposal"),
        "planned" => ("active", "plan"),
        "requested" | "received" | "accepted" | "in-progress" | "review" | "active" => ("active", "order"),
        "suspended" | "on-hold" => ("on-hold", "order"),
        "completed" => ("completed", "order"),
        "cancelled" | "rejected" | "failed" | "aborted" | "revoked" => ("revoked", "order"),
        "entered-in-error" => ("entered-in-error", "order"),
        _ => ("unknown", "order"),
    };
    body.insert("status".to_owned(), json!(status));
    default(body, "intent", intent);
}

fn priority(body: &mut Object) {
    let code = match take(body, "priority") {
        Some(Value::String(code)) => code,
        Some(concept) => concept["coding"][0]["code"].as_str().unwrap_or_default().to_owned(),
        None => return,
    };
    if matches!(code.as_str(), "routine" | "urgent" | "asap" | "stat") {
        body.insert("priority".to_owned(), Value::String(code));
    }
}

/// R4 orders one thing: several become one with all their names, each in detail beside it.
fn ordered(body: &mut Object, codes: Vec<Value>) {
    let mut codes: Vec<Value> = codes.into_iter().filter(Value::is_object).collect();
    if codes.len() == 1 {
        return default(body, "code", codes.remove(0));
    }
    let names: Vec<&str> = codes.iter().filter_map(name_of).collect();
    if !names.is_empty() {
        let all = json!({ "text": names.join("; ") });
        default(body, "code", all);
    }
    for code in codes {
        append(body, "orderDetail", code);
    }
}

fn items(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

pub fn diagnostic_order(body: &mut Object) {
    status(body);
    priority(body);
    rename(body, "orderer", "requester");
    rename_list(body, "reason", "reasonCode");
    rename_list(body, "supportingInformation", "supportingInfo");
    let events = items(take(body, "event"));
    let asked =
        events.iter().find(|event| matches!(event["status"].as_str(), Some("requested" | "proposed" | "planned")));
    if let Some(at) = asked.or(events.first()).and_then(|event| event["dateTime"].as_str()) {
        default(body, "authoredOn", at);
    }
    let mut lines = items(take(body, "item"));
    for line in &mut lines {
        append(body, "specimen", pull(line, "specimen"));
        append(body, "bodySite", pull(line, "bodySite"));
    }
    list(body, "specimen");
    ordered(body, lines.iter_mut().map(|line| pull(line, "code")).collect());
    list(body, "note");
}

pub fn procedure_request(body: &mut Object) {
    status(body);
    priority(body);
    rename(body, "orderer", "requester");
    rename(body, "orderedOn", "authoredOn");
    rename_list(body, "performer", "performer");
    rename_list(body, "reasonCodeableConcept", "reasonCode");
    rename_list(body, "reasonReference", "reasonReference");
    for kind in ["DateTime", "Period", "Timing"] {
        rename(body, &format!("scheduled{kind}"), &format!("occurrence{kind}"));
    }
    list(body, "bodySite");
    notes(body, "notes");
}

pub fn referral_request(body: &mut Object) {
    status(body);
    priority(body);
    rename(body, "patient", "subject");
    rename(body, "dateSent", "authoredOn");
    rename(body, "date", "authoredOn");
    rename(body, "specialty", "performerType");
    rename_list(body, "recipient", "performer");
    if let Some(reason) = take(body, "reason").and_then(merged) {
        append(body, "reasonCode", reason);
    }
    rename_list(body, "supportingInformation", "supportingInfo");
    rename(body, "fulfillmentTime", "occurrencePeriod");
    notes(body, "description");
    let kind = take(body, "type");
    let services = items(take(body, "serviceRequested"));
    ordered(body, services);
    if let Some(kind) = kind {
        default(body, "code", kind);
    }
    let (code, display) = REFERRAL;
    let category = json!([{ "coding": [{ "system": "http://snomed.info/sct", "code": code, "display": display }] }]);
    default(body, "category", category);
    code_to_concept(body, "performerType", "", &[]);
    drop_all(body, &["context"]);
}
