//! Which kind of record an Observation belongs to.

use crate::chart::Chart;
use crate::codes::LOINC;
use crate::drafts::SkipReason;
use crate::fhir::{Concept, Element, Resource};
use crate::units;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Result,
    Vital,
    Function,
    Social,
}

const SMOKING: &[&str] = &["72166-2", "11367-0", "401201003", "229819007"];
const ALCOHOL: &[&str] = &["11331-6", "74013-4"];
/// Questions about a person's life that also come without a category: occupation, pregnancy and the wish
/// for it, sexual orientation, pack-years.
const LIFE: &[&str] = &["11341-5", "82810-3", "86645-9", "76690-7", "8664-5"];

/// Decides by category; an observation may have several. Vital signs beat examinations,
/// results beat surveys, surveys beat social history. Without any category we know the code decides.
pub fn class(observation: Resource<'_>) -> Class {
    let has = |names: &[&str]| {
        observation.concepts("category").any(|category| {
            category.has_any(names)
                || category.text().is_some_and(|text| names.iter().any(|name| text.eq_ignore_ascii_case(name)))
        })
    };
    let code = observation.concept("code");
    if has(&["vital-signs", "Vital Signs", "vital-sign"]) {
        Class::Vital
    } else if has(&["laboratory", "imaging", "clinical-test", "procedure", "LAB"]) {
        Class::Result
    } else if has(&["functional-status", "disability-status", "cognitive-status", "survey"]) {
        Class::Function
    } else if has(&["social-history", "sdoh", "Social History"]) || has(WISHES) || code.has_any(SMOKING) {
        Class::Social
    } else if has(&["exam", "therapy", "activity"]) {
        // Clinical results, as US Core has it.
        Class::Result
    } else if is_vital(code) {
        Class::Vital
    } else if code.has_any(LIFE) || code.has_any(ALCOHOL) {
        Class::Social
    } else {
        Class::Result
    }
}

/// What a person wants done, or has written down for the day they cannot say so.
const WISHES: &[&str] =
    &["treatment-intervention-preference", "care-experience-preference", "observation-adi-documentation"];

/// Findings about a person count once they are settled; only results are shown before.
pub fn screen(finding: Resource<'_>) -> Result<(), SkipReason> {
    match finding.status() {
        "final" | "amended" | "corrected" | "appended" | "" => Ok(()),
        "entered-in-error" => Err(SkipReason::EnteredInError),
        _ => Err(SkipReason::Inactive),
    }
}

/// Why an observation that holds nothing gives no record.
pub fn silence(chart: &Chart, observation: Resource<'_>) -> SkipReason {
    let told = |member: Element<'_>| chart.resolve(observation, member).is_some();
    if observation.each("hasMember").any(told) {
        SkipReason::Panel
    } else if !observation.get("dataAbsentReason").is_absent()
        || observation.each("component").any(|part| !part.get("dataAbsentReason").is_absent())
    {
        SkipReason::NoValue
    } else {
        SkipReason::Empty
    }
}

pub fn is_smoking(observation: Resource<'_>) -> bool {
    observation.concept("code").has_any(SMOKING)
}

pub fn is_alcohol(observation: Resource<'_>) -> bool {
    observation.concept("code").has_any(ALCOHOL)
}

/// Whether a code names a vital sign or a panel of them.
fn is_vital(code: Concept<'_>) -> bool {
    code.code_of(LOINC).is_some_and(|loinc| units::find(loinc).is_some() || units::PANELS.contains(&loinc))
}
