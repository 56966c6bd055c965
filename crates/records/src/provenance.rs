//! Which documents a resource came from.

use std::collections::HashMap;

use domain::Timestamp;

use crate::fhir::Element;

/// A document a resource came from, by its place in the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// When it was said to have come from there.
    pub recorded: Option<Timestamp>,
    pub document: usize,
}

/// Told by every `Provenance` whose entity is a `DocumentReference`; its targets came from that document.
#[derive(Debug, Default)]
pub struct Origins(HashMap<usize, Vec<Origin>>);

impl Origins {
    /// Notes what one Provenance says. `place` finds the documents and targets of the chart, by reference.
    pub fn trace(&mut self, provenance: Element<'_>, place: impl Fn(Element<'_>) -> Option<(usize, bool)>) {
        let recorded = provenance.date("recorded").or_else(|| provenance.when("occurred").moment());
        let documents: Vec<Origin> = provenance
            .each("entity")
            .filter(|entity| entity.str("role") != Some("removal"))
            .filter_map(|entity| place(entity.get("what")))
            .filter_map(|(document, is_document)| is_document.then_some(Origin { recorded, document }))
            .collect();
        if documents.is_empty() {
            return;
        }
        for (target, _) in provenance.each("target").filter_map(place) {
            let known = self.0.entry(target).or_default();
            known.extend(documents.iter().filter(|origin| origin.document != target));
        }
    }

    /// Nothing came from a document.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where a resource came from, the newest first; nothing when it is the source's own.
    pub fn of(&self, resource: usize) -> &[Origin] {
        self.0.get(&resource).map(Vec::as_slice).unwrap_or_default()
    }

    /// Puts the newest first. `age` tells documents recorded at the same time apart.
    pub fn settle<K: Ord>(&mut self, age: impl Fn(usize) -> K) {
        for known in self.0.values_mut() {
            known.sort_by_cached_key(|origin| (origin.recorded, age(origin.document), origin.document));
            known.reverse();
            known.dedup_by_key(|origin| origin.document);
        }
    }
}
