//! Documents that are a file in an envelope: `nonXMLBody` → DocumentReference and Binary.

use serde_json::{Value, json};

use super::attachments::embedded;
use super::concepts::worded;
use super::context::Context;
use super::fields::Fields;
use super::keys::hashed;
use super::node::Node;

/// Makes the file a document of its own.
pub fn read(cx: &mut Context<'_>) {
    let document = cx.document;
    let Some(text) = document.path(&["component", "nonXMLBody", "text"]) else { return };
    let title = document.child("title").and_then(Node::text);
    let attachment = match embedded(text) {
        Some(file) => {
            let mut attachment = Fields::new().with("contentType", file.media_type.clone());
            attachment.set("size", i32::try_from(file.size).ok());
            let id = hashed("Binary", &["embedded", &file.data]);
            let binary = Fields::new().with("contentType", file.media_type).with("data", file.data);
            attachment.set("url", cx.add_as("Binary", id, binary));
            attachment
        }
        None => match cx.attachment(text) {
            Value::Object(members) => Fields(members),
            _ => return,
        },
    };
    let attachment = attachment.with("title", title);
    let code = document.child("code").map_or(Value::Null, |code| cx.concept(code));
    let written = document.child("effectiveTime").and_then(|time| cx.start(time)).filter(|at| at.instant().is_some());
    let authors = cx.actors(document, "author");
    let custodian = document.path(&["custodian", "assignedCustodian", "representedCustodianOrganization"]);
    let custodian = custodian.and_then(|node| cx.organization(node));
    let service = document.path(&["documentationOf", "serviceEvent", "effectiveTime"]);
    let period = service.map_or(Value::Null, |time| cx.period(time));
    let encounter = cx.encounter.clone().map(|key| vec![Context::reference(&key)]);
    let body = Fields::new()
        .with("status", "current")
        .with("type", if code.is_null() { worded("Clinical document") } else { code })
        .with("subject", cx.subject())
        .with("date", written.map(|at| at.date_time()).filter(|at| at.contains('T')))
        .with("author", authors)
        .with("custodian", custodian)
        .with("content", json!([{ "attachment": Value::from(attachment) }]))
        .with("context", Fields::new().with("encounter", encounter).with("period", period));
    let id = hashed("DocumentReference", &[&cx.id_of("DocumentReference", document), "embedded"]);
    cx.add_as("DocumentReference", id, body);
}

#[cfg(test)]
mod tests;
