//! Whom files are about: never two people in one account.

use ::records::ccda::Subject;

/// Whether two files cannot be about one person: family names and birth dates both differ.
pub(super) fn contradict(one: &Subject, other: &Subject) -> bool {
    let differ = |one: Option<String>, other: Option<String>, same: fn(&str, &str) -> bool| {
        one.zip(other).is_some_and(|(one, other)| !same(&one, &other))
    };
    let family = |subject: &Subject| subject.family.as_deref().map(folded).filter(|name| !name.is_empty());
    let born = |subject: &Subject| subject.birth_date.as_deref().map(digits).filter(|date| !date.is_empty());
    // A year alone does not differ from a day in it.
    let same_day = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
    differ(family(one), family(other), |one, other| one == other) && differ(born(one), born(other), same_day)
}

fn folded(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn digits(date: &str) -> String {
    date.chars().take(10).filter(char::is_ascii_digit).collect()
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
