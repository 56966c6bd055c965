//! One resource by its id.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use engine::Engine;
use engine::fhir::{Found, Read, kind};

use super::access::Reader;
use super::formats::{FHIR_JSON, names};
use super::outcome::Refusal;

pub(super) async fn read(
    State(engine): State<Engine>,
    Path((name, id)): Path<(String, String)>,
    Reader { access, request }: Reader,
) -> Result<Response, Refusal> {
    let kind = kind(&name).ok_or_else(Refusal::unknown_type)?;
    if kind.searchable() {
        request.wants_json()?;
    }
    let found = match engine.fhir_read(&access, kind, &id).await? {
        Read::Found(found) => found,
        Read::Gone => {
            let text = "Its source no longer has this resource.";
            return Err(Refusal::new(StatusCode::GONE, "deleted", text));
        }
        Read::Unknown => return Err(Refusal::not_found("No resource of this type has this id.")),
    };
    let headers = &request.headers;
    if !kind.searchable() && request.parameter("_format").is_none() {
        let document = engine::fhir::document(&found.body);
        if let Some((media, bytes)) = document.filter(|(media, _)| names(headers, media)) {
            return Ok(raw(&media, bytes, &found));
        }
    }
    request.wants_json()?;
    let mut response = match unchanged(headers, &found.etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, FHIR_JSON)], found.body.clone()).into_response(),
    };
    stamp(&mut response, &found);
    Ok(response)
}

/// The bytes are a stranger's: they are shown as a file, never as a page of ours.
fn raw(media: &str, bytes: Vec<u8>, found: &Found) -> Response {
    let media = HeaderValue::from_str(media).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let policy = [(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'")];
    let mut response = (policy, bytes).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    stamp(&mut response, found);
    response
}

fn stamp(response: &mut Response, found: &Found) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Authorization"));
    for (name, value) in [(header::ETAG, found.etag.clone()), (header::LAST_MODIFIED, http_date(found.changed_at))] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

fn unchanged(headers: &HeaderMap, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known.split(',').any(|known| known.trim() == "*" || bare(known) == bare(etag)))
}

/// `Sat, 31 Jan 2026 09:30:00 GMT`
pub(super) fn http_date(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let iso = at.to_iso();
    let day = DAYS[at.seconds().div_euclid(86_400).rem_euclid(7) as usize];
    let month: usize = iso[5..7].parse().unwrap_or(1);
    format!("{day}, {} {} {} {} GMT", &iso[8..10], MONTHS[month.clamp(1, 12) - 1], &iso[..4], &iso[11..19])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_http_writes_them() {
        for (at, expected) in [
            ("2026-01-31T09:30:00.999Z", "Sat, 31 Jan 2026 09:30:00 GMT"),
            ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
        ] {
            assert_eq!(http_date(Timestamp::parse(at).unwrap()), expected);
        }
    }
}
