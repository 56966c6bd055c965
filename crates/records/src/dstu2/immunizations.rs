//! Immunizations.

use serde_json::{Value, json};

use super::edit::{Object, append, default, drop_all, each, list, merged, rename, take, take_flag, unknown};
use super::tree::hl7;

/// R4 insists on a time and on a number of the dose.
const UNKNOWN: &str = "unknown";

pub fn immunization(body: &mut Object) {
    rename(body, "date", "occurrenceDateTime");
    if !body.contains_key("occurrenceDateTime") {
        default(body, "occurrenceString", UNKNOWN);
    }
    status(body);
    if let Some(Value::Bool(reported)) = take(body, "reported") {
        default(body, "primarySource", !reported);
    }
    // Only the two actors of DSTU2 stand alone.
    if body.get("performer").is_some_and(Value::is_object)
        && let Some(actor) = take(body, "performer")
    {
        append(body, "performer", json!({ "function": hl7("v2-0443", "AP"), "actor": actor }));
    }
    if let Some(actor) = take(body, "requester") {
        append(body, "performer", json!({ "function": hl7("v2-0443", "OP"), "actor": actor }));
    }
    list(body, "note");
    if let Some(protocols) = take(body, "vaccinationProtocol") {
        append(body, "protocolApplied", protocols);
        each(body, "protocolApplied", protocol);
    }
    if !body.contains_key("vaccineCode") {
        body.insert("vaccineCode".to_owned(), unknown());
    }
}

fn status(body: &mut Object) {
    let not_given = take_flag(body, "wasNotGiven");
    let known = super::edit::text(body, "status");
    let status = match known {
        Some("entered-in-error") => "entered-in-error",
        _ if not_given => "not-done",
        Some("not-done" | "stopped" | "on-hold") => "not-done",
        _ => "completed",
    };
    body.insert("status".to_owned(), Value::String(status.to_owned()));
    let Some(Value::Object(mut explanation)) = take(body, "explanation") else { return };
    if let Some(reasons) = take(&mut explanation, "reason") {
        append(body, "reasonCode", reasons);
    }
    if let Some(reason) = take(&mut explanation, "reasonNotGiven").and_then(merged) {
        default(body, "statusReason", reason);
    }
}

fn protocol(protocol: &mut Object) {
    number(protocol, "doseSequence", "doseNumber");
    number(protocol, "seriesDoses", "seriesDoses");
    list(protocol, "targetDisease");
    drop_all(protocol, &["description", "doseStatus", "doseStatusReason"]);
    if !protocol.contains_key("doseNumberPositiveInt") {
        default(protocol, "doseNumberString", UNKNOWN);
    }
}

fn number(protocol: &mut Object, from: &str, to: &str) {
    match take(protocol, from) {
        Some(Value::Number(count)) if count.as_u64().is_some_and(|count| count > 0) => {
            default(protocol, &format!("{to}PositiveInt"), count);
        }
        Some(Value::Number(count)) => default(protocol, &format!("{to}String"), count.to_string()),
        _ => {}
    }
}
