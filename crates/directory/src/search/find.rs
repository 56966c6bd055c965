//! Candidates, the surest kind of match first, until there are enough of them.

use tantivy::TERMINATED;
use tantivy::schema::Field;

use super::asked::{Asked, Word, digits};
use super::docs::{All, Docs};
use super::rank::{Ranked, nearness};
use super::terms::{NAME_START, WORD_START, parents, start};
use super::{Built, Hit, Point, Query, Signals, Why, rank};

/// Candidates looked at per kind of match, at least.
const CANDIDATES: usize = 64;
/// Matches whose distance is computed per kind of match.
const MAX_NEAR: usize = 30_000;
/// More results are never shown.
const MAX_LIMIT: usize = 200;

pub(super) fn search(built: &Built, signals: &Signals, query: &Query<'_>) -> Vec<Hit> {
    let limit = query.limit.min(MAX_LIMIT);
    if limit == 0 {
        return vec![];
    }
    let mut find = Find { built, signals, query, limit, found: vec![], by_address: None };
    let mut asked = Asked::read(query.text);
    if asked.words.is_empty() {
        find.collect(vec![]);
    } else {
        find.by_address(&asked);
        if find.found.is_empty() {
            asked = find.by_words(asked);
        }
    }
    find.ranked(&asked)
}

struct Find<'a> {
    built: &'a Built,
    signals: &'a Signals,
    query: &'a Query<'a>,
    limit: usize,
    found: Vec<u32>,
    /// The address that was found, when that is how.
    by_address: Option<String>,
}

