//! Laboratory, imaging and other results → DiagnosticReport and Observation.

use serde_json::{Value, json};

use super::categories::{Sort, of_act};
use super::concepts::coded;
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::observations::{self, CATEGORY, Setting, observation, performers, when};
use super::section::{Read, Reader, Section, each, part, unknown};

pub static SECTION: Section = Section {
    id: "results",
    templates: &["2.16.840.1.113883.10.20.22.2.3.1", "2.16.840.1.113883.10.20.22.2.3"],
    loinc: &["30954-2"],
    titles: &["results", "lab results", "laboratory results", "test results", "diagnostic results"],
    entries: ENTRIES,
    other,
};

const ORGANIZER: &str = "2.16.840.1.113883.10.20.22.4.1";
const RESULT: &str = "2.16.840.1.113883.10.20.22.4.2";
const ENTRIES: &[(&str, Reader)] = &[(ORGANIZER, organizer), (RESULT, result)];

const SPECIMEN: &str = "2.16.840.1.113883.10.20.22.4.415";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "organizer" => organizer(cx, act),
        "observation" if act.child("value").is_some() => result(cx, act),
        _ => unknown(cx, act),
    }
}

/// A panel: one report, and one observation for each result in it.
fn organizer<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let specimen = specimen(cx, act);
    let code = observations::named(cx, act);
    let sort = of_act(act, code.as_ref()).or(cx.section.and_then(|section| section.sort));
    let inside = act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation");
    let read = each(cx, inside, |cx, inner| Ok(vec![one(cx, inner, Some(act), sort, specimen.clone())?]));
    let (results, reason) = (read.clone().unwrap_or_default(), read.err());
    // A panel within the panel is one of its own.
    let mut panels = Vec::new();
    for (_, inner) in act.related().filter(|(_, inner)| inner.name() == "organizer") {
        panels.extend(part(cx, inner, organizer).unwrap_or_default());
    }
    // An organizer that names nothing is a box around its results.
    if code.is_none() && results.is_empty() && panels.is_empty() {
        return Err(reason.unwrap_or(LossReason::Empty));
    }
    let title = || cx.section?.node.child("title")?.text().and_then(|title| cx.afford(title));
    let code = code.or_else(|| Some(json!({ "text": title()? })));
    let Some(code) = code.filter(|_| !results.is_empty() || panels.is_empty()) else {
        return Ok([results, panels].concat());
    };
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", status(act));
    body.set("category", sort.unwrap_or(Sort::Laboratory).report().map(|category| vec![category]));
    body.set("code", code);
    body.set("subject", cx.subject());
    let effective = when(cx, act).or_else(|| earliest(cx, act));
    body.set("encounter", cx.encounter_at(effective.as_ref()));
    body.choice("effective", effective);
    body.set("performer", performers(cx, act, None));
    body.set("specimen", specimen.map(|specimen| vec![specimen]));
    body.set("result", results.iter().map(|key| Context::reference(key)).collect::<Vec<_>>());
    let mut keys = vec![cx.add("DiagnosticReport", act, body)];
    keys.extend(results);
    keys.extend(panels);
    Ok(keys)
}

fn result<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let specimen = specimen(cx, act);
    let sort = cx.section.and_then(|section| section.sort);
    Ok(vec![one(cx, act, None, sort, specimen)?])
}

/// A result. `sort` is what the panel or the section says; the result itself may know better.
fn one<'a>(
    cx: &mut Context<'a>,
    act: Node<'a>,
    around: Option<Node<'a>>,
    sort: Option<Sort>,
    specimen: Option<Value>,
) -> Result<String, LossReason> {
    let mut body = observation(cx, act, Setting { category: (CATEGORY, "laboratory"), around })?;
    let sort = of_act(act, body.0.get("code")).or(sort).unwrap_or(Sort::Laboratory);
    body.set("category", vec![coded(CATEGORY, sort.observation(), None)]);
    body.set("specimen", specimen);
    Ok(cx.add("Observation", act, body))
}

fn status(act: Node<'_>) -> &'static str {
    match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("completed") | None => "final",
        Some("active" | "held" | "suspended" | "new") => "registered",
        Some("aborted" | "cancelled") => "cancelled",
        Some("nullified") => "entered-in-error",
        Some(_) => "unknown",
    }
}

/// The first time any of its results was taken.
fn earliest<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<super::fields::Choice> {
    let times = act.related().filter_map(|(_, inner)| inner.child("effectiveTime"));
    let mut moments: Vec<_> = times.filter_map(|time| cx.start(time)).collect();
    moments.sort_by_key(super::times::Moment::instant);
    moments.first().map(|at| super::fields::Choice { suffix: "DateTime", value: at.date_time().into() })
}

/// The specimen named on the act, else by a procedure that collected it.
pub fn specimen<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Option<Value> {
    let named = act.path(&["specimen", "specimenRole"]);
    let collection = act.related().map(|(_, inner)| inner).find(|inner| {
        inner.name() == "procedure"
            && (inner.is_a(SPECIMEN) || inner.path(&["participant", "participantRole", "playingEntity"]).is_some())
    });
    let role = named.or_else(|| {
        collection?
            .children("participant")
            .filter_map(|one| one.child("participantRole"))
            .find(|role| role.child("playingEntity").is_some())
    });
    let entity = role.and_then(|role| role.child("specimenPlayingEntity").or_else(|| role.child("playingEntity")));
    let kind = entity.and_then(|entity| entity.child("code")).map_or(Value::Null, |code| cx.concept(code));
    let words = entity.and_then(|entity| entity.child("name")).and_then(Node::text);
    let kind = if kind.is_null() { words.map_or(Value::Null, super::concepts::worded) } else { kind };
    if kind.is_null() {
        return None;
    }
    let mut collected = Fields::new();
    if let Some(procedure) = collection {
        collected.choice("collected", when(cx, procedure));
        collected.set("bodySite", observations::first_concept(cx, procedure, "targetSiteCode"));
        collected.set("method", observations::first_concept(cx, procedure, "methodCode"));
    }
    let ids = role.map(identifiers).unwrap_or_default();
    let body = Fields::new()
        .with("identifier", ids.clone())
        .with("type", kind.clone())
        .with("subject", cx.subject())
        .with("collection", collected);
    let id = super::keys::hashed("Specimen", &[&json!([ids, kind]).to_string(), &cx.id_of("Specimen", act)]);
    let key = cx.add_as("Specimen", id, body);
    Some(super::actors::referring(&key, kind["text"].as_str().map(str::to_owned)))
}

#[cfg(test)]
mod tests;
