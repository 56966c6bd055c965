//! Diagnoses on admission, at discharge, before and after an operation → Condition, listed in the encounter.

use serde_json::Value;

use super::concepts::coded;
use super::context::Context;
use super::encounters::diagnose;
use super::node::Node;
use super::problems::condition;
use super::section::{Read, Section, each, unknown};

pub static SECTION: Section = Section {
    id: "diagnoses",
    templates: &[
        "2.16.840.1.113883.10.20.22.2.43",
        "2.16.840.1.113883.10.20.22.2.24",
        "2.16.840.1.113883.10.20.22.2.34",
        "2.16.840.1.113883.10.20.22.2.35",
        "2.16.840.1.113883.10.20.22.2.36",
        "2.16.840.1.113883.10.20.22.2.29",
    ],
    loinc: &["46241-6", "42347-5", "11535-2", "78375-3", "10219-4", "10218-6", "59769-0", "59768-2", "29308-4"],
    titles: &[
        "admission diagnosis",
        "hospital admission diagnosis",
        "discharge diagnosis",
        "hospital discharge diagnosis",
        "preoperative diagnosis",
        "postoperative diagnosis",
        "postprocedure diagnosis",
        "procedure indications",
    ],
    entries: &[
        (ADMISSION, wrapped),
        (DISCHARGE, wrapped),
        (BEFORE, wrapped),
        (AFTER, wrapped),
        (VISIT, wrapped),
        (INDICATION, indication),
    ],
    other,
};

const ADMISSION: &str = "2.16.840.1.113883.10.20.22.4.34";
const DISCHARGE: &str = "2.16.840.1.113883.10.20.22.4.33";
const BEFORE: &str = "2.16.840.1.113883.10.20.22.4.65";
const AFTER: &str = "2.16.840.1.113883.10.20.22.4.51";
const VISIT: &str = "2.16.840.1.113883.10.20.22.4.80";
const INDICATION: &str = "2.16.840.1.113883.10.20.22.4.19";
const ROLE: &str = "http://terminology.hl7.org/CodeSystem/diagnosis-role";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "act" if act.related().next().is_some() => wrapped(cx, act),
        "observation" if act.child("value").is_some() => indication(cx, act),
        _ => unknown(cx, act),
    }
}

/// An act around the problems diagnosed.
fn wrapped<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let inside = act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation");
    let keys = each(cx, inside, |cx, problem| Ok(vec![condition(cx, problem, None)?]))?;
    list(cx, act, &keys);
    Ok(keys)
}

/// An Indication, or a problem without an act around it.
fn indication<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let keys = vec![condition(cx, act, None)?];
    list(cx, act, &keys);
    Ok(keys)
}

/// Lists them in the encounter the document is about.
fn list<'a>(cx: &mut Context<'a>, act: Node<'a>, conditions: &[String]) {
    let Some(encounter) = cx.encounter.clone() else { return };
    let role = role(cx, act);
    for condition in conditions {
        diagnose(cx, &encounter, condition, role.clone());
    }
}

fn role<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<Value> {
    let section = cx.section.and_then(|section| section.node.code());
    let (code, display) = match section {
        _ if act.is_a(ADMISSION) => ("AD", "Admission diagnosis"),
        _ if act.is_a(DISCHARGE) => ("DD", "Discharge diagnosis"),
        _ if act.is_a(BEFORE) => ("pre-op", "pre-op diagnosis"),
        _ if act.is_a(AFTER) => ("post-op", "post-op diagnosis"),
        Some("46241-6" | "42347-5") => ("AD", "Admission diagnosis"),
        Some("11535-2" | "78375-3") => ("DD", "Discharge diagnosis"),
        Some("10219-4") => ("pre-op", "pre-op diagnosis"),
        Some("10218-6" | "59769-0") => ("post-op", "post-op diagnosis"),
        _ => return None,
    };
    Some(coded(ROLE, code, Some(display)))
}

#[cfg(test)]
mod tests;
