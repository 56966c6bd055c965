//! Stable ids, and the hash that tells a change from a repetition.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

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

/// What the records of a reading are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub id: String,
    /// Of the document it came from.
    pub ccd: Option<String>,
    /// Of the record it points to.
    pub about: Option<String>,
}

/// How a record is stored already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Unknown,
    Hidden,
    Shown,
}

/// The ids of all drafts of one reading. A fact keeps the id under which it is shown, whichever of the rows
/// that state it came first; `standing` tells how a record of this kind and id is stored, `former` under which id a
/// record with the fact of a draft is shown.
pub fn identify(
    connection: &str,
    drafts: &[Draft],
    standing: impl Fn(&str, &str) -> Standing,
    former: impl Fn(&Draft) -> Option<String>,
) -> Vec<Identity> {
    let mut ids: Vec<String> = drafts.iter().map(|draft| settled(connection, draft, &standing)).collect();
    let mut taken: Option<HashSet<(&str, String)>> = None;
    for (at, draft) in drafts.iter().enumerate() {
        // What only documents tell any more goes on under the id it had when the source told it, too.
        if draft.own || draft.about.is_some() || standing(draft.kind.id, &ids[at]) != Standing::Unknown {
            continue;
        }
        let Some(id) = former(draft) else { continue };
        let all = || drafts.iter().zip(&ids).map(|(draft, id)| (draft.kind.id, id.clone())).collect();
        if taken.get_or_insert_with(all).insert((draft.kind.id, id.clone())) {
            ids[at] = id;
        }
    }
    let wanted: HashSet<(&str, &str)> = drafts.iter().filter_map(pointed_at).collect();
    let mut named: HashMap<(&str, &str), String> = HashMap::with_capacity(wanted.len());
    let mut identities: Vec<Identity> = drafts
        .iter()
        .zip(ids)
        .map(|(draft, id)| {
            if wanted.contains(&(draft.kind.id, draft.key.as_str())) {
                named.insert((draft.kind.id, &draft.key), id.clone());
            }
            let ccd = draft.document.as_ref().map(|key| record_id(connection, "ccds", key));
            Identity { id, ccd, about: None }
        })
        .collect();
    for (draft, identity) in drafts.iter().zip(&mut identities) {
        if let Some(about) = pointed_at(draft).and_then(|place| named.get(&place)) {
            // Bound to the id of the record, which outlives its key.
            identity.id = record_id(connection, draft.kind.id, about);
            identity.about = Some(about.clone());
        }
    }
    identities
}

fn pointed_at(draft: &Draft) -> Option<(&str, &str)> {
    draft.about.as_ref().map(|(kind, key)| (kind.id, key.as_str()))
}

fn settled(connection: &str, draft: &Draft, standing: impl Fn(&str, &str) -> Standing) -> String {
    let own = record_id(connection, draft.kind.id, &draft.key);
    if draft.also.is_empty() {
        return own;
    }
    let also = draft.also.iter().map(|key| record_id(connection, draft.kind.id, key));
    let ids: Vec<(Standing, String)> =
        std::iter::once(own).chain(also).map(|id| (standing(draft.kind.id, &id), id)).collect();
    let best = |wanted| ids.iter().find(|(standing, _)| *standing == wanted);
    let chosen = best(Standing::Shown).or_else(|| best(Standing::Hidden)).or(ids.first());
    chosen.map(|(_, id)| id.clone()).unwrap_or_default()
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
    if let Some(document) = &draft.document {
        canonical.push_str(document);
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
