//! What two spellings of a name have in common.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What lists write short. Part of how ids are made: an entry changes ids, so it needs a reason.
const SHORT: &[(&str, &str)] = &[
    ("assoc", "associates"),
    ("centre", "center"),
    ("ctr", "center"),
    ("hosp", "hospital"),
    ("mem", "memorial"),
    ("mt", "mount"),
    ("st", "saint"),
    ("univ", "university"),
];

/// Legal forms, which one list gives and the next leaves out.
const FORMS: &[&str] = &[
    "apc",
    "co",
    "company",
    "corp",
    "corporation",
    "inc",
    "incorporated",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "pa",
    "pc",
    "pl",
    "plc",
    "pllc",
    "psc",
    "sc",
];

/// Letters without case, accents and punctuation.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        text.chars().for_each(|letter| fold_letter(letter, &mut folded));
    } else {
        text.nfkd().for_each(|letter| fold_letter(letter, &mut folded));
    }
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    let mut all: Vec<String> = Vec::with_capacity(words.len());
    let mut initials = false;
    for word in words {
        let initial = word.chars().count() == 1;
        match all.last_mut() {
            // M.D. is MD.
            Some(last) if initial && initials => last.push_str(word),
            _ => {
                let long = SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| *long);
                all.push(long.to_owned());
            }
        }
        initials = initial;
    }
    all.join(" ")
}

fn fold_letter(letter: char, folded: &mut String) {
    match letter {
        'a'..='z' | '0'..='9' => folded.push(letter),
        'A'..='Z' => folded.push(letter.to_ascii_lowercase()),
        '\'' | '’' | '‘' | '`' | '´' => {}
        '&' | '+' => folded.push_str(" and "),
        letter if is_combining_mark(letter) => {}
        letter if letter.is_alphanumeric() => folded.extend(letter.to_lowercase()),
        _ if folded.ends_with(' ') => {}
        _ => folded.push(' '),
    }
}

/// What two spellings of one name have in common: folded, without legal form and article.
pub(crate) fn key(name: &str) -> String {
    let folded = fold(name);
    let mut words: Vec<&str> = folded.split(' ').collect();
    while words.len() > 1 && words.last().is_some_and(|last| FORMS.contains(last)) {
        words.pop();
    }
    if words.len() > 1 && words.first() == Some(&"the") {
        words.remove(0);
    }
    words.join(" ")
}
