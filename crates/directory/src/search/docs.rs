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

/// More lists than this are written into one set first.
const MAX_LISTS: usize = 6;

/// Numbers in order.
pub(super) enum Docs {
    /// Those of any of a few lists.
    Lists(Vec<SegmentPostings>),
    /// A bit for each.
    Set { bits: Vec<u64>, size: u32 },
}

impl Docs {
    pub fn one(postings: SegmentPostings) -> Docs {
        Docs::Lists(vec![postings])
    }

    /// Every number below.
    pub fn every(below: u32) -> Docs {
        Docs::set(below, |set| (0..below).for_each(set))
    }

    /// All that hold any of the terms.
    pub fn any(lists: Vec<SegmentPostings>, below: u32) -> Docs {
        if lists.len() <= MAX_LISTS {
            return Docs::Lists(lists);
        }
        Docs::set(below, |set| {
            for mut list in lists {
                while list.doc() != TERMINATED {
                    set(list.doc());
                    list.advance();
                }
            }
        })
    }

    fn set(below: u32, fill: impl FnOnce(&mut dyn FnMut(u32))) -> Docs {
        let mut bits = vec![0u64; below.div_ceil(64) as usize];
        fill(&mut |doc| {
            if let Some(bits) = bits.get_mut(doc as usize / 64) {
                *bits |= 1 << (doc % 64);
            }
        });
        let size = bits.iter().map(|bits| bits.count_ones()).sum();
        Docs::Set { bits, size }
    }

    /// The first number at or after `target`.
    pub fn seek(&mut self, target: u32) -> u32 {
        match self {
            Docs::Lists(lists) => {
                let found =
                    lists.iter_mut().map(|list| if list.doc() >= target { list.doc() } else { list.seek(target) });
                found.min().unwrap_or(TERMINATED)
            }
            Docs::Set { bits, .. } => {
                let mut at = target as usize / 64;
                let mut word = bits.get(at).map_or(0, |bits| bits >> (target % 64) << (target % 64));
                while word == 0 {
                    at += 1;
                    match bits.get(at) {
                        Some(bits) => word = *bits,
                        None => return TERMINATED,
                    }
                }
                at as u32 * 64 + word.trailing_zeros()
            }
        }
    }

    fn size(&self) -> u32 {
        match self {
            Docs::Lists(lists) => lists.iter().map(SegmentPostings::size_hint).sum(),
            Docs::Set { size, .. } => *size,
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
