//! Searches and `$everything`, as pages of a Bundle.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use engine::Engine;
use engine::fhir::{Asked, Everything, Search, kind};

use super::access::{Form, Reader};
use super::formats::FHIR_JSON;
use super::outcome::Refusal;

pub(super) async fn search(
    State(engine): State<Engine>,
    Path(name): Path<String>,
    reader: Reader,
) -> Result<Response, Refusal> {
    found(&engine, &name, reader).await
}

pub(super) async fn search_by_form(
    State(engine): State<Engine>,
    Path(name): Path<String>,
    Form(reader): Form,
) -> Result<Response, Refusal> {
    found(&engine, &name, reader).await
}

async fn found(engine: &Engine, name: &str, Reader { access, request }: Reader) -> Result<Response, Refusal> {
    request.wants_json()?;
    let kind = kind(name).ok_or_else(Refusal::unknown_type)?;
    let asked =
        Asked { pairs: &request.pairs, strict: request.is_strict(), now: engine.time(), base: &engine.fhir_base() };
    let search = Search::parse(kind, &asked)?;
    Ok(bundle(engine.fhir_search(&access, &search).await?))
}

pub(super) async fn everything(State(engine): State<Engine>, reader: Reader) -> Result<Response, Refusal> {
    all(&engine, None, reader).await
}

pub(super) async fn everything_of(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    reader: Reader,
) -> Result<Response, Refusal> {
    all(&engine, Some(&id), reader).await
}

async fn all(engine: &Engine, id: Option<&str>, Reader { access, request }: Reader) -> Result<Response, Refusal> {
    request.wants_json()?;
    let asked =
        Asked { pairs: &request.pairs, strict: request.is_strict(), now: engine.time(), base: &engine.fhir_base() };
    let everything = Everything::parse(&asked)?;
    let page = engine.fhir_everything(&access, id, &everything).await?;
    page.map(bundle).ok_or_else(|| Refusal::not_found("No Patient has this id."))
}

fn bundle(bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, FHIR_JSON), (header::CACHE_CONTROL, "private, no-store")], bytes).into_response()
}