impl Find<'_> {
    fn enough(&self) -> bool {
        self.found.len() >= self.limit
    }

    /// The address itself, what it is the start of, what it is below, its host, what the host is part of.
    fn by_address(&mut self, asked: &Asked) {
        let (Some(address), Some(host)) = (&asked.address, &asked.host) else { return };
        let field = self.built.fields.address;
        if let Some(postings) = self.built.postings(field, address) {
            return self.collect_address(address, Docs::One(postings));
        }
        if address.contains('/') {
            let started = self.built.addresses(address, 16);
            if !started.is_empty() {
                return self.collect_address(host, Docs::any(started));
            }
        }
        let above = std::iter::successors(address.rsplit_once('/'), |(above, _)| above.rsplit_once('/'));
        let above: Vec<&str> = above.map(|(above, _)| above).take(10).chain(parents(host)).collect();
        for address in above {
            if let Some(postings) = self.built.postings(field, address) {
                return self.collect_address(address, Docs::One(postings));
            }
        }
        // clevelandclinic.org is the Cleveland Clinic's, whatever its endpoints are called.
        let label = parents(host).last().and_then(|domain| domain.split('.').next()).unwrap_or_default();
        if let Some(postings) = self.built.postings(self.built.fields.whole, label) {
            self.collect_address(label, Docs::One(postings));
        }
    }

    fn collect_address(&mut self, address: &str, docs: Docs) {
        self.by_address = Some(address.to_owned());
        self.collect(vec![docs]);
    }

    /// Whole names, starts of names, words of names, words of everything; then with words in one, then with letters
    /// wrong. Gives back what was asked in the form that was found.
    fn by_words(&mut self, mut asked: Asked) -> Asked {
        self.exact(&asked);
        let strict = self.found.len();
        if strict == 0
            && let Some(joined) = asked.joined().find(|joined| {
                self.exact(joined);
                !self.found.is_empty()
            })
        {
            return joined;
        }
        if !self.enough() && self.query.near.is_some() {
            self.beside_zip(&mut asked);
        }
        // A name that starts so is what was meant, however few there are.
        const FEW: usize = 3;
        for edits in 1..=2 {
            if self.found.len() >= FEW.min(self.limit) || (edits == 2 && !self.found.is_empty()) {
                break;
            }
            if self.spell(&mut asked, edits) {
                self.with_words(&asked, &[self.built.fields.name], true);
                self.with_words(&asked, &[self.built.fields.name, self.built.fields.other], true);
            }
        }
        asked
    }

    fn exact(&mut self, asked: &Asked) {
        let (built, fields) = (self.built, self.built.fields);
        self.collect_any(built.postings(fields.whole, start(&asked.squeezed, 200)));
        let boundary = format!("{} ", asked.whole[0]);
        for name in [boundary.as_str(), &asked.whole[0], &asked.whole[1]] {
            if !self.enough() && !name.trim().is_empty() {
                self.collect_any(built.postings(fields.start, start(name, NAME_START)));
            }
        }
        for required in [true, false] {
            for fields in [&[fields.name][..], &[fields.name, fields.other]] {
                if !self.enough() && (required || asked.words.iter().any(|word| word.optional)) {
                    self.with_words(asked, fields, required);
                }
            }
        }
    }

    /// Nobody is in that ZIP, but the place is known: the rest of the words, the nearest first.
    fn beside_zip(&mut self, asked: &mut Asked) {
        let is_zip = |word: &Word| word.typed.len() == 5 && digits(&word.typed);
        if !asked.words.iter().any(is_zip) {
            return;
        }
        asked.words.iter_mut().filter(|word| is_zip(word)).for_each(|word| word.optional = true);
        self.with_words(asked, &[self.built.fields.name], false);
        self.with_words(asked, &[self.built.fields.name, self.built.fields.other], false);
    }

    /// Brands with every word in one of the fields.
    fn with_words(&mut self, asked: &Asked, fields: &[Field], with_optional: bool) {
        let mut lists = Vec::new();
        for word in asked.words.iter().filter(|word| with_optional || !word.optional) {
            let mut postings = Vec::new();
            for field in fields {
                let long = start(&word.long, WORD_START);
                let typed = start(&word.typed, WORD_START);
                postings.extend(self.built.postings(*field, long));
                if typed != long {
                    postings.extend(self.built.postings(*field, typed));
                }
                let spelled = word.spellings.iter();
                postings.extend(spelled.filter_map(|(spelling, _)| self.built.postings(*field, spelling)));
            }
            if postings.is_empty() {
                return;
            }
            lists.push(Docs::any(postings));
        }
        if !lists.is_empty() || asked.words.iter().all(|word| word.optional) {
            self.collect(lists);
        }
    }

    /// Looks up what may have been meant by each word; whether there is anything.
    fn spell(&mut self, asked: &mut Asked, edits: u8) -> bool {
        let mut any = false;
        for word in asked.words.iter_mut().filter(|word| !word.optional) {
            let edits = word.edits().min(edits);
            if edits == 0 {
                continue;
            }
            let meant = start(&word.typed, WORD_START);
            word.spellings = self.built.spellings(self.built.fields.name, meant, edits);
            for spelling in self.built.spellings(self.built.fields.other, meant, edits) {
                if !word.spellings.iter().any(|(known, _)| *known == spelling.0) {
                    word.spellings.push(spelling);
                }
            }
            any |= !word.spellings.is_empty();
        }
        any
    }

    fn collect_any(&mut self, postings: Option<tantivy::postings::SegmentPostings>) {
        if let Some(postings) = postings {
            self.collect(vec![Docs::One(postings)]);
        }
    }

    /// Adds the likeliest brands of all these lists, and those that are used here; when the person's place is known,
    /// the nearest instead.
    fn collect(&mut self, mut lists: Vec<Docs>) {
        let wanted = CANDIDATES.max(2 * self.limit);
        if !self.query.categories.is_empty() {
            let field = self.built.fields.category;
            let terms = self.query.categories.iter().map(|category| (*category as u8).to_string());
            lists.push(Docs::any(terms.filter_map(|term| self.built.postings(field, &term)).collect()));
        }
        if lists.is_empty() {
            lists.push(Docs::Listed { docs: (0..self.built.cards.len() as u32).collect(), at: 0 });
        }
        let mut all = All::of(lists);
        let mut next = 0;
        let mut matches = Vec::new();
        let most = if self.query.near.is_some() { MAX_NEAR } else { wanted };
        while matches.len() < most
            && let Some(doc) = all.seek(next)
        {
            matches.push(doc);
            next = doc + 1;
        }
        for used in self.signals.used.iter().filter(|used| **used >= next) {
            if all.seek(*used) == Some(*used) {
                matches.push(*used);
            }
        }
        if let Some(near) = self.query.near
            && matches.len() > wanted
        {
            let key = |doc: u32| (nearness(self.kilometres(doc, near)), doc);
            let mut by_distance: Vec<(u8, u32)> = matches.into_iter().map(key).collect();
            by_distance.select_nth_unstable(wanted);
            matches = by_distance.into_iter().take(wanted).map(|(_, doc)| doc).collect();
        }
        matches.retain(|doc| !self.found.contains(doc));
        self.found.extend(matches);
    }

    fn kilometres(&self, doc: u32, from: Point) -> Option<f32> {
        self.built.cards.distance(&self.built.cards.row(doc)?, from)
    }

    fn ranked(&self, asked: &Asked) -> Vec<Hit> {
        let found = self.found.iter().filter(|doc| **doc != TERMINATED);
        let mut ranked: Vec<Ranked> = found.filter_map(|doc| self.rank(*doc, asked)).collect();
        ranked.sort_unstable_by_key(|ranked| ranked.rank);
        ranked.truncate(self.limit);
        ranked.iter().filter_map(|ranked| self.hit(ranked, asked)).collect()
    }

    fn rank(&self, doc: u32, asked: &Asked) -> Option<Ranked> {
        let row = self.built.cards.row(doc)?;
        let kilometres = self.query.near.map(|near| self.built.cards.distance(&row, near));
        let signal = self.signals.of.get(&doc).copied().unwrap_or_default();
        let asked = self.by_address.is_none().then_some(asked);
        rank::rank(doc, &row, &self.built.cards.card(&row)?, asked, kilometres, signal)
    }

    fn hit(&self, ranked: &Ranked, asked: &Asked) -> Option<Hit> {
        let row = self.built.cards.row(ranked.doc())?;
        let card = self.built.cards.card(&row)?;
        let name = card.fields().next().map(|field| field.text)?;
        let (why, text, matched) = match &self.by_address {
            Some(address) => (Why::Host, address.clone(), std::iter::once(0..address.len()).collect()),
            None if asked.words.is_empty() => (Why::Listed, name.to_owned(), vec![]),
            None => rank::shown(&card, asked).unwrap_or_else(|| (Why::Listed, name.to_owned(), vec![])),
        };
        Some(Hit {
            id: card.id,
            name: name.to_owned(),
            city: card.city.to_owned(),
            state: card.state.to_owned(),
            places: card.places(),
            portals: usize::from(card.portals),
            why,
            text,
            matched,
            kilometres: self.query.near.and_then(|near| self.built.cards.distance(&row, near)),
        })
    }
}
