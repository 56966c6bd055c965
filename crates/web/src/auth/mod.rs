//! The authentication service: server-to-server, never with CORS headers.

mod admin;
mod credentials;
mod tokens;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use engine::Engine;

use crate::problem::Problem;

/// Token requests are small; anything larger is a mistake or an attack.
const BODY_LIMIT: usize = 64 * 1024;

pub(crate) fn router() -> Router<Engine> {
    Router::new()
        .route("/v1/connect/token", post(tokens::issue).fallback(only_post))
        .route("/v1/admin/token", post(admin::issue).fallback(only_post))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}

async fn only_post() -> Problem {
    Problem::method_not_allowed("POST")
}
