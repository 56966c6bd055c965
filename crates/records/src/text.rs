//! Text out of markup and attachments.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use crate::chart::Chart;
use crate::fhir::{Element, Resource};
use crate::rtf;

/// More text than this stays with the document.
const LIMIT: usize = 1 << 20;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// `active` → `Active`, `on-hold` → `On-hold`
pub fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Markup as plain text: paragraphs and rows on lines of their own, cells two blanks apart.
pub fn plain(markup: &str) -> String {
    let mut out = String::with_capacity(markup.len() / 2);
    let mut rest = markup;
    while !rest.is_empty() && out.len() < LIMIT {
        match rest.find('<') {
            Some(0) => rest = tag(rest, &mut out),
            found => {
                let (words, tail) = rest.split_at(found.unwrap_or(rest.len()));
                push_words(&mut out, words);
                rest = tail;
            }
        }
    }
    tidy(&out)
}

/// Acts on the tag `rest` begins with and returns what follows it.
fn tag<'a>(rest: &'a str, out: &mut String) -> &'a str {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, after)| after);
    }
    let Some(end) = rest.find('>') else {
        push_words(out, "<");
        return &rest[1..];
    };
    let (inside, after) = (&rest[1..end], &rest[end + 1..]);
    let closing = inside.starts_with('/');
    let name = inside
        .trim_start_matches('/')
        .split(|c: char| !c.is_ascii_alphanumeric())
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match name.as_str() {
        "script" | "style" | "head" if !closing && !inside.ends_with('/') => {
            let close = format!("</{name}");
            return find_ignoring_case(after, &close)
                .map_or("", |at| after[at..].split_once('>').map_or("", |(_, tail)| tail));
        }
        "" if !inside.starts_with(['!', '?', '/']) => {
            push_words(out, "<");
            return &rest[1..];
        }
        "br" | "p" | "div" | "tr" | "table" | "ul" | "ol" | "section" | "paragraph" | "caption" | "h1" | "h2"
        | "h3" | "h4" | "h5" | "h6" | "pre" | "dl" | "dt" | "dd" => out.push('\n'),
        "li" | "item" if !closing => out.push_str("\n- "),
        "li" | "item" => out.push('\n'),
        "td" | "th" if closing => out.push('\u{1}'),
        "img" => out.push_str("[image]"),
        _ => {}
    }
    after
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

fn push_words(out: &mut String, words: &str) {
    let mut rest = words;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let known =
            rest.find(';').filter(|end| *end <= 8).and_then(|end| entity(&rest[..end]).map(|decoded| (decoded, end)));
        match known {
            Some((decoded, end)) => {
                out.push(decoded);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "deg" => '°',
        "micro" => 'µ',
        "plusmn" => '±',
        "ge" => '≥',
        "le" => '≤',
        "ndash" => '–',
        "mdash" => '—',
        "bull" => '•',
        "hellip" => '…',
        "rsquo" => '’',
        "lsquo" => '‘',
        "rdquo" => '”',
        "ldquo" => '“',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())?
        }
    })
}

/// Collapses blanks inside lines and drops empty lines; cell marks become two blanks.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let cells: Vec<String> = line
            .split('\u{1}')
            .map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|cell| !cell.is_empty())
            .collect();
        if cells.is_empty() || cells == ["-"] {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&cells.join("  "));
    }
    out
}

/// The narrative of a resource, when it is more than a rendering of its data.
pub fn written(resource: Element<'_>) -> Option<String> {
    let text = resource.get("text");
    let generated = text.str("status") == Some("generated") || text.str("status") == Some("empty");
    text.str("div").filter(|_| !generated).map(plain).filter(|text| !text.is_empty())
}

/// The narrative of a resource, generated or not.
pub fn narrative(resource: Element<'_>) -> Option<String> {
    resource.get("text").str("div").map(plain).filter(|text| !text.is_empty())
}

/// How the words of a text are wrapped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapping {
    Plain,
    Markup,
    Rtf,
}

/// The media type without its parameters, in lower case.
pub fn media_type(written: &str) -> String {
    written.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn wrapping(media: &str) -> Option<Wrapping> {
    match media {
        "text/html" | "application/xhtml+xml" => Some(Wrapping::Markup),
        "text/plain" => Some(Wrapping::Plain),
        "text/rtf" | "application/rtf" | "application/x-rtf" | "text/richtext" => Some(Wrapping::Rtf),
        _ => None,
    }
}

/// Whether a person can read an attachment of this type as text.
pub fn is_text(content_type: &str) -> bool {
    wrapping(&media_type(content_type)).is_some()
}

/// Whether the file in a `Binary` is one that is never shown as text: a PDF, a picture, a recording or a C-CDA.
pub fn is_opaque(binary: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct File<'a> {
        #[serde(borrow)]
        content_type: Cow<'a, str>,
        #[serde(borrow, default)]
        data: Cow<'a, str>,
    }
    let Ok(file) = serde_json::from_slice::<File<'_>>(binary) else { return false };
    match media_type(&file.content_type).as_str() {
        "application/pdf" => true,
        "application/xml" | "text/xml" | "application/cda+xml" | "application/hl7-cda+xml" => {
            let opening = file.data.get(..OPENING.min(file.data.len())).and_then(|data| LENIENT.decode(data).ok());
            opening.is_some_and(|bytes| String::from_utf8_lossy(&bytes).contains("ClinicalDocument"))
        }
        media => ["image/", "audio/", "video/"].iter().any(|kind| media.starts_with(kind)),
    }
}

