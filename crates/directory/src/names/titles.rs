//! Names in capitals as people write them.

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
