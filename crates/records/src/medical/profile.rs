//! A digest of who a person is and how they live.

use domain::Timestamp;
use serde::Serialize;

use super::demographics::{Person, person};
use super::social_history::answer;
use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{Code, LOINC, SNOMED, SNOMED_LIFE};
use crate::drafts::{Drafts, Facts};
use crate::fhir::Resource;
use crate::observations::{is_alcohol, is_smoking};

pub static KIND: Kind = Kind {
    id: "profile",
    title: "Profile",
    description: "A short summary of who you are, with smoking and alcohol use.",
    form: Form::Single,
    order: Order::NewestFirst,
    source_in_head: false,
    dated: false,
    resources: &["Patient", "Observation"],
    from_fhir,
};

#[derive(Serialize)]
struct Profile {
    demographics: Option<Person>,
    alcohol: Option<Alcohol>,
    smoking: Option<Smoking>,
}

#[derive(Serialize)]
struct Alcohol {
    #[serde(rename = "use")]
    used: &'static str,
    codes: Vec<Code>,
}

#[derive(Serialize)]
struct Smoking {
    status: String,
    codes: Vec<Code>,
}

const DRINKS: &str = "704197006";

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let patient = chart.patient();
    let smoking = newest(chart, is_smoking).and_then(|found| smoking(found).map(|row| (found, row)));
    let alcohol = newest(chart, is_alcohol).and_then(|found| alcohol(found).map(|row| (found, row)));
    let lineage: Vec<Resource<'_>> = patient
        .into_iter()
        .chain(smoking.as_ref().map(|(found, _)| *found))
        .chain(alcohol.as_ref().map(|(found, _)| *found))
        .collect();
    let Some(first) = lineage.first() else { return };
    let row = Profile {
        demographics: patient.map(person),
        alcohol: alcohol.map(|(_, row)| row),
        smoking: smoking.map(|(_, row)| row),
    };
    let codes: Vec<Code> = row.smoking.iter().flat_map(|smoking| smoking.codes.clone()).collect();
    // Of several profiles the newest is shown: that with the newest fact in it.
    let at = lineage.iter().filter_map(|resource| at(*resource)).max();
    drafts.push(&KIND, Facts { key: first.key.to_owned(), at, lineage, codes: &codes, ..Facts::default() }, &row);
}

fn newest<'a>(chart: &'a Chart, wanted: fn(Resource<'_>) -> bool) -> Option<Resource<'a>> {
    chart
        .of_kind("Observation")
        .filter(|observation| {
            wanted(*observation) && matches!(observation.status(), "final" | "amended" | "corrected" | "")
        })
        .filter(|observation| answer(*observation).is_some())
        .max_by_key(|observation| at(*observation))
}

fn at(observation: Resource<'_>) -> Option<Timestamp> {
    observation.when("effective").moment().or_else(|| observation.date("issued"))
}

fn smoking(observation: Resource<'_>) -> Option<Smoking> {
    let status = answer(observation)?;
    let value = observation.concept("valueCodeableConcept");
    let codes = match (value.code_of(SNOMED), inferred_smoking(value.code_of(LOINC), &status)) {
        (Some(code), _) => vec![Code::labelled(code, SNOMED_LIFE, false)],
        (None, Some(code)) => vec![Code::labelled(code, SNOMED_LIFE, true)],
        (None, None) => vec![],
    };
    Some(Smoking { status, codes })
}

/// The SNOMED CT code of a LOINC answer or of plain words.
fn inferred_smoking(answer: Option<&str>, words: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &str, &[&str])] = &[
        ("449868002", "LA18976-3", &["current every day smoker", "smokes tobacco daily"]),
        ("428041000124106", "LA18977-1", &["current some day smoker", "occasional tobacco smoker"]),
        ("8517006", "LA15920-4", &["former smoker", "ex-smoker"]),
        ("266919005", "LA18978-9", &["never smoker", "never smoked", "never smoked tobacco"]),
        ("77176002", "LA18979-7", &["smoker, current status unknown", "smoker"]),
        ("266927001", "LA18980-5", &["unknown if ever smoked", "tobacco smoking consumption unknown"]),
        ("428071000124103", "LA18981-3", &["heavy tobacco smoker"]),
        ("428061000124105", "LA18982-1", &["light tobacco smoker"]),
    ];
    let words = words.to_lowercase();
    KNOWN
        .iter()
        .find(|(_, loinc, texts)| answer == Some(loinc) || texts.contains(&words.as_str()))
        .map(|(snomed, ..)| *snomed)
}

fn alcohol(observation: Resource<'_>) -> Option<Alcohol> {
    let drinks = match observation.quantity("valueQuantity") {
        Some(quantity) => quantity.number()? > 0.0,
        None => said_yes(&answer(observation)?)?,
    };
    Some(if drinks {
        Alcohol { used: "yes", codes: vec![Code::labelled(DRINKS, SNOMED_LIFE, true)] }
    } else {
        Alcohol { used: "no", codes: vec![] }
    })
}

/// Whether an answer about drinking means yes; nothing when it says neither.
fn said_yes(answer: &str) -> Option<bool> {
    let words = answer.to_lowercase();
    let word = words.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if words.contains("unknown") || words.contains("not asked") || words.contains("declined") {
        return None;
    }
    let no = matches!(
        word,
        "no" | "non"
            | "never"
            | "none"
            | "not"
            | "denies"
            | "former"
            | "ex"
            | "lifelong"
            | "0"
            | "nondrinker"
            | "abstinent"
            | "does"
    );
    let yes =
        ["yes", "current", "drink", "social", "occasional", "daily", "weekly", "monthly", "moderate", "heavy", "light"];
    if no {
        Some(false)
    } else if yes.iter().any(|sign| words.contains(sign)) || word.parse::<u32>().is_ok() {
        Some(true)
    } else {
        None
    }
}
