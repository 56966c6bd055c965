//! Candidates, the surest kind of match first, until there are enough of them.

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
    let mut find = Find { built, signals, query, limit, found: vec![], by_address: None, beside: false };
    let mut asked = Asked::read(query.text);
    if asked.words.is_empty() {
        find.collect(&Asked::default(), vec![]);
    } else {
        find.by_address(&asked);
        if find.found.is_empty() {
            asked = find.by_words(asked);
        }
    }
    find.hits(&asked)
}

struct Find<'a> {
    built: &'a Built,
    signals: &'a Signals,
    query: &'a Query<'a>,
    limit: usize,
    found: Vec<Ranked>,
    /// The address that was found, when that is how.
    by_address: Option<String>,
    /// A word is left out from here on.
    beside: bool,
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
            return self.collect_address(address, Docs::one(postings));
        }
        if address.contains('/') {
            let started = self.built.addresses(address, 16);
            if !started.is_empty() {
                return self.collect_address(host, Docs::any(started, self.built.cards.len() as u32));
            }
        }
        let above = std::iter::successors(address.rsplit_once('/'), |(above, _)| above.rsplit_once('/'));
        let above: Vec<&str> = above.map(|(above, _)| above).take(10).chain(parents(host)).collect();
        for address in above {
            if let Some(postings) = self.built.postings(field, address) {
                return self.collect_address(address, Docs::one(postings));
            }
        }
        // clevelandclinic.org is the Cleveland Clinic's, whatever its endpoints are called.
        let label = parents(host).last().and_then(|domain| domain.split('.').next()).unwrap_or_default();
        if let Some(postings) = self.built.postings(self.built.fields.whole, label) {
            self.collect_address(label, Docs::one(postings));
        }
    }

    fn collect_address(&mut self, address: &str, docs: Docs) {
        self.by_address = Some(address.to_owned());
        self.collect(&Asked::default(), vec![docs]);
    }

    /// Whole names, starts of names, words of names, words of everything; then with words in one, then with letters
    /// wrong, then with a word too many. Gives back what was asked in the form that was found.
    fn by_words(&mut self, mut asked: Asked) -> Asked {
        self.exact(&asked);
        if self.found.is_empty()
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
        // Few are enough when a name was typed, but a single word may be another that is alike.
        const FEW: usize = 3;
        let few = self.found.len() < FEW.min(self.limit) && asked.words.len() == 1;
        for (edits, known_too) in [(1, few), (2, false), (1, true)] {
            if (few || self.found.is_empty()) && self.spell(&mut asked, edits, known_too) {
                self.anywhere(&asked, true);
            }
        }
        self.beside = true;
        for spare in 0..asked.words.len() {
            if self.found.is_empty()
                && asked.words.len() > 2
                && let Some(word) = asked.words.get_mut(spare).filter(|word| !word.optional)
            {
                word.optional = true;
                self.anywhere(&asked, false);
                if self.found.is_empty()
                    && let Some(word) = asked.words.get_mut(spare)
                {
                    word.optional = false;
                }
            }
        }
        asked
    }

    fn anywhere(&mut self, asked: &Asked, with_optional: bool) {
        let (name, other) = (self.built.fields.name, self.built.fields.other);
        self.with_words(asked, &[name], with_optional);
        self.with_words(asked, &[name, other], with_optional);
    }

    fn exact(&mut self, asked: &Asked) {
        let (built, fields) = (self.built, self.built.fields);
        if let Some(whole) = built.postings(fields.whole, start(&asked.squeezed, 200)) {
            self.collect(asked, vec![Docs::one(whole)]);
        }
        let boundary = format!("{} ", asked.whole[0]);
        let names = [boundary.as_str(), &asked.whole[0], &asked.whole[1]];
        let named = |name: &&str| built.postings(fields.start, start(name, NAME_START)).map(Docs::one);
        // The town of the same name first.
        if let (Some(named), Some(mut lists)) = (named(&names[1]), self.lists(asked, &[fields.other], true)) {
            lists.push(named);
            self.collect(asked, lists);
        }
        for name in names.iter().filter(|name| !name.trim().is_empty()) {
            if !self.enough() {
                named(name).into_iter().for_each(|named| self.collect(asked, vec![named]));
            }
        }
        // What is near may be called otherwise than it starts.
        if self.query.near.is_some() {
            self.with_words(asked, &[fields.name], true);
        }
        for required in [true, false] {
            for fields in [&[fields.name][..], &[fields.name, fields.other]] {
                if !self.enough() && (required || asked.words.iter().any(|word| word.optional)) {
                    self.with_words(asked, fields, required);
                }
            }
        }
    }

    /// Few are in that ZIP, but its place is known: the rest of the words, the nearest first.
    fn beside_zip(&mut self, asked: &mut Asked) {
        let is_zip = |word: &Word| word.typed.len() == 5 && digits(&word.typed);
        if asked.words.iter().any(is_zip) {
            asked.words.iter_mut().filter(|word| is_zip(word)).for_each(|word| word.optional = true);
            self.beside = true;
            self.anywhere(asked, false);
            self.beside = false;
        }
    }

    /// Brands with every word in one of the fields.
    fn with_words(&mut self, asked: &Asked, fields: &[Field], with_optional: bool) {
        if let Some(lists) = self.lists(asked, fields, with_optional) {
            self.collect(asked, lists);
        }
    }

    /// For each word the brands that have it in one of the fields; `None` when one is nowhere.
    fn lists(&self, asked: &Asked, fields: &[Field], with_optional: bool) -> Option<Vec<Docs>> {
        let words = asked.words.iter().filter(|word| with_optional || !word.optional);
        let list = |word: &Word| {
            let long = start(&word.long, WORD_START);
            let typed = Some(start(&word.typed, WORD_START)).filter(|typed| *typed != long);
            let spelled = word.spellings.iter().map(|(spelling, _)| spelling.as_str());
            let terms: Vec<&str> = std::iter::once(long).chain(typed).chain(spelled).collect();
            let postings = fields.iter().flat_map(|field| terms.iter().map(|term| (*field, *term)));
            let postings: Vec<_> = postings.filter_map(|(field, term)| self.built.postings(field, term)).collect();
            (!postings.is_empty()).then(|| Docs::any(postings, self.built.cards.len() as u32))
        };
        words.map(list).collect()
    }

    /// Looks up what may have been meant by the words that nobody has, or by all; whether there is anything.
    fn spell(&mut self, asked: &mut Asked, edits: u8, known_too: bool) -> bool {
        let fields = [self.built.fields.name, self.built.fields.other];
        let nowhere = |word: &Word| {
            let mut terms = fields.iter().flat_map(|field| [(field, &word.long), (field, &word.typed)]);
            terms.all(|(field, term)| self.built.postings(*field, start(term, WORD_START)).is_none())
        };
        let unknown: Vec<bool> = asked.words.iter().map(nowhere).collect();
        let mut any = false;
        for (word, unknown) in asked.words.iter_mut().zip(unknown) {
            if word.optional || word.edits() < edits || !(unknown || known_too) {
                continue;
            }
            let begun = start(&word.typed, WORD_START);
            let is_long = begun.len() < word.typed.len();
            // Letters behind those that are indexed must not count.
            let compared = if is_long { start(begun, WORD_START - usize::from(edits)) } else { begun };
            let mut spellings = self.built.spellings(compared, edits);
            spellings.extend(is_long.then(|| begun.to_owned()));
            for spelling in spellings {
                if !word.spellings.iter().any(|(known, _)| *known == spelling) {
                    word.spellings.push((spelling, edits));
                }
            }
            any |= !word.spellings.is_empty();
        }
        any
    }

    /// Adds the likeliest brands of all these lists, and those that are used here; when the person's place is known,
    /// the nearest instead.
    fn collect(&mut self, asked: &Asked, mut lists: Vec<Docs>) {
        let wanted = CANDIDATES.max(2 * self.limit);
        if !self.query.categories.is_empty() {
            let field = self.built.fields.category;
            let terms = self.query.categories.iter().map(|category| (*category as u8).to_string());
            lists.push(Docs::any(
                terms.filter_map(|term| self.built.postings(field, &term)).collect(),
                self.built.cards.len() as u32,
            ));
        }
        if lists.is_empty() {
            lists.push(Docs::every(self.built.cards.len() as u32));
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
        for doc in matches {
            if !self.found.iter().any(|found| found.doc() == doc) {
                self.found.extend(self.rank(doc, asked));
            }
        }
    }

    fn kilometres(&self, doc: u32, from: Point) -> Option<f32> {
        self.built.cards.distance(&self.built.cards.row(doc)?, from)
    }

    fn hits(mut self, asked: &Asked) -> Vec<Hit> {
        let mut found = std::mem::take(&mut self.found);
        found.sort_unstable_by_key(|ranked| ranked.rank);
        found.truncate(self.limit);
        found.iter().filter_map(|ranked| self.hit(ranked, asked)).collect()
    }

    fn rank(&self, doc: u32, asked: &Asked) -> Option<Ranked> {
        let row = self.built.cards.row(doc)?;
        let kilometres = self.query.near.map(|near| self.built.cards.distance(&row, near));
        let signal = self.signals.of.get(&doc).copied().unwrap_or_default();
        rank::rank(doc, &row, &self.built.cards.card(&row)?, asked, kilometres, signal, self.beside)
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
