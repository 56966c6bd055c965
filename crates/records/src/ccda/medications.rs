//! Medications → MedicationRequest, MedicationDispense and MedicationAdministration.

use serde_json::{Value, json};

use super::concepts::{codes_of, worded};
use super::context::Context;
use super::dosage::dosage;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::observations::{is_device, notes};
use super::quantities::{integer, quantity};
use super::section::{Read, Reader, Section, each, unknown};

pub static SECTION: Section = Section {
    id: "medications",
    templates: &["2.16.840.1.113883.10.20.22.2.1.1", "2.16.840.1.113883.10.20.22.2.1"],
    loinc: &["10160-0"],
    titles: &["medications", "medication list", "current medications", "history of medication use"],
    entries: ENTRIES,
    other,
};

pub static ADMISSION: Section = Section {
    id: "admission_medications",
    templates: &["2.16.840.1.113883.10.20.22.2.44"],
    loinc: &["42346-7"],
    titles: &["admission medications", "medications on admission"],
    entries: &[],
    other,
};

pub static DISCHARGE: Section = Section {
    id: "discharge_medications",
    templates: &["2.16.840.1.113883.10.20.22.2.11.1", "2.16.840.1.113883.10.20.22.2.11"],
    loinc: &["10183-2", "75311-1"],
    titles: &["discharge medications", "hospital discharge medications"],
    entries: &[],
    other,
};

pub static ADMINISTERED: Section = Section {
    id: "administered_medications",
    templates: &["2.16.840.1.113883.10.20.22.2.38"],
    loinc: &["29549-3", "18610-6"],
    titles: &["medications administered"],
    entries: &[("2.16.840.1.113883.10.20.22.4.16", administered)],
    other: administered_other,
};

const ACTIVITY: &str = "2.16.840.1.113883.10.20.22.4.16";
const ENTRIES: &[(&str, Reader)] = &[
    (ACTIVITY, activity),
    ("2.16.840.1.113883.10.20.22.4.36", wrapped),
    ("2.16.840.1.113883.10.20.22.4.35", wrapped),
    // As planned, in sections of plans.
    ("2.16.840.1.113883.10.20.22.4.42", activity),
];
const SUPPLY: &str = "2.16.840.1.113883.10.20.22.4.17";
const DISPENSE: &str = "2.16.840.1.113883.10.20.22.4.18";
const INDICATION: &str = "2.16.840.1.113883.10.20.22.4.19";

/// "No drug therapy", "drug treatment unknown".
const NOTHING_KNOWN: &[&str] = &["182849000", "182904002"];
/// "Drug or medicament" as such: says which one only by other words.
const GENERIC: &[&str] = &["410942007", "787481004"];

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "substanceAdministration" => activity(cx, act),
        "act" if act.related().next().is_some() => wrapped(cx, act),
        _ => unknown(cx, act),
    }
}

/// An admission or discharge medication: an act around the activity.
fn wrapped<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let inside = act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "substanceAdministration");
    each(cx, inside, activity)
}

fn administered_other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.name() == "substanceAdministration" { administered(cx, act) } else { unknown(cx, act) }
}

