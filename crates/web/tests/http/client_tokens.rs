//! The app-level token of the Admin API.

use engine::apps::NewApp;
use insta::assert_json_snapshot;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::town::{Town, harvest};
use crate::wire::Ask;

fn post() -> Ask {
    Ask::new("POST", "/v1/admin/token")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_token_is_verified_by_anyone_with_the_public_keys() {
    let town = Town::open().await;
    let body = json!({ "client_id": town.app.id(), "client_secret": town.app.secret(), "type": "client" });
    let answer = town.send(post().json(&body)).await;
    assert_eq!((answer.status, &answer.json()["expires_in"]), (200, &json!(86400)));
    assert!(answer.json().get("access_token").is_none() && !answer.is_cors());
    let token = answer.member("client_token");

    let header = decode_header(&token).expect("a header");
    assert_eq!(header.alg, Algorithm::RS256);
    let keys: JwkSet = serde_json::from_slice(&town.get("/.well-known/jwks.json").await.body).expect("keys");
    let key = keys.find(header.kid.as_deref().expect("a kid")).expect("the key that signed it");
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[&town.origin]);
    rules.set_issuer(&[&town.origin]);
    rules.validate_exp = false;
    let mut claims =
        decode::<Value>(&token, &DecodingKey::from_jwk(key).expect("a public key"), &rules).expect("ours").claims;
    assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(86400));
    assert_eq!(claims["iat"], town.clock.now().seconds());
    for name in ["cid", "sub"] {
        assert_eq!(claims[name], town.app.id());
    }
    assert!(claims["jti"].as_str().is_some_and(|id| id.len() >= 16));
    claims["jti"] = json!("random");
    assert_json_snapshot!("claims_of_a_client_token", crate::answer::masked(&claims));
    // The same keys hold no private part.
    let public = town.get("/.well-known/jwks.json").await.json();
    for key in public["keys"].as_array().expect("keys") {
        assert!(["d", "p", "q", "dp", "dq", "qi", "k"].iter().all(|part| key.get(part).is_none()), "{key}");
    }
    assert_eq!(town.engine.authenticate_admin(&token).await.expect("valid").scopes, ["appuser:write", "appuser:read"]);
    town.later(86_400);
    assert!(town.engine.authenticate_admin(&token).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_asked_for_as_other_tokens_are() {
    let town = Town::open().await;
    let (id, secret) = (town.app.id(), town.app.secret().to_owned());
    let form = [("client_id", id.as_str()), ("client_secret", &secret), ("type", "client")];
    assert_eq!(town.send(post().form(&form)).await.status, 200);
    assert_eq!(town.send(post().form(&form[2..]).basic(&id, &secret)).await.status, 200);

    let off = town.client(NewApp { admin_api: false, ..harvest() }).await;
    let body = |id: &str, secret: Value, kind: Value| json!({ "client_id": id, "client_secret": secret, "type": kind });
    let table = [
        (body(&id, json!("wrong"), json!("client")), 401, "BAD_SECRET", json!(null)),
        (body("unknown", json!(secret), json!("client")), 401, "BAD_CLIENT", json!(null)),
        (body(&id, json!(null), json!("client")), 401, "SECRET_REQUIRED", json!(null)),
        (body(&id, json!(secret), json!("access")), 400, "UNKNOWN_TYPE", json!(["type"])),
        (body(&id, json!(secret), json!(null)), 400, "INVALID_BODY", json!(["type"])),
        (body(&id, json!(7), json!("client")), 400, "INVALID_BODY", json!(["client_secret"])),
        (body(&off.id(), json!(off.secret()), json!("client")), 403, "ADMIN_API_DISABLED", json!(null)),
    ];
    for (body, status, reason, keys) in table {
        let answer = town.send(post().json(&body)).await;
        let envelope = answer.envelope();
        assert_eq!((answer.status, &envelope["reason"]), (status, &json!(reason)), "{body}");
        assert_eq!(envelope["validation"]["keys"], keys, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_opens_nothing_of_a_person() {
    let town = Town::open().await;
    let body = json!({ "client_id": town.app.id(), "client_secret": town.app.secret(), "type": "client" });
    let token = town.send(post().json(&body)).await.member("client_token");
    assert_eq!(town.send(Ask::get("/v1/human").bearer(&token)).await.status, 401);
    let at = format!("{}/connect?token={token}", town.origin).parse().expect("a URL");
    assert_eq!(Browser::default().open(&at).await.answer.status, 401);
}
