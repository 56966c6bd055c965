//! Family history → FamilyMemberHistory.

use serde_json::{Value, json};

use super::concepts::{coded, worded};
use super::context::Context;
use super::fields::{Fields, decimal};
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::observations::notes;
use super::section::{Read, Reader, Section, unknown};

pub static SECTION: Section = Section {
    id: "family_history",
    templates: &["2.16.840.1.113883.10.20.22.2.15"],
    loinc: &["10157-6"],
    titles: &["family history"],
    entries: ENTRIES,
    other,
};

const ENTRIES: &[(&str, Reader)] = &[("2.16.840.1.113883.10.20.22.4.45", relative)];
const AGE: &str = "2.16.840.1.113883.10.20.22.4.31";
const DEATH: &str = "2.16.840.1.113883.10.20.22.4.47";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "organizer" | "observation" if act.child("subject").is_some() => relative(cx, act),
        "observation" if act.child("value").is_some() => relative(cx, act),
        _ => unknown(cx, act),
    }
}

/// One relative and the conditions told of them.
fn relative<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let related = act.path(&["subject", "relatedSubject"]);
    let person = related.and_then(|related| related.child("subject"));
    let mut relationship =
        related.and_then(|related| related.child("code")).map_or(Value::Null, |code| cx.concept(code));
    if relationship.is_null() {
        relationship = worded("Family member");
    }
    let observations: Vec<Node<'a>> = match act.name() {
        "observation" => vec![act],
        _ => act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation").collect(),
    };
    let mut conditions = Vec::new();
    let mut reason = LossReason::Empty;
    for observation in &observations {
        match condition(cx, *observation) {
            Ok(condition) => conditions.push(condition),
            Err(lost) => {
                cx.lost.push((*observation, lost));
                reason = lost;
            }
        }
    }
    let has_died = observations.iter().any(|one| one.related_a(DEATH).any(is_dead));
    let deceased = person
        .and_then(|person| person.sdtc("deceasedInd").next())
        .and_then(|told| told.attr("value"))
        .map(|told| told == "true");
    if conditions.is_empty() && related.is_none() {
        return Err(reason);
    }
    let mut body = Fields::new().with("identifier", identifiers(act));
    body.set("status", "completed");
    body.set("patient", cx.subject());
    body.set("date", cx.recorded(act));
    body.set("relationship", relationship);
    body.set("sex", person.and_then(|person| person.child("administrativeGenderCode")).and_then(sex));
    let born = person.and_then(|person| person.child("birthTime")).and_then(|time| cx.start(time));
    body.set("bornDate", born.map(|at| at.date().to_owned()));
    let died = person.and_then(|person| person.sdtc("deceasedTime").next()).and_then(|time| cx.start(time));
    match (died, deceased) {
        (Some(at), _) => {
            body.set("deceasedDate", at.date().to_owned());
        }
        (None, Some(told)) => {
            body.set("deceasedBoolean", told);
        }
        (None, None) => {
            body.set("deceasedBoolean", has_died.then_some(true));
        }
    }
    if conditions.is_empty() && !body.has("deceasedBoolean") && !body.has("deceasedDate") {
        // A relative of whom nothing is told.
        return Err(reason);
    }
    body.set("condition", conditions);
    body.set("note", notes(cx, act));
    Ok(vec![cx.add("FamilyMemberHistory", act, body)])
}

fn is_dead(observation: Node<'_>) -> bool {
    observation.child("value").is_some_and(|value| value.attr("code") == Some("419099009"))
}

fn sex(code: Node<'_>) -> Option<Value> {
    let (code, display) = match code.attr("code")? {
        "M" => ("male", "Male"),
        "F" => ("female", "Female"),
        "UN" => ("other", "Other"),
        _ => return None,
    };
    Some(coded("http://hl7.org/fhir/administrative-gender", code, Some(display)))
}

fn condition<'a>(cx: &Context<'a>, act: Node<'a>) -> Result<Value, LossReason> {
    if act.is_negated() {
        return Err(LossReason::Negated);
    }
    let value = act.child("value");
    let mut code = value.map_or(Value::Null, |value| cx.concept(value));
    if code.is_null() {
        code = cx.act_text(act).map_or(Value::Null, worded);
    }
    if code.is_null() {
        return Err(if value.is_some_and(|value| value.null_flavor().is_some()) {
            LossReason::Null
        } else {
            LossReason::Nameless
        });
    }
    let mut out = Fields::new().with("code", code);
    // A Family History Death Observation inside a condition is its consequence: the template has it no other way than by
    // CAUS, which many leave out. Another relation says no more than that the person died.
    let led_to_death = act.related().any(|(relation, inner)| {
        inner.is_a(DEATH) && is_dead(inner) && relation.attr("typeCode").is_none_or(|kind| kind == "CAUS")
    });
    out.set("contributedToDeath", led_to_death.then_some(true));
    let ages = act.related().map(|(_, inner)| inner).filter(|inner| {
        (inner.is_a(AGE) || inner.code() == Some("445518008"))
            && inner.child("value").is_some_and(|value| value.attr("value").is_some())
    });
    if let Some(age) = ages.filter_map(|inner| inner.child("value")).find_map(age) {
        out.set("onsetAge", age);
    } else if let Some(at) = cx.date_time(act, "effectiveTime") {
        out.set("onsetString", at);
    }
    Ok(out.into())
}

fn age(value: Node<'_>) -> Option<Value> {
    let (unit, word) = match value.attr("unit") {
        Some("a") | None => ("a", "years"),
        Some("mo") => ("mo", "months"),
        Some("wk") => ("wk", "weeks"),
        Some("d") => ("d", "days"),
        Some("h") => ("h", "hours"),
        Some("min") => ("min", "minutes"),
        _ => return None,
    };
    let number = decimal(value.attr("value")?)?;
    Some(json!({ "value": number, "unit": word, "system": "http://unitsofmeasure.org", "code": unit }))
}

#[cfg(test)]
mod tests;
