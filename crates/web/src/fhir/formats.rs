//! Which form an answer may have: FHIR's JSON, or the bytes of a document themselves.

use axum::http::{HeaderMap, header};

pub(super) const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";
const JSON: [&str; 4] = ["application/fhir+json", "application/json", "text/json", "json"];

/// The media types an `Accept` header names, without those it forbids.
pub(super) fn accepted(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .filter_map(|one| {
            let mut parts = one.split(';').map(str::trim);
            let media = parts.next().filter(|media| !media.is_empty())?.to_ascii_lowercase();
            let forbidden = |part: &str| {
                let quality = part.strip_prefix("q=").and_then(|quality| quality.trim().parse::<f32>().ok());
                quality.is_some_and(|quality| quality <= 0.0)
            };
            (!parts.any(forbidden)).then_some(media)
        })
        .collect()
}

/// Whether JSON is fine, by `_format` or else by `Accept`; whoever names nothing takes what comes.
pub(super) fn takes_json(format: Option<&str>, headers: &HeaderMap) -> bool {
    if let Some(format) = format {
        // A `+` in a query is a blank.
        let media = format.split(';').next().unwrap_or_default().trim().replace(' ', "+").to_ascii_lowercase();
        return JSON.contains(&media.as_str());
    }
    if !headers.contains_key(header::ACCEPT) {
        return true;
    }
    accepted(headers).iter().any(|media| JSON.contains(&media.as_str()) || media == "*/*" || media == "application/*")
}

/// Whether the header asks for this very type, or for its family.
pub(super) fn names(headers: &HeaderMap, media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let family = media.split('/').next().map(|family| format!("{family}/*")).unwrap_or_default();
    let json = JSON.contains(&media.as_str());
    !json && accepted(headers).iter().any(|one| *one == media || (*one == family && family != "application/*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(accept: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, accept.parse().unwrap());
        }
        headers
    }

    #[test]
    fn json_is_taken_unless_something_else_is_asked_for() {
        let table = [
            (None, None, true),
            (None, Some("*/*"), true),
            (None, Some("application/fhir+json; fhirVersion=4.0"), true),
            (None, Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), true),
            (None, Some("application/fhir+xml"), false),
            (None, Some("application/fhir+xml, application/json;q=0"), false),
            (None, Some(""), false),
            (Some("json"), Some("application/fhir+xml"), true),
            (Some("application/fhir json"), None, true),
            (Some("xml"), Some("application/fhir+json"), false),
            (Some("application/fhir+xml"), None, false),
            (Some("turtle"), None, false),
        ];
        for (format, accept, expected) in table {
            assert_eq!(takes_json(format, &headers(accept)), expected, "{format:?} {accept:?}");
        }
    }

    #[test]
    fn a_document_comes_raw_when_its_type_is_named() {
        let table = [
            ("application/pdf", "application/pdf", true),
            ("application/pdf", "text/plain, application/PDF;q=0.5", true),
            ("image/png", "image/*", true),
            ("application/pdf", "*/*", false),
            ("application/pdf", "application/*", false),
            ("application/pdf", "application/pdf;q=0", false),
            ("text/html; charset=utf-8", "text/html", true),
            ("application/json", "application/json", false),
        ];
        for (media, accept, expected) in table {
            assert_eq!(names(&headers(Some(accept)), media), expected, "{media} {accept}");
        }
    }
}
