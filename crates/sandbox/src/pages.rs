//! The pages people see: each hospital's own, and the sandbox's front page.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::faults::{ALTERATIONS, HABITS};
use crate::hospitals::{HOSPITALS, Hospital};
use crate::roster::{ERROR_LOGINS, PASSWORD};
use crate::world::{Here, World};

const PORTAL_CSS: &str = include_str!("../assets/portal.css");
const SANDBOX_CSS: &str = include_str!("../assets/sandbox.css");
/// People listed per hospital on the front page.
const LISTED: usize = 4;
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The hospital a page belongs to.
pub struct Brand {
    pub hospital: &'static Hospital,
    /// The path everything of this hospital begins with.
    pub path: String,
}

impl Brand {
    pub fn of(here: &Here) -> Brand {
        Brand { hospital: here.site.hospital, path: format!("{}/{}", here.world.root, here.site.hospital.slug) }
    }

    fn portal(&self) -> &'static str {
        self.hospital.portals.first().map_or(self.hospital.name, |portal| portal.name)
    }
}

#[derive(Template)]
#[template(path = "login.html")]
pub struct Login<'a> {
    pub site: Brand,
    pub visit: &'a str,
    pub csrf: &'a str,
    pub client: &'a str,
    pub complaint: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "second_step.html")]
pub struct SecondStep<'a> {
    pub site: Brand,
    pub visit: &'a str,
    pub csrf: &'a str,
    pub complaint: Option<&'static str>,
}

/// One tick box.
pub struct Choice {
    pub value: String,
    pub label: String,
}

#[derive(Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    pub site: Brand,
    pub visit: &'a str,
    pub csrf: &'a str,
    pub client: &'a str,
    pub person: String,
    pub choices: Vec<Choice>,
}

/// A page that ends a visit without sending anyone anywhere.
pub enum Notice {
    BadLink(&'static str),
    Expired,
    Locked,
    Maintenance,
    Stuck,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    site: Brand,
    title: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "hospital.html")]
struct HospitalPage {
    site: Brand,
}

#[derive(Template)]
#[template(path = "sandbox.html")]
struct SandboxPage {
    root: String,
    base_url: String,
    password: &'static str,
    rows: Vec<Row>,
    error_logins: &'static [(&'static str, &'static str)],
    alterations: &'static [&'static str],
    habits: &'static [&'static str],
}

struct Row {
    hospital: &'static Hospital,
    fhir_base: String,
    logins: Vec<String>,
}

/// The hospital's public page.
pub async fn hospital(here: Here) -> Response {
    render(StatusCode::OK, &HospitalPage { site: Brand::of(&here) })
}

pub async fn logo(here: Here) -> Response {
    ([(header::CONTENT_TYPE, "image/svg+xml")], here.site.hospital.logo_svg()).into_response()
}

/// The shared layout in the hospital's colors and letters.
pub async fn portal_css(here: Here) -> Response {
    let Hospital { tint, wash, face, .. } = here.site.hospital;
    let css = format!(":root {{ --tint: {tint}; --wash: {wash}; --face: {face}; }}\n{PORTAL_CSS}");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response()
}

pub async fn sandbox_css() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], SANDBOX_CSS).into_response()
}

/// All hospitals and how to log in.
pub async fn sandbox(State(world): State<Arc<World>>) -> Response {
    let known = world.clone();
    let rows = tokio::task::spawn_blocking(move || {
        HOSPITALS
            .iter()
            .filter_map(|hospital| known.sites.get(hospital.slug))
            .map(|site| Row {
                hospital: site.hospital,
                fhir_base: site.fhir_base(),
                logins: site.roster.usernames(LISTED),
            })
            .collect()
    });
    let page = SandboxPage {
        root: world.root.clone(),
        base_url: world.base_url.clone(),
        password: PASSWORD,
        rows: rows.await.unwrap_or_default(),
        error_logins: ERROR_LOGINS,
        alterations: ALTERATIONS,
        habits: HABITS,
    };
    render(StatusCode::OK, &page)
}

pub fn notice(here: &Here, notice: Notice) -> Response {
    let (status, title, text) = match notice {
        Notice::BadLink(reason) => (
            StatusCode::BAD_REQUEST,
            "This link does not work",
            format!("The application that sent you here made a mistake: {reason}."),
        ),
        Notice::Expired => {
            (StatusCode::BAD_REQUEST, "This page is too old", "Go back to the application and start again.".to_owned())
        }
        Notice::Locked => (
            StatusCode::LOCKED,
            "Your account is locked",
            format!("There were too many wrong passwords. Call {} to unlock it.", here.site.hospital.phone),
        ),
        Notice::Maintenance => {
            (StatusCode::SERVICE_UNAVAILABLE, "We are closed for maintenance", "The portal is back tonight.".to_owned())
        }
        Notice::Stuck => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something is wrong here",
            "The portal cannot send you back.".to_owned(),
        ),
    };
    let closed = status == StatusCode::SERVICE_UNAVAILABLE;
    let mut answer = render(status, &NoticePage { site: Brand::of(here), title, text });
    if closed {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("3600"));
    }
    answer
}

pub fn to_visit(here: &Here, id: &str) -> Response {
    Redirect::to(&format!("{}/{}/visit/{id}", here.world.root, here.site.hospital.slug)).into_response()
}

pub fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is no such hospital.").into_response()
}

/// A page with the headers that keep it whole: no frames, no script, no cache.
pub fn render(status: StatusCode, page: &impl Template) -> Response {
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut answer = (status, Html(html)).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// Browsers hold redirects after a form to `form-action` too, along the whole chain.
pub fn allow_leaving_to(answer: &mut Response, redirect_uri: &str) {
    let scheme = redirect_uri.split(':').next().unwrap_or("https");
    if let Ok(policy) = HeaderValue::from_str(&format!("{POLICY} http: https: {scheme}:")) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
