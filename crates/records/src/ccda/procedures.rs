//! Procedures → Procedure, and Observation for what one found.

use serde_json::{Value, json};

use super::concepts::codes_of;
use super::context::Context;
use super::fields::{Choice, Fields};
use super::identifiers::identifiers;
use super::keys::hashed;
use super::losses::LossReason;
use super::node::Node;
use super::observations::{self, CATEGORY, Setting, is_device, named, notes, observation};
use super::results;
use super::section::{Read, Reader, Section, unknown};

pub static SECTION: Section = Section {
    id: "procedures",
    templates: &["2.16.840.1.113883.10.20.22.2.7.1", "2.16.840.1.113883.10.20.22.2.7"],
    loinc: &["47519-4"],
    titles: &["procedures", "history of procedures", "surgical history", "past surgical history", "surgeries"],
    entries: ENTRIES,
    other,
};

/// Sections of operation and procedure notes about the procedure itself.
pub static OPERATIVE: Section = Section {
    id: "operative_note",
    templates: &[
        "2.16.840.1.113883.10.20.22.2.25",
        "2.16.840.1.113883.10.20.22.2.27",
        "2.16.840.1.113883.10.20.22.2.40",
    ],
    loinc: &["59774-0", "29554-3", "59773-2"],
    titles: &["anesthesia", "procedure description", "procedure implants"],
    entries: &[],
    other,
};

const PROCEDURE: &str = "2.16.840.1.113883.10.20.22.4.14";
const ENTRIES: &[(&str, Reader)] = &[
    (PROCEDURE, procedure),
    ("2.16.840.1.113883.10.20.22.4.12", procedure),
    ("2.16.840.1.113883.10.20.22.4.13", procedure),
    // The procedure an imaging report is about.
    ("2.16.840.1.113883.10.20.6.2.5", procedure),
];

const INDICATION: &str = "2.16.840.1.113883.10.20.22.4.19";
const METHOD: &str = "http://hl7.org/fhir/StructureDefinition/procedure-method";
/// Of FHIR R5, in the form it has in R4.
const COLLECTED_BY: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Specimen.collection.procedure";

/// "Procedure", "no procedure", "procedure not known".
const GENERIC: &[&str] = &["71388002", "416128008", "14734007"];

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "procedure" => procedure(cx, act),
        "act" | "observation" if act.child("code").is_some() => procedure(cx, act),
        _ => unknown(cx, act),
    }
}

/// A Procedure Activity of any of the three kinds.
pub fn procedure<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.is_negated() && act.child("code").is_some_and(|code| codes_of(code).any(|code| GENERIC.contains(&code))) {
        return Err(LossReason::NothingKnown);
    }
    let is_wish = matches!(act.attr("moodCode"), Some("INT" | "RQO" | "PRP" | "PRMS" | "ARQ"));
    let is_null = act.child("code").is_some_and(|code| code.null_flavor().is_some());
    let code = named(cx, act).ok_or(if is_null { LossReason::Null } else { LossReason::Nameless })?;
    let performed = observations::when(cx, act);
    let encounter = cx.encounter_at(performed.as_ref());
    let mut body = Fields::new().with("identifier", identifiers(act));
    if is_wish {
        return Ok(vec![wish(cx, act, body, code, performed)]);
    }
    body.set("status", status(act));
    body.set("code", code.clone());
    body.set("subject", cx.subject());
    body.set("encounter", encounter);
    body.choice("performed", performed);
    let author = act.child("author").and_then(|author| cx.actor(author));
    body.set("recorder", author.filter(is_person));
    let performers: Vec<Value> =
        act.children("performer").filter_map(|performer| performed_by(cx, performer)).collect();
    body.set("performer", performers);
    let place = cx.places(act).into_iter().next();
    body.set("location", place);
    body.set("reasonCode", indications(cx, act));
    body.set("bodySite", concepts(cx, act, "targetSiteCode"));
    for method in concepts(cx, act, "methodCode") {
        body.push("extension", json!({"url": METHOD, "valueCodeableConcept": method}));
    }
    let devices = cx.products(act);
    body.set("focalDevice", devices.iter().map(|device| json!({ "manipulated": device })).collect::<Vec<_>>());
    body.set("note", notes(cx, act));
    let complications = act.related().filter(|(_, inner)| inner.code() == Some("116223007"));
    let complications = complications.filter_map(|(_, inner)| inner.child("value"));
    body.set(
        "complication",
        complications.map(|value| cx.concept(value)).filter(|one| !one.is_null()).collect::<Vec<_>>(),
    );
    let procedure = cx.add("Procedure", act, body);
    let mut keys = vec![procedure.clone()];
    keys.extend(devices.iter().filter_map(key));
    keys.extend(specimen(cx, act, &procedure));
    keys.extend(found(cx, act, &procedure));
    Ok(keys)
}

