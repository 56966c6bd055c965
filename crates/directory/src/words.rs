//! Words as they are compared: folded in case, accents and punctuation, with the short forms spelled out.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub text: String,
    /// Where it stands in the original, in bytes.
    pub range: Range<usize>,
}

/// What people write short. Ids are made of folded names: an entry added here changes ids.
const SHORT: &[(&str, &str)] = &[
    ("st", "saint"),
    ("ste", "sainte"),
    ("mt", "mount"),
    ("ctr", "center"),
    ("cntr", "center"),
    ("centre", "center"),
    ("hosp", "hospital"),
    ("univ", "university"),
    ("med", "medical"),
    ("assoc", "associates"),
    ("grp", "group"),
    ("hlth", "health"),
    ("reg", "regional"),
    ("mem", "memorial"),
    ("dr", "doctor"),
];

/// With the short forms spelled out.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut all = as_typed(text);
    for word in &mut all {
        if let Some((_, long)) = SHORT.iter().find(|(short, _)| *short == word.text) {
            word.text = (*long).to_owned();
        }
    }
    all
}

pub(crate) fn as_typed(text: &str) -> Vec<Word> {
    let mut all: Vec<Word> = Vec::new();
    let mut open: Option<Word> = None;
    for (at, original) in text.char_indices() {
        // An apostrophe does not part a word: Mary's.
        if matches!(original, '\'' | '’' | '`' | '´') {
            continue;
        }
        let folded: String = original
            .nfkd()
            .filter(|c| !is_combining_mark(*c))
            .flat_map(char::to_lowercase)
            .filter(|c| c.is_alphanumeric())
            .collect();
        if original == '&' {
            all.extend(open.take());
            all.push(Word { text: "and".to_owned(), range: at..at + 1 });
        } else if folded.is_empty() {
            if !is_combining_mark(original) {
                all.extend(open.take());
            }
        } else {
            let word = open.get_or_insert_with(|| Word { text: String::new(), range: at..at });
            word.text.push_str(&folded);
            word.range.end = at + original.len_utf8();
        }
    }
    all.extend(open);
    all
}

/// The words joined by spaces.
pub(crate) fn fold(text: &str) -> String {
    words(text).into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_what_people_do_not_type() {
        for (text, folded) in [
            ("St. Mary's Hosp.", "saint marys hospital"),
            ("Saint Mary’s Hospital", "saint marys hospital"),
            ("Univ Med Ctr – Mayagüez", "university medical center mayaguez"),
            ("A&B  Health/Care", "a and b health care"),
            ("ÉCOLE e\u{301}cole", "ecole ecole"),
            ("ﬁne", "fine"),
            ("", ""),
            ("…", ""),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    proptest! {
        #[test]
        fn ranges_always_cut_the_original(text in ".{0,60}") {
            for word in words(&text) {
                prop_assert!(text.get(word.range).is_some());
            }
        }
    }
}