/// Base64 of the part of a document that tells what it is.
const OPENING: usize = 4096;

/// The text of an attachment that is text: inline, or a `Binary` of the chart.
pub fn of_attachment(chart: &Chart, owner: Resource<'_>, attachment: Element<'_>) -> Option<String> {
    let said = wrapping(&media_type(attachment.str("contentType").unwrap_or_default()))?;
    let data = attachment.str("data").or_else(|| {
        let binary = match attachment.str("url")? {
            contained if contained.starts_with('#') => owner
                .root
                .each("contained")
                .find(|inner| inner.str("id") == Some(&contained[1..]))
                .map(|inner| inner.str("data")),
            url => chart.find(url).filter(|found| found.kind == "Binary").map(|found| found.str("data")),
        };
        binary.flatten()
    })?;
    let bytes = match LENIENT.decode(data) {
        Ok(bytes) => bytes,
        Err(_) => LENIENT.decode(data.split_whitespace().collect::<String>()).ok()?,
    };
    let text = unwrapped(&bytes, said);
    (!text.is_empty()).then_some(text)
}

/// The words in the bytes. What calls itself plain may be markup or RTF all the same.
fn unwrapped(bytes: &[u8], said: Wrapping) -> String {
    if said == Wrapping::Rtf || rtf::is_rtf(bytes) {
        return tidy(&rtf::plain(bytes, LIMIT));
    }
    let text = decoded(bytes);
    let text = text.trim();
    let opening: String = text.chars().take(16).collect::<String>().to_ascii_lowercase();
    if said == Wrapping::Markup || opening.starts_with("<!doctype html") || opening.starts_with("<html") {
        plain(text)
    } else {
        cut(text).to_owned()
    }
}

/// UTF-8 and UTF-16 by their marks, else Windows-1252: every byte has a letter there.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |units: fn([u8; 2]) -> u16| {
        let pairs = bytes[2..].chunks_exact(2).map(|pair| units([pair[0], pair[1]]));
        Cow::Owned(char::decode_utf16(pairs).map(|letter| letter.unwrap_or('\u{fffd}')).collect())
    };
    match bytes {
        [0xff, 0xfe, ..] => return wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => return wide(u16::from_be_bytes),
        _ => {}
    }
    match std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|byte| rtf::cp1252(*byte)).collect()),
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::{Wrapping, plain, unwrapped};

    #[test]
    fn texts_in_any_wrapping_and_encoding() {
        for (bytes, said, text) in [
            (&b"Rest.\n\nDrink."[..], Wrapping::Plain, "Rest.\n\nDrink."),
            (b"{\\rtf1 Rest.\\par Drink.}", Wrapping::Plain, "Rest.\nDrink."),
            (b"<!DOCTYPE html><html><p>Rest.</p></html>", Wrapping::Plain, "Rest."),
            (b"39\xb0C", Wrapping::Plain, "39\u{b0}C"),
            (b"\xef\xbb\xbf39\xc2\xb0C", Wrapping::Markup, "39\u{b0}C"),
            (b"\xff\xfeR\0x\0", Wrapping::Plain, "Rx"),
            (b"\xfe\xff\0R\0x", Wrapping::Plain, "Rx"),
            (b"<html", Wrapping::Rtf, "<html"),
        ] {
            assert_eq!(unwrapped(bytes, said), text, "{bytes:?}");
        }
    }

    #[test]
    fn markup_becomes_lines() {
        for (markup, text) in [
            (
                "<div><p>Rest &amp; drink.</p><p>Return if   fever &gt; 39&deg;C</p></div>",
                "Rest & drink.\nReturn if fever > 39°C",
            ),
            ("<ul><li>One</li><li><b>Two</b></li></ul>", "- One\n- Two"),
            (
                "<table><tr><th>Test</th><th>Value</th></tr><tr><td>Iron</td><td>6.80</td></tr></table>",
                "Test  Value\nIron  6.80",
            ),
            ("<style>p{}</style><SCRIPT>alert('<p>')</SCRIPT >Kept<!-- not -->", "Kept"),
            ("5 < 6 & 7 > 2", "5 < 6 & 7 > 2"),
            ("&#x41;&#66;&bogus;", "AB&bogus;"),
            ("<script>never closed", ""),
            ("<", "<"),
            ("", ""),
        ] {
            assert_eq!(plain(markup), text, "{markup}");
        }
    }
}
