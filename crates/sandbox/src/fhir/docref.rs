//! `DocumentReference/$docref`: the newest summary, or the documents of a type and a time.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::bearer::View;
use super::dates::{Stretch, Wanted};
use super::outcome::{Refusal, fhir};
use super::paging::Rest;
use super::query::{Habits, Query};
use super::{bundle, kinds, matching};
use crate::oauth::form::Form;
use crate::oauth::scopes::Right;
use crate::people::Resource;
use crate::world::Here;

/// Summary of episode note: what is meant when no type is named.
const SUMMARY: &str = "http://loinc.org|34133-9";
const LARGEST: usize = 100;

pub fn find(here: &Here, view: &View, query: &str) -> Result<Response, Refusal> {
    let kind = kinds::find("DocumentReference").expect("the table has documents");
    view.require(kind, Right::Search)?;
    let form = Form::parse(query);
    let patient = form.get("patient").ok_or_else(|| Refusal::missing_parameter("$docref needs patient"))?.to_owned();
    let mut search = Query::parse(kind, &view.chart.person.id, &[("patient".to_owned(), patient)], &Habits::default())?;
    search.count = LARGEST;
    let edge = |name: &str, prefix: &str| match form.get(name) {
        None => Ok(None),
        Some(date) => Wanted::parse(&format!("{prefix}{date}"))
            .map(Some)
            .ok_or_else(|| Refusal::bad_value(format!("{name} is not a date"))),
    };
    let edges = [edge("start", "ge")?, edge("end", "le")?];
    let wanted = form.get("type").unwrap_or(SUMMARY);
    let type_param = kind.param("type").expect("documents are searched by type");
    let in_time = |resource: &Resource| {
        let covered = [&resource.json["context"]["period"], &resource.json["date"]].into_iter().find_map(Stretch::of);
        edges.iter().flatten().all(|wanted| covered.is_some_and(|stretch| wanted.matches(stretch)))
    };
    let mut found: Vec<&Resource> = view
        .all(here, kind)
        .filter(|resource| matching::matches(&resource.json, type_param, wanted) && in_time(resource))
        .filter(|resource| view.shows(kind.name, &resource.json, Right::Search))
        .collect();
    found.sort_by_key(|resource| std::cmp::Reverse(resource.json["date"].as_str().unwrap_or_default()));
    if form.get("type").is_none() {
        found.truncate(1);
    }
    let ids = found.into_iter().map(|resource| resource.id.clone()).collect();
    let rest = Rest::new(view.grant, kind.name, ids, &search);
    let bundle: Value = bundle::page(here, view, kind, &rest, query, &[]);
    Ok(fhir(StatusCode::OK, &bundle))
}