/// The drug of an act with a consumable or product.
///
/// # Errors
/// When it names none, or says that there is none.
pub fn medication<'a>(cx: &Context<'a>, act: Node<'a>) -> Result<Value, LossReason> {
    let product =
        act.path(&["consumable", "manufacturedProduct"]).or_else(|| act.path(&["product", "manufacturedProduct"]));
    let material = product
        .and_then(|product| product.child("manufacturedMaterial").or_else(|| product.child("manufacturedLabeledDrug")));
    let code = material.and_then(|material| material.child("code"));
    if code.is_some_and(|code| codes_of(code).any(|code| NOTHING_KNOWN.contains(&code))) {
        return Err(LossReason::NothingKnown);
    }
    let mut concept = code.map_or(Value::Null, |code| cx.concept(code));
    let name = material.and_then(|material| material.child("name")).and_then(Node::text);
    let codings = concept["coding"].as_array().map_or(&[][..], Vec::as_slice);
    let is_generic = !codings.is_empty()
        && codings.iter().all(|coding| coding["code"].as_str().is_some_and(|code| GENERIC.contains(&code)));
    if is_generic && let Some(code) = code {
        let told = [cx.original_text(code), name, cx.act_text(act)].into_iter().flatten();
        let mut told = told.filter(|words| names_a_drug(words));
        let words = told.next().filter(|_| !act.is_negated()).ok_or(LossReason::NothingKnown)?;
        concept["text"] = words.into();
        return Ok(concept);
    }
    if !concept.is_null() {
        return Ok(concept);
    }
    let words = name.or_else(|| cx.act_text(act));
    match words {
        Some(words) => Ok(worded(words)),
        None if act.is_negated() => Err(LossReason::NothingKnown),
        None if code.is_some_and(|code| code.null_flavor().is_some()) => Err(LossReason::Null),
        None => Err(LossReason::Nameless),
    }
}

/// Whether words beside a code that names no drug name one, and do not say in their turn that there is none.
fn names_a_drug(words: &str) -> bool {
    let lower = words.to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let denies = matches!(words.first(), Some(&("no" | "none" | "not" | "nil" | "denies")))
        || words.windows(2).any(|pair| {
            matches!(pair, ["no" | "not" | "any", "known" | "current" | "taking" | "medication" | "medications"])
        });
    !denies && words.iter().any(|word| !NO_NAMES.contains(word))
}

/// Words that go with any drug.
const NO_NAMES: &[&str] = &[
    "a",
    "current",
    "drug",
    "drugs",
    "medicament",
    "medication",
    "medications",
    "medicinal",
    "medicine",
    "n",
    "or",
    "product",
    "substance",
    "unknown",
];

/// What is taken, or was ordered.
pub fn activity<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let medication = medication(cx, act)?;
    let is_order = matches!(act.attr("moodCode"), Some("INT" | "RQO" | "PRP" | "PRMS"));
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", status(cx, act));
    body.set("intent", if is_order { "order" } else { "plan" });
    body.set("doNotPerform", act.is_negated().then_some(true));
    body.set("reportedBoolean", (!is_order).then_some(true));
    body.set("medicationCodeableConcept", medication.clone());
    body.set("subject", cx.subject());
    let supply = act.related_a(SUPPLY).next();
    body.set("authoredOn", cx.recorded(act).or_else(|| cx.recorded(supply?)));
    let author = act.child("author").or_else(|| supply?.child("author"));
    body.set("requester", author.and_then(|author| cx.actor(author)));
    let reasons = act.related_a(INDICATION).filter_map(|reason| reason.child("value"));
    body.set("reasonCode", reasons.map(|value| cx.concept(value)).filter(|one| !one.is_null()).collect::<Vec<_>>());
    body.set("note", notes(cx, act));
    body.set("dosageInstruction", dosage(cx, act).map(|dosage| vec![dosage]));
    body.set("dispenseRequest", dispense_request(cx, act, supply));
    let mut keys = vec![cx.add("MedicationRequest", act, body)];
    for dispense in act.related_a(DISPENSE) {
        keys.push(dispensed(cx, dispense, medication.clone(), &keys[0].clone()));
    }
    Ok(keys)
}

/// Many write `completed` for "written down": what ends after the document was written goes on.
fn status<'a>(cx: &Context<'a>, act: Node<'a>) -> &'static str {
    match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("active") => "active",
        Some("completed") => {
            let end = act.children("effectiveTime").find_map(|time| cx.end(time)).and_then(|at| at.instant());
            let written =
                cx.document.child("effectiveTime").and_then(|time| cx.start(time)).and_then(|at| at.instant());
            if end.zip(written).is_some_and(|(end, written)| end > written) { "active" } else { "completed" }
        }
        Some("suspended" | "held") => "on-hold",
        Some("aborted" | "obsolete") => "stopped",
        Some("cancelled") => "cancelled",
        Some("new") => "draft",
        Some("nullified") => "entered-in-error",
        _ => "unknown",
    }
}

