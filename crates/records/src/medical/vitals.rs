//! Sets of measurements taken together.

use std::collections::HashMap;

use domain::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code, LOINC};
use crate::drafts::{Drafts, Facts, SkipReason};
use crate::fhir::{Concept, Element, Resource};
use crate::moments::When;
use crate::observations::{Class, class, screen, silence};
use crate::people;
use crate::units::{self, Vital};

pub static KIND: Kind = Kind {
    id: "vitals",
    title: "Vitals",
    description: "Blood pressure, weight, height and other measurements.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["Observation"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vitals {
    date_time: Option<Timestamp>,
    author: Option<String>,
    name: String,
    department: Option<String>,
    codes: Vec<Code>,
    results: Vec<Measurement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Measurement {
    name: String,
    normalized_name: Option<&'static str>,
    unit: Option<String>,
    /// A number; text when the source gives no exact one: `>60` is not 60.
    value: Value,
    /// The number in each unit system; absent without a number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<Amount>,
    raw: Raw,
    codes: Vec<Code>,
}

#[derive(Serialize)]
struct Amount {
    value: Value,
    unit: String,
}

#[derive(Serialize)]
struct Raw {
    name: Option<String>,
    unit: Option<String>,
    value: String,
    codes: Vec<Code>,
}

/// An observation and what it measured.
type Member<'a> = (Resource<'a>, Vec<Measurement>);

const MINUTE: i64 = 60_000;

/// Measurements in the order they came, grouped by encounter, minute and performer.
fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let mut sets: Vec<(String, Vec<Member<'_>>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for observation in chart.of_kind("Observation").filter(|observation| class(*observation) == Class::Vital) {
        match measurements(chart, observation) {
            Ok(found) => {
                let key = set_key(observation);
                let place = *places.entry(key.clone()).or_insert(sets.len());
                if place == sets.len() {
                    sets.push((key, Vec::new()));
                }
                sets[place].1.push((observation, found));
            }
            Err(reason) => drafts.skip(observation, reason),
        }
    }
    for (key, members) in sets {
        push(chart, drafts, key, members);
    }
}

fn push(chart: &Chart, drafts: &mut Drafts, key: String, members: Vec<Member<'_>>) {
    let Some((first, _)) = members.first() else { return };
    let first = *first;
    let lineage: Vec<Resource<'_>> = members.iter().map(|(observation, _)| *observation).collect();
    let at = lineage.iter().filter_map(|observation| taken(*observation)).min();
    let encounter = chart.resolve(first, first.get("encounter"));
    let location = encounter.map(|encounter| encounter.first("location").get("location"));
    let row = Vitals {
        date_time: at,
        author: first.each("performer").find_map(|performer| people::agent(chart, first, performer)),
        name: people::Patient::of(chart, first, "subject").name,
        department: encounter.zip(location).and_then(|(encounter, location)| people::agent(chart, encounter, location)),
        codes: vec![],
        results: told_once(chart, members),
    };
    let codes: Vec<Code> = row.results.iter().flat_map(|result| result.raw.codes.clone()).collect();
    drafts.push(&KIND, Facts { key, at, lineage, codes: &codes, ..Facts::default() }, &row);
}

/// What a document repeats of the same minute is told once; one witness is taken at its word.
fn told_once(chart: &Chart, members: Vec<Member<'_>>) -> Vec<Measurement> {
    let mut tellers: HashMap<String, &str> = HashMap::new();
    let mut once = Vec::new();
    for (observation, measurements) in members {
        for one in measurements {
            let said = format!("{}|{}|{}", one.name, one.unit.as_deref().unwrap_or_default(), one.value);
            let teller = *tellers.entry(said).or_insert(observation.key);
            if !chart.are_other_witnesses(teller, observation.key) {
                once.push(one);
            }
        }
    }
    once
}

/// What identifies the set a measurement belongs to; one that is undated, or dated to a year, stands alone.
fn set_key(observation: Resource<'_>) -> String {
    let reference = |element: Element<'_>| {
        let target = element.str("reference").unwrap_or("-");
        target.rsplit('/').next().unwrap_or_default().to_owned()
    };
    match taken(observation).filter(|at| When::of(Some(*at), observation) != When::Vague) {
        Some(at) => {
            let minute = Timestamp(at.0.div_euclid(MINUTE) * MINUTE);
            format!(
                "Observation@{}@{}@{}",
                minute.to_iso(),
                reference(observation.get("encounter")),
                reference(observation.first("performer"))
            )
        }
        None => observation.key.to_owned(),
    }
}

