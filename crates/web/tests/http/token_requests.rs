//! What the token endpoint's contract asks to be checked, one by one.

use std::collections::BTreeSet;

use insta::assert_json_snapshot;
use serde_json::json;

use crate::town::Town;
use crate::wire::Ask;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_gets_a_session_and_is_the_same_human_ever_after() {
    let town = Town::open().await;
    let ada = town.human("ada@harvest.example");
    let first = ada.asks("session").await;
    assert_json_snapshot!("a_session", first.shown());
    let again = ada.asks("session").await;
    assert_eq!(again.status, 200);
    assert_eq!(again.member("human_id"), first.member("human_id"));
    assert_ne!(again.member("session_token"), first.member("session_token"));
    // Minting a second one leaves the first alive.
    town.human("ada@harvest.example").opens(&first.member("session_token")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn once_connected_the_app_asks_for_id_and_access_tokens() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    assert_json_snapshot!("no_session_once_connected", ada.asks("session").await.shown());
    assert_json_snapshot!("an_id_token", ada.asks("id").await.shown());
    assert_json_snapshot!("an_access_token", ada.asks("access").await.shown());
    let alias = ada.asks("id_token").await.json();
    assert_eq!((&alias["expires_in"], &alias["id_token_expires_in"]), (&json!(86400), &json!(86400)));
    let refresh = ada.asks("access").await.member("refresh_token");
    assert!(refresh.starts_with("atrt-") && refresh.len() == 5 + 43, "{refresh}");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_any_connection_there_is_no_access() {
    let town = Town::open().await;
    let ada = town.human("ada");
    ada.session_token().await;
    let refused = ada.asks("access").await;
    assert_json_snapshot!("no_access_before_a_connection", refused.shown());
    assert!(refused.json().get("expires_in").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_type_is_a_session_unless_the_app_is_strict() {
    let town = Town::open().await;
    let request = |kind: Option<serde_json::Value>| {
        let mut body = town.request("session", "ada");
        match kind {
            Some(kind) => body["type"] = kind,
            None => drop(body.as_object_mut().expect("an object").remove("type")),
        }
        body
    };
    for kind in [None, Some(json!("")), Some(json!(null))] {
        let answer = town.token(&request(kind.clone())).await;
        assert_eq!((answer.status, answer.json()["expires_in"].clone()), (200, json!(3600)), "{kind:?}");
    }
    for kind in ["Session", "ID", "token", "client", "refresh", "session ", "id_Token"] {
        let refused = town.token(&request(Some(json!(kind)))).await;
        let envelope = refused.envelope();
        assert_eq!((refused.status, &envelope["reason"]), (400, &json!("UNKNOWN_TYPE")), "{kind}");
        assert_eq!(envelope["validation"], json!({ "source": "payload", "keys": ["type"] }), "{kind}");
    }
    let strict = town.client(engine::apps::NewApp { strict_type: true, ..crate::town::harvest() }).await;
    let body = json!({ "client_id": strict.id(), "client_secret": strict.secret(), "client_user_id": "ada" });
    assert_json_snapshot!("a_strict_app_must_name_the_type", town.token(&body).await.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_has_no_access_and_may_start_again() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let before = ada.asks("access").await;
    ada.is_deleted().await;
    assert_json_snapshot!("no_access_for_the_deleted", ada.asks("access").await.shown());
    assert_eq!(town.send(Ask::get("/v1/human").bearer(&before.member("access_token"))).await.status, 401);
    let anew = ada.asks("session").await;
    assert_eq!(anew.status, 200);
    assert_eq!(anew.member("human_id"), before.member("human_id"), "the tombstone was kept");
    // Nothing comes back by itself.
    assert_eq!(ada.asks("access").await.status, 403);
    let ada = ada.connects(&town.hospital("Lakeside")).await;
    let sources = ada.get("/v1/human/sources").await.rows();
    assert_eq!(sources.len(), 1);
    assert_eq!(sources[0]["sourceName"], "Lakeside Medical Center");
}

#[tokio::test(flavor = "multi_thread")]
async fn user_keys_round_trip_whatever_they_are_made_of() {
    let town = Town::open().await;
    let long = "é".repeat(127) + "x";
    assert_eq!(long.len(), 255);
    let users = [
        "ada lovelace",
        "ada+lovelace",
        "ada%20lovelace",
        "ada/lovelace",
        "/ada//",
        "ADA LOVELACE",
        " ada lovelace ",
        "ada@example.com",
        "12345",
        "007",
        "null",
        "👩🏽‍⚕️ ada 🏥",
        "ada\u{0}lovelace",
        "ada\nlovelace",
        "\"ada\"&b=c;d",
        &long,
    ];
    let mut humans = BTreeSet::new();
    for user in users {
        let by_json = town.human(user).asks("session").await;
        assert_eq!(by_json.status, 200, "{user:?}");
        let pairs = [
            ("client_id", town.app.id()),
            ("client_secret", town.app.secret().to_owned()),
            ("client_user_id", user.to_owned()),
        ];
        let by_form = town.send(Ask::new("POST", "/v1/connect/token").form(&pairs)).await;
        assert_eq!(by_form.member("human_id"), by_json.member("human_id"), "{user:?}");
        humans.insert(by_json.member("human_id"));
        let known = town.engine.find_human(town.app.app.client_id, user).await.expect("a read");
        assert_eq!(known.map(|human| human.to_string()), Some(by_json.member("human_id")), "{user:?}");
    }
    assert_eq!(humans.len(), users.len(), "no two of them are the same person");
    // And it is kept as it was given.
    let ada = town.human("👩🏽‍⚕️ a/d+a 🏥").connects(&town.hospital("Riverbend")).await;
    let access = town.engine.authenticate(&ada.access_token().await).await.expect("an access token");
    assert_eq!(town.engine.profile(&access).await.expect("a profile").client_user_id, "👩🏽‍⚕️ a/d+a 🏥");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_key_is_another_person_at_another_app() {
    let town = Town::open().await;
    let orchard = town.client(engine::apps::NewApp { name: "Orchard".to_owned(), ..crate::town::harvest() }).await;
    let here = town.human("ada").asks("session").await.member("human_id");
    let there = town.human("ada").at(&orchard).asks("session").await.member("human_id");
    assert_ne!(here, there);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_by_the_clock() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let access = ada.access_token().await;
    let read = async || town.send(Ask::get("/v1/human").bearer(&access)).await.status;
    assert_eq!(read().await, 200);
    town.later(86_399);
    assert_eq!(read().await, 200);
    town.later(1);
    assert_eq!(read().await, 401);

    let mut grace = town.human("grace");
    let session = grace.session_token().await;
    town.later(3599);
    grace.opens(&session).await;
    town.later(1);
    let at = format!("{}/connect?token={session}", town.origin).parse().expect("a URL");
    let over = grace.browser.open(&at).await.answer;
    assert_eq!((over.status, over.header("content-type")), (401, Some("text/html; charset=utf-8")));
    assert!(over.text().contains("SESSION_TOKEN_EXPIRED"));
}
