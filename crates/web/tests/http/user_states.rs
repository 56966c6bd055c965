//! Who may have which token: every state of a user against every type.

use std::collections::BTreeMap;

use crate::town::Town;

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_the_table() {
    let town = Town::open().await;
    let riverbend = town.hospital("Riverbend");
    town.human("grace").session_token().await;
    town.human("ada").connects(&riverbend).await;
    let mut hedy = town.human("hedy").connects(&riverbend).await;
    hedy.disconnects().await;
    town.human("mary").connects(&riverbend).await.is_deleted().await;
    let edith = town.human("edith");
    edith.session_token().await;
    edith.is_deleted().await;

    let table = [
        ("nobody", "unknown", [("id", 404), ("access", 404), ("session", 200)]),
        ("grace", "never connected anything", [("id", 403), ("access", 403), ("session", 200)]),
        ("ada", "connected now", [("session", 403), ("id", 200), ("access", 200)]),
        ("hedy", "connected once", [("session", 200), ("id", 200), ("access", 200)]),
        ("mary", "deleted, had connected", [("id", 403), ("access", 403), ("session", 200)]),
        ("edith", "deleted, never connected", [("id", 403), ("access", 403), ("session", 200)]),
    ];
    let mut reasons = BTreeMap::new();
    for (user, state, cells) in table {
        for (kind, status) in cells {
            let answer = town.human(user).asks(kind).await;
            assert_eq!(answer.status, status, "{kind} for {state}: {}", answer.text());
            if status != 200 {
                reasons.insert(format!("{kind} for {state}"), answer.envelope()["reason"].clone());
            }
        }
    }
    insta::assert_json_snapshot!("why_users_are_refused", reasons);
    // The sessions above brought the deleted back, with nothing.
    assert_eq!(town.human("mary").asks("access").await.envelope()["reason"], "NO_CONNECTED_SOURCE");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_stay_readable_after_the_last_source_is_gone() {
    let town = Town::open().await;
    let mut hedy = town.human("hedy").connects(&town.hospital("Riverbend")).await;
    let before = hedy.all("/v1/human/medical/immunizations").await;
    assert!(!before.is_empty());
    hedy.disconnects().await;
    assert_eq!(hedy.all("/v1/human/medical/immunizations").await, before);
    assert_eq!(hedy.get("/v1/human/sources").await.rows(), Vec::<serde_json::Value>::new());
}
