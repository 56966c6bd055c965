//! The end of a visit, and the messages on the way to it.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::connect::Announced;
use domain::{App, ClientId, CloseStatus};
use engine::Engine;
use engine::connect::ConnectError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::Failure;
use super::frame::{Frame, targets};
use super::policy::{Policy, private, see_other};
use super::visitor::{Visitor, accepted, render};
use crate::i18n::Texts;

#[derive(Deserialize)]
pub struct Seen {
    announced: Vec<Announced>,
}

#[derive(Deserialize)]
pub struct Over {
    status: CloseStatus,
    #[serde(rename = "clientId")]
    client_id: Option<String>,
}

#[derive(Template)]
#[template(path = "connect/ended.html")]
struct Ended {
    frame: Frame,
    text: String,
    /// The app's own page, for a visit that left it.
    back: Option<String>,
}

/// The page has handed these messages to its parent.
pub async fn seen(visitor: Visitor, Json(seen): Json<Seen>) -> Result<Response, Failure> {
    visitor.engine.acknowledge(&visitor.visit, &seen.announced).await.map_err(|error| visitor.failure(error))?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    private(&mut response);
    Ok(response)
}

/// Ends the visit: a last message in a frame, a redirect on a page of its own.
pub async fn finish(visitor: Visitor) -> Result<Response, Failure> {
    // Connect and disconnect messages that never left go before the last one.
    let mut messages: Vec<_> =
        visitor.engine.pending_messages(&visitor.visit).into_iter().map(|message| message.body).collect();
    let ending =
        visitor.engine.end(&visitor.visit, CloseStatus::Success).await.map_err(|error| visitor.failure(error))?;
    if let Some(redirect) = ending.redirect {
        return Ok(see_other(redirect.as_str()));
    }
    messages.push(ending.message);
    let app = &visitor.visit.app;
    let frame = Frame::new(visitor.texts, Some(app), visitor.texts.t("ended-title"))
        .tell("targets", json!(targets(Some(app), visitor.visit.session.launch.callback_origin.as_deref())))
        .tell("messages", json!(messages));
    let text = visitor.texts.t1("ended-text", "app", &app.name);
    Ok(visitor.show(&Ended { frame, text, back: back_to(app, visitor.visit.session.launch.callback_origin.as_deref()) }))
}

/// The last page of a visit that could not go on, after the person has read why: with what the visit
/// did before, and the way back when it was a page of its own.
pub async fn ended_visit(
    State(engine): State<Engine>,
    headers: HeaderMap,
    Path(ticket): Path<String>,
) -> Result<Response, Failure> {
    let texts = Texts::choose(None, accepted(&headers));
    let (status, app) = match engine.visit(&ticket).await {
        Ok(_) => return Ok(see_other(&format!("/connect/{ticket}"))),
        Err(ConnectError::Closed { status, app }) => (status, app),
        Err(error) => return Err(Failure::new(error, texts)),
    };
    let ending = engine.closed_ending(&ticket, status).await;
    if let Some(redirect) = ending.redirect {
        return Ok(see_other(redirect.as_str()));
    }
    Ok(last(texts, app.as_ref(), &ending.message))
}

/// The last page when there never was a visit.
pub async fn ended(
    State(engine): State<Engine>,
    headers: HeaderMap,
    Query(over): Query<Over>,
) -> Result<Response, Failure> {
    let texts = Texts::choose(None, accepted(&headers));
    let app = match over.client_id.and_then(|id| id.parse::<ClientId>().ok()) {
        Some(id) => engine.find_app(id).await.map_err(|error| Failure::new(error.into(), texts))?,
        None => None,
    };
    Ok(last(texts, app.as_ref(), &Engine::anonymous_ending(over.status)))
}

/// The page that opened the visit, else the first the app registered.
fn back_to(app: &App, opened_by: Option<&str>) -> Option<String> {
    opened_by.map(str::to_owned).or_else(|| app.origins.first().map(ToString::to_string))
}

fn last(texts: &'static Texts, app: Option<&Arc<App>>, message: &Value) -> Response {
    let name = app.map_or_else(|| texts.t("the-app"), |app| app.name.clone());
    let frame = Frame::new(texts, app, texts.t("ended-title")).tell("messages", json!([message]));
    let policy = app.map(Arc::as_ref).map_or_else(Policy::open, |app| Policy::of_app(app, true));
    policy.page(StatusCode::OK, render(&Ended { frame, text: texts.t1("ended-text", "app", &name), back: app.and_then(|app| back_to(app, None)) }))
}
