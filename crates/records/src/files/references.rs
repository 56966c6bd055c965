//! References of a bundle's entries to each other, turned into relative ones without touching anything else.

use std::borrow::Cow;
use std::collections::HashMap;

/// JSON nested deeper than this is refused, here as by the reader of resources.
const DEPTH: usize = 127;

/// `fullUrl` to `Type/id`.
pub type Aliases = HashMap<String, String>;

/// Whether JSON is nested more deeply than a resource may be. The bytes need not be JSON.
pub fn is_too_deep(json: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in json {
        match (byte, quoted) {
            _ if escaped => escaped = false,
            (b'\\', true) => escaped = true,
            (b'"', _) => quoted = !quoted,
            (b'{' | b'[', false) => {
                depth += 1;
                if depth > DEPTH {
                    return true;
                }
            }
            (b'}' | b']', false) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The resource with every text that is the `fullUrl` of another entry replaced by its key, as a FHIR server does
/// when it stores a transaction: `urn:` ones anywhere, addresses only as `reference`. `json` is well formed.
pub fn relative<'a>(json: &'a str, aliases: &Aliases) -> Cow<'a, str> {
    if aliases.is_empty() {
        return Cow::Borrowed(json);
    }
    let (mut out, mut copied) = (String::new(), 0);
    let mut member = "";
    let mut rest = 0;
    while let Some((start, end)) = next_text(json, rest) {
        rest = end;
        let inner = &json[start + 1..end - 1];
        if json[end..].trim_ascii_start().starts_with(':') {
            member = inner;
            continue;
        }
        let told: Cow<'_, str> = match inner.contains('\\') {
            true => Cow::Owned(serde_json::from_str(&json[start..end]).unwrap_or_default()),
            false => Cow::Borrowed(inner),
        };
        if !told.starts_with("urn:") && member != "reference" {
            continue;
        }
        if let Some(key) = aliases.get(told.as_ref()) {
            out.push_str(&json[copied..=start]);
            out.push_str(key);
            copied = end - 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(&json[copied..]);
    Cow::Owned(out)
}

/// The next string with its quotes.
fn next_text(json: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = json.as_bytes();
    let start = from + bytes.get(from..)?.iter().position(|byte| *byte == b'"')?;
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some((start, at + 1)),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_change() {
        let aliases: Aliases = [
            ("urn:uuid:a", "Patient/a"),
            ("https://ehr.example/weird", "Patient/7"),
            ("https://ehr.example/r4/Goal/9", "Goal/9"),
        ]
        .map(|(url, key)| (url.to_owned(), key.to_owned()))
        .into();
        for (before, after) in [
            (
                r#"{"subject": {"reference" : "urn:uuid:a"}, "n": 1.50 }"#,
                r#"{"subject": {"reference" : "Patient/a"}, "n": 1.50 }"#,
            ),
            (r#"{"urn:uuid:a":"x","text":"see urn:uuid:a"}"#, r#"{"urn:uuid:a":"x","text":"see urn:uuid:a"}"#),
            (r#"{"attachment":{"url":"urn:uuid:a"}}"#, r#"{"attachment":{"url":"Patient/a"}}"#),
            (r#"{"url":"https://ehr.example/weird"}"#, r#"{"url":"https://ehr.example/weird"}"#),
            (r#"{"reference":"https://ehr.example/weird"}"#, r#"{"reference":"Patient/7"}"#),
            (r#"{"reference":"https:\/\/ehr.example\/r4\/Goal\/9"}"#, r#"{"reference":"Goal/9"}"#),
            (r#"{"a":"\"","reference":"urn:uuid:a","b":"\\"}"#, r#"{"a":"\"","reference":"Patient/a","b":"\\"}"#),
            (r##"{"reference":"#urn:uuid:a"}"##, r##"{"reference":"#urn:uuid:a"}"##),
        ] {
            assert_eq!(relative(before, &aliases), after);
        }
    }

    #[test]
    fn depth_is_counted_outside_of_texts() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(!is_too_deep(nested(DEPTH).as_bytes()) && is_too_deep(nested(DEPTH + 1).as_bytes()));
        assert!(!is_too_deep(format!("\"{}\\\"{}\"", "[".repeat(900), "{".repeat(900)).as_bytes()));
        assert!(!is_too_deep("[]".repeat(900).as_bytes()));
    }
}
