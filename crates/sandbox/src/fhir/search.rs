//! Type-level GET: a search, or the next page of one.

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::bearer::View;
use super::dates::Stretch;
use super::kinds::{self, Kind};
use super::outcome::{Refusal, fhir};
use super::paging::Rest;
use super::query::{Habits, Query};
use super::{bundle, matching};
use crate::oauth::scopes::Right;
use crate::people::Resource;
use crate::world::Here;

pub async fn get(
    here: Here,
    Path((_, kind)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let view = View::open(&here, &headers).await?;
    let kind = kinds::find(&kind)
        .ok_or_else(|| Refusal::not_supported(format!("{kind} is not a resource type of this server")))?;
    if !kind.searchable() {
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "not-supported",
            format!("{} cannot be searched by itself", kind.name),
        ));
    }
    view.require(kind, Right::Search)?;
    let own_query = query.unwrap_or_default();
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(&own_query).map_err(|_| Refusal::bad_value("the query cannot be read"))?;
    if let Some((_, name)) = pairs.iter().find(|(name, _)| name == "_page") {
        let rest = promised(&here, &view, kind, name)?;
        return Ok(fhir(StatusCode::OK, &bundle::page(&here, &view, kind, &rest, &own_query, &[])));
    }
    let query = Query::parse(kind, patient_of(&view, &pairs), &pairs, &habits(&here, &headers))?;
    let ids = view
        .all(&here, kind)
        .filter(|resource| answers(&view, resource, &query))
        .map(|resource| resource.id.clone())
        .collect();
    let rest = Rest::new(view.grant, kind.name, ids, &query);
    Ok(fhir(StatusCode::OK, &bundle::page(&here, &view, kind, &rest, &own_query, &query.warnings)))
}

pub(super) fn promised(here: &Here, view: &View, kind: &Kind, name: &str) -> Result<Rest, Refusal> {
    let expired = here.site.faults().habit("page_expired");
    let rest = here.site.pages().find(name, view.grant, kind.name, here.now).filter(|_| !expired);
    rest.ok_or_else(|| Refusal::new(StatusCode::GONE, "expired", "this page has expired; search again"))
}

/// The patient's id, under the name it got in a merge if that is how it was asked.
fn patient_of<'a>(view: &'a View, pairs: &'a [(String, String)]) -> &'a str {
    let own = view.chart.person.id.as_str();
    let merged =
        |text: &'a str| text.rsplit("Patient/").next().filter(|id| id.strip_suffix(super::read::MERGED) == Some(own));
    pairs.iter().find(|(name, _)| name == "patient").and_then(|(_, value)| merged(value)).unwrap_or(own)
}

fn habits(here: &Here, headers: &HeaderMap) -> Habits {
    let mut faults = here.site.faults();
    Habits {
        status_required: faults.habit("status_required"),
        intent_list_refused: faults.habit("intent_list_refused"),
        include_refused: faults.habit("include_refused"),
        last_updated_ignored: faults.habit("last_updated_ignored"),
        strict: headers
            .get("prefer")
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains("handling=strict")),
    }
}

pub(super) fn answers(view: &View, resource: &Resource, query: &Query) -> bool {
    let updated = || Stretch::parse(&resource.last_updated);
    query.ids.as_ref().is_none_or(|ids| ids.contains(&resource.id))
        && query.filters.iter().all(|(param, values)| matching::matches(&resource.json, param, values))
        && query.last_updated.iter().all(|wanted| updated().is_some_and(|stretch| wanted.matches(stretch)))
        && view.shows(resource.kind, &resource.json, Right::Search)
}
