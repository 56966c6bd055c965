//! Instructions to the person → ServiceRequest with its words, or a note.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::concepts::{coded, worded};
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::narrative;
use super::node::Node;
use super::section::{Read, Reader, Section, unknown};

pub static SECTION: Section = Section {
    id: "instructions",
    templates: &["2.16.840.1.113883.10.20.22.2.45"],
    loinc: &["69730-0"],
    titles: &["instructions", "patient instructions"],
    entries: ENTRIES,
    other,
};

pub static DISCHARGE: Section = Section {
    id: "discharge_instructions",
    templates: &["2.16.840.1.113883.10.20.22.2.41"],
    loinc: &["8653-8"],
    titles: &["discharge instructions", "hospital discharge instructions"],
    entries: &[],
    other,
};

const ENTRIES: &[(&str, Reader)] = &[("2.16.840.1.113883.10.20.22.4.20", instruction)];

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.name() == "act" { instruction(cx, act) } else { unknown(cx, act) }
}

/// One instruction, told in words.
pub fn instruction<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let code = act.child("code").map_or(serde_json::Value::Null, |code| cx.concept(code));
    let words = cx.act_text(act).or_else(|| code["text"].as_str().map(str::to_owned));
    let Some(words) = words else {
        let is_null = act.child("code").is_some_and(|code| code.null_flavor().is_some());
        return Err(if is_null { LossReason::Null } else { LossReason::Nameless });
    };
    let status = match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("nullified") => "entered-in-error",
        Some("aborted" | "cancelled") => "revoked",
        _ => "completed",
    };
    let body = Fields::new()
        .with("identifier", identifiers(act))
        .with("status", status)
        .with("intent", "directive")
        .with("code", if code.is_null() { worded("Instruction") } else { code })
        .with("subject", cx.subject())
        .with("encounter", cx.encounter.clone().map(|key| Context::reference(&key)))
        .with("authoredOn", cx.recorded(act))
        .with("patientInstruction", words);
    Ok(vec![cx.add("ServiceRequest", act, body)])
}

/// A section of instructions that is told in words only, as a note of its type.
pub fn told<'a>(cx: &mut Context<'a>, section: Node<'a>) -> Option<String> {
    let words = narrative::words(section.child("text")?)?;
    let kind = section.child("code").map(|code| cx.concept(code)).filter(|code| !code.is_null())?;
    let written = cx.document.child("effectiveTime").and_then(|time| cx.start(time)?.instant());
    let title = section.child("title").and_then(Node::text);
    let attachment = json!({
        "contentType": "text/plain; charset=utf-8",
        "data": STANDARD.encode(words.as_bytes()),
        "title": title.clone().unwrap_or_else(|| "Instructions".to_owned()),
    });
    let category = coded(
        "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
        "clinical-note",
        Some("Clinical Note"),
    );
    let mut context = Fields::new();
    context.set("encounter", cx.encounter.clone().map(|key| vec![Context::reference(&key)]));
    let body = Fields::new()
        .with("status", "current")
        .with("type", kind)
        .with("category", vec![category])
        .with("subject", cx.subject())
        .with("date", written.map(domain::Timestamp::to_iso))
        .with("content", json!([{ "attachment": attachment }]))
        .with("context", context);
    let id = super::keys::hashed("DocumentReference", &["instructions", &cx.patient.clone(), &words]);
    Some(cx.add_as("DocumentReference", id, body))
}
