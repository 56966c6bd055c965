//! Stable ids, and the hash that tells a change from a repetition.

use std::borrow::Cow;

use aws_lc_rs::digest::{Context, SHA256, digest};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::drafts::Draft;

/// The public id of a record: 24 hex digits that survive re-imports.
pub fn record_id(connection: &str, kind: &str, key: &str) -> String {
    let mut context = Context::new(&SHA256);
    for part in ["v1", connection, kind, key] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    hex::encode(&context.finish().as_ref()[..12])
}

/// Equal hashes mean nothing changed for the reader: neither the record nor where it is listed.
/// Order of members and codes, blanks and Unicode form do not count.
pub fn content_hash(draft: &Draft) -> [u8; 32] {
    let mut canonical = String::with_capacity(512);
    canonical.push_str(draft.kind.id);
    for date in [draft.sort_at, draft.from, draft.to] {
        canonical.push_str(&date.map_or_else(|| "-".to_owned(), |date| date.0.to_string()));
        canonical.push(',');
    }
    write_object(&mut canonical, draft.body.iter());
    digest32(canonical.as_bytes())
}

pub(crate) fn digest32(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

fn write(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) => write_object(out, map.iter()),
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(out, item);
                out.push(',');
            }
            out.push(']');
        }
        Value::String(text) => {
            let composed: Cow<'_, str> =
                if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) };
            let tidy = composed.split_whitespace().collect::<Vec<_>>().join(" ");
            out.push_str(&Value::String(tidy).to_string());
        }
        other => out.push_str(&other.to_string()),
    }
}

fn write_object<'a>(out: &mut String, members: impl Iterator<Item = (&'a String, &'a Value)>) {
    let mut members: Vec<_> = members.collect();
    members.sort_by_key(|(name, _)| name.as_str());
    out.push('{');
    for (name, value) in members {
        out.push_str(name);
        out.push(':');
        match value {
            Value::Array(items) if is_codes(name) => write_unordered(out, items),
            value => write(out, value),
        }
        out.push(',');
    }
    out.push('}');
}

fn is_codes(name: &str) -> bool {
    name == "codes" || name.ends_with("Codes")
}

fn write_unordered(out: &mut String, items: &[Value]) {
    let mut texts: Vec<String> = items
        .iter()
        .map(|item| {
            let mut text = String::new();
            write(&mut text, item);
            text
        })
        .collect();
    texts.sort();
    out.push('[');
    for text in texts {
        out.push_str(&text);
        out.push(',');
    }
    out.push(']');
}
