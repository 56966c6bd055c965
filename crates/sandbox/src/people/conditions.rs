//! Conditions: the problem list and the diagnoses of single visits.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::calendar::{self, plus_minutes};
use super::catalogue::diseases::Disease;
use super::catalogue::illnesses::Illness;
use super::chart::Chart;
use super::codes::{Code, concept, hl7};
use super::encounters::Visit;
use super::imperfections;

/// A problem on the list; returns the Condition's id.
/// The onset of what began before the record is remembered only to the year or month now and then.
pub(super) fn problem(chart: &mut Chart<'_>, visit: &Visit, disease: &Disease, onset: Date) -> String {
    let id = chart.next_id("cond");
    let onset = if onset < visit.day() { imperfections::remembered(chart, onset) } else { onset.to_string() };
    let mut body = body(chart, visit, &[disease.snomed, disease.icd10], disease.text);
    body["clinicalStatus"] = clinical("active");
    body["category"] = json!([category("problem-list-item", "Problem List Item")]);
    body["onsetDateTime"] = json!(onset);
    chart.add("Condition", &id, visit.signed(), "us-core-condition-problems-health-concerns", body);
    id
}

/// A disease as the reason of one visit.
pub(super) fn follow_up(chart: &mut Chart<'_>, visit: &Visit, disease: &Disease) {
    let id = chart.next_id("cond");
    let mut body = body(chart, visit, &[disease.icd10, disease.snomed], disease.text);
    body["clinicalStatus"] = clinical("active");
    body["category"] = json!([category("encounter-diagnosis", "Encounter Diagnosis")]);
    body["onsetDateTime"] = json!(visit.day().to_string());
    chart.add("Condition", &id, visit.signed(), "us-core-condition-encounter-diagnosis", body);
}

/// An illness as it was diagnosed at a visit; it has passed by `over`, unless that lies in the future.
pub(super) fn diagnosis(chart: &mut Chart<'_>, visit: &Visit, illness: &Illness, over: Date) -> String {
    passing(chart, visit, &[illness.snomed, illness.icd10], illness.text, visit.day(), over)
}

/// A condition of limited duration.
pub(super) fn passing(
    chart: &mut Chart<'_>,
    visit: &Visit,
    codes: &[Code],
    text: &str,
    onset: Date,
    over: Date,
) -> String {
    let id = chart.next_id("cond");
    let mut body = body(chart, visit, codes, text);
    let gone = over <= chart.today;
    body["clinicalStatus"] = clinical(if gone { "resolved" } else { "active" });
    body["category"] = json!([category("encounter-diagnosis", "Encounter Diagnosis")]);
    body["onsetDateTime"] = json!(onset.to_string());
    let mut written = visit.signed();
    if gone {
        body["abatementDateTime"] = json!(over.to_string());
        written = written.max(plus_minutes(over.at(9, 0, 0, 0), 5));
    }
    chart.add("Condition", &id, written, "us-core-condition-encounter-diagnosis", body);
    id
}

fn body(chart: &Chart<'_>, visit: &Visit, codes: &[Code], text: &str) -> Value {
    json!({
        "clinicalStatus": null,
        "verificationStatus": hl7("condition-ver-status", "confirmed", "Confirmed"),
        "category": null,
        "code": concept(codes, text),
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "onsetDateTime": null,
        "recordedDate": calendar::local(visit.at),
        "recorder": visit.role.reference(chart.seed),
        "asserter": visit.role.reference(chart.seed),
    })
}

pub(super) fn clinical(code: &str) -> Value {
    let display = match code {
        "active" => "Active",
        "resolved" => "Resolved",
        _ => "Inactive",
    };
    hl7("condition-clinical", code, display)
}

pub(super) fn category(code: &str, display: &str) -> Value {
    hl7("condition-category", code, display)
}
