//! An answer, whole: what a test looks at and what a snapshot shows.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub const REQUEST_ID: &str = "x-humanapi-request-id";

#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// In the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// A member of the body that is a text.
    pub fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    pub fn total(&self) -> usize {
        self.header("x-total-count")
            .and_then(|total| total.parse().ok())
            .unwrap_or_else(|| panic!("no total: {self:?}"))
    }

    /// The elements of a list.
    pub fn rows(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{self:?}");
        self.json().as_array().expect("a bare array").clone()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        assert!((300..400).contains(&self.status), "{self:?}");
        self.header("location").expect("a redirect says where to")
    }

    pub fn is_cors(&self) -> bool {
        self.headers.iter().any(|(name, _)| name.starts_with("access-control-"))
    }

    /// The error envelope, after checking what every envelope has.
    pub fn envelope(&self) -> Value {
        let body = self.json();
        assert!(self.status >= 400, "{self:?}");
        assert_eq!(body["statusCode"], self.status, "{self:?}");
        assert!(body["error"].is_string() && body["message"].as_str().is_some_and(|text| text.len() > 10), "{self:?}");
        assert_eq!(body[REQUEST_ID], self.request_id(), "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json; charset=utf-8"), "{self:?}");
        body
    }

    /// The id of the request: a random UUID on every answer.
    pub fn request_id(&self) -> &str {
        let id = self.header(REQUEST_ID).unwrap_or_else(|| panic!("no request id: {self:?}"));
        let parts: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
        id
    }

    /// Status, headers and body, for a snapshot: what is new every time is masked.
    pub fn shown(&self) -> Value {
        const EVERY_TIME: [&str; 4] = ["date", "connection", "content-length", "etag"];
        let headers: BTreeMap<&str, &str> = self
            .headers
            .iter()
            .filter(|(name, _)| !EVERY_TIME.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let body = serde_json::from_slice(&self.body).unwrap_or_else(|_| Value::String(self.text().to_owned()));
        masked(&json!({ "status": self.status, "headers": headers, "body": body }))
    }
}

/// The value with ids, tokens and ports made the same in every run; rows of a list in an order that
/// does not depend on them. The same id is the same number throughout.
pub fn masked(value: &Value) -> Value {
    let mut value = value.clone();
    sort_rows(&mut value);
    let mut seen: Vec<String> = Vec::new();
    let text = replaced(&value.to_string(), &mut |id| {
        let at = seen.iter().position(|known| known == id).unwrap_or_else(|| {
            seen.push(id.to_owned());
            seen.len() - 1
        });
        format!("{}{}", name_of(id), at + 1)
    });
    serde_json::from_str(&text).expect("masks are plain text")
}

/// Rows by their content without ids: ties in a list go by id, which is random, and what an encounter
/// or a set of vitals brings along comes in the order of the store.
fn sort_rows(value: &mut Value) {
    const BROUGHT_ALONG: [&str; 8] =
        ["vitalSigns", "results", "medications", "diagnoses", "problems", "procedures", "testResults", "plansOfCare"];
    match value {
        Value::Array(rows) => {
            rows.iter_mut().for_each(sort_rows);
            if rows.iter().all(|row| row.get("id").is_some()) {
                sort(rows);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                sort_rows(member);
                if let Value::Array(rows) = member
                    && BROUGHT_ALONG.contains(&name.as_str())
                {
                    sort(rows);
                }
            }
        }
        _ => {}
    }
}

fn sort(rows: &mut [Value]) {
    rows.sort_by_cached_key(|row| replaced(&row.to_string(), &mut |_| String::new()));
}

fn name_of(id: &str) -> &'static str {
    match id.split_once('-').map(|(prefix, _)| prefix) {
        Some("hst") => "session-token-",
        Some("hid") => "id-token-",
        Some("idrt") => "id-refresh-token-",
        Some("hat") => "access-token-",
        Some("atrt") => "refresh-token-",
        Some(_) => "request-id-",
        None => "id-",
    }
}

/// The text with everything that looks random replaced, and the port of this run.
fn replaced(text: &str, by: &mut impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            word.push(c);
            continue;
        }
        if is_random(&word) {
            out.push_str(&by(&word));
        } else if out.ends_with("//127.0.0.1:") && word.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str("port");
        } else {
            out.push_str(&word);
        }
        word.clear();
        out.push(c);
    }
    out.truncate(out.len() - 1);
    out
}

fn is_random(word: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    let uuid = word.len() == 36 && word.matches('-').count() == 4 && hex(&word.replace('-', ""));
    let token =
        ["hst-", "hid-", "idrt-", "hat-", "atrt-"].iter().any(|prefix| word.starts_with(prefix) && word.len() > 40);
    uuid || token || (matches!(word.len(), 24 | 32 | 40) && hex(word) && word.bytes().any(|b| b.is_ascii_digit()))
}

#[test]
fn masks_what_is_random_and_keeps_what_belongs_together() {
    let shown = masked(&json!([
        { "id": "5dc2527186aaf9de560e5841", "at": "http://127.0.0.1:4711/x" },
        { "id": "0dc2527186aaf9de560e5841", "at": "5dc2527186aaf9de560e5841" },
    ]));
    assert_eq!(shown, json!([{ "id": "id-1", "at": "id-2" }, { "id": "id-2", "at": "http://127.0.0.1:port/x" }]));
}
