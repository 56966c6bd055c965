use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::app::{App, DEMO, EVERYTHING};

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().expect("a token")
}

async fn revoke(app: &App, token: &str) {
    let answer = app.post(&format!("/{DEMO}/revoke"), &[("token", token), ("client_id", "public")], &[]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn tokens_and_keys_outlive_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = App::start_in(folder.path()).await;
    let tokens = before.connect(DEMO, "public", EVERYTHING).await;
    let keys = before.get(&format!("/{DEMO}/jwks")).await.json();

    let after = before.restart_in(folder.path()).await;
    assert_eq!(after.get(&format!("/{DEMO}/jwks")).await.json(), keys);
    let patient = format!("Patient/{}", text(&tokens, "patient"));
    assert_eq!(after.read(DEMO, &tokens, &patient).await.json()["id"], tokens["patient"]);
    let next = after.refresh(DEMO, text(&tokens, "refresh_token")).await.json();
    assert_eq!((&next["patient"], &next["scope"]), (&tokens["patient"], &tokens["scope"]));
    assert_eq!(after.read(DEMO, &next, &patient).await.status, 200);
    assert_eq!(after.refresh(DEMO, text(&tokens, "refresh_token")).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_used_before_the_restart_still_kills_its_family() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = App::start_in(folder.path()).await;
    let first = before.connect(DEMO, "public", EVERYTHING).await;
    let other = before.connect(DEMO, "public", EVERYTHING).await;
    let second = before.refresh(DEMO, text(&first, "refresh_token")).await.json();

    let after = before.restart_in(folder.path()).await;
    assert_eq!(after.read(DEMO, &second, "Patient").await.status, 200);
    assert_eq!(after.refresh(DEMO, text(&first, "refresh_token")).await.json()["error"], "invalid_grant");

    // The family stays dead, and nobody else's is.
    for app in [&after, &after.restart_in(folder.path()).await] {
        assert_eq!(app.read(DEMO, &second, "Patient").await.status, 401);
        assert_eq!(app.refresh(DEMO, text(&second, "refresh_token")).await.json()["error"], "invalid_grant");
        assert_eq!(app.read(DEMO, &other, "Patient").await.status, 200);
    }
    let again = after.restart_in(folder.path()).await;
    assert_eq!(again.refresh(DEMO, text(&other, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_token_that_does_not_rotate_goes_on_working() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut app = App::start_in(folder.path()).await;
    let tokens = app.connect("cedar-mesa", "public", "launch/patient offline_access patient/Patient.read").await;
    for _ in 0..3 {
        app.later(571);
        app = app.restart_in(folder.path()).await;
        assert_eq!(app.read("cedar-mesa", &tokens, "Patient").await.status, 401);
        let next = app.refresh("cedar-mesa", text(&tokens, "refresh_token")).await.json();
        assert_eq!(app.restart_in(folder.path()).await.read("cedar-mesa", &next, "Patient").await.status, 200);
    }
}

#[tokio::test]
async fn what_was_revoked_stays_revoked() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = App::start_in(folder.path()).await;
    let whole = before.connect(DEMO, "public", EVERYTHING).await;
    let access_only = before.connect(DEMO, "public", EVERYTHING).await;
    let code = before.code(DEMO, "public", EVERYTHING, |_| true).await.redirected("code").expect("a code");
    let replayed = before.redeem(DEMO, "public", &code).await.json();
    revoke(&before, text(&whole, "refresh_token")).await;
    revoke(&before, text(&access_only, "access_token")).await;
    assert_eq!(before.redeem(DEMO, "public", &code).await.status, 400);

    for app in [&before.restart_in(folder.path()).await, &before.restart_in(folder.path()).await] {
        for tokens in [&whole, &access_only, &replayed] {
            assert_eq!(app.read(DEMO, tokens, "Patient").await.status, 401);
        }
        for tokens in [&whole, &replayed] {
            assert_eq!(app.refresh(DEMO, text(tokens, "refresh_token")).await.json()["error"], "invalid_grant");
        }
    }
    let after = before.restart_in(folder.path()).await;
    assert_eq!(after.refresh(DEMO, text(&access_only, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn the_file_is_private_holds_no_token_and_forgets_what_expired() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("{DEMO}.jsonl"));
    let before = App::start_in(folder.path()).await;
    let kept = before.connect(DEMO, "public", EVERYTHING).await;
    before.connect(DEMO, "public", "openid patient/*.rs").await;
    let written = fs::read_to_string(&path).expect("a ledger");
    assert_eq!(fs::metadata(&path).expect("a ledger").permissions().mode() & 0o777, 0o600);
    for name in ["access_token", "refresh_token", "id_token"] {
        assert!(!written.contains(text(&kept, name)), "{name} is in the file");
    }

    before.later(3601);
    let after = before.restart_in(folder.path()).await;
    let compacted = fs::read_to_string(&path).expect("a ledger");
    assert_eq!(fs::metadata(&path).expect("a ledger").permissions().mode() & 0o777, 0o600);
    let facts = |text: &str| -> Vec<String> {
        let read = |line: &str| {
            serde_json::from_str::<Value>(line).expect("a line of JSON")["fact"].as_str().expect("a fact").to_owned()
        };
        text.lines().map(read).collect()
    };
    assert_eq!(facts(&written), ["granted", "issued", "key", "granted", "issued"]);
    assert_eq!(facts(&compacted), ["granted", "issued", "key"]);
    assert_eq!(after.read(DEMO, &kept, "Patient").await.status, 401);
    assert_eq!(after.refresh(DEMO, text(&kept, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_torn_last_line_costs_only_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("{DEMO}.jsonl"));
    let mut app = App::start_in(folder.path()).await;
    let mut tokens = app.connect(DEMO, "public", EVERYTHING).await;
    for torn in ["{", "{\"fact\":\"grant_revoked\",\"id\":0}", "\0\0\0\0"] {
        OpenOptions::new().append(true).open(&path).expect("a ledger").write_all(torn.as_bytes()).expect("room");
        app = app.restart_in(folder.path()).await;
        assert_eq!(app.read(DEMO, &tokens, "Patient").await.status, 200, "{torn}");
        tokens = app.refresh(DEMO, text(&tokens, "refresh_token")).await.json();
        app = app.restart_in(folder.path()).await;
        assert_eq!(app.read(DEMO, &tokens, "Patient").await.status, 200, "{torn}");
    }
}

#[tokio::test]
async fn without_a_folder_nothing_is_written_or_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let here =
        || fs::read_dir(".").expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect::<Vec<_>>();
    let before = here();
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    assert_eq!(here(), before);
    let after = app.restart_in(folder.path()).await;
    assert_eq!(after.read(DEMO, &tokens, "Patient").await.status, 401);
    assert_eq!(
        after.refresh(DEMO, text(&tokens, "refresh_token")).await.json(),
        json!({"error": "invalid_grant", "error_description": "refresh_token: unknown"})
    );
}
