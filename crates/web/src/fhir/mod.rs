//! FHIR R4, read-only: the resources of one person as their sources sent them.

mod access;
mod export;
mod formats;
mod outcome;
mod read;
mod search;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};
use engine::Engine;

use crate::problem::Problem;
use access::Request as Asked;
use formats::FHIR_JSON;
use outcome::Refusal;

const READ: &str = "GET, HEAD, OPTIONS";

pub(crate) fn router() -> Router<Engine> {
    let mut router = Router::new();
    for (path, handler) in [
        ("/metadata", get(metadata)),
        ("/$export", get(export::begin)),
        ("/Patient/$export", get(export::begin)),
        ("/$export/{job}/{file}", get(export::file)),
        ("/Patient/$everything", get(search::everything)),
        ("/Patient/{id}/$everything", get(search::everything_of)),
        ("/{kind}", get(search::search)),
        ("/{kind}/{id}", get(read::read)),
    ] {
        router = router.route(&format!("{}{path}", engine::fhir::ROOT), only(handler, READ));
    }
    router
        .route("/fhir/R4/$export/{job}", only(get(export::status).delete(export::delete), "GET, HEAD, DELETE, OPTIONS"))
        .route(
            "/fhir/R4/{kind}/_search",
            only(post(search::search_by_form).get(search::search), "GET, HEAD, POST, OPTIONS"),
        )
        .route("/fhir", any(nothing))
        .route("/fhir/", any(nothing))
        .route("/fhir/{*rest}", any(nothing))
        .layer(middleware::from_fn(dressed))
}

/// Every other method is refused, saying which there are.
fn only(handler: MethodRouter<Engine>, methods: &'static str) -> MethodRouter<Engine> {
    handler.fallback(async move || Refusal::method_not_allowed(methods))
}

async fn metadata(State(engine): State<Engine>, asked: Asked) -> Result<Response, Refusal> {
    asked.wants_json()?;
    let headers =
        [(header::CONTENT_TYPE, FHIR_JSON), (header::CACHE_CONTROL, "public, max-age=3600"), (header::VARY, "Accept")];
    Ok((headers, engine.fhir_capability()).into_response())
}

async fn nothing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "not-supported", "There is nothing at this address; see /fhir/R4/metadata.")
}

/// Open to browsers of any origin, errors included, and every error an OperationOutcome.
async fn dressed(request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let refused = response.status().is_client_error() || response.status().is_server_error();
    let worded = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == FHIR_JSON);
    if refused && !worded {
        // The framework's own words, which may quote what was sent.
        response.extensions_mut().remove::<Problem>();
        response = Refusal::of_status(response.status()).into_response();
    }
    const HEADERS: [(HeaderName, &str); 5] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "OPTIONS,GET,HEAD,POST,DELETE"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, Authorization, Accept, Prefer, If-None-Match"),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "Content-Location, ETag, Last-Modified, Expires, x-humanapi-request-id",
        ),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    response
}
