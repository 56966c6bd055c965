//! The bytes of documents: raw, or wrapped in a Binary when FHIR is asked for.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::bearer::View;
use super::outcome::{Refusal, fhir};

pub fn read(view: &View, id: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let found = view.chart.person.binaries.iter().find(|binary| binary.id == id);
    let binary = found.ok_or_else(|| Refusal::not_found("there is no Binary with this id in this record"))?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if ["application/fhir+json", "application/json"].iter().any(|wanted| accept.contains(wanted)) {
        let data = STANDARD.encode(&binary.bytes);
        return Ok(fhir(
            StatusCode::OK,
            &json!({"resourceType": "Binary", "id": binary.id, "contentType": binary.content_type, "data": data}),
        ));
    }
    Ok(([(header::CONTENT_TYPE, binary.content_type)], binary.bytes.clone()).into_response())
}
