//! What operators and other machines ask: health, readiness, metrics, public keys.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::Secret;
use engine::Engine;
use serde_json::json;

use crate::Metrics;
use crate::problem::Problem;

pub(crate) fn router(metrics: Arc<Metrics>, token: Option<Secret<String>>) -> Router<Engine> {
    Router::new()
        .route("/health", get(async || Json(json!({ "status": "ok" }))))
        .route("/ready", get(ready))
        .route(
            "/metrics",
            get(async move |headers: HeaderMap| match &token {
                Some(token) if !bears(&headers, token) => {
                    Problem::new(StatusCode::UNAUTHORIZED, "Metrics need the configured metrics_token as bearer.")
                        .into_response()
                }
                _ => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render())
                    .into_response(),
            }),
        )
        .route("/.well-known/jwks.json", get(jwks))
        .route("/robots.txt", get(async || "User-agent: *\nDisallow: /\n"))
}

fn bears(headers: &HeaderMap, token: &Secret<String>) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .is_some_and(|given| token.matches(given))
}

/// Somebody looks what lives here.
pub(crate) fn home() -> &'static str {
    "Tributary is running.\n\nTokens   POST /v1/connect/token\nWidget   /connect?token=\nData     /v1/human\nHealth   /health  /ready  /metrics\n"
}

/// The process may live while the database is away; then it is healthy, but not ready.
async fn ready(State(engine): State<Engine>) -> Response {
    match engine.ready().await {
        Ok(()) => Json(json!({ "status": "ready" })).into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The database does not answer.")
                .reason("NOT_READY")
                .into_response()
        }
    }
}

async fn jwks(State(engine): State<Engine>) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(engine.jwks()))
}

pub(crate) async fn not_found(uri: Uri) -> Problem {
    let hint = if uri.path().starts_with("/v1/human") || uri.path().starts_with("/v1/") {
        "The data starts at /v1/human, tokens at /v1/connect/token."
    } else {
        "Nothing lives at this address."
    };
    Problem::new(StatusCode::NOT_FOUND, hint).reason("NOT_FOUND")
}
