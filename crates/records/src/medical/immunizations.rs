//! Vaccinations given.

use std::collections::HashSet;

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, CVX, Code};
use crate::drafts::{Drafts, SkipReason};
use crate::fhir::Resource;
use crate::people::Patient;

pub static KIND: Kind = Kind {
    id: "immunizations",
    title: "Immunizations",
    description: "Vaccines you have been given.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["Immunization"],
    from_fhir,
};

#[derive(Serialize)]
struct Immunization {
    name: String,
    dates: Vec<Timestamp>,
    patient: Patient,
    codes: Vec<Code>,
}

const DAY: i64 = 86_400_000;

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let witnessed: HashSet<(&str, i64)> = chart
        .of_kind("Immunization")
        .filter(|shot| !is_reported(*shot) && screen(*shot).is_ok())
        .filter_map(shot_and_day)
        .collect();
    for shot in chart.of_kind("Immunization") {
        let twin = is_reported(shot) && shot_and_day(shot).is_some_and(|same| witnessed.contains(&same));
        let row = read(chart, shot).and_then(|row| if twin { Err(SkipReason::Duplicate) } else { Ok(row) });
        drafts.record(&KIND, shot, row, |row| (row.dates.first().copied(), &row.codes));
    }
}

fn read(chart: &Chart, shot: Resource<'_>) -> Result<Immunization, SkipReason> {
    screen(shot)?;
    let vaccine = shot.concept("vaccineCode");
    let cvx = || {
        vaccine
            .codings()
            .find(|coding| coding.system().is_some_and(|uri| codes::same(uri, CVX)))
            .and_then(|coding| coding.display())
    };
    Ok(Immunization {
        name: vaccine.text().or_else(cvx).or_else(|| vaccine.name()).ok_or_else(|| vaccine.missing())?.to_owned(),
        dates: shot.date("occurrenceDateTime").into_iter().collect(),
        patient: Patient::of(chart, shot, "patient"),
        codes: codes::given(vaccine),
    })
}

fn screen(shot: Resource<'_>) -> Result<(), SkipReason> {
    match shot.status() {
        "completed" | "" => Ok(()),
        "entered-in-error" => Err(SkipReason::EnteredInError),
        "not-done" => Err(SkipReason::NotDone),
        _ => Err(SkipReason::Inactive),
    }
}

/// Told by a registry or the person, not by whoever gave it.
fn is_reported(shot: Resource<'_>) -> bool {
    shot.flag("primarySource") == Some(false)
}

fn shot_and_day(shot: Resource<'_>) -> Option<(&str, i64)> {
    Some((shot.concept("vaccineCode").code_of(CVX)?, shot.date("occurrenceDateTime")?.0.div_euclid(DAY)))
}
