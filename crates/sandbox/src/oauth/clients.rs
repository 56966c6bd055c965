//! Who is calling: each client proves it in the one way it registered.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::form::Form;
use super::refusal::Refusal;
use crate::world::Here;
use crate::{Client, ClientAuth};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request presents.
#[derive(Debug, PartialEq)]
enum Proof {
    Nothing,
    Basic(String),
    Assertion(String),
}

/// The client behind a request, once it has proved itself.
pub async fn authenticate(here: &Here, headers: &HeaderMap, form: &Form) -> Result<Client, Refusal> {
    let (client_id, proof) = presented(headers, form)?;
    let client = here.world.clients.get(&client_id).cloned().ok_or_else(|| Refusal::client("unknown client"))?;
    match (&client.auth, proof) {
        (ClientAuth::Public, Proof::Nothing) => {}
        (ClientAuth::Secret(secret), Proof::Basic(given)) if given == *secret => {}
        (ClientAuth::Secret(_), Proof::Basic(_)) => return Err(Refusal::client("wrong client secret")),
        (ClientAuth::PrivateKeyJwt { jwks_url }, Proof::Assertion(jwt)) => {
            here.world.assertions.verify(&jwt, &client_id, jwks_url, &here.site.token_url(), here.now).await?;
        }
        _ => return Err(Refusal::client("this client is registered for another way to authenticate")),
    }
    if here.site.faults().habit("invalid_client") {
        return Err(Refusal::client("the key of this client has not arrived here yet"));
    }
    Ok(client)
}

fn presented(headers: &HeaderMap, form: &Form) -> Result<(String, Proof), Refusal> {
    let basic = headers.get(header::AUTHORIZATION).map(|value| basic(value.to_str().unwrap_or_default()));
    let assertion = form.get("client_assertion");
    if basic.is_some() && (assertion.is_some() || form.get("client_secret").is_some()) {
        return Err(Refusal::request("more than one way to authenticate"));
    }
    if let Some(basic) = basic {
        let (client_id, secret) =
            basic.ok_or_else(|| Refusal::client("the Authorization header is not Basic credentials"))?;
        return match form.get("client_id") {
            Some(other) if other != client_id => Err(Refusal::request("client_id differs from the credentials")),
            _ => Ok((client_id, Proof::Basic(secret))),
        };
    }
    if let Some(assertion) = assertion {
        if form.get("client_assertion_type") != Some(JWT_BEARER) {
            return Err(Refusal::request("client_assertion_type is missing or unknown"));
        }
        let client_id = match form.get("client_id") {
            Some(client_id) => client_id.to_owned(),
            None => issuer_of(assertion).ok_or_else(|| Refusal::client("the assertion is not a JWT"))?,
        };
        return Ok((client_id, Proof::Assertion(assertion.to_owned())));
    }
    if form.get("client_secret").is_some() {
        return Err(Refusal::client("client_secret in the body is not accepted"));
    }
    let client_id = form.get("client_id").ok_or_else(|| Refusal::client("client_id is missing"))?;
    Ok((client_id.to_owned(), Proof::Nothing))
}

/// Both halves are form-encoded before they are joined, RFC 6749 section 2.3.1.
fn basic(header: &str) -> Option<(String, String)> {
    let encoded = header.strip_prefix("Basic ").or_else(|| header.strip_prefix("basic "))?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form_decode(id)?, form_decode(secret)?))
}

fn form_decode(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(|text| text.into_owned())
}

/// Read before the signature is checked, only to learn whose key to use.
fn issuer_of(jwt: &str) -> Option<String> {
    let claims: serde_json::Value = jsonwebtoken::dangerous::insecure_decode_claims(jwt).ok()?;
    claims["iss"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = format!("Basic {}", STANDARD.encode("my%20app:s%3Acret%2B1"));
        assert_eq!(basic(&header), Some(("my app".into(), "s:cret+1".into())));
        assert_eq!(basic("Bearer abc"), None);
    }

    #[test]
    fn only_one_proof_may_be_presented() {
        let mut headers = HeaderMap::new();
        headers
            .insert(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode("app:pw")).parse().expect("a header"));
        assert!(presented(&headers, &Form::parse("client_assertion=x")).is_err());
        assert!(presented(&headers, &Form::parse("client_id=other")).is_err());
        assert_eq!(presented(&headers, &Form::parse("client_id=app")), Ok(("app".into(), Proof::Basic("pw".into()))));
        let none = HeaderMap::new();
        assert!(presented(&none, &Form::parse("client_id=app&client_secret=pw")).is_err());
        assert!(presented(&none, &Form::parse("client_id=app&client_assertion=x")).is_err());
        assert_eq!(presented(&none, &Form::parse("client_id=app")), Ok(("app".into(), Proof::Nothing)));
    }
}
