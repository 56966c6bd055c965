//! The Data API: read-only, open to any origin, one access token per person.

mod access;
mod human;
mod list;
mod medical;
mod reports;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::Engine;

use crate::problem::Problem;

const METHODS: &str = "OPTIONS,GET,HEAD";

pub(crate) fn router() -> Router<Engine> {
    let mut router = Router::new();
    for (path, handler) in [
        ("/v1/human", get(human::summary)),
        ("/v1/human/profile", get(human::profile)),
        ("/v1/human/sources", get(human::sources)),
        ("/v1/human/medical/reports", get(reports::list)),
        ("/v1/human/medical/reports/{id}", get(reports::find)),
        ("/v1/human/medical/reports/{id}/raw", get(reports::raw)),
        ("/v1/human/medical/{kind}", get(medical::list)),
        ("/v1/human/medical/{kind}/{id}", get(medical::find)),
        ("/v1/human/medical/{kind}/{id}/raw", get(medical::raw)),
        ("/v1/human/medical/ccds/{id}/losses", get(medical::losses)),
    ] {
        let handler = handler.fallback(async || Problem::method_not_allowed(METHODS));
        // Published clients ask with and without the slash at the end.
        router = router.route(path, handler.clone()).route(&format!("{path}/"), handler);
    }
    router
        .route("/v1/human/{*rest}", axum::routing::any(crate::ops::not_found))
        .layer(middleware::from_fn(cross_origin))
}

/// Open to browsers of any origin, errors included; preflights need no token.
async fn cross_origin(request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    const HEADERS: [(HeaderName, &str); 5] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, Authorization, Accept"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Link, X-Total-Count, ETag, x-humanapi-request-id"),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    response
}
