//! Vital signs → Observation, blood pressure with its two components.

use std::collections::{HashMap, HashSet, VecDeque};

use serde_json::{Value, json};

use super::concepts::{code_in, coding};
use super::context::Context;
use super::fields::Fields;
use super::keys::hashed;
use super::losses::LossReason;
use super::node::Node;
use super::observations::{CATEGORY, Setting, observation};
use super::section::{Read, Reader, Section, each, unknown};

pub static SECTION: Section = Section {
    id: "vital_signs",
    templates: &["2.16.840.1.113883.10.20.22.2.4.1", "2.16.840.1.113883.10.20.22.2.4"],
    loinc: &["8716-3"],
    titles: &["vital signs", "vitals"],
    entries: ENTRIES,
    other,
};

const ORGANIZER: &str = "2.16.840.1.113883.10.20.22.4.26";
const VITAL: &str = "2.16.840.1.113883.10.20.22.4.27";
const ENTRIES: &[(&str, Reader)] = &[(ORGANIZER, organizer), (VITAL, vital)];

const LOINC_OID: &str = "2.16.840.1.113883.6.1";
const LOINC: &str = "http://loinc.org";
const SYSTOLIC: &str = "8480-6";
const DIASTOLIC: &str = "8462-4";
/// Both mean oxygen saturation; US Core wants them together.
const OXYGEN: [&str; 2] = ["59408-5", "2708-6"];

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "organizer" => organizer(cx, act),
        "observation" if act.child("value").is_some() => vital(cx, act),
        _ => unknown(cx, act),
    }
}

/// A set taken together. Its measurements carry its time; systolic and diastolic pressure of one time are one.
fn organizer<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let inside = || act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation");
    let of = |code: &'static str| inside().filter(move |inner| loinc(*inner) == Some(code));
    let mut lower: HashMap<Option<String>, VecDeque<Node<'a>>> = HashMap::new();
    for diastolic in of(DIASTOLIC) {
        lower.entry(cx.date_time(diastolic, "effectiveTime")).or_default().push_back(diastolic);
    }
    // By the place of the systolic one.
    let (mut pairs, mut paired) = (HashMap::new(), HashSet::new());
    for systolic in of(SYSTOLIC) {
        let diastolic = lower.get_mut(&cx.date_time(systolic, "effectiveTime")).and_then(VecDeque::pop_front);
        paired.extend(diastolic.map(Node::place));
        pairs.insert(systolic.place(), diastolic);
    }
    let rest = inside().filter(|inner| loinc(*inner) != Some(SYSTOLIC) && !paired.contains(&inner.place()));
    each(cx, of(SYSTOLIC).chain(rest), |cx, inner| match pairs.get(&inner.place()) {
        Some(diastolic) => pressure(cx, inner, *diastolic, act),
        None => Ok(vec![one(cx, inner, Some(act))?]),
    })
}

fn vital<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    Ok(vec![one(cx, act, None)?])
}

fn one<'a>(cx: &mut Context<'a>, act: Node<'a>, around: Option<Node<'a>>) -> Result<String, LossReason> {
    let mut body = observation(cx, act, Setting { category: (CATEGORY, "vital-signs"), around })?;
    if let Some(Value::Array(codings)) = body.0.get_mut("code").and_then(|code| code.get_mut("coding")) {
        let has = |codings: &[Value], code: &str| codings.iter().any(|coding| coding["code"] == code);
        if OXYGEN.iter().any(|code| has(codings, code)) {
            for code in OXYGEN {
                if !has(codings, code) {
                    codings.push(coding(LOINC, code, None));
                }
            }
        }
    }
    Ok(cx.add("Observation", act, body))
}

fn loinc<'a>(act: Node<'a>) -> Option<&'a str> {
    code_in(act.child("code")?, LOINC_OID)
}

/// One Observation of the panel 85354-9. A pressure that is missing or cannot be read is said to be missing.
fn pressure<'a>(cx: &mut Context<'a>, systolic: Node<'a>, diastolic: Option<Node<'a>>, around: Node<'a>) -> Read {
    let setting = Setting { category: (CATEGORY, "vital-signs"), around: Some(around) };
    let (upper, lower) = (observation(cx, systolic, setting), diastolic.map(|act| observation(cx, act, setting)));
    if let (Some(act), Some(Err(reason))) = (diastolic, &lower) {
        cx.lost.push((act, *reason));
    }
    let lower = lower.and_then(Result::ok);
    let (base, other) = match (&upper, &lower) {
        (Ok(upper), lower) => (upper.clone(), lower.clone()),
        (Err(reason), Some(lower)) => {
            cx.lost.push((systolic, *reason));
            (lower.clone(), None)
        }
        (Err(reason), None) => return Err(*reason),
    };
    let absent = |code: &str, display: &str| {
        json!({
            "code": { "coding": [coding(LOINC, code, Some(display))] },
            "dataAbsentReason": super::concepts::absent("UNK"),
        })
    };
    let components = vec![
        upper.as_ref().map_or_else(|_| absent(SYSTOLIC, "Systolic blood pressure"), component),
        lower.as_ref().map_or_else(|| absent(DIASTOLIC, "Diastolic blood pressure"), component),
    ];
    let mut body = Fields::new();
    for (name, value) in base.0 {
        match name.as_str() {
            "code" => {
                let panel = coding(LOINC, "85354-9", Some("Blood pressure panel with all children optional"));
                body.set("code", json!({ "coding": [panel], "text": "Blood pressure" }));
            }
            _ if PER_COMPONENT.contains(&name.as_str()) => {}
            "identifier" => {
                let mut all = value;
                if let (Value::Array(all), Some(Value::Array(more))) =
                    (&mut all, other.as_ref().and_then(|other| other.0.get("identifier")))
                {
                    all.extend(more.iter().filter(|one| !all.contains(one)).cloned().collect::<Vec<_>>());
                }
                body.set("identifier", all);
            }
            _ => {
                body.set(&name, value);
            }
        }
    }
    body.set("component", components);
    let parts =
        [cx.id_of("Observation", systolic), diastolic.map(|act| cx.id_of("Observation", act)).unwrap_or_default()];
    Ok(vec![cx.add_as("Observation", hashed("Observation", &["pressure", &parts[0], &parts[1]]), body)])
}

const PER_COMPONENT: &[&str] = &[
    "valueQuantity",
    "valueString",
    "valueCodeableConcept",
    "valueInteger",
    "valueRange",
    "dataAbsentReason",
    "interpretation",
    "referenceRange",
    "component",
];

fn component(of: &Fields) -> Value {
    let mut out = Fields::new();
    for (name, value) in &of.0 {
        if name == "code" || (PER_COMPONENT.contains(&name.as_str()) && name != "component") {
            out.set(name, value.clone());
        }
    }
    out.into()
}

#[cfg(test)]
mod tests;
