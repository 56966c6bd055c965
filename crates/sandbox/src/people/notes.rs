//! Clinical notes: short ones inline as text, discharge letters and every fourth note as an HTML attachment; letters
//! to others as PDF.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::calendar::local;
use super::chart::Chart;
use super::codes::{Code, concept, reference};
use super::encounters::Visit;
use super::markup::escaped;
use super::staff;

/// What a note says.
pub(super) struct Story<'s> {
    pub title: &'s str,
    pub complaint: &'s str,
    pub finding: &'s str,
    pub plan: &'s str,
}

const PROGRESS: Code = Code::loinc("11506-3", "Progress note");
const DISCHARGE: Code = Code::loinc("18842-5", "Discharge summary");
const REFERRAL: Code = Code::loinc("57133-1", "Referral note");
const INSTRUCTIONS: Code = Code::loinc("69730-0", "Instructions");
pub(super) const CCD: Code = Code::loinc("34133-9", "Summary of episode note");

const FORMATS: &str = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode";
/// Of a thousand progress notes, those written as HTML.
const AS_HTML: u32 = 250;

pub(super) fn progress(chart: &mut Chart<'_>, visit: &Visit, story: &Story<'_>) {
    let html = chart.chance(AS_HTML);
    write(chart, visit, PROGRESS, story, html);
}

pub(super) fn discharge(chart: &mut Chart<'_>, visit: &Visit, story: &Story<'_>) {
    write(chart, visit, DISCHARGE, story, true);
}

pub(super) fn instructions(chart: &mut Chart<'_>, visit: &Visit, story: &Story<'_>) {
    write(chart, visit, INSTRUCTIONS, story, false);
}

/// A letter to another practice, as it was printed.
pub(super) fn letter(chart: &mut Chart<'_>, visit: &Visit, title: &str, lines: &[&str]) {
    let heading = [title, chart.hospital.name, &chart.name].map(str::to_owned);
    let page = super::pdf::page(heading.iter().map(String::as_str).chain(lines.iter().copied()));
    let size = page.len();
    let id = chart.attach("application/pdf", page);
    let attachment = json!({ "contentType": "application/pdf", "url": format!("Binary/{id}"), "size": size, "title": title, "creation": local(visit.signed()) });
    let format = ("urn:ihe:iti:xds:2017:mimeTypeSufficient", "mimeType Sufficient", FORMATS);
    document(chart, Some(visit), REFERRAL, attachment, format);
}

fn write(chart: &mut Chart<'_>, visit: &Visit, kind: Code, story: &Story<'_>, html: bool) {
    let attachment = if html {
        let page = as_html(chart, visit, story);
        let size = page.len();
        let id = chart.attach("text/html", page.into_bytes());
        json!({ "contentType": "text/html", "url": format!("Binary/{id}"), "size": size, "title": story.title, "creation": local(visit.signed()) })
    } else {
        let text = as_text(chart, visit, story);
        json!({ "contentType": "text/plain", "data": STANDARD.encode(&text), "title": story.title, "creation": local(visit.signed()) })
    };
    let format = ("urn:ihe:iti:xds:2017:mimeTypeSufficient", "mimeType Sufficient", FORMATS);
    document(chart, Some(visit), kind, attachment, format);
}

/// Writes the DocumentReference of an attachment; the document spans one visit or, without one, the whole record.
pub(super) fn document(
    chart: &mut Chart<'_>,
    visit: Option<&Visit>,
    kind: Code,
    attachment: Value,
    format: (&str, &str, &str),
) {
    let id = chart.next_id("doc");
    let written = visit.map_or_else(|| chart.last_written(), Visit::signed);
    let author = visit.map_or(staff::Role::FamilyDoctor, |visit| visit.role);
    let mut body = json!({
        "identifier": [{ "system": "urn:ietf:rfc:3986", "value": format!("urn:tributary:document:{id}") }],
        "status": "current",
        "docStatus": "final",
        "type": concept(&[kind], kind.display),
        "category": [{ "coding": [{ "system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "code": "clinical-note", "display": "Clinical Note" }] }],
        "subject": chart.subject(),
        "date": super::calendar::utc(written),
        "author": [author.reference(chart.seed)],
        "custodian": staff::organization(chart.hospital),
        "content": [{ "attachment": attachment, "format": { "system": format.2, "code": format.0, "display": format.1 } }],
    });
    if let Some(visit) = visit {
        body["context"] = json!({ "encounter": [reference("Encounter", &visit.id)], "period": { "start": local(visit.at), "end": local(visit.end) } });
    }
    chart.add("DocumentReference", &id, written, "us-core-documentreference", body);
}

fn as_text(chart: &Chart<'_>, visit: &Visit, story: &Story<'_>) -> String {
    format!(
        "{}\n{}\n{}, {}\n\nSubjective: {}\nObjective: {}\nAssessment: {}\nPlan: {}\n\nSigned by {}\n",
        story.title,
        chart.hospital.name,
        chart.name,
        visit.day(),
        story.complaint,
        story.finding,
        story.title,
        story.plan,
        visit.role.name(chart.seed),
    )
}

fn as_html(chart: &Chart<'_>, visit: &Visit, story: &Story<'_>) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body>\
         <h1>{title}</h1><p>{hospital} &middot; {name} &middot; {day}</p>\
         <h2>Subjective</h2><p>{complaint}</p><h2>Objective</h2><p>{finding}</p>\
         <h2>Plan</h2><p>{plan}</p><p>Signed by {author}</p></body></html>\n",
        title = story.title,
        hospital = escaped(chart.hospital.name),
        name = chart.name,
        day = visit.day(),
        complaint = story.complaint,
        finding = story.finding,
        plan = story.plan,
        author = visit.role.name(chart.seed),
    )
}
