//! Whose data is asked for: the bearer token, or the older `access_token` parameter.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use engine::Engine;
use engine::tokens::{Access, AuthError};
use percent_encoding::percent_decode_str;

use crate::problem::Problem;

/// The person a request may read; the header wins over the query.
pub(super) struct Reader(pub(super) Access);

impl FromRequestParts<Engine> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Reader, Problem> {
        let token = match parts.headers.get(header::AUTHORIZATION) {
            Some(value) => bearer(value.to_str().unwrap_or_default()).map(str::to_owned),
            None => parts.uri.query().and_then(|query| parameter(query, "access_token")),
        };
        let Some(token) = token else {
            return Err(unauthorized("Send an access token: Authorization: Bearer …"));
        };
        match engine.authenticate(&token).await {
            Ok(access) => Ok(Reader(access)),
            Err(AuthError::Invalid) => Err(unauthorized("Access token is not valid")),
            Err(AuthError::Store(error)) => Err(error.into()),
        }
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The first value of a query parameter, decoded.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key) == name).then(|| decode(value))
    })
}

pub(super) fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn unauthorized(message: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, message).header(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
}
