//! Which of the candidates is meant.

use std::cmp::Reverse;
use std::ops::Range;

use super::asked::{Asked, Word};
use super::cards::{Card, Field, Row};
use super::terms::{BESIDE, WORD_START, folded, start};
use super::{Signal, Why};

/// Smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    kind: Kind,
    /// How well the words fit.
    cost: u32,
    /// The name says more than was asked for.
    incomplete: bool,
    nearness: u8,
    /// Words that the name says and the place does not: Houston Healthcare is not in Houston.
    elsewhere: usize,
    popularity: Reverse<u32>,
    down: bool,
    metres: u32,
    name: usize,
    doc: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Name,
    /// All of an alias, a portal's name, a number, an address.
    Other,
    /// All of a name, in another order.
    Swapped,
    /// The start of a name, or all words of one, in the person's town.
    Here,
    /// All of a name, but not where the person is.
    Away,
    Start,
    /// Every word in one name.
    Words,
    /// Words here and there.
    Across,
    Typos,
    /// Without one of the words.
    Beside,
}

pub(super) struct Ranked {
    pub rank: Rank,
}

impl Ranked {
    pub fn doc(&self) -> u32 {
        self.rank.doc
    }
}

const PREFIX: u32 = 2;
const JOINED: u32 = 1;
const MISSING: u32 = 12;
const TYPO: u32 = 32;

/// Up to 16 km.
const TOWN: u8 = 2;
/// Up to 64 km.
const REGION: u8 = 4;

/// Distances that people would call the same: up to 4 km, 8 km, 16 km …
pub(super) fn nearness(kilometres: Option<f32>) -> u8 {
    kilometres.map_or(u8::MAX, |kilometres| (kilometres / 4.0).max(1.0).log2().ceil() as u8)
}

/// `None` when a word is nowhere in the brand.
pub(super) fn rank(
    doc: u32,
    row: &Row,
    card: &Card<'_>,
    asked: &Asked,
    kilometres: Option<Option<f32>>,
    signal: Signal,
    beside: bool,
) -> Option<Ranked> {
    let Fit { kind, cost, incomplete, elsewhere } = fit(card, asked)?;
    let name = card.fields().next().filter(|_| !asked.words.is_empty()).map_or(0, |field| field.text.len());
    let used = signal.connections.checked_ilog2().map_or(0, |log| 8 + 4 * log);
    let nearness = kilometres.map_or(0, nearness);
    let kind = match kind {
        _ if beside => Kind::Beside,
        _ if kilometres.is_none() => kind,
        Kind::Name | Kind::Other | Kind::Swapped if nearness > REGION => Kind::Away,
        Kind::Start | Kind::Words if nearness <= TOWN => Kind::Here,
        kind => kind,
    };
    let rank = Rank {
        kind,
        cost,
        incomplete,
        nearness,
        elsewhere,
        popularity: Reverse(u32::from(row.prior) + used),
        down: signal.down,
        metres: kilometres.flatten().map_or(0, |kilometres| (kilometres * 1000.0) as u32),
        name,
        doc,
    };
    Some(Ranked { rank })
}

struct Fit {
    kind: Kind,
    cost: u32,
    incomplete: bool,
    elsewhere: usize,
}

fn fit(card: &Card<'_>, asked: &Asked) -> Option<Fit> {
    if asked.words.is_empty() {
        return Some(Fit { kind: Kind::Name, cost: 0, incomplete: false, elsewhere: 0 });
    }
    let mut best = vec![u32::MAX; asked.words.len()];
    let mut in_place = vec![false; asked.words.len()];
    let mut kind = Kind::Across;
    let mut incomplete = true;
    for field in card.fields() {
        let penalty = field.why as u32 - 1;
        let (mut in_field, mut spare, mut exact) = (0, 0, 0);
        for (at, word) in asked.words.iter().enumerate() {
            let Some(fit) = best_fit(word, field.folded) else {
                spare += usize::from(word.optional);
                continue;
            };
            in_field += usize::from(fit < TYPO);
            exact += usize::from(fit == 0);
            if let Some(best) = best.get_mut(at) {
                *best = (*best).min(fit + penalty);
            }
            if let Some(in_place) = in_place.get_mut(at) {
                *in_place |= field.why == Why::Place && fit < TYPO;
            }
        }
        let all = in_field > 0 && in_field + spare == asked.words.len();
        incomplete &= !(field.why.is_name() && is_complete(field, asked));
        kind = kind.min(of_field(field, asked, all, exact));
    }
    let mut cost = 0;
    for (word, best) in asked.words.iter().zip(best) {
        cost += match best {
            u32::MAX if word.optional => MISSING,
            u32::MAX => return None,
            // Spelling does not matter to what is spelled otherwise anyway.
            best if best >= TYPO && kind >= Kind::Words => {
                kind = Kind::Typos;
                best
            }
            best => best,
        };
    }
    let elsewhere = in_place.iter().filter(|in_place| !**in_place).count();
    Some(Fit { kind, cost, incomplete, elsewhere })
}

