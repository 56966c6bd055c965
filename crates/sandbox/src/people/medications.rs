//! Orders of medication, what was dispensed, and what people say they take.

use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use super::calendar::{local, plus_days, plus_minutes};
use super::catalogue::drugs::{self, Drug, Schedule};
use super::chart::{Chart, mix};
use super::codes::{Code, concept, hl7, number, object, quantity, reference, reference_named};
use super::encounters::{Class, Visit};
use super::staff::{self, Role};

/// How an order ended, or that it has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    Active,
    Completed,
    Stopped,
}

/// How a record names the drug: hospitals use all three forms, each drug of a person keeps to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Code,
    Contained,
    Reference,
}

impl Course {
    fn status(self) -> &'static str {
        match self {
            Course::Active => "active",
            Course::Completed => "completed",
            Course::Stopped => "stopped",
        }
    }
}

/// Orders a drug at a visit, for the Condition `reason`; returns the order's id.
pub(super) fn order(
    chart: &mut Chart<'_>,
    visit: &Visit,
    drug: &Drug,
    course: Course,
    reason: Option<(&str, Code)>,
) -> String {
    let id = chart.next_id("med");
    let (quantity_dispensed, days, refills) = drug.supply;
    let mut body = json!({ "status": course.status(), "intent": "order" });
    name_drug(chart, &mut body, drug, visit.signed());
    let category =
        if visit.class == Class::Inpatient { ("discharge", "Discharge") } else { ("community", "Community") };
    let (_, unit, ucum) = drug.dose;
    let rest = object! {
        "category": [hl7("medicationrequest-category", category.0, category.1)],
        "reportedBoolean": false,
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "authoredOn": local(visit.at),
        "requester": visit.role.reference(chart.seed),
        "dosageInstruction": [dosage(drug)],
        "dispenseRequest": object! {
            "validityPeriod": object! { "start": visit.day().to_string(), "end": plus_days(visit.day(), days * (refills + 1)).to_string() },
            "numberOfRepeatsAllowed": refills,
            "quantity": quantity(Value::from(quantity_dispensed), unit, ucum),
            "expectedSupplyDuration": quantity(Value::from(days), "days", "d"),
        },
    };
    extend(&mut body, rest);
    if let Some((condition, code)) = reason {
        body["reasonCode"] = json!([code.concept()]);
        body["reasonReference"] = json!([reference("Condition", condition)]);
    }
    chart.add("MedicationRequest", &id, visit.signed(), "us-core-medicationrequest", body);
    id
}

/// The pharmacy hands out what was ordered.
pub(super) fn dispense(chart: &mut Chart<'_>, order: &str, drug: &Drug, at: DateTime) {
    let id = chart.next_id("disp");
    let (quantity_dispensed, days, _) = drug.supply;
    let (_, unit, ucum) = drug.dose;
    let mut body = json!({ "status": "completed" });
    name_drug(chart, &mut body, drug, at);
    let rest = object! {
        "subject": chart.subject(),
        "performer": [object! { "actor": Role::Pharmacist.reference(chart.seed) }],
        "authorizingPrescription": [reference("MedicationRequest", order)],
        "type": hl7("v3-ActCode", "FF", "First Fill"),
        "quantity": quantity(Value::from(quantity_dispensed), unit, ucum),
        "daysSupply": quantity(Value::from(days), "days", "d"),
        "whenHandedOver": local(at),
        "dosageInstruction": [dosage(drug)],
    };
    extend(&mut body, rest);
    chart.add("MedicationDispense", &id, plus_minutes(at, 3), "us-core-medicationdispense", body);
}

/// What a person reports to take without an order: a drug from the shelf, or a supplement nobody has a code for.
pub(super) fn reported(chart: &mut Chart<'_>, visit: &Visit, since: Date) {
    let id = chart.next_id("med");
    let supplement = chart.chance(400);
    let mut body = json!({ "status": "active", "intent": "plan" });
    if supplement {
        body["medicationCodeableConcept"] = json!({ "text": "Turmeric capsules, from the health food store" });
    } else {
        body["medicationCodeableConcept"] = drugs::IBUPROFEN.code.concept();
    }
    let dosage = if supplement { json!({ "text": "One capsule most mornings" }) } else { dosage(&drugs::IBUPROFEN) };
    let rest = object! {
        "category": [hl7("medicationrequest-category", "community", "Community")],
        "reportedBoolean": true,
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "authoredOn": since.to_string(),
        "requester": reference_named("Patient", &chart.patient, &chart.name),
        "dosageInstruction": [dosage],
    };
    extend(&mut body, rest);
    chart.add("MedicationRequest", &id, visit.signed(), "us-core-medicationrequest", body);
}

fn name_drug(chart: &mut Chart<'_>, body: &mut Value, drug: &Drug, written: DateTime) {
    let medication = |extra: Value| {
        let mut medication = json!({ "resourceType": "Medication" });
        extend(&mut medication, extra);
        medication
    };
    match form(chart, drug) {
        Form::Code => body["medicationCodeableConcept"] = drug.code.concept(),
        Form::Contained => {
            body["contained"] =
                json!([medication(json!({ "id": "drug", "code": drug.code.concept(), "status": "active" }))]);
            body["medicationReference"] = json!({ "reference": "#drug", "display": drug.code.display });
        }
        Form::Reference => {
            let id = format!("{}-drug-{}", chart.prefix, drug.code.code);
            if !chart.resources.iter().any(|known| known.kind == "Medication" && known.id == id) {
                let manufacturer = staff::organization(chart.hospital);
                let body = json!({ "code": drug.code.concept(), "status": "active", "manufacturer": manufacturer });
                chart.add("Medication", &id, written, "us-core-medication", body);
            }
            body["medicationReference"] = reference_named("Medication", &id, drug.code.display);
        }
    }
}

/// Six of ten drugs are named by code, two are contained, two are resources of their own.
fn form(chart: &Chart<'_>, drug: &Drug) -> Form {
    let number = drug.code.code.bytes().fold(0, |sum: u64, byte| sum * 31 + u64::from(byte));
    match mix(chart.own, number) % 10 {
        0..6 => Form::Code,
        6..8 => Form::Contained,
        _ => Form::Reference,
    }
}

fn dosage(drug: &Drug) -> Value {
    let (amount, unit, ucum) = drug.dose;
    let amount = number(amount, if amount.fract() == 0.0 { 0 } else { 1 });
    let mut dosage = json!({ "sequence": 1, "text": drug.sig });
    match &drug.schedule {
        Schedule::Every(frequency, period, period_unit) => {
            dosage["timing"] =
                json!({ "repeat": { "frequency": frequency, "period": period, "periodUnit": period_unit } });
        }
        Schedule::AsNeeded(most, reason) => {
            dosage["timing"] =
                json!({ "repeat": { "frequency": 1, "frequencyMax": most, "period": 1, "periodUnit": "d" } });
            dosage["asNeededCodeableConcept"] = reason.concept();
        }
    }
    dosage["route"] = concept(&[drug.route], drug.route.display);
    dosage["doseAndRate"] = json!([{
        "type": hl7("dose-rate-type", "ordered", "Ordered"),
        "doseQuantity": quantity(amount, unit, ucum),
    }]);
    dosage
}

fn extend(body: &mut Value, rest: Value) {
    let (Value::Object(body), Value::Object(rest)) = (body, rest) else { unreachable!("a resource is an object") };
    body.extend(rest);
}
