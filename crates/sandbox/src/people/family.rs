//! What ran in the family.

use serde_json::json;

use super::calendar::local;
use super::catalogue::diseases::Disease;
use super::chart::Chart;
use super::codes::{concept, hl7, quantity};
use super::encounters::Visit;
use super::life::Life;

const RELATIVES: &[(&str, &str, &str)] = &[
    ("MTH", "mother", "female"),
    ("FTH", "father", "male"),
    ("MGRMTH", "maternal grandmother", "female"),
    ("SIB", "sibling", "unknown"),
];

/// One relative or two, with the diseases that the person has or will have.
pub(super) fn write(chart: &mut Chart<'_>, life: &Life, visit: &Visit) {
    for course in life.courses.iter().take(2) {
        relative(chart, visit, course.disease);
    }
}

fn relative(chart: &mut Chart<'_>, visit: &Visit, disease: &Disease) {
    let id = chart.next_id("family");
    let (code, display, sex) = chart.pick(RELATIVES);
    let age = disease.onset.0 + chart.days(5, 20);
    chart.add(
        "FamilyMemberHistory",
        &id,
        visit.signed(),
        "",
        json!({
            "status": "completed",
            "patient": chart.subject(),
            "date": local(visit.at),
            "relationship": hl7("v3-RoleCode", code, display),
            "sex": { "coding": [{ "system": "http://hl7.org/fhir/administrative-gender", "code": sex }] },
            "condition": [{
                "code": concept(&[disease.snomed, disease.icd10], disease.text),
                "onsetAge": quantity(json!(age), "years", "a"),
            }],
        }),
    );
}
