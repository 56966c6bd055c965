//! Procedures that took place, some that did not, and what was implanted.

use serde_json::json;

use super::calendar::{local, plus_days, plus_minutes};
use super::catalogue::operations::Operation;
use super::chart::Chart;
use super::codes::{Code, concept, reference};
use super::encounters::Visit;
use super::imperfections::PROCEDURE_NOT_DONE;

/// Performs a procedure at a visit, for the Condition `reason`.
pub(super) fn perform(chart: &mut Chart<'_>, visit: &Visit, operation: &Operation, reason: Option<&str>) {
    write(chart, visit, operation, reason, None, true);
}

/// A procedure with its order; now and then the order is all that happens.
pub(super) fn ordered(chart: &mut Chart<'_>, visit: &Visit, operation: &Operation) {
    let id = chart.next_id("sreq");
    let done = !chart.chance(PROCEDURE_NOT_DONE);
    chart.add("ServiceRequest", &id, visit.signed(), "us-core-servicerequest", json!({
        "status": if done { "completed" } else { "revoked" },
        "intent": "order",
        "category": [{ "coding": [Code::snomed("387713003", "Surgical procedure").coding()], "text": "Surgical procedure" }],
        "code": concept(&[operation.snomed], operation.text),
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "occurrenceDateTime": local(visit.at),
        "authoredOn": local(visit.at),
        "requester": visit.role.reference(chart.seed),
    }));
    write(chart, visit, operation, None, Some(&id), done);
}

fn write(
    chart: &mut Chart<'_>,
    visit: &Visit,
    operation: &Operation,
    reason: Option<&str>,
    order: Option<&str>,
    done: bool,
) {
    let id = chart.next_id("proc");
    let mut codes = vec![operation.snomed];
    codes.extend(operation.cpt);
    let start = plus_minutes(visit.at, 10);
    let mut body = json!({
        "status": if done { "completed" } else { "not-done" },
        "code": concept(&codes, operation.text),
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "recorder": visit.role.reference(chart.seed),
    });
    if done {
        body["performedPeriod"] =
            json!({ "start": local(start), "end": local(plus_minutes(start, 45).min(visit.end.max(start))) });
        body["performer"] = json!([{ "actor": visit.role.reference(chart.seed) }]);
    } else {
        body["statusReason"] = Code::snomed("105480006", "Refusal of treatment by patient").concept();
        body["performedDateTime"] = json!(local(start));
    }
    if let Some(condition) = reason {
        body["reasonReference"] = json!([reference("Condition", condition)]);
    }
    if let Some(order) = order {
        body["basedOn"] = json!([reference("ServiceRequest", order)]);
    }
    if let Some(site) = operation.site {
        body["bodySite"] = json!([site.concept()]);
    }
    chart.add("Procedure", &id, visit.signed(), "us-core-procedure", body);
}

/// The artificial knee.
pub(super) fn implant(chart: &mut Chart<'_>, visit: &Visit) {
    let id = chart.next_id("device");
    let serial = chart.days(100_000, 999_999);
    let made = plus_days(visit.day(), -200);
    let code = Code::snomed("304121006", "Knee joint prosthesis");
    chart.add("Device", &id, visit.signed(), "us-core-implantable-device", json!({
        "udiCarrier": [{
            "deviceIdentifier": "00844588003288",
            "carrierHRF": format!("(01)00844588003288(11){:02}{:02}{:02}(21){serial}", made.year() % 100, made.month(), made.day()),
        }],
        "status": "active",
        "distinctIdentifier": format!("TRIB-KNEE-{serial}"),
        "manufactureDate": made.to_string(),
        "serialNumber": serial.to_string(),
        "deviceName": [{ "name": "Knee joint prosthesis", "type": "user-friendly-name" }],
        "type": code.concept(),
        "patient": chart.subject(),
    }));
}
