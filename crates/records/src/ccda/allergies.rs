//! Allergies and intolerances → AllergyIntolerance.

use serde_json::{Value, json};

use super::concepts::{absent, code_in, coded, codes_of, worded};
use super::context::Context;
use super::fields::{Choice, Fields};
use super::identifiers::identifiers;
use super::losses::LossReason;
use super::node::Node;
use super::observations::notes;
use super::section::{Read, Reader, Section, each, unknown};

pub static SECTION: Section = Section {
    id: "allergies",
    templates: &["2.16.840.1.113883.10.20.22.2.6.1", "2.16.840.1.113883.10.20.22.2.6"],
    loinc: &["48765-2"],
    titles: &["allergies", "allergies and intolerances", "allergies, adverse reactions, alerts"],
    entries: ENTRIES,
    other,
};

const CONCERN: &str = "2.16.840.1.113883.10.20.22.4.30";
const ALLERGY: &str = "2.16.840.1.113883.10.20.22.4.7";
/// What substance and device allergies are alike in.
const SUBSTANCE_ALLERGY: &str = "2.16.840.1.113883.10.20.24.3.90";
const STATUS: &str = "2.16.840.1.113883.10.20.22.4.28";
const REACTION: &str = "2.16.840.1.113883.10.20.22.4.9";
const SEVERITY: &str = "2.16.840.1.113883.10.20.22.4.8";
const CRITICALITY: &str = "2.16.840.1.113883.10.20.22.4.145";
const ENTRIES: &[(&str, Reader)] = &[(CONCERN, concern), (ALLERGY, observation), (SUBSTANCE_ALLERGY, observation)];

const SNOMED_OID: &str = "2.16.840.1.113883.6.96";
const SNOMED: &str = "http://snomed.info/sct";
const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "act" if act.related().any(|(_, inner)| inner.name() == "observation") => concern(cx, act),
        "observation" if act.path(&["participant", "participantRole"]).is_some() => observation(cx, act),
        _ => unknown(cx, act),
    }
}

/// An Allergy Concern Act: one AllergyIntolerance for each observation in it.
fn concern<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let inside = act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation");
    each(cx, inside, |cx, inner| Ok(vec![allergy(cx, inner, Some(act))?]))
}

fn observation<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    Ok(vec![allergy(cx, act, None)?])
}

fn allergy<'a>(cx: &mut Context<'a>, act: Node<'a>, concern: Option<Node<'a>>) -> Result<String, LossReason> {
    let sort = act.child("value").and_then(|value| codes_of(value).find_map(sort));
    let substance = substance(cx, act);
    let nothing_known = act.is_negated() && is_generic(cx, act);
    let (code, verification) = match (nothing_known, substance) {
        // Who tolerates all food may still be allergic to some.
        (true, _) if sort.is_some_and(|(kind, _)| kind == Some("intolerance")) => return Err(LossReason::NothingKnown),
        (true, _) => (no_known(sort), "confirmed"),
        (false, Some(code)) if act.is_negated() => (code, "refuted"),
        (false, Some(code)) => (code, "confirmed"),
        (false, None) => {
            let null = act
                .child("value")
                .and_then(Node::null_flavor)
                .or_else(|| act.path(PLAYING)?.child("code")?.null_flavor());
            return Err(if null.is_some() { LossReason::Null } else { LossReason::Nameless });
        }
    };
    let is_nullified = [Some(act), concern].into_iter().flatten().any(|act| status_code(act) == Some("nullified"));
    let end = act.child("effectiveTime").and_then(|time| cx.end(time));
    let clinical = clinical_status(act, concern, end.is_some());
    let mut body = Fields::new().with("identifier", identifiers(act));
    // FHIR forbids a clinical status on what was entered in error.
    if !is_nullified {
        body.set("clinicalStatus", coded(CLINICAL, clinical, None));
    }
    body.set(
        "verificationStatus",
        coded(VERIFICATION, if is_nullified { "entered-in-error" } else { verification }, None),
    );
    if let Some((kind, category)) = sort {
        body.set("type", kind);
        body.set("category", category.map(|category| vec![Value::from(category)]));
    }
    body.set("criticality", criticality(act));
    body.set("code", code);
    body.set("patient", cx.subject());
    let onset = act.child("effectiveTime").and_then(|time| cx.start(time));
    body.choice("onset", onset.map(|at| Choice { suffix: "DateTime", value: at.date_time().into() }));
    body.set("recordedDate", cx.recorded(act).or_else(|| cx.recorded(concern?)));
    let author = act.child("author").or_else(|| concern?.child("author"));
    let recorder = author.and_then(|author| cx.actor(author));
    body.set(
        "recorder",
        recorder.filter(|one| one["reference"].as_str().is_some_and(|key| key.starts_with("Practitioner"))),
    );
    body.set("note", notes(cx, act));
    let reactions = reactions(cx, act);
    body.set("reaction", reactions);
    Ok(cx.add("AllergyIntolerance", act, body))
}

/// Type and category of the kind of allergy, by SNOMED CT.
fn sort(code: &str) -> Option<(Option<&'static str>, Option<&'static str>)> {
    Some(match code {
        "416098002" => (Some("allergy"), Some("medication")),
        "414285001" => (Some("allergy"), Some("food")),
        "426232007" => (Some("allergy"), Some("environment")),
        "419199007" => (Some("allergy"), None),
        "59037007" => (Some("intolerance"), Some("medication")),
        "235719002" => (Some("intolerance"), Some("food")),
        "419511003" => (None, Some("medication")),
        "418471000" => (None, Some("food")),
        "418038007" | "420134006" => (None, None),
        _ => return None,
    })
}

