//! Whom files are about: never two people in one account.

use ::records::ccda::Subject;
use ::records::{Person, is_other_person};

/// Whether two files cannot be about one person, by the one rule for that.
pub(super) fn contradict(one: &Subject, other: &Subject) -> bool {
    is_other_person(&Person::from(one), &Person::from(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_differences_make_another_person() {
        let subject = |family: &str, born: &str| Subject {
            family: (!family.is_empty()).then(|| family.to_owned()),
            given: None,
            birth_date: (!born.is_empty()).then(|| born.to_owned()),
        };
        let ada = subject("Lovelace", "1815-12-10");
        for (other, expected) in [
            (subject("LOVELACE", "1815-12-10"), false),
            (subject("Byron", "1815-12-10"), false),
            (subject("Lovelace", "1906-12-09"), false),
            (subject("Hopper", "1906-12-09"), true),
            (subject("Hopper", "1906"), true),
            (subject("Hopper", "1815"), false),
            (subject("Hopper", ""), false),
            (subject("", "1906-12-09"), false),
            (Subject::default(), false),
        ] {
            assert_eq!(contradict(&ada, &other), expected, "{other:?}");
            assert_eq!(contradict(&other, &ada), expected, "{other:?}");
        }
    }
}
