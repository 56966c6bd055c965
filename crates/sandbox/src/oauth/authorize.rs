//! The authorization request: what is refused with a page, what with a redirect, what opens a visit.

use std::sync::Arc;

use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::form::{Form, random_text};
use super::scopes::{Dialect, Scope};
use super::{login, visits};
use crate::Client;
use crate::fhir::dstu2;
use crate::hospitals::Dialects;
use crate::pages::{self, Notice};
use crate::world::Here;

/// Shorter values cannot hold enough randomness.
const SHORTEST_STATE: usize = 16;

/// A request that may be shown to a person.
#[derive(Clone, Debug)]
pub struct Request {
    pub client: ClientName,
    pub redirect_uri: String,
    pub state: String,
    pub challenge: String,
    pub nonce: Option<String>,
    pub scopes: Vec<Scope>,
}

/// Who asks, for pages and tokens.
#[derive(Clone, Debug)]
pub struct ClientName {
    pub id: String,
    pub name: Arc<str>,
}

/// How a request is turned away.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The redirect address cannot be trusted, so nobody is sent anywhere.
    Page(&'static str),
    Redirect {
        uri: String,
        state: Option<String>,
        error: &'static str,
        description: &'static str,
    },
}

/// The server's side of the rules.
pub struct Rules<'a> {
    pub fhir_base: &'a str,
    pub v1: bool,
    pub v2: bool,
    pub wildcard: bool,
}

pub async fn get(here: Here, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    begin(&here, &headers, &Form::parse(&dstu2::understood(&here.site, &query)))
}

pub async fn post(here: Here, headers: HeaderMap, body: String) -> Response {
    begin(&here, &headers, &Form::parse(&dstu2::understood(&here.site, &body)))
}

fn begin(here: &Here, headers: &HeaderMap, form: &Form) -> Response {
    let base = here.site.fhir_base();
    let rules = {
        let mut faults = here.site.faults();
        Rules {
            fhir_base: &base,
            v1: !faults.habit("scope_v2_only"),
            v2: here.site.hospital.dialects == Dialects::Both && !faults.habit("scope_v1_only"),
            wildcard: !faults.habit("wildcard_trimmed"),
        }
    };
    match check(form, form.get("client_id").and_then(|id| here.world.clients.get(id)), &rules) {
        Ok(request) => open(here, headers, request),
        Err(Refusal::Page(reason)) => pages::notice(here, Notice::BadLink(reason)),
        Err(Refusal::Redirect { uri, state, error, description }) => {
            send_back(here, &uri, state.as_deref(), &[("error", error), ("error_description", description)])
        }
    }
}

fn open(here: &Here, headers: &HeaderMap, request: Request) -> Response {
    let browser = browser_of(headers).unwrap_or_else(random_text);
    let id = random_text();
    let visit = here.site.visits().open(id.clone(), browser.clone(), random_text(), request, here.now);
    let mut answer = login::page(here, &id, &visit, None);
    let secure = if here.world.base_url.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!(
        "visit={browser}; Path={}/{}; HttpOnly; SameSite=Lax{secure}",
        here.world.root, here.site.hospital.slug
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// The value of the cookie that ties visits to a browser.
pub fn browser_of(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(name, value)| *name == "visit" && value.len() == 32).map(|(_, value)| value.to_owned())
}

/// The visit a posted form belongs to, with its id.
pub fn visit_of(here: &Here, headers: &HeaderMap, form: &Form) -> Option<(String, visits::Visit)> {
    let id = form.get("visit")?;
    let browser = browser_of(headers)?;
    let visit = here.site.visits().find(id, &browser, here.now)?.clone();
    (form.get("csrf") == Some(visit.csrf.as_str())).then(|| (id.to_owned(), visit))
}

/// Back to the client, with state and issuer.
pub fn send_back(here: &Here, uri: &str, state: Option<&str>, params: &[(&str, &str)]) -> Response {
    let mut faults = here.site.faults();
    let issuer = match (faults.habit("iss_wrong"), faults.habit("iss_absent")) {
        (true, _) => Some("https://elsewhere.example".to_owned()),
        (_, true) => None,
        _ => Some(here.site.url.clone()),
    };
    let state = if faults.habit("state_wrong") { Some("a-state-that-nobody-sent") } else { state };
    drop(faults);
    let Ok(mut url) = url::Url::parse(uri) else {
        return pages::notice(here, Notice::BadLink("redirect_uri is not a URL"));
    };
    url.query_pairs_mut()
        .extend_pairs(params)
        .extend_pairs(state.map(|state| ("state", state)))
        .extend_pairs(issuer.map(|issuer| ("iss", issuer)));
    let mut answer = Redirect::to(url.as_str()).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// Every rule of the authorization request, in the order in which they can be trusted.
pub fn check(form: &Form, client: Option<&Client>, rules: &Rules<'_>) -> Result<Request, Refusal> {
    let client = client.ok_or(Refusal::Page("client_id is missing or unknown"))?;
    if form.all("client_id").len() > 1 || form.all("redirect_uri").len() > 1 {
        return Err(Refusal::Page("client_id or redirect_uri is repeated"));
    }
    let redirect_uri = form.get("redirect_uri").ok_or(Refusal::Page("redirect_uri is missing"))?;
    if !client.redirect_uris.iter().any(|registered| registered == redirect_uri) {
        return Err(Refusal::Page("redirect_uri is not registered for this client"));
    }
    let state = form.get("state").map(str::to_owned);
    let refuse = |error, description| Refusal::Redirect {
        uri: redirect_uri.to_owned(),
        state: state.clone(),
        error,
        description,
    };
    let invalid = |description| refuse("invalid_request", description);
    if form.repeated() {
        return Err(invalid("a parameter is repeated"));
    }
    match form.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(refuse("unsupported_response_type", "response_type must be code")),
        None => return Err(invalid("response_type is missing")),
    }
    let sent_state = state.clone().ok_or_else(|| invalid("state is missing"))?;
    if sent_state.len() < SHORTEST_STATE {
        return Err(invalid("state is too short to be random"));
    }
    match form.get("aud") {
        Some(aud) if aud == rules.fhir_base => {}
        Some(_) => return Err(invalid("aud is not the base of this FHIR server")),
        None => return Err(invalid("aud is missing")),
    }
    let challenge = form.get("code_challenge").ok_or_else(|| invalid("code_challenge is missing"))?;
    if form.get("code_challenge_method") != Some("S256") {
        return Err(invalid("code_challenge_method must be S256"));
    }
    if challenge.len() != 43 || !challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Err(invalid("code_challenge is not a SHA-256 in base64url"));
    }
    let scopes = allowed(form.get("scope").unwrap_or_default(), client, rules);
    if scopes.is_empty() {
        return Err(refuse("invalid_scope", "none of the scopes can be granted"));
    }
    Ok(Request {
        client: ClientName { id: client.client_id.clone(), name: client.name.as_str().into() },
        redirect_uri: redirect_uri.to_owned(),
        state: sent_state,
        challenge: challenge.to_owned(),
        nonce: form.get("nonce").map(str::to_owned),
        scopes,
    })
}

