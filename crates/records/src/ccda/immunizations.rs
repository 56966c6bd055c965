//! Immunizations → Immunization.

use serde_json::{Value, json};

use super::concepts::{coded, worded};
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::observations::{first_concept, is_device, notes};
use super::quantities::{integer, quantity};
use super::section::{Read, Reader, Section, unknown};

pub static SECTION: Section = Section {
    id: "immunizations",
    templates: &["2.16.840.1.113883.10.20.22.2.2.1", "2.16.840.1.113883.10.20.22.2.2"],
    loinc: &["11369-6"],
    titles: &["immunizations", "immunization history"],
    entries: ENTRIES,
    other,
};

const ACTIVITY: &str = "2.16.840.1.113883.10.20.22.4.52";
const ENTRIES: &[(&str, Reader)] = &[(ACTIVITY, activity)];

const REFUSAL: &str = "2.16.840.1.113883.10.20.22.4.53";
const INDICATION: &str = "2.16.840.1.113883.10.20.22.4.19";
const REACTION: &str = "2.16.840.1.113883.10.20.22.4.9";
const FUNCTION: &str = "http://terminology.hl7.org/CodeSystem/v2-0443";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.name() == "substanceAdministration" { activity(cx, act) } else { unknown(cx, act) }
}

fn activity<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    // What is only intended was not given.
    if act.attr("moodCode").is_some_and(|mood| mood != "EVN") {
        return Err(LossReason::Mood);
    }
    let product = act.path(&["consumable", "manufacturedProduct"]);
    let material = product.and_then(|product| product.child("manufacturedMaterial"));
    let code = material.and_then(|material| material.child("code"));
    let mut vaccine = code.map_or(Value::Null, |code| cx.concept(code));
    if vaccine.is_null() {
        let words = material.and_then(|material| material.child("name")).and_then(Node::text);
        vaccine = words.or_else(|| cx.act_text(act)).map_or(Value::Null, worded);
    }
    if vaccine.is_null() {
        let is_null = code.is_some_and(|code| code.null_flavor().is_some());
        return Err(if is_null { LossReason::Null } else { LossReason::Nameless });
    }
    let mut body = Fields::new().with("identifier", identifiers(act));
    let status = status(act);
    body.set("status", status);
    body.set("statusReason", if status == "not-done" { refusal(cx, act) } else { None });
    body.set("vaccineCode", vaccine);
    body.set("patient", cx.subject());
    let given_at = super::observations::when(cx, act);
    body.set("encounter", cx.encounter_at(given_at.as_ref()));
    match cx.date_time(act, "effectiveTime") {
        Some(at) => body.set("occurrenceDateTime", at),
        None => body.set("occurrenceString", "unknown"),
    };
    body.set("recorded", cx.recorded(act));
    if let Some(material) = material {
        body.set("lotNumber", material.child("lotNumberText").and_then(Node::text));
        let expires = material.sdtc("expirationTime").next().and_then(|time| cx.start(time));
        body.set("expirationDate", expires.map(|at| at.date().to_owned()));
    }
    let manufacturer = product.and_then(|product| product.child("manufacturerOrganization"));
    body.set("manufacturer", manufacturer.and_then(|node| cx.organization(node)));
    body.set("site", first_concept(cx, act, "approachSiteCode"));
    body.set("route", first_concept(cx, act, "routeCode"));
    body.set("doseQuantity", act.child("doseQuantity").map_or(Value::Null, quantity));
    let mut performers = Vec::new();
    for actor in cx.actors(act, "performer").into_iter().filter(|actor| !is_device(actor)) {
        performers.push(json!({ "function": coded(FUNCTION, "AP", Some("Administering Provider")), "actor": actor }));
    }
    body.set("performer", performers);
    body.set("note", notes(cx, act));
    let reasons = act.related_a(INDICATION).filter_map(|reason| reason.child("value"));
    body.set("reasonCode", reasons.map(|value| cx.concept(value)).filter(|one| !one.is_null()).collect::<Vec<_>>());
    let reactions: Vec<Value> = act.related_a(REACTION).map(|reaction| reaction_of(cx, reaction)).collect();
    body.set("reaction", reactions);
    if let Some(number) =
        act.child("repeatNumber").and_then(|number| integer(number.attr("value")?)).filter(|number| *number > 0)
    {
        body.set("protocolApplied", json!([{ "doseNumberPositiveInt": number }]));
    }
    Ok(vec![cx.add("Immunization", act, body)])
}

fn status(act: Node<'_>) -> &'static str {
    match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("nullified") => "entered-in-error",
        _ if act.is_negated() => "not-done",
        Some("completed" | "active") | None => "completed",
        Some(_) => "not-done",
    }
}

/// Why it was not given.
fn refusal<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<Value> {
    let reason = act.related_a(REFUSAL).next()?;
    let code = reason.child("code").map_or(Value::Null, |code| cx.concept(code));
    (!code.is_null()).then_some(code)
}

/// What happened afterwards, as an observation of its own.
fn reaction_of<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Value {
    let at = cx.date_time(act, "effectiveTime");
    let Some(value) = act.child("value").and_then(|value| cx.value(value)) else {
        return Fields::new().with("date", at).into();
    };
    let mut body = Fields::new()
        .with("identifier", identifiers(act))
        .with("status", "final")
        .with("code", coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "ASSERTION", Some("Assertion")))
        .with("subject", cx.subject())
        .with("effectiveDateTime", at.clone());
    body.choice("value", Some(value));
    let key = cx.add("Observation", act, body);
    Fields::new().with("date", at).with("detail", Context::reference(&key)).into()
}

#[cfg(test)]
mod tests;
