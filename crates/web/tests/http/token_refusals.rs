//! Every answer of the auth service that is not a token.

use std::collections::BTreeMap;

use domain::SecretPolicy;
use engine::apps::NewApp;
use insta::assert_json_snapshot;
use serde_json::json;

use crate::town::{Town, harvest};
use crate::wire::Ask;

const PATHS: [&str; 2] = ["/v1/connect/token", "/v1/admin/token"];

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_in_one_envelope() {
    let town = Town::open().await;
    town.human("grace").session_token().await;
    let nobody = "0123456789abcdef0123456789abcdef01234567";
    let with = |name: &str, value: &str| {
        let mut body = town.request("access", "ada");
        body[name] = json!(value);
        Ask::new("POST", PATHS[0]).json(&body)
    };
    let mut without_secret = town.request("session", "ada");
    without_secret.as_object_mut().expect("an object").remove("client_secret");
    let text = |body: &str| Ask::new("POST", PATHS[0]).header("content-type", "application/json").body(body);
    let asks = [
        ("400 not JSON", text("{\"client_id\":")),
        ("400 not an object", text("[]")),
        ("400 nothing at all", text("")),
        ("401 unknown client", with("client_id", nobody)),
        ("401 garbled client", with("client_id", "not hex")),
        ("401 wrong secret", with("client_secret", nobody)),
        ("401 no secret", Ask::new("POST", PATHS[0]).json(&without_secret)),
        ("403 never connected", with("client_user_id", "grace")),
        ("404 unknown user", with("client_user_id", "nobody")),
        ("405 GET", Ask::get(PATHS[0])),
        ("405 DELETE", Ask::new("DELETE", PATHS[1])),
        (
            "405 OPTIONS",
            Ask::new("OPTIONS", PATHS[0])
                .header("origin", "https://evil.example")
                .header("access-control-request-method", "POST"),
        ),
        ("413 too large", text(&format!("{{\"client_user_id\":\"{}\"}}", "x".repeat(66_000)))),
        ("413 too large in chunks", text(&"x".repeat(66_000)).chunked(1000)),
        ("415 text", Ask::new("POST", PATHS[0]).header("content-type", "text/plain").body("client_id=x")),
        (
            "415 multipart",
            Ask::new("POST", PATHS[0]).header("content-type", "multipart/form-data; boundary=x").body("--x--"),
        ),
        ("404 no such service", Ask::new("POST", "/v1/connect/tokens/nothing")),
    ];
    let mut shown = BTreeMap::new();
    for (what, ask) in asks {
        let answer = town.send(ask).await;
        assert!(what.starts_with(&answer.status.to_string()), "{what}: {answer:?}");
        answer.envelope();
        assert!(!answer.is_cors(), "{what}");
        shown.insert(what, answer.shown());
    }
    assert_json_snapshot!("token_refusals", shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_app_gets_nothing_and_neither_do_its_tokens() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let token = ada.access_token().await;
    let mut app = town.app.app.clone();
    app.disabled_at = Some(town.clock.now());
    town.engine.update_app(&app).await.expect("the app is there");
    town.later(2);
    let refused = ada.asks("access").await;
    assert_eq!((refused.status, &refused.envelope()["reason"]), (403, &json!("APP_DISABLED")));
    assert_eq!(town.send(Ask::get("/v1/human").bearer(&token)).await.status, 401);
    // A stranger does not learn that it is disabled.
    let mut body = town.request("session", "ada");
    body["client_secret"] = json!("wrong");
    assert_eq!(town.token(&body).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_refused_for_every_type_and_policy() {
    let town = Town::open().await;
    let lenient = town.client(NewApp { session_secret_policy: SecretPolicy::Optional, ..harvest() }).await;
    for client in [&town.app, &lenient] {
        for kind in ["session", "id", "id_token", "access"] {
            let body = json!({ "client_id": client.id(), "client_secret": "f".repeat(40), "client_user_id": "ada", "type": kind });
            let answer = town.token(&body).await;
            assert_eq!((answer.status, &answer.envelope()["reason"]), (401, &json!("BAD_SECRET")), "{kind}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_only_an_app_that_allows_it_gets_a_session() {
    let town = Town::open().await;
    let lenient = town.client(NewApp { session_secret_policy: SecretPolicy::Optional, ..harvest() }).await;
    let ask = async |kind: &str, user: &str| {
        town.token(&json!({ "client_id": lenient.id(), "client_user_id": user, "type": kind })).await
    };
    let fresh = ask("session", "ada").await;
    assert_json_snapshot!("a_session_without_a_secret", fresh.shown());
    for kind in ["id", "access"] {
        let refused = ask(kind, "ada").await;
        assert_eq!((refused.status, &refused.envelope()["reason"]), (401, &json!("SECRET_REQUIRED")), "{kind}");
    }
    let ada = town.human("ada").at(&lenient).connects(&town.hospital("Riverbend")).await;
    let refused = ask("session", "ada").await;
    assert_eq!((refused.status, &refused.envelope()["reason"]), (403, &json!("SESSION_NOT_ALLOWED")));
    assert_eq!(ada.asks("id").await.status, 200);
    // The address somebody without the secret tells us is not believed.
    let body =
        json!({ "client_id": lenient.id(), "client_user_id": "grace", "client_user_email": "grace@example.com" });
    let mut stranger = body.clone();
    stranger["client_user_email"] = json!("mallory@evil.example");
    let mut owner = body;
    owner["client_secret"] = json!(lenient.secret());
    assert_eq!(town.token(&owner).await.status, 200);
    assert_eq!(town.token(&stranger).await.status, 200);
    let grace = town.human("grace").at(&lenient).connects(&town.hospital("Riverbend")).await;
    assert_eq!(grace.get("/v1/human").await.member("email"), "grace@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_overlaps_for_as_long_as_agreed() {
    let town = Town::open().await;
    let new =
        town.engine.rotate_secret(town.app.app.client_id, std::time::Duration::from_secs(60)).await.expect("a secret");
    let with = async |secret: &str| {
        let mut body = town.request("session", "ada");
        body["client_secret"] = json!(secret);
        town.token(&body).await.status
    };
    assert_eq!((with(town.app.secret()).await, with(new.expose()).await), (200, 200));
    town.later(61);
    assert_eq!((with(town.app.secret()).await, with(new.expose()).await), (401, 200));
}
