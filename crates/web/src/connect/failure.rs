//! When a visit cannot start or go on: one screen per reason.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{App, CloseStatus};
use engine::connect::ConnectError;
use serde_json::json;

use super::frame::{Frame, targets};
use super::policy::Policy;
use super::trouble::spoken;
use super::visitor::{Visitor, render};
use crate::i18n::{Key, Texts};

/// A failed request of the widget, with what its screen needs.
pub struct Failure {
    error: ConnectError,
    texts: &'static Texts,
    /// Of a visit that is over, when it was one.
    ticket: Option<String>,
    within: Option<Box<Within>>,
}

/// The visit it happened in.
struct Within {
    app: Arc<App>,
    policy: Policy,
    opened_by: Option<String>,
    reference: String,
    resume: String,
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
        Failure { error, texts, ticket: None, within: None }
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
            resume: format!("/connect/{}", visitor.visit.ticket),
            close: visitor.to("close"),
        }));
        self
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Failure { error, texts, ticket, within } = self;
        match error {
            ConnectError::Closed { status, app } => {
                over(texts, status, app.or_else(|| within.map(|within| within.app)), ticket.as_deref())
            }
            other => stuck(texts, &other, within),
        }
    }
}

/// The visit is over: told to the parent at once, closed after the person has read why.
fn over(texts: &'static Texts, status: CloseStatus, app: Option<Arc<App>>, ticket: Option<&str>) -> Response {
    let (title, text, code) = match status {
        CloseStatus::Success => (Key("ended-title"), Key("ended-text"), StatusCode::OK),
        CloseStatus::SessionTokenExpired => (Key("expired-title"), Key("expired-text"), StatusCode::UNAUTHORIZED),
        CloseStatus::SessionTokenInvalid => (Key("invalid-title"), Key("invalid-text"), StatusCode::UNAUTHORIZED),
        CloseStatus::MissingSessionToken => (Key("missing-title"), Key("missing-text"), StatusCode::UNAUTHORIZED),
    };
    let name = app.as_ref().map_or_else(|| texts.t("the-app"), |app| app.name.clone());
    let text = texts.t1(text.0, "app", &name);
    let mut frame = Frame::new(texts, app.as_ref(), texts.t(title.0));
    let mut action = None;
    if status != CloseStatus::Success {
        let client = app.as_ref().map(|app| format!("&clientId={}", app.client_id)).unwrap_or_default();
        let ended = match ticket {
            Some(ticket) => format!(
                "/connect/{}/ended",
                percent_encoding::utf8_percent_encode(ticket, percent_encoding::NON_ALPHANUMERIC)
            ),
            None => format!("/connect/ended?status={}{client}", status.as_str()),
        };
        action = Some((ended, texts.t("close")));
        frame = frame.tell(
            "messages",
            json!([{ "type": "hapi-connect-error", "code": status.as_str(), "status": status.as_str(), "error": text }]),
        );
    }
    // The page tells nothing but the app's name, so an app without registered pages may show it anywhere.
    let policy = app.as_deref().map_or_else(Policy::open, |app| Policy::of_app(app, true));
    policy.page(code, render(&Screen { frame, text, action, reference: String::new() }))
}

/// Something else: the visit stays as it is.
fn stuck(texts: &'static Texts, error: &ConnectError, within: Option<Box<Within>>) -> Response {
    let (title, text, status) = match error {
        ConnectError::AppDisabled => (Key("disabled-title"), Key("disabled-text"), StatusCode::FORBIDDEN),
        ConnectError::CallbackNotRegistered => (Key("callback-title"), Key("callback-text"), StatusCode::BAD_REQUEST),
        ConnectError::UnknownSource => (Key("unknown-source-title"), Key("unknown-source-text"), StatusCode::NOT_FOUND),
        ConnectError::UnknownConnection => {
            (Key("unknown-connection-title"), Key("unknown-connection-text"), StatusCode::NOT_FOUND)
        }
        ConnectError::Limited(_) => (Key("limited-title"), Key("limited-text"), StatusCode::TOO_MANY_REQUESTS),
        other => {
            tracing::error!(error = %other, "a widget page failed");
            (Key("failed-title"), Key("failed-text"), StatusCode::INTERNAL_SERVER_ERROR)
        }
    };
    let title = texts.t(title.0);
    let mut frame = Frame::new(texts, within.as_ref().map(|within| &within.app), title);
    let mut action = None;
    let mut reference = String::new();
    let mut policy = Policy::open();
    if let Some(within) = within {
        frame =
            frame.tell("targets", json!(targets(Some(&within.app), within.opened_by.as_deref()))).close(within.close);
        action = Some((within.resume, texts.t("go-on")));
        reference = spoken(&within.reference);
        policy = within.policy;
    } else {
        frame = frame.tell(
            "messages",
            json!([{ "type": "hapi-connect-error", "code": status.as_u16().to_string(), "error": texts.t(text.0) }]),
        );
    }
    let mut response = policy.page(status, render(&Screen { frame, text: texts.t(text.0), action, reference }));
    if let ConnectError::Limited(limited) = error {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(limited.retry_after.as_secs().max(1)));
    }
    response
}
