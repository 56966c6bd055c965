//! Search over brands, in memory: what people type while they type it, with one letter wrong.

use std::ops::Range;

use url::Url;

use crate::brands::{Brand, Location};
use crate::words::{Word, fold, one_typo, words};

/// All brands, ready to be searched. The order given is the order shown for an empty query.
#[derive(Debug, Clone, Default)]
pub struct Index {
    cards: Vec<Card>,
}

#[derive(Debug, Clone)]
struct Card {
    brand: Brand,
    fields: Vec<Field>,
}

#[derive(Debug, Clone)]
struct Field {
    why: Why,
    text: String,
    folded: String,
    words: Vec<Word>,
}

/// What of a brand matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Nothing was asked for.
    Listed,
    Name,
    Alias,
    Portal,
    /// City, state, ZIP or a site's name.
    Place,
    /// The web address of the brand, a portal or an endpoint.
    Host,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<'a> {
    pub brand: &'a Brand,
    pub why: Why,
    /// The text that matched best.
    pub text: &'a str,
    /// The matched parts of `text`, in bytes, in order.
    pub matched: Vec<Range<usize>>,
}

impl Index {
    pub fn build(brands: &[Brand]) -> Index {
        Index { cards: brands.iter().map(|brand| Card { fields: fields(brand), brand: brand.clone() }).collect() }
    }

