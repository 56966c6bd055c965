//! Notes and files inside a document → DocumentReference.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::concepts::{coded, worded};
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::keys::hashed;
use super::losses::LossReason;
use super::node::Node;
use super::section::{Read, Section, part, unknown};

pub static SECTION: Section = Section {
    id: "notes",
    templates: &["2.16.840.1.113883.10.20.22.2.65"],
    loinc: &["34109-9"],
    titles: &["notes", "clinical notes", "progress notes"],
    entries: &[(NOTE, note), (COMMENT, note)],
    other,
};

const NOTE: &str = "2.16.840.1.113883.10.20.22.4.202";
const COMMENT: &str = "2.16.840.1.113883.10.20.22.4.64";
const CATEGORY: &str = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category";
const LOINC: &str = "http://loinc.org";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.name() == "act" && act.child("text").is_some() { note(cx, act) } else { unknown(cx, act) }
}

/// A Note Activity, or a comment that belongs to nothing.
fn note<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let mut attachments: Vec<Value> =
        act.children("text").map(|text| cx.attachment(text)).filter(|one| !one.is_null()).collect();
    // A note that refers to nothing in a section of notes means what the section says.
    let refers = act.path(&["text", "reference"]).is_some() && cx.section_id() == Some("notes");
    if attachments.is_empty()
        && refers
        && let Some(text) = cx.section.and_then(|section| section.node.child("text"))
    {
        attachments.extend(Some(cx.attachment_of_narrative(text)).filter(|one| !one.is_null()));
    }
    if attachments.is_empty() {
        return Err(LossReason::Empty);
    }
    let body = document(cx, act, attachments);
    let body = body.with("category", vec![coded(CATEGORY, "clinical-note", Some("Clinical Note"))]);
    Ok(vec![cx.add("DocumentReference", act, body)])
}

/// The DocumentReference of an act that holds files or texts.
fn document<'a>(cx: &mut Context<'a>, act: Node<'a>, attachments: Vec<Value>) -> Fields {
    let status = act.child("statusCode").and_then(|status| status.attr("code"));
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", if status == Some("nullified") { "entered-in-error" } else { "current" });
    body.set(
        "docStatus",
        match status {
            Some("completed") => Some("final"),
            Some("active" | "new" | "held" | "suspended") => Some("preliminary"),
            Some("nullified") => Some("entered-in-error"),
            _ => None,
        },
    );
    body.set("type", kind(cx, act));
    body.set("subject", cx.subject());
    let written =
        act.children("author").find_map(|author| cx.start(author.child("time")?).filter(|at| at.instant().is_some()));
    let written = written.or_else(|| act.children("effectiveTime").find_map(|time| cx.start(time)));
    // An instant takes a time of day.
    body.set("date", written.map(|at| at.date_time()).filter(|at| at.contains('T')));
    let authors = cx.actors(act, "author");
    body.set("author", authors);
    let authenticator =
        act.children("participant").filter(|one| one.attr("typeCode") == Some("LA")).find_map(|one| cx.actor(one));
    body.set(
        "authenticator",
        authenticator.filter(|who| who["reference"].as_str().is_some_and(|key| !key.starts_with("Device/"))),
    );
    body.set(
        "content",
        attachments.into_iter().map(|attachment| json!({ "attachment": attachment })).collect::<Vec<_>>(),
    );
    let visits = act.related().filter(|(_, inner)| inner.name() == "encounter");
    let mut visits: Vec<String> =
        visits.map(|(_, visit)| format!("Encounter/{}", cx.id_of("Encounter", visit))).collect();
    visits.retain(|visit| cx.has(visit));
    if visits.is_empty() {
        visits.extend(cx.encounter.clone());
    }
    let period = act.children("effectiveTime").map(|time| cx.period(time)).find(|period| !period.is_null());
    body.set(
        "context",
        Fields::new()
            .with("encounter", visits.iter().map(|visit| Context::reference(visit)).collect::<Vec<_>>())
            .with("period", period),
    );
    body
}

