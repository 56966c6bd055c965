//! The choice `value[x]` as text, and quantities.

use super::{Concept, Element};
use crate::dates;

/// A measured amount with the digits of the source.
#[derive(Clone, Debug)]
pub struct Quantity<'a> {
    pub value: String,
    pub comparator: Option<&'a str>,
    /// As printed by the source.
    pub unit: Option<&'a str>,
    /// UCUM, when the source gave it.
    pub code: Option<&'a str>,
}

impl Quantity<'_> {
    /// `>60`
    pub fn text(&self) -> String {
        format!("{}{}", self.comparator.unwrap_or_default(), self.value)
    }

    /// `10 mg`
    pub fn with_unit(&self) -> String {
        match self.unit.or(self.code) {
            Some(unit) if unit != "1" => format!("{} {unit}", self.text()),
            _ => self.text(),
        }
    }

    pub fn number(&self) -> Option<f64> {
        self.value.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

impl<'a> Element<'a> {
    pub fn quantity(self, name: &str) -> Option<Quantity<'a>> {
        let quantity = self.get(name);
        let ucum = quantity.str("system").is_none_or(|system| system == "http://unitsofmeasure.org");
        Some(Quantity {
            value: quantity.decimal("value")?,
            comparator: quantity.str("comparator"),
            unit: quantity.str("unit"),
            code: quantity.str("code").filter(|_| ucum),
        })
    }

    /// Whatever `value[x]` holds, as text and unit. A quantity without a number is absent.
    pub fn value(self) -> Option<(String, Option<&'a str>)> {
        if let Some(quantity) = self.quantity("valueQuantity") {
            return Some((quantity.text(), quantity.unit.or(quantity.code)));
        }
        if let Some(name) = self.concept("valueCodeableConcept").name() {
            return Some((name.to_owned(), None));
        }
        if let Some(text) = self.str("valueString").or_else(|| self.str("valueTime")) {
            return Some((text.to_owned(), None));
        }
        if let Some(yes) = self.flag("valueBoolean") {
            return Some((if yes { "Yes" } else { "No" }.to_owned(), None));
        }
        if let Some(number) = self.decimal("valueInteger") {
            return Some((number, None));
        }
        if let Some(at) = self.str("valueDateTime") {
            return Some((dates::instant(at).map_or_else(|| at.to_owned(), |at| at.to_iso()), None));
        }
        self.range("valueRange").or_else(|| self.ratio("valueRatio")).or_else(|| {
            let span = self.period("valuePeriod");
            let text = [span.start, span.end].into_iter().flatten().map(|at| at.to_iso()).collect::<Vec<_>>();
            (!text.is_empty()).then(|| (text.join(" - "), None))
        })
    }

    fn range(self, name: &str) -> Option<(String, Option<&'a str>)> {
        let range = self.get(name);
        let (low, high) = (range.quantity("low"), range.quantity("high"));
        let unit = [&low, &high].into_iter().flatten().find_map(|side| side.unit.or(side.code));
        let text = bounds(low.map(|low| low.value).as_deref(), high.map(|high| high.value).as_deref())?;
        Some((text, unit))
    }

    /// Titres such as `1:64`.
    fn ratio(self, name: &str) -> Option<(String, Option<&'a str>)> {
        let ratio = self.get(name);
        let (over, under) = (ratio.quantity("numerator")?, ratio.quantity("denominator"));
        let text = match under {
            Some(under) => format!("{}:{}", over.text(), under.text()),
            None => over.text(),
        };
        Some((text, over.unit))
    }

    /// Why there is no value.
    pub fn absent_reason(self) -> Option<&'a str> {
        let reason = Concept(self.get("dataAbsentReason"));
        reason
            .text()
            .or_else(|| reason.0.each("coding").find_map(|coding| coding.str("display").or_else(|| coding.str("code"))))
    }
}

/// `4.0 - 5.6`, `>=60` or `<=5.6`.
pub fn bounds(low: Option<&str>, high: Option<&str>) -> Option<String> {
    match (low, high) {
        (Some(low), Some(high)) => Some(format!("{low} - {high}")),
        (Some(low), None) => Some(format!(">={low}")),
        (None, Some(high)) => Some(format!("<={high}")),
        (None, None) => None,
    }
}
