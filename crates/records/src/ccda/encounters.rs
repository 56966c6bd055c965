//! Encounters, listed and the one a document is about → Encounter, Location and the Conditions diagnosed.

use serde_json::{Value, json};

use super::concepts::{code_in, coded, codes_of, coding};
use super::context::Context;
use super::fields::{Choice, Fields};
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::observations::is_device;
use super::problems;
use super::procedures::{indications, key};
use super::section::{Read, Section, each, part, unknown};

pub static SECTION: Section = Section {
    id: "encounters",
    templates: &["2.16.840.1.113883.10.20.22.2.22.1", "2.16.840.1.113883.10.20.22.2.22"],
    loinc: &["46240-8"],
    titles: &["encounters", "encounter", "encounters diagnoses", "visits"],
    entries: &[("2.16.840.1.113883.10.20.22.4.49", encounter)],
    other,
};

const DIAGNOSIS: &str = "2.16.840.1.113883.10.20.22.4.80";
const CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const ACT_CODE: &str = "2.16.840.1.113883.5.4";
const CPT: &str = "2.16.840.1.113883.6.12";
const TAKES_PART: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const CLASSES: &[(&str, &str)] = &[
    ("AMB", "ambulatory"),
    ("EMER", "emergency"),
    ("FLD", "field"),
    ("HH", "home health"),
    ("IMP", "inpatient encounter"),
    ("ACUTE", "inpatient acute"),
    ("NONAC", "inpatient non-acute"),
    ("OBSENC", "observation encounter"),
    ("PRENC", "pre-admission"),
    ("SS", "short stay"),
    ("VR", "virtual"),
];

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "encounter" => encounter(cx, act),
        "act" | "observation" if act.code() == Some("29308-4") => diagnosed_alone(cx, act),
        _ => unknown(cx, act),
    }
}

/// An Encounter Activity.
fn encounter<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let mut body = common(cx, act);
    let reasons = indications(cx, act);
    if !["type", "period", "reasonCode"].iter().any(|name| body.has(name)) && reasons.is_empty() {
        return Err(LossReason::Nameless);
    }
    body.set("status", status(cx, act));
    let mut people: Vec<Value> = Vec::new();
    for performer in act.children("performer") {
        let role = if performer.attr("typeCode") == Some("SPRF") { "SPRF" } else { "PPRF" };
        people.extend(participant(cx, performer, role));
    }
    body.set("participant", people);
    body.set("reasonCode", reasons);
    let places = cx.places(act);
    body.set("location", places.iter().map(|place| json!({ "location": place })).collect::<Vec<_>>());
    let organization =
        act.children("performer").find_map(|one| one.path(&["assignedEntity", "representedOrganization"]));
    let provider = organization.and_then(|node| cx.organization(node));
    body.set("serviceProvider", provider);
    let diagnoses: Vec<String> = act
        .related()
        .filter(|(_, inner)| inner.is_a(DIAGNOSIS) || inner.code() == Some("29308-4"))
        .flat_map(|(_, inner)| inner.related())
        .filter(|(_, inner)| inner.name() == "observation")
        .filter_map(|(_, problem)| part(cx, problem, diagnosis).ok())
        .flatten()
        .collect();
    let made = add(cx, act, body);
    for condition in &diagnoses {
        diagnose(cx, &made, condition, None);
    }
    let mut keys = vec![made];
    keys.extend(places.iter().filter_map(key));
    keys.extend(diagnoses);
    Ok(keys)
}

/// Diagnoses of visits that are not told.
fn diagnosed_alone<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let inside = act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation");
    each(cx, inside, diagnosis)
}

fn diagnosis<'a>(cx: &mut Context<'a>, problem: Node<'a>) -> Read {
    Ok(vec![problems::condition(cx, problem, None)?])
}

