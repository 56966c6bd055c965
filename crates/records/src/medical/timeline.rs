//! An index of what happened when, by the records themselves.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::drafts::{Draft, Drafts, wire};

pub static KIND: Kind = Kind {
    id: "timeline",
    title: "Timeline",
    description: "Visits, results, vaccines, notes and vitals in the order they happened.",
    form: Form::Index,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &[],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    date_time: String,
    author: Option<&'a str>,
    department: Option<&'a str>,
    name: Option<&'a str>,
}

/// Stands where a name is not known.
const UNKNOWN: &str = "n/a";

/// Its rows point to other records; [`index`] makes them when those are settled.
fn from_fhir(_: &Chart, _: &mut Drafts) {}

/// A row for each dated record of the kinds it covers.
pub(crate) fn index(drafts: &[Draft]) -> Vec<Draft> {
    drafts.iter().filter_map(row).collect()
}

fn row(draft: &Draft) -> Option<Draft> {
    let text = |name: &str| draft.body.get(name).and_then(Value::as_str);
    let provider = |name: &str| draft.body.get("provider").and_then(|provider| provider.get(name)?.as_str());
    let (author, department, name) = match draft.kind.id {
        "encounters" => {
            let name = text("visitType").unwrap_or(UNKNOWN);
            (Some(provider("name").unwrap_or(UNKNOWN)), provider("departmentName"), Some(name))
        }
        "vitals" | "narratives" => (Some(text("author").unwrap_or(UNKNOWN)), text("department"), None),
        // The contract's example has the author of a result, and never knows it.
        "test_results" => (Some(UNKNOWN), None, Some(text("name").unwrap_or(UNKNOWN))),
        "immunizations" => (None, None, Some(text("name").unwrap_or(UNKNOWN))),
        _ => return None,
    };
    let entry = Entry { kind: draft.kind.id, date_time: draft.sort_at?.to_iso(), author, department, name };
    let body: Map<String, Value> = wire(&entry);
    Some(Draft {
        kind: &KIND,
        key: format!("{}/{}", draft.kind.id, draft.key),
        also: vec![],
        own: draft.own,
        document: draft.document.clone(),
        fact: None,
        about: Some((draft.kind, draft.key.clone())),
        sort_at: draft.sort_at,
        from: draft.from,
        to: draft.to,
        lineage: vec![],
        codes: vec![],
        body,
    })
}