/// Whether every word of a name was asked for, however it was spelled.
fn is_complete(field: Field<'_>, asked: &Asked) -> bool {
    let whole = |fit: u32| fit.is_multiple_of(TYPO);
    let mut core = field.folded.split(BESIDE).next().unwrap_or_default().split(' ');
    core.all(|word| asked.words.iter().any(|asked| fit_of(asked, word, None).is_some_and(whole)))
}

fn of_field(field: Field<'_>, asked: &Asked, all_words: bool, exact: usize) -> Kind {
    let [spelled, typed] = &asked.whole;
    let core = field.folded.split(BESIDE).next().unwrap_or_default();
    let is_whole = core == spelled || (field.why.is_name() && same_squeezed(core, &asked.squeezed));
    let in_order = !spelled.is_empty() && (core.starts_with(spelled) || core.starts_with(typed));
    match field.why {
        Why::Name if is_whole => Kind::Name,
        _ if is_whole => Kind::Other,
        why if !why.is_name() => Kind::Across,
        _ if in_order => Kind::Start,
        _ if exact == asked.words.len() && core.split(' ').count() == exact => Kind::Swapped,
        _ if all_words => Kind::Words,
        _ => Kind::Across,
    }
}

fn same_squeezed(name: &str, squeezed: &str) -> bool {
    name.len() >= squeezed.len() && name.bytes().filter(|byte| *byte != b' ').eq(squeezed.bytes())
}

/// How well a word fits the best of the words of a text; `None` when it does not.
fn best_fit(asked: &Word, folded: &str) -> Option<u32> {
    let mut words = folded.split([' ', BESIDE]).peekable();
    let mut best = None;
    while let Some(word) = words.next() {
        let fit = fit_of(asked, word, words.peek().copied());
        best = best.into_iter().chain(fit).min();
    }
    best
}

fn fit_of(asked: &Word, word: &str, next: Option<&str>) -> Option<u32> {
    if word == asked.long || word == asked.typed {
        return Some(0);
    }
    if word.starts_with(&asked.long) || word.starts_with(&asked.typed) {
        return Some(PREFIX);
    }
    if let Some(rest) = asked.typed.strip_prefix(word).filter(|rest| !rest.is_empty())
        && let Some(next) = next.filter(|next| next.starts_with(rest))
    {
        return Some(if next == rest { JOINED } else { JOINED + PREFIX });
    }
    if asked.spellings.is_empty() {
        return None;
    }
    let begun = start(word, WORD_START);
    let fits = asked.spellings.iter().filter(|(spelling, _)| begun.starts_with(spelling.as_str()));
    fits.map(|(spelling, edits)| TYPO * u32::from(*edits) + if spelling.len() == begun.len() { 0 } else { PREFIX })
        .min()
}

/// The field that says best why a brand was found, and where in it.
pub(super) fn shown(card: &Card<'_>, asked: &Asked) -> Option<(Why, String, Vec<Range<usize>>)> {
    let whole = |field: &Field<'_>| field.folded.split(BESIDE).next() == Some(&asked.whole[0]);
    // Where a word stands as typed, guesses are not shown.
    let mut guess = vec![true; asked.words.len()];
    for field in card.fields() {
        for (guess, word) in guess.iter_mut().zip(&asked.words) {
            *guess &= best_fit(word, field.folded).is_none_or(|fit| fit >= TYPO);
        }
    }
    let fits = |word: &str, next: Option<&str>| {
        asked
            .words
            .iter()
            .zip(&guess)
            .any(|(asked, guess)| fit_of(asked, word, next).is_some_and(|fit| *guess || fit < TYPO))
    };
    let count = |field: &Field<'_>| {
        let matched =
            |(asked, guess): (&Word, &bool)| best_fit(asked, field.folded).is_some_and(|fit| *guess || fit < TYPO);
        asked.words.iter().zip(&guess).filter(|pair| matched(*pair)).count()
    };
    let key = |field: &Field<'_>| (!whole(field), Reverse(count(field)), field.why);
    let field = card.fields().min_by_key(key)?;
    let words = folded(field.text);
    let next = words.iter().skip(1).map(|word| Some(word.text.as_str())).chain([None]);
    let matched: Vec<Range<usize>> = words
        .iter()
        .zip(next)
        .filter(|(word, next)| fits(&word.text, *next))
        .map(|(word, _)| word.range.clone())
        .collect();
    Some((field.why, field.text.to_owned(), matched))
}
