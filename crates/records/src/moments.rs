//! How much is known of when something was: a date that is less precise than a day cannot tell two facts apart.

use domain::Timestamp;
use serde_json::Value;

use crate::dates;
use crate::fhir::Resource;

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// The moment of a fact, as far as it was written down.
#[derive(Debug, PartialEq, Eq)]
pub enum When {
    Undated,
    /// Less than the day is known.
    Vague,
    /// The minute, or the day where no more is known.
    At(String),
}

impl When {
    /// A year is no day, though it is listed under its first one; a time without a zone is no instant, but tells
    /// two of the same day apart. Midnight UTC is how many write a day.
    pub fn of(at: Option<Timestamp>, resource: Resource<'_>) -> When {
        let Some(at) = at else { return When::Undated };
        let minute = at.0.div_euclid(MINUTE).to_string();
        if at.0.rem_euclid(DAY) != 0 {
            return When::At(minute);
        }
        let mut written = Vec::new();
        dates_of(resource.body.0, at, &mut written);
        match written.iter().map(|date| date.len()).min() {
            Some(DATE..) => {
                let local = written.iter().find(|date| date.len() > DATE && !date.contains("T00:00") && !zoned(date));
                When::At(local.and_then(|date| date.get(..16)).map_or(minute, |date| date.to_owned()))
            }
            _ => When::Vague,
        }
    }

    /// What is undated in one document may be what is undated in another.
    pub fn or_undated(self) -> Option<String> {
        match self {
            When::Undated => Some(String::new()),
            When::Vague => None,
            When::At(at) => Some(at),
        }
    }
}

/// Letters of `2019-05-31`.
const DATE: usize = 10;

fn zoned(date: &str) -> bool {
    date[DATE..].contains(['Z', 'z', '+', '-'])
}

/// Every date within a resource that is read as this instant.
fn dates_of<'a>(value: &'a Value, at: Timestamp, out: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if text.len() <= 40 && dates::instant(text) == Some(at) => out.push(text.trim()),
        Value::Array(items) => items.iter().for_each(|item| dates_of(item, at, out)),
        Value::Object(members) => members.values().for_each(|member| dates_of(member, at, out)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fhir::Element;

    #[test]
    fn a_moment_is_known_as_far_as_it_was_written() {
        for (written, expected) in [
            (json!({"effectiveDateTime": "2019-05-31T14:22:40Z"}), Some("25988542")),
            (json!({"effectiveDateTime": "2019-05-31T14:22:40"}), Some("2019-05-31T14:22")),
            (json!({"effectiveDateTime": "2019-05-31T00:00:00"}), Some("25987680")),
            (json!({"effectivePeriod": {"start": "2019-05-31"}}), Some("25987680")),
            (json!({"effectiveDateTime": "2019-05"}), None),
            (json!({"effectiveDateTime": "2019"}), None),
            (json!({"effectiveDateTime": "2019", "issued": "2019-01-01"}), None),
            (json!({"onsetAge": {"value": 40}}), None),
        ] {
            let body = Element(&written);
            let resource = Resource { key: "Observation/1", kind: "Observation", body, root: body };
            let at = body.when("effective").moment().or_else(|| dates::instant("2019"));
            let expected = expected.map_or(When::Vague, |at| When::At(at.to_owned()));
            assert_eq!(When::of(at, resource), expected, "{written}");
            assert_eq!(When::of(None, resource), When::Undated);
        }
    }
}
