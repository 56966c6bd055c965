//! Too often.

use domain::SecretPolicy;
use engine::apps::NewApp;
use engine::limits::RateLimits;
use insta::assert_json_snapshot;
use serde_json::json;

use crate::town::{Town, harvest};

const OFF: RateLimits = RateLimits { tokens_per_client: 0, secretless_sessions: 0, bad_secrets: 0, connect: 0 };

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_asks_too_often_is_told_when_to_come_back() {
    let town = Town::with(RateLimits { tokens_per_client: 3, ..OFF }).await;
    let ada = town.human("ada");
    for _ in 0..3 {
        assert_eq!(ada.asks("session").await.status, 200);
    }
    let limited = ada.asks("session").await;
    assert_json_snapshot!("too_many_tokens", limited.shown());
    let wait = limited.header("retry-after").expect("a time").parse().expect("seconds");
    town.later(wait);
    assert_eq!(ada.asks("session").await.status, 200);
    // Another app has a share of its own.
    let orchard = town.client(harvest()).await;
    assert_eq!(town.human("ada").at(&orchard).asks("session").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_secrets_ends_soon_and_costs_only_those_who_guess() {
    let town = Town::with(RateLimits { bad_secrets: 2, ..OFF }).await;
    let mut guess = town.request("session", "ada");
    guess["client_secret"] = json!("guess");
    assert_eq!(town.token(&guess).await.status, 401);
    guess["client_id"] = json!("unknown");
    assert_eq!(town.token(&guess).await.status, 401);
    let limited = town.token(&guess).await;
    assert_eq!((limited.status, &limited.envelope()["reason"]), (429, &json!("RATE_LIMITED")));
    assert!(limited.header("retry-after").is_some());
    assert_eq!(town.human("ada").asks("session").await.status, 200, "others behind the same address go on");
    town.later(31);
    assert_eq!(town.token(&guess).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_cannot_use_up_an_apps_share() {
    let town = Town::with(RateLimits { secretless_sessions: 2, tokens_per_client: 4, ..OFF }).await;
    let lenient = town.client(NewApp { session_secret_policy: SecretPolicy::Optional, ..harvest() }).await;
    let body = json!({ "client_id": lenient.id(), "client_user_id": "ada" });
    let statuses = [town.token(&body).await.status, town.token(&body).await.status, town.token(&body).await.status];
    assert_eq!(statuses, [200, 200, 429]);
    let ada = town.human("ada").at(&lenient);
    for _ in 0..4 {
        assert_eq!(ada.asks("session").await.status, 200);
    }
}
