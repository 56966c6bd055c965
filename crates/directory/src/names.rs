//! Names of organizations: repaired, split, shown, compared.

use crate::places;

mod keys;
mod titles;

pub(crate) use keys::{fold, key};
pub(crate) use titles::titled;

/// A name as a list has it, made presentable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Name {
    pub shown: String,
    /// What else it is called: as published, and both sides of "doing business as".
    pub others: Vec<String>,
    /// Some lists put it in front: `NC - Sollus Pediatrics`.
    pub state: Option<&'static str>,
}

/// Longer ones are not names.
const MAX_LETTERS: usize = 300;

/// `None` when nothing is left of it.
pub(crate) fn read(text: &str) -> Option<Name> {
    let published = repaired(text);
    if !published.chars().any(char::is_alphanumeric) || published.chars().count() > MAX_LETTERS {
        return None;
    }
    let mut name = Name { shown: published.clone(), ..Name::default() };
    if let Some((front, rest)) = name.shown.split_once(" - ") {
        let code = front.len() == 2 && front.bytes().all(|byte| byte.is_ascii_uppercase());
        if let Some(state) = places::state(front).filter(|_| code && !rest.trim().is_empty()) {
            name.state = Some(state);
            name.shown = rest.trim().to_owned();
        }
    }
    name.shown = without_environment(&name.shown).to_owned();
    let (legal, known) = doing_business_as(&name.shown);
    if let (Some(legal), Some(known)) = (legal, known) {
        name.others.push(titled(&legal));
        name.shown = known;
    }
    let published = name.state.and_then(|_| published.split_once(" - ")).map_or(published.as_str(), |(_, rest)| rest);
    name.shown = titled(&name.shown);
    if published != name.shown {
        name.others.push(published.to_owned());
    }
    Some(name)
}

/// Windows letters that were read as Latin 1, UTF-8 that was, and space of every kind.
pub(crate) fn repaired(text: &str) -> String {
    let mut letters = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{80}'..='\u{9f}' => letters.push_str(windows(letter)),
            letter if letter.is_control() || letter == '\u{fffd}' => letters.push(' '),
            letter => letters.push(letter),
        }
    }
    for (twice, once) in
        [("Â–", "–"), ("Â—", "—"), ("Â’", "’"), ("Â\u{a0}", " "), ("%20", " "), ("%26", "&"), ("%27", "'")]
    {
        letters = letters.replace(twice, once);
    }
    let words: Vec<&str> = letters.split_whitespace().collect();
    words.join(" ").trim_matches(['"', ' ']).to_owned()
}

/// What windows-1252 means by the bytes that Latin 1 leaves to control characters.
fn windows(letter: char) -> &'static str {
    match letter {
        '\u{80}' => "€",
        '\u{85}' => "…",
        '\u{8a}' => "Š",
        '\u{8c}' => "Œ",
        '\u{8e}' => "Ž",
        '\u{91}' => "‘",
        '\u{92}' => "’",
        '\u{93}' => "“",
        '\u{94}' => "”",
        '\u{95}' => "•",
        '\u{96}' => "–",
        '\u{97}' => "—",
        '\u{99}' => "™",
        '\u{9a}' => "š",
        '\u{9c}' => "œ",
        '\u{9e}' => "ž",
        '\u{9f}' => "Ÿ",
        _ => " ",
    }
}

/// `Catholic Medical Center - PRODUCTION` → `Catholic Medical Center`.
fn without_environment(name: &str) -> &str {
    let bare = name.strip_suffix(')').and_then(|name| name.rsplit_once('('));
    let parts = bare.or_else(|| name.rsplit_once(" - ")).or_else(|| name.rsplit_once('-'));
    match parts {
        Some((rest, tail)) if is_environment(tail.trim()) && !rest.trim().is_empty() => {
            rest.trim().trim_end_matches('-').trim()
        }
        _ => name,
    }
}

fn is_environment(tail: &str) -> bool {
    let upper = tail.to_ascii_uppercase();
    let letters = tail.trim_end_matches(|c: char| c.is_ascii_digit());
    // A hosted system's short name: `GL01`, `JT1`.
    let coded =
        letters.len() == 2 && tail.len() > 2 && tail.len() < 5 && letters.bytes().all(|byte| byte.is_ascii_uppercase());
    coded || matches!(upper.as_str(), "PROD" | "PRODUCTION" | "LIVE") || upper.ends_with("_PROD")
}

/// Both sides of `X DBA Y`, when there are two.
fn doing_business_as(name: &str) -> (Option<String>, Option<String>) {
    let upper = name.to_ascii_uppercase();
    for mark in [" DBA ", " D/B/A ", " D.B.A. ", ",DBA/", ",DBA ", " DBA: ", " DOING BUSINESS AS "] {
        let Some(at) = upper.find(mark) else { continue };
        let side = |text: Option<&str>| {
            let text = text?.trim().trim_matches([',', ';', '(', ')', '-', ' ']).trim();
            // Names are cut off in some lists.
            (text.chars().filter(|c| c.is_alphanumeric()).count() >= 5).then(|| text.to_owned())
        };
        return (side(name.get(..at)), side(name.get(at + mark.len()..)));
    }
    (None, None)
}

