//! What a person can do: functional, cognitive and disability findings, and surveys.

use domain::Timestamp;
use serde::Serialize;

use super::issues::is_functional;
use super::social_history::answer;
use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::drafts::{Drafts, SkipReason};
use crate::fhir::Resource;
use crate::observations::{Class, class};
use crate::people::Patient;

pub static KIND: Kind = Kind {
    id: "functional_statuses",
    title: "Functional status",
    description: "How well you manage everyday activities, from assessments and questionnaires.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["Observation", "Condition"],
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

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let observed = chart.of_kind("Observation").filter(|observation| class(*observation) == Class::Function);
    let found = observed.map(|observation| (observation, of_observation(chart, observation)));
    let conditions = chart.of_kind("Condition").filter(|condition| is_functional(*condition));
    let stated = conditions.map(|condition| (condition, of_condition(chart, condition)));
    for (resource, row) in found.chain(stated) {
        drafts.record(&KIND, resource, row, |row| (row.date_time, &row.codes));
    }
}

fn of_observation(chart: &Chart, observation: Resource<'_>) -> Result<FunctionalStatus, SkipReason> {
    match observation.status() {
        "entered-in-error" => return Err(SkipReason::EnteredInError),
        "cancelled" | "registered" => return Err(SkipReason::Inactive),
        _ => {}
    }
    let (value, question) = (observation.concept("valueCodeableConcept"), observation.concept("code"));
    // A panel without a value of its own is told by its members.
    let answer = answer(observation).ok_or(SkipReason::Empty)?;
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
            .chain(codes::given(question))
            .filter(|code| code.code.is_some())
            .collect(),
        patient: Patient::of(chart, observation, "subject"),
    })
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
