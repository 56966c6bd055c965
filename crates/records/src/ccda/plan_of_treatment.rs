//! Plans, orders and interventions → ServiceRequest, MedicationRequest, DeviceRequest, Encounter and CarePlan.

use serde_json::{Value, json};

use super::concepts::coded;
use super::context::Context;
use super::encounters::{class, is_ahead};
use super::fields::Fields;
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::medications;
use super::narrative;
use super::node::Node;
use super::observations::{is_device, named, notes};
use super::section::{Read, Reader, Section, by_template, each, part, unknown};

pub static PLAN: Section = Section {
    id: "plan_of_treatment",
    templates: &["2.16.840.1.113883.10.20.22.2.10"],
    loinc: &["18776-5"],
    titles: &["plan of care", "plan of treatment", "treatment plan", "plan"],
    entries: ENTRIES,
    other,
};

pub static ASSESSMENT_AND_PLAN: Section = Section {
    id: "assessment_and_plan",
    templates: &["2.16.840.1.113883.10.20.22.2.9"],
    loinc: &["51847-2"],
    titles: &["assessment and plan"],
    entries: &[],
    other,
};

pub static PLANNED_PROCEDURE: Section = Section {
    id: "planned_procedure",
    templates: &["2.16.840.1.113883.10.20.22.2.30"],
    loinc: &["59772-4"],
    titles: &["planned procedure"],
    entries: &[],
    other,
};

pub static INTERVENTIONS: Section = Section {
    id: "interventions",
    templates: &["2.16.840.1.113883.10.20.21.2.3"],
    loinc: &["62387-6"],
    titles: &["interventions"],
    entries: &[("2.16.840.1.113883.10.20.22.4.131", intervention), ("2.16.840.1.113883.10.20.22.4.146", intervention)],
    other,
};

const ENTRIES: &[(&str, Reader)] = &[
    ("2.16.840.1.113883.10.20.22.4.39", request),
    ("2.16.840.1.113883.10.20.22.4.41", request),
    ("2.16.840.1.113883.10.20.22.4.44", request),
    ("2.16.840.1.113883.10.20.22.4.130", request),
    ("2.16.840.1.113883.10.20.22.4.141", request),
    ("2.16.840.1.113883.10.20.22.4.140", request),
    ("2.16.840.1.113883.10.20.22.4.40", visit),
    ("2.16.840.1.113883.10.20.22.4.43", supply),
    ("2.16.840.1.113883.10.20.22.4.17", supply),
    ("2.16.840.1.113883.10.20.22.4.120", medications::activity),
];

const INDICATION: &str = "2.16.840.1.113883.10.20.22.4.19";
const INSTRUCTION: &str = "2.16.840.1.113883.10.20.22.4.20";

/// Acts without a template that is known here: by what they are.
fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "act" | "procedure" | "observation" if act.attr("moodCode") == Some("GOL") => super::goals::goal(cx, act),
        "act" | "procedure" | "observation" if is_planned(act) => request(cx, act),
        "encounter" if is_planned(act) => visit(cx, act),
        "substanceAdministration" => medications::activity(cx, act),
        "supply" => supply(cx, act),
        "organizer" | "act" if act.related().next().is_some() => {
            each(cx, act.related().map(|(_, inner)| inner), |cx, inner| by_template(cx, inner, other))
        }
        _ => unknown(cx, act),
    }
}

fn is_planned(act: Node<'_>) -> bool {
    act.attr("moodCode").is_some_and(|mood| mood != "EVN")
}

/// What the mood says about how firm it is.
fn intent(act: Node<'_>) -> &'static str {
    match act.attr("moodCode") {
        Some("RQO") => "order",
        Some("PRP" | "ARQ") => "proposal",
        _ => "plan",
    }
}

fn status(act: Node<'_>) -> &'static str {
    match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("completed") => "completed",
        Some("aborted" | "cancelled" | "obsolete") => "revoked",
        Some("suspended" | "held") => "on-hold",
        Some("new") => "draft",
        Some("nullified") => "entered-in-error",
        _ => "active",
    }
}

/// A planned act, procedure or observation.
pub fn request<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let Some(code) = named(cx, act) else {
        let is_null = act.child("code").is_some_and(|code| code.null_flavor().is_some());
        return Err(if is_null { LossReason::Null } else { LossReason::Nameless });
    };
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", status(act));
    body.set("intent", intent(act));
    body.set("doNotPerform", act.is_negated().then_some(true));
    body.set("code", code);
    body.set("subject", cx.subject());
    body.set("encounter", cx.encounter.clone().map(|key| Context::reference(&key)));
    let occurrence = act.children("effectiveTime").find_map(|time| cx.when(time));
    body.choice("occurrence", occurrence);
    body.set("authoredOn", cx.recorded(act));
    let author = act.child("author").and_then(|author| cx.actor(author));
    body.set("requester", author);
    let performers: Vec<Value> = cx.actors(act, "performer");
    body.set("performer", performers);
    let reasons = act.related_a(INDICATION).filter_map(|reason| reason.child("value"));
    body.set("reasonCode", reasons.map(|value| cx.concept(value)).filter(|one| !one.is_null()).collect::<Vec<_>>());
    body.set("bodySite", sites(cx, act));
    body.set("note", notes(cx, act));
    let told: Vec<String> = act.related_a(INSTRUCTION).filter_map(|inner| cx.act_text(inner)).collect();
    body.set("patientInstruction", told.join("\n"));
    Ok(vec![cx.add("ServiceRequest", act, body)])
}

