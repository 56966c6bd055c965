//! Refusals as FHIR says them: a status and an OperationOutcome.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// Why a FHIR request is turned down.
#[derive(Debug)]
pub struct Refusal {
    pub status: StatusCode,
    code: &'static str,
    text: String,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Refusal {
        Refusal { status, code, text: text.into() }
    }

    pub fn missing_parameter(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "required", text)
    }

    pub fn bad_value(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, "value", text)
    }

    pub fn not_found(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "not-found", text)
    }

    pub fn not_supported(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "not-supported", text)
    }

    pub fn login(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, "login", text)
    }

    pub fn forbidden(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::FORBIDDEN, "forbidden", text)
    }
}

/// The issue code that goes with a status.
pub fn code_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "login",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::GONE => "deleted",
        StatusCode::TOO_MANY_REQUESTS => "throttled",
        StatusCode::SERVICE_UNAVAILABLE => "transient",
        _ => "exception",
    }
}

pub fn outcome(severity: &str, code: &str, text: &str) -> Value {
    json!({"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code, "diagnostics": text}]})
}

/// A resource or a bundle as an answer.
pub fn fhir(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, FHIR_JSON)], body.to_string()).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut answer = fhir(self.status, &outcome("error", self.code, &self.text));
        let challenge = match self.status {
            StatusCode::UNAUTHORIZED => "Bearer realm=\"fhir\", error=\"invalid_token\"",
            StatusCode::FORBIDDEN => "Bearer realm=\"fhir\", error=\"insufficient_scope\"",
            _ => return answer,
        };
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        answer
    }
}
