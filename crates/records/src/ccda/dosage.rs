//! How a drug is taken → Dosage.

use serde_json::Value;

use super::context::Context;
use super::fields::{Choice, Fields};
use super::node::Node;
use super::observations::first_concept;
use super::quantities::{compared, quantity, range, ratio, spoken};

const SIG: &str = "2.16.840.1.113883.10.20.22.4.147";
const INSTRUCTION: &str = "2.16.840.1.113883.10.20.22.4.20";

/// The Dosage of a substance administration; `None` when it says nothing.
pub fn dosage<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<Value> {
    let mut out = Fields::new();
    out.set("text", sig(cx, act));
    let instructions: Vec<String> =
        act.related_a(INSTRUCTION).filter_map(|instruction| cx.act_text(instruction)).collect();
    out.set("patientInstruction", instructions.join("\n"));
    out.set("timing", cx.timing(act));
    match as_needed(cx, act) {
        Some(Value::Bool(yes)) => {
            out.set("asNeededBoolean", yes);
        }
        Some(reason) => {
            out.set("asNeededCodeableConcept", reason);
        }
        None => {}
    }
    out.set("site", first_concept(cx, act, "approachSiteCode"));
    out.set("route", first_concept(cx, act, "routeCode"));
    let mut amount = Fields::new();
    amount.choice("dose", amounts(act.child("doseQuantity")));
    amount.choice("rate", amounts(act.child("rateQuantity")));
    out.set("doseAndRate", (!amount.is_empty()).then(|| vec![Value::from(amount)]));
    out.set("maxDosePerPeriod", act.child("maxDoseQuantity").map_or(Value::Null, ratio));
    (!out.is_empty()).then(|| out.into())
}

/// The dosage of a MedicationAdministration, which has a form of its own, or the words of a note. R4 takes one amount
/// only, so that a range stands in the text; and it takes no dosage without an amount (`mad-1`).
pub fn given<'a>(cx: &Context<'a>, act: Node<'a>) -> Result<Value, Option<String>> {
    let (site, route) = (first_concept(cx, act, "approachSiteCode"), first_concept(cx, act, "routeCode"));
    let mut words: Vec<String> = sig(cx, act).into_iter().collect();
    let mut amounts = Fields::new();
    for (name, member, label) in [("doseQuantity", "dose", "Dose"), ("rateQuantity", "rateQuantity", "Rate")] {
        let Some(told) = act.child(name) else { continue };
        let amount = quantity(told);
        if amount.is_null() {
            words.extend(spoken(told).map(|spoken| format!("{label}: {spoken}")));
        }
        amounts.set(member, amount);
    }
    if !amounts.is_empty() {
        let out = Fields::new().with("text", words.join("; ")).with("site", site).with("route", route);
        let out = out.with("dose", amounts.0.remove("dose")).with("rateQuantity", amounts.0.remove("rateQuantity"));
        return Ok(out.into());
    }
    for (label, concept) in [("Site", site), ("Route", route)] {
        words.extend(concept["text"].as_str().map(|text| format!("{label}: {text}")));
    }
    Err(Some(words.join("; ")).filter(|words| !words.is_empty()))
}

/// The words of the prescription: a free text sig, else the words of the activity itself.
fn sig<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<String> {
    let free = act.related().map(|(_, inner)| inner).find(|inner| inner.is_a(SIG) || inner.code() == Some("76662-6"));
    free.and_then(|free| cx.act_text(free)).or_else(|| cx.act_text(act))
}

/// The reason for which it is taken when needed, else that it is.
fn as_needed<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<Value> {
    let criterion = act.child("precondition")?.child("criterion");
    let value = criterion.and_then(|criterion| criterion.child("value")).map_or(Value::Null, |value| cx.concept(value));
    if !value.is_null() {
        return Some(value);
    }
    let code =
        criterion.and_then(|criterion| criterion.child("code")).filter(|code| code.attr("code") != Some("ASSERTION"));
    let code = code.map_or(Value::Null, |code| cx.concept(code));
    if !code.is_null() {
        return Some(code);
    }
    let words = criterion.and_then(|criterion| criterion.child("text")).and_then(|text| cx.words(text));
    Some(words.map_or(Value::Bool(true), super::concepts::worded))
}

fn amounts(node: Option<Node<'_>>) -> Option<Choice> {
    let node = node?;
    let choice = match range(node) {
        Value::Object(both) if both.len() == 2 => Choice { suffix: "Range", value: Value::Object(both) },
        _ => Choice { suffix: "Quantity", value: compared(node) },
    };
    (!choice.value.is_null()).then_some(choice)
}

#[cfg(test)]
mod tests;