/// The encounter a document is about: `componentOf/encompassingEncounter`.
pub fn encompassing(cx: &mut Context<'_>) -> Option<String> {
    let node = cx.document.path(&["componentOf", "encompassingEncounter"])?;
    let mut body = common(cx, node);
    body.set(
        "status",
        if body.0.get("period").is_some_and(|period| period.get("end").is_some()) { "finished" } else { "unknown" },
    );
    let mut people: Vec<Value> = Vec::new();
    for one in node.children("encounterParticipant") {
        let role = one.attr("typeCode").filter(|code| ["ADM", "ATND", "CON", "DIS", "REF"].contains(code));
        people.extend(participant(cx, one, role.unwrap_or("PART")));
    }
    for one in node.children("responsibleParty") {
        people.extend(participant(cx, one, "PPRF"));
    }
    body.set("participant", people);
    let facility = node.path(&["location", "healthCareFacility"]);
    let provider = facility.and_then(|facility| facility.child("serviceProviderOrganization"));
    let provider = provider.and_then(|node| cx.organization(node));
    let place = facility.and_then(|facility| cx.facility(facility, provider.clone()));
    body.set("location", place.map(|place| vec![json!({ "location": place })]));
    body.set("serviceProvider", provider);
    Some(add(cx, node, body))
}

/// What both ways to tell of an encounter have in common.
fn common<'a>(cx: &mut Context<'a>, node: Node<'a>) -> Fields {
    let code = node.child("code");
    let kind = code.map_or(Value::Null, |code| cx.concept(code));
    let kind = if kind.is_null() { cx.act_text(node).map_or(Value::Null, super::concepts::worded) } else { kind };
    let mut body = Fields::new().with("identifier", identifiers(node));
    body.set("class", class(code));
    body.set("type", if kind.is_null() { vec![] } else { vec![kind] });
    let priority = node.child("priorityCode").map_or(Value::Null, |code| cx.concept(code));
    body.set("priority", priority);
    body.set("subject", cx.subject());
    body.set("period", node.children("effectiveTime").map(|time| cx.period(time)).find(|period| !period.is_null()));
    let mut stay = Fields::new();
    let told = |name| node.child(name).or_else(|| node.sdtc(name).next());
    stay.set("admitSource", told("admissionReferralSourceCode").map(|code| cx.concept(code)));
    stay.set("dischargeDisposition", told("dischargeDispositionCode").map(|code| cx.concept(code)));
    body.set("hospitalization", stay);
    body
}

fn participant<'a>(cx: &mut Context<'a>, who: Node<'a>, role: &str) -> Option<Value> {
    let individual = cx.actor(who).filter(|who| !is_device(who))?;
    // Organizations take no part as such in FHIR; they provide the service.
    let is_person = individual["reference"].as_str().is_some_and(|key| key.starts_with("Practitioner"));
    is_person.then(|| {
        let kind = vec![coded(TAKES_PART, role, None)];
        Fields::new().with("type", kind).with("individual", individual).into()
    })
}

/// The class told as such, or by the billing code of the visit; unknown where neither tells it.
pub fn class(code: Option<Node<'_>>) -> Value {
    let told = code.into_iter().flat_map(codes_of_class).next();
    let billed = || code.and_then(|code| code_in(code, CPT)).and_then(|code| code.parse::<u32>().ok()).and_then(billed);
    let known = told.or_else(billed).and_then(|class| CLASSES.iter().find(|(code, _)| *code == class));
    match known {
        Some((code, display)) => coding(CLASS, code, Some(display)),
        None => coding("http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK", Some("unknown")),
    }
}

fn codes_of_class<'a>(code: Node<'a>) -> impl Iterator<Item = &'a str> {
    let in_system = code_in(code, ACT_CODE);
    let elsewhere = codes_of(code).filter(|code| ["AMB", "EMER", "IMP", "ACUTE", "NONAC", "OBSENC"].contains(code));
    in_system.filter(|code| CLASSES.iter().any(|(known, _)| known == code)).into_iter().chain(elsewhere)
}

fn billed(code: u32) -> Option<&'static str> {
    Some(match code {
        99201..=99215 | 99241..=99245 | 99381..=99429 => "AMB",
        99217..=99220 | 99224..=99226 => "OBSENC",
        99221..=99223 | 99231..=99239 | 99251..=99255 => "IMP",
        99281..=99288 => "EMER",
        99341..=99350 => "HH",
        _ => return None,
    })
}

