//! Choosing providers without signing in: not built yet, and said so.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::App;
use engine::Engine;
use engine::connect::Closing;

use super::failure::to_ended;
use super::frame::Frame;
use super::given::Given;
use super::policy::Policy;
use super::visitor::{accepted, render};
use crate::i18n::Texts;

#[derive(Template)]
#[template(path = "connect/select.html")]
struct Select {
    frame: Frame,
    text: String,
    close: String,
}

/// Where such a launch leads; a token that came with it is left behind.
pub fn address(app: Option<&App>, callback: Option<&str>) -> String {
    to_ended(Closing::Success, app, callback).replacen("ended", "select", 1)
}

pub async fn select(State(engine): State<Engine>, headers: HeaderMap, given: Given) -> Response {
    let texts = Texts::choose(None, accepted(&headers));
    let app = engine.launching_app(None, given.get("clientId")).await;
    let name = app.as_ref().map_or_else(|| texts.t("the-app"), |app| app.name.clone());
    let close = to_ended(Closing::Success, app.as_deref(), given.get("callback"));
    let frame = Frame::new(texts, app.as_ref(), texts.t("select-title"));
    let policy = app.as_deref().map_or_else(Policy::open, |app| Policy::of_app(app, true));
    policy.page(StatusCode::OK, render(&Select { frame, text: texts.t1("select-text", "app", &name), close }))
}
