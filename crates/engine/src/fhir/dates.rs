//! FHIR dates as spans of time, because `2024` is a year long.

use domain::Timestamp;
use serde_json::Value;

/// From the first millisecond to just after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: i64,
    pub end: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// How to compare, and with what: `ge2024-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    prefix: Prefix,
    span: Span,
}

const PREFIXES: [(&str, Prefix); 9] = [
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

impl Wanted {
    /// `now` is what `ap` measures its tolerance from.
    pub(super) fn parse(text: &str, now: Timestamp) -> Option<Wanted> {
        let known = PREFIXES.iter().find_map(|(word, prefix)| Some((*prefix, text.strip_prefix(word)?)));
        let (prefix, rest) = known.unwrap_or((Prefix::Eq, text));
        let mut span = Span::parse(rest)?;
        if prefix == Prefix::Ap {
            // The tolerance FHIR recommends: a tenth of the time between then and now.
            let margin = (now.0.saturating_sub(span.start)).saturating_abs() / 10;
            span = Span { start: span.start.saturating_sub(margin), end: span.end.saturating_add(margin) };
        }
        Some(Wanted { prefix, span })
    }

    pub(super) fn matches(&self, found: Span) -> bool {
        let Span { start, end } = self.span;
        let inside = start <= found.start && found.end <= end;
        match self.prefix {
            Prefix::Eq => inside,
            Prefix::Ne => !inside,
            Prefix::Gt => found.end > end,
            Prefix::Lt => found.start < start,
            Prefix::Ge => found.end > start,
            Prefix::Le => found.start < end,
            Prefix::Sa => found.start >= end,
            Prefix::Eb => found.end <= start,
            Prefix::Ap => found.start < end && start < found.end,
        }
    }
}

impl Span {
    /// The one millisecond of an instant.
    pub(super) fn at(instant: i64) -> Span {
        Span { start: instant, end: instant.saturating_add(1) }
    }

    /// A year, a month, a day, a minute, a second or an instant; without a zone in UTC.
    pub(super) fn parse(text: &str) -> Option<Span> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let midnight = |date: &str| Timestamp::midnight(date).ok().map(|at| at.0);
        match text.len() {
            4 if digits(text) => {
                let next = text.parse::<u32>().ok()? + 1;
                let end = if next > 9999 { i64::MAX } else { midnight(&format!("{next:04}-01-01"))? };
                Some(Span { start: midnight(&format!("{text}-01-01"))?, end })
            }
            7 => {
                let (year, month) = text.split_once('-').filter(|(year, month)| digits(year) && digits(month))?;
                let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
                let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                let end = if next_year > 9999 { i64::MAX } else { midnight(&format!("{next_year:04}-{next:02}-01"))? };
                Some(Span { start: midnight(&format!("{text}-01"))?, end })
            }
            10 => {
                let start = midnight(text)?;
                Some(Span { start, end: start + 86_400_000 })
            }
            16..=40 => instant(text),
            _ => None,
        }
    }

    /// A date, a dateTime, an instant, a Period or the moments of a Timing.
    pub(super) fn of(value: &Value) -> Option<Span> {
        match value {
            Value::String(text) => Span::parse(text),
            Value::Object(object) => {
                let edge = |name: &str| object.get(name).and_then(Value::as_str).and_then(Span::parse);
                let (start, end) = (edge("start"), edge("end"));
                if start.is_some() || end.is_some() {
                    let (start, end) = (start.map_or(i64::MIN, |at| at.start), end.map_or(i64::MAX, |at| at.end));
                    return Some(Span { start, end });
                }
                let events = object.get("event").and_then(Value::as_array).into_iter().flatten();
                let events = events.filter_map(|event| Span::parse(event.as_str()?));
                events.reduce(|all, one| Span { start: all.start.min(one.start), end: all.end.max(one.end) })
            }
            _ => None,
        }
    }
}

