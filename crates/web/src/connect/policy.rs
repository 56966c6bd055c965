//! What a browser may do with a widget page: the security headers.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{App, ConnectSession, Surface};
use url::Url;

/// Who may put a page into a frame, and where its forms may lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    framers: String,
    forms: String,
}

impl Policy {
    /// For a page without a visit: it shows nothing about anybody.
    pub fn open() -> Policy {
        Policy { framers: "*".into(), forms: "'self'".into() }
    }

    /// For a page of its own that nobody may frame.
    pub fn alone() -> Policy {
        Policy { framers: "'none'".into(), forms: "'self'".into() }
    }

    /// Nobody may frame it, and its form leads away: to the login page of whichever provider it is.
    pub fn leaving(development: bool) -> Policy {
        let forms = if development { "'self' https: http:" } else { "'self' https:" };
        Policy { forms: forms.into(), ..Policy::alone() }
    }

    /// An app that registered no page may be framed by any in development, and by none in production.
    pub fn of_app(app: &App, development: bool) -> Policy {
        if app.origins.is_empty() {
            return if development { Policy::open() } else { Policy::alone() };
        }
        let framers: Vec<&str> = app.origins.iter().map(|origin| origin.as_str()).collect();
        Policy { framers: framers.join(" "), forms: "'self'".into() }
    }

    /// A hosted page is never framed, and its last form ends in a redirect to the integrator.
    pub fn of_visit(app: &App, session: &ConnectSession, development: bool) -> Policy {
        match session.launch.surface {
            Surface::Frame => Policy::of_app(app, development),
            Surface::Page => {
                let back = session.launch.callback.as_deref().and_then(form_source);
                let forms = back.map_or_else(|| "'self'".to_owned(), |source| format!("'self' {source}"));
                Policy { forms, ..Policy::alone() }
            }
        }
    }

    fn content_security(&self) -> String {
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action {}; base-uri 'none'; frame-ancestors {}",
            self.forms, self.framers
        )
    }

    pub fn page(&self, status: StatusCode, html: String) -> Response {
        const CSP: HeaderName = HeaderName::from_static("content-security-policy");
        const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
        let mut response = (status, html).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(
            CSP,
            HeaderValue::from_str(&self.content_security())
                .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'")),
        );
        headers.insert(PERMISSIONS, HeaderValue::from_static("camera=(), microphone=(), geolocation=()"));
        private(&mut response);
        response
    }
}

/// Headers of every answer that belongs to a visit, redirects and JSON included.
pub fn private(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// 303 with the headers of a private answer.
pub fn see_other(to: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    private(&mut response);
    response
}

/// The origin of a web address, or the scheme of an app's own link.
fn form_source(callback: &str) -> Option<String> {
    let url = Url::parse(callback).ok()?;
    let origin = url.origin();
    let source = if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", url.scheme()) };
    let plain = source.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+:/[]_".contains(&b));
    (plain && !source.starts_with("javascript:") && !source.starts_with("data:")).then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_may_end_at_the_callback_only() {
        assert_eq!(form_source("https://app.example/back?x=1").as_deref(), Some("https://app.example"));
        assert_eq!(form_source("myapp://connected").as_deref(), Some("myapp:"));
        assert_eq!(form_source("javascript:alert(1)"), None);
        assert_eq!(form_source("nonsense"), None);
    }

    #[test]
    fn nothing_inline_and_nobody_frames_a_page_of_its_own() {
        let text = Policy::alone().content_security();
        assert!(text.contains("frame-ancestors 'none'") && !text.contains("unsafe"));
    }
}
