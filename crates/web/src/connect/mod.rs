//! The widget: every screen is a page of its own, rendered from the stored visit.

mod assets;
mod callback;
mod cards;
mod connected;
mod failure;
mod files;
mod finish;
mod frame;
mod given;
mod launch;
mod policy;
mod progress;
mod river;
mod search;
mod select;
mod signin;
mod trouble;
mod visitor;
mod welcome;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use engine::Engine;

pub(crate) use assets::fingerprint;
pub use launch::{is_launch, launch};

/// Where a GET begins something, a look at its headers must not.
async fn nothing() -> axum::response::Response {
    use axum::response::IntoResponse;
    let mut response = axum::http::StatusCode::OK.into_response();
    policy::private(&mut response);
    response
}

/// Everything under `/connect`, and what its pages load.
pub fn router() -> Router<Engine> {
    Router::new()
        .route("/connect", get(launch::launch).post(launch::launch_by_form).head(nothing))
        .route("/connect/callback", get(callback::callback).head(nothing))
        .route("/connect/failed", get(failure::failed))
        .route("/connect/select", get(select::select))
        .route("/connect/search", get(search::api))
        .route("/connect/ended", get(finish::ended))
        .route("/connect/{ticket}", get(launch::resume))
        .route("/connect/{ticket}/welcome", get(welcome::welcome))
        .route("/connect/{ticket}/search", get(search::search))
        .route("/connect/{ticket}/unlisted", get(search::unlisted))
        .route(
            "/connect/{ticket}/files",
            get(files::files).post(files::add).layer(DefaultBodyLimit::max(files::BODY_LIMIT)),
        )
        .route("/connect/{ticket}/choose", post(signin::choose))
        .route("/connect/{ticket}/signin", get(signin::signin))
        .route("/connect/{ticket}/go", get(signin::go).post(signin::go_on).head(nothing))
        .route("/connect/{ticket}/login.json", get(signin::login))
        .route("/connect/{ticket}/progress/{connection}", get(progress::progress))
        .route("/connect/{ticket}/progress/{connection}/progress.json", get(progress::poll))
        .route("/connect/{ticket}/connected", get(connected::connected))
        .route("/connect/{ticket}/disconnect/{connection}", get(connected::confirm).post(connected::disconnect))
        .route("/connect/{ticket}/trouble", get(trouble::trouble))
        .route("/connect/{ticket}/seen", post(finish::seen))
        .route("/connect/{ticket}/finish", post(finish::finish))
        .route("/connect/{ticket}/close", post(finish::finish))
        .route("/connect/{ticket}/ended", get(finish::ended_visit))
        .merge(assets::router())
}