/// The key in a reference.
pub fn key(reference: &Value) -> Option<String> {
    reference["reference"].as_str().map(str::to_owned)
}

fn is_person(who: &Value) -> bool {
    who["reference"].as_str().is_some_and(|key| key.starts_with("Practitioner"))
}

fn concepts<'a>(cx: &Context<'a>, act: Node<'a>, name: &str) -> Vec<Value> {
    act.children(name).map(|code| cx.concept(code)).filter(|concept| !concept.is_null()).collect()
}

/// Why: indications, and whatever else is given as a reason.
pub fn indications<'a>(cx: &Context<'a>, act: Node<'a>) -> Vec<Value> {
    let reasons = act.related().filter(|(relation, inner)| {
        inner.is_a(INDICATION) || (relation.attr("typeCode") == Some("RSON") && inner.name() == "observation")
    });
    let mut out: Vec<Value> = Vec::new();
    for (_, reason) in reasons.filter(|(_, reason)| !reason.is_negated()) {
        let told = reason.child("value").map_or(Value::Null, |value| cx.concept(value));
        let told = if told.is_null() { cx.act_text(reason).map_or(Value::Null, super::concepts::worded) } else { told };
        if !told.is_null() && !out.contains(&told) {
            out.push(told);
        }
    }
    out
}

/// Who did it, and for which organization.
fn performed_by<'a>(cx: &mut Context<'a>, performer: Node<'a>) -> Option<Value> {
    let actor = cx.actor(performer).filter(|actor| !is_device(actor))?;
    let organization = performer.path(&["assignedEntity", "representedOrganization"]);
    let behalf = organization.and_then(|node| cx.organization(node)).filter(|behalf| *behalf != actor);
    Some(Fields::new().with("actor", actor).with("onBehalfOf", behalf).into())
}

pub(super) fn status(act: Node<'_>) -> &'static str {
    let node = act.child("statusCode");
    match node.and_then(|status| status.attr("code")) {
        Some("nullified") => "entered-in-error",
        _ if act.is_negated() => "not-done",
        None if node.is_some_and(|status| status.null_flavor().is_some()) => "unknown",
        Some("completed") | None => "completed",
        Some("active") => "in-progress",
        Some("aborted") => "stopped",
        Some("cancelled") => "not-done",
        Some("held" | "suspended") => "on-hold",
        Some("new") => "preparation",
        Some(_) => "unknown",
    }
}

/// What is yet to be done, told among what was.
fn wish<'a>(cx: &mut Context<'a>, act: Node<'a>, mut body: Fields, code: Value, when: Option<Choice>) -> String {
    let status = match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("active" | "new") | None => "active",
        Some("completed") => "completed",
        Some("held" | "suspended") => "on-hold",
        Some("aborted" | "cancelled") => "revoked",
        Some("nullified") => "entered-in-error",
        Some(_) => "unknown",
    };
    body.set("status", status);
    body.set("intent", if act.attr("moodCode") == Some("PRP") { "proposal" } else { "plan" });
    body.set("doNotPerform", act.is_negated().then_some(true));
    body.set("code", code);
    body.set("subject", cx.subject());
    body.choice("occurrence", when);
    body.set("authoredOn", cx.recorded(act));
    let author = act.child("author").and_then(|author| cx.actor(author));
    body.set("requester", author);
    body.set("reasonCode", indications(cx, act));
    body.set("bodySite", concepts(cx, act, "targetSiteCode"));
    body.set("note", notes(cx, act));
    cx.add("ServiceRequest", act, body)
}

/// R4 has no place for a specimen in a Procedure: the specimen says which procedure took it.
fn specimen<'a>(cx: &mut Context<'a>, act: Node<'a>, procedure: &str) -> Option<String> {
    let specimen = key(&results::specimen(cx, act)?)?;
    let taken_by = json!([{ "url": COLLECTED_BY, "valueReference": Context::reference(procedure) }]);
    let body = cx.made(&specimen)?;
    let mut collection = match body.0.remove("collection") {
        Some(Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    collection.insert("extension".to_owned(), taken_by);
    body.set("collection", Value::Object(collection));
    Some(specimen)
}

/// R4 has no place for the value of a procedure either: it is an observation that is part of it.
fn found<'a>(cx: &mut Context<'a>, act: Node<'a>, procedure: &str) -> Option<String> {
    if act.is_negated() || !act.children("value").any(|value| cx.value(value).is_some()) {
        return None;
    }
    let mut body = observation(cx, act, Setting { category: (CATEGORY, "procedure"), around: None }).ok()?;
    body.set("partOf", vec![Context::reference(procedure)]);
    let id = hashed("Observation", &[&cx.id_of("Observation", act), "procedure"]);
    Some(cx.add_as("Observation", id, body))
}

#[cfg(test)]
mod tests;
