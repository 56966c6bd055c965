//! Refusals as FHIR says them: a status and an OperationOutcome.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::fhir::{ExportError, FhirError, QueryError};
use serde_json::json;

use super::formats::FHIR_JSON;

/// Why a request is turned down.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    text: String,
    allow: Option<&'static str>,
}

impl Refusal {
    /// `code` is of FHIR's issue types.
    pub(super) fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Refusal {
        Refusal { status, code, text: text.into(), allow: None }
    }

    pub(super) fn bad_request(code: &'static str, text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, code, text)
    }

    pub(super) fn not_found(text: &str) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "not-found", text)
    }

    pub(super) fn unknown_type() -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "not-supported", "There is no resource type or operation of this name.")
    }

    pub(super) fn unauthorized(text: &str) -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, "login", text)
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Refusal {
        let text = format!("This address answers {allow} only.");
        Refusal { allow: Some(allow), ..Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "not-supported", text) }
    }

    /// A failure on our side: the cause is logged here, once.
    pub(super) fn internal(cause: &dyn std::error::Error) -> Refusal {
        tracing::error!(%cause, "request failed");
        Refusal::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is known of a refusal that nobody put into words.
    pub(super) fn of_status(status: StatusCode) -> Refusal {
        let (code, text) = match status {
            StatusCode::NOT_FOUND => ("not-found", "There is nothing at this address."),
            StatusCode::METHOD_NOT_ALLOWED => ("not-supported", "This address does not answer this method."),
            StatusCode::PAYLOAD_TOO_LARGE => ("too-long", "The request is too large."),
            StatusCode::TOO_MANY_REQUESTS => ("throttled", "Too many requests; try again later."),
            status if status.is_server_error() => {
                ("exception", "Something failed on this server; the request id finds it in the log.")
            }
            _ => ("invalid", "The request could not be read."),
        };
        Refusal::new(status, code, text)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let outcome = json!({
            "resourceType": "OperationOutcome",
            "issue": [{ "severity": "error", "code": self.code, "diagnostics": self.text }],
        });
        let headers = [(header::CONTENT_TYPE, FHIR_JSON), (header::CACHE_CONTROL, "no-store")];
        let mut response = (self.status, headers, outcome.to_string()).into_response();
        if let Some(allow) = self.allow {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<FhirError> for Refusal {
    fn from(error: FhirError) -> Refusal {
        Refusal::internal(&error)
    }
}

impl From<ExportError> for Refusal {
    fn from(error: ExportError) -> Refusal {
        match error {
            ExportError::Unknown => Refusal::not_found("There is no such export; it may have ended."),
            ExportError::Fhir(error) => error.into(),
        }
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Refusal {
        let code = match error {
            QueryError::Value(_) => "value",
            QueryError::TooMany => "too-costly",
            QueryError::Unknown(_)
            | QueryError::Modifier(_)
            | QueryError::Unsupported(_)
            | QueryError::NotSearchable => "not-supported",
        };
        Refusal::bad_request(code, error.to_string())
    }
}
