//! Images that were read: reports with a conclusion and the letter as an attachment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::calendar::{local, plus_minutes, utc};
use super::chart::Chart;
use super::codes::{Code, concept, hl7};
use super::encounters::Visit;
use super::staff::Role;

pub(super) struct Image {
    loinc: Code,
    title: &'static str,
    findings: &'static str,
    conclusion: &'static str,
    conclusion_code: Code,
}

pub(super) static CHEST: Image = Image {
    loinc: Code::loinc("36643-5", "XR Chest 2 Views"),
    title: "Chest X-ray, two views",
    findings: "Patchy opacity in the right lower lobe. Heart size normal. No effusion.",
    conclusion: "Right lower lobe pneumonia.",
    conclusion_code: Code::snomed("233604007", "Pneumonia"),
};

pub(super) static ANKLE: Image = Image {
    loinc: Code::loinc("36557-7", "XR Ankle - right Views"),
    title: "Right ankle X-ray",
    findings: "No fracture. Soft tissue swelling over the outer ankle. Joint space preserved.",
    conclusion: "Soft tissue swelling without fracture.",
    conclusion_code: Code::snomed("44465007", "Sprain of ankle"),
};

pub(super) static WRIST: Image = Image {
    loinc: Code::loinc("37799-4", "XR Wrist - right 2 Views"),
    title: "Right wrist X-ray, two views",
    findings: "Transverse fracture of the distal radius with minimal dorsal tilt. Ulna intact.",
    conclusion: "Closed fracture of the distal right radius.",
    conclusion_code: Code::snomed("263102004", "Fracture of distal end of radius"),
};

pub(super) fn write(chart: &mut Chart<'_>, visit: &Visit, image: &Image) {
    let id = chart.next_id("report");
    let read = plus_minutes(visit.at, 70);
    let letter = format!("{}\n\nFindings: {}\n\nImpression: {}\n", image.title, image.findings, image.conclusion);
    chart.add("DiagnosticReport", &id, visit.signed().max(read), "us-core-diagnosticreport-note", json!({
        "status": "final",
        "category": [{ "coding": [Code::loinc("LP29684-5", "Radiology").coding()], "text": "Radiology" }, hl7("v2-0074", "RAD", "Radiology")],
        "code": concept(&[image.loinc], image.title),
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "effectiveDateTime": local(plus_minutes(visit.at, 40)),
        "issued": utc(read),
        "performer": [Role::Radiologist.reference(chart.seed)],
        "resultsInterpreter": [Role::Radiologist.reference(chart.seed)],
        "conclusion": image.conclusion,
        "conclusionCode": [image.conclusion_code.concept()],
        "presentedForm": [{ "contentType": "text/plain", "data": STANDARD.encode(&letter), "title": image.title, "creation": local(read) }],
    }));
}
