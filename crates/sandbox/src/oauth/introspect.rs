//! Introspection, RFC 7662 with SMART's additions.

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::clients::authenticate;
use super::form::Form;
use super::grants::GrantId;
use super::refusal::{Refusal, uncached};
use super::scopes::{Scope, join};
use crate::fhir::dstu2;
use crate::world::Here;

pub async fn post(here: Here, headers: HeaderMap, body: String) -> Result<Response, Refusal> {
    let form = Form::parse(&body);
    let client = authenticate(&here, &headers, &form).await?;
    let token = form.get("token").ok_or_else(|| Refusal::request("token is missing"))?;
    let found = find(&here, token);
    let answer = match found {
        Some((id, scopes, expires)) => describe(&here, id, &scopes, expires, &client.client_id),
        None => json!({"active": false}),
    };
    Ok(uncached(Json(answer).into_response()))
}

fn find(here: &Here, token: &str) -> Option<(GrantId, Vec<Scope>, Option<i64>)> {
    let grants = here.site.grants();
    if let Some(access) = grants.access(token, here.now) {
        return Some((access.grant, access.scopes.clone(), Some(access.expires)));
    }
    grants.refreshable(token).map(|id| (id, grants.grant(id).scopes.clone(), None))
}

/// A token of another client is not active, as far as this one may know.
fn describe(here: &Here, id: GrantId, scopes: &[Scope], expires: Option<i64>, client_id: &str) -> Value {
    let grant = here.site.grants().grant(id).clone();
    if grant.client_id != client_id {
        return json!({"active": false});
    }
    let patient = here.site.roster.chart(grant.account).person.id.clone();
    let mut answer = json!({
        "active": true,
        "client_id": grant.client_id,
        "scope": dstu2::spoken(&here.site, &join(scopes)),
        "iss": here.site.url,
        "sub": format!("portal-{patient}"),
        "patient": patient,
    });
    if let Some(expires) = expires {
        answer["exp"] = json!(expires);
        answer["token_type"] = json!("Bearer");
    }
    answer
}