fn sites<'a>(cx: &Context<'a>, act: Node<'a>) -> Vec<Value> {
    act.children("targetSiteCode").map(|site| cx.concept(site)).filter(|site| !site.is_null()).collect()
}

/// A visit to come.
fn visit<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let kind = named(cx, act);
    let period = act.child("effectiveTime").map_or(Value::Null, |time| cx.period(time));
    if kind.is_none() && period.is_null() {
        return Err(LossReason::Nameless);
    }
    let status = match status(act) {
        "entered-in-error" => "entered-in-error",
        "revoked" => "cancelled",
        // Done with by the time the document was written.
        "completed" if !is_ahead(cx, act) => "finished",
        _ => "planned",
    };
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", status);
    body.set("class", class(act.child("code")));
    body.set("type", kind.map(|kind| vec![kind]));
    body.set("subject", cx.subject());
    let performers: Vec<Value> = cx.actors(act, "performer").into_iter().filter(is_person).collect();
    body.set("participant", performers.into_iter().map(|who| json!({ "individual": who })).collect::<Vec<_>>());
    body.set("period", period);
    let reasons = act.related_a(INDICATION).filter_map(|reason| reason.child("value"));
    body.set("reasonCode", reasons.map(|value| cx.concept(value)).filter(|one| !one.is_null()).collect::<Vec<_>>());
    Ok(vec![cx.add("Encounter", act, body)])
}

fn is_person(actor: &Value) -> bool {
    actor["reference"].as_str().is_some_and(|key| key.starts_with("Practitioner"))
}

/// A drug or a thing to be supplied.
fn supply<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let material = act.path(&["product", "manufacturedProduct", "manufacturedMaterial"]);
    let has_drug = material.and_then(|material| material.child("code")).is_some_and(|code| {
        super::concepts::code_in(code, RXNORM).is_some() || super::concepts::code_in(code, NDC).is_some()
    });
    if has_drug {
        return medications::activity(cx, act);
    }
    let device =
        act.children("participant").filter_map(|one| one.child("participantRole")?.child("playingDevice")).next();
    let code = material.or(device).and_then(|thing| thing.child("code")).map_or(Value::Null, |code| cx.concept(code));
    let code = if code.is_null() { named(cx, act).unwrap_or(Value::Null) } else { code };
    if code.is_null() {
        return Err(LossReason::Nameless);
    }
    if act.is_negated() {
        return Err(LossReason::Negated);
    }
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", status(act));
    body.set("intent", intent(act));
    body.set("codeCodeableConcept", code);
    body.set("subject", cx.subject());
    body.choice("occurrence", act.children("effectiveTime").find_map(|time| cx.when(time)));
    body.set("authoredOn", cx.recorded(act));
    let author = act.child("author").and_then(|author| cx.actor(author));
    body.set("requester", author);
    body.set("note", notes(cx, act));
    Ok(vec![cx.add("DeviceRequest", act, body)])
}

const RXNORM: &str = "2.16.840.1.113883.6.88";
const NDC: &str = "2.16.840.1.113883.6.69";

/// An intervention: what is inside it, else itself as something done or to be done.
fn intervention<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let inside = act.related().map(|(_, inner)| inner).filter(|inner| inner.attr("moodCode") != Some("GOL"));
    let mut keys = Vec::new();
    for inner in inside {
        keys.extend(part(cx, inner, |cx, inner| by_template(cx, inner, other)).unwrap_or_default());
    }
    if !keys.is_empty() {
        return Ok(keys);
    }
    if is_planned(act) {
        return request(cx, act);
    }
    let Some(code) = named(cx, act) else { return Err(LossReason::Nameless) };
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", super::procedures::status(act));
    body.set("code", code);
    body.set("subject", cx.subject());
    body.choice("performed", act.children("effectiveTime").find_map(|time| cx.when(time)));
    let performers: Vec<Value> = cx.actors(act, "performer").into_iter().filter(|actor| !is_device(actor)).collect();
    body.set("performer", performers.into_iter().map(|who| json!({ "actor": who })).collect::<Vec<_>>());
    body.set("note", notes(cx, act));
    Ok(vec![cx.add("Procedure", act, body)])
}

/// The plan of a section that is told in words only.
pub fn told<'a>(cx: &mut Context<'a>, section: Node<'a>) -> Option<String> {
    let text = section.child("text")?;
    let div = narrative::xhtml(text)?;
    let words = narrative::words(text)?;
    let title = section.child("title").and_then(Node::text);
    let body = Fields::new()
        .with("text", json!({ "status": "generated", "div": div }))
        .with("status", "active")
        .with("intent", "plan")
        .with("category", vec![coded(CARE_PLAN, "assess-plan", Some("Assessment and Plan of Treatment"))])
        .with("title", title)
        .with("subject", cx.subject())
        .with("encounter", cx.encounter.clone().map(|key| Context::reference(&key)));
    let id = super::keys::hashed("CarePlan", &["told", &cx.patient.clone(), &words]);
    Some(cx.add_as("CarePlan", id, body))
}

const CARE_PLAN: &str = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category";

#[cfg(test)]
mod tests;
