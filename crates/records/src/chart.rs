//! Everything known of one person at one source, indexed.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use domain::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::documents;
use crate::drafts::{SkipReason, Skipped};
use crate::fhir::{Element, Resource};
use crate::observations::{Class, class};
use crate::parallel;
use crate::provenance::{Origin, Origins};

mod parse;

use parse::{Parsed, parse};

/// Resources that one thread parses at a time.
const BLOCK: usize = 32;

/// The bytes are no FHIR resource.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Unreadable {
    #[error("not JSON")]
    NotJson,
    #[error("JSON without a resource type")]
    NotAResource,
}

/// Resources of one person at one source. A newer version of a resource replaces the older.
#[derive(Debug, Default)]
pub struct Chart {
    resources: Vec<Stored>,
    by_key: HashMap<String, usize>,
    /// `fullUrl` of a bundle entry to key.
    aliases: HashMap<String, String>,
    refused: Vec<Skipped>,
    index: OnceLock<Index>,
}

#[derive(Debug)]
struct Stored {
    key: String,
    kind: String,
    body: Value,
}

/// What can only be told once all resources are in.
#[derive(Debug, Default)]
struct Index {
    by_kind: HashMap<String, Vec<usize>>,
    by_id: HashMap<String, usize>,
    by_encounter: HashMap<String, Vec<usize>>,
    /// Observations shown as part of a report or panel, by key.
    cited: HashSet<String>,
    /// Orders that have been carried out or reported on, by key.
    fulfilled: HashSet<String>,
    /// Dispenses and statements that belong to a prescription, by its key.
    of_prescription: HashMap<String, Vec<usize>>,
    patient: Option<usize>,
    origins: Origins,
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(borrow, default)]
    entry: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default, rename = "fullUrl")]
    url: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
}

impl Chart {
    pub fn new() -> Chart {
        Chart::default()
    }

    /// Adds one resource, or every entry of a bundle.
    ///
    /// # Errors
    /// `Unreadable` when the bytes are no FHIR resource. Bad entries of a bundle are listed
    /// among the skipped of a reading instead.
    pub fn insert(&mut self, json: &[u8]) -> Result<(), Unreadable> {
        self.add(json).map(|_| ())
    }

    /// Adds many of them; what cannot be read is left out.
    pub fn insert_all(&mut self, texts: &[Vec<u8>]) {
        for parsed in parallel::map(texts, BLOCK, |json| parse(json)) {
            let _ = parsed.map(|parsed| self.take(parsed));
        }
    }

    fn add(&mut self, json: &[u8]) -> Result<Option<String>, Unreadable> {
        parse(json).map(|parsed| self.take(parsed))
    }

    fn take(&mut self, parsed: Parsed) -> Option<String> {
        self.index = OnceLock::new();
        let stored = match parsed {
            Parsed::Bundle(json) => {
                self.add_bundle(&json);
                return None;
            }
            Parsed::Unread(key) => {
                self.refused.push(Skipped { resource: key, reason: SkipReason::OtherType });
                return None;
            }
            Parsed::Resource(stored) => stored,
        };
        let key = stored.key.clone();
        match self.by_key.get(&key) {
            Some(&at) => self.resources[at] = stored,
            None => {
                self.by_key.insert(key.clone(), self.resources.len());
                self.resources.push(stored);
            }
        }
        Some(key)
    }

