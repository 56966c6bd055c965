//! The token endpoint: exchange, refresh, revoke, introspect, and what it answers.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Actor, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client_auth::{Client, KeyError, Moment};
use super::discovery::SmartConfiguration;
use crate::http::{Answer, Request};
use crate::platforms::Platform;

/// Token answers are small; id tokens with many claims are the largest.
pub const MAX_BYTES: usize = 256 * 1024;
const MAX_TOKEN: usize = 64 * 1024;
const DEFAULT_LIFETIME: u64 = 300;
const MAX_LIFETIME: u64 = 400 * 86_400;

/// A code and what belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    pub code: &'a Secret<String>,
    pub redirect_uri: &'a str,
    /// Absent where PKCE was left out.
    pub verifier: Option<&'a Secret<String>>,
}

/// Redeems a code, once.
///
/// # Errors
/// [`KeyError`] when the client cannot sign.
pub fn exchange(
    smart: &SmartConfiguration,
    client: &Client,
    code: Code<'_>,
    moment: &Moment,
) -> Result<Request, KeyError> {
    let mut form = vec![
        ("grant_type".to_owned(), "authorization_code".to_owned()),
        ("code".to_owned(), code.code.expose().clone()),
        ("redirect_uri".to_owned(), code.redirect_uri.to_owned()),
    ];
    form.extend(code.verifier.map(|verifier| ("code_verifier".to_owned(), verifier.expose().clone())));
    client.request(&smart.token_endpoint, &smart.token_endpoint, form, moment)
}

/// Asks for a new access token. `scope` is what was granted; only some products want it repeated.
///
/// # Errors
/// [`KeyError`] when the client cannot sign.
pub fn refresh(
    platform: &Platform,
    smart: &SmartConfiguration,
    client: &Client,
    token: &Secret<String>,
    scope: &str,
    moment: &Moment,
) -> Result<Request, KeyError> {
    let mut form = vec![
        ("grant_type".to_owned(), "refresh_token".to_owned()),
        ("refresh_token".to_owned(), token.expose().clone()),
    ];
    if platform.refresh.send_scope {
        form.push(("scope".to_owned(), scope.to_owned()));
    }
    let mut request = client.request(&smart.token_endpoint, &smart.token_endpoint, form, moment)?;
    if platform.refresh.send_client_id {
        add_missing(&mut request, "client_id", &client.id);
    }
    Ok(request)
}

/// Gives a refresh token back; `None` when the provider has no such endpoint.
///
/// # Errors
/// [`KeyError`] when the client cannot sign.
pub fn revoke(
    smart: &SmartConfiguration,
    client: &Client,
    token: &Secret<String>,
    moment: &Moment,
) -> Result<Option<Request>, KeyError> {
    let Some(endpoint) = &smart.revocation_endpoint else { return Ok(None) };
    let form =
        vec![("token".to_owned(), token.expose().clone()), ("token_type_hint".to_owned(), "refresh_token".to_owned())];
    client.request(endpoint, &smart.token_endpoint, form, moment).map(Some)
}

/// Asks what an access token stands for; `None` when the provider has no such endpoint.
///
/// # Errors
/// [`KeyError`] when the client cannot sign.
pub fn introspect(
    smart: &SmartConfiguration,
    client: &Client,
    access: &Secret<String>,
    moment: &Moment,
) -> Result<Option<Request>, KeyError> {
    let Some(endpoint) = &smart.introspection_endpoint else { return Ok(None) };
    let form = vec![("token".to_owned(), access.expose().clone())];
    client.request(endpoint, &smart.token_endpoint, form, moment).map(Some)
}

fn add_missing(request: &mut Request, name: &str, value: &str) {
    if let Some(crate::http::Body::Form(form)) = &mut request.body
        && !form.iter().any(|(have, _)| have == name)
    {
        form.push((name.to_owned(), value.to_owned()));
    }
}

/// The tokens of a grant, as they are sealed and stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    pub access: Secret<String>,
    /// After a refresh: `None` means keep the one before.
    pub refresh: Option<Secret<String>>,
    pub id_token: Option<Secret<String>>,
    pub expires_in: Duration,
    /// As granted, in the server's words; what was asked for when it did not say.
    pub scope: String,
    pub patient: Option<String>,
    /// Members that a platform wants repeated with every call, see [`Platform::tenant`].
    pub extras: BTreeMap<String, String>,
}

