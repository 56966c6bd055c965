//! What the name of a drug tells: ingredient, strength, form and brand.

/// Parts of a name such as `24 HR metformin 500 MG Extended Release Oral Tablet [Glucophage]`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Drug {
    pub ingredient: Option<String>,
    pub strength: Option<(String, String)>,
    pub form: Option<&'static str>,
    pub brand: Option<String>,
}

const UNITS: &[&str] = &[
    "mg",
    "mcg",
    "ug",
    "g",
    "ml",
    "unt",
    "meq",
    "%",
    "mg/ml",
    "unt/ml",
    "mcg/ml",
    "meq/ml",
    "mg/actuat",
    "mcg/actuat",
    "mg/hr",
    "mcg/hr",
];

const FORMS: &[(&str, &str)] = &[
    ("tablet", "tablet"),
    ("tablets", "tablet"),
    ("tab", "tablet"),
    ("capsule", "capsule"),
    ("capsules", "capsule"),
    ("cap", "capsule"),
    ("pill", "pill"),
    ("packet", "packet"),
    ("solution", "solution"),
    ("suspension", "suspension"),
    ("syrup", "syrup"),
    ("cream", "cream"),
    ("ointment", "ointment"),
    ("gel", "gel"),
    ("lotion", "lotion"),
    ("patch", "patch"),
    ("system", "patch"),
    ("inhaler", "inhaler"),
    ("injector", "injector"),
    ("auto-injector", "injector"),
    ("injection", "injection"),
    ("syringe", "syringe"),
    ("spray", "spray"),
    ("suppository", "suppository"),
    ("powder", "powder"),
    ("lozenge", "lozenge"),
    ("film", "film"),
    ("drops", "drops"),
    ("implant", "implant"),
    ("kit", "kit"),
    ("pack", "pack"),
    ("ring", "ring"),
    ("foam", "foam"),
    ("granules", "granules"),
    ("elixir", "elixir"),
];

/// Reads a drug name in the manner of RxNorm; a name that is not so built gives nothing.
pub fn parse(name: &str) -> Drug {
    let (name, brand) = match name.rsplit_once('[').and_then(|(before, rest)| Some((before, rest.split_once(']')?.0))) {
        Some((before, brand)) => (before, Some(brand.trim().to_owned())),
        None => (name, None),
    };
    let words: Vec<&str> = name.split_whitespace().collect();
    let form = words.iter().rev().find_map(|word| form(word));
    if words.contains(&"/") {
        return Drug { form, brand, ..Drug::default() };
    }
    // A leading duration or pack size is no strength: "24 HR", "0.3 ML", "200 ACTUAT".
    let skip = match words.as_slice() {
        [number, unit, ..]
            if is_number(number) && matches!(unit.to_ascii_uppercase().as_str(), "HR" | "ML" | "ACTUAT") =>
        {
            2
        }
        _ => 0,
    };
    let at = words.windows(2).skip(skip).position(|pair| is_number(pair[0]) && is_unit(pair[1])).map(|at| at + skip);
    let Some(at) = at else { return Drug { form, brand, ..Drug::default() } };
    Drug {
        ingredient: (at > skip).then(|| words[skip..at].join(" ")),
        strength: Some((words[at].to_owned(), words[at + 1].to_ascii_lowercase())),
        form,
        brand,
    }
}

/// The plain word for a dose form, if the word is one.
pub fn form(word: &str) -> Option<&'static str> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
    FORMS.iter().find(|(written, _)| *written == word).map(|(_, plain)| *plain)
}

fn is_number(word: &str) -> bool {
    word.parse::<f64>().is_ok_and(f64::is_finite) && word.starts_with(|first: char| first.is_ascii_digit())
}

fn is_unit(word: &str) -> bool {
    UNITS.contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_parts() {
        for (name, ingredient, strength, form, brand) in [
            ("lisinopril 10 MG Oral Tablet", Some("lisinopril"), Some(("10", "mg")), Some("tablet"), None),
            (
                "24 HR metformin 500 MG Extended Release Oral Tablet [Glucophage]",
                Some("metformin"),
                Some(("500", "mg")),
                Some("tablet"),
                Some("Glucophage"),
            ),
            ("Diazepam [Valium]", None, None, None, Some("Valium")),
            (
                "0.3 ML epinephrine 0.5 MG/ML Auto-Injector",
                Some("epinephrine"),
                Some(("0.5", "mg/ml")),
                Some("injector"),
                None,
            ),
            ("amlodipine 5 MG / benazepril 10 MG Oral Capsule", None, None, Some("capsule"), None),
            ("aspirin", None, None, None, None),
            ("", None, None, None, None),
        ] {
            let drug = parse(name);
            assert_eq!(drug.ingredient.as_deref(), ingredient, "{name}");
            assert_eq!(
                drug.strength.as_ref().map(|(number, unit)| (number.as_str(), unit.as_str())),
                strength,
                "{name}"
            );
            assert_eq!(drug.form, form, "{name}");
            assert_eq!(drug.brand.as_deref(), brand, "{name}");
        }
    }
}
