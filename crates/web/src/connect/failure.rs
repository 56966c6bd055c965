//! When a visit cannot start or go on: one screen per reason.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::App;
use engine::Engine;
use engine::connect::{Closing, ConnectError};
use serde_json::json;

use super::frame::{Frame, targets};
use super::given::Given;
use super::policy::Policy;
use super::trouble::spoken;
use super::visitor::{Visitor, accepted, render};
use crate::i18n::{Key, Texts};

/// A failed request of the widget, with what its screen needs.
pub struct Failure {
    reason: Reason,
    texts: &'static Texts,
    /// Of the visit it happened in, as far as the address says so.
    ticket: Option<String>,
    within: Option<Box<Within>>,
}

enum Reason {
    Connect(ConnectError),
    /// The request itself cannot be read.
    Unreadable(StatusCode),
}

/// The visit it happened in.
struct Within {
    app: Arc<App>,
    policy: Policy,
    opened_by: Option<String>,
    reference: String,
    close: String,
}

#[derive(Template)]
#[template(path = "connect/failure.html")]
struct Screen {
    frame: Frame,
    text: String,
    /// Where the button leads, with its label.
    action: Option<(String, String)>,
    reference: String,
}

impl Failure {
    pub fn new(error: ConnectError, texts: &'static Texts) -> Failure {
        Failure { reason: Reason::Connect(error), texts, ticket: None, within: None }
    }

    pub fn unreadable(status: StatusCode, texts: &'static Texts) -> Failure {
        Failure { reason: Reason::Unreadable(status), texts, ticket: None, within: None }
    }

    pub fn of_ticket(mut self, ticket: String) -> Failure {
        self.ticket = Some(ticket).filter(|ticket| !ticket.is_empty());
        self
    }

    pub fn within(mut self, visitor: &Visitor) -> Failure {
        let session = &visitor.visit.session;
        self.ticket = Some(visitor.visit.ticket.clone());
        self.within = Some(Box::new(Within {
            app: visitor.visit.app.clone(),
            policy: Policy::of_visit(&visitor.visit.app, session, visitor.engine.development()),
            opened_by: session.launch.callback_origin.clone(),
            reference: visitor.engine.reference(session.id),
            close: visitor.to("close"),
        }));
        self
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Failure { reason, texts, ticket, within } = self;
        let (closing, app) = match &reason {
            Reason::Connect(error @ ConnectError::Closed { app, .. }) => (Closing::from(error), app.clone()),
            Reason::Connect(error @ ConnectError::AppDisabled { app }) => (Closing::from(error), Some(app.clone())),
            other => return stuck(texts, other, ticket.as_deref(), within),
        };
        let app = app.or_else(|| within.map(|within| within.app));
        let ended = match ticket {
            Some(ticket) => format!("{}/ended", to_visit(&ticket)),
            None => to_ended(closing, app.as_deref(), None),
        };
        over(texts, closing, app.as_ref(), ended)
    }
}

fn to_visit(ticket: &str) -> String {
    format!("/connect/{}", percent_encoding::utf8_percent_encode(ticket, percent_encoding::NON_ALPHANUMERIC))
}

/// The page that says the last word where there never was a visit.
pub fn to_ended(closing: Closing, app: Option<&App>, callback: Option<&str>) -> String {
    format!("/connect/ended?{}", named("status", closing, app, callback))
}

/// The page that says why there is no visit. The token that was in the address is not in this one.
pub fn to_failed(closing: Closing, app: Option<&App>) -> String {
    format!("/connect/failed?{}", named("why", closing, app, None))
}

fn named(name: &str, closing: Closing, app: Option<&App>, callback: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair(name, closing.as_str());
    let client_id = app.map(|app| app.client_id.to_string());
    let rest = [("clientId", client_id.as_deref()), ("callback", callback)];
    query.extend_pairs(rest.into_iter().filter_map(|(name, value)| Some((name, value?))));
    query.finish()
}

