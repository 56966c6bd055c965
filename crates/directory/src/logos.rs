//! Logos: an address to fetch from, or the picture itself. Pictures that could run code are refused.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// A picture that is safe to show once it has been fetched and checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Logo {
    /// To be fetched to our own store, never linked to.
    Url(Url),
    /// A checked `data:` address.
    Data(String),
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Logo::Url(url) => write!(f, "Logo({url})"),
            Logo::Data(data) => write!(f, "Logo({}…)", &data[..data.find([',', ';']).unwrap_or(0)]),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    #[error("it is neither an https address nor a picture in a data: address")]
    NotALogo,
    #[error("its type is not svg, png, jpeg or webp")]
    Type,
    #[error("its bytes are not of the type it names")]
    Bytes,
    #[error("it is larger than 1 MiB")]
    TooLarge,
    #[error("it can run scripts or load from elsewhere")]
    Active,
}

const MAX_BYTES: usize = 1024 * 1024;

impl Logo {
    /// # Errors
    /// [`LogoError`] when the text is no picture we would show.
    pub fn parse(text: &str) -> Result<Logo, LogoError> {
        let text = text.trim();
        if let Some(rest) = text.get(5..).filter(|_| text[..5].eq_ignore_ascii_case("data:")) {
            return data(rest).map(|()| Logo::Data(text.to_owned()));
        }
        let url = Url::parse(text).map_err(|_| LogoError::NotALogo)?;
        if url.scheme() == "https" && url.has_host() { Ok(Logo::Url(url)) } else { Err(LogoError::NotALogo) }
    }
}

fn data(rest: &str) -> Result<(), LogoError> {
    let (meta, payload) = rest.split_once(',').ok_or(LogoError::NotALogo)?;
    if payload.len() > MAX_BYTES * 4 / 3 {
        return Err(LogoError::TooLarge);
    }
    let mut meta = meta.split(';').map(|part| part.trim().to_ascii_lowercase());
    let kind = meta.next().unwrap_or_default();
    let bytes = if meta.any(|part| part == "base64") { base64(payload) } else { percent(payload) };
    check(&kind, &bytes.ok_or(LogoError::Bytes)?)
}

/// Whether `bytes` are a picture of the type `kind` and nothing more. Also for pictures that were fetched.
///
/// # Errors
/// [`LogoError`] when they are not.
pub fn check(kind: &str, bytes: &[u8]) -> Result<(), LogoError> {
    if bytes.len() > MAX_BYTES {
        return Err(LogoError::TooLarge);
    }
    let fits = match kind.split(';').next().unwrap_or_default().trim() {
        "image/svg+xml" => return svg(bytes),
        "image/png" => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        "image/jpeg" => bytes.starts_with(b"\xff\xd8\xff"),
        "image/webp" => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        _ => return Err(LogoError::Type),
    };
    if fits { Ok(()) } else { Err(LogoError::Bytes) }
}

/// Refuses rather than repairs: a logo needs none of this.
fn svg(bytes: &[u8]) -> Result<(), LogoError> {
    let text = std::str::from_utf8(bytes).map_err(|_| LogoError::Bytes)?.to_ascii_lowercase();
    if !text.contains("<svg") {
        return Err(LogoError::Bytes);
    }
    // Entities can spell any of the words below, and nothing else in a logo declares them.
    const ACTIVE: &[&str] = &[
        "<script",
        ":script",
        "<foreignobject",
        "<iframe",
        "<embed",
        "<object",
        "<handler",
        "<listener",
        "<set",
        "<animate",
        "<!doctype",
        "<!entity",
        "<?xml-stylesheet",
        "javascript:",
        "vbscript:",
        "@import",
        "expression(",
        "&#",
    ];
    let handler = text.match_indices("on").any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(|c| c.is_whitespace() || "\"'/".contains(c));
        let rest = text[at + 2..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
        before && rest.len() < text.len() - at - 2 && rest.trim_start().starts_with('=')
    });
    let loads = text.match_indices("href").any(|(at, _)| {
        let value = text[at + 4..].trim_start();
        value
            .strip_prefix('=')
            .is_some_and(|value| !value.trim_start().trim_start_matches(['"', '\'']).starts_with('#'))
    });
    let styles = text
        .match_indices("url(")
        .any(|(at, _)| !text[at + 4..].trim_start().trim_start_matches(['"', '\'']).starts_with('#'));
    if handler || loads || styles || ACTIVE.iter().any(|word| text.contains(word)) {
        return Err(LogoError::Active);
    }
    Ok(())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    let plain = percent(text)?;
    let plain: Vec<u8> = plain.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(plain).ok()
}

fn percent(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        if first == b'%' {
            let mut byte = [0];
            hex::decode_to_slice(behind.get(..2)?, &mut byte).ok()?;
            bytes.push(byte[0]);
            rest = &behind[2..];
        } else {
            bytes.push(first);
            rest = behind;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_pictures_pass() {
        let svg =
            |inner: &str| format!("data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg'>{inner}</svg>");
        let cases = [
            ("https://riverbend.example/logo.png".to_owned(), Ok(())),
            ("http://riverbend.example/logo.png".to_owned(), Err(LogoError::NotALogo)),
            ("javascript:alert(1)".to_owned(), Err(LogoError::NotALogo)),
            ("logo.png".to_owned(), Err(LogoError::NotALogo)),
            ("dätä:".to_owned(), Err(LogoError::NotALogo)),
            (svg("<path d='M0%200h1024v1024H0z' style='fill:%23eee'/>"), Ok(())),
            (svg("<use href='#a'/><rect fill='url(#g)'/><text>Onion = good</text>"), Ok(())),
            (svg("<script>1</script>"), Err(LogoError::Active)),
            (svg("%3CSCRIPT%3E"), Err(LogoError::Active)),
            (svg("<svg:script/>"), Err(LogoError::Active)),
            (svg("<path onload = 'x()'/>"), Err(LogoError::Active)),
            (svg("<path\nONCLICK='x()'/>"), Err(LogoError::Active)),
            (svg("<path d='0'onclick='x()'/>"), Err(LogoError::Active)),
            (svg("<image xlink:href='https://evil.example/x'/>"), Err(LogoError::Active)),
            (svg("<rect style='fill:url(https://evil.example/x)'/>"), Err(LogoError::Active)),
            (svg("<a href='java&#115;cript:x'/>"), Err(LogoError::Active)),
            (svg("<foreignObject/>"), Err(LogoError::Active)),
            ("data:image/svg+xml,hello".to_owned(), Err(LogoError::Bytes)),
            ("data:text/html,<svg>".to_owned(), Err(LogoError::Type)),
            ("data:image/png;base64,iVBORw0KGgo=".to_owned(), Ok(())),
            ("data:image/png;base64,PHN2Zz4=".to_owned(), Err(LogoError::Bytes)),
            ("data:image/png;base64,!!!".to_owned(), Err(LogoError::Bytes)),
            ("data:image/png".to_owned(), Err(LogoError::NotALogo)),
            ("data:image/svg+xml,%2".to_owned(), Err(LogoError::Bytes)),
            (format!("data:image/png,{}", "a".repeat(MAX_BYTES * 2)), Err(LogoError::TooLarge)),
        ];
        for (text, wanted) in cases {
            let got = Logo::parse(&text).map(|_| ());
            assert_eq!(got, wanted, "{}", &text[..text.len().min(120)]);
        }
    }
}
