//! Whose record a grant opens. Several places may say; the token answer outranks the id token,
//! because a parent who picks a child is the `fhirUser` but not the patient.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Actor, Secret};
use serde_json::Value;
use url::Url;

use super::tokens::Tokens;
use crate::http::{Answer, MIB, Request, under};
use crate::platforms::{PatientFrom, Platform};

/// The next thing to do to learn the patient's id.
#[derive(Debug, Clone, PartialEq)]
pub enum Whose {
    Known(String),
    /// Send [`super::tokens::introspect`] and read it with [`of_introspection`].
    Introspect,
    /// Send [`search`] and read it with [`of_search`].
    Search,
    Unknown,
}

/// Goes through the platform's places in order, from place `from` on. Returns the place to go on from.
pub fn whose(platform: &Platform, tokens: &Tokens, fhir_user: Option<&str>, from: usize) -> (Whose, usize) {
    for (index, place) in platform.patient_from.iter().enumerate().skip(from) {
        let found = match place {
            PatientFrom::Token => tokens.patient.clone(),
            PatientFrom::FhirUser => fhir_user.and_then(of_fhir_user),
            PatientFrom::AccessClaim(claim) => of_access_token(&tokens.access, claim),
            PatientFrom::Introspection => return (Whose::Introspect, index + 1),
            PatientFrom::Search => return (Whose::Search, index + 1),
        };
        if let Some(id) = found {
            return (Whose::Known(id), index);
        }
    }
    (Whose::Unknown, platform.patient_from.len())
}

/// The id, when the user is a `Patient` and not a related person or a practitioner.
pub fn of_fhir_user(fhir_user: &str) -> Option<String> {
    let path = fhir_user.split(['?', '#']).next()?.trim_end_matches('/');
    let mut parts = path.rsplit('/');
    let id = parts.next()?;
    (parts.next()? == "Patient" && is_id(id)).then(|| id.to_owned())
}

/// A claim of an access token that happens to be a JWT. It came over TLS from the token endpoint and is
/// only a hint for whom to ask: the server still decides what the token may read.
fn of_access_token(access: &Secret<String>, claim: &str) -> Option<String> {
    let payload = access.expose().split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let json: Value = serde_json::from_slice(&bytes).ok()?;
    json[claim].as_str().filter(|id| is_id(id)).map(str::to_owned)
}

/// `patient` of an introspection answer.
pub fn of_introspection(answer: &Answer) -> Option<String> {
    let json: Value = serde_json::from_slice(answer.text_bytes()).ok()?;
    if !answer.is_success() || json["active"] == false {
        return None;
    }
    json["patient"].as_str().filter(|id| is_id(id)).map(str::to_owned)
}

/// Asks for all patients the token can see: a payer shows exactly one.
pub fn search(platform: &Platform, base: &Url) -> Request {
    let mut url = under(base, "/Patient");
    url.query_pairs_mut().append_pair("_count", "2");
    Request { max_bytes: MIB, ..Request::get(url) }
        .header("accept", format!("{}, application/json+fhir;q=0.5", platform.accept))
}

/// The one patient of a search.
///
/// # Errors
/// [`ContextMissing`] when there is none, or more than one.
pub fn of_search(answer: &Answer) -> Result<String, ContextMissing> {
    let json: Value = serde_json::from_slice(answer.text_bytes()).map_err(|_| ContextMissing)?;
    let entries = json["entry"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut ids: Vec<&str> = entries
        .iter()
        .filter(|entry| entry["resource"]["resourceType"] == "Patient")
        .filter_map(|entry| entry["resource"]["id"].as_str().filter(|id| is_id(id)))
        .collect();
    ids.dedup();
    match (answer.is_success(), ids.as_slice()) {
        (true, [id]) => Ok((*id).to_owned()),
        _ => Err(ContextMissing),
    }
}

/// A FHIR id, with room for servers that write longer ones.
pub fn is_id(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
        && text != "."
        && text != ".."
}

/// The provider granted access without saying to whose record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider did not say whose record this is")]
pub struct ContextMissing;

impl ContextMissing {
    pub fn who_must_act(self) -> Actor {
        Actor::Provider
    }

    pub fn code(self) -> &'static str {
        "context_missing"
    }
}
