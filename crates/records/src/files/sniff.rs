//! What bytes are, by what they begin with.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Fault, Form, Instead};

/// Enough to get past comments and declarations.
const HEAD: usize = 256 * 1024;
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[derive(Debug, PartialEq)]
pub enum Content<'a> {
    /// A piece, in the encoding the reader wants.
    Piece(Form, Cow<'a, [u8]>),
    Zip,
    Gzip,
    /// Of the bytes in base64.
    Encoded(Vec<u8>),
    Other(Fault),
}

pub fn sniff(bytes: &[u8]) -> Content<'_> {
    if let Some(known) = by_magic(bytes) {
        return known;
    }
    let head = text(&bytes[..bytes.len().min(HEAD)]);
    let start = head.trim_start_matches(is_blank);
    match start.chars().next() {
        None if bytes.len() <= HEAD => Content::Other(Fault::Empty),
        Some('<') => xml(start, bytes),
        Some('{' | '[') => json(bytes),
        _ => base64(bytes).unwrap_or_else(|| Content::Other(plain(bytes, start))),
    }
}

fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter == '\u{feff}' || letter == '\0'
}

fn by_magic(bytes: &[u8]) -> Option<Content<'_>> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let at = |from: usize, magic: &[u8]| bytes.get(from..from + magic.len()) == Some(magic);
    let image = |media| Some(Content::Piece(Form::Image(media), Cow::Borrowed(bytes)));
    let instead = |instead| Some(Content::Other(Fault::NotARecord(instead)));
    // A PDF may begin a little late.
    if bytes[..bytes.len().min(1024)].windows(5).any(|window| window == b"%PDF-") && !starts(b"PK") {
        return Some(Content::Piece(Form::Pdf, Cow::Borrowed(bytes)));
    }
    match () {
        () if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") => Some(Content::Zip),
        () if starts(b"\x1f\x8b") => Some(Content::Gzip),
        () if starts(b"\x89PNG\r\n\x1a\n") => image("image/png"),
        () if starts(b"\xff\xd8\xff") => image("image/jpeg"),
        () if starts(b"GIF87a") || starts(b"GIF89a") => image("image/gif"),
        () if starts(b"II*\0") || starts(b"MM\0*") => image("image/tiff"),
        () if starts(b"RIFF") && at(8, b"WEBP") => image("image/webp"),
        () if at(128, b"DICM") => instead(Instead::Dicom),
        () if starts(b"\xd0\xcf\x11\xe0") || starts(b"{\\rtf") => instead(Instead::Office),
        () if starts(b"Rar!")
            || starts(b"7z\xbc\xaf")
            || starts(b"BZh")
            || starts(b"\xfd7zXZ")
            || at(257, b"ustar") =>
        {
            instead(Instead::Archive)
        }
        () if starts(b"\x7fELF") || starts(b"MZ") || starts(b"\xcf\xfa\xed\xfe") || starts(b"#!/") => {
            instead(Instead::Program)
        }
        () => None,
    }
}

/// As text, for looking at only.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match utf16(bytes) {
        Some(text) => Cow::Owned(text),
        None => String::from_utf8_lossy(bytes),
    }
}

/// UTF-16 tells itself by its mark, or by the zeros beside the first letters.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (body, is_little) = match bytes {
        [0xff, 0xfe, body @ ..] => (body, true),
        [0xfe, 0xff, body @ ..] => (body, false),
        [b'<' | b'{', 0, _, ..] => (bytes, true),
        [0, b'<' | b'{', ..] => (bytes, false),
        _ => return None,
    };
    let unit = |pair: [u8; 2]| if is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
    let units = body.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Some(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// `start` begins with `<`.
fn xml<'a>(start: &str, bytes: &'a [u8]) -> Content<'a> {
    let mut rest = start;
    loop {
        rest = rest.trim_start_matches(is_blank);
        let (open, close) = match rest {
            _ if rest.starts_with("<!--") => ("<!--", "-->"),
            _ if rest.starts_with("<?") => ("<?", "?>"),
            _ if rest.starts_with("<!") => match declaration(rest) {
                Ok(after) => {
                    rest = after;
                    continue;
                }
                Err(fault) => return Content::Other(fault),
            },
            _ => break,
        };
        match rest[open.len()..].split_once(close) {
            Some((_, after)) => rest = after,
            None => return Content::Other(Fault::Broken),
        }
    }
    let Some(tag) = rest.strip_prefix('<') else { return Content::Other(Fault::Broken) };
    let name =
        tag.split(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/')).next().unwrap_or_default();
    let attributes = tag.split('>').next().unwrap_or_default();
    let local = name.rsplit(':').next().unwrap_or_default();
    Content::Other(match local.to_ascii_lowercase().as_str() {
        "clinicaldocument" => return Content::Piece(Form::Ccda, Cow::Borrowed(bytes)),
        "html" | "head" | "body" | "div" | "script" | "title" | "meta" | "center" => {
            Fault::NotARecord(Instead::WebPage)
        }
        "workbook" => Fault::NotARecord(Instead::Table),
        "" => Fault::Broken,
        _ if attributes.contains("http://hl7.org/fhir\"") || attributes.contains("http://hl7.org/fhir'") => {
            Fault::FhirXml
        }
        _ => Fault::NotARecord(Instead::OtherXml),
    })
}

