//! Documents: which are current, what they hold, who wrote them.

use std::collections::HashSet;

use domain::Timestamp;
use serde_json::Value;

use crate::chart::Chart;
use crate::codes::LOINC;
use crate::drafts::SkipReason;
use crate::fhir::{Concept, Element, Resource};
use crate::{people, text};

/// LOINC types of documents that tell a person what to do.
const INSTRUCTIONS: &[&str] = &["8653-8", "69730-0"];

/// Whether a document is a current one.
pub fn screen(document: Resource<'_>, replaced: &HashSet<&str>) -> Result<(), SkipReason> {
    match document.status() {
        "entered-in-error" => Err(SkipReason::EnteredInError),
        "superseded" => Err(SkipReason::Superseded),
        _ if document.str("docStatus") == Some("entered-in-error") => Err(SkipReason::EnteredInError),
        _ if replaced.contains(document.key) => Err(SkipReason::Superseded),
        _ => Ok(()),
    }
}

/// Whether any of its attachments is a C-CDA document.
pub fn is_ccda(document: Resource<'_>) -> bool {
    document.each("content").any(|content| {
        let format = content.get("format").str("code").unwrap_or_default().to_ascii_lowercase();
        let media = text::media_type(content.get("attachment").str("contentType").unwrap_or_default());
        format.contains("ccda")
            || matches!(
                media.as_str(),
                "text/xml" | "application/xml" | "application/cda+xml" | "application/hl7-cda+xml"
            )
    })
}

pub fn is_instruction(document: Resource<'_>) -> bool {
    document.concept("type").code_of(LOINC).is_some_and(|code| INSTRUCTIONS.contains(&code))
}

pub fn written_at(document: Resource<'_>) -> Option<Timestamp> {
    document.date("date").or_else(|| document.get("context").period("period").moment())
}

pub fn author(chart: &Chart, document: Resource<'_>) -> Option<String> {
    document.each("author").find_map(|author| people::agent(chart, document, author))
}

/// The text of the first attachment that is text.
pub fn body(chart: &Chart, document: Resource<'_>) -> Option<String> {
    document
        .each("content")
        .map(|content| content.get("attachment"))
        .find_map(|attachment: Element<'_>| text::of_attachment(chart, document, attachment))
}

/// What kind of document it is: its type, or else the category, which is all that some sources know.
pub fn kind(document: Resource<'_>) -> Concept<'_> {
    let known = |kind: &Concept<'_>| kind.text().is_some() || kind.codings().any(|coding| !coding.is_null_flavor());
    let kind = document.concept("type");
    document.concepts("category").filter(|_| !known(&kind)).find(known).unwrap_or(kind)
}

/// What to call it.
pub fn title(document: Resource<'_>) -> Option<String> {
    let kind = kind(document);
    let attached = || document.first("content").get("attachment").str("title");
    kind.name().or_else(attached).or_else(|| document.str("description")).map(str::to_owned)
}

/// The files a resource holds or points to, in its order.
pub fn attachments(resource: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    let contents = resource.each("content").map(|content| match content.get("attachment") {
        attachment if attachment.is_absent() => content,
        attachment => attachment,
    });
    let has_file = |file: &Element<'_>| file.str("data").is_some() || file.str("url").is_some();
    contents.chain(resource.each("presentedForm")).filter(has_file)
}

/// Of several renditions of one document the one people expect as its file: not its text, if there is another.
pub fn file(resource: Element<'_>) -> Option<Element<'_>> {
    let is_file = |file: &Element<'_>| !text::is_text(file.str("contentType").unwrap_or_default());
    attachments(resource).find(is_file).or_else(|| attachments(resource).next())
}

/// The attachment a row of `documents` stands for, given the JSON of the first resource of its lineage:
/// a `DocumentReference`, a `DiagnosticReport` or a `Media`. Its `data` or `url` leads to the bytes.
pub fn document_file(resource: &Value) -> Option<&Value> {
    file(Element(resource)).map(|attachment| attachment.0)
}
