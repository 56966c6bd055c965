//! How a medicine is taken: dosage instructions as plain words and numbers.

use serde::Serialize;

use crate::fhir::{Concept, Element};

/// How often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frequency {
    pub number: Option<String>,
    pub unit: &'static str,
}

/// How often, by timing, event or need.
pub fn frequency(dosage: Element<'_>) -> Option<Frequency> {
    let timing = dosage.get("timing");
    let repeat = timing.get("repeat");
    let counted = repeated(repeat).or_else(|| by_code(timing.concept("code")));
    if as_needed(dosage) {
        return Some(Frequency { number: counted.and_then(|counted| counted.number), unit: "as-needed" });
    }
    match repeat.first("when").as_str().and_then(event) {
        Some(unit) => Some(Frequency { number: repeat.decimal("frequency").or(Some("1".to_owned())), unit }),
        None => counted,
    }
}

pub fn as_needed(dosage: Element<'_>) -> bool {
    dosage.flag("asNeededBoolean") == Some(true) || dosage.concept("asNeededCodeableConcept").name().is_some()
}

/// Hours and minutes become times a day; days, weeks, months and years stay.
fn repeated(repeat: Element<'_>) -> Option<Frequency> {
    let number =
        |name: &str| repeat.decimal(name).and_then(|digits| digits.parse::<f64>().ok()).filter(|number| *number > 0.0);
    let period = number("period").unwrap_or(1.0);
    let times = number("frequency").unwrap_or(1.0);
    let (unit, scale) = match repeat.str("periodUnit")? {
        "s" => ("day", 86_400.0),
        "min" => ("day", 1_440.0),
        "h" => ("day", 24.0),
        "d" => ("day", 1.0),
        "wk" => ("week", 1.0),
        "mo" => ("month", 1.0),
        "a" => ("year", 1.0),
        _ => return None,
    };
    Some(Frequency { number: Some(short(times * scale / period)), unit })
}

fn short(number: f64) -> String {
    let rounded = (number * 100.0).round() / 100.0;
    rounded.to_string()
}

fn by_code(code: Concept<'_>) -> Option<Frequency> {
    let word = code.code().or_else(|| code.text())?.to_ascii_uppercase();
    let (number, unit) = match word.as_str() {
        "QD" | "DAILY" | "ONCE DAILY" => ("1", "day"),
        "BID" | "TWICE DAILY" | "Q12H" => ("2", "day"),
        "TID" | "Q8H" => ("3", "day"),
        "QID" | "Q6H" => ("4", "day"),
        "Q4H" => ("6", "day"),
        "Q3H" => ("8", "day"),
        "Q2H" => ("12", "day"),
        "Q1H" => ("24", "day"),
        "QOD" => ("0.5", "day"),
        "WK" => ("1", "week"),
        "MO" => ("1", "month"),
        "AM" => ("1", "morning"),
        "PM" => ("1", "evening"),
        "BED" | "HS" => ("1", "bedtime"),
        "PRN" => return Some(Frequency { number: None, unit: "as-needed" }),
        _ => return None,
    };
    Some(Frequency { number: Some(number.to_owned()), unit })
}

fn event(code: &str) -> Option<&'static str> {
    Some(match code {
        "MORN" | "MORN.early" | "MORN.late" => "morning",
        "NOON" => "noon",
        "AFT" | "AFT.early" | "AFT.late" => "afternoon",
        "EVE" | "EVE.early" | "EVE.late" => "evening",
        "NIGHT" => "night",
        "HS" => "bedtime",
        "WAKE" => "waking",
        "C" | "AC" | "PC" => "meal",
        "CM" | "ACM" | "PCM" => "breakfast",
        "CD" | "ACD" | "PCD" => "lunch",
        "CV" | "ACV" | "PCV" => "dinner",
        _ => return None,
    })
}

