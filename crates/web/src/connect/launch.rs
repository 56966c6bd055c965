//! Opening the widget: the query an integrator's page sends, read leniently.

use axum::extract::rejection::RawFormRejection;
use axum::extract::{RawForm, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use domain::{App, Launch, Mode, Surface};
use engine::Engine;
use engine::connect::{Closing, ConnectError};
use serde_json::Value;
use url::form_urlencoded;

use super::failure::{Failure, to_failed};
use super::policy::{Policy, see_other};
use super::visitor::{Visitor, accepted, render};
use crate::i18n::Texts;

/// Every parameter of the widget page.
const PARAMETERS: [&str; 13] = [
    "token",
    "mode",
    "clientId",
    "preseededSources",
    "preseed",
    "pisId",
    "config",
    "segment",
    "pinnedProviders",
    "language",
    "callback",
    "callbackOrigin",
    "tokenTransport",
];

/// Whether a query is meant for the widget; the root page asks.
pub fn is_launch(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| PARAMETERS.contains(&name.as_ref()))
}

pub async fn launch(
    State(engine): State<Engine>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let asked = Asked::parse(query.as_bytes());
    if asked.token.is_none() && asked.token_follows {
        return Ok(wait_for_token(query.as_bytes(), &asked, &headers));
    }
    Ok(open(&engine, asked, &headers).await)
}

/// The same by a form, so that the token is in no address.
pub async fn launch_by_form(
    State(engine): State<Engine>,
    headers: HeaderMap,
    form: Result<RawForm, RawFormRejection>,
) -> Result<Response, Failure> {
    match form {
        Ok(RawForm(form)) => Ok(open(&engine, Asked::parse(&form), &headers).await),
        Err(rejection) => Err(Failure::unreadable(rejection.status(), Texts::choose(None, accepted(&headers)))),
    }
}

/// The screen a visit was left on.
pub async fn resume(visitor: Visitor) -> Response {
    see_other(&visitor.to_step(&visitor.visit.session.step))
}

/// Answers with a redirect in any case, so that the token stays in no address.
async fn open(engine: &Engine, asked: Asked, headers: &HeaderMap) -> Response {
    let Asked { token, client_id, launch, .. } = asked;
    if launch.mode == Mode::Select && (token.is_some() || launch.preseed.is_none()) {
        let app = engine.launching_app(token.as_deref(), client_id.as_deref()).await;
        return see_other(&super::select::address(app.as_deref(), launch.callback.as_deref()));
    }
    let callback = launch.callback.clone();
    match engine.open_connect(token.as_deref(), launch).await {
        Ok(visit) => {
            let visitor = Visitor::new(engine.clone(), visit, accepted(headers));
            see_other(&visitor.to_step(&visitor.visit.session.step))
        }
        Err(error) => {
            let app = engine.launching_app(token.as_deref(), client_id.as_deref()).await;
            refuse(&error, app.as_deref(), callback.as_deref())
        }
    }
}

/// A page of its own goes back to the app that opened it; anything else says why and closes.
fn refuse(error: &ConnectError, app: Option<&App>, callback: Option<&str>) -> Response {
    let closing = Closing::from(error);
    if closing == Closing::Failed {
        tracing::error!(%error, "a launch failed");
    }
    match Engine::empty_ending(app, callback, closing).redirect {
        Some(back) => see_other(back.as_str()),
        None => see_other(&to_failed(closing, app)),
    }
}

#[derive(askama::Template)]
#[template(path = "connect/opening.html")]
struct Opening {
    frame: super::frame::Frame,
    fields: Vec<(String, String)>,
}

/// Asks the embedding page for the token by message; its script answers, ours posts the form.
fn wait_for_token(query: &[u8], asked: &Asked, headers: &HeaderMap) -> Response {
    let texts = Texts::choose(asked.launch.language.as_deref(), accepted(headers));
    let fields = form_urlencoded::parse(query)
        .into_owned()
        .filter(|(name, _)| name != "token" && name != "tokenTransport")
        .collect();
    let frame = super::frame::Frame::new(texts, None, texts.t("opening-title"))
        .tell("ready", true.into())
        .tell("awaitsToken", true.into());
    Policy::open().page(axum::http::StatusCode::OK, render(&Opening { frame, fields }))
}

/// What the query says, before anything is believed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    token: Option<String>,
    token_follows: bool,
    client_id: Option<String>,
    launch: Launch,
}

