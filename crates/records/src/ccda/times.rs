//! CDA times → FHIR dates, date-times, instants and periods, as precise as they were told.

use domain::Timestamp;
use serde_json::Value;

use super::context::Context;
use super::fields::{Choice, Fields};
use super::node::Node;

/// A point in time as CDA writes it, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// `2019`, `2019-05` or `2019-05-31`
    date: String,
    /// `T14:22:00-05:00`, with the offset it was told with or the document's.
    time: Option<String>,
}

impl Moment {
    /// Reads `YYYY[MM[DD[HHMM[SS[.fff]]][±ZZZZ]]]`. A time without an offset takes `offset`; without either only the
    /// day is known. What is not on the calendar is no time at all.
    pub fn read(value: &str, offset: Option<&str>) -> Option<Moment> {
        let value = value.trim();
        let at = value.find(['+', '-', 'Z', 'z']).unwrap_or(value.len());
        let (digits, told) = value.split_at(at);
        let (digits, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(digits) || !are_digits(fraction) || (digits.len() == 4 && !told.is_empty()) {
            // Extended ISO 8601 is not CDA, but unmistakable.
            return extended(value, offset);
        }
        let date = match digits.len() {
            4 | 5 => digits[..4].to_owned(),
            6 | 7 => format!("{}-{}", &digits[..4], &digits[4..6]),
            8.. => format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8]),
            _ => return None,
        };
        crate::dates::instant(&date)?;
        let time = (digits.len() >= 12).then(|| (digits[8..10].to_owned(), digits[10..12].to_owned()));
        let seconds = digits.get(12..14).unwrap_or("00");
        let zone = zone(told).or_else(|| offset.map(str::to_owned)).filter(|_| digits.len() <= 14);
        let time = match (time, zone) {
            (Some((hours, minutes)), Some(zone)) => {
                let fraction = if fraction.is_empty() || digits.len() < 14 {
                    String::new()
                } else {
                    format!(".{}", &fraction[..fraction.len().min(6)])
                };
                // 24:00 and 60 seconds are no times in FHIR.
                let fits = hours.as_str() < "24" && minutes.as_str() < "60" && seconds < "60";
                if !fits {
                    return None;
                }
                Some(format!("T{hours}:{minutes}:{seconds}{fraction}{zone}"))
            }
            _ => None,
        };
        let moment = Moment { date, time };
        // The last hours of the year 9999, a usual "no end", are beyond what a clock can hold.
        (moment.time.is_none() || moment.instant().is_some()).then_some(moment)
    }

    /// A FHIR `dateTime`.
    pub fn date_time(&self) -> String {
        format!("{}{}", self.date, self.time.as_deref().unwrap_or_default())
    }

    /// A FHIR `date`.
    pub fn date(&self) -> &str {
        &self.date
    }

    pub fn instant(&self) -> Option<Timestamp> {
        crate::dates::instant(&self.date_time())
    }
}

fn extended(value: &str, offset: Option<&str>) -> Option<Moment> {
    let (date, time) = value.split_once('T').unwrap_or((value, ""));
    let basic: String = date.chars().filter(|letter| *letter != '-').collect();
    let shape = matches!((date.len(), basic.len()), (7, 6) | (10, 8)) && date.as_bytes().get(4) == Some(&b'-');
    if !shape || !basic.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let time: String = match time.find(['+', '-', 'Z']) {
        Some(at) => format!("{}{}", time[..at].replace(':', ""), &time[at..]),
        None => time.replace(':', ""),
    };
    let basic = format!("{basic}{time}");
    let at = basic.find(['+', '-', 'Z']).unwrap_or(basic.len());
    basic[..at].bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then(|| Moment::read(&basic, offset))?
}

/// `-0500`, `-05:00`, `-05` or `Z` as FHIR writes it.
pub fn zone(told: &str) -> Option<String> {
    if told.eq_ignore_ascii_case("z") {
        return Some("Z".to_owned());
    }
    let sign = told.get(..1).filter(|sign| matches!(*sign, "+" | "-"))?;
    let digits: String = told[1..].chars().filter(|letter| *letter != ':').collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (&digits[..], "00"),
        4 => digits.split_at(2),
        _ => return None,
    };
    (hours <= "14" && minutes < "60").then(|| format!("{sign}{hours}:{minutes}"))
}