/// A launch that came to nothing.
pub async fn failed(State(engine): State<Engine>, headers: HeaderMap, given: Given) -> Response {
    let texts = Texts::choose(None, accepted(&headers));
    let Some(closing) = given.get("why").and_then(Closing::parse) else {
        return Failure::unreadable(StatusCode::BAD_REQUEST, texts).into_response();
    };
    let app = engine.launching_app(None, given.get("clientId")).await;
    let ended = to_ended(closing, app.as_deref(), None);
    over(texts, closing, app.as_ref(), ended)
}

/// It is over: told to the parent at once, closed after the person has read why.
fn over(texts: &'static Texts, closing: Closing, app: Option<&Arc<App>>, ended: String) -> Response {
    let (title, text, code) = match closing {
        Closing::Success => (Key("ended-title"), Key("ended-text"), StatusCode::OK),
        Closing::SessionTokenExpired => (Key("expired-title"), Key("expired-text"), StatusCode::UNAUTHORIZED),
        Closing::SessionTokenInvalid => (Key("invalid-title"), Key("invalid-text"), StatusCode::UNAUTHORIZED),
        Closing::MissingSessionToken => (Key("missing-title"), Key("missing-text"), StatusCode::UNAUTHORIZED),
        Closing::AppDisabled => (Key("disabled-title"), Key("disabled-text"), StatusCode::FORBIDDEN),
        Closing::CallbackNotRegistered => (Key("callback-title"), Key("callback-text"), StatusCode::BAD_REQUEST),
        Closing::RateLimited => (Key("limited-title"), Key("limited-text"), StatusCode::TOO_MANY_REQUESTS),
        // The launch failed; the page that says so did not.
        Closing::Failed => (Key("failed-title"), Key("failed-text"), StatusCode::OK),
    };
    let name = app.map_or_else(|| texts.t("the-app"), |app| app.name.clone());
    let text = texts.t1(text.0, "app", &name);
    let mut frame = Frame::new(texts, app, texts.t(title.0));
    if closing != Closing::Success {
        let (status, code) = (closing.status().as_str(), closing.as_str());
        frame = frame
            .tell("messages", json!([{ "type": "hapi-connect-error", "code": code, "status": status, "error": text }]));
    }
    // The page tells nothing but the app's name, so an app without registered pages may show it anywhere.
    let policy = app.map(Arc::as_ref).map_or_else(Policy::open, |app| Policy::of_app(app, true));
    let action = Some((ended, texts.t("close")));
    policy.page(code, render(&Screen { frame, text, action, reference: String::new() }))
}

/// Something else: the visit stays as it is.
fn stuck(texts: &'static Texts, reason: &Reason, ticket: Option<&str>, within: Option<Box<Within>>) -> Response {
    let (title, text, status) = match reason {
        Reason::Unreadable(status) => (Key("unreadable-title"), Key("unreadable-text"), *status),
        Reason::Connect(ConnectError::UnknownSource) => {
            (Key("unknown-source-title"), Key("unknown-source-text"), StatusCode::NOT_FOUND)
        }
        Reason::Connect(ConnectError::UnknownConnection) => {
            (Key("unknown-connection-title"), Key("unknown-connection-text"), StatusCode::NOT_FOUND)
        }
        Reason::Connect(ConnectError::Limited(_)) => {
            (Key("limited-title"), Key("limited-text"), StatusCode::TOO_MANY_REQUESTS)
        }
        Reason::Connect(error) => {
            tracing::error!(%error, "a widget page failed");
            (Key("failed-title"), Key("failed-text"), StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    let mut frame = Frame::new(texts, within.as_ref().map(|within| &within.app), texts.t(title.0));
    let action = ticket.map(|ticket| (to_visit(ticket), texts.t("go-on")));
    let mut reference = String::new();
    let mut policy = Policy::open();
    if let Some(within) = within {
        frame =
            frame.tell("targets", json!(targets(Some(&within.app), within.opened_by.as_deref()))).close(within.close);
        reference = spoken(&within.reference);
        policy = within.policy;
    }
    let mut response = policy.page(status, render(&Screen { frame, text: texts.t(text.0), action, reference }));
    if let Reason::Connect(ConnectError::Limited(limited)) = reason {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(limited.retry_after.as_secs().max(1)));
    }
    response
}
