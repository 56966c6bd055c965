//! Where a few of the entries come from.

use serde_json::{Value, json};

use super::calendar::utc;
use super::chart::Chart;
use super::codes::{coding, reference};
use super::encounters::Visit;
use super::staff;

/// The kinds whose newest entry gets a Provenance.
const TRACED: &[&str] = &["Condition", "MedicationRequest", "AllergyIntolerance", "Immunization", "DocumentReference"];

pub(super) fn write(chart: &mut Chart<'_>, visit: &Visit) {
    for kind in TRACED {
        let Some(target) =
            chart.resources.iter().rev().find(|resource| resource.kind == *kind).map(|resource| resource.id.clone())
        else {
            continue;
        };
        let id = chart.next_id("prov");
        let agent = |code: &str, display: &str, who: Value| {
            let system = if code == "author" {
                "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
            } else {
                "http://hl7.org/fhir/us/core/CodeSystem/us-core-provenance-participant-type"
            };
            json!({ "type": { "coding": [coding(system, code, display)] }, "who": who, "onBehalfOf": staff::organization(chart.hospital) })
        };
        let body = json!({
            "target": [reference(kind, &target)],
            "recorded": utc(visit.signed()),
            "agent": [
                agent("author", "Author", visit.role.reference(chart.seed)),
                agent("transmitter", "Transmitter", staff::organization(chart.hospital)),
            ],
        });
        chart.add("Provenance", &id, visit.signed(), "us-core-provenance", body);
    }
}
