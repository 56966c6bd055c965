//! Documents inside and behind `DocumentReference`, `DiagnosticReport` and `Media`.

use std::time::Duration;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use domain::Actor;
use serde_json::Value;
use url::Url;

use super::bundle::RawResource;
use super::pull::Target;
use crate::http::{Answer, MIB, Request, same_origin, under};

/// Of a document that is read.
const MAX_BYTES: usize = 50 * MIB;
/// Of a file that is only kept.
const MAX_FILE: usize = 20 * MIB;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One rendition of a document.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    pub form: Form,
    pub content_type: String,
    pub place: Place,
    /// Bytes, as far as the source says.
    pub size: Option<u64>,
}

/// Texts may be personal: only the form is printed.
impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attachment({:?}, {})", self.form, self.content_type)
    }
}

#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    Inline(String),
    Url(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Ccda,
    /// May be a C-CDA; the root element tells.
    Xml,
    Html,
    Text,
    Rtf,
    Pdf,
    Image,
    Other,
}

impl Form {
    pub fn of(content_type: &str, format: &str) -> Form {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            _ if format.starts_with("urn:hl7-org:sdwg:ccda-") => Form::Ccda,
            "application/hl7-cda+xml" => Form::Ccda,
            "application/xml" | "text/xml" => Form::Xml,
            "text/html" | "application/xhtml+xml" => Form::Html,
            "text/plain" => Form::Text,
            "text/rtf" | "application/rtf" => Form::Rtf,
            "application/pdf" => Form::Pdf,
            image if image.starts_with("image/") => Form::Image,
            _ => Form::Other,
        }
    }

    /// Forms whose content becomes records.
    pub fn is_readable(self) -> bool {
        matches!(self, Form::Ccda | Form::Xml | Form::Html | Form::Text | Form::Rtf)
    }

    /// Forms that are kept for the person to look at, and never read.
    pub fn is_file(self) -> bool {
        matches!(self, Form::Pdf | Form::Image)
    }

    /// Bytes it may have.
    fn most(self) -> usize {
        if self.is_file() { MAX_FILE } else { MAX_BYTES }
    }
}

/// How to get at the bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Fetch {
    Inline(Received),
    /// Goes to the FHIR server: add the access token.
    WithToken(Request),
    /// Goes elsewhere: the token must not go with it.
    WithoutToken(Request),
}

/// The bytes of a document with the type they were sent as.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes of {}", self.bytes.len(), self.content_type)
    }
}

