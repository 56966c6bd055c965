//! `/v1/human/medical/{collection}`: every kind in the registry, by one list and one read.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{RecordId, SourceId};
use engine::Engine;
use engine::records::ReadError;
use records::{Form, Kind};

use super::access::Reader;
use super::list;
use crate::problem::Problem;

pub(super) async fn list(
    State(engine): State<Engine>,
    Path(name): Path<String>,
    Reader(access): Reader,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kind = collection(&name)?;
    if kind.form == Form::Single {
        let one = engine.newest_record(&access, kind).await?;
        return one.map(json).ok_or_else(|| not_found("Nothing is stored for this person yet."));
    }
    let mut query = list::query(raw.as_deref())?;
    if !kind.dated {
        query.dates = None;
    }
    let page = match kind.form {
        Form::Sources => engine.list_organizations(&access, &query).await?,
        Form::List | Form::Single => engine.list_records(&access, kind, &query).await?,
    };
    let path = format!("/v1/human/medical/{}", kind.id);
    Ok(list::answer(page, &query, engine.base_url(), &path, raw.as_deref(), &headers))
}

pub(super) async fn find(
    State(engine): State<Engine>,
    Path((name, id)): Path<(String, String)>,
    Reader(access): Reader,
) -> Result<Response, Problem> {
    let kind = collection(&name)?;
    let found = match kind.form {
        Form::Single => None,
        Form::Sources => match id.parse::<SourceId>() {
            Ok(id) => engine.find_organization(&access, id).await?,
            Err(_) => None,
        },
        Form::List => match id.parse::<RecordId>() {
            Ok(id) => engine.find_record(&access, kind, id).await?,
            Err(_) => None,
        },
    };
    found.map(json).ok_or_else(|| not_found("No record has this id."))
}

pub(super) async fn raw(
    State(engine): State<Engine>,
    Path((name, id)): Path<(String, String)>,
    Reader(access): Reader,
) -> Result<Response, Problem> {
    let missing = || not_found("No document has this id.");
    if name != "ccds" {
        return Err(missing());
    }
    let id: RecordId = id.parse().map_err(|_| missing())?;
    let document = engine.raw_document(&access, id).await?.ok_or_else(missing)?;
    // The bytes are a stranger's: they are shown as a file, never as a page of ours.
    Ok((
        [
            (header::CONTENT_TYPE, "text/xml"),
            (header::CACHE_CONTROL, "private, no-cache"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        ],
        document.1,
    )
        .into_response())
}

fn collection(name: &str) -> Result<&'static Kind, Problem> {
    records::kind(name).ok_or_else(|| not_found("There is no medical collection of this name."))
}

/// One object. A token in the query does not tell caches that the answer is one person's.
pub(super) fn json(body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CACHE_CONTROL, "private, no-cache")], body)
        .into_response()
}

fn not_found(message: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, message)
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        Problem::internal(&error)
    }
}
