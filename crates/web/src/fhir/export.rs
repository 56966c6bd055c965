//! Bulk Data for one person: begun, asked for, fetched as NDJSON, let go of.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::fhir::{Asked, Export, NDJSON};

use super::access::Reader;
use super::outcome::Refusal;
use super::read::http_date;

/// Answers at once, as the specification has it, where to ask for the files.
pub(super) async fn begin(
    State(engine): State<Engine>,
    Reader { access, request }: Reader,
) -> Result<Response, Refusal> {
    request.wants_json()?;
    let base = engine.fhir_base();
    let asked = Asked { pairs: &request.pairs, strict: request.is_strict(), now: engine.time(), base: &base };
    let export = Export::parse(&asked)?;
    let origin = engine.base_url().as_str().trim_end_matches('/');
    let pairs = request.pairs.iter().filter(|(name, value)| name.starts_with('_') && !value.is_empty());
    let query = serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    let id = engine.fhir_export(&access, &export, &format!("{origin}{}{mark}{query}", request.path))?;
    Ok((StatusCode::ACCEPTED, [(header::CONTENT_LOCATION, format!("{base}/$export/{id}"))]).into_response())
}

/// The files: there is nothing to wait for.
pub(super) async fn status(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    Reader { access, .. }: Reader,
) -> Result<Response, Refusal> {
    let job = engine.fhir_export_job(&access, &id)?;
    let manifest = engine.fhir_export_manifest(&access, &id, &job).await?;
    let headers =
        [(header::CONTENT_TYPE, "application/json".to_owned()), (header::EXPIRES, http_date(job.expires_at()))];
    Ok((headers, manifest).into_response())
}

pub(super) async fn delete(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    Reader { access, .. }: Reader,
) -> Result<Response, Refusal> {
    engine.fhir_export_job(&access, &id)?;
    engine.fhir_export_delete(&id);
    Ok(StatusCode::ACCEPTED.into_response())
}

pub(super) async fn file(
    State(engine): State<Engine>,
    Path((id, file)): Path<(String, String)>,
    Reader { access, .. }: Reader,
) -> Result<Response, Refusal> {
    let job = engine.fhir_export_job(&access, &id)?;
    let lines = engine.fhir_export_file(&access, &job, &file).await?;
    let lines = lines.ok_or_else(|| Refusal::not_found("This export has no such file."))?;
    Ok(([(header::CONTENT_TYPE, NDJSON)], Body::from_stream(lines)).into_response())
}
