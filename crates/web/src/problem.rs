//! The one HTTP error: typed failures become the contract's envelope here and nowhere else.

use std::any::Any;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

/// What went wrong, as the caller may know it. The request id is filled in on the way out.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    message: String,
    /// A stable machine code; the auth service's envelopes always have one.
    reason: Option<&'static str>,
    /// Names of the fields that were refused, and where they were.
    validation: Option<(&'static str, Vec<String>)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Problem {
        Problem { status, message: message.into(), reason: None, validation: None, headers: Vec::new() }
    }

    pub fn reason(mut self, reason: &'static str) -> Problem {
        self.reason = Some(reason);
        self
    }

    /// `source` is `payload` or `query`.
    pub fn keys(mut self, source: &'static str, keys: Vec<String>) -> Problem {
        self.validation = Some((source, keys));
        self
    }

    pub fn header(mut self, name: HeaderName, value: &'static str) -> Problem {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    pub fn retry_after(mut self, wait: Duration) -> Problem {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.headers.push((header::RETRY_AFTER, HeaderValue::from(seconds.max(1))));
        self
    }

    /// A failure on our side. The cause is logged here, once; the caller learns only that it happened.
    pub fn internal(cause: &dyn std::error::Error) -> Problem {
        tracing::error!(cause = %chain(cause), "request failed");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something failed on this server; the request id finds it in the log.",
        )
        .reason("INTERNAL")
    }

    pub fn method_not_allowed(allow: &'static str) -> Problem {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("This address answers {allow} only."))
            .reason("METHOD_NOT_ALLOWED")
            .header(header::ALLOW, allow)
    }

    /// The envelope: both of the vendor's shapes at once.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        let status = self.status.as_u16();
        let mut body = Map::new();
        body.insert("statusCode".into(), json!(status));
        if self.reason.is_some() {
            body.insert("code".into(), json!(status));
            body.insert("status".into(), json!(status));
        }
        body.insert("error".into(), json!(self.status.canonical_reason().unwrap_or("Error")));
        body.insert("message".into(), json!(self.message));
        if let Some(reason) = self.reason {
            body.insert("reason".into(), json!(reason));
        }
        if let Some((source, keys)) = &self.validation {
            body.insert("validation".into(), json!({ "source": source, "keys": keys }));
        }
        body.insert("x-humanapi-request-id".into(), json!(request_id));
        Value::Object(body)
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let mut response = self.status.into_response();
        for (name, value) in &self.headers {
            response.headers_mut().append(name, value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<engine::StoreError> for Problem {
    fn from(error: engine::StoreError) -> Problem {
        Problem::internal(&error)
    }
}

/// The last resort: a panic is our fault, is logged, and is never shown.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<axum::body::Body> {
    let what = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    tracing::error!(what, "a request handler panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something failed on this server; the request id finds it in the log.",
    )
    .reason("INTERNAL")
    .into_response()
}
