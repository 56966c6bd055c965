//! Who pays.

use serde_json::json;

use super::chart::Chart;
use super::codes::{hl7, reference_named};
use super::encounters::Visit;
use super::staff::{PAYER, PAYER_NAME};

pub(super) fn write(chart: &mut Chart<'_>, visit: &Visit) {
    let id = chart.next_id("cover");
    let member = format!("HML{:07}", chart.days(1_000_000, 9_999_999));
    let group = chart.days(100, 999).to_string();
    chart.add("Coverage", &id, visit.signed(), "us-core-coverage", json!({
        "identifier": [{ "type": hl7("v2-0203", "MB", "Member Number"), "system": "https://harborlight.example/members", "value": member }],
        "status": "active",
        "type": { "coding": [{ "system": "https://nahdo.org/sopt", "code": "5", "display": "Private health insurance" }], "text": "Private health insurance" },
        "subscriber": chart.subject(),
        "subscriberId": member,
        "beneficiary": chart.subject(),
        "relationship": hl7("subscriber-relationship", "self", "Self"),
        "period": { "start": visit.day().to_string() },
        "payor": [reference_named("Organization", PAYER, PAYER_NAME)],
        "class": [
            { "type": hl7("coverage-class", "group", "Group"), "value": group, "name": "Harborlight Employers Group" },
            { "type": hl7("coverage-class", "plan", "Plan"), "value": "PPO-2", "name": "Harborlight Choice" },
        ],
    }));
}