impl Asked {
    /// The first non-empty value of each name counts; the texts `undefined` and `null` are empty.
    fn parse(pairs: &[u8]) -> Asked {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(pairs).into_owned().collect();
        let get = |name: &str| {
            let value = pairs.iter().find(|(n, v)| n == name && !v.trim().is_empty()).map(|(_, v)| v.trim().to_owned());
            value.filter(|text| text != "undefined" && text != "null")
        };
        // What is kept with the visit is kept short.
        let text = |name: &str| get(name).map(|text| text[..text.floor_char_boundary(LONGEST)].to_owned());
        let callback = get("callback");
        Asked {
            token: get("token"),
            client_id: get("clientId"),
            token_follows: get("tokenTransport").as_deref() == Some("message"),
            launch: Launch {
                mode: if get("mode").as_deref() == Some("select") { Mode::Select } else { Mode::Auth },
                surface: if callback.is_some() { Surface::Page } else { Surface::Frame },
                language: text("language"),
                callback,
                callback_origin: text("callbackOrigin"),
                segment: text("segment"),
                config: text("config"),
                pinned_providers: get("pinnedProviders").map(|text| list(&text)).unwrap_or_default(),
                preseed: text("preseed").filter(|text| text != "false"),
                preseeded_sources: get("preseededSources")
                    .and_then(|text| decode(&text))
                    .map(|text| list(&text))
                    .unwrap_or_default(),
                pis_id: text("pisId"),
            },
        }
    }
}

/// The longest text of a launch, and the most a list of it holds, in bytes.
const LONGEST: usize = 1024;

/// A JSON array of texts or of objects with `id` or `name`; anything else is read as separated by commas.
fn list(text: &str) -> Vec<String> {
    const MOST: usize = 100;
    let items: Vec<String> = match serde_json::from_str::<Vec<Value>>(text) {
        Ok(values) => values
            .iter()
            .filter_map(|value| value.as_str().or_else(|| value["id"].as_str()).or_else(|| value["name"].as_str()))
            .map(str::to_owned)
            .collect(),
        Err(_) => text.split(',').map(|item| item.trim().to_owned()).collect(),
    };
    let mut room = LONGEST;
    let fits = |item: &String| {
        let left = room.checked_sub(item.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    items.into_iter().filter(|item| !item.is_empty()).take(MOST).take_while(fits).collect()
}

fn decode(text: &str) -> Option<String> {
    // `+` arrives as a blank when the sender did not encode it.
    let text = text.replace(' ', "+");
    let bytes =
        [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|form| form.decode(&text).ok())?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_launch_is_read() {
        let asked = Asked::parse(
            b"token=hst-1&mode=select&clientId=undefined&preseededSources=WyJSaXZlcmJlbmQiLHsiaWQiOiI2NGFjIn1d&preseed=false\
              &pinnedProviders=a,%20b,&language=en-GB&callbackOrigin=https%3A%2F%2Fapp.example&token=other",
        );
        assert_eq!(asked.token.as_deref(), Some("hst-1"));
        assert_eq!(asked.launch.mode, Mode::Select);
        assert_eq!(asked.launch.preseeded_sources, ["Riverbend", "64ac"]);
        assert_eq!(asked.launch.preseed, None);
        assert_eq!(asked.launch.pinned_providers, ["a", "b"]);
        assert_eq!(asked.launch.surface, Surface::Frame);
    }

    #[test]
    fn nothing_is_fatal() {
        for text in ["", "token=", "token=undefined", "preseededSources=%%%", "mode=magic", "pinnedProviders=[1,2]"] {
            let asked = Asked::parse(text.as_bytes());
            assert_eq!((asked.token, asked.launch), (None, Launch::default()), "{text}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let (long, many) = ("é".repeat(3000), "abcdefgh,".repeat(1000));
        let asked = Asked::parse(
            format!("segment={long}&config={long}&pisId={long}&language={long}&preseed={long}&pinnedProviders={many}")
                .as_bytes(),
        );
        let Launch { segment, config, pis_id, language, preseed, pinned_providers, .. } = asked.launch;
        for text in [segment, config, pis_id, language, preseed] {
            assert_eq!(text.map(|text| text.len()), Some(1024));
        }
        assert_eq!(pinned_providers.len(), 100);
        assert_eq!(
            Asked::parse(format!("pinnedProviders={long}").as_bytes()).launch.pinned_providers,
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_callback_makes_it_a_page_of_its_own() {
        assert_eq!(Asked::parse(b"callback=myapp%3A%2F%2Fback").launch.surface, Surface::Page);
    }

    #[test]
    fn the_root_tells_a_launch_from_a_visit_to_the_front_page() {
        assert!(is_launch("token=x") && is_launch("mode=select&clientId=1"));
        assert!(!is_launch("") && !is_launch("utm_source=x"));
    }
}
