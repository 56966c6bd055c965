//! Social history → Observation; what describes the person → Patient.

use serde_json::{Value, json};

use super::concepts::{code_in, codes_of, coding};
use super::context::Context;
use super::losses::LossReason;
use super::node::Node;
use super::observations::{CATEGORY, Setting, components, observation};
use super::section::{Read, Reader, Section, each, unknown};

pub static SECTION: Section = Section {
    id: "social_history",
    templates: &["2.16.840.1.113883.10.20.22.2.17"],
    loinc: &["29762-2"],
    titles: &["social history"],
    entries: ENTRIES,
    other,
};

const SMOKING: &str = "2.16.840.1.113883.10.20.22.4.78";
const TOBACCO: &str = "2.16.840.1.113883.10.20.22.4.85";
const NEW_SMOKING: &str = "2.16.840.1.113883.10.20.22.4.511";
const PREGNANCY: &str = "2.16.840.1.113883.10.20.15.3.8";
const BIRTH_SEX: &str = "2.16.840.1.113883.10.20.22.4.200";
const GENDER_IDENTITY: &str = "2.16.840.1.113883.10.20.34.3.45";
const SEX: &str = "2.16.840.1.113883.10.20.22.4.507";
const TRIBE: &str = "2.16.840.1.113883.10.20.22.4.506";
const ENTRIES: &[(&str, Reader)] = &[
    (BIRTH_SEX, about_person),
    (GENDER_IDENTITY, about_person),
    (SEX, about_person),
    (TRIBE, about_person),
    (SMOKING, smoking),
    (NEW_SMOKING, smoking),
    (TOBACCO, tobacco),
    (PREGNANCY, pregnancy),
    ("2.16.840.1.113883.10.20.22.4.293", pregnancy),
    ("2.16.840.1.113883.10.20.22.4.38", social),
    ("2.16.840.1.113883.10.20.22.4.72", social),
    ("2.16.840.1.113883.10.20.22.4.109", social),
    ("2.16.840.1.113883.10.20.22.4.111", social),
    ("2.16.840.1.113883.10.20.22.4.217", social),
    ("2.16.840.1.113883.10.20.22.4.221", social),
    ("2.16.840.1.113883.10.20.22.4.501", social),
    ("2.16.840.1.113883.10.20.22.4.512", social),
];

const SNOMED_OID: &str = "2.16.840.1.113883.6.96";
const LOINC: &str = "http://loinc.org";
const US_CORE: &str = "http://hl7.org/fhir/us/core/StructureDefinition/";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "observation" if is_about_person(act) => about_person(cx, act),
        "observation" if act.child("value").is_some() || act.child("code").is_some() => social(cx, act),
        "act" | "organizer" if act.related().next().is_some() => each(cx, act.related().map(|(_, inner)| inner), other),
        _ => unknown(cx, act),
    }
}

fn social<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    told(cx, act, None)
}

fn smoking<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    told(cx, act, Some(("72166-2", "Tobacco smoking status")))
}

fn tobacco<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    // Older documents tell the smoking status under the template of tobacco use, with a code that says nothing.
    told(cx, act, Some(("11367-0", "History of Tobacco use")))
}

fn pregnancy<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    told(cx, act, Some(("82810-3", "Pregnancy status")))
}

/// `question` stands in for a code that only says that something is asserted.
fn told<'a>(cx: &mut Context<'a>, act: Node<'a>, question: Option<(&str, &str)>) -> Read {
    let mut body = match observation(cx, act, Setting { category: (CATEGORY, "social-history"), around: None }) {
        Ok(body) => body,
        // The value speaks for itself where the code is null.
        Err(LossReason::Nameless) if question.is_none() => return Err(LossReason::Nameless),
        Err(LossReason::Nameless) => return renamed(cx, act, question),
        Err(reason) => return Err(reason),
    };
    if let Some((code, display)) = question
        && act.code().is_none_or(|code| matches!(code, "ASSERTION" | "SMOKESTAT" | "229819007" | "365981007"))
    {
        body.set("code", json!({ "coding": [coding(LOINC, code, Some(display))], "text": display }));
    }
    // An estimated date of delivery and the like belongs to the fact around it.
    let inside: Vec<Node<'a>> = act
        .related()
        .map(|(_, inner)| inner)
        .filter(|inner| inner.name() == "observation" && inner.child("value").is_some())
        .collect();
    if !body.has("component") {
        components(cx, &mut body, inside.into_iter());
    }
    Ok(vec![cx.add("Observation", act, body)])
}

fn renamed<'a>(cx: &mut Context<'a>, act: Node<'a>, question: Option<(&str, &str)>) -> Read {
    let Some(choice) = act.child("value").and_then(|value| cx.value(value)) else { return Err(LossReason::Nameless) };
    let (code, display) = question.unwrap_or_default();
    let mut body = super::fields::Fields::new()
        .with("identifier", super::identifiers::identifiers(act))
        .with("status", "final")
        .with("category", vec![super::concepts::coded(CATEGORY, "social-history", None)])
        .with("code", json!({ "coding": [coding(LOINC, code, Some(display))], "text": display }))
        .with("subject", cx.subject());
    body.choice("effective", super::observations::when(cx, act));
    body.choice("value", Some(choice));
    Ok(vec![cx.add("Observation", act, body)])
}

fn is_about_person(act: Node<'_>) -> bool {
    matches!(act.code(), Some("76689-9" | "76691-5" | "46098-0" | "95370-3"))
}

/// Sex, gender identity and tribe say who the person is: US Core has them on the Patient.
fn about_person<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let value = act.child("value").ok_or(LossReason::Empty)?;
    let concept = cx.concept(value);
    let extension = match act.code() {
        Some("76689-9") => {
            let code = match (value.attr("code"), value.null_flavor()) {
                (Some(code @ ("M" | "F" | "UNK" | "OTH" | "ASKU")), _) => code,
                (_, Some("ASKU")) => "ASKU",
                (_, Some("OTH")) => "OTH",
                _ => "UNK",
            };
            json!({ "url": format!("{US_CORE}us-core-birthsex"), "valueCode": code })
        }
        Some("46098-0") => {
            let snomed = code_in(value, SNOMED_OID);
            let code = snomed.or_else(|| codes_of(value).find(|code| matches!(*code, "248152002" | "248153007")));
            let Some(code) = code.or(value.null_flavor().map(|_| "unknown")) else { return Err(LossReason::Nameless) };
            json!({ "url": format!("{US_CORE}us-core-sex"), "valueCode": code })
        }
        Some("76691-5") if !concept.is_null() => {
            json!({ "url": format!("{US_CORE}us-core-genderIdentity"), "valueCodeableConcept": concept })
        }
        Some("95370-3") if !concept.is_null() => json!({
            "url": format!("{US_CORE}us-core-tribal-affiliation"),
            "extension": [{ "url": "tribalAffiliation", "valueCodeableConcept": concept }],
        }),
        // A version of the templates with another code: a fact like any other.
        _ if !concept.is_null() => return social(cx, act),
        _ => return Err(LossReason::Null),
    };
    let key = cx.patient.clone();
    // A Patient of somebody else's is not ours to add to.
    let Some(patient) = cx.made(&key) else { return social(cx, act) };
    let known = patient.0.get("extension").and_then(Value::as_array).is_some_and(|all| all.contains(&extension));
    if !known {
        patient.push("extension", extension);
    }
    Ok(vec![key])
}

#[cfg(test)]
mod tests;
