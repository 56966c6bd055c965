//! FHIR dates as instants.

use domain::Timestamp;

/// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD` and date-times. Partial dates are their first day;
/// a time without a zone keeps only its day, because the instant is unknown.
pub fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if !text.is_ascii() || !plausible(text) {
        return None;
    }
    match text.len() {
        4 => Timestamp::midnight(&format!("{text}-01-01")).ok(),
        7 => Timestamp::midnight(&format!("{text}-01")).ok(),
        10 => Timestamp::midnight(text).ok(),
        length if length > 10 && text.as_bytes()[10] == b'T' => {
            if has_zone(&text[11..]) {
                Timestamp::parse(text).ok()
            } else {
                Timestamp::midnight(&text[..10]).ok()
            }
        }
        _ => None,
    }
}

/// The year must be one a living record can have.
fn plausible(text: &str) -> bool {
    text.get(..4).and_then(|year| year.parse::<u16>().ok()).is_some_and(|year| (1850..=2200).contains(&year))
}

fn has_zone(time: &str) -> bool {
    time.ends_with(['Z', 'z']) || time.contains(['+', '-'])
}

/// Midnight on January 1 of the year someone reached an age.
pub fn at_age(birth: &str, years: f64) -> Option<Timestamp> {
    let born: f64 = birth.get(..4)?.parse().ok()?;
    (years.is_finite() && (0.0..200.0).contains(&years))
        .then(|| instant(&format!("{:04}", (born + years).floor())))
        .flatten()
}

/// `03/09/1984`; absent unless the day is known.
pub fn birthday(date: &str) -> Option<String> {
    let date = date.trim();
    instant(date).filter(|_| date.len() == 10)?;
    Some(format!("{}/{}/{}", &date[5..7], &date[8..10], &date[..4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_zones_and_nonsense() {
        for (given, expected) in [
            ("2019", Some("2019-01-01T00:00:00.000Z")),
            ("2019-05", Some("2019-05-01T00:00:00.000Z")),
            ("2019-05-31", Some("2019-05-31T00:00:00.000Z")),
            ("2019-05-31T14:22:00-05:00", Some("2019-05-31T19:22:00.000Z")),
            ("2019-05-31T14:22:00.250Z", Some("2019-05-31T14:22:00.250Z")),
            ("2019-05-31T14:22:00", Some("2019-05-31T00:00:00.000Z")),
            ("2019-13", None),
            ("2019-02-30", None),
            ("1066-10-14", None),
            ("soon", None),
            ("２０１９", None),
            ("", None),
        ] {
            assert_eq!(instant(given).map(Timestamp::to_iso).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn ages_and_birthdays() {
        assert_eq!(at_age("1984-03-09", 34.0).map(Timestamp::to_iso).as_deref(), Some("2018-01-01T00:00:00.000Z"));
        assert_eq!(at_age("", 34.0), None);
        assert_eq!(birthday("1984-03-09").as_deref(), Some("03/09/1984"));
        assert_eq!(birthday("1984-03"), None);
    }
}
