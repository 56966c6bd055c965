//! The end of a visit, and the messages on the way to it.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::connect::Announced;
use domain::{App, CloseStatus};
use engine::Engine;
use engine::connect::{Closing, ConnectError, Ending};
use serde::Deserialize;
use serde_json::json;

use super::failure::Failure;
use super::frame::{Frame, targets};
use super::given::{Given, Ticket};
use super::policy::{Policy, private, see_other};
use super::visitor::{Visitor, accepted, render};
use crate::i18n::Texts;
use crate::problem::Problem;

#[derive(Deserialize)]
pub struct Seen {
    announced: Vec<Announced>,
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
pub async fn seen(visitor: Visitor, seen: Result<Json<Seen>, JsonRejection>) -> Result<Response, Failure> {
    let mut response = match seen {
        Ok(Json(seen)) => {
            visitor
                .engine
                .acknowledge(&visitor.visit, &seen.announced)
                .await
                .map_err(|error| visitor.failure(error))?;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(rejection) => Problem::new(rejection.status(), "Expected a list of announced messages.").into_response(),
    };
    private(&mut response);
    Ok(response)
}

/// Ends the visit: a last message in a frame, a redirect on a page of its own. A visit that is over
/// says the same once more: whoever pressed twice waits for the second answer.
pub async fn finish(
    State(engine): State<Engine>,
    headers: HeaderMap,
    Ticket(ticket): Ticket,
) -> Result<Response, Failure> {
    let ended = match engine.visit(&ticket).await {
        Ok(visit) => engine.end(&visit, CloseStatus::Success).await.map(|ending| (visit, ending)),
        Err(error) => Err(error),
    };
    match ended {
        Ok((visit, ending)) => {
            let texts = Texts::choose(visit.session.launch.language.as_deref(), accepted(&headers));
            Ok(farewell(texts, Some(&visit.app), &ending, engine.development()))
        }
        Err(error) => once_more(&engine, &headers, ticket, error).await,
    }
}

/// The last page of a visit that could not go on, after the person has read why: with what the visit
/// did before, and the way back when it was a page of its own.
pub async fn ended_visit(
    State(engine): State<Engine>,
    headers: HeaderMap,
    Ticket(ticket): Ticket,
) -> Result<Response, Failure> {
    match engine.visit(&ticket).await {
        Ok(visit) => Ok(see_other(&format!("/connect/{}", visit.ticket))),
        Err(error) => once_more(&engine, &headers, ticket, error).await,
    }
}

async fn once_more(
    engine: &Engine,
    headers: &HeaderMap,
    ticket: String,
    error: ConnectError,
) -> Result<Response, Failure> {
    let texts = Texts::choose(None, accepted(headers));
    let closing = Closing::from(&error);
    let app = match error {
        ConnectError::Closed { app, .. } => app,
        ConnectError::AppDisabled { app } => Some(app),
        other => return Err(Failure::new(other, texts).of_ticket(ticket)),
    };
    let ending = engine.closed_ending(&ticket, closing).await;
    Ok(farewell(texts, app.as_ref(), &ending, engine.development()))
}

/// The last page when there never was a visit.
pub async fn ended(State(engine): State<Engine>, headers: HeaderMap, given: Given) -> Result<Response, Failure> {
    let texts = Texts::choose(None, accepted(&headers));
    let closing = given.get("status").and_then(Closing::parse);
    let closing = closing.ok_or_else(|| Failure::unreadable(StatusCode::BAD_REQUEST, texts))?;
    let app = engine.launching_app(None, given.get("clientId")).await;
    let ending = Engine::empty_ending(app.as_deref(), given.get("callback"), closing);
    // It tells nothing of anybody: an app without registered pages may show it anywhere.
    Ok(farewell(texts, app.as_ref(), &ending, true))
}

/// The page that opened the visit if the app registered it, else the first that it did.
fn back_to(app: &App, opened_by: Option<&str>) -> Option<String> {
    let opened_by = app.origins.iter().find(|origin| Some(origin.as_str()) == opened_by);
    opened_by.or_else(|| app.origins.first()).map(ToString::to_string)
}

fn farewell(texts: &'static Texts, app: Option<&Arc<App>>, ending: &Ending, anywhere: bool) -> Response {
    if let Some(redirect) = &ending.redirect {
        return see_other(redirect.as_str());
    }
    let name = app.map_or_else(|| texts.t("the-app"), |app| app.name.clone());
    let opened_by = ending.opened_by.as_deref();
    // Connect and disconnect messages that never left go before the last one.
    let messages: Vec<_> = ending.before.iter().chain([&ending.message]).collect();
    let frame = Frame::new(texts, app, texts.t("ended-title"))
        .tell("targets", json!(targets(app, opened_by)))
        .tell("messages", json!(messages));
    let policy = app.map_or_else(Policy::open, |app| Policy::of_app(app, anywhere));
    let back = app.and_then(|app| back_to(app, opened_by));
    policy.page(StatusCode::OK, render(&Ended { frame, text: texts.t1("ended-text", "app", &name), back }))
}

#[cfg(test)]
mod tests {
    use domain::{ClientId, SecretPolicy, Timestamp};

    use super::*;

    #[test]
    fn the_way_back_is_one_the_app_registered() {
        let app = |origins: &[&str]| App {
            client_id: ClientId([1; 20]),
            name: "Harvest".to_owned(),
            session_secret_policy: SecretPolicy::Required,
            strict_type: false,
            origins: origins.iter().map(|origin| origin.parse().expect("an origin")).collect(),
            callbacks: Vec::new(),
            admin_api: false,
            disabled_at: None,
            created_at: Timestamp(0),
        };
        let two = app(&["https://a.example", "https://b.example"]);
        for (opened_by, back) in [
            (None, Some("https://a.example")),
            (Some("https://b.example"), Some("https://b.example")),
            (Some("https://evil.example"), Some("https://a.example")),
        ] {
            assert_eq!(back_to(&two, opened_by).as_deref(), back);
        }
        assert_eq!(back_to(&app(&[]), Some("https://any.example")), None);
    }
}
