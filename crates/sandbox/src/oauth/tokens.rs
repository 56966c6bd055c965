//! The token endpoint.

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::clients::authenticate;
use super::form::{Form, random_text};
use super::grants::{Dead, GrantId, Issue};
use super::ledger::Unwritten;
use super::refusal::{Refusal, uncached};
use super::scopes::{Scope, join};
use crate::fhir::dstu2;
use crate::world::Here;
use crate::{Client, ClientAuth};

/// How long an id token is good, in seconds.
const ID_TOKEN_LIFETIME: i64 = 600;

pub async fn post(here: Here, headers: HeaderMap, body: String) -> Result<Response, Refusal> {
    let form = Form::parse(&body);
    if form.repeated() {
        return Err(Refusal::request("a parameter is repeated"));
    }
    let grant_type = form.get("grant_type").ok_or_else(|| Refusal::request("grant_type is missing"))?.to_owned();
    if !matches!(grant_type.as_str(), "authorization_code" | "refresh_token") {
        return Err(Refusal::new("unsupported_grant_type", "only authorization_code and refresh_token"));
    }
    let client = authenticate(&here, &headers, &form).await?;
    // What is issued reaches the disk before it is answered.
    let answer = tokio::task::spawn_blocking(move || match grant_type.as_str() {
        "authorization_code" => by_code(&here, &client, &form),
        _ => by_refresh(&here, &client, &form),
    });
    let answer = answer.await.map_err(|_| Refusal::new("server_error", "the answer cannot be written"))??;
    Ok(uncached(Json(answer).into_response()))
}

fn by_code(here: &Here, client: &Client, form: &Form) -> Result<Value, Refusal> {
    let need = |name: &'static str| form.get(name).ok_or_else(|| Refusal::request(format!("{name} is missing")));
    let (code, redirect_uri, verifier) = (need("code")?, need("redirect_uri")?, need("code_verifier")?);
    let mut grants = here.site.grants();
    let id = grants
        .redeem(code, &client.client_id, redirect_uri, verifier, here.now)
        .map_err(|dead| refused("code", dead))?;
    let scopes = grants.grant(id).scopes.clone();
    drop(grants);
    let (access, refresh) = (random_text(), refreshes(here, client, &scopes).then(random_text));
    let issue = Issue {
        grant: id,
        access: &access,
        scopes: &scopes,
        expires: expires(here),
        refresh: refresh.as_deref(),
        spent: None,
    };
    here.site.grants().issue(&issue, here.now)?;
    let mut answer = answer(here, &issue);
    if scopes.contains(&Scope::OpenId) && !here.site.faults().habit("no_id_token") {
        answer["id_token"] = json!(id_token(here, client, id)?);
    }
    Ok(answer)
}

fn by_refresh(here: &Here, client: &Client, form: &Form) -> Result<Value, Refusal> {
    let token = form.get("refresh_token").ok_or_else(|| Refusal::request("refresh_token is missing"))?;
    let (rotates, dead) = {
        let mut faults = here.site.faults();
        (here.site.hospital.rotates_refresh && !faults.habit("refresh_not_rotated"), faults.habit("refresh_dead"))
    };
    if dead {
        return Err(Refusal::grant("refresh_token: the person took the permission back"));
    }
    let mut grants = here.site.grants();
    let id = grants.refresh(token, &client.client_id).map_err(|dead| refused("refresh_token", dead))?;
    let scopes = narrowed(form.get("scope"), &grants.grant(id).scopes)?;
    let (access, next) = (random_text(), rotates.then(random_text));
    let spent = rotates.then_some(token);
    let issue =
        Issue { grant: id, access: &access, scopes: &scopes, expires: expires(here), refresh: next.as_deref(), spent };
    grants.issue(&issue, here.now)?;
    drop(grants);
    Ok(answer(here, &issue))
}

fn refused(what: &str, dead: Dead) -> Refusal {
    match dead {
        Dead::Unwritten(unwritten) => unwritten.into(),
        dead => Refusal::grant(format!("{what}: {dead}")),
    }
}

fn expires(here: &Here) -> i64 {
    here.now + i64::from(here.site.hospital.expires_in)
}

/// A refresh may ask for less than was granted, never for more.
fn narrowed(asked: Option<&str>, granted: &[Scope]) -> Result<Vec<Scope>, Refusal> {
    let Some(asked) = asked else { return Ok(granted.to_vec()) };
    let scopes = Scope::parse_list(asked);
    let inside = |scope: &Scope| granted.iter().any(|mine| mine.covers(scope));
    if scopes.iter().all(inside) {
        Ok(scopes)
    } else {
        Err(Refusal::new("invalid_scope", "scope is wider than what was granted"))
    }
}

fn refreshes(here: &Here, client: &Client, scopes: &[Scope]) -> bool {
    let public = matches!(client.auth, ClientAuth::Public);
    scopes.contains(&Scope::OfflineAccess)
        && (here.site.hospital.public_refresh || !public)
        && !here.site.faults().habit("no_refresh")
}

fn answer(here: &Here, issue: &Issue<'_>) -> Value {
    let account = here.site.grants().grant(issue.grant).account;
    let mut faults = here.site.faults();
    let mut answer = json!({"access_token": issue.access, "token_type": if faults.habit("token_lowercase") { "bearer" } else { "Bearer" }});
    if !faults.habit("no_expires_in") {
        answer["expires_in"] = json!(here.site.hospital.expires_in);
    }
    if !faults.habit("no_scope") {
        answer["scope"] = json!(dstu2::spoken(&here.site, &join(issue.scopes)));
    }
    if let Some(token) = issue.refresh {
        answer["refresh_token"] = json!(token);
    }
    let in_context = issue.scopes.iter().any(|scope| *scope == Scope::LaunchPatient || scope.resource().is_some());
    if in_context && !faults.habit("no_patient") {
        drop(faults);
        answer["patient"] = json!(here.site.roster.chart(account).person.id);
        answer["need_patient_banner"] = json!(true);
    }
    answer
}

fn id_token(here: &Here, client: &Client, id: GrantId) -> Result<String, Unwritten> {
    let grant = here.site.grants().grant(id).clone();
    let chart = here.site.roster.chart(grant.account);
    let person = &chart.person;
    let mut faults = here.site.faults();
    let audience = if faults.habit("id_token_wrong_audience") { "another-client" } else { &client.client_id };
    let mut claims = json!({
        "iss": here.site.url,
        "sub": format!("portal-{}", person.id),
        "aud": audience,
        "iat": here.now,
        "exp": here.now + ID_TOKEN_LIFETIME,
    });
    if faults.habit("id_token_wrong_nonce") {
        claims["nonce"] = json!("a-nonce-that-nobody-sent");
    } else if let Some(nonce) = &grant.nonce {
        claims["nonce"] = json!(nonce);
    }
    if grant.scopes.contains(&Scope::FhirUser) {
        let kind = if faults.habit("fhir_user_related") { "RelatedPerson" } else { "Patient" };
        claims["fhirUser"] = json!(format!("{}/{kind}/{}", here.site.fhir_base(), person.id));
    }
    if grant.scopes.contains(&Scope::Profile) {
        claims["profile"] = json!(format!("{}/Patient/{}", here.site.fhir_base(), person.id));
        claims["name"] = json!(format!("{} {}", person.given, person.family));
    }
    let unknown_key = faults.habit("id_token_unknown_key");
    drop(faults);
    here.site.keys.sign(&claims, unknown_key)
}
