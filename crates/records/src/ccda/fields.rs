//! The members of a resource or a data type under construction, and their bytes.

use serde_json::{Map, Value};

/// A JSON object that takes only what says something: null, blank text, empty lists and empty objects are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(pub Map<String, Value>);

/// The value of a choice such as `onset[x]`, with the suffix of its type: `DateTime`.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub suffix: &'static str,
    pub value: Value,
}

impl Fields {
    pub fn new() -> Fields {
        Fields::default()
    }

    /// Sets a member. Absent values leave it as it was.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Fields {
        let value = value.into();
        if !is_empty(&value) {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    /// `set`, for chains.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Fields {
        self.set(name, value);
        self
    }

    /// Appends to a list.
    pub fn push(&mut self, name: &str, value: impl Into<Value>) -> &mut Fields {
        let value = value.into();
        if !is_empty(&value)
            && let Value::Array(items) = self.0.entry(name).or_insert_with(|| Value::Array(vec![]))
        {
            items.push(value);
        }
        self
    }

    /// Sets `onsetDateTime` from `onset` and a choice.
    pub fn choice(&mut self, base: &str, choice: Option<Choice>) -> &mut Fields {
        if let Some(Choice { suffix, value }) = choice {
            self.set(&format!("{base}{suffix}"), value);
        }
        self
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Value {
        if fields.0.is_empty() { Value::Null } else { Value::Object(fields.0) }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}

/// Starts a text that is a decimal; no text of a document can contain it.
const DECIMAL: char = '\u{1}';

/// A FHIR `decimal` with the digits of the source; `None` when it is no number.
pub fn decimal(digits: &str) -> Option<Value> {
    let digits = digits.trim();
    let (sign, rest) = match digits.as_bytes().first()? {
        b'-' => ("-", &digits[1..]),
        b'+' => ("", &digits[1..]),
        _ => ("", digits),
    };
    let (number, exponent) = match rest.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent.strip_prefix('+').unwrap_or(exponent))),
        None => (rest, None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !are_digits(whole) || !are_digits(fraction) || number.len() > 40 {
        return None;
    }
    let power = exponent.unwrap_or("0").strip_prefix('-').or(exponent).unwrap_or("0");
    if power.is_empty() || !are_digits(power) || power.len() > 3 {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let mut out = String::from(DECIMAL);
    out.push_str(sign);
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        out.push('e');
        out.push_str(exponent);
    }
    Some(Value::String(out))
}

/// The digits of a value made by [`decimal`].
pub fn digits(value: &Value) -> Option<&str> {
    value.as_str()?.strip_prefix(DECIMAL)
}

/// The bytes of a value. Members keep the order they were set in; what is empty is left out.
pub fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(members) => {
            out.push(b'{');
            let mut first = true;
            for (name, value) in members.iter().filter(|(_, value)| !is_empty(value)) {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                write_text(out, name);
                out.push(b':');
                write(out, value);
            }
            out.push(b'}');
        }
        Value::Array(items) => {
            out.push(b'[');
            let mut first = true;
            for item in items.iter().filter(|item| !is_empty(item)) {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                write(out, item);
            }
            out.push(b']');
        }
        Value::String(text) => match text.strip_prefix(DECIMAL) {
            Some(digits) => out.extend_from_slice(digits.as_bytes()),
            None => write_text(out, text),
        },
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
        Value::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[copied..at]);
        copied = at + 1;
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn decimals_keep_their_digits() {
        for (given, kept) in [
            ("6.80", Some("6.80")),
            ("+.5", Some("0.5")),
            ("-007", Some("-7")),
            ("000", Some("0")),
            ("1.", Some("1")),
            ("1e+3", Some("1e3")),
            ("1E-3", Some("1e-3")),
            ("", None),
            ("-", None),
            (".", None),
            ("1e", None),
            ("1,5", None),
            ("NaN", None),
            ("12 mg", None),
        ] {
            assert_eq!(decimal(given).as_ref().and_then(digits), kept, "{given}");
        }
    }

    #[test]
    fn nothing_empty_is_written() {
        let fields = Fields::new()
            .with("a", "")
            .with("b", json!([null, {"c": [" "]}]))
            .with("d", decimal("6.80"))
            .with("e", json!([{"f": "say \"hi\"\n"}, {}]))
            .with("g", None::<String>);
        let mut out = Vec::new();
        write(&mut out, &fields.into());
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"d":6.80,"e":[{"f":"say \"hi\"\n"}]}"#);
    }
}
