//! `/v1/human/medical/reports`: the record as documents.

mod html;
mod pdf;
mod sheet;
#[cfg(test)]
mod tests;
mod words;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use engine::reports::ReportError;
use records::reports::{Code, Format, Report};

use super::access::{Reader, parameter};
use super::list;
use crate::i18n::Texts;
use crate::problem::Problem;

pub(super) async fn list(
    State(engine): State<Engine>,
    Reader(access): Reader,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = list::query(raw.as_deref())?;
    let page = engine.list_reports(&access, &query).await?;
    Ok(list::answer(page, &query, engine.base_url(), "/v1/human/medical/reports", raw.as_deref(), &headers))
}

/// A report has no form besides its contents.
pub(super) async fn find(Reader(_): Reader) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "A report is read at /v1/human/medical/reports/{id}/raw.")
}

pub(super) async fn raw(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    Reader(access): Reader,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::new(StatusCode::NOT_FOUND, "No report has this id.");
    let code = engine.find_report(&access, &id).ok_or_else(missing)?;
    let format = format(code, raw.as_deref())?;
    let edition = engine.report_edition(&access, code, format).await?;
    let etag = edition.etag.clone();
    let mut response = if list::unchanged(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if code == Code::CcdRaw {
        Body::from_stream(engine.whole_record(&access)?).into_response()
    } else {
        let body = engine.report(&access, edition, move |report| draw(&report, format)).await?;
        if body.is_empty() {
            return Err(Problem::internal(&Undrawn));
        }
        body.into_response()
    };
    dress(response.headers_mut(), code, format, &etag);
    Ok(response)
}

/// JSON unless another format is asked for; what there is when it is not one of the report's.
fn format(code: Code, raw: Option<&str>) -> Result<Format, Problem> {
    let wanted = raw.and_then(|raw| parameter(raw, "format")).filter(|wanted| !wanted.is_empty());
    let format = wanted.map_or(Ok(Format::Json), |wanted| wanted.parse());
    format.ok().filter(|format| code.formats().contains(format)).ok_or_else(|| {
        let formats: Vec<&str> = code.formats().iter().map(|format| format.name()).collect();
        Problem::new(StatusCode::BAD_REQUEST, format!("format: {} exists as {}", code.name(), formats.join(", ")))
            .reason("INVALID_PARAMETER")
            .keys("query", vec!["format".to_owned()])
    })
}

/// Empty when it cannot be drawn.
fn draw(report: &Report, format: Format) -> Vec<u8> {
    let sheet = || sheet::Sheet::new(report, Texts::choose(None, None));
    match format {
        Format::Json => report.to_json().to_string().into_bytes(),
        Format::Html => html::draw(&sheet()),
        Format::Pdf => pdf::draw(&sheet()).unwrap_or_default(),
    }
}

fn dress(headers: &mut HeaderMap, code: Code, format: Format, etag: &str) {
    let media = match format {
        Format::Json => "application/json; charset=utf-8",
        Format::Html => "text/html; charset=utf-8",
        Format::Pdf => "application/pdf",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(etag) = HeaderValue::from_str(&format!("W/{etag}")) {
        headers.insert(header::ETAG, etag);
    }
    match format {
        Format::Json => {}
        Format::Html => {
            if let Ok(policy) = HeaderValue::from_str(&html::POLICY) {
                headers.insert(header::CONTENT_SECURITY_POLICY, policy);
            }
        }
        Format::Pdf => {
            if let Ok(name) = HeaderValue::from_str(&format!("inline; filename=\"{}.pdf\"", code.name())) {
                headers.insert(header::CONTENT_DISPOSITION, name);
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a report could not be drawn")]
struct Undrawn;

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Problem {
        Problem::internal(&error)
    }
}
