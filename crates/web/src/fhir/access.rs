//! What a request says of itself, and whose resources it may read.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request as HttpRequest};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use engine::Engine;
use engine::tokens::{Access, AuthError};
use percent_encoding::percent_decode_str;

use super::formats::takes_json;
use super::outcome::Refusal;

/// Longer forms are no searches.
const LONGEST: usize = 64 * 1024;

/// Query, headers and address of a request, before anybody is asked for a token.
pub(super) struct Request {
    /// The query's parameters, decoded.
    pub pairs: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub path: String,
}

/// A request with a token, for the person the token is for.
pub(super) struct Reader {
    pub access: Access,
    pub request: Request,
}

/// The same, with what a form posts beside the query.
pub(super) struct Form(pub Reader);

impl Request {
    fn read(parts: &Parts) -> Result<Request, Refusal> {
        let pairs = pairs(parts.uri.query().unwrap_or_default())?;
        Ok(Request { pairs, headers: parts.headers.clone(), path: parts.uri.path().to_owned() })
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Refuses every other format, and other versions of FHIR.
    pub(super) fn wants_json(&self) -> Result<(), Refusal> {
        let refused = |text: &str| Refusal::new(StatusCode::NOT_ACCEPTABLE, "not-supported", text);
        if !takes_json(self.parameter("_format"), &self.headers) {
            return Err(refused("Only application/fhir+json is served."));
        }
        match self.parameter("fhirVersion") {
            None | Some("4.0" | "4.0.1") => Ok(()),
            Some(_) => Err(refused("Only FHIR 4.0 is served.")),
        }
    }

    /// `Prefer: handling=strict`
    pub(super) fn is_strict(&self) -> bool {
        let values = self.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split([',', ';'])).any(|one| one.trim().eq_ignore_ascii_case("handling=strict"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Request {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Request, Refusal> {
        Request::read(parts)
    }
}

impl FromRequestParts<Engine> for Reader {
    type Rejection = Refusal;

    /// The header wins over the query, as in the Data API.
    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Reader, Refusal> {
        let request = Request::read(parts)?;
        let token = match parts.headers.get(header::AUTHORIZATION) {
            Some(value) => bearer(value.to_str().unwrap_or_default()),
            None => request.parameter("access_token"),
        };
        let Some(token) = token else {
            return Err(Refusal::unauthorized("Send an access token: Authorization: Bearer …"));
        };
        match engine.authenticate(token).await {
            Ok(access) => Ok(Reader { access, request }),
            Err(AuthError::Invalid) => Err(Refusal::unauthorized("Access token is not valid")),
            Err(AuthError::Store(error)) => Err(Refusal::internal(&error)),
        }
    }
}

impl FromRequest<Engine> for Form {
    type Rejection = Refusal;

    async fn from_request(request: HttpRequest<Body>, engine: &Engine) -> Result<Form, Refusal> {
        let (mut parts, body) = request.into_parts();
        let mut reader = Reader::from_request_parts(&mut parts, engine).await?;
        let media = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = media.map(|media| media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        let posted =
            axum::body::to_bytes(body, LONGEST).await.map_err(|_| Refusal::of_status(StatusCode::PAYLOAD_TOO_LARGE))?;
        match media.as_deref() {
            Some("application/x-www-form-urlencoded") => {}
            None if posted.is_empty() => {}
            _ => {
                let text = "Searches are posted as application/x-www-form-urlencoded.";
                return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-supported", text));
            }
        }
        let text = std::str::from_utf8(&posted).map_err(|_| unreadable())?;
        reader.request.pairs.extend(pairs(text)?);
        Ok(Form(reader))
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn pairs(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().map(|text| text.into_owned()).map_err(|_| unreadable())
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn unreadable() -> Refusal {
    Refusal::bad_request("invalid", "The parameters are not UTF-8.")
}
