//! Instants, as the contract writes them: UTC with milliseconds and `Z`.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in unix milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an instant: expected YYYYMMDDTHHmmssZ or an ISO 8601 time with offset")]
pub struct NotAnInstant;

impl Timestamp {
    /// Before everything: the open lower bound of a range.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// After everything: the open upper bound of a range.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// Reads `20260131T093000Z` and extended ISO 8601 with `Z` or an offset.
    ///
    /// # Errors
    /// `NotAnInstant` for anything else, also for a time without a zone.
    pub fn parse(text: &str) -> Result<Timestamp, NotAnInstant> {
        text.parse::<jiff::Timestamp>().map(|at| Timestamp(at.as_millisecond())).map_err(|_| NotAnInstant)
    }

    /// Midnight UTC of a `YYYY-MM-DD` calendar date.
    ///
    /// # Errors
    /// `NotAnInstant` when the text is not exactly such a date.
    pub fn midnight(date: &str) -> Result<Timestamp, NotAnInstant> {
        if date.len() != 10 {
            return Err(NotAnInstant);
        }
        let date: jiff::civil::Date = date.parse().map_err(|_| NotAnInstant)?;
        // Counted by days: the last days of the year 9999, a usual "no end", are beyond what a clock can hold.
        let epoch = jiff::civil::date(1970, 1, 1);
        let days = date.since((jiff::Unit::Day, epoch)).map_err(|_| NotAnInstant)?.get_days();
        Ok(Timestamp(i64::from(days) * 86_400_000))
    }

    /// `2026-01-31T09:30:00.000Z`; instants outside years 0–9999 are clamped.
    pub fn to_iso(self) -> String {
        const FIRST: i64 = -62_167_219_200_000;
        const LAST: i64 = 253_402_207_200_000;
        let at = jiff::Timestamp::from_millisecond(self.0.clamp(FIRST, LAST))
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned(jiff::tz::TimeZone::UTC);
        let (date, time) = (at.date(), at.time());
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            date.year(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.millisecond()
        )
    }

    /// Unix seconds, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The time from `earlier` to here; zero when `earlier` is later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0) as u64)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_iso())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_iso())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_and_writes_one() {
        for text in ["20260131T093000Z", "2026-01-31T09:30:00Z", "2026-01-31T10:30:00.000+01:00"] {
            assert_eq!(Timestamp::parse(text).unwrap().to_iso(), "2026-01-31T09:30:00.000Z");
        }
        for text in ["", "2026-01-31", "2026-01-31T09:30:00", "yesterday", "20260131"] {
            assert_eq!(Timestamp::parse(text), Err(NotAnInstant), "{text}");
        }
        assert_eq!(Timestamp::midnight("2026-02-10").unwrap().to_iso(), "2026-02-10T00:00:00.000Z");
        assert_eq!(Timestamp::midnight("1969-12-31").unwrap().0, -86_400_000);
        assert!(Timestamp::midnight("9999-12-31").unwrap() > Timestamp::midnight("9999-12-30").unwrap());
        for text in ["2026-2-10", "2026-02-30", "20260210", "2026-02-1O"] {
            assert!(Timestamp::midnight(text).is_err(), "{text}");
        }
    }

    #[test]
    fn extremes_do_not_panic() {
        assert_eq!(Timestamp::MIN.to_iso(), "0000-01-01T00:00:00.000Z");
        assert!(Timestamp::MAX.to_iso().starts_with("9999-12-30"));
        assert_eq!(Timestamp::MAX + Duration::from_secs(1), Timestamp::MAX);
    }
}