fn taken(observation: Resource<'_>) -> Option<Timestamp> {
    observation.when("effective").moment().or_else(|| observation.date("issued"))
}

/// The values an observation holds, itself and in its components.
pub(super) fn measurements(chart: &Chart, observation: Resource<'_>) -> Result<Vec<Measurement>, SkipReason> {
    screen(observation)?;
    let found: Vec<Measurement> =
        std::iter::once(*observation).chain(observation.each("component")).flat_map(|part| measured(part)).collect();
    if found.is_empty() { Err(silence(chart, observation)) } else { Ok(found) }
}

fn measured(part: Element<'_>) -> Vec<Measurement> {
    let Some((value, unit)) = part.value() else { return vec![] };
    let code = part.concept("code");
    if let (Some((high, low)), true) =
        (value.split_once('/'), code.codings().filter_map(|c| c.code()).any(|c| units::PANELS.contains(&c)))
    {
        let of = |loinc| units::find(loinc);
        return [(of("8480-6"), high), (of("8462-4"), low)]
            .into_iter()
            .filter_map(|(vital, value)| {
                measurement(code, vital, value.trim().to_owned(), unit.or(Some("mm[Hg]")), None)
            })
            .collect();
    }
    let ucum = part.quantity("valueQuantity").and_then(|quantity| quantity.code.map(str::to_owned));
    measurement(code, vital_of(code), value, unit, ucum.as_deref()).into_iter().collect()
}

/// A code may be known under several LOINC numbers; the first known one names it.
fn vital_of(code: Concept<'_>) -> Option<&'static Vital> {
    let loinc = |uri: &str| codes::same(uri, LOINC);
    code.codings()
        .filter(|coding| coding.system().is_some_and(loinc))
        .filter_map(|coding| coding.code())
        .find_map(units::find)
}

fn measurement(
    code: Concept<'_>,
    vital: Option<&'static Vital>,
    text: String,
    unit: Option<&str>,
    ucum: Option<&str>,
) -> Option<Measurement> {
    let name = vital.map(|vital| vital.name).or_else(|| code.name())?.to_owned();
    // With a comparator it is text, in the unit of the source: no bound is passed off as a measurement.
    let number: Option<f64> = text.parse().ok().filter(|number: &f64| number.is_finite());
    let given = ucum.and_then(units::ucum).or_else(|| unit.and_then(units::ucum));
    let target = vital.map(|vital| vital.unit);
    // Without any unit, only a vital sign that has one customary unit is taken at its word.
    let customary = vital.filter(|vital| unit.is_none() && vital.shown.len() == 1).map(|vital| vital.unit);
    let from = given.or(customary);
    let converted = number.zip(from).zip(target).and_then(|((number, from), to)| units::convert(number, from, to));
    let shown = vital.map_or(&[][..], |vital| vital.shown);
    let source_unit = || given.or(ucum).or(unit).map(str::to_owned);
    let values: Vec<Amount> = match (converted, number.zip(from)) {
        (Some(_), Some((number, from))) => shown
            .iter()
            .filter_map(|to| {
                Some(Amount { value: units::number(units::convert(number, from, to)?), unit: (*to).to_owned() })
            })
            .collect(),
        _ => number
            .zip(source_unit())
            .map(|(number, unit)| Amount { value: units::number(number), unit })
            .into_iter()
            .collect(),
    };
    Some(Measurement {
        normalized_name: vital.map(|vital| vital.name),
        unit: converted.and(target).map(str::to_owned).or_else(source_unit),
        value: converted.or(number).map_or_else(|| Value::from(text.as_str()), units::number),
        values,
        codes: loinc_codes(code, vital, &name),
        raw: Raw {
            name: code.label().map(str::to_owned),
            unit: unit.map(str::to_owned),
            value: text,
            codes: codes::plain(code),
        },
        name,
    })
}

/// The LOINC codes, or that of the contract's table, without OID.
fn loinc_codes(code: Concept<'_>, vital: Option<&'static Vital>, name: &str) -> Vec<Code> {
    let write = |loinc: &str| Code {
        code: Some(loinc.to_owned()),
        code_system_name: Some("LOINC".to_owned()),
        name: Some(name.to_owned()),
        ..Code::default()
    };
    match vital {
        Some(vital) => vec![write(vital.loinc)],
        None => code.code_of(LOINC).map(write).into_iter().collect(),
    }
}
