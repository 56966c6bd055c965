//! What a test asked a hospital to get wrong, and what the hospital was asked so far.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

/// How a refusal says when to come back.
#[derive(Clone, Debug, PartialEq)]
pub enum RetryAfter {
    Absent,
    Seconds(u64),
    Date(u64),
}

/// One thing to get wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Instead of the answer.
    Status {
        code: u16,
        retry_after: RetryAfter,
    },
    Html,
    Huge,
    Slow(Duration),
    /// The answer, changed by the named alteration.
    Alter(&'static str),
    /// A habit of the server, looked up by name where it matters.
    Habit(&'static str),
}

/// Alterations of JSON answers.
pub const ALTERATIONS: &[&str] = &[
    "truncated_json",
    "wrong_types",
    "paging_loop",
    "next_other_host",
    "next_relative",
    "total_is_page_size",
    "warnings",
    "entered_in_error_stub",
    "foreign_attachment",
    "disappearing_row",
    "no_id",
];

/// Habits of discovery, authorization, tokens and search.
pub const HABITS: &[&str] = &[
    "well_known_404",
    "well_known_at_root",
    "relative_urls",
    "missing_capability",
    "scope_v1_only",
    "scope_v2_only",
    "wildcard_trimmed",
    "iss_absent",
    "iss_wrong",
    "never_returns",
    "state_wrong",
    "no_patient",
    "no_refresh",
    "no_expires_in",
    "no_scope",
    "no_id_token",
    "token_lowercase",
    "id_token_wrong_nonce",
    "id_token_wrong_audience",
    "id_token_unknown_key",
    "fhir_user_related",
    "refresh_not_rotated",
    "refresh_dead",
    "invalid_client",
    "status_required",
    "intent_list_refused",
    "include_refused",
    "last_updated_ignored",
    "page_expired",
    "merged_patient",
];

/// A fault as it is posted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// A type (`Observation`), one resource (`Binary/abc`), an endpoint (`token`), or nothing for all.
    pub path: Option<String>,
    pub fault: String,
    /// How often it happens; nothing means until it is cleared.
    pub times: Option<u32>,
}

#[derive(Debug)]
struct Row {
    path: Option<String>,
    fault: Fault,
    left: Option<u32>,
}

/// The faults of one hospital, and its count of requests by path.
#[derive(Debug, Default)]
pub struct Faults {
    rows: Vec<Row>,
    asked: BTreeMap<String, u64>,
}

impl Fault {
    /// Reads `status:429;retry_after=1`, `slow:2000`, or a name.
    pub fn parse(text: &str) -> Option<Fault> {
        let (head, rest) = text.split_once(';').unwrap_or((text, ""));
        if let Some(code) = head.strip_prefix("status:") {
            let retry_after = match rest.split_once('=') {
                Some(("retry_after", seconds)) => RetryAfter::Seconds(seconds.parse().ok()?),
                Some(("retry_after_date", seconds)) => RetryAfter::Date(seconds.parse().ok()?),
                Some(_) => return None,
                None => RetryAfter::Absent,
            };
            let code = code.parse().ok().filter(|code| (300..600).contains(code))?;
            return Some(Fault::Status { code, retry_after });
        }
        if let Some(milliseconds) = head.strip_prefix("slow:") {
            return Some(Fault::Slow(Duration::from_millis(milliseconds.parse().ok()?)));
        }
        let named = |names: &[&'static str]| names.iter().find(|name| **name == text).copied();
        match text {
            "html_200" => Some(Fault::Html),
            "huge" => Some(Fault::Huge),
            "one_bad_row" => Some(Fault::Status { code: 500, retry_after: RetryAfter::Absent }),
            _ => named(ALTERATIONS).map(Fault::Alter).or_else(|| named(HABITS).map(Fault::Habit)),
        }
    }
}

impl Faults {
    /// Adds one fault; the name that is not known is given back.
    pub fn order(&mut self, order: Order) -> Result<(), String> {
        let fault = Fault::parse(&order.fault).ok_or(order.fault)?;
        self.rows.push(Row { path: order.path, fault, left: order.times });
        Ok(())
    }

    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Counts a request for `path` and takes the faults that are due for it.
    pub fn meet(&mut self, path: &str) -> Vec<Fault> {
        *self.asked.entry(path.to_owned()).or_default() += 1;
        self.take(|row| {
            !matches!(row.fault, Fault::Habit(_)) && row.path.as_deref().is_none_or(|wanted| covers(wanted, path))
        })
    }

    /// Whether the named habit applies to this request.
    pub fn habit(&mut self, name: &str) -> bool {
        !self.take(|row| row.fault_is_habit(name)).is_empty()
    }

    /// Requests so far, by path.
    pub fn asked(&self) -> &BTreeMap<String, u64> {
        &self.asked
    }

    fn take(&mut self, due: impl Fn(&Row) -> bool) -> Vec<Fault> {
        let mut met = Vec::new();
        for row in self.rows.iter_mut().filter(|row| due(row)) {
            met.push(row.fault.clone());
            row.left = row.left.map(|left| left.saturating_sub(1));
        }
        self.rows.retain(|row| row.left != Some(0));
        met
    }
}

impl Row {
    fn fault_is_habit(&self, name: &str) -> bool {
        matches!(self.fault, Fault::Habit(habit) if habit == name)
    }
}

/// `Observation` covers searches and reads of the type, `Binary/a` only that one.
fn covers(wanted: &str, path: &str) -> bool {
    path == wanted || path.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_from_text() {
        let table = [
            ("status:401", Some(Fault::Status { code: 401, retry_after: RetryAfter::Absent })),
            ("status:429;retry_after=1", Some(Fault::Status { code: 429, retry_after: RetryAfter::Seconds(1) })),
            ("status:429;retry_after_date=5", Some(Fault::Status { code: 429, retry_after: RetryAfter::Date(5) })),
            ("status:42", None),
            ("slow:2000", Some(Fault::Slow(Duration::from_secs(2)))),
            ("paging_loop", Some(Fault::Alter("paging_loop"))),
            ("iss_wrong", Some(Fault::Habit("iss_wrong"))),
            ("nonsense", None),
        ];
        for (text, expected) in table {
            assert_eq!(Fault::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_fault_happens_as_often_as_ordered_and_only_on_its_path() {
        let mut faults = Faults::default();
        let order = Order { path: Some("Observation".into()), fault: "status:503".into(), times: Some(2) };
        faults.order(order).expect("the name is known");
        assert_eq!(faults.meet("Condition").len(), 0);
        assert_eq!(faults.meet("Observation").len(), 1);
        assert_eq!(faults.meet("Observation/1").len(), 1);
        assert_eq!(faults.meet("Observation").len(), 0);
        assert_eq!(faults.asked()["Observation"], 2);
    }
}
