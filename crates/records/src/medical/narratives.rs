//! Clinical notes as text.

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::drafts::{Drafts, SkipReason};
use crate::fhir::{Element, Resource};
use crate::{documents, people, text, versions};

pub static KIND: Kind = Kind {
    id: "narratives",
    title: "Narratives",
    description: "Notes and letters written about your care.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["DocumentReference", "Composition", "DiagnosticReport"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Narrative {
    date_time: Option<Timestamp>,
    author: Option<String>,
    department: Option<String>,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    title: String,
    text: String,
    template_ids: [String; 0],
}

/// Sections in sections go no deeper than this.
const DEPTH: usize = 8;

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let replaced = versions::replaced(chart);
    let is_note = |document: &Resource<'_>| !documents::is_ccda(*document) && !documents::is_instruction(*document);
    for document in chart.of_kind("DocumentReference").filter(is_note) {
        let row = documents::screen(document, &replaced).and_then(|()| of_document(chart, document));
        drafts.record(&KIND, document, row, |row| (row.date_time, &[]));
    }
    for composition in chart.of_kind("Composition") {
        let row = documents::screen(composition, &replaced).and_then(|()| of_composition(chart, composition));
        drafts.record(&KIND, composition, row, |row| (row.date_time, &[]));
    }
    for report in chart.of_kind("DiagnosticReport").filter(|report| super::test_results::is_note(*report)) {
        drafts.record(&KIND, report, of_report(chart, report), |row| (row.date_time, &[]));
    }
}

fn of_document(chart: &Chart, document: Resource<'_>) -> Result<Narrative, SkipReason> {
    let text = documents::body(chart, document).ok_or(SkipReason::NoText)?;
    let context = document.get("context");
    let place = ["facilityType", "practiceSetting"].into_iter().find_map(|name| context.concept(name).name());
    Ok(Narrative {
        date_time: documents::written_at(document),
        author: documents::author(chart, document),
        department: place.map(str::to_owned).or_else(|| department(chart, document, context.first("encounter"))),
        entries: vec![entry(documents::title(document), text)],
    })
}

/// Where the visit was that the note is about.
fn department(chart: &Chart, note: Resource<'_>, visit: Element<'_>) -> Option<String> {
    let visit = chart.resolve(note, visit).filter(|visit| visit.kind == "Encounter")?;
    people::agent(chart, visit, visit.first("location").get("location"))
}

fn of_composition(chart: &Chart, composition: Resource<'_>) -> Result<Narrative, SkipReason> {
    let mut entries = Vec::new();
    sections(*composition, &mut entries, 0);
    if entries.is_empty() {
        return Err(SkipReason::Empty);
    }
    Ok(Narrative {
        date_time: composition.date("date"),
        author: documents::author(chart, composition),
        department: department(chart, composition, composition.get("encounter")),
        entries,
    })
}

fn sections(owner: Element<'_>, entries: &mut Vec<Entry>, depth: usize) {
    for section in owner.each("section") {
        let title = section.str("title").or_else(|| section.concept("code").name());
        let words = text::narrative(section);
        if title.is_some() || words.is_some() {
            entries.push(entry(title.map(str::to_owned), words.unwrap_or_default()));
        }
        if depth < DEPTH {
            sections(section, entries, depth + 1);
        }
    }
}

/// A note that came as a report.
fn of_report(chart: &Chart, report: Resource<'_>) -> Result<Narrative, SkipReason> {
    match report.status() {
        "entered-in-error" => return Err(SkipReason::EnteredInError),
        "cancelled" => return Err(SkipReason::Inactive),
        _ => {}
    }
    let attached = report.each("presentedForm").find_map(|form| text::of_attachment(chart, report, form));
    let text = attached
        .or_else(|| text::written(*report))
        .or_else(|| report.str("conclusion").map(str::to_owned))
        .ok_or(SkipReason::NoText)?;
    Ok(Narrative {
        date_time: report.when("effective").moment().or_else(|| report.date("issued")),
        author: report.each("performer").find_map(|performer| people::agent(chart, report, performer)),
        department: department(chart, report, report.get("encounter")),
        entries: vec![entry(report.concept("code").name().map(str::to_owned), text)],
    })
}

fn entry(title: Option<String>, text: String) -> Entry {
    Entry { title: title.unwrap_or_else(|| "Note".to_owned()), text, template_ids: [] }
}
