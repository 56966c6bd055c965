//! OperationOutcome: what a server says besides, or instead of, data.

use serde::Deserialize;
use serde_json::Value;

use crate::platforms::{Meaning, Platform};

/// One issue, without its free text: that may hold anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    pub severity: Severity,
    /// A code of the standard, e.g. `not-found`; `unknown` when it is none.
    pub code: String,
    /// The product's own code.
    pub detail: Option<String>,
    /// The text speaks of a parameter that is missing.
    wants_parameter: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Information,
    Warning,
    Error,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(default)]
    issue: Value,
}

/// The issues of an OperationOutcome; none when it is something else.
pub fn issues(json: &[u8]) -> Vec<Issue> {
    let Ok(outcome) = serde_json::from_slice::<Outcome>(json) else { return Vec::new() };
    let issues = outcome.issue.as_array().map(Vec::as_slice).unwrap_or_default();
    issues.iter().take(100).map(issue).collect()
}

fn issue(json: &Value) -> Issue {
    let code = json["code"].as_str().filter(|code| is_code(code)).unwrap_or("unknown");
    let codings = json["details"]["coding"].as_array().map(Vec::as_slice).unwrap_or_default();
    let detail = codings.iter().filter_map(|coding| coding["code"].as_str()).find(|code| is_code(code));
    let text = [&json["details"]["text"], &json["diagnostics"]]
        .map(|text| text.as_str().unwrap_or_default().to_ascii_lowercase())
        .join(" ");
    let wants = ["required parameter", "must have either", "requires a category", "must be provided", "is required"];
    Issue {
        severity: match json["severity"].as_str() {
            Some("information" | "success") => Severity::Information,
            Some("warning") => Severity::Warning,
            _ => Severity::Error,
        },
        code: code.to_owned(),
        detail: detail.map(str::to_owned),
        wants_parameter: code == "required" || wants.iter().any(|phrase| text.contains(phrase)),
    }
}

fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

/// What the issues mean, when they say more than the HTTP status does.
pub fn meaning(platform: &Platform, issues: &[Issue]) -> Option<Meaning> {
    let known = |issue: &Issue| {
        let detail = issue.detail.as_deref()?;
        platform.outcome_codes.iter().find(|(code, _)| *code == detail).map(|(_, meaning)| *meaning)
    };
    // A note beside an error explains it; the error decides.
    let mut meanings = issues.iter().filter_map(known).filter(|meaning| *meaning != Meaning::Note);
    if let Some(found) = meanings.next() {
        return Some(found);
    }
    let errors = || issues.iter().filter(|issue| issue.severity == Severity::Error);
    if errors().any(|issue| issue.wants_parameter) {
        return Some(Meaning::Query);
    }
    errors().find_map(|issue| match issue.code.as_str() {
        "throttled" => Some(Meaning::Quota),
        "forbidden" | "suppressed" | "security" => Some(Meaning::Refused),
        "transient" | "lock-error" | "timeout" => Some(Meaning::Outage),
        "deleted" => Some(Meaning::Gone),
        _ => None,
    })
}
