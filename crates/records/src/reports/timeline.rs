//! What happened, by year.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clean::{SHORT, clean};
use super::read::instant;

/// Most bytes of items, so that no record fills the memory.
const ROOM: usize = 8 * 1024 * 1024;

/// Dated records under their year; what has no date has no place here.
pub struct Timeline {
    /// Items as JSON, with what they are sorted by.
    years: BTreeMap<String, Vec<(String, String)>>,
    room: usize,
}

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline { years: BTreeMap::new(), room: ROOM }
    }
}

impl Timeline {
    /// The kinds it shows.
    pub const KINDS: [&str; 5] = ["encounters", "test_results", "immunizations", "narratives", "vitals"];

    pub fn take(&mut self, kind: &str, body: &[u8]) {
        let Ok(record) = serde_json::from_slice::<Value>(body) else { return };
        let date = match kind {
            "test_results" => &record["resultDateTime"],
            "immunizations" => &record["dates"][0],
            _ => &record["dateTime"],
        };
        let Some(at) = instant(date) else { return };
        let text = |value: &Value| value.as_str().map(|text| clean(text, SHORT)).filter(|text| !text.is_empty());
        let unknown = || "n/a".to_owned();
        let author = match kind {
            "encounters" => text(&record["provider"]["name"]),
            "test_results" => text(&record["orderedBy"]),
            _ => text(&record["author"]),
        };
        let name = match kind {
            "encounters" => text(&record["visitType"]),
            "narratives" => text(&record["entries"][0]["title"]),
            "vitals" => None,
            _ => text(&record["name"]),
        };
        let department = text(&record["department"]).or_else(|| text(&record["provider"]["departmentName"]));
        let id = record["id"].as_str().unwrap_or_default();
        let mut item = json!({
            "objectType": kind,
            "id": id,
            "dateTime": at,
            "name": name.unwrap_or_else(unknown),
            "author": author.unwrap_or_else(unknown),
            "href": format!("/medical/{kind}/{id}"),
        });
        if let Some(department) = department {
            item["department"] = department.into();
        }
        if let Some(organization) = text(&record["organization"]["name"]) {
            item["organization"] = organization.into();
        }
        let item = item.to_string();
        let weight = 256 + item.len();
        if weight <= self.room {
            self.room -= weight;
            self.years.entry(at[..4].to_owned()).or_default().push((format!("{at} {kind} {id}"), item));
        }
    }

    /// `{"2026": [item…], "2025": …}`, newest first throughout.
    pub fn finish(self) -> Vec<u8> {
        let years = self.years.into_iter().rev().map(|(year, mut items)| {
            items.sort_by(|one, other| other.cmp(one));
            let items: Vec<String> = items.into_iter().map(|(_, item)| item).collect();
            format!("\"{year}\":[{}]", items.join(","))
        });
        format!("{{{}}}", years.collect::<Vec<String>>().join(",")).into_bytes()
    }
}
