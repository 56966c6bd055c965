//! Files: scans, letters, images and whatever else is attached to the record.

use std::collections::HashMap;

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::drafts::{Drafts, Facts, SkipReason};
use crate::fhir::{Element, Resource};
use crate::{documents, people, versions};

pub static KIND: Kind = Kind {
    id: "documents",
    title: "Documents",
    description: "Files in your record, such as letters, scans and images; an extension of this API.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["DocumentReference", "DiagnosticReport", "Media"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    date_time: Option<Timestamp>,
    author: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    title: String,
    content_type: Option<String>,
    codes: Vec<Code>,
}

/// One file, and the resources that hold it; the first gives it identity.
struct Held<'a> {
    row: Document,
    lineage: Vec<Resource<'a>>,
}

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let mut held: Vec<Held<'_>> = Vec::new();
    // The same bytes or address stand for the same file.
    let mut places: HashMap<&str, usize> = HashMap::new();
    let replaced = versions::replaced(chart);
    for document in chart.of_kind("DocumentReference") {
        match documents::screen(document, &replaced).and_then(|()| of_document(chart, document)) {
            Ok(row) => {
                places.extend(documents::attachments(*document).filter_map(place).map(|place| (place, held.len())));
                held.push(Held { row, lineage: vec![document] });
            }
            Err(reason) => drafts.skip(document, reason),
        }
    }
    let others = ["DiagnosticReport", "Media"].into_iter().flat_map(|kind| chart.of_kind(kind));
    for other in others.filter(|other| other.kind == "Media" || documents::file(**other).is_some()) {
        let known = documents::attachments(*other).filter_map(place).find_map(|place| places.get(place).copied());
        match (screen(other), known) {
            (Err(reason), _) => drafts.skip(other, reason),
            (Ok(()), Some(known)) => held[known].lineage.push(other),
            (Ok(()), None) => match of_other(chart, other) {
                Ok(row) => held.push(Held { row, lineage: vec![other] }),
                Err(reason) => drafts.skip(other, reason),
            },
        }
    }
    for Held { row, lineage } in held {
        let key = lineage.first().map(|first| first.key.to_owned()).unwrap_or_default();
        let facts = Facts { key, at: row.date_time, to: None, lineage, codes: &row.codes };
        drafts.push(&KIND, facts, &row);
    }
}

fn place(file: Element<'_>) -> Option<&str> {
    file.str("data").or_else(|| file.str("url"))
}

fn screen(resource: Resource<'_>) -> Result<(), SkipReason> {
    match resource.status() {
        "entered-in-error" => Err(SkipReason::EnteredInError),
        "cancelled" | "not-done" => Err(SkipReason::Inactive),
        _ => Ok(()),
    }
}

fn of_document(chart: &Chart, document: Resource<'_>) -> Result<Document, SkipReason> {
    let file = documents::file(*document).ok_or(SkipReason::NoText)?;
    let kind = documents::kind(document);
    let title = file.str("title").or_else(|| document.str("description")).or_else(|| kind.name());
    Ok(Document {
        date_time: documents::written_at(document).or_else(|| file.date("creation")),
        author: documents::author(chart, document),
        kind: kind.name().map(str::to_owned),
        title: title.unwrap_or("Document").to_owned(),
        content_type: content_type(file),
        codes: codes::given(kind),
    })
}

/// A report or picture that holds its file itself.
fn of_other(chart: &Chart, holder: Resource<'_>) -> Result<Document, SkipReason> {
    let file = documents::file(*holder).ok_or(SkipReason::NoText)?;
    let kind = match holder.kind {
        "Media" if holder.concept("modality").name().is_some() => holder.concept("modality"),
        "Media" => holder.concept("type"),
        _ => holder.concept("code"),
    };
    let date = ["effective", "created"].into_iter().find_map(|name| holder.when(name).moment());
    let writers = || holder.each("performer").chain(holder.each("operator"));
    Ok(Document {
        date_time: date.or_else(|| holder.date("issued")).or_else(|| file.date("creation")),
        author: writers().find_map(|writer| people::agent(chart, holder, writer)),
        kind: kind.name().map(str::to_owned),
        title: file.str("title").or_else(|| kind.name()).unwrap_or("Document").to_owned(),
        content_type: content_type(file),
        codes: codes::given(kind),
    })
}

fn content_type(file: Element<'_>) -> Option<String> {
    file.str("contentType").map(str::to_owned)
}
