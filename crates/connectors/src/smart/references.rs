//! What a record refers to and does not contain: fetched one hop further, in batches.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use url::Url;

use super::bundle::{RawResource, unversioned};
use super::capability::Capability;
use super::patient::is_id;
use super::streams::{Query, Stream, Variant};
use crate::http::under;

/// Types that give names and meanings to a record but are not filed under its patient.
const WORTH_FETCHING: &[&str] = &[
    "Location",
    "Medication",
    "Observation",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "RelatedPerson",
    "Specimen",
];
const BATCH: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceRef {
    pub kind: String,
    pub id: String,
}

/// References out of `resources` to this server, sorted, without those that are among them.
pub fn references(base: &Url, resources: &[RawResource]) -> Vec<ResourceRef> {
    let mut found = BTreeSet::new();
    for resource in resources {
        if let Ok(json) = serde_json::from_str::<Value>(resource.json.get()) {
            collect(base, &json, &mut found);
        }
    }
    for resource in resources {
        found.remove(&ResourceRef { kind: resource.kind.clone(), id: resource.id.clone() });
    }
    found.into_iter().collect()
}

fn collect(base: &Url, json: &Value, found: &mut BTreeSet<ResourceRef>) {
    match json {
        Value::Object(members) => {
            found.extend(members.get("reference").and_then(Value::as_str).and_then(|text| parse(base, text)));
            for (name, value) in members {
                // Members of a group are read; the group a result belongs to is not needed.
                if name != "partOf" && name != "basedOn" {
                    collect(base, value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(base, item, found)),
        _ => {}
    }
}

/// `Practitioner/17`, or the same under our own base.
fn parse(base: &Url, text: &str) -> Option<ResourceRef> {
    let root = under(base, "/");
    let relative = match text.strip_prefix(root.as_str()) {
        Some(behind) => behind,
        None if text.contains("://") || text.starts_with(['#', '/']) || text.starts_with("urn:") => return None,
        None => text,
    };
    let (kind, id) = unversioned(relative).split_once('/')?;
    (WORTH_FETCHING.contains(&kind) && is_id(id)).then(|| ResourceRef { kind: kind.to_owned(), id: id.to_owned() })
}

/// Streams that fetch `refs`: by `_id` where the server lists it, else and otherwise one by one.
pub fn streams(capability: &Capability, refs: &[ResourceRef]) -> Vec<Stream> {
    let mut by_kind: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in refs {
        by_kind.entry(&one.kind).or_default().push(&one.id);
    }
    let mut all = Vec::new();
    for (kind, ids) in by_kind.into_iter().filter(|(kind, _)| capability.offers(kind)) {
        for (index, batch) in ids.chunks(BATCH).enumerate() {
            let ids: Vec<String> = batch.iter().map(|id| (*id).to_owned()).collect();
            let reads = Variant { legs: ids.iter().cloned().map(Query::Read).collect(), lenient: true };
            let search = Variant { legs: vec![Query::Ids(ids)], lenient: false };
            let batched = batch.len() > 1 && capability.searches(kind, "_id");
            all.push(Stream {
                id: format!("referenced-{}-{index}", kind.to_ascii_lowercase()),
                resource: kind.to_owned(),
                page_size: BATCH as u32,
                variants: if batched { vec![search, reads] } else { vec![reads] },
            });
        }
    }
    all
}
