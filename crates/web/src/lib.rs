//! Everything that speaks HTTP.

pub mod auth;
pub mod client_script;
pub mod connect;
pub mod data;
pub mod fhir;
pub mod i18n;
pub mod metrics;
pub mod ops;
pub mod problem;
pub mod requests;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Secret;
use engine::Engine;
use tower_http::catch_panic::CatchPanicLayer;

pub use metrics::Metrics;

/// How the outside reaches this server.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Reverse proxies in front that append to `X-Forwarded-For`; 0 trusts nobody but the socket.
    pub proxies: usize,
    /// What a scraper of `/metrics` must bring as bearer; anyone may when absent.
    pub metrics_token: Option<Secret<String>>,
}

/// Every surface under the one origin.
pub fn router(engine: Engine, options: Options) -> Router {
    let metrics = Arc::new(Metrics::default());
    Router::new()
        .route("/", get(home))
        .merge(auth::router())
        .merge(data::router())
        .merge(fhir::router())
        .merge(connect::router())
        .merge(client_script::router())
        .merge(ops::router(metrics.clone(), options.metrics_token))
        .fallback(ops::not_found)
        .with_state(engine)
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn_with_state((metrics, options.proxies), requests::observe))
}

/// Published clients may be given the bare origin: a query for the widget opens it here too.
async fn home(state: State<Engine>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    match query {
        Some(query) if connect::is_launch(&query) => {
            connect::launch(state, headers, RawQuery(Some(query))).await.into_response()
        }
        _ => ops::home().into_response(),
    }
}
