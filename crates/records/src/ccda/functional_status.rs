//! Functional and mental status → Observation.

use super::context::Context;
use super::fields::Fields;
use super::node::Node;
use super::observations::{CATEGORY, Setting, US_CATEGORY, components, named, observation};
use super::problems;
use super::section::{Read, Reader, Section, each, part, unknown};

pub static FUNCTIONAL: Section = Section {
    id: "functional_status",
    templates: &["2.16.840.1.113883.10.20.22.2.14"],
    loinc: &["47420-5"],
    titles: &["functional status", "functional and cognitive status"],
    entries: ENTRIES,
    other,
};

pub static MENTAL: Section = Section {
    id: "mental_status",
    templates: &["2.16.840.1.113883.10.20.22.2.56"],
    loinc: &["10190-7"],
    titles: &["mental status", "cognitive status"],
    entries: &[],
    other,
};

const ENTRIES: &[(&str, Reader)] = &[
    ("2.16.840.1.113883.10.20.22.4.66", organizer),
    ("2.16.840.1.113883.10.20.22.4.75", organizer),
    (SCALE, scale),
    ("2.16.840.1.113883.10.20.22.4.128", status),
    ("2.16.840.1.113883.10.20.22.4.127", status),
    ("2.16.840.1.113883.10.20.22.4.67", status),
    ("2.16.840.1.113883.10.20.22.4.74", status),
    ("2.16.840.1.113883.10.20.22.4.505", status),
    // Problems of function and mind, as the first release wrote them.
    ("2.16.840.1.113883.10.20.22.4.68", finding),
    ("2.16.840.1.113883.10.20.22.4.73", finding),
];

const SCALE: &str = "2.16.840.1.113883.10.20.22.4.69";
const SUPPORTING: &str = "2.16.840.1.113883.10.20.22.4.86";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "organizer" => organizer(cx, act),
        "observation" if act.child("value").is_some() => status(cx, act),
        "act" if act.related().any(|(_, inner)| inner.name() == "observation") => {
            each(cx, act.related().map(|(_, inner)| inner), other)
        }
        _ => unknown(cx, act),
    }
}

fn category(cx: &Context<'_>, act: Node<'_>) -> (&'static str, &'static str) {
    let is_mental = cx.section_id() == Some("mental_status") || act.is_a("2.16.840.1.113883.10.20.22.4.74");
    if is_mental { (US_CATEGORY, "cognitive-status") } else { (US_CATEGORY, "functional-status") }
}

/// A group of observations: each of them, and the group when it has a name.
fn organizer<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let inside = act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation");
    let mut keys =
        each(cx, inside, |cx, inner| if inner.is_a(SCALE) { scale(cx, inner) } else { told(cx, inner, Some(act)) })?;
    if named(cx, act).is_some() && !act.is_negated() {
        let setting = Setting { category: category(cx, act), around: None };
        let mut body: Fields = observation(cx, act, setting)?;
        body.0.shift_remove("dataAbsentReason");
        body.set("hasMember", keys.iter().map(|key| Context::reference(key)).collect::<Vec<_>>());
        keys.insert(0, cx.add("Observation", act, body));
    }
    Ok(keys)
}

fn status<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    told(cx, act, None)
}

fn told<'a>(cx: &mut Context<'a>, act: Node<'a>, around: Option<Node<'a>>) -> Read {
    let setting = Setting { category: category(cx, act), around };
    let body = observation(cx, act, setting)?;
    let mut keys = vec![cx.add("Observation", act, body)];
    // The scale a status was found with.
    for inner in act.related_a(SCALE) {
        keys.extend(part(cx, inner, scale).unwrap_or_default());
    }
    Ok(keys)
}

/// An assessment scale with its score, and its items as components.
pub fn scale<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let mut body = observation(cx, act, Setting { category: (CATEGORY, "survey"), around: None })?;
    let items: Vec<Node<'a>> = act
        .related()
        .map(|(_, inner)| inner)
        .filter(|inner| inner.name() == "observation" && (inner.is_a(SUPPORTING) || inner.child("value").is_some()))
        .collect();
    if !body.has("component") {
        components(cx, &mut body, items.into_iter());
    }
    Ok(vec![cx.add("Observation", act, body)])
}

fn finding<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    Ok(vec![problems::condition(cx, act, None)?])
}

#[cfg(test)]
mod tests;