/// The attachments of a resource, in its order and without repetitions.
pub fn attachments(resource: &RawResource) -> Vec<Attachment> {
    let Ok(json) = serde_json::from_str::<Value>(resource.json.get()) else { return Vec::new() };
    let list = |member: &str| json[member].as_array().cloned().unwrap_or_default();
    let found: Vec<(Value, Value)> = match resource.kind.as_str() {
        "DocumentReference" => list("content")
            .into_iter()
            .map(|content| (content["attachment"].clone(), content["format"]["code"].clone()))
            .collect(),
        "Media" => vec![(json["content"].clone(), Value::Null)],
        "DiagnosticReport" => list("presentedForm").into_iter().map(|attachment| (attachment, Value::Null)).collect(),
        _ => Vec::new(),
    };
    let mut all: Vec<Attachment> = Vec::new();
    for (attachment, format) in &found {
        let text = |member: &str| attachment[member].as_str().filter(|text| !text.is_empty());
        let content_type = text("contentType").unwrap_or("application/octet-stream").to_owned();
        let place = match (text("data"), text("url")) {
            (Some(data), _) => Place::Inline(data.to_owned()),
            (None, Some(url)) => Place::Url(url.to_owned()),
            (None, None) => continue,
        };
        let form = Form::of(&content_type, format.as_str().unwrap_or_default());
        let one = Attachment { form, content_type, place, size: attachment["size"].as_u64() };
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

impl Attachment {
    /// The same document referred to twice has the same key: store it once.
    pub fn key(&self, base: &Url) -> Option<String> {
        match &self.place {
            Place::Url(text) => under(base, "/").join(text).ok().map(String::from),
            Place::Inline(_) => None,
        }
    }

    /// # Errors
    /// [`AttachmentError`] when the data cannot be decoded, is too large, or the address cannot be used.
    pub fn fetch(&self, target: &Target<'_>) -> Result<Fetch, AttachmentError> {
        let text = match &self.place {
            Place::Inline(data) => {
                return decode(data)
                    .map(|bytes| Fetch::Inline(Received { content_type: self.content_type.clone(), bytes }));
            }
            Place::Url(_) if self.size.is_some_and(|size| size > self.form.most() as u64) => {
                return Err(AttachmentError::TooLarge);
            }
            Place::Url(text) => text,
        };
        let mut url = under(target.base, "/").join(text).map_err(|_| AttachmentError::BadAddress)?;
        let ours = same_origin(target.base, &url);
        if !ours && url.scheme() != "https" {
            return Err(AttachmentError::BadAddress);
        }
        let binary = url.path_segments().is_some_and(|mut path| path.any(|part| part == "Binary"));
        if ours && binary && !target.platform.binary {
            return Err(AttachmentError::NotShared);
        }
        if let Some((name, value)) = target.tenant.filter(|_| ours) {
            url.query_pairs_mut().append_pair(name, value);
        }
        let accept = if binary { target.version.json() } else { "*/*" };
        let request = Request {
            // Room for base64 and the resource around it.
            max_bytes: self.form.most() / 3 * 4 + MIB,
            timeout: Duration::from_secs(120),
            ..Request::get(url)
        }
        .header("accept", accept);
        Ok(if ours { Fetch::WithToken(request) } else { Fetch::WithoutToken(request) })
    }

    /// The bytes in an answer: raw, or inside a `Binary` resource, as servers please.
    ///
    /// # Errors
    /// [`AttachmentError`] for anything but a document of acceptable size.
    pub fn read(&self, answer: &Answer) -> Result<Received, AttachmentError> {
        match answer.status {
            200..300 if answer.truncated => return Err(AttachmentError::TooLarge),
            200..300 => {}
            401 => return Err(AttachmentError::Expired),
            403 => return Err(AttachmentError::NotShared),
            404 | 410 => return Err(AttachmentError::Gone),
            status => return Err(AttachmentError::Status(status)),
        }
        let declared = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if declared.contains("json") {
            let json: Value = serde_json::from_slice(answer.text_bytes()).map_err(|_| AttachmentError::Unreadable)?;
            // DSTU2 has another name for it.
            let data = json["data"].as_str().or(json["content"].as_str()).filter(|_| json["resourceType"] == "Binary");
            let bytes = decode(data.ok_or(AttachmentError::Unreadable)?)?;
            if bytes.len() > self.form.most() {
                return Err(AttachmentError::TooLarge);
            }
            let inner = json["contentType"].as_str().unwrap_or(&self.content_type);
            return Ok(Received { content_type: inner.to_owned(), bytes });
        }
        if self.form != Form::Html && self.form != Form::Other && answer.is_html() {
            return Err(AttachmentError::WebPage);
        }
        if answer.body.len() > self.form.most() {
            return Err(AttachmentError::TooLarge);
        }
        let content_type = answer.header("content-type").unwrap_or(&self.content_type).to_owned();
        Ok(Received { content_type, bytes: answer.body.clone() })
    }
}

impl Received {
    /// Whether the root element is a clinical document.
    pub fn is_ccda(&self) -> bool {
        let start = &self.bytes[..self.bytes.len().min(64 * 1024)];
        let text = String::from_utf8_lossy(start);
        let root = text.split('<').skip(1).find(|tag| !tag.starts_with(['?', '!']));
        root.is_some_and(|tag| {
            let name = tag.split(|c: char| c.is_whitespace() || c == '>').next().unwrap_or_default();
            name.rsplit(':').next() == Some("ClinicalDocument") && tag.contains("urn:hl7-org:v3")
        })
    }
}

fn decode(data: &str) -> Result<Vec<u8>, AttachmentError> {
    if data.len() / 4 * 3 > MAX_BYTES {
        return Err(AttachmentError::TooLarge);
    }
    let plain: String = data.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64.decode(plain).map_err(|_| AttachmentError::Unreadable)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    #[error("the document is too large")]
    TooLarge,
    #[error("the document cannot be decoded")]
    Unreadable,
    #[error("the document's address cannot be used")]
    BadAddress,
    #[error("the document is not shared with this person's apps")]
    NotShared,
    #[error("the document is no longer there")]
    Gone,
    #[error("the access token is no longer good")]
    Expired,
    #[error("the provider sent a web page instead of the document")]
    WebPage,
    #[error("the provider answered {0}")]
    Status(u16),
}

impl AttachmentError {
    pub fn who_must_act(self) -> Actor {
        match self {
            AttachmentError::Expired | AttachmentError::Status(429 | 500..) => Actor::Us,
            _ => Actor::Provider,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            AttachmentError::TooLarge => "document_too_large",
            AttachmentError::Unreadable => "document_unreadable",
            AttachmentError::BadAddress => "document_address",
            AttachmentError::NotShared => "document_not_shared",
            AttachmentError::Gone => "document_gone",
            AttachmentError::Expired => "token_expired",
            AttachmentError::WebPage => "document_is_a_web_page",
            AttachmentError::Status(_) => "document_unavailable",
        }
    }
}
