//! Where texts stand in JSON, so that some can be exchanged and every other byte stays as it is.

use std::ops::Range;

/// A text of a JSON document.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    /// The member it is the value of; `None` in an array.
    pub name: Option<&'a [u8]>,
    /// 1 for members of the document itself.
    pub depth: usize,
    /// Where its content is, between the quotes and still escaped.
    pub place: Range<usize>,
}

/// The document with some of its texts replaced; `None` when all of them stay. `json` must be valid, or
/// whatever comes out is as invalid as it was.
pub(super) fn replace(json: &[u8], mut by: impl FnMut(&Text<'_>, &str) -> Option<String>) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    let mut done = 0;
    each(json, |text| {
        let Ok(said) = std::str::from_utf8(&json[text.place.clone()]) else { return };
        // Nothing that is looked for needs an escape, but for the slash that some writers escape.
        let plain = if said.contains('\\') { said.replace("\\/", "/") } else { said.to_owned() };
        if let Some(other) = by(&text, &plain) {
            out.extend_from_slice(&json[done..text.place.start]);
            out.extend_from_slice(other.as_bytes());
            done = text.place.end;
        }
    });
    if done == 0 {
        return None;
    }
    out.extend_from_slice(&json[done..]);
    Some(out)
}

/// Visits every text that is a value, in order.
fn each<'a>(json: &'a [u8], mut visit: impl FnMut(Text<'a>)) {
    // One for each open bracket: whether it is an object.
    let mut open: Vec<bool> = Vec::new();
    let mut name: Option<&[u8]> = None;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        match byte {
            b'{' => open.push(true),
            b'[' => {
                open.push(false);
                name = None;
            }
            b'}' | b']' => {
                open.pop();
            }
            b',' => name = None,
            b'"' => {
                let end = end(json, at + 1);
                let place = at + 1..end;
                let in_object = open.last().copied().unwrap_or(false);
                if in_object && name.is_none() {
                    name = Some(&json[place]);
                } else {
                    visit(Text { name: name.filter(|_| in_object), depth: open.len(), place });
                }
                at = end;
            }
            _ => {}
        }
        if matches!(byte, b'{' | b'}' | b']') {
            name = None;
        }
        at += 1;
    }
}

/// Where the text that begins at `from` is closed.
fn end(json: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_changes() {
        let json = br#"{ "id" : "a", "x": [1.00, "id", {"id":"b\"}","reference":"Patient\/1"}], "y":{"id":"c"},"n":null,"reference":"Patient/1" }"#;
        let changed = replace(json, |text, said| match (text.name?, text.depth, said) {
            (b"id", 1, _) => Some("z".to_owned()),
            (b"reference", _, "Patient/1") => Some("Patient/2".to_owned()),
            _ => None,
        });
        let expected = r#"{ "id" : "z", "x": [1.00, "id", {"id":"b\"}","reference":"Patient/2"}], "y":{"id":"c"},"n":null,"reference":"Patient/2" }"#;
        assert_eq!(String::from_utf8(changed.unwrap()).unwrap(), expected);
        assert_eq!(replace(json, |_, _| None), None);
        for broken in ["", "\"", "{\"a\":\"\\", "]]]}", "{\"a\"", "[\"a\",{"] {
            replace(broken.as_bytes(), |_, _| Some("x".to_owned()));
        }
    }
}
