//! A page of search results, entry by entry, each resource with its exact bytes.

use domain::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::outcome::{Issue, issues};
use super::patient::{is_id, of_fhir_user};

/// A resource as received.
#[derive(Debug, Clone)]
pub struct RawResource {
    pub kind: String,
    pub id: String,
    /// The very bytes that the server sent.
    pub json: Box<RawValue>,
    pub last_updated: Option<Timestamp>,
    /// Sent along because a result refers to it.
    pub included: bool,
}

impl PartialEq for RawResource {
    fn eq(&self, other: &RawResource) -> bool {
        (&self.kind, &self.id, self.json.get()) == (&other.kind, &other.id, other.json.get())
    }
}

/// Entries that were not kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    pub unreadable: u64,
    pub no_id: u64,
    pub other_patient: u64,
}

impl Dropped {
    pub fn total(self) -> u64 {
        self.unreadable + self.no_id + self.other_patient
    }
}

/// What a 200 answer turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    Page(Bundle),
    One(RawResource),
    Outcome(Vec<Issue>),
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bundle {
    pub resources: Vec<RawResource>,
    pub issues: Vec<Issue>,
    pub dropped: Dropped,
    /// `link[relation=next].url` as written.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "resourceType", default)]
    kind: Option<Value>,
    #[serde(default)]
    id: Option<Value>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    subject: Option<&'a RawValue>,
    #[serde(borrow, default)]
    patient: Option<&'a RawValue>,
    #[serde(borrow, default)]
    beneficiary: Option<&'a RawValue>,
    #[serde(borrow, default)]
    entry: Option<&'a RawValue>,
    #[serde(default)]
    link: Option<Value>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
    #[serde(default)]
    search: Option<Value>,
}

/// Reads an answer; `None` when it is not a FHIR resource. `patient` is whose record we may keep.
pub fn read(json: &[u8], patient: &str) -> Option<Received> {
    let head: Head<'_> = serde_json::from_slice(json).ok()?;
    match head.kind.as_ref()?.as_str()? {
        "Bundle" => bundle(&head, patient).map(Received::Page),
        "OperationOutcome" => Some(Received::Outcome(issues(json))),
        _ => {
            let raw: &RawValue = serde_json::from_slice(json).ok()?;
            resource(raw, patient, false).ok().map(Received::One)
        }
    }
}

fn bundle(head: &Head<'_>, patient: &str) -> Option<Bundle> {
    let mut found = Bundle { next: next_link(head.link.as_ref()), ..Bundle::default() };
    let entries: Vec<&RawValue> = match head.entry {
        Some(raw) if raw.get() != "null" => serde_json::from_str(raw.get()).ok()?,
        _ => Vec::new(),
    };
    for raw in entries {
        let Ok(entry) = serde_json::from_str::<Entry<'_>>(raw.get()) else {
            found.dropped.unreadable += 1;
            continue;
        };
        let mode = entry.search.as_ref().and_then(|search| search["mode"].as_str());
        let Some(raw) = entry.resource else {
            found.dropped.unreadable += 1;
            continue;
        };
        match resource(raw, patient, mode == Some("include")) {
            Ok(one) => found.resources.push(one),
            Err(Drop::Outcome) => found.issues.extend(issues(raw.get().as_bytes())),
            Err(Drop::NoId) => found.dropped.no_id += 1,
            Err(Drop::Unreadable) => found.dropped.unreadable += 1,
            Err(Drop::OtherPatient) => found.dropped.other_patient += 1,
        }
    }
    Some(found)
}

enum Drop {
    Outcome,
    NoId,
    Unreadable,
    OtherPatient,
}

fn resource(raw: &RawValue, patient: &str, included: bool) -> Result<RawResource, Drop> {
    let head: Head<'_> = serde_json::from_str(raw.get()).map_err(|_| Drop::Unreadable)?;
    let kind = head.kind.as_ref().and_then(Value::as_str).filter(|kind| is_kind(kind)).ok_or(Drop::Unreadable)?;
    if kind == "OperationOutcome" {
        return Err(Drop::Outcome);
    }
    let id = head.id.as_ref().and_then(Value::as_str).filter(|id| is_id(id)).ok_or(Drop::NoId)?;
    let others = [head.subject, head.patient, head.beneficiary].into_iter().flatten().filter_map(|raw| {
        let json: Value = serde_json::from_str(raw.get()).ok()?;
        of_fhir_user(unversioned(json["reference"].as_str()?))
    });
    if others.into_iter().any(|id| id != patient) {
        return Err(Drop::OtherPatient);
    }
    let meta: Option<Value> = head.meta.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let updated = meta.as_ref().and_then(|meta| Timestamp::parse(meta["lastUpdated"].as_str()?).ok());
    Ok(RawResource { kind: kind.to_owned(), id: id.to_owned(), json: raw.to_owned(), last_updated: updated, included })
}

fn is_kind(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A reference without `/_history/{version}`.
pub(super) fn unversioned(reference: &str) -> &str {
    reference.split("/_history/").next().unwrap_or(reference)
}

fn next_link(links: Option<&Value>) -> Option<String> {
    let links = links?.as_array()?;
    let link = links.iter().find(|link| link["relation"] == "next")?;
    link["url"].as_str().filter(|url| !url.is_empty() && url.len() <= 16_384).map(str::to_owned)
}
