//! What a person can do: functional, cognitive and disability findings, and surveys.

use std::collections::{HashMap, HashSet};

use domain::Timestamp;
use serde::Serialize;

use super::issues::is_functional;
use super::social_history::{answer, with_unit};
use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::drafts::{Drafts, Facts, SkipReason};
use crate::fhir::{Coding, Element, Resource};
use crate::observations::{self, Class, class, silence};
use crate::people::Patient;

pub static KIND: Kind = Kind {
    id: "functional_statuses",
    title: "Functional status",
    description: "How well you manage everyday activities, from assessments and questionnaires.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["Observation", "Condition", "QuestionnaireResponse"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionalStatus {
    name: String,
    date_time: Option<Timestamp>,
    status: Option<String>,
    codes: Vec<Code>,
    patient: Patient,
}

/// Questions in questions go no deeper than this.
const DEPTH: usize = 8;

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    // Answers that were made observations are told by those.
    let mut told: HashSet<&str> = HashSet::new();
    for observation in chart.of_kind("Observation") {
        told.extend(observation.each("derivedFrom").filter_map(|it| chart.resolve(observation, it)).map(|it| it.key));
        if class(observation) == Class::Function {
            drafts.record(&KIND, observation, of_observation(chart, observation), |row| (row.date_time, &row.codes));
        }
    }
    for condition in chart.of_kind("Condition").filter(|condition| is_functional(*condition)) {
        drafts.record(&KIND, condition, of_condition(chart, condition), |row| (row.date_time, &row.codes));
    }
    for response in chart.of_kind("QuestionnaireResponse") {
        match screen(response, &told) {
            Ok(()) => of_response(chart, drafts, response),
            Err(reason) => drafts.skip(response, reason),
        }
    }
}

fn of_observation(chart: &Chart, observation: Resource<'_>) -> Result<FunctionalStatus, SkipReason> {
    observations::screen(observation)?;
    let (value, question) = (observation.concept("valueCodeableConcept"), observation.concept("code"));
    let parts: Vec<Element<'_>> = observation.each("component").collect();
    // A panel without a value of its own is told by its members.
    let answer = answer(observation).or_else(|| of_parts(&parts)).ok_or_else(|| silence(chart, observation))?;
    let name = match (value.name(), question.name()) {
        (Some(value), _) => value.to_owned(),
        (None, Some(question)) => format!("{question}: {answer}"),
        (None, None) => answer,
    };
    Ok(FunctionalStatus {
        name,
        date_time: observation.when("effective").moment(),
        status: observation.str("status").map(str::to_owned),
        codes: codes::given(value)
            .into_iter()
            .chain(parts.iter().flat_map(|part| codes::given(part.concept("valueCodeableConcept"))))
            .chain(codes::given(question))
            .filter(|code| code.code.is_some())
            .collect(),
        patient: Patient::of(chart, observation, "subject"),
    })
}

/// The answers within one observation: `Sitting: 1; Rising: 2`.
fn of_parts(parts: &[Element<'_>]) -> Option<String> {
    let told: Vec<String> = parts
        .iter()
        .filter_map(|part| {
            let (value, unit) = part.value()?;
            let value = with_unit(value, unit);
            Some(part.concept("code").name().map_or_else(|| value.clone(), |question| format!("{question}: {value}")))
        })
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn of_condition(chart: &Chart, condition: Resource<'_>) -> Result<FunctionalStatus, SkipReason> {
    let issue = super::issues::read(chart, condition)?;
    Ok(FunctionalStatus {
        name: issue.name,
        date_time: issue.date_time,
        status: issue.status,
        codes: issue.codes,
        patient: issue.patient,
    })
}

fn screen(response: Resource<'_>, told: &HashSet<&str>) -> Result<(), SkipReason> {
    match response.status() {
        "entered-in-error" => Err(SkipReason::EnteredInError),
        "in-progress" => Err(SkipReason::Inactive),
        _ if told.contains(response.key) => Err(SkipReason::Duplicate),
        _ => Ok(()),
    }
}

/// One row for each question that was answered.
fn of_response(chart: &Chart, drafts: &mut Drafts, response: Resource<'_>) {
    let mut answered = Vec::new();
    questions(*response, &mut answered, 0);
    if answered.is_empty() {
        drafts.skip(response, SkipReason::Empty);
    }
    let mut asked: HashMap<&str, usize> = HashMap::new();
    for item in answered {
        let link = item.str("linkId").unwrap_or("-");
        let again = asked.entry(link).and_modify(|count| *count += 1).or_default();
        let key = match *again {
            0 => format!("{}#{link}", response.key),
            again => format!("{}#{link}#{again}", response.key),
        };
        let answers: Vec<String> = item.each("answer").filter_map(said).collect();
        let row = FunctionalStatus {
            name: format!("{}: {}", item.str("text").unwrap_or(link), answers.join(", ")),
            date_time: response.date("authored"),
            status: response.str("status").map(str::to_owned),
            codes: item
                .each("answer")
                .map(|answer| Coding(answer.get("valueCoding")))
                .filter(|coding| coding.is_clinical() && coding.code().is_some())
                .map(|coding| Code { inferred: Some(false), ..codes::of_coding(coding, None) })
                .collect(),
            patient: Patient::of(chart, response, "subject"),
        };
        let facts = Facts { key, at: row.date_time, to: None, lineage: vec![response], codes: &row.codes };
        drafts.push(&KIND, facts, &row);
    }
}

fn questions<'a>(owner: Element<'a>, answered: &mut Vec<Element<'a>>, depth: usize) {
    for item in owner.each("item") {
        if item.each("answer").any(|answer| said(answer).is_some()) {
            answered.push(item);
        }
        if depth < DEPTH {
            questions(item, answered, depth + 1);
            item.each("answer").for_each(|answer| questions(answer, answered, depth + 1));
        }
    }
}

/// An answer in words.
fn said(answer: Element<'_>) -> Option<String> {
    let coding = Coding(answer.get("valueCoding"));
    coding
        .display()
        .or_else(|| coding.code())
        .or_else(|| answer.str("valueDate"))
        .or_else(|| answer.str("valueUri"))
        .map(str::to_owned)
        .or_else(|| answer.decimal("valueDecimal"))
        .or_else(|| answer.value().map(|(value, unit)| with_unit(value, unit)))
}
