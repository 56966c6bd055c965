//! Facts about how a person lives.

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code, SNOMED_LIFE};
use crate::drafts::{Drafts, Facts};
use crate::fhir::{Element, Resource};
use crate::observations::{Class, class, screen, silence};

pub static KIND: Kind = Kind {
    id: "social_history",
    title: "Social history",
    description: "Smoking, occupation and other facts about how you live.",
    form: Form::List,
    order: Order::OldestCreatedFirst,
    source_in_head: false,
    dated: true,
    resources: &["Observation"],
    from_fhir,
};

#[derive(Serialize)]
struct SocialHistory {
    entries: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    date_time: Option<Timestamp>,
    name: String,
    codes: Vec<Code>,
}

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    for observation in chart.of_kind("Observation").filter(|observation| class(*observation) == Class::Social) {
        if let Err(reason) = screen(observation) {
            drafts.skip(observation, reason);
            continue;
        }
        let at = observation.when("effective").moment();
        let parts = std::iter::once(*observation).chain(observation.each("component"));
        let entries: Vec<Entry> = parts.filter_map(|part| entry(part, at)).collect();
        if entries.is_empty() {
            drafts.skip(observation, silence(chart, observation));
            continue;
        }
        let codes: Vec<Code> = entries.iter().flat_map(|entry| entry.codes.clone()).collect();
        let facts = Facts {
            key: observation.key.to_owned(),
            at,
            lineage: vec![observation],
            codes: &codes,
            ..Facts::default()
        };
        drafts.push(&KIND, facts, &SocialHistory { entries });
    }
}

fn entry(part: Element<'_>, at: Option<Timestamp>) -> Option<Entry> {
    let (value, unit) = part.value()?;
    let question = part.concept("code").name();
    let answer = part.concept("valueCodeableConcept");
    let mut codes: Vec<Code> = answer.codings().map(|coding| life(codes::of_coding(coding, None), question)).collect();
    if let (true, Some(question)) = (codes.is_empty(), question) {
        codes.push(Code { name: Some(question.to_owned()), ..Code::default() });
    }
    Some(Entry { date_time: at, name: with_unit(value, unit), codes })
}

/// Named by the question; SNOMED CT goes by its label only.
fn life(code: Code, question: Option<&str>) -> Code {
    let name = question.map(str::to_owned).or(code.name);
    match code.code_system_name.as_deref() {
        Some("SNOMED CT") => Code { name, code_system: None, code_system_name: Some(SNOMED_LIFE.to_owned()), ..code },
        _ => Code { name, ..code },
    }
}

pub(super) fn with_unit(value: String, unit: Option<&str>) -> String {
    match unit {
        Some(unit) if unit != "1" && !unit.starts_with('{') => format!("{value} {unit}"),
        _ => value,
    }
}

/// The value of an observation in words.
pub(super) fn answer(observation: Resource<'_>) -> Option<String> {
    observation.value().map(|(value, unit)| with_unit(value, unit))
}
