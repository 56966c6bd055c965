//! Medications: what is taken now, and the courses of the last years.

use serde_json::{Value, json};

use super::Record;
use super::element::{bounds, coded, day, id, template, text, words};
use super::section::Section;

/// How many orders are listed at most, newest first.
const LISTED: usize = 25;

/// Routes by their SNOMED code, in the thesaurus that clinical documents use.
const ROUTES: &[(&str, &str, &str)] = &[
    ("26643006", "C38288", "ORAL"),
    ("447694001", "C38216", "RESPIRATORY (INHALATION)"),
    ("34206005", "C38299", "SUBCUTANEOUS"),
    ("78421000", "C28161", "INTRAMUSCULAR"),
];

pub(super) fn section(record: &Record<'_>) -> Section {
    let mut section = Section::new(
        ("2.16.840.1.113883.10.20.22.2.1.1", "2014-06-09"),
        ("10160-0", "History of medication use"),
        "Medications",
        &["Medication", "Directions", "Since", "Status"],
        "No medications.",
    );
    for order in record.newest("MedicationRequest").into_iter().take(LISTED) {
        let drug = drug(record, order);
        let directions = order["dosageInstruction"][0]["text"].as_str().unwrap_or_default().to_owned();
        let status = order["status"].as_str().unwrap_or_default().to_owned();
        let anchor = section.row(vec![words(drug), directions, day(&order["authoredOn"]), status]);
        section.entry(entry(order, drug, &anchor));
    }
    section
}

/// The drug of an order, wherever the order keeps it.
fn drug<'r>(record: &Record<'r>, order: &'r Value) -> &'r Value {
    if order["medicationCodeableConcept"].is_object() {
        return &order["medicationCodeableConcept"];
    }
    let reference = order["medicationReference"]["reference"].as_str().unwrap_or_default();
    match record.find(reference) {
        Some(medication) => &medication["code"],
        None => &order["contained"][0]["code"],
    }
}

fn entry(order: &Value, drug: &Value, anchor: &str) -> String {
    let status = if order["status"] == "active" { "active" } else { "completed" };
    let mood = if order["intent"] == "plan" { "EVN" } else { "INT" };
    let high = match status {
        "active" => Value::Null,
        _ => order["dispenseRequest"]["validityPeriod"]["end"].clone(),
    };
    let dosage = &order["dosageInstruction"][0];
    format!(
        "<substanceAdministration classCode=\"SBADM\" moodCode=\"{mood}\">{}{}{}<statusCode code=\"{status}\"/>\
         <effectiveTime xsi:type=\"IVL_TS\">{}</effectiveTime>{}{}{}\
         <consumable><manufacturedProduct classCode=\"MANU\">{}{}<manufacturedMaterial>{}</manufacturedMaterial></manufacturedProduct></consumable>\
         </substanceAdministration>",
        template("2.16.840.1.113883.10.20.22.4.16", "2014-06-09"),
        id(order, ""),
        text(anchor),
        bounds(&json!(day(&order["authoredOn"])), &high),
        frequency(dosage),
        route(dosage),
        dose(dosage),
        template("2.16.840.1.113883.10.20.22.4.23", "2014-06-09"),
        id(order, "-drug"),
        coded("code", drug, Some(anchor)),
    )
}

fn frequency(dosage: &Value) -> String {
    let repeat = &dosage["timing"]["repeat"];
    let (Some(frequency), Some(period)) = (repeat["frequency"].as_f64(), repeat["period"].as_f64()) else {
        return String::new();
    };
    // Twice a day is every twelve hours; everything else keeps its own unit.
    let unit = repeat["periodUnit"].as_str().unwrap_or("d");
    let (period, unit) =
        if unit == "d" && frequency > 1.0 { (period * 24.0 / frequency, "h") } else { (period / frequency, unit) };
    format!(
        "<effectiveTime xsi:type=\"PIVL_TS\" operator=\"A\" institutionSpecified=\"true\"><period value=\"{period}\" unit=\"{unit}\"/></effectiveTime>"
    )
}

fn route(dosage: &Value) -> String {
    let code = dosage["route"]["coding"][0]["code"].as_str().unwrap_or_default();
    let known = ROUTES.iter().find(|(snomed, _, _)| *snomed == code);
    let element = known.map(|(_, code, display)| {
        format!("<routeCode code=\"{code}\" codeSystem=\"2.16.840.1.113883.3.26.1.1\" codeSystemName=\"NCI Thesaurus\" displayName=\"{display}\"/>")
    });
    element.unwrap_or_default()
}

/// A count of tablets has no unit in a document; milligrams do.
fn dose(dosage: &Value) -> String {
    let quantity = &dosage["doseAndRate"][0]["doseQuantity"];
    match (&quantity["value"], quantity["code"].as_str()) {
        (Value::Number(number), Some(unit)) if unit.starts_with('{') => format!("<doseQuantity value=\"{number}\"/>"),
        (Value::Number(number), Some(unit)) => format!("<doseQuantity value=\"{number}\" unit=\"{unit}\"/>"),
        _ => String::new(),
    }
}