/// What follows a `<!DOCTYPE …>`; one that makes entities is the end of it.
fn declaration(text: &str) -> Result<&str, Fault> {
    if text.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype html")) {
        return Err(Fault::NotARecord(Instead::WebPage));
    }
    let end = text.find('>').ok_or(Fault::Broken)?;
    match text[..end].find('[') {
        None => Ok(&text[end + 1..]),
        Some(bracket) => {
            let close = text[bracket..].find(']').map(|at| at + bracket);
            let inner = &text[bracket..close.unwrap_or(text.len())];
            if inner.contains("<!ENTITY") {
                return Err(Fault::Entities);
            }
            let close = close.ok_or(Fault::Broken)?;
            let end = text[close..].find('>').ok_or(Fault::Broken)?;
            Ok(&text[close + end + 1..])
        }
    }
}

fn json(bytes: &[u8]) -> Content<'_> {
    let bytes = match utf16(bytes) {
        Some(text) => Cow::Owned(text.trim_start_matches(is_blank).as_bytes().to_vec()),
        None => Cow::Borrowed(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    };
    if !contains(&bytes, b"\"resourceType\"") {
        return Content::Other(Fault::NotARecord(Instead::OtherJson));
    }
    let form = if is_lines(&bytes) { Form::Ndjson } else { Form::Fhir };
    Content::Piece(form, bytes)
}

