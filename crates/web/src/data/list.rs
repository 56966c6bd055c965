//! Lists: limit, offset, filters, `Link`, `X-Total-Count`.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use engine::records::{ListQuery, Page};
use url::Url;

use super::access::{decode, parameter};
use crate::problem::Problem;

const DEFAULT_LIMIT: u32 = 50;
const LARGEST_LIMIT: u32 = 500;
const DAY: Duration = Duration::from_secs(86_400);
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// Reads the query of a list. Unknown parameters are ignored, as published clients rely on.
pub(super) fn query(raw: Option<&str>) -> Result<ListQuery, Problem> {
    let raw = raw.unwrap_or_default();
    let text = |name| parameter(raw, name).filter(|value| !value.is_empty());
    let instant = |name, open| match text(name) {
        None => Ok(open),
        // A `+` of an offset arrives as a blank.
        Some(value) => Timestamp::parse(&value.replace(' ', "+")).map_err(|error| malformed(name, &error.to_string())),
    };
    let day = |name| match text(name) {
        None => Ok(None),
        Some(value) => Timestamp::midnight(&value).map(Some).map_err(|_| malformed(name, "expected YYYY-MM-DD")),
    };
    let limit = match text("limit") {
        None => DEFAULT_LIMIT,
        Some(value) => match value.parse::<u64>() {
            Ok(limit) if limit > 0 => u32::try_from(limit).unwrap_or(LARGEST_LIMIT).min(LARGEST_LIMIT),
            _ => return Err(malformed("limit", "expected a number from 1 to 500")),
        },
    };
    let offset = match text("offset") {
        None => 0,
        Some(value) => match value.parse::<u64>() {
            Ok(offset) if offset <= i64::MAX as u64 => offset,
            _ => return Err(malformed("offset", "expected a number from 0")),
        },
    };
    let (start, end) = (day("start_date")?, day("end_date")?);
    Ok(ListQuery {
        limit,
        offset,
        created: (instant("created_since", Timestamp::MIN)?, instant("created_before", Timestamp::MAX)?),
        updated: (instant("updated_since", Timestamp::MIN)?, instant("updated_before", Timestamp::MAX)?),
        dates: (start.is_some() || end.is_some())
            .then(|| (start.unwrap_or(Timestamp::MIN), end.map_or(Timestamp::MAX, |end| end + DAY))),
        source: text("source"),
    })
}

fn malformed(name: &str, why: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, format!("{name}: {why}"))
        .reason("INVALID_PARAMETER")
        .keys("query", vec![name.to_owned()])
}

/// Answers a page, or 304 when the caller has it already.
pub(super) fn answer(
    page: Page,
    query: &ListQuery,
    base: &Url,
    path: &str,
    raw: Option<&str>,
    headers: &HeaderMap,
) -> Response {
    let mut response = if unchanged(headers, &page.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], page.body).into_response()
    };
    let answered = response.headers_mut();
    answered.insert(TOTAL, HeaderValue::from(page.total));
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(etag) = HeaderValue::from_str(&page.etag) {
        answered.insert(header::ETAG, etag);
    }
    if let Some(link) = link(page.total, query, base, path, raw).and_then(|link| HeaderValue::from_str(&link).ok()) {
        answered.insert(header::LINK, link);
    }
    response
}

pub(super) fn unchanged(headers: &HeaderMap, etag: &str) -> bool {
    headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|known| {
        known.split(',').any(|known| known.trim().trim_start_matches("W/") == etag || known.trim() == "*")
    })
}

/// `next` comes first: published clients take the first address they see.
fn link(total: u64, query: &ListQuery, base: &Url, path: &str, raw: Option<&str>) -> Option<String> {
    let (limit, offset) = (u64::from(query.limit), query.offset);
    let mut relations = Vec::new();
    let more = offset.saturating_add(limit) < total;
    if more {
        relations.push((offset + limit, "next"));
    }
    if offset > 0 {
        relations.push((offset.saturating_sub(limit), "prev"));
    }
    if more {
        relations.push((total / limit * limit, "last"));
    }
    if offset > 0 {
        relations.push((0, "first"));
    }
    if relations.is_empty() {
        return None;
    }
    let origin = base.as_str().trim_end_matches('/');
    let kept: String = raw
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && decode(pair.split('=').next().unwrap_or_default()) != "offset")
        .flat_map(|pair| [pair, "&"])
        .collect();
    let links: Vec<String> = relations
        .into_iter()
        .map(|(offset, rel)| format!("<{origin}{path}?{kept}offset={offset}>; rel=\"{rel}\""))
        .collect();
    Some(links.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relations(total: u64, raw: &str) -> Option<String> {
        let base = Url::parse("https://api.example").unwrap();
        link(total, &query(Some(raw)).unwrap(), &base, "/v1/human/medical/vitals", Some(raw))
            .map(|link| link.replace("https://api.example/v1/human/medical/vitals", ""))
    }

    #[test]
    fn links_as_observed() {
        assert_eq!(relations(234, "").unwrap(), "<?offset=50>; rel=\"next\",<?offset=200>; rel=\"last\"");
        assert_eq!(
            relations(234, "offset=50").unwrap(),
            "<?offset=100>; rel=\"next\",<?offset=0>; rel=\"prev\",<?offset=200>; rel=\"last\",<?offset=0>; rel=\"first\""
        );
        assert_eq!(relations(234, "offset=200").unwrap(), "<?offset=150>; rel=\"prev\",<?offset=0>; rel=\"first\"");
        assert_eq!(
            relations(234, "limit=2&offset=51").unwrap(),
            "<?limit=2&offset=53>; rel=\"next\",<?limit=2&offset=49>; rel=\"prev\",<?limit=2&offset=234>; rel=\"last\",<?limit=2&offset=0>; rel=\"first\""
        );
        assert_eq!(relations(50, ""), None);
        assert_eq!(relations(0, "source=a%20b"), None);
        assert_eq!(
            relations(60, "access_token=demo&source=a%20b").unwrap(),
            "<?access_token=demo&source=a%20b&offset=50>; rel=\"next\",<?access_token=demo&source=a%20b&offset=50>; rel=\"last\""
        );
    }

    #[test]
    fn limits_are_clamped_and_garbage_is_refused() {
        assert_eq!(query(Some("limit=501")).unwrap().limit, 500);
        assert_eq!(query(Some("limit=99999999999")).unwrap().limit, 500);
        assert_eq!(query(Some("limit=&offset=")).unwrap().limit, 50);
        for bad in [
            "limit=0",
            "limit=-1",
            "limit=ten",
            "offset=-1",
            "offset=1.5",
            "offset=99999999999999999999",
            "updated_since=yesterday",
            "created_before=2026-01-31",
            "start_date=2026-1-1",
            "end_date=20260101",
        ] {
            assert!(query(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_date_leaves_the_other_side_open() {
        let dates = query(Some("start_date=2026-01-31")).unwrap().dates.unwrap();
        assert_eq!((dates.0.to_iso().as_str(), dates.1), ("2026-01-31T00:00:00.000Z", Timestamp::MAX));
        let dates = query(Some("end_date=2026-01-31")).unwrap().dates.unwrap();
        assert_eq!((dates.0, dates.1.to_iso().as_str()), (Timestamp::MIN, "2026-02-01T00:00:00.000Z"));
        let since = query(Some("updated_since=2026-01-31T10:30:00+01:00")).unwrap().updated.0;
        assert_eq!(since.to_iso(), "2026-01-31T09:30:00.000Z");
    }
}