/// What is known, registered and in a dialect this server grants; the rest is dropped.
fn allowed(asked: &str, client: &Client, rules: &Rules<'_>) -> Vec<Scope> {
    let registered = Scope::parse_list(&client.scopes);
    let mut scopes = Scope::parse_list(asked);
    scopes.retain(|scope| {
        let spoken = scope.resource().is_none_or(|resource| match resource.dialect {
            Dialect::V1 => rules.v1,
            Dialect::V2 => rules.v2,
        });
        let listed = rules.wildcard || scope.resource().is_none_or(|resource| resource.kind != "*");
        spoken && listed && (registered.is_empty() || registered.iter().any(|mine| mine.covers(scope)))
    });
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientAuth;

    const GOOD: &str = "response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp%2Fcb&state=0123456789abcdef&aud=https%3A%2F%2Fh%2Ffhir\
        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&scope=openid+patient/*.rs+nonsense";

    fn verdict(query: &str) -> Result<Vec<String>, Refusal> {
        let client = Client {
            client_id: "app".into(),
            name: "App".into(),
            auth: ClientAuth::Public,
            redirect_uris: vec!["https://app/cb".into()],
            scopes: "openid fhirUser launch/patient offline_access patient/*.rs".into(),
        };
        let rules = Rules { fhir_base: "https://h/fhir", v1: true, v2: true, wildcard: true };
        let form = Form::parse(query);
        let known = form.get("client_id") == Some("app");
        check(&form, known.then_some(&client), &rules)
            .map(|request| request.scopes.iter().map(Scope::to_string).collect())
    }

    #[test]
    fn a_good_request_keeps_the_scopes_that_are_known() {
        assert_eq!(verdict(GOOD), Ok(vec!["openid".to_owned(), "patient/*.rs".to_owned()]));
    }

    #[test]
    fn every_refusal_has_its_own_way_out() {
        let without = |name: &str| {
            GOOD.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect::<Vec<_>>().join("&")
        };
        let with = |name: &str, value: &str| format!("{}&{name}={value}", without(name));
        let pages = [
            without("client_id"),
            with("client_id", "stranger"),
            without("redirect_uri"),
            with("redirect_uri", "https%3A%2F%2Fapp%2Fcb%2F"),
            format!("{GOOD}&redirect_uri=https%3A%2F%2Fthief"),
        ];
        for query in pages {
            assert!(matches!(verdict(&query), Err(Refusal::Page(_))), "{query}");
        }
        let redirects = [
            (without("response_type"), "invalid_request"),
            (with("response_type", "token"), "unsupported_response_type"),
            (without("state"), "invalid_request"),
            (with("state", "short"), "invalid_request"),
            (without("aud"), "invalid_request"),
            (with("aud", "https%3A%2F%2Fh%2Ffhir%2F"), "invalid_request"),
            (without("code_challenge"), "invalid_request"),
            (with("code_challenge", "tooshort"), "invalid_request"),
            (without("code_challenge_method"), "invalid_request"),
            (with("code_challenge_method", "plain"), "invalid_request"),
            (without("scope"), "invalid_scope"),
            (with("scope", "nonsense"), "invalid_scope"),
            (with("scope", "user/Patient.rs"), "invalid_scope"),
            (format!("{GOOD}&nonce=a&nonce=b"), "invalid_request"),
        ];
        for (query, expected) in redirects {
            match verdict(&query) {
                Err(Refusal::Redirect { uri, error, .. }) => {
                    assert_eq!((uri.as_str(), error), ("https://app/cb", expected), "{query}")
                }
                other => panic!("{query}: {other:?}"),
            }
        }
    }
}
