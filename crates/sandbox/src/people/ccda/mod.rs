//! The record summed up as one C-CDA R2.1 continuity of care document, read from the FHIR resources themselves.

mod allergies;
mod element;
mod header;
mod immunizations;
mod medications;
mod problems;
mod procedures;
mod results;
mod section;
mod social_history;
mod vitals;

use serde_json::{Value, json};

use super::calendar::local;
use super::chart::Chart;
use super::life::Life;
use super::names::Name;
use super::{Resource, notes};

/// What the sections read.
struct Record<'r> {
    resources: &'r [Resource],
}

impl<'r> Record<'r> {
    /// The resources of a kind, newest first, without those entered in error or refuted.
    fn newest(&self, kind: &str) -> Vec<&'r Value> {
        let mut found: Vec<&Resource> =
            self.resources.iter().filter(|resource| resource.kind == kind && stands(&resource.json)).collect();
        found.sort_by(|one, other| other.last_updated.cmp(&one.last_updated));
        found.into_iter().map(|resource| &resource.json).collect()
    }

    /// The resource that a reference such as `Medication/p1-drug-2` names.
    fn find(&self, reference: &str) -> Option<&'r Value> {
        let (kind, id) = reference.split_once('/')?;
        self.resources.iter().find(|resource| resource.kind == kind && resource.id == id).map(|resource| &resource.json)
    }
}

fn stands(json: &Value) -> bool {
    !matches!(json["verificationStatus"]["coding"][0]["code"].as_str(), Some("entered-in-error" | "refuted"))
}

/// Attaches the document and writes its DocumentReference.
pub(super) fn write(chart: &mut Chart<'_>, name: &Name, life: &Life) {
    let record = Record { resources: &chart.resources };
    let sections = [
        allergies::section(&record),
        medications::section(&record),
        problems::section(&record),
        results::section(&record),
        vitals::section(&record),
        immunizations::section(&record),
        procedures::section(&record),
        social_history::section(&record),
    ];
    let mut document = String::with_capacity(64 * 1024);
    header::open(&mut document, chart, name, life);
    for section in sections {
        section.write(&mut document);
    }
    header::close(&mut document);
    let (size, written) = (document.len(), local(chart.last_written()));
    let id = chart.attach("application/xml", document.into_bytes());
    let attachment = json!({
        "contentType": "application/xml",
        "url": format!("Binary/{id}"),
        "size": size,
        "title": "Continuity of care document",
        "creation": written,
    });
    let format = (
        "urn:hl7-org:sdwg:ccda-structuredBody:2.1",
        "C-CDA Structured Body R2.1",
        "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
    );
    notes::document(chart, None, notes::CCD, attachment, format);
}
