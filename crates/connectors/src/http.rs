//! One HTTP exchange as plain values. The engine's client sends them.

use std::fmt;
use std::time::Duration;

use url::Url;

/// What the application calls itself at every provider.
pub const USER_AGENT: &str = concat!("Tributary/", env!("CARGO_PKG_VERSION"));

pub const MIB: usize = 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// What to send, and how much of an answer to accept for it.
#[derive(Clone, PartialEq)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Body>,
    /// Stop reading the answer here; see [`Answer::truncated`].
    pub max_bytes: usize,
    pub timeout: Duration,
}

#[derive(Clone, PartialEq)]
pub enum Body {
    /// `application/x-www-form-urlencoded`; the sender sets the content type.
    Form(Vec<(String, String)>),
}

impl Body {
    /// The bytes to send.
    pub fn encoded(&self) -> String {
        let Body::Form(fields) = self;
        serde_urlencoded::to_string(fields).unwrap_or_default()
    }

    pub fn content_type(&self) -> &'static str {
        "application/x-www-form-urlencoded"
    }
}

impl Request {
    pub fn get(url: Url) -> Request {
        Request {
            method: Method::Get,
            url,
            headers: Vec::new(),
            body: None,
            max_bytes: 16 * MIB,
            timeout: Duration::from_secs(30),
        }
    }

    pub fn post(url: Url, form: Vec<(String, String)>) -> Request {
        Request { method: Method::Post, body: Some(Body::Form(form)), ..Request::get(url) }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds the access token of a grant.
    pub fn bearer(self, token: &domain::Secret<String>) -> Request {
        let value = format!("Bearer {}", token.expose());
        self.header("authorization", value)
    }
}

/// Queries carry patient ids, headers and bodies carry secrets: none of them is printed.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        write!(
            f,
            "{} {}{} (headers {headers:?}, {})",
            self.method.as_str(),
            self.url.host_str().unwrap_or("?"),
            if self.url.query().is_some() { "/…?…" } else { "/…" },
            if self.body.is_some() { "with body" } else { "no body" },
        )
    }
}

/// What came back. `url` is where the answer really came from, after redirects.
#[derive(Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub url: Url,
    /// The body was longer than `max_bytes` and was cut there.
    pub truncated: bool,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Pages of a firewall or portal instead of data.
    pub fn is_html(&self) -> bool {
        let declared = self.header("content-type").unwrap_or("").to_ascii_lowercase();
        if declared.contains("html") {
            return true;
        }
        let start: Vec<u8> = self
            .text_bytes()
            .iter()
            .copied()
            .skip_while(u8::is_ascii_whitespace)
            .take(14)
            .map(|byte| byte.to_ascii_lowercase())
            .collect();
        start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
    }

    /// The body without a byte order mark.
    pub fn text_bytes(&self) -> &[u8] {
        self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)
    }

    /// `Retry-After` in seconds or as an HTTP date, capped at a day.
    pub fn retry_after(&self, now: domain::Timestamp) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        let wait = match text.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let at = jiff::fmt::rfc2822::parse(text).ok()?;
                domain::Timestamp(at.timestamp().as_millisecond()).since(now)
            }
        };
        Some(wait.min(Duration::from_secs(86_400)))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or("?");
        write!(f, "{} from {host}, {} bytes", self.status, self.body.len())
    }
}

/// Whether a token for `base` may be sent to `url`: same scheme, host and port.
pub fn same_origin(base: &Url, url: &Url) -> bool {
    base.origin() == url.origin() && base.origin().is_tuple()
}

/// `base` with `/path` behind its whole path; `base` may or may not end in a slash.
pub fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    let joined = format!("{}/{}", base.path().trim_end_matches('/'), path.trim_start_matches('/'));
    url.set_path(&joined);
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(&str, &str)], body: &str) -> Answer {
        Answer {
            status: 200,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: body.into(),
            url: Url::parse("https://ehr.example/r4").unwrap(),
            truncated: false,
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let url = Url::parse("https://ehr.example/r4/Condition?patient=ada-17").unwrap();
        let token = domain::Secret::new("tok-4711".to_owned());
        let request = Request {
            body: Some(Body::Form(vec![("client_secret".into(), "hush".into())])),
            ..Request::get(url).bearer(&token)
        };
        let text = format!("{request:?} {:?}", answer(&[("set-cookie", "sid")], "tok-4711"));
        for secret in ["tok-4711", "hush", "ada-17", "sid"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("ehr.example"));
    }

    #[test]
    fn retry_after_in_seconds_and_as_a_date() {
        let now = domain::Timestamp::parse("1994-11-06T08:49:00Z").unwrap();
        let cases = [
            ("12", Some(12)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", Some(0)),
            ("99999999", Some(86_400)),
            ("soon", None),
            ("-1", None),
        ];
        for (text, seconds) in cases {
            let got = answer(&[("Retry-After", text)], "").retry_after(now);
            assert_eq!(got, seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!(answer(&[], "").retry_after(now), None);
    }

    #[test]
    fn html_is_known_by_type_or_by_looks() {
        assert!(answer(&[("Content-Type", "text/html; charset=utf-8")], "{}").is_html());
        assert!(answer(&[], "\n <!DOCTYPE html><html>").is_html());
        assert!(answer(&[], "\u{feff}<HTML>").is_html());
        assert!(!answer(&[("content-type", "application/fhir+json")], "{}").is_html());
    }

    #[test]
    fn tokens_stay_at_their_origin() {
        let base = Url::parse("https://ehr.example/r4").unwrap();
        for (text, same) in [
            ("https://ehr.example:443/page?x=1", true),
            ("http://ehr.example/r4", false),
            ("https://ehr.example.evil/r4", false),
            ("https://ehr.example:8443/r4", false),
            ("data:text/plain,hi", false),
        ] {
            assert_eq!(same_origin(&base, &Url::parse(text).unwrap()), same, "{text}");
        }
    }

    #[test]
    fn paths_go_behind_the_whole_base() {
        for base in ["https://ehr.example/api/r4", "https://ehr.example/api/r4/", "https://ehr.example/api/r4?x=1"] {
            let url = under(&Url::parse(base).unwrap(), "/metadata");
            assert_eq!(url.as_str(), "https://ehr.example/api/r4/metadata");
        }
    }
}
