//! A thin typed view over FHIR R4 JSON. Anything missing or malformed reads as absent,
//! so a bad element drops itself and not the record.

mod concept;
mod json;
mod value;

use std::ops::Deref;

use domain::Timestamp;
use serde_json::Value;

use crate::dates;

pub use concept::{Coding, Concept};
pub use json::keep_decimals;
pub use value::bounds;

static ABSENT: Value = Value::Null;

/// A JSON object, or nothing.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a>(pub(crate) &'a Value);

/// A resource of the chart. A contained resource carries the key of its container.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    pub key: &'a str,
    pub kind: &'a str,
    pub body: Element<'a>,
    /// Where `#id` references are looked up.
    pub root: Element<'a>,
}

/// Start and end, each as far as known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
}

impl Span {
    /// The start, or else the end.
    pub fn moment(self) -> Option<Timestamp> {
        self.start.or(self.end)
    }
}

impl<'a> Deref for Resource<'a> {
    type Target = Element<'a>;
    fn deref(&self) -> &Element<'a> {
        &self.body
    }
}

impl<'a> Resource<'a> {
    pub fn status(self) -> &'a str {
        self.body.str("status").unwrap_or_default()
    }
}

impl<'a> Element<'a> {
    pub fn get(self, name: &str) -> Element<'a> {
        Element(self.0.get(name).unwrap_or(&ABSENT))
    }

    pub fn is_absent(self) -> bool {
        self.0.is_null()
    }

    /// The items of a list; a lone object counts as a list of one.
    pub fn each(self, name: &str) -> impl Iterator<Item = Element<'a>> + use<'a> {
        let value = self.get(name).0;
        let items = match value {
            Value::Array(items) => items.as_slice(),
            Value::Null => &[],
            other => std::slice::from_ref(other),
        };
        items.iter().filter(|item| !item.is_null()).map(Element)
    }

    pub fn first(self, name: &str) -> Element<'a> {
        self.each(name).next().unwrap_or(Element(&ABSENT))
    }

    /// A text member, trimmed; blank is absent.
    pub fn str(self, name: &str) -> Option<&'a str> {
        self.get(name).as_str()
    }

    pub fn as_str(self) -> Option<&'a str> {
        self.0.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    pub fn flag(self, name: &str) -> Option<bool> {
        self.get(name).0.as_bool()
    }

    /// A number with exactly the digits the source wrote.
    pub fn decimal(self, name: &str) -> Option<String> {
        match self.get(name).0 {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => Some(text.trim().to_owned()),
            _ => None,
        }
    }

    pub fn date(self, name: &str) -> Option<Timestamp> {
        self.str(name).and_then(dates::instant)
    }

    pub fn period(self, name: &str) -> Span {
        let period = self.get(name);
        Span { start: period.date("start"), end: period.date("end") }
    }

    /// A choice such as `effective[x]`: date-time, instant, period or timing.
    pub fn when(self, base: &str) -> Span {
        for suffix in ["DateTime", "Instant", "Date"] {
            if let Some(at) = self.date(&format!("{base}{suffix}")) {
                return Span { start: Some(at), end: None };
            }
        }
        let timing = self.get(&format!("{base}Timing"));
        if let Some(at) = timing.first("event").as_str().and_then(dates::instant) {
            return Span { start: Some(at), end: None };
        }
        let bounds = timing.get("repeat").period("boundsPeriod");
        if bounds != Span::default() {
            return bounds;
        }
        self.period(&format!("{base}Period"))
    }

    pub fn concept(self, name: &str) -> Concept<'a> {
        Concept(self.get(name))
    }

    pub fn concepts(self, name: &str) -> impl Iterator<Item = Concept<'a>> + use<'a> {
        self.each(name).map(Concept)
    }

    pub fn extension(self, url: &str) -> Element<'a> {
        self.each("extension")
            .find(|extension| extension.get("url").0.as_str() == Some(url))
            .unwrap_or(Element(&ABSENT))
    }

    /// The texts of annotations, one per line.
    pub fn notes(self, name: &str) -> Option<String> {
        let notes: Vec<&str> = self.each(name).filter_map(|note| note.str("text")).collect();
        (!notes.is_empty()).then(|| notes.join("\n"))
    }
}
