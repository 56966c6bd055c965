//! What a request says, read leniently: nothing in an address or a form makes a page fail by itself.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use engine::Engine;
use url::form_urlencoded;

use super::failure::Failure;
use super::visitor::accepted;
use crate::i18n::Texts;

/// The parameters of an address; the first of each name counts, and what is no UTF-8 is replaced.
#[derive(Debug, Default)]
pub struct Given(Vec<(String, String)>);

impl Given {
    pub fn parse(pairs: &[u8]) -> Given {
        Given(form_urlencoded::parse(pairs).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }
}

impl<S: Sync> FromRequestParts<S> for Given {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Given, Infallible> {
        Ok(Given::parse(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

/// The fields of a form, whatever media type the sender names.
pub struct Posted(pub Given);

impl FromRequest<Engine> for Posted {
    type Rejection = Failure;
    async fn from_request(request: Request, engine: &Engine) -> Result<Posted, Failure> {
        let texts = Texts::choose(None, accepted(request.headers()));
        match Bytes::from_request(request, engine).await {
            Ok(form) => Ok(Posted(Given::parse(&form))),
            Err(rejection) => Err(Failure::unreadable(rejection.status(), texts)),
        }
    }
}

/// The visit's ticket in the path, whether or not it is one.
pub struct Ticket(pub String);

/// The connection in the path, whether or not it is one.
pub struct Connection(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Ticket {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Ticket, Infallible> {
        Ok(Ticket(segment(parts, state, "ticket").await))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Connection {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Connection, Infallible> {
        Ok(Connection(segment(parts, state, "connection").await))
    }
}

async fn segment<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> String {
    let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
    path.ok().and_then(|Path(mut path)| path.remove(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_can_be_read() {
        let given = Given::parse(b"q=a&q=b&display=%ff&empty=&%");
        assert_eq!((given.get("q"), given.get("display"), given.filled("empty")), (Some("a"), Some("\u{fffd}"), None));
        assert_eq!(given.get("missing"), None);
    }
}