    fn add_bundle(&mut self, json: &[u8]) {
        let entries = serde_json::from_slice::<Bundle>(json).map(|bundle| bundle.entry).unwrap_or_default();
        for (number, entry) in entries.into_iter().enumerate() {
            let entry = serde_json::from_str::<Entry>(entry.get()).unwrap_or(Entry { url: None, resource: None });
            match entry.resource.map_or(Err(Unreadable::NotAResource), |resource| self.add(resource.get().as_bytes())) {
                Ok(Some(key)) => {
                    if let Some(url) = entry.url {
                        self.aliases.insert(url.into_owned(), key);
                    }
                }
                Ok(None) => {}
                Err(_) => {
                    self.refused.push(Skipped { resource: format!("entry/{number}"), reason: SkipReason::Unreadable })
                }
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.resources.len()
    }

    /// Does what the first question would have to wait for.
    pub(crate) fn prepare(&self) {
        self.index();
    }

    pub(crate) fn refused(&self) -> &[Skipped] {
        &self.refused
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = Resource<'_>> {
        (0..self.resources.len()).map(|at| self.at(at))
    }

    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = Resource<'_>> {
        self.listed(self.index().by_kind.get(kind))
    }

    /// Resources of one type that name this encounter.
    pub(crate) fn of_encounter<'a>(
        &'a self,
        encounter: Resource<'_>,
        kind: &'static str,
    ) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        self.listed(self.index().by_encounter.get(encounter.key)).filter(move |resource| resource.kind == kind)
    }

    /// Dispenses or statements that belong to a prescription.
    pub(crate) fn of_prescription<'a>(
        &'a self,
        prescription: Resource<'_>,
        kind: &'static str,
    ) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        self.listed(self.index().of_prescription.get(prescription.key)).filter(move |resource| resource.kind == kind)
    }

    pub(crate) fn is_cited(&self, observation: Resource<'_>) -> bool {
        self.index().cited.contains(observation.key)
    }

    pub(crate) fn is_fulfilled(&self, order: Resource<'_>) -> bool {
        self.index().fulfilled.contains(order.key)
    }

    /// The person the chart is about.
    pub(crate) fn patient(&self) -> Option<Resource<'_>> {
        self.index().patient.map(|at| self.at(at))
    }

    /// The resource with this key.
    pub(crate) fn get(&self, key: &str) -> Option<Resource<'_>> {
        self.by_key.get(key).map(|&at| self.at(at))
    }

    /// Whether anything came from a document.
    pub(crate) fn has_origins(&self) -> bool {
        !self.index().origins.is_empty()
    }

    /// The documents a resource came from, the newest first.
    pub(crate) fn origins(&self, key: &str) -> &[Origin] {
        let index = self.index();
        if index.origins.is_empty() {
            return &[];
        }
        self.by_key.get(key).map(|&at| index.origins.of(at)).unwrap_or_default()
    }

    /// Whether no document, and not the source itself, tells of both.
    pub(crate) fn are_other_witnesses(&self, one: &str, other: &str) -> bool {
        let (one, other) = (self.origins(one), self.origins(other));
        let both = |origin: &Origin| other.iter().any(|known| known.document == origin.document);
        !(one.iter().any(both) || one.is_empty() && other.is_empty())
    }

    /// When a document was written; its key tells it from those of the same time.
    pub(crate) fn document_age(&self, document: usize) -> (Option<Timestamp>, &str) {
        (documents::written_at(self.at(document)), self.key_at(document))
    }

    pub(crate) fn key_at(&self, place: usize) -> &str {
        &self.resources[place].key
    }

    /// The resource a reference points to, contained or in the chart.
    pub(crate) fn resolve<'a>(&'a self, from: Resource<'a>, reference: Element<'a>) -> Option<Resource<'a>> {
        let target = reference.str("reference")?;
        let Some(id) = target.strip_prefix('#') else {
            return self.find(target);
        };
        let body = from.root.each("contained").find(|inner| inner.str("id") == Some(id))?;
        Some(Resource { key: from.key, kind: body.str("resourceType")?, body, root: from.root })
    }

    pub(crate) fn find(&self, target: &str) -> Option<Resource<'_>> {
        if let Some(key) = self.aliases.get(target) {
            return self.by_key.get(key).map(|&at| self.at(at));
        }
        if let Some(id) = target.strip_prefix("urn:uuid:").or_else(|| target.strip_prefix("urn:oid:")) {
            return self.index().by_id.get(id).map(|&at| self.at(at));
        }
        self.by_key.get(local(target)).map(|&at| self.at(at))
    }

    fn at(&self, at: usize) -> Resource<'_> {
        let stored = &self.resources[at];
        let body = Element(&stored.body);
        Resource { key: &stored.key, kind: &stored.kind, body, root: body }
    }

    fn listed<'a>(&'a self, places: Option<&'a Vec<usize>>) -> impl Iterator<Item = Resource<'a>> + use<'a> {
        places.map(Vec::as_slice).unwrap_or_default().iter().map(|&at| self.at(at))
    }

    fn index(&self) -> &Index {
        // Two steps, because following `urn:` references needs the first.
        self.index.get_or_init(|| self.link(self.by_name()))
    }

    /// By key, whatever the order they came in, so that the same resources always give the same bytes.
    /// Shorter keys come first: servers count their ids up.
    fn in_order(&self) -> Vec<(usize, &Stored)> {
        let mut listed: Vec<_> = self.resources.iter().enumerate().collect();
        listed.sort_by_key(|(_, stored)| (stored.key.len(), stored.key.as_str()));
        listed
    }

    fn by_name(&self) -> Index {
        let mut index = Index::default();
        for (at, stored) in self.in_order() {
            index.by_kind.entry(stored.kind.clone()).or_default().push(at);
            if let Some((_, id)) = stored.key.split_once('/') {
                index.by_id.insert(id.to_owned(), at);
            }
        }
        index
    }

    fn link(&self, mut index: Index) -> Index {
        for (at, stored) in self.in_order() {
            let resource = self.at(at);
            for encounter in encounters(resource) {
                if let Some(key) = self.key_of(&index, encounter) {
                    index.by_encounter.entry(key).or_default().push(at);
                }
            }
            let hidden = matches!(resource.status(), "entered-in-error" | "cancelled");
            match stored.kind.as_str() {
                _ if hidden => {}
                "DiagnosticReport" => {
                    let (results, orders) =
                        (self.keys(&index, resource, "result"), self.keys(&index, resource, "basedOn"));
                    index.cited.extend(results);
                    index.fulfilled.extend(orders);
                }
                "Observation" => {
                    let orders = self.keys(&index, resource, "basedOn");
                    if class(resource) == Class::Result {
                        let members = self.keys(&index, resource, "hasMember");
                        index.cited.extend(members);
                    }
                    index.fulfilled.extend(orders);
                }
                "Procedure" => {
                    let orders = self.keys(&index, resource, "basedOn");
                    index.fulfilled.extend(orders);
                }
                "MedicationDispense" | "MedicationStatement" => {
                    let name = if stored.kind == "MedicationDispense" { "authorizingPrescription" } else { "basedOn" };
                    for key in self.keys(&index, resource, name) {
                        index.of_prescription.entry(key).or_default().push(at);
                    }
                }
                "Provenance" => {
                    let mut origins = std::mem::take(&mut index.origins);
                    origins.trace(*resource, |reference| {
                        let at = *self.by_key.get(&self.key_of(&index, reference)?)?;
                        Some((at, self.resources[at].kind == "DocumentReference"))
                    });
                    index.origins = origins;
                }
                _ => {}
            }
        }
        index.origins.settle(|document| self.document_age(document));
        let patients = index.by_kind.get("Patient").map(Vec::as_slice).unwrap_or_default();
        let current = || patients.iter().copied().filter(|at| !is_replaced(self.at(*at)));
        // The source knows the person better than a document that passed through it.
        index.patient = current().find(|at| index.origins.of(*at).is_empty()).or_else(|| current().next());
        index
    }

    fn keys(&self, index: &Index, resource: Resource<'_>, name: &str) -> Vec<String> {
        resource.each(name).filter_map(|reference| self.key_of(index, reference)).collect()
    }

    fn key_of(&self, index: &Index, reference: Element<'_>) -> Option<String> {
        let target = reference.str("reference")?;
        if let Some(key) = self.aliases.get(target) {
            return Some(key.clone());
        }
        match target.strip_prefix("urn:uuid:") {
            Some(id) => index.by_id.get(id).map(|&at| self.resources[at].key.clone()),
            None => Some(local(target).to_owned()),
        }
    }
}

/// Whether another record of the same person took this one's place.
pub(crate) fn is_replaced(patient: Resource<'_>) -> bool {
    patient.each("link").any(|link| link.str("type") == Some("replaced-by"))
}

fn encounters(resource: Resource<'_>) -> impl Iterator<Item = Element<'_>> {
    let context = resource.get("context");
    [resource.get("encounter"), context]
        .into_iter()
        .chain(context.each("encounter"))
        .filter(|reference| reference.str("reference").is_some())
}

/// `https://ehr.example/r4/Patient/1/_history/3` → `Patient/1`
fn local(target: &str) -> &str {
    let target = target.split_once("/_history/").map_or(target, |(before, _)| before);
    match target.rmatch_indices('/').nth(1) {
        Some((slash, _)) => &target[slash + 1..],
        None => target,
    }
}
