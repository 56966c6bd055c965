//! Choosing a provider and leaving for its login page.

use askama::Template;
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Actor, SourceId, Step, Trouble};
use engine::authorizations::LoginState;
use engine::connect::{ConnectError, Display};
use serde_json::json;

use super::callback::{self, BROWSER_COOKIE};
use super::failure::Failure;
use super::frame::Frame;
use super::given::{Given, Posted};
use super::policy::{Policy, private, see_other};
use super::visitor::{Visitor, render};

/// Tells the browser that was shown a visit's sign-in page from one that was only sent its address.
const VISIT_COOKIE: &str = "tributary-visit";

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

#[derive(Template)]
#[template(path = "connect/leaving.html")]
struct Leaving {
    frame: Frame,
    text: String,
    provider: String,
    go: String,
    display: &'static str,
    mark: String,
}

pub async fn choose(mut visitor: Visitor, Posted(choice): Posted) -> Result<Response, Failure> {
    let Some(source) = choice.get("source").and_then(|source| source.parse::<SourceId>().ok()) else {
        return Err(visitor.failure(ConnectError::UnknownSource));
    };
    // What the person had typed.
    if let Some(query) = choice.filled("q").filter(|query| *query != visitor.visit.session.search) {
        visitor.go(Step::Search, Some(query)).await?;
    }
    let endpoint = choice.filled("endpoint").map(str::to_owned);
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
    let provider = visitor.source_name(*source).await;
    let title = visitor.texts.t1("signin-title", "provider", &provider);
    let waiting = state == LoginState::Waiting;
    let frame =
        visitor.frame(title).back(visitor.to("search")).tell("poll", json!(visitor.to("login.json"))).refresh(5);
    let mut page = visitor.show(&SignIn {
        frame,
        provider,
        address: address(&visitor, *source, endpoint).await,
        waiting,
        popup: visitor.to("go?display=popup"),
        page: visitor.to("go?display=page"),
        hosted: visitor.visit.session.launch.surface == domain::Surface::Page,
    });
    remember(&visitor, VISIT_COOKIE, &visitor.engine.reference(visitor.visit.session.id), &mut page);
    Ok(page)
}

/// The address a person knows: the portal's, or the endpoint's where the directory has no other.
async fn address(visitor: &Visitor, source: SourceId, endpoint: &str) -> String {
    let brand = visitor.engine.find_brand(source).await.ok().flatten();
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

/// Top level: on to the provider when the browser came from the visit's own page. Anybody may have
/// been sent this address: any other browser is first told what it is about to do.
pub async fn go(visitor: Visitor, headers: HeaderMap, going: Given) -> Result<Response, Failure> {
    let display = display(&going);
    // Older browsers do not say where they come from; those that were shown the page before have its mark.
    let shown =
        || callback::cookie(&headers, VISIT_COOKIE) == Some(&visitor.engine.reference(visitor.visit.session.id));
    if came_from_us(&headers).unwrap_or_else(shown) {
        return leave(visitor, &headers, display).await;
    }
    Ok(confirm(&visitor, &headers, display).await)
}

/// The person has read what they are about to do.
pub async fn go_on(visitor: Visitor, headers: HeaderMap, Posted(going): Posted) -> Result<Response, Failure> {
    let display = display(&going);
    // Another site can neither read the mark on our page nor have the cookie sent with its own form.
    let ours =
        mark(&headers).is_some_and(|mark| going.get("mark") == Some(mark)) && came_from_us(&headers) != Some(false);
    if ours { leave(visitor, &headers, display).await } else { Ok(confirm(&visitor, &headers, display).await) }
}

fn display(going: &Given) -> Display {
    if going.get("display") == Some("popup") { Display::Popup } else { Display::Page }
}

/// `None` when the browser does not say.
fn came_from_us(headers: &HeaderMap) -> Option<bool> {
    headers.get("sec-fetch-site").map(|site| site == "same-origin")
}

/// The mark of this browser, if it has one of ours.
fn mark(headers: &HeaderMap) -> Option<&str> {
    callback::browser(headers).filter(|mark| mark.len() == 32 && mark.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn new_mark() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

fn remember(visitor: &Visitor, name: &str, mark: &str, response: &mut Response) {
    let secure = if visitor.engine.base_url().scheme() == "https" { "; Secure" } else { "" };
    let cookie = format!("{name}={mark}; Path=/connect; Max-Age=3600; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Says who gets what, and begins nothing.
async fn confirm(visitor: &Visitor, headers: &HeaderMap, display: Display) -> Response {
    let Step::SignIn { source, .. } = &visitor.visit.session.step else {
        return see_other(&visitor.to_step(&visitor.visit.session.step));
    };
    let (texts, app, provider) = (visitor.texts, &visitor.visit.app, visitor.source_name(*source).await);
    let mark = mark(headers).map_or_else(new_mark, str::to_owned);
    let screen = Leaving {
        frame: Frame::new(texts, Some(app), texts.t1("leaving-title", "app", &app.name)),
        text: texts.t2("leaving-text", "app", &app.name, "provider", &provider),
        provider,
        go: visitor.to("go"),
        display: if display == Display::Popup { "popup" } else { "page" },
        mark: mark.clone(),
    };
    let mut response = Policy::leaving(visitor.engine.development()).page(StatusCode::OK, render(&screen));
    remember(visitor, BROWSER_COOKIE, &mark, &mut response);
    response
}

/// Marks the browser that leaves, then sends it to the provider.
async fn leave(mut visitor: Visitor, headers: &HeaderMap, display: Display) -> Result<Response, Failure> {
    let Step::SignIn { source, endpoint } = visitor.visit.session.step.clone() else {
        return Ok(see_other(&visitor.to_step(&visitor.visit.session.step)));
    };
    let mark = mark(headers).map_or_else(new_mark, str::to_owned);
    match visitor.engine.begin(&visitor.visit, display, &mark).await {
        Ok(url) => {
            let mut response = see_other(url.as_str());
            remember(&visitor, BROWSER_COOKIE, &mark, &mut response);
            Ok(response)
        }
        Err(error) => {
            let page = refuse(&mut visitor, Some(source), Some(endpoint), error).await?;
            Ok(if display == Display::Popup { callback::closing(visitor.texts, Some(&visitor), false) } else { page })
        }
    }
}
