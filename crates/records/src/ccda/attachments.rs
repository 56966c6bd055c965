//! Files and texts inside a document → Attachment.

use base64::Engine as _;
use base64::alphabet::STANDARD as LETTERS;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::context::Context;
use super::fields::Fields;
use super::narrative;
use super::node::Node;

/// Many leave out the padding, or the last bits.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &LETTERS,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A file, with what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub media_type: String,
    /// In base64, without blanks.
    pub data: String,
    /// Bytes of it.
    pub size: usize,
}

/// The file in an ED of base64; none when it holds no bytes or is no base64.
pub fn embedded(node: Node<'_>) -> Option<File> {
    if node.attr("representation") != Some("B64") {
        return None;
    }
    let mut letters = String::new();
    node.descendants()
        .for_each(|inner| letters.extend(inner.characters().chars().filter(|letter| !letter.is_whitespace())));
    let bytes = LENIENT.decode(letters).ok().filter(|bytes| !bytes.is_empty())?;
    // What is packed is kept packed.
    let told = match node.attr("compression") {
        Some("GZ") => Some("application/gzip"),
        Some("ZL") => Some("application/zlib"),
        Some(_) => Some("application/octet-stream"),
        None => node.attr("mediaType"),
    };
    let media_type = media_type(told).or_else(|| looks_like(&bytes).map(str::to_owned));
    let media_type = media_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    Some(File { media_type, size: bytes.len(), data: STANDARD.encode(bytes) })
}

/// A media type that can be one.
fn media_type(told: Option<&str>) -> Option<String> {
    let told = told?.to_ascii_lowercase();
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    told.split_once('/').is_some_and(|(kind, sub)| is_token(kind) && is_token(sub)).then_some(told)
}

fn looks_like(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [b'%', b'P', b'D', b'F', ..] => "application/pdf",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "image/tiff",
        [b'{', b'\\', b'r', b't', b'f', ..] => "text/rtf",
        _ if std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')) => "text/plain",
        _ => return None,
    })
}

/// The type of a file by its name.
fn by_name(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "tif" | "tiff" => "image/tiff",
        "rtf" => "text/rtf",
        "txt" => "text/plain",
        "htm" | "html" => "text/html",
        "doc" => "application/msword",
        _ => return None,
    })
}

fn is_url(told: &str) -> bool {
    !told.starts_with('#')
        && !told
            .contains(|letter: char| letter.is_whitespace() || letter.is_control() || "<>\"{}|\\^`".contains(letter))
}

impl<'a> Context<'a> {
    /// The Attachment of an ED: an embedded file, the narrative it refers to as HTML, a file elsewhere, or its own
    /// words as plain text. Null when there is none of these.
    pub fn attachment(&self, node: Node<'a>) -> Value {
        if let Some(file) = embedded(node) {
            let size = i32::try_from(file.size).ok();
            return Fields::new()
                .with("contentType", file.media_type)
                .with("data", file.data)
                .with("size", size)
                .into();
        }
        let told = node.child("reference").and_then(|reference| reference.attr("value"));
        let referred = told.and_then(|told| self.referred_node(told)).map(|node| self.attachment_of_narrative(node));
        if let Some(html) = referred.filter(|html| !html.is_null()) {
            return html;
        }
        if let Some(words) = narrative::words(node).filter(|_| node.attr("representation") != Some("B64")) {
            return Fields::new().with("contentType", "text/plain").with("data", STANDARD.encode(words)).into();
        }
        let Some(url) = told.filter(|told| is_url(told)) else { return Value::Null };
        let kind = media_type(node.attr("mediaType")).or_else(|| by_name(url).map(str::to_owned));
        Fields::new().with("contentType", kind).with("url", url).into()
    }

    /// A piece of narrative as HTML; null when there is nothing to read.
    pub fn attachment_of_narrative(&self, node: Node<'a>) -> Value {
        let Some(html) = narrative::html(node).and_then(|html| self.afford(html)) else { return Value::Null };
        Fields::new().with("contentType", "text/html").with("data", STANDARD.encode(html)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_by_what_they_say_and_what_they_are() {
        for (given, expected) in [
            (Some("text/RTF"), Some("text/rtf")),
            (Some("application/vnd.ms-word"), Some("application/vnd.ms-word")),
            (Some("pdf"), None),
            (Some("text/ plain"), None),
            (None, None),
        ] {
            assert_eq!(media_type(given).as_deref(), expected, "{given:?}");
        }
        assert_eq!(looks_like(b"%PDF-1.7"), Some("application/pdf"));
        assert_eq!(looks_like(b"{\\rtf1"), Some("text/rtf"));
        assert_eq!(looks_like(&[0, 1, 2, 0xff]), None);
        assert_eq!(by_name("scans/Letter.PDF"), Some("application/pdf"));
        assert!(!is_url("#note1") && !is_url("two words.pdf") && is_url("letter.pdf"));
    }
}
