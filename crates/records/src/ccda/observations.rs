//! What all observation acts have in common → Observation.

use serde_json::{Value, json};

use super::concepts::{absent_reason, coded, coding, worded};
use super::context::Context;
use super::fields::{Choice, Fields};
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::quantities;

pub const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
pub const US_CATEGORY: &str = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category";
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
const COMMENT: &str = "2.16.840.1.113883.10.20.22.4.64";

/// What the place of an observation says about it.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// System and code.
    pub category: (&'static str, &'static str),
    /// The organizer around it, which lends time, performer and author.
    pub around: Option<Node<'a>>,
}

/// The members of an Observation: everything but what a section knows better.
///
/// # Errors
/// When it does not say what was observed, or says that something was not.
pub fn observation<'a>(cx: &mut Context<'a>, act: Node<'a>, setting: Setting<'a>) -> Result<Fields, LossReason> {
    // FHIR has no way to say that something was not observed.
    if act.is_negated() {
        return Err(LossReason::Negated);
    }
    let values: Vec<Node<'a>> = act.children("value").collect();
    let code = named(cx, act).ok_or(LossReason::Nameless)?;
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", status(act));
    let (system, category) = setting.category;
    body.set("category", vec![coded(system, category, None)]);
    body.set("code", code.clone());
    body.set("subject", cx.subject());
    let effective = when(cx, act).or_else(|| lent_time(cx, setting.around?));
    body.set("encounter", cx.encounter_at(effective.as_ref()));
    body.choice("effective", effective);
    let performers = performers(cx, act, setting.around);
    body.set("performer", performers);
    let told: Vec<Choice> = values.iter().filter_map(|value| cx.value(*value)).collect();
    match told.len() {
        0 => {
            let null = values.first().and_then(|value| value.null_flavor());
            body.set("dataAbsentReason", absent(null.unwrap_or("UNK")));
        }
        1 => {
            body.choice("value", told.into_iter().next());
        }
        // One Observation has one value: several are its components.
        _ => {
            for value in told {
                let mut component = Fields::new().with("code", code.clone());
                component.choice("value", Some(value));
                body.push("component", component);
            }
        }
    }
    let interpretations: Vec<Value> = act.children("interpretationCode").map(|code| interpretation(cx, code)).collect();
    body.set("interpretation", interpretations.into_iter().filter(|one| !one.is_null()).collect::<Vec<_>>());
    body.set("note", notes(cx, act));
    body.set("bodySite", first_concept(cx, act, "targetSiteCode"));
    body.set("method", first_concept(cx, act, "methodCode"));
    for range in act.children("referenceRange").filter_map(|range| range.child("observationRange")) {
        body.push("referenceRange", reference_range(cx, range));
    }
    Ok(body)
}

/// What an act is called: its code, else its words, else those of its value.
pub fn named<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<Value> {
    let code = act.child("code").map_or(Value::Null, |code| cx.concept(code));
    if !code.is_null() {
        return Some(code);
    }
    cx.act_text(act).map(worded)
}

/// `completed` is what the templates ask for, so that is what its absence means.
fn status(act: Node<'_>) -> &'static str {
    match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("completed") | None => "final",
        Some("active" | "held" | "suspended" | "new") => "registered",
        Some("aborted" | "cancelled") => "cancelled",
        Some("nullified") => "entered-in-error",
        Some(_) => "unknown",
    }
}

pub fn when<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<Choice> {
    act.children("effectiveTime").find_map(|time| cx.when(time))
}

fn lent_time<'a>(cx: &mut Context<'a>, around: Node<'a>) -> Option<Choice> {
    if let Some(known) = cx.lent.get(&around.place()).and_then(|lent| lent.when.clone()) {
        return known;
    }
    let time = when(cx, around);
    cx.lent.entry(around.place()).or_default().when = Some(time.clone());
    time
}

