//! Which kind of record an Observation belongs to.

use crate::codes::LOINC;
use crate::fhir::{Concept, Resource};
use crate::units;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Result,
    Vital,
    Function,
    Social,
    Other,
}

const SMOKING: &[&str] = &["72166-2", "11367-0", "401201003", "229819007"];
const ALCOHOL: &[&str] = &["11331-6", "74013-4"];

/// Decides by category; an observation may have several. Vital signs beat examinations,
/// results beat surveys, surveys beat social history. Without any category the code decides.
pub fn class(observation: Resource<'_>) -> Class {
    let has = |names: &[&str]| {
        observation.concepts("category").any(|category| {
            category.has_any(names)
                || category.text().is_some_and(|text| names.iter().any(|name| text.eq_ignore_ascii_case(name)))
        })
    };
    let code = observation.concept("code");
    if has(&["vital-signs", "Vital Signs"]) {
        Class::Vital
    } else if has(&["laboratory", "imaging", "clinical-test", "procedure", "LAB"]) {
        Class::Result
    } else if has(&["functional-status", "disability-status", "cognitive-status", "survey"]) {
        Class::Function
    } else if has(&["social-history", "sdoh", "Social History"]) || code.has_any(SMOKING) {
        Class::Social
    } else if observation.each("category").next().is_some() {
        Class::Other
    } else if is_vital(code) {
        Class::Vital
    } else {
        Class::Result
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