/// `enteral_oral`: the class of a route and the route.
pub fn route(route: Concept<'_>) -> Option<String> {
    const KNOWN: &[(&str, &[&str], &[&str])] = &[
        ("enteral_oral", &["26643006", "PO", "C38288"], &["oral", "by mouth", "mouth", "po"]),
        ("enteral_rectal", &["37161004", "PR", "C38295"], &["rectal"]),
        ("enteral_nasogastric", &["127492001", "NGT", "C38285"], &["nasogastric"]),
        ("transmucosal_sublingual", &["37839007", "SL", "C38300"], &["sublingual"]),
        ("transmucosal_buccal", &["54471007", "BUC", "C38193"], &["buccal"]),
        ("transmucosal_vaginal", &["16857009", "VAG", "C38313"], &["vaginal"]),
        ("transmucosal_nasal", &["46713006", "NASINHL", "C38284"], &["nasal"]),
        ("parenteral_intravenous", &["47625008", "IV", "C38276"], &["intravenous", "iv"]),
        ("parenteral_intramuscular", &["78421000", "IM", "C28161"], &["intramuscular", "im"]),
        ("parenteral_subcutaneous", &["34206005", "SQ", "C38299"], &["subcutaneous", "subcut", "sc", "sq"]),
        ("parenteral_intradermal", &["372464004", "IDINJ", "C38238"], &["intradermal"]),
        ("parenteral_intrathecal", &["72607000", "IT", "C38267"], &["intrathecal"]),
        ("respiratory_inhalation", &["447694001", "IPINHL", "C38216"], &["inhalation", "inhaled", "respiratory tract"]),
        ("topical_cutaneous", &["6064005", "TOPICAL", "C38304"], &["topical", "cutaneous"]),
        ("topical_transdermal", &["45890007", "TRNSDERM", "C38305"], &["transdermal"]),
        ("topical_ophthalmic", &["54485002", "OPTHALTA", "C38287"], &["ophthalmic"]),
        ("topical_otic", &["10547007", "OTIC", "C38192"], &["otic"]),
    ];
    let name = route.name()?.to_lowercase();
    let word = name.trim_end_matches(" route").trim_end_matches(" use").trim();
    let known = KNOWN
        .iter()
        .find(|(_, codes, _)| route.has_any(codes))
        .or_else(|| KNOWN.iter().find(|(.., words)| words.contains(&word)));
    Some(match known {
        Some((class, ..)) => (*class).to_owned(),
        None => format!(
            "other_{}",
            word.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
        ),
    })
}

/// The dose in words: `10 mg`, `1 - 2 tablet`.
pub fn dose(dosage: Element<'_>) -> Option<String> {
    let amount = dosage.first("doseAndRate");
    amount.quantity("doseQuantity").map(|dose| dose.with_unit()).or_else(|| {
        let range = amount.get("doseRange");
        let (low, high) = (range.quantity("low"), range.quantity("high"));
        match (low, high) {
            (Some(low), Some(high)) => Some(format!("{} - {}", low.value, high.with_unit())),
            (one, other) => one.or(other).map(|side| side.with_unit()),
        }
    })
}

/// The instructions: the source's words, or what can be said from the parts.
pub fn instructions(dosages: &[Element<'_>]) -> String {
    dosages
        .iter()
        .filter_map(|dosage| dosage.str("text").map(str::to_owned).or_else(|| composed(*dosage)))
        .collect::<Vec<_>>()
        .join("\n")
}

fn composed(dosage: Element<'_>) -> Option<String> {
    let needed = as_needed(dosage);
    let often =
        frequency(dosage).filter(|often| often.unit != "as-needed").map(|often| match often.number.as_deref() {
            Some("1") if matches!(often.unit, "day" | "week" | "month" | "year") => format!("once a {}", often.unit),
            Some(number) if matches!(often.unit, "day" | "week" | "month" | "year") => {
                format!("{number} times a {}", often.unit)
            }
            _ => format!("at {}", often.unit),
        });
    let parts: Vec<String> = dose(dosage)
        .into_iter()
        .chain(dosage.concept("route").name().map(str::to_lowercase))
        .chain(often)
        .chain(needed.then(|| "as needed".to_owned()))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn frequencies() {
        for (dosage, number, unit) in [
            (json!({"timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}}}), Some("2"), "day"),
            (json!({"timing":{"repeat":{"frequency":1,"period":8,"periodUnit":"h"}}}), Some("3"), "day"),
            (json!({"timing":{"repeat":{"frequency":1,"period":2,"periodUnit":"d"}}}), Some("0.5"), "day"),
            (json!({"timing":{"repeat":{"frequency":1,"period":"1.0","periodUnit":"wk"}}}), Some("1"), "week"),
            (json!({"timing":{"repeat":{"when":["CM"]}}}), Some("1"), "breakfast"),
            (json!({"timing":{"code":{"coding":[{"code":"BID"}]}}}), Some("2"), "day"),
            (
                json!({"asNeededBoolean":true,"timing":{"repeat":{"frequency":1,"period":6,"periodUnit":"h"}}}),
                Some("4"),
                "as-needed",
            ),
            (json!({"asNeededCodeableConcept":{"text":"pain"}}), None, "as-needed"),
        ] {
            let found = frequency(Element(&dosage)).unwrap();
            assert_eq!((found.number.as_deref(), found.unit), (number, unit), "{dosage}");
        }
        assert_eq!(frequency(Element(&json!({"timing":{"repeat":{"period":0,"periodUnit":"fortnight"}}}))), None);
    }

    #[test]
    fn instructions_are_composed_only_without_text() {
        let silent = json!({"doseAndRate":[{"doseQuantity":{"value":1,"unit":"tablet"}}],"route":{"text":"Oral"},
            "timing":{"repeat":{"frequency":1,"period":1,"periodUnit":"d"}},"asNeededBoolean":false});
        let spoken = json!({"text":"Take one.","route":{"text":"Oral"}});
        assert_eq!(instructions(&[Element(&silent)]), "1 tablet, oral, once a day");
        assert_eq!(instructions(&[Element(&spoken), Element(&silent)]), "Take one.\n1 tablet, oral, once a day");
        assert_eq!(instructions(&[]), "");
    }
}
