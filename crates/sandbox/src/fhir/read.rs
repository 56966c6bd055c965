//! Instance-level GET: one resource by its id.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::bearer::View;
use super::kinds;
use super::outcome::{Refusal, fhir};
use super::{binary, docref};
use crate::oauth::scopes::Right;
use crate::world::Here;

/// The tail of the id that a merged patient lives on under.
pub const MERGED: &str = "-merged";

pub async fn get(
    here: Here,
    Path((_, kind, id)): Path<(String, String, String)>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let view = View::open(&here, &headers).await?;
    let kind = kinds::find(&kind)
        .ok_or_else(|| Refusal::not_supported(format!("{kind} is not a resource type of this server")))?;
    if id.starts_with('$') {
        return match (kind.name, id.as_str()) {
            ("DocumentReference", "$docref") => docref::find(&here, &view, &query.unwrap_or_default()),
            _ => Err(Refusal::not_supported(format!("{id} is not an operation of {}", kind.name))),
        };
    }
    view.require(kind, Right::Read)?;
    if kind.name == "Binary" {
        return binary::read(&view, &id, &headers);
    }
    if kind.name == "Patient" && id == view.chart.person.id && here.site.faults().habit("merged_patient") {
        let target = format!("{}/Patient/{id}{MERGED}", here.site.fhir_base());
        let target = HeaderValue::from_str(&target).map_err(|_| Refusal::not_found("no such resource"))?;
        return Ok((StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, target)]).into_response());
    }
    let merged = id.strip_suffix(MERGED).filter(|_| kind.name == "Patient");
    let found = view
        .find(&here, kind, merged.unwrap_or(&id))
        .filter(|resource| view.shows(kind.name, &resource.json, Right::Read));
    let resource =
        found.ok_or_else(|| Refusal::not_found(format!("there is no {} with this id in this record", kind.name)))?;
    let mut body = resource.json.clone();
    body["id"] = json!(id);
    let mut answer = fhir(StatusCode::OK, &body);
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{}\"", body["meta"]["versionId"].as_str().unwrap_or("1"))) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    Ok(answer)
}