/// What may be dispensed: the supply order says, else the activity. Its number of fills counts the first one too.
fn dispense_request<'a>(cx: &mut Context<'a>, act: Node<'a>, supply: Option<Node<'a>>) -> Value {
    let mut out = Fields::new();
    let fills = |node: Node<'a>| node.child("repeatNumber").and_then(|number| integer(number.attr("value")?));
    if let Some(supply) = supply {
        out.set(
            "validityPeriod",
            supply.children("effectiveTime").map(|time| cx.period(time)).find(|one| !one.is_null()),
        );
        out.set("quantity", supply.child("quantity").map_or(Value::Null, quantity));
    }
    let fills = supply.and_then(fills).or_else(|| fills(act)).filter(|fills| *fills >= 1);
    out.set("numberOfRepeatsAllowed", fills.map(|fills| fills - 1));
    out.into()
}

fn dispensed<'a>(cx: &mut Context<'a>, act: Node<'a>, medication: Value, request: &str) -> String {
    let status = match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("completed") | None => "completed",
        Some("active") => "in-progress",
        Some("held" | "suspended") => "on-hold",
        Some("aborted") => "stopped",
        Some("cancelled") => "cancelled",
        Some("nullified") => "entered-in-error",
        Some(_) => "unknown",
    };
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", status);
    body.set("medicationCodeableConcept", self::medication(cx, act).unwrap_or(medication));
    body.set("subject", cx.subject());
    let performers = cx.actors(act, "performer");
    body.set(
        "performer",
        performers.into_iter().map(|actor| Fields::new().with("actor", actor).into()).collect::<Vec<Value>>(),
    );
    body.set("authorizingPrescription", vec![Context::reference(request)]);
    body.set("quantity", act.child("quantity").map_or(Value::Null, quantity));
    body.set("whenHandedOver", cx.date_time(act, "effectiveTime"));
    cx.add("MedicationDispense", act, body)
}

/// What was given once, during a visit.
fn administered<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    if act.attr("moodCode").is_some_and(|mood| mood != "EVN") {
        return activity(cx, act);
    }
    let medication = medication(cx, act)?;
    let status = match act.child("statusCode").and_then(|status| status.attr("code")) {
        Some("nullified") => "entered-in-error",
        _ if act.is_negated() => "not-done",
        Some("completed") | None => "completed",
        Some("active") => "in-progress",
        Some("suspended" | "held") => "on-hold",
        Some("aborted") => "stopped",
        Some("cancelled") => "not-done",
        Some(_) => "unknown",
    };
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", status);
    body.set("medicationCodeableConcept", medication);
    body.set("subject", cx.subject());
    let given_at = act.children("effectiveTime").find_map(|time| cx.when(time));
    body.set("context", cx.encounter_at(given_at.as_ref()));
    match given_at {
        Some(when) => {
            body.choice("effective", Some(when));
        }
        None => {
            // It has to be said when; here it is said that nobody knows.
            body.set("_effectiveDateTime", super::concepts::absent_extension("UNK"));
        }
    }
    let performers: Vec<Value> = cx.actors(act, "performer").into_iter().filter(|actor| !is_device(actor)).collect();
    body.set(
        "performer",
        performers.into_iter().map(|actor| Fields::new().with("actor", actor).into()).collect::<Vec<Value>>(),
    );
    let reasons = act.related_a(INDICATION).filter_map(|reason| reason.child("value"));
    body.set("reasonCode", reasons.map(|value| cx.concept(value)).filter(|one| !one.is_null()).collect::<Vec<_>>());
    let mut remarks = notes(cx, act);
    match super::dosage::given(cx, act) {
        Ok(dosage) => {
            body.set("dosage", dosage);
        }
        Err(words) => remarks.extend(words.map(|words| json!({ "text": words }))),
    }
    body.set("note", remarks);
    Ok(vec![cx.add("MedicationAdministration", act, body)])
}

#[cfg(test)]
mod tests;
