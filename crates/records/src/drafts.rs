//! Records read from a chart, before they have an id and row times.

use std::collections::HashSet;

use domain::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::chart::Chart;
use crate::codes::Code;
use crate::fhir::Resource;
use crate::medical::{KINDS, Kind, timeline};
use crate::{merging, parallel};

/// One record without its head.
#[derive(Clone, Debug)]
pub struct Draft {
    pub kind: &'static Kind,
    /// Identity at the source, e.g. `Observation/123`.
    pub key: String,
    /// Keys of rows that stated the same fact and are told here: one of them may have given the record its id.
    pub also: Vec<String>,
    /// Whether the source itself tells it, and not documents alone.
    pub own: bool,
    /// Key of the newest document of kind `ccds` it came from.
    pub document: Option<String>,
    /// What it states, in few words: records of other sources with the same words are its twins.
    pub fact: Option<String>,
    /// Kind and key of the record it only points to.
    pub about: Option<(&'static Kind, String)>,
    pub sort_at: Option<Timestamp>,
    /// First and last instant a date range is tested against.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Keys of the clinical resources it was read from, the one giving identity first.
    /// People, places and organizations that only lend a name are not listed.
    pub lineage: Vec<String>,
    /// (system, code) pairs of the record.
    pub codes: Vec<(String, String)>,
    /// Everything except the head, in the order of the contract.
    pub body: Map<String, Value>,
}

/// A resource that became no record, and why. Carries no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// `Observation/123`
    pub resource: String,
    pub reason: SkipReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// An entry of a bundle that is not a FHIR resource.
    Unreadable,
    /// No kind is read from this resource type.
    OtherType,
    /// Lends names to other records; no record of its own.
    Supporting,
    /// An observation of a category no kind is read from.
    OtherCategory,
    EnteredInError,
    Refuted,
    /// Draft, cancelled, planned elsewhere, rejected: not a fact.
    Inactive,
    NotDone,
    /// An order not to do something.
    DoNotPerform,
    /// States that nothing is known, e.g. "no known allergies".
    NoneKnown,
    /// The same fact is told by another resource.
    Duplicate,
    /// Replaced by a newer document or person.
    Superseded,
    /// A panel without a value of its own; its members are told.
    Panel,
    /// The source says that it has no value.
    NoValue,
    /// No name, value or text to show.
    Empty,
    /// A file whose text cannot be shown here, or was not fetched.
    NoText,
}

/// Resources of a chart that one thread reads.
const SMALL: usize = 200;

/// What a chart gave.
#[derive(Debug, Default)]
pub struct Reading {
    pub drafts: Vec<Draft>,
    pub skipped: Vec<Skipped>,
}

/// Reads every kind from a chart, as things stand `now`. Each resource ends in a lineage or in `skipped`.
pub fn read(chart: &Chart, now: Timestamp) -> Reading {
    chart.prepare();
    // A few resources are read before a thread has begun.
    let block = if chart.len() < SMALL { KINDS.len() } else { 1 };
    let read = parallel::map(KINDS, block, |kind| {
        let mut drafts = Drafts { now, ..Drafts::default() };
        (kind.from_fhir)(chart, &mut drafts);
        drafts
    });
    let mut all = Drafts { now, ..Drafts::default() };
    for drafts in read {
        all.drafts.extend(drafts.drafts);
        all.skipped.extend(drafts.skipped);
        all.met.extend(drafts.met);
    }
    all.finish(chart)
}

/// Where the kinds put their records.
#[derive(Debug, Default)]
pub struct Drafts {
    /// When the chart is read: what has an end may be over by then.
    pub(crate) now: Timestamp,
    drafts: Vec<Draft>,
    skipped: Vec<Skipped>,
    met: HashSet<String>,
}

/// Dates, sources and codes of a record beside its body.
#[derive(Debug, Default)]
pub(crate) struct Facts<'a> {
    pub key: String,
    pub at: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub lineage: Vec<Resource<'a>>,
    pub codes: &'a [Code],
}

impl Drafts {
    pub(crate) fn push(&mut self, kind: &'static Kind, facts: Facts<'_>, body: &impl Serialize) {
        let mut lineage: Vec<String> = Vec::with_capacity(facts.lineage.len());
        for resource in facts.lineage {
            if !lineage.iter().any(|key| key == resource.key) {
                lineage.push(resource.key.to_owned());
            }
        }
        self.met.extend(lineage.iter().cloned());
        self.drafts.push(Draft {
            kind,
            key: facts.key,
            also: vec![],
            own: true,
            document: None,
            fact: None,
            about: None,
            sort_at: facts.at,
            from: facts.at,
            to: facts.to.or(facts.at),
            lineage,
            codes: facts.codes.iter().filter_map(Code::pair).collect(),
            body: wire(body),
        });
    }

    /// The common case: one resource, one record, or a reason for none.
    pub(crate) fn record<T: Serialize>(
        &mut self,
        kind: &'static Kind,
        resource: Resource<'_>,
        row: Result<T, SkipReason>,
        about: fn(&T) -> (Option<Timestamp>, &[Code]),
    ) {
        match row {
            Ok(row) => {
                let (at, codes) = about(&row);
                self.push(
                    kind,
                    Facts { key: resource.key.to_owned(), at, to: None, lineage: vec![resource], codes },
                    &row,
                );
            }
            Err(reason) => self.skip(resource, reason),
        }
    }

    pub(crate) fn skip(&mut self, resource: Resource<'_>, reason: SkipReason) {
        self.skipped.push(Skipped { resource: resource.key.to_owned(), reason });
    }

    fn finish(mut self, chart: &Chart) -> Reading {
        // A resource may be nothing to one kind and a record to another.
        let Drafts { met, skipped, .. } = &mut self;
        skipped.retain(|skip| !met.contains(&skip.resource));
        let mut told: HashSet<String> = HashSet::with_capacity(skipped.len());
        skipped.retain(|skip| told.insert(skip.resource.clone()));
        for resource in chart.all() {
            if !met.contains(resource.key) && !told.contains(resource.key) {
                skipped.push(Skipped { resource: resource.key.to_owned(), reason: SkipReason::Supporting });
            }
        }
        self.skipped.extend(chart.refused().iter().cloned());
        let mut drafts = merging::merge(chart, self.drafts);
        let documents: HashSet<String> =
            drafts.iter().filter(|draft| draft.kind.id == "ccds").map(|draft| draft.key.clone()).collect();
        for draft in &mut drafts {
            draft.document.take_if(|key| !documents.contains(key) || draft.kind.id == "ccds");
        }
        let index = timeline::index(&drafts);
        drafts.extend(index);
        Reading { drafts, skipped: self.skipped }
    }
}

/// A wire struct as JSON; the contract has no `null`, so absent fields disappear.
pub(crate) fn wire(body: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(body) {
        Ok(Value::Object(mut map)) => {
            drop_nulls(&mut map);
            map
        }
        _ => Map::new(),
    }
}

fn drop_nulls(map: &mut Map<String, Value>) {
    map.retain(|_, value| !value.is_null());
    for value in map.values_mut() {
        prune(value);
    }
}

fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => drop_nulls(map),
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}