/// Read by hand: the last day of the year 9999, a usual "no end", is beyond what a clock can hold.
fn instant(text: &str) -> Option<Span> {
    let (date, time) = text.split_once('T').filter(|(date, _)| date.len() == 10)?;
    let (clock, offset) = match time.find(['Z', '+', '-']) {
        Some(at) => (&time[..at], offset(&time[at..])?),
        None => (time, 0),
    };
    let number = |text: &str, most: i64| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &i64| digits && *number <= most)
    };
    let mut parts = clock.split(':');
    let (hours, minutes) = (number(parts.next()?, 23)?, number(parts.next()?, 59)?);
    let (second, length) = match parts.next() {
        None => (0, 60_000),
        Some(second) => match second.split_once('.') {
            None => (number(second, 60)? * 1000, 1000),
            Some((second, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
                let known = fraction.len().min(3);
                let unit = 10_i64.pow(3 - known as u32);
                (number(second, 60)? * 1000 + fraction[..known].parse::<i64>().ok()? * unit, unit)
            }
            Some(_) => return None,
        },
    };
    if parts.next().is_some() {
        return None;
    }
    let day = Timestamp::midnight(date).ok()?.0;
    let start = day + hours * 3_600_000 + minutes * 60_000 + second - offset;
    Some(Span { start, end: start + length })
}

/// `Z` or `+02:00`, in milliseconds.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (hours, minutes) =
        zone.get(1..)?.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let size = i64::from(hours) * 3_600_000 + i64::from(minutes) * 60_000;
    (hours <= 15 && minutes <= 59).then_some(if zone.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prefixes_compare_spans() {
        let table = [
            ("2024", "2024-03-01", true),
            ("eq2024-03", "2024-03-31T23:59:59Z", true),
            ("2024-03-01", "2024", false),
            ("2024-03-01T10:00Z", "2024-03-01T10:00:59Z", true),
            ("2024-03-01T10:00:00.000Z", "2024-03-01T11:00:00+01:00", false),
            ("2024-03-01T10:00:00Z", "2024-03-01T11:00:00.120+01:00", true),
            ("ne2024", "2023-12-31", true),
            ("ne2024", "2024-01-01", false),
            ("gt2024-03-01", "2024-03-01", false),
            ("gt2024-03-01", "2024-03-02", true),
            ("gt2024-02", "2024", true),
            ("ge2024-03-01", "2024-03-01", true),
            ("ge2024-03-02", "2024-03-01", false),
            ("lt2024-03-01", "2024-03-01", false),
            ("lt2024-03-01", "2024-02-29T23:59:59Z", true),
            ("le2024-03-01", "2024-03-01T23:00:00Z", true),
            ("le2024-03-01", "2024-03-02", false),
            ("sa2024-03", "2024-04-01", true),
            ("sa2024-03", "2024-03-31", false),
            ("eb2024-03", "2024-02-29", true),
            ("eb2024-03", "2024", false),
            ("ap2024-03-01", "2024-05-01", true),
            ("ap2026-01-01", "2024-06-01", false),
            ("9999", "9999-12-31", true),
            ("ge9999-12", "9999-12-31T23:59:59Z", true),
        ];
        let now = Timestamp::parse("2026-01-31T00:00:00Z").unwrap();
        for (wanted, found, expected) in table {
            let found = Span::parse(found).unwrap();
            assert_eq!(Wanted::parse(wanted, now).unwrap().matches(found), expected, "{wanted} {found:?}");
        }
    }

    #[test]
    fn open_periods_reach_as_far_as_they_may() {
        let now = Timestamp(0);
        let table = [
            ("ge2030", json!({ "start": "2020-01-01" }), true),
            ("lt2020-01-01", json!({ "start": "2020-01-01" }), false),
            ("2020", json!({ "start": "2020-01-01" }), false),
            ("2020", json!({ "start": "2020-01-01", "end": "2020-12-31" }), true),
            ("le1900", json!({ "end": "2020" }), true),
            ("2020-05", json!({ "event": ["2020-05-01", "2020-05-02"] }), true),
        ];
        for (wanted, found, expected) in table {
            let span = Span::of(&found).unwrap();
            assert_eq!(Wanted::parse(wanted, now).unwrap().matches(span), expected, "{wanted} {found}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        let none = [
            "",
            "soon",
            "2024-13",
            "2024-00",
            "2024-02-30",
            "20240101",
            "2024-1-1",
            "ge",
            "xx2024",
            "2024-01-01T",
            "2024-01-01T25:00:00Z",
            "-001",
            "99999999999999999999",
            "2024-01-01T10",
            "2024-01-01T10:00:00.Z",
            "2024-01-01T10:00:00+1:00",
            "2024-01-01T10:00:00+99:00",
            "2024-01-01T10:00:00:00Z",
            "٢٠٢٤",
            "2024-01-01T10:00:00\u{fffd}",
            "+2024",
        ];
        for text in none {
            assert_eq!(Wanted::parse(text, Timestamp(0)), None, "{text}");
        }
    }
}
