//! A searchset, assembled from resources that are bytes already.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::ROOT;
use super::kinds::Kind;

/// What stands for itself in the value of a query.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',').remove(b'/');

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Match,
    Include,
}

pub(super) struct Bundle {
    base: String,
    entries: Vec<u8>,
    warnings: Vec<Value>,
}

impl Bundle {
    pub(super) fn new(base: &str) -> Bundle {
        Bundle { base: base.to_owned(), entries: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn push(&mut self, kind: &Kind, id: &str, resource: &[u8], mode: Mode) {
        if !self.entries.is_empty() {
            self.entries.push(b',');
        }
        let mode = match mode {
            Mode::Match => "match",
            Mode::Include => "include",
        };
        let address = Value::String(format!("{}/{}/{id}", self.base, kind.name));
        self.entries.extend_from_slice(format!("{{\"fullUrl\":{address},\"resource\":").as_bytes());
        self.entries.extend_from_slice(resource);
        self.entries.extend_from_slice(format!(",\"search\":{{\"mode\":\"{mode}\"}}}}").as_bytes());
    }

    /// Sentences about what was not done.
    pub(super) fn warn(&mut self, sentences: &[String]) {
        let issue = |text: &String| json!({ "severity": "warning", "code": "not-supported", "diagnostics": text });
        self.warnings.extend(sentences.iter().map(issue));
    }

    /// `path` and `asked` are what this page was asked with; `next` is where the one after it goes on.
    pub(super) fn written(
        mut self,
        total: Option<u64>,
        path: &str,
        asked: &[(String, String)],
        next: Option<&str>,
    ) -> Bytes {
        if !self.warnings.is_empty() {
            let outcome = json!({ "resourceType": "OperationOutcome", "issue": self.warnings });
            let entry = json!({ "resource": outcome, "search": { "mode": "outcome" } });
            if !self.entries.is_empty() {
                self.entries.push(b',');
            }
            self.entries.extend_from_slice(entry.to_string().as_bytes());
        }
        let origin = self.base.strip_suffix(ROOT).unwrap_or(&self.base);
        let address = |cursor: Option<&str>| {
            let all = asked.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let all = all.chain(cursor.map(|cursor| ("_cursor", cursor)));
            let pairs: Vec<String> = all
                .map(|(name, value)| {
                    format!("{}={}", utf8_percent_encode(name, PLAIN), utf8_percent_encode(value, PLAIN))
                })
                .collect();
            let mark = if pairs.is_empty() { "" } else { "?" };
            format!("{origin}{path}{mark}{}", pairs.join("&"))
        };
        let mut links = vec![json!({ "relation": "self", "url": address(None) })];
        links.extend(next.map(|next| json!({ "relation": "next", "url": address(Some(next)) })));
        let mut out = Vec::with_capacity(self.entries.len() + 512);
        out.extend_from_slice(br#"{"resourceType":"Bundle","type":"searchset","#);
        if let Some(total) = total {
            out.extend_from_slice(format!("\"total\":{total},").as_bytes());
        }
        out.extend_from_slice(format!("\"link\":{}", Value::Array(links)).as_bytes());
        // An empty array is no FHIR.
        if !self.entries.is_empty() {
            out.extend_from_slice(b",\"entry\":[");
            out.extend_from_slice(&self.entries);
            out.push(b']');
        }
        out.push(b'}');
        out.into()
    }
}
