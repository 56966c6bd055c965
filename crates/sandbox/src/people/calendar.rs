//! Days and times of the simulated past: the hospital's clock is five hours behind UTC all year.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

/// Reads `YYYY-MM-DD`; the callers are this crate's own constants and settings.
pub(super) fn day(text: &str) -> Date {
    text.parse().expect("a day is written YYYY-MM-DD")
}

pub(super) fn plus_days(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

pub(super) fn plus_minutes(at: DateTime, minutes: i64) -> DateTime {
    at.saturating_add(minutes.minutes())
}

pub(super) fn plus_years(day: Date, years: i64) -> Date {
    day.saturating_add(years.years())
}

/// Full years from one day to another, as people count their age.
pub(super) fn years_between(from: Date, to: Date) -> i64 {
    let passed = (to.month(), to.day()) >= (from.month(), from.day());
    i64::from(to.year() - from.year()) - i64::from(!passed)
}

pub(super) fn months_between(from: Date, to: Date) -> i64 {
    i64::from(to.year() - from.year()) * 12 + i64::from(to.month() - from.month())
}

/// A clinical time as FHIR writes it, in the hospital's own offset.
pub(super) fn local(at: DateTime) -> String {
    let (d, t) = (at.date(), at.time());
    format!("{}-{:02}-{:02}T{:02}:{:02}:{:02}-05:00", d.year(), d.month(), d.day(), t.hour(), t.minute(), t.second())
}

/// The same time as an instant in UTC.
pub(super) fn utc(at: DateTime) -> String {
    let at = at.saturating_add(5.hours());
    let (d, t) = (at.date(), at.time());
    format!("{}-{:02}-{:02}T{:02}:{:02}:{:02}Z", d.year(), d.month(), d.day(), t.hour(), t.minute(), t.second())
}

/// A date to the month, for what people remember only roughly.
pub(super) fn month(day: Date) -> String {
    format!("{}-{:02}", day.year(), day.month())
}

pub(super) fn year(day: Date) -> String {
    day.year().to_string()
}
