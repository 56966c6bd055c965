//! JSON looked at without being parsed.

/// What stands before the digits of a protected decimal.
const MARK: char = '\u{e000}';

/// The members of the outermost object: name and value, as written.
pub struct Members<'a> {
    json: &'a [u8],
    at: usize,
}

pub fn members(json: &[u8]) -> Members<'_> {
    let at = blank(json, 0);
    let at = if json.get(at) == Some(&b'{') { at + 1 } else { json.len() };
    Members { json, at }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let json = self.json;
        let mut at = blank(json, self.at);
        if json.get(at) == Some(&b',') {
            at = blank(json, at + 1);
        }
        if json.get(at) != Some(&b'"') {
            return None;
        }
        let end = after_string(json, at);
        let name = json.get(at + 1..end - 1)?;
        at = blank(json, end);
        if json.get(at) != Some(&b':') {
            return None;
        }
        at = blank(json, at + 1);
        let end = after_value(json, at);
        self.at = end;
        Some((name, &json[at..end]))
    }
}

/// `resourceType`, without its quotes.
pub fn kind(json: &[u8]) -> Option<&[u8]> {
    let (_, value) = members(json).find(|(name, _)| *name == b"resourceType")?;
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

pub fn holds(text: &[u8], part: &str) -> bool {
    text.windows(part.len()).any(|window| window == part.as_bytes())
}

/// The position of the next byte that is not white space.
pub fn blank(json: &[u8], at: usize) -> usize {
    let rest = json.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

fn after_string(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

fn after_value(json: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0usize);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                at = after_string(json, at);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return if depth == 0 { at } else { at + 1 },
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    json.len()
}

/// Makes every number with a fraction or an exponent a marked text, so that `6.80` stays `6.80`
/// on its way through a parser. `None` when there is nothing to protect, or no way to do so.
pub fn protect_decimals(json: &[u8]) -> Option<Vec<u8>> {
    let mut mark = [0; 4];
    let mark = MARK.encode_utf8(&mut mark);
    if holds(json, mark) || holds(json, "\\ue000") || holds(json, "\\uE000") {
        return None;
    }
    let (mut out, mut copied, mut at) = (Vec::new(), 0, 0);
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => at = after_string(json, at),
            b'-' | b'0'..=b'9' => {
                let number = json[at..].iter().take_while(|byte| is_numeric(**byte)).count();
                let end = at + number;
                if json[at..end].iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
                    out.extend_from_slice(&json[copied..at]);
                    out.push(b'"');
                    out.extend_from_slice(mark.as_bytes());
                    out.extend_from_slice(&json[at..end]);
                    out.push(b'"');
                    copied = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return None;
    }
    out.extend_from_slice(&json[copied..]);
    Some(out)
}

/// Undoes [`protect_decimals`].
pub fn restore_decimals(json: &[u8]) -> Vec<u8> {
    let mut mark = [0; 4];
    let mark = MARK.encode_utf8(&mut mark).as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(json.len()), 0);
    while let Some(byte) = json.get(at) {
        if *byte != b'"' {
            out.push(*byte);
            at += 1;
            continue;
        }
        let end = after_string(json, at);
        let number = json[at + 1..end].strip_prefix(mark).and_then(|rest| rest.strip_suffix(b"\""));
        match number.filter(|digits| digits.iter().all(|byte| is_numeric(*byte))) {
            Some(digits) => out.extend_from_slice(digits),
            // A number where a text belongs became part of one.
            None => unmarked(&json[at..end], mark, &mut out),
        }
        at = end;
    }
    out
}

fn unmarked(text: &[u8], mark: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + mark.len()..];
    }
    out.extend_from_slice(rest);
}

fn is_numeric(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')
}