/// A visit with an end, or told by one moment, is over; else its own status decides.
fn status<'a>(cx: &Context<'a>, act: Node<'a>) -> &'static str {
    let told = act.child("statusCode").and_then(|status| status.attr("code"));
    let time = act.children("effectiveTime").find(|time| cx.start(*time).is_some() || cx.end(*time).is_some());
    let end =
        time.and_then(|time| cx.end(time).or_else(|| time.child("low").is_none().then(|| cx.start(time)).flatten()));
    match told {
        Some("nullified") => "entered-in-error",
        Some("cancelled") => "cancelled",
        // On its way when the document was written, and later on the same day as well.
        _ if is_ahead(cx, act) && act.attr("moodCode") != Some("EVN") => "planned",
        _ if end.is_some() => "finished",
        Some("active") => "in-progress",
        Some("completed") => "finished",
        Some("held") => "planned",
        Some("suspended") => "onleave",
        _ => "unknown",
    }
}

/// Whether it begins after the document was written.
pub fn is_ahead<'a>(cx: &Context<'a>, act: Node<'a>) -> bool {
    let start = act.children("effectiveTime").find_map(|time| cx.start(time)).and_then(|at| at.instant());
    let written = cx.document.child("effectiveTime").and_then(|time| cx.start(time)).and_then(|at| at.instant());
    start.zip(written).is_some_and(|(start, written)| start > written)
}

/// Adds an encounter. Told a second time, what was unknown the first time is known now.
fn add<'a>(cx: &mut Context<'a>, node: Node<'a>, body: Fields) -> String {
    let (status, class) = (body.0.get("status").cloned(), body.0.get("class").cloned());
    let key = cx.add("Encounter", node, body);
    if let Some(made) = cx.made(&key) {
        if made.0.get("status").is_some_and(|status| status == "unknown") {
            made.set("status", status.unwrap_or_default());
        }
        if made.0.get("class").is_some_and(|class| class["code"] == "UNK") {
            made.set("class", class.unwrap_or_default());
        }
    }
    key
}

/// Lists a condition among the diagnoses of an encounter.
pub fn diagnose(cx: &mut Context<'_>, encounter: &str, condition: &str, role: Option<Value>) {
    let diagnosis: Value = Fields::new().with("condition", Context::reference(condition)).with("use", role).into();
    if let Some(made) = cx.made(encounter) {
        let is_known = |known: &Value| {
            known["condition"] == diagnosis["condition"]
                && (known["use"] == diagnosis["use"] || diagnosis["use"].is_null())
        };
        if !made.0.get("diagnosis").and_then(Value::as_array).is_some_and(|all| all.iter().any(is_known)) {
            made.push("diagnosis", diagnosis);
        }
    }
    if let Some(made) = cx.made(condition)
        && !made.has("encounter")
    {
        made.set("encounter", Context::reference(encounter));
    }
}

impl Context<'_> {
    /// The encounter the document is about, when something was done during it: a list of what was ever done is none
    /// of a visit's own.
    pub fn encounter_at(&mut self, when: Option<&Choice>) -> Option<Value> {
        let encounter = self.encounter.clone()?;
        let told = match when?.suffix {
            "Period" => when?.value.get("start").or_else(|| when?.value.get("end"))?.as_str()?,
            _ => when?.value.as_str()?,
        };
        let period = self.made(&encounter)?.0.get("period")?;
        let day = |name: &str| period.get(name).and_then(Value::as_str).map(|at| at.get(..10).unwrap_or(at).to_owned());
        let on = told.get(..10)?;
        let began = day("start").is_none_or(|start| start.as_str() <= on);
        let goes_on = day("end").or_else(|| day("start")).is_none_or(|end| on <= end.as_str());
        (began && goes_on).then(|| Context::reference(&encounter))
    }
}

#[cfg(test)]
mod tests;
