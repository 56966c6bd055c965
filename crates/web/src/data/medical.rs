//! `/v1/human/medical/{collection}`: every kind in the registry, by one list and one read.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{RecordId, SourceId};
use engine::Engine;
use engine::records::ReadError;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use records::files::shown;
use records::medical::issues;
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
        Form::List | Form::Index | Form::Single => engine.list_records(&access, kind, &query).await?,
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
        Form::Single | Form::Index => None,
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
    let id: RecordId = id.parse().map_err(|_| missing())?;
    match name.as_str() {
        "ccds" => {
            let (_, bytes) = engine.raw_document(&access, id).await?.ok_or_else(missing)?;
            Ok(strange("text/xml", bytes))
        }
        "documents" => {
            let file = engine.raw_file(&access, id).await?.ok_or_else(missing)?;
            let mut response = strange(media(&file.content_type), file.bytes);
            let disposition = attachment(file.name.as_deref().unwrap_or("document"));
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
            Ok(response)
        }
        _ => Err(missing()),
    }
}

/// What became of every entry of a document: mapped to which resources, or lost for which reason.
pub(super) async fn losses(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    Reader(access): Reader,
) -> Result<Response, Problem> {
    let missing = || not_found("No document with this id was converted.");
    let id: RecordId = id.parse().map_err(|_| missing())?;
    let conversion = engine.conversion(&access, id).await?.ok_or_else(missing)?;
    let body = serde_json::json!({
        "id": id,
        "convertedAt": conversion.converted_at,
        "totals": conversion.losses.totals(),
        "sections": conversion.losses.sections,
    });
    Ok(json(Bytes::from(body.to_string())))
}

/// A stranger's bytes: shown as a file, never as a page of ours.
fn strange(media: &str, bytes: Bytes) -> Response {
    (
        [
            (header::CONTENT_TYPE, media),
            (header::CACHE_CONTROL, "private, no-cache"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        ],
        bytes,
    )
        .into_response()
}

/// A type as its source declared it, when it is one.
fn media(declared: &str) -> &str {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let bare = declared.split(';').next().unwrap_or_default().trim();
    let known = bare.split_once('/').is_some_and(|(main, sub)| token(main) && token(sub));
    if known { bare } else { "application/octet-stream" }
}

/// To be kept under this name: once for those who know letters, once for those who do not.
fn attachment(name: &str) -> HeaderValue {
    let name = shown(name).replace('/', " ");
    let plain: String = name
        .chars()
        .map(|letter| match letter {
            '"' | '\\' | '%' | ';' => '_',
            letter if letter.is_ascii() && !letter.is_ascii_control() => letter,
            _ => '_',
        })
        .collect();
    let whole = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"))
        .unwrap_or(HeaderValue::from_static("attachment"))
}

fn collection(name: &str) -> Result<&'static Kind, Problem> {
    // An extension: problems by the name FHIR has for them.
    let name = if name == "conditions" { issues::KIND.id } else { name };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_source_declares_does_no_harm() {
        for (declared, expected) in [
            ("application/pdf", "application/pdf"),
            ("text/plain; charset=utf-8", "text/plain"),
            ("", "application/octet-stream"),
            ("text/html\r\nSet-Cookie: a=b", "application/octet-stream"),
            ("a b/c", "application/octet-stream"),
        ] {
            assert_eq!(media(declared), expected, "{declared:?}");
        }
        for (name, expected) in [
            ("letter.pdf", "attachment; filename=\"letter.pdf\"; filename*=UTF-8''letter%2Epdf"),
            ("../a\"b;\r\n.pdf", "attachment; filename=\"a_b_.pdf\"; filename*=UTF-8''a%22b%3B%2Epdf"),
            ("Ängste", "attachment; filename=\"_ngste\"; filename*=UTF-8''%C3%84ngste"),
        ] {
            assert_eq!(attachment(name), expected, "{name:?}");
        }
    }
}
