//! Reading what a client sent: JSON or a form, with HTTP Basic in place of the two client fields.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
use serde_json::{Map, Value};

use crate::problem::Problem;

/// Name and password; an empty password is no secret.
type Basic = (String, Option<Secret<String>>);

/// A token request's fields, whatever media type brought them.
pub(crate) struct Fields {
    values: Map<String, Value>,
    basic: Option<Basic>,
    /// Names of fields that are missing or of the wrong type.
    bad: Vec<String>,
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Fields, Problem> {
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state).await.map_err(unreadable)?;
        let values = match media_type(&headers) {
            Media::Json => json(&body)?,
            Media::Form => form(&body)?,
            Media::Other => {
                return Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "Send application/json or application/x-www-form-urlencoded.",
                )
                .reason("INVALID_BODY"));
            }
        };
        Ok(Fields { values, basic: basic(&headers)?, bad: Vec::new() })
    }
}

impl Fields {
    /// A string that must be there; its name is noted when it is not.
    pub(crate) fn required(&mut self, name: &str) -> String {
        match self.values.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => text,
            _ => {
                self.bad.push(name.to_owned());
                String::new()
            }
        }
    }

    /// A string that may be absent, null or empty.
    pub(crate) fn optional(&mut self, name: &str) -> Option<String> {
        match self.values.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text).filter(|text| !text.is_empty()),
            Some(_) => {
                self.bad.push(name.to_owned());
                None
            }
        }
    }

    /// A list of strings; a form may repeat the field.
    pub(crate) fn list(&mut self, name: &str) -> Vec<String> {
        match self.values.remove(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                items.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
            }
            Some(_) => {
                self.bad.push(name.to_owned());
                Vec::new()
            }
        }
    }

    pub(crate) fn refuse(&mut self, name: &str) {
        self.bad.push(name.to_owned());
    }

    /// The client's id and secret, from the body, from Basic, or from both when they agree.
    pub(crate) fn client(&mut self) -> Result<(String, Option<Secret<String>>), Problem> {
        let Some((id, secret)) = self.basic.take() else {
            return Ok((self.required("client_id"), self.optional("client_secret").map(Secret::new)));
        };
        let in_body = self.optional("client_secret").map(Secret::new);
        let agree = |one: &Secret<String>, other: &Secret<String>| one.expose() == other.expose();
        let same_secret = secret.as_ref().zip(in_body.as_ref()).is_none_or(|(one, other)| agree(one, other));
        let same_id = self.optional("client_id").is_none_or(|in_body| in_body == id);
        for (name, same) in [("client_id", same_id), ("client_secret", same_secret)] {
            if !same {
                return Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "The Authorization header and the body name different clients.",
                )
                .reason("INVALID_BODY")
                .keys("payload", vec![name.to_owned()]));
            }
        }
        Ok((id, secret.or(in_body)))
    }

    /// Fails when any field was missing or of the wrong type.
    pub(crate) fn checked(self) -> Result<(), Problem> {
        if self.bad.is_empty() {
            return Ok(());
        }
        Err(Problem::new(StatusCode::BAD_REQUEST, format!("Missing or of the wrong type: {}.", self.bad.join(", ")))
            .reason("INVALID_BODY")
            .keys("payload", self.bad))
    }
}

enum Media {
    Json,
    Form,
    Other,
}

/// A body without a media type is read as JSON, the documented one.
fn media_type(headers: &HeaderMap) -> Media {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Media::Json };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => Media::Json,
        "application/x-www-form-urlencoded" => Media::Form,
        other if other.starts_with("application/") && other.ends_with("+json") => Media::Json,
        _ => Media::Other,
    }
}

fn json(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(invalid("The body must be a JSON object.")),
        Err(_) => Err(invalid("The body is not valid JSON.")),
    }
}

fn form(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_bytes(body).map_err(|_| invalid("The body is not a valid form."))?;
    let mut fields = Map::new();
    for (name, value) in pairs {
        match fields.get_mut(&name) {
            None => {
                fields.insert(name, Value::String(value));
            }
            Some(Value::Array(values)) => values.push(Value::String(value)),
            Some(first) => *first = Value::Array(vec![first.take(), Value::String(value)]),
        }
    }
    Ok(fields)
}

/// Any other authorization scheme is not meant for us and is ignored.
fn basic(headers: &HeaderMap) -> Result<Option<Basic>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let malformed = || invalid("The Authorization header is not valid HTTP Basic.");
    let text = value.to_str().map_err(|_| malformed())?;
    let Some((scheme, encoded)) = text.split_once(' ') else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| malformed())?;
    let pair = String::from_utf8(decoded).map_err(|_| malformed())?;
    let (id, secret) = pair.split_once(':').ok_or_else(malformed)?;
    let secret = Some(secret).filter(|secret| !secret.is_empty());
    Ok(Some((id.to_owned(), secret.map(|secret| Secret::new(secret.to_owned())))))
}

fn invalid(message: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, message).reason("INVALID_BODY")
}

fn unreadable(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "A token request is at most 64 KiB.")
            .reason("INVALID_BODY");
    }
    invalid("The body could not be read.")
}
