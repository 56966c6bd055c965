//! Numbers as written.

use std::borrow::Cow;

/// Puts quotes around every number that has a fraction or an exponent, so that `6.80` stays
/// `6.80`. Whole numbers are left alone. Cheaper and more contained than teaching the JSON
/// parser of the whole program to keep digits.
pub fn keep_decimals(json: &[u8]) -> Cow<'_, [u8]> {
    let mut out: Vec<u8> = Vec::new();
    let (mut copied, mut at) = (0, 0);
    while at < json.len() {
        match json[at] {
            b'"' => at = end_of_string(json, at),
            b'-' | b'0'..=b'9' => {
                let end = end_of_number(json, at);
                if json[at..end].iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
                    if out.is_empty() {
                        out.reserve(json.len() + 64);
                    }
                    out.extend_from_slice(&json[copied..at]);
                    out.push(b'"');
                    out.extend_from_slice(&json[at..end]);
                    out.push(b'"');
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(json);
    }
    out.extend_from_slice(&json[copied..]);
    Cow::Owned(out)
}

fn end_of_string(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < json.len() {
        match json[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

fn end_of_number(json: &[u8], start: usize) -> usize {
    let rest = &json[start + 1..];
    let length = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')).count();
    start + 1 + length
}

#[cfg(test)]
mod tests {
    use super::keep_decimals;

    #[test]
    fn only_fractions_are_quoted() {
        for (given, kept) in [
            (r#"{"value":6.80,"n":12}"#, r#"{"value":"6.80","n":12}"#),
            (r#"{"text":"about 6.80 \" 7.1","v":-1.5e3}"#, r#"{"text":"about 6.80 \" 7.1","v":"-1.5e3"}"#),
            ("[1,2,3]", "[1,2,3]"),
            ("-", "-"),
            ("\"open", "\"open"),
            ("\"open\\", "\"open\\"),
            ("", ""),
        ] {
            assert_eq!(keep_decimals(given.as_bytes()), kept.as_bytes(), "{given}");
        }
    }
}
