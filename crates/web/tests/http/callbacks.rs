//! The way back from a hospital, when it is not what it should be.

use url::Url;

use crate::answer::Answer;
use crate::browser::{target, words};
use crate::person::Person;
use crate::town::Town;
use crate::wire::Ask;

const COOKIE: &str = "tributary-browser";

/// A page for a person: a status that says no, and a sentence.
fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 400, "{what}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{what}: {}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    assert!(
        answer.header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")),
        "{what}"
    );
    assert!(words(answer.text()).split(' ').count() > 8, "{what}: {}", words(answer.text()));
    answer.request_id();
}

/// The callback's address with one parameter changed, or taken away.
fn changed(back: &Url, name: &str, value: Option<&str>) -> Url {
    let kept: Vec<(String, String)> = back.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
    let mut url = back.clone();
    url.query_pairs_mut().clear().extend_pairs(&kept);
    if let Some(value) = value {
        url.query_pairs_mut().append_pair(name, value);
    }
    url
}

fn state(back: &Url) -> String {
    back.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned()
}

/// Nothing of this login became a connection.
async fn assert_not_connected(ada: &Person<'_>) {
    let access = ada.asks("access").await;
    assert_eq!((access.status, access.envelope()["reason"].as_str()), (403, Some("NO_CONNECTED_SOURCE")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_not_ours_changes_nothing() {
    let town = Town::open().await;
    let riverbend = town.hospital("Riverbend");
    let mut ada = town.human("ada");
    let back = ada.returns_from(&riverbend).await;
    let mut mallory = town.human("mallory");
    let foreign = state(&mallory.returns_from(&riverbend).await);
    let mut flipped = state(&back);
    flipped.replace_range(10..11, if &flipped[10..11] == "A" { "B" } else { "A" });
    let ticket = ada.page("").path().split('/').nth(2).expect("a ticket").to_owned();
    let long = "x".repeat(20_000);

    let before = town.stored();
    let states = [
        None,
        Some(""),
        Some("x"),
        Some("\u{0}"),
        Some("%00"),
        Some("💩"),
        Some(&flipped),
        Some(&foreign),
        Some(&ticket),
        Some(&long),
        Some("../../x"),
    ];
    for wrong in states {
        let answer = ada.browser.get(&changed(&back, "state", wrong)).await;
        assert_refused(&answer, &format!("state {wrong:?}"));
    }
    let empty = Url::parse(&format!("{}/connect/callback", town.origin)).expect("a URL");
    assert_refused(&ada.browser.get(&empty).await, "nothing at all");
    for query in [
        "?",
        "?code=x",
        "?error=access_denied",
        "?error=%3Cscript%3Ealert(1)%3C/script%3E",
        "?state=%ff%fe&code=%00",
        "?%",
        "?=&=&&",
    ] {
        let answer = town.get(&format!("/connect/callback{query}")).await;
        assert_refused(&answer, query);
        assert!(!answer.text().contains("<script>alert"), "{query}");
    }
    // Another browser, which was sent a link, has the state but not the mark of the one that left.
    for cookie in ["", "other=1", "tributary-browser=", "tributary-browser=0123456789abcdef0123456789abcdef"] {
        let answer = town.send(Ask::get(target(&back)).header("cookie", cookie)).await;
        assert_refused(&answer, &format!("cookie {cookie:?}"));
    }
    let answer = town.send(Ask::get(target(&back)).header("cookie", format!("{COOKIE}={}", "x".repeat(5000)))).await;
    assert_refused(&answer, "a long cookie");
    assert_eq!(town.stored(), before, "something was written");

    // After all of this the real one still works, once.
    let page = ada.browser.open(&back).await;
    assert!(page.at.path().contains("/progress/"), "{}", page.words());
    let connected = town.stored();
    assert_refused(&ada.browser.get(&back).await, "replayed");
    assert_eq!(town.stored(), connected, "a replay wrote something");
    town.run_jobs().await;
    assert_eq!(ada.get("/v1/human/sources").await.total(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_given_twice_are_not_chosen_from() {
    let town = Town::open().await;
    let riverbend = town.hospital("Riverbend");
    for name in ["state", "code", "iss", "error"] {
        let mut ada = town.human(&format!("ada-{name}"));
        let back = ada.returns_from(&riverbend).await;
        let before = town.stored();
        let mut twice = back.clone();
        twice.query_pairs_mut().append_pair(name, "a").append_pair(name, "b");
        let page = ada.browser.open(&twice).await;
        assert!(page.at.path().ends_with("/callback") || page.at.path().ends_with("/trouble"), "{name}: {}", page.at);
        assert_eq!(page.answer.header("content-type"), Some("text/html; charset=utf-8"), "{name}: {:?}", page.answer);
        assert!(page.words().split(' ').count() > 8, "{name}: {}", page.words());
        assert_not_connected(&ada).await;
        if name == "state" {
            assert_refused(&page.answer, "two states");
            // Asking whether somebody is connected writes nothing either.
            assert_eq!(town.stored(), before);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_took_too_long_is_begun_again() {
    let town = Town::open().await;
    let mut ada = town.human("ada");
    let back = ada.returns_from(&town.hospital("Riverbend")).await;
    town.later(15 * 60);
    let before = town.stored();
    assert_refused(&ada.browser.get(&back).await, "late");
    assert_eq!(town.stored(), before);
    assert_not_connected(&ada).await;
    let away = ada.chooses(&town.hospital("Riverbend")).await;
    let back = ada.signs_in(&away, &town.hospital("Riverbend").login, "allow").await;
    assert!(ada.browser.open(&back).await.at.path().contains("/progress/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hospital_says_no_with_becomes_a_sentence() {
    let town = Town::open().await;
    let riverbend = town.hospital("Riverbend");
    let mut told = std::collections::BTreeMap::new();
    let errors = [
        "access_denied",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "invalid_request",
        "unsupported_response_type",
        "made_up",
        "<b>x</b>",
        "",
        &"long".repeat(4000),
    ];
    for (number, error) in errors.into_iter().enumerate() {
        let mut ada = town.human(&format!("ada-{number}"));
        let back = ada.returns_from(&riverbend).await;
        let mut refused = changed(&changed(&back, "code", None), "error", Some(error));
        refused.query_pairs_mut().append_pair("error_description", "<script>alert(1)</script>");
        let left = ada.browser.get(&refused).await;
        assert_eq!(left.status, 303, "{error}: {left:?}");
        assert_not_connected(&ada).await;
        if left.location().starts_with(&town.hospitals) {
            // Asked once more in other words.
            told.insert(&error[..error.len().min(30)], "asked again".to_owned());
            continue;
        }
        let page = ada.looks_at("trouble").await;
        assert!(!page.answer.text().contains("<b>x") && !page.answer.text().contains("<script>alert"), "{error}");
        let sentences: Vec<String> = page.words().split(" | ").take(3).map(str::to_owned).collect();
        told.insert(&error[..error.len().min(30)], sentences.join(" | "));
        assert_refused(&ada.browser.get(&back).await, "the code of a login that was refused");
    }
    insta::assert_json_snapshot!("what_people_are_told", told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_issuer_or_code_connects_nothing() {
    let town = Town::open().await;
    let riverbend = town.hospital("Riverbend");
    let long = "y".repeat(20_000);
    let table = [
        ("iss", Some("https://evil.example")),
        ("iss", Some("")),
        ("iss", Some(&*long)),
        ("code", Some("not-the-code")),
        ("code", Some("")),
        ("code", None),
        ("code", Some("\u{0}\u{ffff}")),
        ("code", Some(&*long)),
    ];
    for (number, (name, value)) in table.into_iter().enumerate() {
        let mut ada = town.human(&format!("ada-{number}"));
        let back = ada.returns_from(&riverbend).await;
        let left = ada.browser.get(&changed(&back, name, value)).await;
        let short = value.map(|value| &value[..value.len().min(20)]);
        assert_eq!(left.status, 303, "{name} {short:?}: {left:?}");
        assert!(left.location().ends_with("/trouble"), "{name} {short:?}: {}", left.location());
        assert!(ada.looks_at("trouble").await.words().split(' ').count() > 8);
        assert_not_connected(&ada).await;
        assert_refused(&ada.browser.get(&back).await, "the right one after the wrong one");
    }
    // The hospital itself may be confused about who it is.
    town.fault(&riverbend, None, "iss_wrong").await;
    let mut ada = town.human("ada");
    let back = ada.returns_from(&riverbend).await;
    assert!(ada.browser.get(&back).await.location().ends_with("/trouble"));
    assert_not_connected(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_may_say_no_at_the_hospital() {
    let town = Town::open().await;
    let riverbend = town.hospital("Riverbend");
    let mut ada = town.human("ada");
    let token = ada.session_token().await;
    ada.opens(&token).await;
    let away = ada.chooses(&riverbend).await;
    let back = ada.signs_in(&away, &riverbend.login, "deny").await;
    let page = ada.browser.open(&back).await;
    assert!(page.at.path().ends_with("/trouble"), "{}", page.at);
    assert_not_connected(&ada).await;
}
