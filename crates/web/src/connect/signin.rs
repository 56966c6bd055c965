//! Choosing a provider and leaving for its login page.

use askama::Template;
use axum::Json;
use axum::extract::{Form, Query};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Actor, SourceId, Step, Trouble};
use engine::authorizations::LoginState;
use engine::connect::{ConnectError, Display};
use serde::Deserialize;
use serde_json::json;

use super::callback::{self, BROWSER_COOKIE};
use super::failure::Failure;
use super::frame::Frame;
use super::policy::{private, see_other};
use super::visitor::Visitor;

#[derive(Deserialize)]
pub struct Choice {
    source: String,
    endpoint: Option<String>,
    /// What the person had typed.
    q: Option<String>,
}

#[derive(Deserialize)]
pub struct Going {
    display: Option<Display>,
}

#[derive(Template)]
#[template(path = "connect/signin.html")]
struct SignIn {
    frame: Frame,
    provider: String,
    address: String,
    waiting: bool,
    popup: String,
    page: String,
    hosted: bool,
}

pub async fn choose(mut visitor: Visitor, Form(choice): Form<Choice>) -> Result<Response, Failure> {
    let Ok(source) = choice.source.parse::<SourceId>() else {
        return Err(visitor.failure(ConnectError::UnknownSource));
    };
    if let Some(query) = choice.q.filter(|query| !query.is_empty() && *query != visitor.visit.session.search) {
        visitor.go(Step::Search, Some(&query)).await?;
    }
    let endpoint = choice.endpoint.filter(|endpoint| !endpoint.is_empty());
    match visitor.engine.choose(&visitor.visit, source, endpoint.as_deref()).await {
        Ok(visit) => {
            visitor.visit = visit;
            Ok(see_other(&visitor.to("signin")))
        }
        Err(error) => refuse(&mut visitor, Some(source), endpoint, error).await,
    }
}

/// What the source could not do becomes a screen of its own; the rest is a failure of the visit.
async fn refuse(
    visitor: &mut Visitor,
    source: Option<SourceId>,
    endpoint: Option<String>,
    error: ConnectError,
) -> Result<Response, Failure> {
    let trouble = match error {
        ConnectError::Trouble(trouble) => trouble,
        ConnectError::NotRegistered => Trouble::new("not_registered", Actor::Operator),
        other => return Err(visitor.failure(other)),
    };
    trip(visitor, source, endpoint, trouble).await?;
    Ok(see_other(&visitor.to("trouble")))
}

/// Moves the visit to the trouble screen.
pub async fn trip(
    visitor: &mut Visitor,
    source: Option<SourceId>,
    endpoint: Option<String>,
    trouble: Trouble,
) -> Result<(), Failure> {
    let reference = visitor.engine.reference(visitor.visit.session.id);
    visitor.go(Step::Trouble { source, endpoint, trouble, reference }, None).await
}

pub async fn signin(visitor: Visitor) -> Result<Response, Failure> {
    let Step::SignIn { source, endpoint } = &visitor.visit.session.step else {
        return Ok(see_other(&visitor.to_step(&visitor.visit.session.step)));
    };
    let state = visitor.engine.login_state(&visitor.visit).await.map_err(|error| visitor.failure(error))?;
    if let Some(next) = next(&visitor, &state) {
        return Ok(see_other(&next));
    }
    let provider = visitor.source_name(*source);
    let title = visitor.texts.t1("signin-title", "provider", &provider);
    let waiting = state == LoginState::Waiting;
    let frame =
        visitor.frame(title).back(visitor.to("search")).tell("poll", json!(visitor.to("login.json"))).refresh(5);
    Ok(visitor.show(&SignIn {
        frame,
        provider,
        address: address(&visitor, *source, endpoint),
        waiting,
        popup: visitor.to("go?display=popup"),
        page: visitor.to("go?display=page"),
        hosted: visitor.visit.session.launch.surface == domain::Surface::Page,
    }))
}

/// The address a person knows: the portal's, or the endpoint's where the directory has no other.
fn address(visitor: &Visitor, source: SourceId, endpoint: &str) -> String {
    let brand = visitor.engine.find_brand(source);
    let portal = brand.as_ref().and_then(|brand| {
        brand.portals.iter().find(|portal| portal.endpoints.iter().any(|known| known.address.as_str() == endpoint))
    });
    portal.and_then(|portal| portal.url.clone()).unwrap_or_else(|| endpoint.to_owned())
}

/// Where the waiting page moves on to, when it does.
fn next(visitor: &Visitor, state: &LoginState) -> Option<String> {
    match (&visitor.visit.session.step, state) {
        (Step::SignIn { .. }, LoginState::None | LoginState::Waiting) => None,
        (Step::SignIn { .. }, LoginState::Connected(connection)) => Some(visitor.to(&format!("progress/{connection}"))),
        (Step::SignIn { .. }, LoginState::Trouble(_)) => Some(visitor.to("trouble")),
        (step, _) => Some(visitor.to_step(step)),
    }
}

pub async fn login(visitor: Visitor) -> Result<Response, Failure> {
    let state = visitor.engine.login_state(&visitor.visit).await.map_err(|error| visitor.failure(error))?;
    let word = match &state {
        LoginState::None => "none",
        LoginState::Waiting => "waiting",
        LoginState::Connected(_) => "connected",
        LoginState::Trouble(_) => "trouble",
    };
    let mut response = Json(json!({ "state": word, "next": next(&visitor, &state) })).into_response();
    private(&mut response);
    Ok(response)
}

/// Top level: marks the browser that leaves, then sends it to the provider.
pub async fn go(mut visitor: Visitor, headers: HeaderMap, Query(going): Query<Going>) -> Result<Response, Failure> {
    let Step::SignIn { source, endpoint } = visitor.visit.session.step.clone() else {
        return Ok(see_other(&visitor.to_step(&visitor.visit.session.step)));
    };
    let display = going.display.unwrap_or(Display::Page);
    let known =
        callback::browser(&headers).filter(|mark| mark.len() == 32 && mark.bytes().all(|b| b.is_ascii_hexdigit()));
    let mark = known.map_or_else(|| hex::encode(rand::random::<[u8; 16]>()), str::to_owned);
    match visitor.engine.begin(&visitor.visit, display, &mark).await {
        Ok(url) => {
            let mut response = see_other(url.as_str());
            let secure = if visitor.engine.base_url().scheme() == "https" { "; Secure" } else { "" };
            let cookie =
                format!("{BROWSER_COOKIE}={mark}; Path=/connect; Max-Age=3600; HttpOnly; SameSite=Lax{secure}");
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Err(error) => {
            let page = refuse(&mut visitor, Some(source), Some(endpoint), error).await?;
            Ok(if display == Display::Popup { callback::closing(visitor.texts, Some(&visitor), false) } else { page })
        }
    }
}
