//! One page of a search as a bundle.

use serde_json::{Value, json};

use super::bearer::View;
use super::kinds::{self, Kind};
use super::matching::values_at;
use super::outcome::outcome;
use super::paging::Rest;
use crate::oauth::form::random_text;
use crate::oauth::scopes::Right;
use crate::people::Resource;
use crate::world::Here;

/// Writes the page that `rest` begins with, and promises the one after it.
pub fn page(here: &Here, view: &View, kind: &'static Kind, rest: &Rest, own_query: &str, warnings: &[String]) -> Value {
    let base = here.site.fhir_base();
    let matches: Vec<&Resource> = rest.page().iter().filter_map(|id| view.find(here, kind, id)).collect();
    let mut entries: Vec<Value> = matches.iter().map(|resource| entry(&base, resource, "match")).collect();
    entries.extend(extras(here, view, &matches, rest).into_iter().map(|resource| entry(&base, resource, "include")));
    entries.extend(
        warnings
            .iter()
            .map(|text| json!({"resource": outcome("warning", "not-supported", text), "search": {"mode": "outcome"}})),
    );
    let own = if own_query.is_empty() {
        format!("{base}/{}", kind.name)
    } else {
        format!("{base}/{}?{own_query}", kind.name)
    };
    let mut links = vec![json!({"relation": "self", "url": own})];
    if let Some(next) = rest.next() {
        let name = random_text();
        links.push(json!({"relation": "next", "url": format!("{base}/{}?_page={name}", kind.name)}));
        here.site.pages().promise(name, next, here.now);
    }
    let mut bundle = json!({"resourceType": "Bundle", "id": random_text(), "type": "searchset", "total": rest.ids.len(), "link": links});
    if !entries.is_empty() {
        bundle["entry"] = json!(entries);
    }
    bundle
}

fn entry(base: &str, resource: &Resource, mode: &str) -> Value {
    json!({"fullUrl": format!("{base}/{}/{}", resource.kind, resource.id), "resource": resource.json, "search": {"mode": mode}})
}

/// What the matches refer to and what refers to them, each once.
fn extras<'a>(here: &'a Here, view: &'a View, matches: &[&Resource], rest: &Rest) -> Vec<&'a Resource> {
    let mut extras: Vec<&Resource> = Vec::new();
    for reference in matches
        .iter()
        .flat_map(|resource| rest.includes.iter().flat_map(|include| values_at(&resource.json, include.path)))
    {
        let target = reference
            .as_str()
            .and_then(|text| text.rsplit_once('/'))
            .and_then(|(kind, id)| Some((kinds::find(kind.rsplit('/').next()?)?, id)));
        if let Some(found) = target.and_then(|(kind, id)| view.find(here, kind, id))
            && !extras.iter().any(|extra| extra.kind == found.kind && extra.id == found.id)
        {
            extras.push(found);
        }
    }
    if rest.provenance {
        let wanted: std::collections::HashSet<String> =
            matches.iter().map(|resource| format!("{}/{}", resource.kind, resource.id)).collect();
        let about = |resource: &&Resource| {
            values_at(&resource.json, "target.reference")
                .iter()
                .any(|target| target.as_str().is_some_and(|text| wanted.contains(text)))
        };
        extras.extend(view.chart.of_kind("Provenance").filter(about));
    }
    extras.retain(|resource| view.shows(resource.kind, &resource.json, Right::Read));
    extras
}