/// What kind of note: 34109-9 says no more than "note", so its translations come first.
fn kind<'a>(cx: &Context<'a>, act: Node<'a>) -> Value {
    let told = act.child("code").map_or(Value::Null, |code| cx.concept(code));
    let Value::Object(mut members) = told else {
        let section =
            cx.section.and_then(|section| section.node.child("code")).map_or(Value::Null, |code| cx.concept(code));
        return if section.is_null() { coded(LOINC, "34109-9", Some("Note")) } else { section };
    };
    if let Some(Value::Array(codings)) = members.get_mut("coding")
        && codings.len() > 1
    {
        codings.sort_by_key(|coding| coding["code"] == "34109-9");
        if let Some(display) = codings[0]["display"].as_str().map(str::to_owned) {
            members.insert("text".to_owned(), display.into());
        }
    }
    Value::Object(members)
}

/// An image or another file that stands in an entry of its own.
pub fn media<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let attachments: Vec<Value> =
        act.children("value").map(|value| cx.attachment(value)).filter(|one| !one.is_null()).collect();
    if attachments.is_empty() {
        return Err(LossReason::Empty);
    }
    let mut body = document(cx, act, attachments);
    if act.child("code").is_none() {
        let title = cx.section.and_then(|section| section.node.child("title")).and_then(Node::text);
        body.set("type", title.map(worded));
    }
    Ok(vec![cx.add("DocumentReference", act, body)])
}

/// The notes and files anywhere inside an act that was read: notes on it, and values that are files.
pub fn inside<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Vec<String> {
    let mut keys = Vec::new();
    for inner in act.descendants().filter(|inner| inner.is_act()) {
        if inner.is_a(NOTE) {
            keys.extend(part(cx, inner, note).unwrap_or_default());
        } else if inner.name() == "observationMedia" {
            keys.extend(part(cx, inner, media).unwrap_or_default());
        }
    }
    let printed = printed(cx, act);
    for observation in std::iter::once(act).chain(act.descendants()).filter(|node| node.name() == "observation") {
        let files = if printed.contains(&observation.place()) { vec![] } else { files(cx, observation) };
        if files.is_empty() {
            continue;
        }
        let body = document(cx, observation, files);
        let id = hashed("DocumentReference", &[&cx.id_of("DocumentReference", observation), "value"]);
        let file = cx.add_as("DocumentReference", id, body);
        let result = format!("Observation/{}", cx.id_of("Observation", observation));
        if let Some(result) = cx.made(&result) {
            result.push("derivedFrom", Context::reference(&file));
            result.0.remove("dataAbsentReason");
        }
        keys.push(file);
    }
    keys
}

/// Results of a panel that are files are the printed form of its report. Returns the places of these results.
fn printed<'a>(cx: &mut Context<'a>, act: Node<'a>) -> HashSet<u32> {
    let mut told = HashSet::new();
    for panel in std::iter::once(act).chain(act.descendants()).filter(|node| node.name() == "organizer") {
        let results = panel.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation");
        let results: Vec<Node<'a>> = results.filter(|inner| inner.children("value").any(is_file)).collect();
        if results.is_empty() {
            continue;
        }
        let report = format!("DiagnosticReport/{}", cx.id_of("DiagnosticReport", panel));
        // Told a second time, it has them already.
        let is_new = match cx.made(&report) {
            Some(report) => !report.has("presentedForm"),
            None => continue,
        };
        for result in results {
            told.insert(result.place());
            let files = if is_new { files(cx, result) } else { vec![] };
            let observation = format!("Observation/{}", cx.id_of("Observation", result));
            if let Some(report) = cx.made(&report) {
                files.into_iter().for_each(|file| {
                    report.push("presentedForm", file);
                });
            }
            if let Some(observation) = cx.made(&observation) {
                observation.0.remove("dataAbsentReason");
            }
        }
    }
    told
}

fn is_file(value: Node<'_>) -> bool {
    value.attr("representation") == Some("B64")
}

fn files<'a>(cx: &Context<'a>, observation: Node<'a>) -> Vec<Value> {
    let values = observation.children("value").filter(|value| is_file(*value));
    values.map(|value| cx.attachment(value)).filter(|one| !one.is_null()).collect()
}

#[cfg(test)]
mod tests;
