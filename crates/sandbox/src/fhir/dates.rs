//! FHIR dates as spans of time, because `2024` is a year long.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;

/// From the first millisecond to just before the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub start: i64,
    pub end: i64,
}

/// A search value: how to compare, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    prefix: Prefix,
    stretch: Stretch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Sa,
    Eb,
    Ap,
}

impl Wanted {
    pub fn parse(text: &str) -> Option<Wanted> {
        let prefixes = [
            ("eq", Prefix::Eq),
            ("ne", Prefix::Ne),
            ("gt", Prefix::Gt),
            ("lt", Prefix::Lt),
            ("ge", Prefix::Ge),
            ("le", Prefix::Le),
            ("sa", Prefix::Sa),
            ("eb", Prefix::Eb),
            ("ap", Prefix::Ap),
        ];
        let (prefix, rest) = prefixes
            .iter()
            .find_map(|(word, prefix)| Some((*prefix, text.strip_prefix(word)?)))
            .unwrap_or((Prefix::Eq, text));
        Some(Wanted { prefix, stretch: Stretch::parse(rest)? })
    }

    pub fn matches(&self, found: Stretch) -> bool {
        let Stretch { start, end } = self.stretch;
        let inside = start <= found.start && found.end <= end;
        match self.prefix {
            Prefix::Eq => inside,
            Prefix::Ne => !inside,
            Prefix::Gt => found.end > end,
            Prefix::Lt => found.start < start,
            Prefix::Ge => found.end > end || inside || (found.start <= start && found.end > start),
            Prefix::Le => found.start < start || inside || (found.start < end && found.end >= end),
            Prefix::Sa => found.start >= end,
            Prefix::Eb => found.end <= start,
            Prefix::Ap => found.start < end && start < found.end,
        }
    }
}

impl Stretch {
    /// A year, a month, a day, a minute, a second or an instant.
    pub fn parse(text: &str) -> Option<Stretch> {
        match text.len() {
            4 if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                between(&format!("{text}-01-01"), Span::new().years(1))
            }
            7 => between(&format!("{text}-01"), Span::new().months(1)),
            10 => between(text, Span::new().days(1)),
            _ => instant(text),
        }
    }

    /// A date, a dateTime, an instant or a Period.
    pub fn of(value: &Value) -> Option<Stretch> {
        match value {
            Value::String(text) => Stretch::parse(text),
            Value::Object(period) => {
                let edge = |name: &str| period.get(name).and_then(Value::as_str).and_then(Stretch::parse);
                let (start, end) = (edge("start"), edge("end"));
                (start.is_some() || end.is_some()).then(|| Stretch {
                    start: start.map_or(i64::MIN, |stretch| stretch.start),
                    end: end.map_or(i64::MAX, |stretch| stretch.end),
                })
            }
            _ => None,
        }
    }
}

fn between(first_day: &str, length: Span) -> Option<Stretch> {
    let first: Date = first_day.parse().ok()?;
    let next = first.checked_add(length).ok()?;
    let at = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_millisecond());
    Some(Stretch { start: at(first)?, end: at(next)? })
}

fn instant(text: &str) -> Option<Stretch> {
    let time = text.split_once('T')?.1;
    let start = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp.as_millisecond(),
        Err(_) => text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond(),
    };
    let clock = time.split(['+', '-', 'Z']).next().unwrap_or(time);
    let length = match (clock.len(), clock.contains('.')) {
        (5, _) => 60_000,
        (_, true) => 1,
        _ => 1000,
    };
    Some(Stretch { start, end: start + length })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dates_compare_by_the_span_they_cover() {
        let table = [
            ("2024-05-01", json!("2024-05-01T23:59:59Z"), true),
            ("2024-05-01", json!("2024-05-02T00:00:00Z"), false),
            ("2024", json!("2024-05-01"), true),
            ("2024-05", json!("2024"), false),
            ("ge2024-05-01", json!("2024-05-01"), true),
            ("ge2024-05-01", json!("2024"), true),
            ("ge2024-05-01", json!("2024-04-30"), false),
            ("gt2024-05-01", json!("2024-05-01"), false),
            ("gt2024-05-01", json!("2024-05-02"), true),
            ("le2024-05-01", json!("2024-05-01T10:00:00-04:00"), true),
            ("lt2024-05-01", json!("2024-04-30"), true),
            ("lt2024-05-01", json!("2024-05-01"), false),
            ("ne2024", json!("2023-12-31"), true),
            ("ge2024-05-01T10:00:00-04:00", json!("2024-05-01T14:00:00Z"), true),
            ("lt2024-05-01T10:00:00-04:00", json!("2024-05-01T14:00:00Z"), false),
            ("ge2024-06-01", json!({"start": "2024-01-01"}), true),
            ("le2023-06-01", json!({"start": "2024-01-01", "end": "2024-02-01"}), false),
        ];
        for (wanted, found, expected) in table {
            let found = Stretch::of(&found).expect("a date");
            assert_eq!(Wanted::parse(wanted).expect("a value").matches(found), expected, "{wanted} against {found:?}");
        }
        for bad in ["", "yesterday", "2024-13-01", "xx2024", "2024-1"] {
            assert_eq!(Wanted::parse(bad), None, "{bad}");
        }
    }
}
