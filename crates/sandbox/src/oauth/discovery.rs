//! What the server says about itself before anyone logs in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::fhir::kinds::KINDS;
use crate::hospitals::Dialects;
use crate::world::{Here, Site, World};

/// `{base}/.well-known/smart-configuration`.
pub async fn smart(here: Here) -> Response {
    let hidden = {
        let mut faults = here.site.faults();
        faults.habit("well_known_404") || faults.habit("well_known_at_root")
    };
    if hidden { StatusCode::NOT_FOUND.into_response() } else { open(configuration(&here.world, &here.site)) }
}

/// The same at the root of the host, for the one hospital that was told to put it there.
pub async fn smart_at_root(State(world): State<Arc<World>>) -> Response {
    let moved = world.sites.values().find(|site| site.faults().habit("well_known_at_root"));
    moved.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |site| open(configuration(&world, site)))
}

/// OpenID Connect's own discovery, at the issuer.
pub async fn openid(here: Here) -> Response {
    let site = &here.site;
    open(json!({
        "issuer": site.url,
        "authorization_endpoint": format!("{}/authorize", site.url),
        "token_endpoint": site.token_url(),
        "jwks_uri": format!("{}/jwks", site.url),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

pub async fn jwks(here: Here) -> Response {
    let site = here.site.clone();
    let keys = tokio::task::spawn_blocking(move || site.keys.public()).await;
    match keys {
        Ok(Ok(keys)) => open(json!(keys)),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// JSON that any web page may read.
fn open(body: Value) -> Response {
    ([(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))], Json(body)).into_response()
}

fn configuration(world: &World, site: &Site) -> Value {
    let mut faults = site.faults();
    let relative = faults.habit("relative_urls");
    let fewer = faults.habit("missing_capability");
    drop(faults);
    // Relative addresses resolve against the FHIR base.
    let url = |tail: &str| if relative { format!("../../{tail}") } else { format!("{}/{tail}", site.url) };
    let both = site.hospital.dialects == Dialects::Both;
    let mut capabilities = vec![
        "client-public",
        "client-confidential-symmetric",
        "client-confidential-asymmetric",
        "authorize-post",
        "context-banner",
        "permission-v1",
    ];
    if !fewer {
        capabilities.extend([
            "launch-standalone",
            "context-standalone-patient",
            "permission-patient",
            "permission-user",
            "permission-offline",
            "sso-openid-connect",
        ]);
    }
    if both && !fewer {
        capabilities.push("permission-v2");
    }
    let mut scopes: Vec<String> =
        ["openid", "fhirUser", "profile", "launch/patient", "offline_access"].map(str::to_owned).to_vec();
    let suffix = if both { "rs" } else { "read" };
    scopes.push(format!("patient/*.{suffix}"));
    scopes.extend(KINDS.iter().map(|kind| format!("patient/{}.{suffix}", kind.name)));
    json!({
        "issuer": site.url,
        "jwks_uri": url("jwks"),
        "authorization_endpoint": url("authorize"),
        "token_endpoint": url("token"),
        "revocation_endpoint": url("revoke"),
        "introspection_endpoint": url("introspect"),
        "management_endpoint": url(""),
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": scopes,
        "capabilities": capabilities,
        "user_access_brand_bundle": format!("{}/brands.json", world.base_url),
        "user_access_brand_identifier": {"system": "urn:ietf:rfc:3986", "value": format!("https://{}", site.hospital.domain)},
    })
}
