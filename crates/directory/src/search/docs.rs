//! Brands that hold a term, as lists of numbers in order.

use std::cmp::Reverse;

use domain::SourceId;
use tantivy::postings::SegmentPostings;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED, Term};

use super::Built;

/// Spellings of one word that are looked at.
const MAX_SPELLINGS: usize = 48;

/// Numbers in order.
pub(super) enum Docs {
    One(SegmentPostings),
    Either(SegmentPostings, SegmentPostings),
    Listed { docs: Vec<u32>, at: usize },
}

impl Docs {
    pub fn doc(&self) -> u32 {
        match self {
            Docs::One(one) => one.doc(),
            Docs::Either(one, other) => one.doc().min(other.doc()),
            Docs::Listed { docs, at } => docs.get(*at).copied().unwrap_or(TERMINATED),
        }
    }

    /// The first number at or after `target`.
    pub fn seek(&mut self, target: u32) -> u32 {
        fn to(postings: &mut SegmentPostings, target: u32) -> u32 {
            if postings.doc() >= target { postings.doc() } else { postings.seek(target) }
        }
        match self {
            Docs::One(one) => to(one, target),
            Docs::Either(one, other) => to(one, target).min(to(other, target)),
            Docs::Listed { docs, at } => {
                *at += docs.get(*at..).map_or(0, |rest| rest.partition_point(|doc| *doc < target));
                self.doc()
            }
        }
    }

    fn size(&self) -> u32 {
        match self {
            Docs::One(one) => one.size_hint(),
            Docs::Either(one, other) => one.size_hint() + other.size_hint(),
            Docs::Listed { docs, .. } => docs.len() as u32,
        }
    }

    /// All that hold any of the terms.
    pub fn any(mut postings: Vec<SegmentPostings>) -> Docs {
        match (postings.pop(), postings.pop()) {
            (Some(one), None) => Docs::One(one),
            (Some(one), Some(other)) if postings.is_empty() => Docs::Either(one, other),
            (one, other) => {
                let mut docs = Vec::new();
                for mut postings in postings.into_iter().chain(one).chain(other) {
                    while postings.doc() != TERMINATED {
                        docs.push(postings.doc());
                        postings.advance();
                    }
                }
                docs.sort_unstable();
                docs.dedup();
                Docs::Listed { docs, at: 0 }
            }
        }
    }
}

/// Numbers that are in all the lists.
pub(super) struct All(Vec<Docs>);

impl All {
    pub fn of(mut lists: Vec<Docs>) -> All {
        lists.sort_by_key(Docs::size);
        All(lists)
    }

    /// The first number at or after `target` that all have.
    pub fn seek(&mut self, mut target: u32) -> Option<u32> {
        let (lead, others) = self.0.split_first_mut()?;
        'lead: loop {
            target = lead.seek(target);
            if target == TERMINATED {
                return None;
            }
            for other in others.iter_mut() {
                let at = other.seek(target);
                if at != target {
                    target = at;
                    if at == TERMINATED {
                        return None;
                    }
                    continue 'lead;
                }
            }
            return Some(target);
        }
    }
}

impl Built {
    /// `None` when no brand has the term.
    pub(super) fn postings(&self, field: Field, term: &str) -> Option<SegmentPostings> {
        let term = Term::from_field_text(field, term);
        self.reader(field)?.read_postings(&term, IndexRecordOption::Basic).ok()?
    }

    pub(super) fn number(&self, id: SourceId) -> Option<u32> {
        let postings = self.postings(self.fields.id, &id.to_string())?;
        Some(postings.doc()).filter(|doc| *doc != TERMINATED)
    }

    /// Terms of both kinds of words within so many edits of a word; the most frequent. Two edits are only looked for
    /// behind the first letter, which people get right, and in names.
    pub(super) fn spellings(&self, word: &str, edits: u8) -> Vec<String> {
        let query = FuzzyTermQuery::new(Term::from_field_text(self.fields.name, word), edits, true);
        let Ok(automaton) = query.automaton() else { return vec![] };
        let first = super::terms::start(word, 1);
        let fields: &[Field] = if edits > 1 { &[self.fields.name] } else { &[self.fields.name, self.fields.other] };
        let mut found: Vec<(Reverse<u32>, String)> = Vec::new();
        for reader in fields.iter().filter_map(|field| self.reader(*field)) {
            let mut terms = reader.terms().search(&automaton);
            if edits > 1 {
                terms = terms.ge(first).lt(format!("{first}\u{10ffff}"));
            }
            let Ok(mut stream) = terms.into_stream() else { continue };
            while let Some((term, info)) = stream.next() {
                if let Ok(term) = std::str::from_utf8(term) {
                    found.push((Reverse(info.doc_freq), term.to_owned()));
                }
            }
        }
        found.sort_unstable();
        found.truncate(MAX_SPELLINGS);
        found.into_iter().map(|(_, term)| term).collect()
    }

    /// Addresses that start so.
    pub(super) fn addresses(&self, start: &str, limit: usize) -> Vec<SegmentPostings> {
        let Some(reader) = self.reader(self.fields.address) else { return vec![] };
        let Ok(mut stream) = reader.terms().range().ge(start).into_stream() else { return vec![] };
        let mut found = Vec::new();
        while let Some((term, info)) = stream.next() {
            if !term.starts_with(start.as_bytes()) || found.len() == limit {
                break;
            }
            found.extend(reader.read_postings_from_terminfo(info, IndexRecordOption::Basic).ok());
        }
        found
    }

    fn reader(&self, field: Field) -> Option<&tantivy::index::InvertedIndexReader> {
        self.readers.get(field.field_id() as usize).map(AsRef::as_ref)
    }
}