/// A whole object on the first line and more after it; or, where the first line is damaged, one that begins
/// another resource on the second.
fn is_lines(bytes: &[u8]) -> bool {
    let trimmed = bytes.trim_ascii();
    let Some(end) = trimmed.iter().position(|byte| *byte == b'\n') else { return false };
    let (first, rest) = (&trimmed[..end], trimmed[end..].trim_ascii_start());
    if serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok() {
        return !rest.is_empty();
    }
    rest.starts_with(b"{\"resourceType\"")
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == wanted[0]) {
        if rest[at..].starts_with(wanted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// `None` when it is not base64 of something that is not text itself.
fn base64(bytes: &[u8]) -> Option<Content<'static>> {
    let letter =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=') || byte.is_ascii_whitespace();
    if bytes.len() < 64 || !bytes.iter().all(letter) {
        return None;
    }
    let packed: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let inner = LENIENT.decode(packed).ok()?;
    match sniff_once(&inner) {
        true => Some(Content::Encoded(inner)),
        false => None,
    }
}

/// Whether it is worth unpacking; base64 in base64 is not.
fn sniff_once(bytes: &[u8]) -> bool {
    let start = text(&bytes[..bytes.len().min(64)]);
    by_magic(bytes).is_some() || matches!(start.trim_start_matches(is_blank).chars().next(), Some('<' | '{'))
}

fn plain(bytes: &[u8], start: &str) -> Fault {
    let sample: Vec<char> = start.chars().take(4096).collect();
    let strange = sample.iter().filter(|letter| letter.is_control() && !letter.is_whitespace()).count()
        + sample.iter().filter(|letter| **letter == char::REPLACEMENT_CHARACTER).count();
    if bytes.starts_with(b"\0\0\xfe\xff")
        || bytes.starts_with(b"\xff\xfe\0\0")
        || bytes.starts_with(b"\x4c\x6f\xa7\x94")
    {
        return Fault::Encoding;
    }
    if strange * 10 > sample.len() {
        return Fault::NotARecord(Instead::Unknown);
    }
    let mut lines = start.lines().take(3);
    let columns = |line: &str| [',', ';', '\t'].map(|mark| line.matches(mark).count()).into_iter().max().unwrap_or(0);
    let first = lines.next().map_or(0, columns);
    match first >= 2 && lines.next().is_some_and(|second| columns(second) >= 2) {
        true => Fault::NotARecord(Instead::Table),
        false => Fault::NotARecord(Instead::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: &[u8]) -> Option<Fault> {
        match sniff(bytes) {
            Content::Other(fault) => Some(fault),
            _ => None,
        }
    }

    #[test]
    fn what_is_no_record_is_named() {
        let instead = |instead| Some(Fault::NotARecord(instead));
        for (bytes, expected) in [
            (&b""[..], Some(Fault::Empty)),
            (b" \n\t ", Some(Fault::Empty)),
            (b"\xef\xbb\xbf", Some(Fault::Empty)),
            (b"<!DOCTYPE html><p>Sorry", instead(Instead::WebPage)),
            (b"<HTML><body>Your session ended", instead(Instead::WebPage)),
            (b"<?xml version=\"1.0\"?><note>milk</note>", instead(Instead::OtherXml)),
            (b"<Bundle xmlns=\"http://hl7.org/fhir\"><entry/>", Some(Fault::FhirXml)),
            (b"<?xml version=\"1.0\"?><!-- never ends", Some(Fault::Broken)),
            (b"<!DOCTYPE lolz [<!ENTITY lol \"lol\">]><ClinicalDocument/>", Some(Fault::Entities)),
            (b"{\"name\":\"package\"}", instead(Instead::OtherJson)),
            (b"Dear diary", instead(Instead::Text)),
            (b"name,date,value\nWeight,2020-01-01,80\n", instead(Instead::Table)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", instead(Instead::Office)),
            (b"\x7fELF\x02\x01", instead(Instead::Program)),
            (b"Rar!\x1a\x07", instead(Instead::Archive)),
            (b"\x01\x02\x03\x04\x05\x06", instead(Instead::Unknown)),
            (b"\0\0\xfe\xff\0\0\0<", Some(Fault::Encoding)),
        ] {
            assert_eq!(fault(bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_c_cda_is_known_in_every_dress() {
        let plain = "<?xml version=\"1.0\"?><?xml-stylesheet href=\"cda.xsl\"?><!-- <html> -->\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>";
        let utf16 = |unit: fn(u16) -> [u8; 2]| plain.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let marked = |mark: &[u8], rest: Vec<u8>| [mark, rest.as_slice()].concat();
        for bytes in [
            plain.as_bytes().to_vec(),
            format!("\u{feff}\n {plain}").into_bytes(),
            plain.replace("<ClinicalDocument", "<!DOCTYPE ClinicalDocument><n1:ClinicalDocument").into_bytes(),
            marked(b"\xff\xfe", utf16(u16::to_le_bytes)),
            marked(b"\xfe\xff", utf16(u16::to_be_bytes)),
            utf16(u16::to_le_bytes),
        ] {
            assert!(matches!(sniff(&bytes), Content::Piece(Form::Ccda, _)), "{:?}", String::from_utf8_lossy(&bytes));
        }
        let packed = base64::engine::general_purpose::STANDARD.encode(plain);
        assert_eq!(sniff(packed.as_bytes()), Content::Encoded(plain.as_bytes().to_vec()));
    }

    #[test]
    fn lines_and_bundles_are_told_apart() {
        for (text, form) in [
            ("{\"resourceType\":\"Bundle\"}", Form::Fhir),
            ("{\n \"resourceType\": \"Bundle\"\n}\n", Form::Fhir),
            ("{\"resourceType\":\"Patient\"}\n", Form::Fhir),
            ("{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Goal\"}", Form::Ndjson),
            ("\u{feff}{\"resourceType\":\"Patient\"}\r\n\r\n{\"resourceType\":\"Goal\"}", Form::Ndjson),
            ("{\"resourceType\":\"Pat\n{\"resourceType\":\"Goal\"}", Form::Ndjson),
        ] {
            assert!(matches!(sniff(text.as_bytes()), Content::Piece(found, _) if found == form), "{text}");
        }
    }
}
