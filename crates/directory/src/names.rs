//! Names of organizations: repaired, split, shown, compared.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::places;

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

/// Short forms that stay in capitals, and small words that do not begin with one.
const CAPITALS: &[&str] = &[
    "ADHC", "ALF", "ASC", "CHC", "CMHC", "DBA", "DDS", "DMD", "DO", "DPM", "ENT", "ER", "FQHC", "HIV", "HMO", "ICU",
    "IHS", "II", "III", "IV", "LCSW", "LLC", "LLLP", "LLP", "LMFT", "LMHC", "LP", "LPC", "LTAC", "LTC", "LTD", "MD",
    "MDPA", "MHA", "MRI", "NP", "NYU", "OBGYN", "OD", "PA", "PC", "PHS", "PLLC", "PLC", "PSC", "RHC", "SC", "SNF",
    "UC", "UCLA", "UCSF", "UPMC", "US", "USA", "USC", "VA", "VAMC", "VI", "VII", "VNA", "YMCA", "NW", "NE", "SW", "SE",
];
const SMALL: &[&str] =
    &["a", "an", "and", "at", "by", "de", "del", "for", "in", "of", "on", "or", "the", "to", "with", "y"];

/// Names in capitals only become titles; the others stay.
pub(crate) fn titled(name: &str) -> String {
    let shouted = name.chars().any(|c| c.is_alphabetic() && !c.is_lowercase());
    // One short word is more likely made of initials.
    let one_word = !name.contains(' ') && (name.chars().count() < 6 || name.chars().any(|c| c.is_ascii_digit()));
    if !shouted || name.chars().any(char::is_lowercase) || one_word {
        return name.to_owned();
    }
    let mut all: Vec<String> = Vec::new();
    for (index, word) in name.split(' ').enumerate() {
        all.push(titled_word(word, index == 0));
    }
    all.join(" ")
}

fn titled_word(word: &str, first: bool) -> String {
    let bare: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    let dotted =
        word.contains('.') && word.split('.').all(|part| part.chars().filter(|c| c.is_alphabetic()).count() <= 1);
    let speakable = bare.chars().any(|c| "AEIOUYaeiouy".contains(c));
    let known = |part: &str| CAPITALS.contains(&part);
    let parted = word.contains(['-', '/', '&']);
    let digits = bare.chars().any(|c| c.is_ascii_digit()) && bare.chars().any(char::is_alphabetic) && !ordinal(&bare);
    let exempt = [
        "ST", "MT", "DR", "MR", "MRS", "JR", "SR", "FT", "CTR", "BLVD", "MTN", "INC", "PKWY", "RD", "STS", "HLTH",
        "CNTY", "MGMT",
    ];
    if known(&bare) && !parted
        || dotted
        || digits
        || (!speakable && bare.len() <= 4 && !exempt.contains(&bare.as_str()) && !ordinal(&bare))
    {
        return word.to_owned();
    }
    let lower = word.to_lowercase();
    if !first && SMALL.contains(&lower.as_str()) {
        return lower;
    }
    let mut shown = String::with_capacity(word.len());
    let mut part = String::new();
    let mut behind_apostrophe = false;
    let flush = |part: &mut String, behind_apostrophe: bool, shown: &mut String| {
        let upper = part.to_uppercase();
        let tail = behind_apostrophe && part.chars().count() <= 2;
        if !tail && parted && known(&upper) {
            shown.push_str(&upper);
        } else if tail {
            shown.push_str(part);
        } else {
            let mut letters = part.chars();
            shown.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            match letters.as_str().strip_prefix('c').filter(|rest| part.starts_with("mc") && rest.len() > 2) {
                Some(rest) => {
                    let mut rest = rest.chars();
                    shown.push('c');
                    shown.extend(rest.next().into_iter().flat_map(char::to_uppercase));
                    shown.push_str(rest.as_str());
                }
                None => shown.push_str(letters.as_str()),
            }
        }
        part.clear();
    };
    for letter in lower.chars() {
        if letter.is_alphanumeric() {
            part.push(letter);
        } else {
            flush(&mut part, behind_apostrophe, &mut shown);
            behind_apostrophe = matches!(letter, '\'' | '’');
            shown.push(letter);
        }
    }
    flush(&mut part, behind_apostrophe, &mut shown);
    shown
}

/// `1ST`, `42ND`
fn ordinal(word: &str) -> bool {
    let tail = word.trim_start_matches(|c: char| c.is_ascii_digit());
    matches!(tail, "ST" | "ND" | "RD" | "TH")
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
    for letter in text.nfkd() {
        match letter {
            '\'' | '’' | '‘' | '`' | '´' => {}
            '&' | '+' => folded.push_str(" and "),
            letter if is_combining_mark(letter) => {}
            letter if letter.is_alphanumeric() => folded.extend(letter.to_lowercase()),
            _ if folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
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
