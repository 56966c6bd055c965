//! Health concerns, risks, evaluations and nutrition → Condition and Observation.

use super::concepts::{CONDITION_CLINICAL, coded};
use super::context::Context;
use super::fields::{Choice, Fields};
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::observations::{CATEGORY, Setting, notes, observation};
use super::problems;
use super::section::{REFERENCE, Read, Reader, Section, by_template, each, part, unknown};

pub static CONCERNS: Section = Section {
    id: "health_concerns",
    templates: &["2.16.840.1.113883.10.20.22.2.58"],
    loinc: &["75310-3"],
    titles: &["health concerns"],
    entries: &[
        ("2.16.840.1.113883.10.20.22.4.132", concern),
        ("2.16.840.1.113883.10.20.22.4.136", concern),
        ("2.16.840.1.113883.10.20.22.4.5", finding),
    ],
    other,
};

pub static OUTCOMES: Section = Section {
    id: "outcomes",
    templates: &["2.16.840.1.113883.10.20.22.2.61"],
    loinc: &["11383-7"],
    titles: &["health status evaluations and outcomes"],
    entries: &[("2.16.840.1.113883.10.20.22.4.144", finding)],
    other,
};

pub static NUTRITION: Section = Section {
    id: "nutrition",
    templates: &["2.16.840.1.113883.10.20.22.2.57"],
    loinc: &["61144-2"],
    titles: &["nutrition"],
    entries: NUTRITION_ENTRIES,
    other,
};

const NUTRITION_ENTRIES: &[(&str, Reader)] =
    &[("2.16.840.1.113883.10.20.22.4.124", finding), ("2.16.840.1.113883.10.20.22.4.138", finding)];

const CONDITION_CATEGORY: &str = "http://hl7.org/fhir/us/core/CodeSystem/condition-category";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "act" => concern(cx, act),
        "observation" if act.child("value").is_some() => finding(cx, act),
        "organizer" => each(cx, act.related().map(|(_, inner)| inner), |cx, inner| by_template(cx, inner, other)),
        _ => unknown(cx, act),
    }
}

/// A concern: what it is made of, else its own words as a Condition.
fn concern<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let mut keys = Vec::new();
    for (_, inner) in act.related() {
        // Priorities and references to entries elsewhere are no concerns.
        if inner.is_a("2.16.840.1.113883.10.20.22.4.143") || inner.is_a(REFERENCE) {
            continue;
        }
        keys.extend(part(cx, inner, |cx, inner| by_template(cx, inner, other)).unwrap_or_default());
    }
    if !keys.is_empty() {
        return Ok(keys);
    }
    let Some(words) = cx.act_text(act) else {
        let only_refers = act.related().any(|(_, inner)| inner.is_a(REFERENCE));
        return Err(if only_refers { LossReason::Repeated } else { LossReason::Nameless });
    };
    let is_over = matches!(
        act.child("statusCode").and_then(|status| status.attr("code")),
        Some("completed" | "aborted" | "suspended")
    );
    let onset = act.child("effectiveTime").and_then(|time| cx.start(time));
    let body = Fields::new()
        .with("identifier", identifiers(act))
        .with("clinicalStatus", coded(CONDITION_CLINICAL, if is_over { "inactive" } else { "active" }, None))
        .with("verificationStatus", coded(VERIFICATION, "confirmed", None))
        .with("category", vec![coded(CONDITION_CATEGORY, "health-concern", Some("Health Concern"))])
        .with("code", super::concepts::worded(words))
        .with("subject", cx.subject())
        .with("recordedDate", cx.recorded(act));
    let mut body = body;
    body.choice("onset", onset.map(|at| Choice { suffix: "DateTime", value: at.date_time().into() }));
    body.set("note", notes(cx, act));
    Ok(vec![cx.add("Condition", act, body)])
}

/// An observation about the state of health. A problem told in its place stays a problem.
fn finding<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.code() == Some("ASSERTION") && act.child("value").and_then(|value| value.xsi_type()) == Some("CD") {
        return Ok(vec![problems::condition(cx, act, None)?]);
    }
    let body = observation(cx, act, Setting { category: (CATEGORY, "survey"), around: None })?;
    let mut keys = vec![cx.add("Observation", act, body)];
    let inside: Vec<Node<'a>> =
        act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation").collect();
    for inner in inside {
        keys.extend(part(cx, inner, |cx, inner| by_template(cx, inner, unknown)).unwrap_or_default());
    }
    Ok(keys)
}
