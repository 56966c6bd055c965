//! One fixed person's record, kind by kind, as apps receive it.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::answer::masked;
use crate::town::Town;
use crate::wire::Ask;

/// Two rows with many members, as far as somebody would still read them.
fn rich(rows: Vec<Value>) -> Vec<Value> {
    const READABLE: usize = 4000;
    let mut rows = rows;
    rows.sort_by_cached_key(|row| {
        let text = masked(row).to_string();
        let long = text.len() > READABLE;
        (long, if long { text.len() } else { READABLE - text.len() }, text)
    });
    rows.truncate(2);
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn grace_has_something_of_every_kind() {
    let town = Town::open().await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    for kind in records::KINDS {
        let answer = grace.get(&format!("/v1/human/medical/{}?limit=500", kind.id)).await;
        let shown = match answer.json() {
            Value::Array(rows) => {
                assert!(!rows.is_empty(), "{}", kind.id);
                json!({ "total": answer.total(), "rich": rich(rows) })
            }
            one => one,
        };
        assert_json_snapshot!(kind.id, masked(&shown));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_grace_is_and_where_she_is_connected() {
    let town = Town::open().await;
    let mut body = town.request("session", "grace");
    body["client_user_email"] = json!("grace@example.com");
    assert_eq!(town.token(&body).await.status, 200);
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    for (name, path) in
        [("human", "/v1/human"), ("profile_of_the_human", "/v1/human/profile"), ("sources", "/v1/human/sources")]
    {
        assert_json_snapshot!(name, grace.get(path).await.shown());
    }
    let human = grace.get("/v1/human").await.json();
    assert_eq!(human["humanId"].as_str(), Some(grace.asks("access").await.member("human_id").as_str()));
    // Somebody disconnected is known, but no longer listed.
    let mut grace = grace.connects(&town.hospital("Riverbend")).await;
    assert_eq!(grace.get("/v1/human/medical/organizations").await.total(), 2);
    grace.disconnects().await;
    assert_eq!(grace.get("/v1/human/sources").await.total(), 0);
    assert_eq!(grace.get("/v1/human/medical/organizations").await.total(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_given_byte_for_byte_as_the_hospital_served_them() {
    let town = Town::open().await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    let served: Vec<Vec<u8>> = town
        .heard()
        .into_iter()
        .filter(|one| one.path.contains("/Binary/"))
        .map(|one| document(&one.answered))
        .collect();
    let rows = grace.all("/v1/human/medical/ccds").await;
    assert!(!rows.is_empty() && !served.is_empty());
    let token = grace.access_token().await;
    for row in rows {
        let path = format!("/v1/human/medical/ccds/{}/raw", row["id"].as_str().expect("an id"));
        let raw = town.send(Ask::get(&path).bearer(&token)).await;
        assert_eq!((raw.status, raw.header("content-type")), (200, Some("text/xml")), "{raw:?}");
        assert!(served.contains(&raw.body), "not what was served: {}", raw.text());
        assert!(raw.text().contains("ClinicalDocument") && raw.is_cors());
        assert_eq!(
            (raw.header("cache-control"), raw.header("x-content-type-options")),
            (Some("private, no-cache"), Some("nosniff"))
        );
        let head = town.send(Ask::new("HEAD", &path).bearer(&token)).await;
        assert_eq!(
            (head.status, head.body.len(), head.header("content-length")),
            (200, 0, raw.header("content-length"))
        );
        let losses = grace.get(&path.replace("/raw", "/losses")).await;
        let told = losses.json();
        assert_eq!((losses.status, &told["id"]), (200, &row["id"]), "{losses:?}");
        let entries = raw.text().matches("<entry").count() - raw.text().matches("<entryRelationship").count();
        assert_eq!(told["totals"]["entries"], entries, "one fate for each entry");
        let lost: u64 = told["totals"]["lost"].as_object().expect("reasons").values().filter_map(Value::as_u64).sum();
        assert_eq!(told["totals"]["mapped"].as_u64().unwrap_or_default() + lost, entries as u64);
        assert_eq!(town.get(&path).await.status, 401);
        assert_eq!(town.get(&format!("{path}/?access_token={token}")).await.body, raw.body);
    }
}

/// A document as it is, or out of its FHIR envelope.
fn document(answered: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let Ok(binary) = serde_json::from_slice::<Value>(answered) else { return answered.to_vec() };
    let data = binary["data"].as_str().unwrap_or_default();
    base64::engine::general_purpose::STANDARD.decode(data).expect("base64")
}