/// Those who did it, else those who wrote it down. A machine is no performer in FHIR.
pub fn performers<'a>(cx: &mut Context<'a>, act: Node<'a>, around: Option<Node<'a>>) -> Vec<Value> {
    for name in ["performer", "author"] {
        let people = people(cx, act, name);
        let people = if people.is_empty() { around.map_or(people, |around| lent(cx, around, name)) } else { people };
        if !people.is_empty() {
            return people;
        }
    }
    Vec::new()
}

fn people<'a>(cx: &mut Context<'a>, act: Node<'a>, name: &str) -> Vec<Value> {
    cx.actors(act, name).into_iter().filter(|actor| !is_device(actor)).collect()
}

fn lent<'a>(cx: &mut Context<'a>, around: Node<'a>, name: &'static str) -> Vec<Value> {
    if let Some(known) = cx.lent.get(&around.place()).and_then(|lent| lent.actors.get(name)) {
        return known.clone();
    }
    let people = people(cx, around, name);
    cx.lent.entry(around.place()).or_default().actors.insert(name, people.clone());
    people
}

pub fn is_device(actor: &Value) -> bool {
    actor["reference"].as_str().is_some_and(|key| key.starts_with("Device/"))
}

/// The texts of the comments on an act.
pub fn notes<'a>(cx: &Context<'a>, act: Node<'a>) -> Vec<Value> {
    let comments =
        act.related().map(|(_, inner)| inner).filter(|inner| inner.is_a(COMMENT) || inner.code() == Some("48767-8"));
    comments.filter_map(|comment| cx.act_text(comment)).map(|text| json!({ "text": text })).collect()
}

pub fn first_concept<'a>(cx: &Context<'a>, act: Node<'a>, name: &str) -> Value {
    act.children(name).map(|code| cx.concept(code)).find(|concept| !concept.is_null()).unwrap_or(Value::Null)
}

/// Many write the letter without its system.
fn interpretation<'a>(cx: &Context<'a>, code: Node<'a>) -> Value {
    match (code.attr("code"), code.attr("codeSystem")) {
        (Some(letter), None) if letter.len() <= 3 && code.null_flavor().is_none() => {
            Fields::new().with("coding", vec![coding(INTERPRETATION, letter, code.attr("displayName"))]).into()
        }
        _ => cx.concept(code),
    }
}

/// Only ranges of what is normal: critical and other bounds are told with their own interpretation.
fn reference_range<'a>(cx: &Context<'a>, range: Node<'a>) -> Value {
    let meaning = range.child("interpretationCode").and_then(|code| code.attr("code"));
    if meaning.is_some_and(|meaning| meaning != "N") {
        return Value::Null;
    }
    let mut out = Fields::new();
    let value = range.child("value");
    if let Some(Value::Object(bounds)) = value.map(quantities::range) {
        for (name, bound) in bounds {
            out.set(&name, bound);
        }
    }
    let text = range.child("text").and_then(|text| cx.words(text));
    let text = text.or_else(|| {
        value.filter(|value| matches!(value.xsi_type(), Some("ST" | "ED"))).and_then(|value| cx.words(value))
    });
    out.set("text", text);
    if !out.has("text") && !out.has("low") && !out.has("high") {
        // A coded range, such as "negative".
        let words = value.and_then(|value| cx.value(value)).map(|choice| choice.value);
        out.set("text", words.and_then(|words| words["text"].as_str().or(words.as_str()).map(str::to_owned)));
    }
    out.into()
}

fn absent(null_flavor: &str) -> Value {
    coded(super::concepts::DATA_ABSENT, absent_reason(null_flavor), None)
}

/// Adds the values of observations inside as components, in their order.
pub fn components<'a>(cx: &mut Context<'a>, body: &mut Fields, acts: impl Iterator<Item = Node<'a>>) {
    for act in acts {
        let Some(code) = named(cx, act) else {
            cx.lost.push((act, LossReason::Nameless));
            continue;
        };
        let mut component = Fields::new().with("code", code);
        match act.child("value").and_then(|value| cx.value(value)) {
            Some(value) => component.choice("value", Some(value)),
            None => {
                let null = act.child("value").and_then(Node::null_flavor).unwrap_or("UNK");
                component.set("dataAbsentReason", absent(null))
            }
        };
        body.push("component", component);
    }
}
