//! A JSON object looked through once: the members that tell what it is, and the texts that may be references.
//!
//! Cheaper than parsing. The text must be well formed; of anything else the answer means nothing, but there is one.

use std::borrow::Cow;

/// JSON nested deeper than this is refused, here as by the reader of resources.
const DEPTH: usize = 127;

/// Members that name things: a `urn:` there is part of an identifier, not a way to another resource.
const NAMES: &[&str] = &["id", "system", "value"];

/// A resource as it stands in a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Skimmed<'a> {
    /// Values of the outermost members that were asked for, as written, in the order they were asked for.
    pub members: Vec<Option<&'a str>>,
    /// One of them stands there twice.
    pub repeated: bool,
    /// It is nested more deeply than a resource may be.
    pub too_deep: bool,
    /// Where each text with its quotes stands that is the value of a member `reference`, or a `urn:` elsewhere but
    /// in an identifier.
    pub references: Vec<(usize, usize)>,
}

/// Looks through an object for these of its members.
pub fn skim<'a>(json: &'a str, wanted: &[&str]) -> Skimmed<'a> {
    let bytes = json.as_bytes();
    let mut skimmed = Skimmed { members: vec![None; wanted.len()], ..Skimmed::default() };
    let (mut depth, mut at) = (0_usize, 0);
    // The last name that was met, and of an outermost member that is wanted its place and where its value starts.
    let (mut name, mut open): (&str, Option<(usize, usize)>) = ("", None);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = after_string(bytes, at);
                let after = end + bytes[end..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                if bytes.get(after) == Some(&b':') {
                    name = json.get(at + 1..end - 1).unwrap_or_default();
                    if depth == 1 {
                        let place = wanted.iter().position(|wanted| *wanted == name);
                        open = place.map(|place| (place, after + 1));
                    }
                    at = after + 1;
                    continue;
                }
                if name == "reference" || (bytes[at + 1..].starts_with(b"urn:") && !NAMES.contains(&name)) {
                    skimmed.references.push((at, end));
                }
                at = end;
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                skimmed.too_deep |= depth > DEPTH;
            }
            b'}' | b']' => {
                if depth == 1 {
                    close(json, &mut skimmed, &mut open, at);
                }
                depth = depth.saturating_sub(1);
            }
            b',' if depth == 1 => close(json, &mut skimmed, &mut open, at),
            _ => {}
        }
        at += 1;
    }
    skimmed
}

fn close<'a>(json: &'a str, skimmed: &mut Skimmed<'a>, open: &mut Option<(usize, usize)>, end: usize) {
    let Some((place, start)) = open.take() else { return };
    let value = json.get(start..end).map(str::trim);
    skimmed.repeated |= skimmed.members[place].is_some();
    skimmed.members[place] = value;
}

/// A value as written: `None` when it is no text.
pub fn text(value: &str) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    match inner.contains('\\') {
        true => serde_json::from_str(value).ok().map(Cow::Owned),
        false => Some(Cow::Borrowed(inner)),
    }
}

/// The place behind the string that starts here.
fn after_string(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        match memchr::memchr2(b'"', b'\\', json.get(at..).unwrap_or_default()) {
            Some(next) if json[at + next] == b'"' => return at + next + 1,
            Some(next) => at += next + 2,
            None => return json.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn only_outermost_members_are_told() {
        let json = r#" { "a" : {"id":"inner"} , "id" :"x\"y", "n":[1,{"id":2}],"flag": true }"#;
        let skimmed = skim(json, &["id", "n", "flag", "none"]);
        assert_eq!(skimmed.members, [Some(r#""x\"y""#), Some(r#"[1,{"id":2}]"#), Some("true"), None]);
        assert_eq!(text(skimmed.members[0].unwrap()).as_deref(), Some("x\"y"));
        assert!(!skimmed.repeated && skim(r#"{"id":1,"id":2}"#, &["id"]).repeated);
    }

    #[test]
    fn references_are_texts_not_names() {
        let json = r#"{"urn:a":1,"b":"urn:b","reference":"c","d":{"reference" : "d"},"e":"reference","f":["urn:g"],
            "identifier":{"system":"urn:ietf:rfc:3986","value":"urn:uuid:h"},"id":"urn:i"}"#;
        let told: Vec<&str> =
            skim(json, &[]).references.into_iter().map(|(start, end)| &json[start + 1..end - 1]).collect();
        assert_eq!(told, ["urn:b", "c", "d", "urn:g"]);
    }

    #[test]
    fn depth_is_counted_outside_of_texts() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(!skim(&nested(DEPTH), &[]).too_deep && skim(&nested(DEPTH + 1), &[]).too_deep);
        assert!(!skim(&format!("\"{}\\\"{}\"", "[".repeat(900), "{".repeat(900)), &[]).too_deep);
        assert!(!skim(&"[]".repeat(900), &[]).too_deep);
    }

    proptest! {
        #[test]
        fn whatever_is_there_gives_an_answer(text in ".{0,80}", json in r#"[{}\[\],:"\\ aid0]{0,60}"#) {
            skim(&text, &["id"]);
            skim(&json, &["id", "a"]);
        }

        #[test]
        fn it_agrees_with_a_parser(pairs in prop::collection::btree_map("[a-d]{1,2}", "\\PC{0,6}", 0..6)) {
            let json = serde_json::to_string(&pairs).unwrap();
            let value: Value = serde_json::from_str(&json).unwrap();
            let skimmed = skim(&json, &["a", "b", "cd"]);
            for (name, raw) in ["a", "b", "cd"].iter().zip(skimmed.members) {
                let told = raw.and_then(text);
                prop_assert_eq!(told.as_deref(), value[name].as_str());
            }
        }
    }
}
