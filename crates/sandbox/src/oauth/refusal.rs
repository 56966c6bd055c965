//! Errors of the token, revocation and introspection endpoints, RFC 6749 section 5.2.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ledger::Unwritten;

/// An OAuth error with its sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub error: &'static str,
    pub description: String,
}

impl Refusal {
    pub fn new(error: &'static str, description: impl Into<String>) -> Refusal {
        Refusal { error, description: description.into() }
    }

    pub fn request(description: impl Into<String>) -> Refusal {
        Refusal::new("invalid_request", description)
    }

    pub fn client(description: impl Into<String>) -> Refusal {
        Refusal::new("invalid_client", description)
    }

    pub fn grant(description: impl Into<String>) -> Refusal {
        Refusal::new("invalid_grant", description)
    }
}

impl From<Unwritten> for Refusal {
    fn from(unwritten: Unwritten) -> Refusal {
        Refusal::new("server_error", unwritten.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut answer =
            (status, Json(json!({"error": self.error, "error_description": self.description}))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"hospital\""));
        }
        uncached(answer)
    }
}

/// Answers that hold tokens are never stored.
pub fn uncached(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}
