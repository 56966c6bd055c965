//! The way back from a provider's login page.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use engine::Engine;
use engine::authorizations::{Callback, CallbackError};
use engine::connect::Display;
use serde_json::json;

use super::failure::Failure;
use super::frame::Frame;
use super::policy::{Policy, see_other};
use super::visitor::{Visitor, accepted, render};
use crate::i18n::{Key, Texts};

/// Binds the way back to the browser that left.
pub const BROWSER_COOKIE: &str = "tributary-browser";

#[derive(Template)]
#[template(path = "connect/closing.html")]
struct Closing {
    frame: Frame,
    text: String,
}

#[derive(Template)]
#[template(path = "connect/unmatched.html")]
struct Unmatched {
    frame: Frame,
    text: String,
}

pub fn browser(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, BROWSER_COOKIE)
}

pub fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, mark)| mark)
}

pub async fn callback(
    State(engine): State<Engine>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let texts = Texts::choose(None, accepted(&headers));
    let completed = match engine.complete(Callback::parse(&query.unwrap_or_default()), browser(&headers)).await {
        Ok(completed) => completed,
        Err(error @ (CallbackError::UnknownState | CallbackError::Over)) => {
            let (title, text) = match error {
                CallbackError::Over => (Key("unwanted-title"), Key("unwanted-text")),
                _ => (Key("unmatched-title"), Key("unmatched-text")),
            };
            let screen = Unmatched { frame: Frame::new(texts, None, texts.t(title.0)), text: texts.t(text.0) };
            return Ok(Policy::alone().page(StatusCode::BAD_REQUEST, render(&screen)));
        }
        Err(CallbackError::Store(error)) => return Err(Failure::new(error.into(), texts)),
        Err(CallbackError::Sealing(error)) => return Err(Failure::new(error.into(), texts)),
    };
    if let Some(again) = completed.again {
        return Ok(see_other(again.as_str()));
    }
    Ok(match (completed.display, completed.result) {
        (Display::Popup, result) => closing(texts, None, result.is_ok()),
        (Display::Page, Ok(connection)) => see_other(&format!("/connect/{}/progress/{connection}", completed.ticket)),
        (Display::Page, Err(_)) => see_other(&format!("/connect/{}/trouble", completed.ticket)),
    })
}

/// A popup's last page: it closes itself, or says that it can be closed.
pub fn closing(texts: &'static Texts, visitor: Option<&Visitor>, connected: bool) -> Response {
    let (title, text) = if connected {
        (texts.t("closing-title"), texts.t("closing-text"))
    } else {
        (texts.t("closing-trouble-title"), texts.t("closing-trouble-text"))
    };
    let app = visitor.map(|visitor| &visitor.visit.app);
    let frame = Frame::new(texts, app, title).tell("closes", json!(true));
    Policy::alone().page(StatusCode::OK, render(&Closing { frame, text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=1; tributary-browser=abc; tributary-browser-2=x".parse().unwrap());
        assert_eq!(browser(&headers), Some("abc"));
        assert_eq!(browser(&HeaderMap::new()), None);
    }
}
