//! Goals → Goal.

use serde_json::Value;

use super::concepts::{coded, worded};
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::observations::notes;
use super::section::{Read, Reader, Section, unknown};

pub static SECTION: Section = Section {
    id: "goals",
    templates: &["2.16.840.1.113883.10.20.22.2.60"],
    loinc: &["61146-7"],
    titles: &["goals"],
    entries: ENTRIES,
    other,
};

const ENTRIES: &[(&str, Reader)] = &[("2.16.840.1.113883.10.20.22.4.121", goal)];
const PRIORITY: &str = "2.16.840.1.113883.10.20.22.4.143";
/// Codes that only say that this is a goal.
const GENERIC: &[&str] = &["ASSERTION", "61146-7", "75310-3", "410518001"];

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.name() == "observation" { goal(cx, act) } else { unknown(cx, act) }
}

/// A Goal Observation: what is to be reached, and the value that tells that it was.
pub fn goal<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.is_negated() {
        return Err(LossReason::Negated);
    }
    let code = act.child("code").filter(|code| code.attr("code").is_none_or(|code| !GENERIC.contains(&code)));
    let measure = code.map_or(Value::Null, |code| cx.concept(code));
    let value = act.child("value").and_then(|value| cx.value(value));
    let words = cx.act_text(act).or_else(|| match &value {
        Some(choice) if choice.suffix == "String" => choice.value.as_str().map(str::to_owned),
        _ => None,
    });
    let concept = value.as_ref().filter(|choice| choice.suffix == "CodeableConcept").map(|choice| choice.value.clone());
    let description = match (words, &measure, concept) {
        (Some(words), ..) => worded(words),
        (None, Value::Null, Some(concept)) => concept,
        (None, Value::Null, None) => return Err(LossReason::Nameless),
        (None, measure, _) => measure.clone(),
    };
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("lifecycleStatus", status(act));
    body.set("priority", priority(cx, act));
    body.set("description", description);
    body.set("subject", cx.subject());
    let time = act.child("effectiveTime");
    body.set("startDate", time.and_then(|time| cx.start(time)).map(|at| at.date().to_owned()));
    let mut target = Fields::new();
    // FHIR wants to know what is measured before it takes the value.
    if !measure.is_null() {
        target.set("measure", measure);
        let detail = value.filter(|choice| {
            matches!(
                choice.suffix,
                "Quantity" | "Range" | "CodeableConcept" | "String" | "Boolean" | "Integer" | "Ratio"
            )
        });
        target.choice("detail", detail);
    }
    target.set("dueDate", time.and_then(|time| cx.end(time)).map(|at| at.date().to_owned()));
    if target.has("detailQuantity") || target.has("dueDate") || target.0.len() > 1 {
        body.push("target", target);
    }
    let author = act.child("author").and_then(|author| cx.actor(author));
    let is_person = |actor: &Value| actor["reference"].as_str().is_some_and(|key| key.starts_with("Practitioner"));
    body.set("expressedBy", author.filter(is_person));
    body.set("note", notes(cx, act));
    Ok(vec![cx.add("Goal", act, body)])
}

fn status(act: Node<'_>) -> &'static str {
    match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("completed") => "completed",
        Some("aborted" | "cancelled") => "cancelled",
        Some("suspended" | "held") => "on-hold",
        Some("new") => "proposed",
        Some("nullified") => "entered-in-error",
        _ => "active",
    }
}

fn priority<'a>(cx: &Context<'a>, act: Node<'a>) -> Value {
    let told = act.related_a(PRIORITY).filter_map(|inner| inner.child("value"));
    for value in told {
        let of_ours = match value.attr("code") {
            Some("394849002") => Some("high-priority"),
            Some("394848005") => Some("medium-priority"),
            Some("441808003") => Some("low-priority"),
            _ => None,
        };
        if let Some(code) = of_ours {
            return coded("http://terminology.hl7.org/CodeSystem/goal-priority", code, None);
        }
        let concept = cx.concept(value);
        if !concept.is_null() {
            return concept;
        }
    }
    Value::Null
}
