//! Which rows a section shows: all, those that hold now, or the newest of each.

use std::collections::HashSet;

use domain::Timestamp;
use serde_json::Value;

use super::clean::{SHORT, clean};
use super::read::{flag, instant, rows as all};
use super::{Cell, Column, Row, Topic};

/// Most analytes a digest tells apart.
const ANALYTES: usize = 5000;

/// LOINC codes of the results that are watched most: blood sugar, fats, kidneys, liver, blood count, thyroid.
const KEY_RESULTS: [&str; 47] = [
    "4548-4", "17856-6", "2345-7", "2339-0", "1558-6", "2093-3", "13457-7", "18262-6", "2089-1", "2085-9", "2571-8",
    "2160-0", "33914-3", "48642-3", "48643-1", "62238-1", "98979-8", "88293-6", "77147-7", "3094-0", "2951-2",
    "2823-3", "1742-6", "1920-8", "1975-2", "1751-7", "3016-3", "11580-8", "718-7", "4544-3", "20570-8", "6690-2",
    "26464-8", "777-3", "26515-7", "2276-4", "1989-3", "6301-6", "9318-7", "14959-1", "2857-1", "1988-5", "30522-7",
    "17861-6", "6768-6", "2028-9", "2075-0",
];

/// The rows of a record that its topic shows. Records come newest first.
pub(super) fn rows(topic: Topic, record: &Value, now: Timestamp, seen: &mut HashSet<String>) -> Vec<Row> {
    match topic {
        Topic::CurrentProblems | Topic::CurrentAllergies | Topic::CurrentMedications if !is_current(record, now) => {
            Vec::new()
        }
        Topic::UpcomingPlans => {
            // A day counts to its end.
            let today = now.to_iso()[..10].to_owned();
            let ahead = instant(&record["date"]).is_some_and(|date| &date[..10] >= today.as_str());
            if ahead { all(topic, record) } else { Vec::new() }
        }
        Topic::LatestVitals => newest(topic, record, &record["results"], seen, |_| true),
        Topic::KeyResults => newest(topic, record, &record["components"], seen, |one| {
            loinc(one).is_some_and(|code| KEY_RESULTS.contains(&code)) || flag(one).is_some()
        }),
        Topic::AbnormalResults => newest(topic, record, &record["components"], seen, |one| flag(one).is_some()),
        _ => all(topic, record),
    }
}

/// What has no status holds unless it has ended.
fn is_current(record: &Value, now: Timestamp) -> bool {
    const HOLDS: [&str; 8] =
        ["active", "recurrence", "relapse", "on-hold", "on hold", "intended", "unknown", "confirmed"];
    let end = instant(&record["endDate"]).or_else(|| instant(&record["dateRange"]["end"]));
    match record["status"].as_str().filter(|status| !status.trim().is_empty()) {
        Some(status) => HOLDS.contains(&status.trim().to_lowercase().as_str()),
        None => end.is_none_or(|end| end >= now.to_iso().as_str()),
    }
}

/// Of each thing that is measured again and again the first that comes, when it is worth showing.
fn newest(
    topic: Topic,
    record: &Value,
    members: &Value,
    seen: &mut HashSet<String>,
    worth: impl Fn(&Value) -> bool,
) -> Vec<Row> {
    let mut fresh = Vec::new();
    for one in members.as_array().into_iter().flatten() {
        let analyte = loinc(one).or_else(|| one["name"].as_str()).unwrap_or_default();
        let analyte = clean(analyte, SHORT).to_lowercase();
        let empty = matches!(&one["value"], Value::Null) || one["value"].as_str().is_some_and(str::is_empty);
        if !empty && seen.len() < ANALYTES && seen.insert(analyte) && worth(one) {
            fresh.push(one.clone());
        }
    }
    if fresh.is_empty() {
        return Vec::new();
    }
    let mut narrowed = record.clone();
    narrowed[if topic == Topic::LatestVitals { "results" } else { "components" }] = Value::Array(fresh);
    all(topic, &narrowed)
}

fn loinc(one: &Value) -> Option<&str> {
    one["codes"].as_array()?.iter().find(|code| code["codeSystemName"] == "LOINC")?["code"].as_str()
}

impl Row {
    /// Whether the source, or its range, calls it unusual.
    pub fn is_flagged(&self) -> bool {
        matches!(self.get(Column::Flag), Some(Cell::Flag(_)))
    }
}