impl Tokens {
    /// Reads the answer of an exchange or a refresh. `requested` is the scope that was asked for.
    ///
    /// # Errors
    /// [`TokenError`] for an error answer or one without a usable bearer token.
    pub fn read(answer: &Answer, requested: &str) -> Result<Tokens, TokenError> {
        if answer.truncated || answer.body.len() > MAX_BYTES {
            return Err(TokenError::TooLarge);
        }
        let json: Option<Value> = serde_json::from_slice(answer.text_bytes()).ok().filter(Value::is_object);
        let error = json.as_ref().and_then(|json| json["error"].as_str());
        if !answer.is_success() || error.is_some() {
            return Err(TokenError::of(answer.status, error.unwrap_or_default()));
        }
        let json = json.ok_or(TokenError::Malformed)?;
        let text = |name: &str| json[name].as_str().filter(|text| !text.is_empty());
        let token = |name: &str| match text(name) {
            Some(token) if token.len() > MAX_TOKEN => Err(TokenError::TooLarge),
            Some(token) if !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(TokenError::Malformed),
            found => Ok(found.map(|token| Secret::new(token.to_owned()))),
        };
        if text("token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(TokenError::NotBearer);
        }
        let expires = json["expires_in"].as_u64().or_else(|| text("expires_in")?.parse().ok());
        let extras = json.as_object().into_iter().flatten().filter_map(|(name, value)| {
            let known = ["access_token", "refresh_token", "id_token", "token_type", "scope", "patient"];
            let value = value.as_str().filter(|value| value.len() <= 512 && !known.contains(&name.as_str()))?;
            Some((name.clone(), value.to_owned()))
        });
        Ok(Tokens {
            access: token("access_token")?.ok_or(TokenError::Malformed)?,
            refresh: token("refresh_token")?,
            id_token: token("id_token")?,
            expires_in: Duration::from_secs(expires.unwrap_or(DEFAULT_LIFETIME).min(MAX_LIFETIME)),
            scope: text("scope").unwrap_or(requested).to_owned(),
            patient: text("patient").filter(|id| super::patient::is_id(id)).map(str::to_owned),
            extras: extras.take(32).collect(),
        })
    }

    /// The parameter that a shared host wants on every FHIR request.
    pub fn tenant(&self, platform: &Platform) -> Option<(&'static str, String)> {
        let tenant = platform.tenant.as_ref()?;
        let value = self.extras.get(tenant.member)?;
        let id = value.strip_prefix(tenant.prefix).unwrap_or(value);
        Some((tenant.parameter, format!("{}{id}", tenant.prefix)))
    }
}

/// Why a token endpoint gave no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the code or refresh token is no longer good")]
    InvalidGrant,
    #[error("the provider does not know our client or its key")]
    InvalidClient,
    #[error("our client may not use this grant")]
    UnauthorizedClient,
    #[error("the provider refused the request")]
    InvalidRequest,
    #[error("a scope is not valid here")]
    InvalidScope,
    #[error("nothing was granted")]
    NothingGranted,
    #[error("the provider answered {0}")]
    Unavailable(u16),
    #[error("the provider refused with {0}")]
    Refused(u16),
    #[error("the answer is larger than a token answer can be")]
    TooLarge,
    #[error("the answer holds no usable token")]
    Malformed,
    #[error("the token is not a bearer token")]
    NotBearer,
}

impl TokenError {
    fn of(status: u16, error: &str) -> TokenError {
        match error {
            "invalid_grant" | "access_denied" => TokenError::InvalidGrant,
            "invalid_client" => TokenError::InvalidClient,
            "unauthorized_client" | "unsupported_grant_type" => TokenError::UnauthorizedClient,
            "invalid_request" => TokenError::InvalidRequest,
            "invalid_scope" => TokenError::InvalidScope,
            "temporarily_unavailable" | "server_error" => TokenError::Unavailable(status),
            error if error.ends_with(":empty-scopes") => TokenError::NothingGranted,
            _ => match status {
                429 | 500.. => TokenError::Unavailable(status),
                401 => TokenError::InvalidClient,
                200..300 => TokenError::Malformed,
                _ => TokenError::Refused(status),
            },
        }
    }

    pub fn who_must_act(self) -> Actor {
        match self {
            TokenError::InvalidGrant | TokenError::NothingGranted => Actor::Person,
            TokenError::InvalidClient
            | TokenError::UnauthorizedClient
            | TokenError::InvalidRequest
            | TokenError::InvalidScope
            | TokenError::Refused(_) => Actor::Operator,
            TokenError::Unavailable(_) => Actor::Us,
            TokenError::TooLarge | TokenError::Malformed | TokenError::NotBearer => Actor::Provider,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            TokenError::InvalidGrant => "invalid_grant",
            TokenError::InvalidClient => "invalid_client",
            TokenError::UnauthorizedClient => "unauthorized_client",
            TokenError::InvalidRequest => "invalid_request",
            TokenError::InvalidScope => "invalid_scope",
            TokenError::NothingGranted => "nothing_granted",
            TokenError::Unavailable(_) => "provider_unavailable",
            TokenError::Refused(_) => "token_refused",
            TokenError::TooLarge => "token_answer_too_large",
            TokenError::Malformed | TokenError::NotBearer => "token_answer_malformed",
        }
    }

    /// Discovery may be out of date: read it again before asking an operator.
    pub fn suspects_discovery(self) -> bool {
        matches!(self, TokenError::InvalidClient | TokenError::Refused(404))
    }
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
