//! Whether two documents can be about the same person.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::ccda::Subject;
use crate::chart::Chart;
use crate::fhir::Element;

/// What tells one person from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The words of all family names, of this time and earlier.
    pub family: BTreeSet<String>,
    /// `YYYY-MM-DD`, as far as known.
    pub birth_date: Option<String>,
}

/// Words many family names share.
const PARTICLES: &[&str] = &[
    "de", "da", "do", "di", "du", "la", "le", "el", "al", "del", "der", "den", "dos", "das", "van", "von", "bin", "y",
];

impl Person {
    /// From a FHIR `Patient`; nobody when it is none.
    pub fn of_patient(json: &[u8]) -> Person {
        let body: Value = serde_json::from_slice(json).unwrap_or_default();
        Person::of(Element(&body))
    }

    /// Whom the chart is about.
    pub fn of_chart(chart: &Chart) -> Person {
        chart.patient().map(|patient| Person::of(patient.body)).unwrap_or_default()
    }

    /// From the body of a record of kind `demographics`.
    pub fn of_demographics(json: &[u8]) -> Person {
        let body: Value = serde_json::from_slice(json).unwrap_or_default();
        let body = Element(&body);
        let born = body.str("dobDateTime").filter(|born| born.is_ascii());
        // The day is written only when it is known; otherwise the first of the year stands there.
        let known = if body.str("dob").is_some() { 10 } else { 4 };
        Person {
            family: body.get("name").str("family").map(words).unwrap_or_default().into_iter().collect(),
            birth_date: born.and_then(|born| born.get(..known)).map(str::to_owned),
        }
    }

    fn of(patient: Element<'_>) -> Person {
        let mut family = BTreeSet::new();
        for name in patient.each("name") {
            // Of a name that is only text nobody knows which part is the family's.
            let text = name.str("family").or_else(|| name.str("text"));
            family.extend(text.into_iter().flat_map(words));
        }
        Person { family, birth_date: patient.str("birthDate").map(str::to_owned) }
    }

    /// Whether nothing is known to tell them by.
    pub fn is_unknown(&self) -> bool {
        self.family.is_empty() && self.birth_date.is_none()
    }
}

impl From<&Subject> for Person {
    fn from(subject: &Subject) -> Person {
        let family = subject.family.as_deref().map(words).unwrap_or_default();
        Person { family: family.into_iter().collect(), birth_date: subject.birth_date.clone() }
    }
}

/// Whether these are two people: another day of birth **and** another family name. Either alone may be a slip of
/// the pen or a marriage; what is not known contradicts nothing.
pub fn is_other_person(one: &Person, other: &Person) -> bool {
    let born_apart = one.birth_date.as_deref().zip(other.birth_date.as_deref()).is_some_and(|(one, other)| {
        let known = one.len().min(other.len()).min(10);
        known >= 4 && one.as_bytes()[..known] != other.as_bytes()[..known]
    });
    let named_apart = !one.family.is_empty() && !other.family.is_empty() && one.family.is_disjoint(&other.family);
    born_apart && named_apart
}

/// `de la Peña-Ortiz` → `pena`, `ortiz`
fn words(name: &str) -> Vec<String> {
    let plain: String = name.nfkd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect();
    let all: Vec<String> = plain
        .split(|letter: char| letter.is_whitespace() || letter == '-' || letter == ',')
        .map(|word| word.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    let named: Vec<String> = all.iter().filter(|word| !PARTICLES.contains(&word.as_str())).cloned().collect();
    if named.is_empty() { all } else { named }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(family: &str, born: &str) -> Person {
        let patient = serde_json::json!({"resourceType": "Patient", "name": [{"family": family}], "birthDate": born});
        Person::of_patient(patient.to_string().as_bytes())
    }

    #[test]
    fn two_people_differ_in_birth_and_name() {
        let robin = person("Alder", "1984-03-09");
        for (story, family, born, other) in [
            ("the same", "Alder", "1984-03-09", false),
            ("in capitals", "ALDER", "1984-03-09", false),
            ("married", "Birch", "1984-03-09", false),
            ("a slip in the date", "Alder", "1984-09-03", false),
            ("married, both names, and a slip", "Birch-Alder", "1984-09-03", false),
            ("only the year known", "Birch", "1984", false),
            ("another year", "Birch", "1985", true),
            ("a sibling under another name", "Birch", "1986-01-01", true),
            ("nothing known of the name", "", "1986-01-01", false),
            ("nothing known of the birth", "Birch", "", false),
        ] {
            assert_eq!(is_other_person(&robin, &person(family, born)), other, "{story}");
            assert_eq!(is_other_person(&person(family, born), &robin), other, "{story}, turned around");
        }
        let pena = person("de la Peña Ortiz", "1970-01-01");
        assert!(!is_other_person(&pena, &person("Pena", "1971-01-01")), "accents do not count");
        assert!(is_other_person(&pena, &person("de la Cruz", "1971-01-01")), "particles do not count");
        let maiden = serde_json::json!({"name": [{"family": "Birch"}, {"use": "old", "family": "Alder"}], "birthDate": "1990-01-01"});
        assert!(!is_other_person(&robin, &Person::of_patient(maiden.to_string().as_bytes())), "an earlier name");
        let told = Subject { family: Some("Birch".into()), given: None, birth_date: Some("1990-01-01".into()) };
        assert!(is_other_person(&robin, &Person::from(&told)));
        assert!(Person::of_patient(b"<html>").is_unknown());
        let shown = |body: serde_json::Value| Person::of_demographics(body.to_string().as_bytes());
        let row = serde_json::json!({"name": {"family": "Alder"}, "dob": "03/09/1984", "dobDateTime": "1984-03-09T00:00:00.000Z"});
        assert_eq!(shown(row), robin);
        let year = shown(serde_json::json!({"name": {"family": "Birch"}, "dobDateTime": "1984-01-01T00:00:00.000Z"}));
        assert!(!is_other_person(&robin, &year), "only the year was known");
    }
}
