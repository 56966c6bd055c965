//! What is written into the index of a brand, and the same forms of what is asked.

use std::collections::HashSet;

use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use url::Url;

use super::cards::{Draft, DraftField};
use super::{Point, Why, places};
use crate::brands::{Brand, Category, NPI};
use crate::words::{Word, as_typed, words};

/// Letters of a word's start that are indexed; what follows is compared when ranking.
pub(super) const WORD_START: usize = 10;
/// Letters of a name's start that are indexed.
pub(super) const NAME_START: usize = 24;
/// Places, hosts and the like of one brand.
const MAX_OTHERS: usize = 2000;

/// Said of names and typed with them, but never what tells one from another.
const FILLERS: &[&str] = &[
    "the",
    "of",
    "and",
    "at",
    "in",
    "for",
    "inc",
    "llc",
    "llp",
    "ltd",
    "corp",
    "pllc",
    "pc",
    "pa",
    "plc",
    "co",
    "md",
    "do",
    "dba",
    "doctor",
    "a",
    "an",
    "de",
    "el",
    "la",
    "incorporated",
    "corporation",
];

/// Short forms beside those of [`crate::words`], which must not change because ids are made with them.
const SHORT: &[(&str, &str)] = &[
    ("gen", "general"),
    ("comm", "community"),
    ("rehab", "rehabilitation"),
    ("svc", "service"),
    ("svcs", "services"),
    ("natl", "national"),
    ("intl", "international"),
    ("peds", "pediatrics"),
    ("paediatrics", "pediatrics"),
    ("orthopaedic", "orthopedic"),
    ("orthopaedics", "orthopedics"),
    ("assn", "association"),
    ("inst", "institute"),
    ("ft", "fort"),
    ("drs", "doctors"),
    ("hosps", "hospitals"),
    ("ctrs", "centers"),
    ("hlthcare", "healthcare"),
    ("cty", "county"),
    ("dept", "department"),
    ("phys", "physicians"),
    ("fam", "family"),
    ("surg", "surgery"),
    ("clin", "clinic"),
];

/// Short forms that are not a start of what they stand for, not yet typed in full; otherwise a state, or nothing.
const BEGUN: &[(&str, &str)] = &[("ct", "center"), ("cnt", "center"), ("sv", "service"), ("svc", "service")];

pub(super) fn is_filler(word: &str) -> bool {
    FILLERS.contains(&word)
}

/// Words as they are indexed: folded, short forms spelled out.
pub(super) fn folded(text: &str) -> Vec<Word> {
    let mut all = words(text);
    for word in &mut all {
        if let Some((_, long)) = SHORT.iter().find(|(short, _)| *short == word.text) {
            word.text = (*long).to_owned();
        }
    }
    all
}

/// Words as typed, each with its spelled out form, also while a short form is typed.
pub(super) fn both(text: &str) -> Vec<(String, String)> {
    let pair = |(typed, mut long): (Word, Word)| {
        if let Some((_, spelled)) = BEGUN.iter().find(|(short, _)| *short == long.text) {
            long.text = (*spelled).to_owned();
        }
        (typed.text, long.text)
    };
    as_typed(text).into_iter().zip(folded(text)).map(pair).collect()
}

/// A name without what comes before and after it: `The Oaks, Inc.` → `oaks`.
pub(super) fn core<'a>(mut words: &'a [&'a str]) -> &'a [&'a str] {
    while let ["the" | "a", rest @ ..] = words
        && !rest.is_empty()
    {
        words = rest;
    }
    while let [rest @ .., last] = words
        && !rest.is_empty()
        && is_filler(last)
    {
        words = rest;
    }
    words
}

/// The words of a name's core, as one text. "And" is said or not, and often written `&`.
pub(super) fn core_text<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    let said: Vec<&str> = core(&words).iter().copied().filter(|word| *word != "and").collect();
    if said.is_empty() { words.join(" ") } else { said.join(" ") }
}

/// Parts the core of a name from its other words in what is kept of it.
pub(super) const BESIDE: char = '|';

/// The core of a name, then the words that are not part of it.
fn name_text(words: &[Word]) -> String {
    let core = core_text(words.iter().map(|word| word.text.as_str()));
    let beside = words.iter().map(|word| word.text.as_str()).filter(|word| !core.split(' ').any(|core| core == *word));
    let beside = beside.collect::<Vec<_>>().join(" ");
    if beside.is_empty() { core } else { format!("{core}{BESIDE}{beside}") }
}

/// The first `letters` letters.
pub(super) fn start(text: &str, letters: usize) -> &str {
    text.char_indices().nth(letters).map_or(text, |(end, _)| &text[..end])
}

/// An address as it is compared: without scheme, `www.` and slashes at its end, in small letters.
pub(super) fn address(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/').to_lowercase();
    let whole = format!("{host}{port}{path}");
    Some(whole[..whole.floor_char_boundary(400)].to_owned())
}

/// A host and what it is part of, down to two labels.
pub(super) fn parents(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |host| {
        host.split_once('.').map(|(_, rest)| rest).filter(|rest| rest.contains('.'))
    })
}

#[derive(Clone, Copy)]
pub(super) struct Fields {
    /// Names, as a whole.
    pub whole: Field,
    /// Starts of names.
    pub start: Field,
    /// Starts of words of names.
    pub name: Field,
    /// Starts of words of everything else.
    pub other: Field,
    /// Addresses and hosts.
    pub address: Field,
    pub id: Field,
    pub category: Field,
}

pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let terms = TextOptions::default().set_indexing_options(indexing);
    let mut field = |name| schema.add_text_field(name, terms.clone());
    let fields = Fields {
        whole: field("whole"),
        start: field("start"),
        name: field("name"),
        other: field("other"),
        address: field("address"),
        id: field("id"),
        category: field("category"),
    };
    (schema.build(), fields)
}

/// Terms of one brand.
#[derive(Default)]
pub(super) struct Terms {
    pub whole: Vec<String>,
    pub start: Vec<String>,
    pub name: Vec<String>,
    pub other: Vec<String>,
    pub address: Vec<String>,
}

pub(super) fn read(brand: &Brand) -> (Draft, Terms) {
    let mut terms = Terms::default();
    let place = brand.locations.iter().find(|place| place.city.is_some()).or(brand.locations.first());
    let mut card = Draft {
        id: brand.id,
        prior: prior(brand),
        portals: brand.portals.len().min(usize::from(u16::MAX)) as u16,
        points: brand.locations.iter().filter_map(Point::of).collect(),
        city: place.and_then(|place| place.city.clone()).unwrap_or_default(),
        state: place.and_then(|place| place.state.clone()).unwrap_or_default(),
        fields: vec![],
    };
    let names = std::iter::once((Why::Name, &brand.name));
    let names = names.chain(brand.aliases.iter().map(|alias| (Why::Alias, alias)));
    for (why, name) in names.chain(brand.former_names.iter().map(|former| (Why::Former, former))) {
        let said = places::led_by_state(name).map_or(name.as_str(), |(state, rest)| {
            terms.other.extend(folded(state).into_iter().map(|word| word.text));
            rest
        });
        let words = folded(said);
        terms.name(&words);
        card.fields.push(DraftField { why, text: name.clone(), folded: name_text(&words) });
    }
    for (why, text) in others(brand).into_iter().take(MAX_OTHERS) {
        let words = folded(&text);
        words.iter().for_each(|word| starts(&mut terms.other, &word.text, 1));
        let folded = words.into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        card.fields.push(DraftField { why, text, folded });
    }
    let published = brand.portals.iter().filter_map(|portal| portal.url.as_deref()).chain(brand.website.as_deref());
    let published = published.filter_map(|url| Url::parse(url).ok());
    for url in published.chain(brand.endpoints().map(|endpoint| endpoint.address.clone())).take(MAX_OTHERS) {
        terms.address.extend(address(&url));
        terms.address.extend(host(&url).iter().flat_map(|host| parents(host)).map(str::to_owned));
    }
    for terms in [&mut terms.whole, &mut terms.start, &mut terms.name, &mut terms.other, &mut terms.address] {
        terms.sort_unstable();
        terms.dedup();
    }
    (card, terms)
}

impl Terms {
    fn name(&mut self, words: &[Word]) {
        let name = core_text(words.iter().map(|word| word.text.as_str()));
        let letters = name.chars().count();
        self.start.extend((1..=letters.min(NAME_START)).map(|end| start(&name, end).to_owned()));
        self.whole.push(start(&name.replace(' ', ""), 200).to_owned());
        words.iter().for_each(|word| starts(&mut self.name, &word.text, 1));
        // "health care" is also written in one.
        for pair in words.windows(2) {
            let joined = format!("{}{}", pair[0].text, pair[1].text);
            starts(&mut self.name, &joined, pair[0].text.chars().count() + 1);
        }
    }
}

fn starts(into: &mut Vec<String>, word: &str, from: usize) {
    let letters = word.chars().count().min(WORD_START);
    into.extend((from..=letters).map(|end| start(word, end).to_owned()));
}

fn host(url: &Url) -> Option<String> {
    url.host_str().map(|host| host.strip_prefix("www.").unwrap_or(host).to_owned())
}

fn others(brand: &Brand) -> Vec<(Why, String)> {
    let portals = brand.portals.iter().filter(|portal| portal.name != brand.name);
    let mut all: Vec<(Why, String)> = portals.map(|portal| (Why::Portal, portal.name.clone())).collect();
    let mut seen = HashSet::new();
    let places = brand.locations.iter().map(places::text).filter(|text| !text.is_empty());
    all.extend(places.filter(|text| seen.insert(text.clone())).map(|text| (Why::Place, text)));
    all.extend(places::led_by_state(&brand.name).map(|(state, _)| (Why::Place, state.to_owned())));
    let numbers = brand.identifiers.iter().filter(|identifier| identifier.system == NPI);
    all.extend(numbers.map(|identifier| (Why::Npi, identifier.value.clone())));
    let published = brand.portals.iter().filter_map(|portal| portal.url.as_deref()).chain(brand.website.as_deref());
    let mut hosts: Vec<String> = published.filter_map(|url| host(&Url::parse(url).ok()?)).collect();
    hosts.extend(brand.endpoints().filter_map(|endpoint| host(&endpoint.address)));
    hosts.sort();
    hosts.dedup();
    all.extend(hosts.into_iter().map(|host| (Why::Host, host)));
    all
}

/// How likely people mean it: can it be connected, what is it, how large is it.
pub(super) fn prior(brand: &Brand) -> u8 {
    let words = folded(&brand.name);
    if words.iter().any(|word| matches!(word.text.as_str(), "test" | "tests" | "sandbox" | "demo")) {
        return 0;
    }
    let mut prior = 1;
    if brand.endpoints().next().is_some() {
        prior += 6;
    }
    prior += match brand.category {
        Category::Hospital => 3,
        Category::Lab | Category::Pharmacy | Category::Insurer | Category::Network => 2,
        Category::Imaging | Category::Other => 0,
    };
    prior += brand.locations.len().checked_ilog2().unwrap_or(0).min(6) as u8;
    prior
}