impl<'a> Context<'a> {
    /// The moment in `@value`.
    pub fn moment(&self, node: Node<'a>) -> Option<Moment> {
        Moment::read(node.attr("value")?, self.offset.as_deref())
    }

    /// The moment of a TS, or the start of an interval: `@value`, else `center`, else `low`.
    pub fn start(&self, node: Node<'a>) -> Option<Moment> {
        self.moment(node)
            .or_else(|| node.child("center").and_then(|center| self.moment(center)))
            .or_else(|| node.child("low").and_then(|low| self.moment(low)))
    }

    pub fn end(&self, node: Node<'a>) -> Option<Moment> {
        self.moment(node.child("high")?)
    }

    /// `effectiveTime` of an act, or another child, as `dateTime`: value, low, else high.
    pub fn date_time(&self, parent: Node<'a>, child: &str) -> Option<String> {
        parent.children(child).find_map(|time| self.start(time).or_else(|| self.end(time))).map(|at| at.date_time())
    }

    /// A FHIR `Period`; null when neither end is known. A single moment is both ends.
    pub fn period(&self, node: Node<'a>) -> Value {
        if let Some(at) = self.moment(node).or_else(|| self.moment(node.child("center")?)) {
            return Fields::new().with("start", at.date_time()).with("end", at.date_time()).into();
        }
        self.interval(node).into()
    }

    fn interval(&self, node: Node<'a>) -> Fields {
        let low = node.child("low").and_then(|low| self.moment(low));
        let high = self.end(node);
        // An interval that ends before it begins says nothing about its end.
        let high = high.filter(|high| {
            low.as_ref()
                .is_none_or(|low| low.instant() <= high.instant() || high.date_time().len() < low.date_time().len())
        });
        Fields::new().with("start", low.map(|low| low.date_time())).with("end", high.map(|high| high.date_time()))
    }

    /// A time as `DateTime` when one moment is told, as `Period` when an interval with an end is.
    pub fn when(&self, node: Node<'a>) -> Option<Choice> {
        if let Some(at) = self.moment(node).or_else(|| self.moment(node.child("center")?)) {
            return Some(Choice { suffix: "DateTime", value: at.date_time().into() });
        }
        let interval = self.interval(node);
        match (interval.0.get("start"), interval.0.get("end")) {
            (None, None) => None,
            (Some(start), None) => Some(Choice { suffix: "DateTime", value: start.clone() }),
            (Some(start), Some(end)) if start == end => Some(Choice { suffix: "DateTime", value: start.clone() }),
            _ => Some(Choice { suffix: "Period", value: interval.into() }),
        }
    }

    /// The earliest `author/time` of an act, else of an act around it given as a fallback.
    pub fn recorded(&self, act: Node<'a>) -> Option<String> {
        let mut times: Vec<Moment> =
            act.children("author").filter_map(|author| self.start(author.child("time")?)).collect();
        times.sort_by_key(Moment::instant);
        times.first().map(Moment::date_time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_as_precise_as_told() {
        for (given, offset, expected) in [
            ("2019", None, Some("2019")),
            ("201905", None, Some("2019-05")),
            ("20190531", Some("-05:00"), Some("2019-05-31")),
            ("201905311422", Some("-05:00"), Some("2019-05-31T14:22:00-05:00")),
            ("201905311422", None, Some("2019-05-31")),
            ("201905311422-0500", None, Some("2019-05-31T14:22:00-05:00")),
            ("20190531142233.1234-0500", Some("Z"), Some("2019-05-31T14:22:33.1234-05:00")),
            ("2019053114", Some("Z"), Some("2019-05-31")),
            ("20190531-0500", None, Some("2019-05-31")),
            ("2019-05-31", None, Some("2019-05-31")),
            ("2019-05-31T14:22:00Z", None, Some("2019-05-31T14:22:00Z")),
            ("201905312400", Some("Z"), None),
            ("20191331", None, None),
            ("20190230", None, None),
            ("10661014", None, None),
            ("99991231235959-0500", None, None),
            ("99991231", None, None),
            ("soon", None, None),
            ("", None, None),
            ("２０１９", None, None),
        ] {
            assert_eq!(Moment::read(given, offset).map(|at| at.date_time()).as_deref(), expected, "{given}");
        }
    }
}