const PLAYING: &[&str] = &["participant", "participantRole", "playingEntity"];

/// The substance, else what the act calls itself.
fn substance<'a>(cx: &Context<'a>, act: Node<'a>) -> Option<Value> {
    let consumable = act.children("participant").filter(|one| one.attr("typeCode").is_none_or(|code| code == "CSM"));
    let entities = consumable
        .filter_map(|one| one.child("participantRole"))
        .filter_map(|role| role.child("playingEntity").or_else(|| role.child("playingDevice")));
    for entity in entities {
        let name = entity.child("name").and_then(Node::text);
        let mut concept = entity.child("code").map_or(Value::Null, |code| cx.concept(code));
        if concept.is_null() {
            concept = name.map_or(Value::Null, worded);
        }
        if !concept.is_null() {
            return Some(concept);
        }
    }
    // Without a substance the words or a specific kind of allergy, such as "latex allergy", still say which.
    if let Some(text) = cx.act_text(act) {
        return Some(worded(text));
    }
    let value = act.child("value")?;
    let concept = cx.concept(value);
    (!concept.is_null() && codes_of(value).all(|code| sort(code).is_none())).then_some(concept)
}

/// Whether a negation is of allergies as such: nothing is named, or what stands for all.
fn is_generic<'a>(cx: &Context<'a>, act: Node<'a>) -> bool {
    let entities = act
        .children("participant")
        .filter_map(|one| one.child("participantRole"))
        .filter_map(|role| role.child("playingEntity").or_else(|| role.child("playingDevice")));
    let mut named = entities.filter(|entity| {
        let code = entity.child("code");
        let stands_for_all = code.is_some_and(|code| codes_of(code).any(|code| ALL_SUBSTANCES.contains(&code)));
        let says = code.is_some_and(|code| !cx.concept(code).is_null()) || entity.child("name").is_some();
        says && !stands_for_all
    });
    named.next().is_none()
}

/// "Substance", "drug or medicament", "food", "allergen" as such.
const ALL_SUBSTANCES: &[&str] = &["105590001", "410942007", "255620007", "762766007"];

/// "No known allergies" of the kind that was negated.
fn no_known(sort: Option<(Option<&str>, Option<&str>)>) -> Value {
    let (code, display) = match sort.and_then(|(_, category)| category) {
        Some("medication") => ("409137002", "No known drug allergy"),
        Some("food") => ("429625007", "No known food allergy"),
        Some("environment") => ("428607008", "No known environmental allergy"),
        _ => ("716186003", "No known allergy"),
    };
    coded(SNOMED, code, Some(display))
}

fn status_code<'a>(act: Node<'a>) -> Option<&'a str> {
    act.child("statusCode")?.attr("code")
}

/// The status observation, else the end, else the concern.
fn clinical_status(act: Node<'_>, concern: Option<Node<'_>>, has_ended: bool) -> &'static str {
    let told = act.related().filter(|(_, inner)| inner.is_a(STATUS) || inner.code() == Some("33999-4"));
    let told = told.filter_map(|(_, inner)| inner.child("value")).find_map(|value| {
        Some(match code_in(value, SNOMED_OID)? {
            "55561003" => "active",
            "73425007" => "inactive",
            "413322009" => "resolved",
            _ => return None,
        })
    });
    match (told, concern.and_then(status_code)) {
        (Some(status), _) => status,
        (None, _) if has_ended => "resolved",
        (None, Some("completed" | "aborted" | "suspended")) => "inactive",
        (None, _) => "active",
    }
}

fn criticality(act: Node<'_>) -> Option<&'static str> {
    let told = act.related().find(|(_, inner)| inner.is_a(CRITICALITY) || inner.code() == Some("82606-5"))?.1;
    Some(match told.child("value")?.attr("code")? {
        "CRITL" => "low",
        "CRITH" => "high",
        "CRITU" => "unable-to-assess",
        _ => return None,
    })
}

fn severity(act: Node<'_>) -> Option<&'static str> {
    let told = act.related().find(|(_, inner)| inner.is_a(SEVERITY) || inner.code() == Some("SEV"))?.1;
    codes_of(told.child("value")?).find_map(|code| {
        Some(match code {
            "255604002" | "371923003" => "mild",
            "6736007" | "371924009" => "moderate",
            "24484000" | "399166001" => "severe",
            _ => return None,
        })
    })
}

/// One reaction for each manifestation. A severity of the allergy as a whole goes to those without their own.
fn reactions<'a>(cx: &Context<'a>, act: Node<'a>) -> Vec<Value> {
    let overall = severity(act);
    let mut out = Vec::new();
    for (_, inner) in act.related().filter(|(relation, inner)| {
        !inner.is_negated()
            && (inner.is_a(REACTION) || relation.attr("typeCode") == Some("MFST") && inner.name() == "observation")
    }) {
        let value = inner.child("value");
        let mut manifestation = value.map_or(Value::Null, |value| cx.concept(value));
        if manifestation.is_null() {
            manifestation = cx.act_text(inner).map_or(Value::Null, worded);
        }
        if manifestation.is_null() {
            continue;
        }
        let onset = inner.child("effectiveTime").and_then(|time| cx.start(time)).map(|at| at.date_time());
        out.push(
            Fields::new()
                .with("manifestation", vec![manifestation])
                .with("onset", onset)
                .with("severity", severity(inner).or(overall))
                .with("note", notes(cx, inner))
                .into(),
        );
    }
    if let (true, Some(severity)) = (out.is_empty(), overall) {
        // A reaction must name its manifestation; here only its severity is known.
        out.push(json!({ "manifestation": [absent("UNK")], "severity": severity }));
    }
    out
}

#[cfg(test)]
mod tests;
