//! What real records get wrong, at fixed rates, so that readers of the sandbox meet it.
//!
//! Also imperfect, elsewhere and always: `medications` writes supplements that have a name but no code.

use jiff::civil::Date;
use serde_json::json;

use super::calendar;
use super::catalogue::diseases::Ailment;
use super::chart::Chart;
use super::codes::{LOINC, concept, hl7, quantity};
use super::conditions;
use super::encounters::Visit;
use super::life::Life;

/// Of a thousand onsets remembered in hindsight, those known only to the year.
const ONLY_THE_YEAR: u32 = 120;
/// Of a thousand onsets remembered in hindsight, those known only to the month.
const ONLY_THE_MONTH: u32 = 200;
/// Of a thousand people, those with a Condition entered in error that kept nothing but its id and status.
const ENTERED_IN_ERROR: u32 = 60;
/// Of a thousand people, those with a condition that was suspected and refuted.
const REFUTED: u32 = 80;
/// Of a thousand people, those with a potassium that no report cites.
const UNREPORTED: u32 = 150;
/// Of a thousand vital signs, those that were not taken and say why.
pub(super) const NOT_TAKEN: u32 = 4;
/// Of a thousand due vaccinations, those that were declined.
pub(super) const VACCINE_DECLINED: u32 = 25;
/// Of a thousand procedures that were ordered, those that did not take place.
pub(super) const PROCEDURE_NOT_DONE: u32 = 90;

/// What is suspected and refuted, in people who never get it.
const SUSPECTED: Ailment = Ailment::Hypothyroidism;

/// A date as it is remembered: mostly whole, sometimes to the month or to the year.
pub(super) fn remembered(chart: &mut Chart<'_>, day: Date) -> String {
    if chart.chance(ONLY_THE_YEAR) {
        calendar::year(day)
    } else if chart.chance(ONLY_THE_MONTH) {
        calendar::month(day)
    } else {
        day.to_string()
    }
}

/// Mistakes made at one visit of a person's life.
pub(super) fn write(chart: &mut Chart<'_>, life: &Life, visit: &Visit) {
    if chart.chance(ENTERED_IN_ERROR) {
        entered_in_error(chart, visit);
    }
    let has_it = life.courses.iter().any(|course| course.disease.ailment == SUSPECTED);
    if chart.chance(REFUTED) && !has_it {
        refuted(chart, visit);
    }
    if chart.chance(UNREPORTED) {
        unreported(chart, visit);
    }
}

fn entered_in_error(chart: &mut Chart<'_>, visit: &Visit) {
    let id = chart.next_id("cond");
    chart.add(
        "Condition",
        &id,
        visit.signed(),
        "",
        json!({
            "verificationStatus": hl7("condition-ver-status", "entered-in-error", "Entered in Error"),
        }),
    );
}

fn refuted(chart: &mut Chart<'_>, visit: &Visit) {
    let id = chart.next_id("cond");
    let disease = SUSPECTED.disease();
    chart.add(
        "Condition",
        &id,
        visit.signed(),
        "us-core-condition-problems-health-concerns",
        json!({
            "clinicalStatus": conditions::clinical("inactive"),
            "verificationStatus": hl7("condition-ver-status", "refuted", "Refuted"),
            "category": [conditions::category("problem-list-item", "Problem List Item")],
            "code": concept(&[disease.snomed, disease.icd10], "Suspected hypothyroidism"),
            "subject": chart.subject(),
            "encounter": visit.reference(),
            "recordedDate": calendar::local(visit.at),
        }),
    );
}

fn unreported(chart: &mut Chart<'_>, visit: &Visit) {
    let id = chart.next_id("obs");
    let value = chart.between(3.6, 5.2);
    chart.add("Observation", &id, visit.signed(), "us-core-observation-lab", json!({
        "status": "final",
        "category": [hl7("observation-category", "laboratory", "Laboratory")],
        "code": { "coding": [{ "system": LOINC, "code": "6298-4", "display": "Potassium [Moles/volume] in Blood" }], "text": "Potassium, point of care" },
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "effectiveDateTime": calendar::local(visit.at),
        "valueQuantity": quantity(super::codes::number(value, 1), "mmol/L", "mmol/L"),
    }));
}