    pub fn len(&self) -> usize {
        self.cards.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// The best hits, best first; equal ones always in the same order.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit<'_>> {
        let mut asked = words(query);
        asked.truncate(12);
        if asked.is_empty() {
            let all = self.cards.iter().map(|card| &card.brand).take(limit);
            return all.map(|brand| Hit { brand, why: Why::Listed, text: &brand.name, matched: vec![] }).collect();
        }
        let whole = fold(query);
        let mut hits: Vec<(Rank, Hit<'_>)> =
            self.cards.iter().filter_map(|card| card.matches(&asked, &whole)).collect();
        hits.sort_by(|(rank, one), (other_rank, other)| {
            (rank, one.brand.name.len(), &one.brand.name, one.brand.id).cmp(&(
                other_rank,
                other.brand.name.len(),
                &other.brand.name,
                other.brand.id,
            ))
        });
        hits.into_iter().take(limit).map(|(_, hit)| hit).collect()
    }
}

fn fields(brand: &Brand) -> Vec<Field> {
    let field = |why, text: &str| Field { why, text: text.to_owned(), folded: fold(text), words: words(text) };
    let mut all = vec![field(Why::Name, &brand.name)];
    all.extend(brand.aliases.iter().map(|alias| field(Why::Alias, alias)));
    let portals = brand.portals.iter().filter(|portal| portal.name != brand.name);
    all.extend(portals.map(|portal| field(Why::Portal, &portal.name)));
    all.extend(brand.locations.iter().map(|location| field(Why::Place, &place(location))));
    let portals = brand.portals.iter().filter_map(|portal| portal.url.as_deref());
    let mut hosts: Vec<String> =
        portals.chain(brand.website.as_deref()).filter_map(|url| host(&Url::parse(url).ok()?)).collect();
    hosts.extend(brand.endpoints().filter_map(|endpoint| host(&endpoint.address)));
    hosts.sort();
    hosts.dedup();
    all.extend(hosts.iter().map(|host| field(Why::Host, host)));
    all
}

fn host(url: &Url) -> Option<String> {
    url.host_str().map(|host| host.strip_prefix("www.").unwrap_or(host).to_owned())
}

fn place(location: &Location) -> String {
    let state = location.state.as_deref();
    let long =
        state.and_then(|code| STATES.iter().find(|(short, _)| short.eq_ignore_ascii_case(code)).map(|(_, long)| *long));
    let parts = [location.name.as_deref(), location.city.as_deref(), state, location.zip.as_deref(), long];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Smaller is better: the whole text, its start, or some words; then how well each word fits.
type Rank = (u8, u32);

const WHOLE_NAME: u8 = 0;
const WHOLE_OTHER: u8 = 1;
const START: u8 = 2;
const WORDS: u8 = 3;
const TYPOS: u8 = 4;

impl Card {
    /// Every word asked for must be found somewhere.
    fn matches(&self, asked: &[Word], whole: &str) -> Option<(Rank, Hit<'_>)> {
        let mut cost = 0;
        let mut tier = WORDS;
        let mut per_field = vec![Vec::new(); self.fields.len()];
        for (index, word) in asked.iter().enumerate() {
            let Some((fit, places)) = self.find(word, index + 1 == asked.len()) else {
                if FILLERS.contains(&word.text.as_str()) && asked.len() > 1 {
                    continue;
                }
                return None;
            };
            cost += fit;
            if fit >= TYPO {
                tier = TYPOS;
            }
            for (field, range) in places {
                per_field[field].push(range);
            }
        }
        let best = (0..self.fields.len()).min_by_key(|index| {
            let field = &self.fields[*index];
            (field.folded != whole, usize::MAX - per_field[*index].len(), field.why)
        })?;
        let field = &self.fields[best];
        let mut matched = std::mem::take(&mut per_field[best]);
        if matched.is_empty() {
            return None;
        }
        matched.sort_by_key(|range| range.start);
        matched.dedup();
        if field.folded == whole {
            tier = if field.why == Why::Name { WHOLE_NAME } else { WHOLE_OTHER };
        } else if tier == WORDS && self.fields[0].folded.starts_with(whole) {
            tier = START;
        }
        Some(((tier, cost), Hit { brand: &self.brand, why: field.why, text: &field.text, matched }))
    }

    /// The best fit of a word, and everywhere it fits at all.
    fn find(&self, asked: &Word, last: bool) -> Option<(u32, Vec<Place>)> {
        let letters: Vec<char> = asked.text.chars().collect();
        let mut best: Option<u32> = None;
        let mut places = Vec::new();
        for (index, field) in self.fields.iter().enumerate() {
            for word in &field.words {
                let Some(fit) = fit(&asked.text, &letters, &word.text, last) else { continue };
                let fit = fit + field.why as u32;
                best = Some(best.map_or(fit, |have| have.min(fit)));
                places.push((fit, index, word.range.clone()));
            }
        }
        let best = best?;
        // Where the word stands as typed, guesses are not shown.
        let shown = places.into_iter().filter(|(fit, ..)| best >= TYPO || *fit < TYPO);
        Some((best, shown.map(|(_, index, range)| (index, range)).collect()))
    }
}

/// A field's number and a part of its text.
type Place = (usize, Range<usize>);

const EXACT: u32 = 0;
const PREFIX: u32 = 2;
const TYPO: u32 = 16;

/// How far a word is from what was asked for; `None` when too far.
fn fit(asked: &str, letters: &[char], word: &str, last: bool) -> Option<u32> {
    if asked == word {
        return Some(EXACT);
    }
    if word.starts_with(asked) {
        return Some(PREFIX);
    }
    if letters.len() < 4 || letters.iter().any(char::is_ascii_digit) {
        return None;
    }
    let other: Vec<char> = word.chars().collect();
    let start = |len: usize| other.get(..len).is_some_and(|start| one_typo(letters, start));
    let unfinished = last && (letters.len() - 1..=letters.len() + 1).any(start);
    (one_typo(letters, &other) || unfinished).then_some(TYPO)
}

/// Words that may be typed without being part of a name.
const FILLERS: &[&str] = &["the", "of", "and", "at", "in", "for"];

const STATES: &[(&str, &str)] = &[
    ("AL", "Alabama"),
    ("AK", "Alaska"),
    ("AZ", "Arizona"),
    ("AR", "Arkansas"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DE", "Delaware"),
    ("DC", "District of Columbia"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("HI", "Hawaii"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("IA", "Iowa"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("ME", "Maine"),
    ("MD", "Maryland"),
    ("MA", "Massachusetts"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MS", "Mississippi"),
    ("MO", "Missouri"),
    ("MT", "Montana"),
    ("NE", "Nebraska"),
    ("NV", "Nevada"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NY", "New York"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("PR", "Puerto Rico"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VT", "Vermont"),
    ("VA", "Virginia"),
    ("WA", "Washington"),
    ("WV", "West Virginia"),
    ("WI", "Wisconsin"),
    ("WY", "Wyoming"),
];
