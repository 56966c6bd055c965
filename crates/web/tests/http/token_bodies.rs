//! The same request in every form integrations send it.

use serde_json::{Value, json};

use crate::town::Town;
use crate::wire::Ask;

fn post() -> Ask {
    Ask::new("POST", "/v1/connect/token")
}

#[tokio::test(flavor = "multi_thread")]
async fn json_forms_and_basic_say_the_same() {
    let town = Town::open().await;
    let (id, secret) = (town.app.id(), town.app.secret().to_owned());
    let ada = town.human("ada").asks("session").await.member("human_id");
    let client = [("client_id", id.as_str()), ("client_secret", &secret)];
    let user = [("client_user_id", "ada"), ("client_user_email", "ada@example.com"), ("type", "session")];
    let whole: Vec<(&str, &str)> = client.into_iter().chain(user).collect();
    let object = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect::<serde_json::Map<_, _>>()
    };
    let (whole_json, user_json) = (Value::Object(object(&whole)), Value::Object(object(&user)));
    let bare = |body: &Value| post().body(body.to_string());
    let asks = [
        ("JSON", post().json(&whole_json)),
        ("JSON with a charset", bare(&whole_json).header("content-type", "Application/JSON; charset=utf-8")),
        ("JSON of another name", bare(&whole_json).header("content-type", "application/vnd.api+json")),
        ("no media type", bare(&whole_json)),
        ("JSON and Basic", post().json(&whole_json).basic(&id, &secret)),
        ("JSON, client by Basic", post().json(&user_json).basic(&id, &secret)),
        ("a form", post().form(&whole)),
        ("a form and Basic", post().form(&whole).basic(&id, &secret)),
        ("a form, client by Basic", post().form(&user).basic(&id, &secret)),
        ("chunks", post().json(&whole_json).chunked(7)),
        ("a form in chunks", post().form(&whole).chunked(1)),
        ("a bearer that is not for us", post().json(&whole_json).bearer("somebody-elses")),
    ];
    for (what, ask) in asks {
        let answer = town.send(ask).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        assert_eq!(answer.member("human_id"), ada, "{what}");
        assert_eq!(answer.json()["expires_in"], 3600, "{what}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_and_body_must_name_the_same_client() {
    let town = Town::open().await;
    let (id, secret) = (town.app.id(), town.app.secret().to_owned());
    let body = |id: &str, secret: &str| json!({ "client_id": id, "client_secret": secret, "client_user_id": "ada" });
    let other = "0123456789abcdef0123456789abcdef01234567";
    let refused = |answer: crate::answer::Answer, status: u16, reason: &str| {
        assert_eq!((answer.status, &answer.envelope()["reason"]), (status, &json!(reason)), "{}", answer.text());
        answer.envelope()["validation"]["keys"].clone()
    };
    let keys = refused(town.send(post().json(&body(other, &secret)).basic(&id, &secret)).await, 400, "INVALID_BODY");
    assert_eq!(keys, json!(["client_id"]));
    let keys = refused(town.send(post().json(&body(&id, other)).basic(&id, &secret)).await, 400, "INVALID_BODY");
    assert_eq!(keys, json!(["client_secret"]));
    let user = json!({ "client_user_id": "ada" });
    refused(town.send(post().json(&user).basic(&id, other)).await, 401, "BAD_SECRET");
    refused(town.send(post().json(&user).basic(other, &secret)).await, 401, "BAD_CLIENT");
    for garbled in ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic gICA"] {
        let answer = town.send(post().json(&user).header("authorization", garbled)).await;
        assert!(matches!(answer.status, 400 | 401), "{garbled}: {}", answer.text());
        answer.envelope();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_of_the_wrong_type_is_named() {
    let town = Town::open().await;
    let good = town.request("session", "ada");
    let with = |changes: Value| {
        let mut body = good.clone();
        for (name, value) in changes.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    };
    let table = [
        (json!({}), vec!["client_id", "client_user_id"]),
        (with(json!({ "client_id": null })), vec!["client_id"]),
        (with(json!({ "client_id": 12 })), vec!["client_id"]),
        (with(json!({ "client_id": "" })), vec!["client_id"]),
        (with(json!({ "client_secret": ["a"] })), vec!["client_secret"]),
        (with(json!({ "client_user_id": "" })), vec!["client_user_id"]),
        (with(json!({ "client_user_id": 12345 })), vec!["client_user_id"]),
        (with(json!({ "client_user_id": { "id": 1 } })), vec!["client_user_id"]),
        (with(json!({ "client_user_id": "x".repeat(1025) })), vec!["client_user_id"]),
        (with(json!({ "client_user_email": 7 })), vec!["client_user_email"]),
        (with(json!({ "extra_scopes": [1] })), vec!["extra_scopes"]),
        (with(json!({ "extra_scopes": { "a": "b" } })), vec!["extra_scopes"]),
        (with(json!({ "type": 1 })), vec!["type"]),
        (with(json!({ "type": true, "client_user_email": [] })), vec!["client_user_email", "type"]),
    ];
    for (body, keys) in table {
        let answer = town.token(&body).await;
        let envelope = answer.envelope();
        assert_eq!((answer.status, &envelope["reason"]), (400, &json!("INVALID_BODY")), "{body}");
        assert_eq!(envelope["validation"], json!({ "source": "payload", "keys": keys }), "{body}");
    }
    // Nobody was created on the way.
    assert_eq!(town.human("12345").asks("access").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_absent_or_is_not_known_changes_nothing() {
    let town = Town::open().await;
    let ada = town.human("ada").asks("session").await.member("human_id");
    let extras = [
        json!({ "client_user_email": null }),
        json!({ "client_user_email": "" }),
        json!({ "client_user_email": "not an address" }),
        json!({ "extra_scopes": [] }),
        json!({ "extra_scopes": null }),
        json!({ "extra_scopes": ["a", "b"] }),
        json!({ "extra_scopes": "a" }),
        json!({ "human_id": "x", "__proto__": {}, "expires_in": 1 }),
    ];
    for extra in extras {
        let mut body = town.request("session", "ada");
        for (name, value) in extra.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let answer = town.token(&body).await;
        assert_eq!(answer.status, 200, "{extra}: {}", answer.text());
        assert_eq!(answer.member("human_id"), ada, "{extra}");
    }
    let pairs = [
        ("client_id", town.app.id()),
        ("client_secret", town.app.secret().to_owned()),
        ("client_user_id", "ada".to_owned()),
        ("extra_scopes", "a".to_owned()),
        ("extra_scopes", "b".to_owned()),
    ];
    assert_eq!(town.send(post().form(&pairs)).await.member("human_id"), ada);
    let twice = [&pairs[..3], &[("client_user_id", "grace".to_owned())]].concat();
    let answer = town.send(post().form(&twice)).await;
    assert_eq!(answer.envelope()["validation"]["keys"], json!(["client_user_id"]), "two users are none");
}