/// Whether a name says that nobody is treated there.
pub(crate) fn is_test(name: &str) -> bool {
    let folded = fold(name);
    let words: Vec<&str> = folded.split(' ').collect();
    let has = |word: &str| words.contains(&word);
    // `SEARS` and the like are the makers' own; only words that mean nothing else count here.
    let always = ["sandbox", "sandboxes", "uat", "demodb", "dummy", "regression", "scratch"];
    if always.into_iter().any(has) || words.first() == Some(&"test") || folded.starts_with("unit tests") {
        return true;
    }
    let loose = ["test", "tests", "tester", "demo", "dev", "qa", "staging"];
    let Some(last) = words.last() else { return false };
    // A laboratory tests too, and QA may be somebody's initials: they count at the ends of what is no company.
    let company = ["inc", "llc", "pc", "pllc", "corp"].contains(last);
    let trained = ["laboratory", "labs", "imaging", "diagnostics"].into_iter().any(has);
    loose.into_iter().any(has) && !company && !trained
        || (has("sample") && has("client"))
        || (has("test") && (has("practice") || has("clinic") || has("lab") || has("db")))
        || words.first() == Some(&"fhir") && words.iter().any(|word| word.starts_with("qa") || word.contains("autoes"))
        || words.iter().any(|word| word.contains("corees") || word.contains("qaes"))
}

/// A tenant's number instead of its name.
pub(crate) fn is_number(name: &str) -> bool {
    let digits = name.chars().filter(char::is_ascii_digit).count();
    digits > 0 && !name.chars().any(|c| c.is_alphabetic())
        || (digits >= 3 && name.chars().filter(|c| c.is_alphabetic()).count() <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_made_presentable() {
        for (published, shown) in [
            ("SELECT SPECIALTY HOSPITAL - SAVANNAH, INC", "Select Specialty Hospital - Savannah, Inc"),
            ("ST. MARY'S HOSPITAL OF THE OZARKS", "St. Mary's Hospital of the Ozarks"),
            ("NYU LANGONE HEALTH", "NYU Langone Health"),
            ("O'BRIEN & MCDONALD FAMILY CARE PLLC", "O'Brien & McDonald Family Care PLLC"),
            ("VA MEDICAL CENTER", "VA Medical Center"),
            ("KINDRED HOSPITAL-SEATTLE", "Kindred Hospital-Seattle"),
            ("SMITH M.D., P.A.", "Smith M.D., P.A."),
            ("WAKEMED", "Wakemed"),
            ("ASMC", "ASMC"),
            ("APEX%20HEART%20%26%20VASCULAR%20CENTER%20PA", "Apex Heart & Vascular Center PA"),
            ("John T Mather Memorial Hospital - JT1", "John T Mather Memorial Hospital"),
            ("NE - Midwest OB/GYN Clinic, P.C. dba Mid", "Midwest OB/GYN Clinic, P.C. dba Mid"),
            ("Quay  Street\tClinic ", "Quay Street Clinic"),
            ("LEGACY MEDICAL GROUP \u{96} MT. ANGEL", "Legacy Medical Group – Mt. Angel"),
            ("GENESIS MEDICAL CENTER Â\u{96} DEWITT", "Genesis Medical Center – Dewitt"),
            ("NC - Sollus Pediatrics", "Sollus Pediatrics"),
            ("Hendrick Medical Center - PROD", "Hendrick Medical Center"),
            ("Oklahoma Arthritis Center (PROD)", "Oklahoma Arthritis Center"),
            ("RKNF INTERNAL MEDICINE LLC, DBA MIDWEST MEDICAL GROUP", "Midwest Medical Group"),
            ("Acadia Hospital DBA", "Acadia Hospital DBA"),
            ("42ND STREET CLINIC", "42nd Street Clinic"),
        ] {
            assert_eq!(read(published).unwrap().shown, shown);
        }
        let name = read("NC - QUAY DOCTORS DBA SOLLUS PEDIATRICS").unwrap();
        assert_eq!((name.state, name.others.len()), (Some("NC"), 2));
        assert_eq!(read(" … "), None);
    }

    #[test]
    fn spellings_of_one_name_have_one_key() {
        for (one, other) in [
            ("Quay Clinic, P.A.", "QUAY CLINIC PA"),
            ("The Quay Clinic LLC", "Quay Clinic"),
            ("St. Mary’s Hosp", "SAINT MARYS HOSPITAL"),
            ("Clínica A & B", "CLINICA A AND B"),
            ("Kaiser – Hawaii", "Kaiser - Hawaii"),
        ] {
            assert_eq!(key(one), key(other));
        }
        assert_eq!(key("The PA"), "the", "a name is never nothing");
    }

    #[test]
    fn tests_and_numbers_are_told_from_names() {
        for name in [
            "Unit Tests: Athena Sandbox",
            "Test Clinic",
            "UAT",
            "EPIC Medical Center (demo)",
            "Aetna Production-TEST(TEST)",
            "Blessing Hospital -DEV",
            "FHIR_QA173AUTOES10",
            "demodb",
            "Sample Client 001",
            "Test Teletherapy Suite inc",
            "My Mercy Test Clinic",
        ] {
            assert!(is_test(name), "{name}");
        }
        for name in [
            "Mercy",
            "QA HOME HEALTH SERVICES INC",
            "Quest Test Laboratory",
            "Contest Medical",
            "LUCY WEBB HAYES NATIONAL TRAINING SCHOOL",
            "Devon Clinic",
        ] {
            assert!(!is_test(name), "{name}");
        }
        for (name, number) in
            [("10066006", true), ("156R2", true), ("1960 Family Practice PA", false), ("LMH", false), ("12th", false)]
        {
            assert_eq!(is_number(name), number, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_read(text in ".{0,80}") {
            if let Some(name) = read(&text) {
                prop_assert!(!name.shown.trim().is_empty());
                prop_assert_eq!(key(&name.shown), key(&name.shown));
                let _ = (is_test(&text), is_number(&text));
            }
        }
    }
}
