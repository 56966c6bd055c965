//! Amounts, ratios and plain values → Quantity, Range, Ratio and the choice `value[x]`.

use serde_json::{Value, json};

use super::context::Context;
use super::fields::{Choice, Fields, decimal, digits};
use super::node::Node;
use super::ucum;

pub const UCUM: &str = "http://unitsofmeasure.org";

/// A Quantity of a PQ; null without a number.
pub fn quantity(node: Node<'_>) -> Value {
    bounded(node, None)
}

fn bounded(node: Node<'_>, comparator: Option<&str>) -> Value {
    let Some(value) = node.attr("value").and_then(decimal) else { return Value::Null };
    let unit = node.attr("unit").filter(|unit| *unit != "1");
    let original = node.children("translation").find_map(|translation| translation.child("originalText")?.text());
    let mut out = Fields::new()
        .with("value", value)
        .with("comparator", comparator)
        .with("unit", unit.map(str::to_owned).or(original));
    if let Some(code) = unit.and_then(ucum::code) {
        out.set("system", UCUM).set("code", code.into_owned());
    }
    out.into()
}

/// `low` or `high` of an interval as a Quantity without a comparator.
fn side(node: Node<'_>, name: &str) -> Value {
    node.child(name).map_or(Value::Null, quantity)
}

/// A Range of an IVL_PQ; null when neither side has a number.
pub fn range(node: Node<'_>) -> Value {
    Fields::new().with("low", side(node, "low")).with("high", side(node, "high")).into()
}

/// A Quantity of an IVL_PQ with one side, or of a plain PQ: `>60`.
pub fn compared(node: Node<'_>) -> Value {
    let plain = quantity(node);
    if !plain.is_null() {
        return plain;
    }
    let inclusive = |side: Node<'_>| side.attr("inclusive") != Some("false");
    let with_number = |name| node.child(name).filter(|side| side.attr("value").is_some());
    match (with_number("low"), with_number("high")) {
        (Some(low), None) => bounded(low, Some(if inclusive(low) { ">=" } else { ">" })),
        (None, Some(high)) => bounded(high, Some(if inclusive(high) { "<=" } else { "<" })),
        _ => node.child("center").map_or(Value::Null, quantity),
    }
}

/// An interval as it is spoken: `1 - 2 mg`, `>= 2 mg`.
pub fn spoken(node: Node<'_>) -> Option<String> {
    let told = |quantity: &Value| {
        let number = digits(&quantity["value"])?.to_owned();
        Some((number, quantity["unit"].as_str().map(|unit| format!(" {unit}")).unwrap_or_default()))
    };
    if let Value::Object(both) = range(node)
        && let (Some(low), Some(high)) = (both.get("low").and_then(told), both.get("high").and_then(told))
    {
        let first = if low.1 == high.1 { low.0 } else { low.0 + &low.1 };
        return Some(format!("{first} - {}{}", high.0, high.1));
    }
    let one = compared(node);
    let (number, unit) = told(&one)?;
    Some(format!("{}{number}{unit}", one["comparator"].as_str().map(|sign| format!("{sign} ")).unwrap_or_default()))
}

/// A Ratio of an RTO; null unless both numbers are there.
pub fn ratio(node: Node<'_>) -> Value {
    let part = |name| node.child(name).map_or(Value::Null, quantity);
    let (over, under) = (part("numerator"), part("denominator"));
    if over.is_null() || under.is_null() {
        return Value::Null;
    }
    Fields::new().with("numerator", over).with("denominator", under).into()
}

/// An integer that FHIR can hold.
pub fn integer(text: &str) -> Option<i32> {
    text.trim().parse().ok()
}

impl<'a> Context<'a> {
    /// The choice `value[x]` of an observation's `value`, of whatever type. For a type that is not declared, what it
    /// looks like decides.
    pub fn value(&self, node: Node<'a>) -> Option<Choice> {
        let choice = |suffix, value: Value| (!value.is_null()).then_some(Choice { suffix, value });
        let text = |text: Option<String>| choice("String", json!(text));
        let kind = node.xsi_type().unwrap_or(match () {
            () if node.attr("code").is_some() => "CD",
            () if node.attr("unit").is_some() => "PQ",
            () if node.child("low").is_some() || node.child("high").is_some() => "IVL_PQ",
            () if node.child("numerator").is_some() => "RTO",
            () => "ST",
        });
        match kind {
            "PQ" | "PIVL_PQ" | "EIVL_PQ" | "MO" => choice("Quantity", quantity(node)),
            "REAL" => choice("Quantity", quantity(node)),
            "INT" => match node.attr("value").and_then(integer) {
                Some(number) => choice("Integer", json!(number)),
                None => choice("Quantity", quantity(node)),
            },
            "IVL_PQ" | "IVL_INT" | "IVL_REAL" => match range(node) {
                Value::Object(range) if range.len() == 2 => choice("Range", Value::Object(range)),
                _ => choice("Quantity", compared(node)),
            },
            "RTO" | "RTO_PQ_PQ" | "RTO_QTY_QTY" => choice("Ratio", ratio(node)),
            "BL" => choice("Boolean", node.attr("value").and_then(|value| value.parse::<bool>().ok()).into()),
            "TS" => choice("DateTime", self.moment(node).map(|at| at.date_time()).into()),
            "IVL_TS" => self.when(node),
            "ED" | "ST" => text(self.words(node).or_else(|| node.attr("value").map(str::to_owned))),
            "II" => text(node.attr("extension").or(node.attr("root")).map(str::to_owned)),
            _ => choice("CodeableConcept", self.concept(node)),
        }
        .or_else(|| match node.null_flavor() {
            Some("TRC") => text(Some("trace".to_owned())),
            _ => text(self.original_text(node).or_else(|| {
                // A number that is none, such as "NEG" in a PQ, or one with its unit inside.
                let words = node.attr("value").map(str::to_owned).or_else(|| self.words(node));
                words.filter(|_| !matches!(kind, "TS" | "IVL_TS"))
            })),
        })
    }
}
