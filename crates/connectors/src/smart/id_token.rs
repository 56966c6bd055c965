//! The id token of a grant: signature, issuer, audience, expiry and nonce.

use std::time::Duration;

use domain::{Actor, Secret, Timestamp};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::authorize::same_issuer;
use crate::http::{Answer, MIB, Request};

/// Only signatures with public keys: an HMAC or `none` would let anyone write a token.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
];
const SKEW: Duration = Duration::from_secs(120);

/// The keys of an issuer.
#[derive(Debug, Clone, Default)]
pub struct Keys(JwkSet);

impl Keys {
    pub fn request(jwks_uri: &Url) -> Request {
        Request { max_bytes: MIB, ..Request::get(jwks_uri.clone()) }.header("accept", "application/json")
    }

    /// Keys of unknown kinds are left out. `None` when the answer is no key set.
    pub fn read(answer: &Answer) -> Option<Keys> {
        let json: Value = serde_json::from_slice(answer.text_bytes()).ok()?;
        let keys = json["keys"].as_array().filter(|_| answer.is_success())?;
        let keys = keys.iter().take(100).filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
        Some(Keys(JwkSet { keys: keys.collect() }))
    }
}

/// What we compare an id token with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    pub now: Timestamp,
}

/// What an id token says once it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub subject: String,
    /// Absolute or relative URL of the person who signed in.
    pub fhir_user: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    sub: String,
    aud: Value,
    #[serde(default)]
    azp: Option<String>,
    exp: f64,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default, rename = "fhirUser")]
    fhir_user: Option<Value>,
    #[serde(default)]
    profile: Option<Value>,
}

/// Checks an id token against the issuer's keys.
///
/// # Errors
/// [`IdTokenError`] names the first check that failed. `UnknownKey` is worth one fresh read of the key set.
pub fn verify(token: &Secret<String>, keys: &Keys, expected: Expected<'_>) -> Result<Identity, IdTokenError> {
    let header = decode_header(token.expose()).map_err(|_| IdTokenError::Malformed)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(IdTokenError::Algorithm);
    }
    let mut rules = Validation::new(header.alg);
    // Time is an argument here, and `aud` and `iss` are compared below with our own tolerance.
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    let fitting = keys.0.keys.iter().filter(|key| match (&header.kid, &key.common.key_id) {
        (Some(wanted), Some(have)) => wanted == have,
        _ => true,
    });
    let mut found = Err(IdTokenError::UnknownKey);
    for key in fitting {
        let Ok(key) = DecodingKey::from_jwk(key) else { continue };
        match decode::<Claims>(token.expose(), &key, &rules) {
            Ok(data) => {
                found = Ok(data.claims);
                break;
            }
            Err(error) => {
                found = Err(match error.kind() {
                    jsonwebtoken::errors::ErrorKind::Json(_) => IdTokenError::Malformed,
                    _ => IdTokenError::Signature,
                });
            }
        }
    }
    found?.check(expected)
}

impl Claims {
    fn check(self, expected: Expected<'_>) -> Result<Identity, IdTokenError> {
        let audiences: Vec<&str> = match &self.aud {
            Value::String(one) => vec![one],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let expires = Timestamp((self.exp * 1000.0) as i64);
        if !same_issuer(&self.iss, expected.issuer) {
            return Err(IdTokenError::Issuer);
        }
        if !audiences.contains(&expected.client_id) || self.azp.is_some_and(|party| party != expected.client_id) {
            return Err(IdTokenError::Audience);
        }
        if expires + SKEW <= expected.now {
            return Err(IdTokenError::Expired);
        }
        // SMART servers may leave the nonce out; one that is there must be ours.
        if self.nonce.is_some_and(|nonce| nonce != expected.nonce) {
            return Err(IdTokenError::Nonce);
        }
        let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
        Ok(Identity { subject: self.sub, fhir_user: text(self.fhir_user).or_else(|| text(self.profile)) })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    #[error("the id token is not a signed token")]
    Malformed,
    #[error("the id token is signed in a way we do not accept")]
    Algorithm,
    #[error("the issuer has no key for this id token")]
    UnknownKey,
    #[error("the signature of the id token is wrong")]
    Signature,
    #[error("the id token is from another issuer")]
    Issuer,
    #[error("the id token is for another client")]
    Audience,
    #[error("the id token has expired")]
    Expired,
    #[error("the id token belongs to another attempt")]
    Nonce,
}

impl IdTokenError {
    pub fn who_must_act(self) -> Actor {
        match self {
            IdTokenError::Expired | IdTokenError::Nonce => Actor::Person,
            _ => Actor::Provider,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            IdTokenError::Malformed => "id_token_malformed",
            IdTokenError::Algorithm => "id_token_algorithm",
            IdTokenError::UnknownKey => "id_token_unknown_key",
            IdTokenError::Signature => "id_token_signature",
            IdTokenError::Issuer => "id_token_issuer",
            IdTokenError::Audience => "id_token_audience",
            IdTokenError::Expired => "id_token_expired",
            IdTokenError::Nonce => "id_token_nonce",
        }
    }
}
