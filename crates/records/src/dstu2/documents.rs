//! Documents and the bytes of documents.

use serde_json::Value;

use super::edit::{Object, code_to_concept, default, each, first, list, rename, rename_list, take, text};

pub fn binary(body: &mut Object) {
    rename(body, "content", "data");
    default(body, "contentType", "application/octet-stream");
}

pub fn reference(body: &mut Object) {
    rename_list(body, "class", "category");
    let created = take(body, "created");
    rename(body, "indexed", "date");
    if !body.contains_key("date")
        && let Some(Value::String(created)) = created.clone()
        // R4 wants an instant here.
        && created.contains('T')
    {
        body.insert("date".to_owned(), Value::String(created));
    }
    rename_list(body, "confidentiality", "securityLabel");
    if body.get("docStatus").is_some_and(Value::is_object)
        && let Some(concept) = take(body, "docStatus")
    {
        let codes = concept["coding"].as_array().into_iter().flatten().filter_map(|coding| coding["code"].as_str());
        let mut known = codes.filter(|code| matches!(*code, "preliminary" | "final" | "amended" | "entered-in-error"));
        if let Some(code) = known.next() {
            body.insert("docStatus".to_owned(), Value::String(code.to_owned()));
        }
    }
    list(body, "content");
    each(body, "content", |content| {
        first(content, "format");
        if let (Some(Value::String(created)), Some(Value::Object(attachment))) =
            (&created, content.get_mut("attachment"))
        {
            default(attachment, "creation", created.as_str());
        }
    });
    each(body, "context", |context| {
        list(context, "encounter");
        list(context, "event");
        each(context, "related", |related| {
            rename(related, "ref", "reference");
            if related.get("reference").is_some_and(Value::is_object)
                && let Some(Value::Object(inner)) = take(related, "reference")
            {
                related.extend(inner);
            }
        });
    });
    if text(body, "status").is_none() {
        default(body, "status", "current");
    }
}

const MEDIA_TYPES: &str = "http://terminology.hl7.org/CodeSystem/media-type";

pub fn media(body: &mut Object) {
    code_to_concept(body, "type", MEDIA_TYPES, &[("photo", "image")]);
    rename(body, "subtype", "modality");
    default(body, "status", "completed");
}
