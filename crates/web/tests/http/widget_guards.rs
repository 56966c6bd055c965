//! The widget's pages in hands they were not made for: twice, late, forwarded, garbled.

use domain::{App, SecretPolicy};
use engine::apps::NewApp;
use serde_json::{Value, json};
use url::Url;

use crate::answer::Answer;
use crate::browser::{Browser, target, words};
use crate::person::Person;
use crate::town::{Town, harvest};
use crate::wire::Ask;

type Pairs<'a> = &'a [(&'a str, &'a str)];

const DONE: &str = "https://harvest.example/done";

/// What the page's script reads.
fn data(answer: &Answer) -> Value {
    let (_, rest) = answer.text().split_once("id=\"visit\">").expect("a data block");
    serde_json::from_str(rest.split("</script>").next().expect("its end")).expect("JSON")
}

fn assert_page(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{what}");
    assert!(answer.header("content-security-policy").is_some(), "{what}");
    assert!(words(answer.text()).split(' ').count() > 8, "{what}: {}", words(answer.text()));
}

fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

async fn launched(town: &Town, pairs: &[(&str, &str)]) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    town.get(&format!("/connect?{query}")).await
}

fn ticket(ada: &Person<'_>) -> String {
    ada.page("").path().split('/').nth(2).expect("a ticket").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn pressing_done_twice_says_the_same_twice() {
    let town = Town::open().await;
    let mut ada = town.human("ada");
    let token = ada.session_token().await;
    for button in ["finish", "close"] {
        ada.opens(&token).await;
        let press = || town.send(Ask::new("POST", target(&ada.page(button))));
        let (first, second) = tokio::join!(press(), press());
        let third = press().await;
        for answer in [&first, &second, &third] {
            assert_page(answer, 200, button);
            assert_eq!(data(answer)["messages"], data(&first)["messages"], "{button}");
        }
        assert_eq!(data(&first)["messages"][0]["type"], "hapi-connect-close");
        assert_eq!(data(&first)["messages"][0]["status"], "SUCCESS");
        assert_eq!(data(&third)["targets"], json!(["https://harvest.example"]));
    }
    let hosted = launched(&town, &[("token", &token), ("callback", DONE)]).await;
    let page = Url::parse(&town.origin).and_then(|origin| origin.join(hosted.location())).expect("a URL");
    let finish = page.join("finish").expect("a URL");
    for _ in 0..2 {
        let left = Ask::new("POST", target(&finish)).send(&town.origin).await;
        assert!(left.location().starts_with(&format!("{DONE}?status=SUCCESS")), "{}", left.location());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_login_is_not_begun_unasked() {
    let town = Town::open().await;
    let riverbend = town.hospital("Riverbend");
    let mut ada = town.human("ada");
    let token = ada.session_token().await;
    ada.opens(&token).await;
    ada.chooses(&riverbend).await;
    let go = ada.page("go?display=page");
    let mut victim = Browser::default();
    let before = town.stored();
    for site in [None, Some("none"), Some("cross-site"), Some("same-site")] {
        let ask = Ask::get(target(&go));
        let ask = site.map_or(ask.clone(), |site| ask.clone().header("sec-fetch-site", site));
        let shown = victim.ask(&go, ask).await;
        assert_page(&shown, 200, &format!("{site:?}"));
        let said = words(shown.text());
        assert!(said.contains("share your records with Harvest") && said.contains("Riverbend"), "{said}");
        let policy = shown.header("content-security-policy").expect("a policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
    let head = Ask::new("HEAD", target(&go)).header("sec-fetch-site", "same-origin").send(&town.origin).await;
    assert_eq!((head.status, head.header("set-cookie")), (200, None));
    // A form of another site has no mark, or is known by where it comes from.
    let mark = "0123456789abcdef0123456789abcdef";
    for (cookie, field, site) in [("", mark, "cross-site"), (mark, "", "same-origin"), (mark, mark, "cross-site")] {
        let ask = Ask::new("POST", target(&go)).form(&[("mark", field)]).header("sec-fetch-site", site);
        let shown = ask.header("cookie", format!("tributary-browser={cookie}")).send(&town.origin).await;
        assert_page(&shown, 200, site);
    }
    assert_eq!(town.stored(), before, "something was begun");

    let page = victim.open(&go).await;
    let left = victim.submit_until(&page.form("/go"), &town.hospitals).await;
    assert!(left.at.as_str().starts_with(&town.hospitals), "who goes on, goes on: {}", left.at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_that_fails_says_so_closes_and_keeps_no_token_in_the_address() {
    let town = Town::open().await;
    let ada = town.human("ada");
    let token = ada.session_token().await;
    let off = town.client(harvest()).await;
    let off_token = town.human("ada").at(&off).session_token().await;
    let disabled = App { disabled_at: Some(town.clock.now()), ..off.app.clone() };
    town.engine.update_app(&disabled).await.expect("an app");
    let table: [(Pairs, u16, &str, &str); 5] = [
        (&[("token", &off_token)], 403, "APP_DISABLED", "SESSION_TOKEN_INVALID"),
        (
            &[("token", &token), ("callback", "https://evil.example")],
            400,
            "CALLBACK_NOT_REGISTERED",
            "SESSION_TOKEN_INVALID",
        ),
        (
            &[("token", &token), ("callbackOrigin", "https://evil.example")],
            400,
            "CALLBACK_NOT_REGISTERED",
            "SESSION_TOKEN_INVALID",
        ),
        (
            &[("token", "hst-nonsense"), ("clientId", &town.app.id())],
            401,
            "SESSION_TOKEN_INVALID",
            "SESSION_TOKEN_INVALID",
        ),
        (&[("clientId", &town.app.id())], 401, "MISSING_SESSION_TOKEN", "MISSING_SESSION_TOKEN"),
    ];
    for (pairs, status, code, close) in table {
        let left = launched(&town, pairs).await;
        assert!(!left.location().contains("hst-") && !left.location().contains("evil"), "{code}: {}", left.location());
        let shown = town.get(left.location()).await;
        assert_page(&shown, status, code);
        assert_eq!(data(&shown)["targets"], json!(["https://harvest.example"]), "{code}");
        assert_eq!(data(&shown)["messages"][0]["type"], "hapi-connect-error", "{code}");
        assert_eq!(data(&shown)["messages"][0]["code"], code);
        let link = shown
            .text()
            .split("class=\"primary\" href=\"")
            .nth(1)
            .expect("a way out")
            .split('"')
            .next()
            .expect("an address");
        let closed = town.get(&link.replace("&#38;", "&").replace("&amp;", "&")).await;
        assert_page(&closed, 200, code);
        let message = &data(&closed)["messages"][0];
        assert_eq!((&message["type"], &message["status"]), (&json!("hapi-connect-close"), &json!(close)), "{code}");
        assert_eq!(message["sessionResults"]["connectedSources"], json!([]), "{code}");
        assert_eq!(data(&closed)["targets"], json!(["https://harvest.example"]), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hosted_page_without_a_good_token_goes_back_to_its_app() {
    let town = Town::open().await;
    let token = town.human("ada").session_token().await;
    town.later(3600);
    let id = town.app.id();
    let table: [(&[(&str, &str)], &str); 3] = [
        (&[("token", &token), ("callback", DONE)], "SESSION_TOKEN_EXPIRED"),
        (&[("token", "hst-x"), ("clientId", &id), ("callback", DONE)], "SESSION_TOKEN_INVALID"),
        (&[("clientId", &id), ("callback", DONE)], "MISSING_SESSION_TOKEN"),
    ];
    for (pairs, error) in table {
        let back = Url::parse(launched(&town, pairs).await.location()).expect("a URL");
        assert!(back.as_str().starts_with(DONE), "{back}");
        assert_eq!(query(&back, "status").as_deref(), Some("error"));
        assert_eq!(query(&back, "error").as_deref(), Some(error));
        assert!(query(&back, "message").is_some_and(|text| text.len() > 10));
    }
    let nobody = launched(&town, &[("token", "hst-x"), ("callback", DONE)]).await;
    assert!(nobody.location().starts_with("/connect/failed?"), "no app, no way back: {}", nobody.location());
    let evil = launched(&town, &[("token", &token), ("callback", "https://evil.example/done")]).await;
    assert!(evil.location().starts_with("/connect/failed?"), "{}", evil.location());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_opens_no_visit() {
    let town = Town::open().await;
    let mut ada = town.human("ada");
    let token = ada.session_token().await;
    for target in
        ["/connect/search?q=river", "/connect/search?q=river&format=json", "/connect/search?q=river&fragment=1&limit=3"]
    {
        let before = town.stored();
        let found = town.send(Ask::get(target).bearer(&token)).await;
        assert_eq!(found.status, 200, "{target}");
        assert!(found.json()["results"].as_array().is_some_and(|rows| !rows.is_empty()), "{target}");
        assert_eq!(town.stored(), before, "{target}");
    }
    assert!(ada.opens(&token).await.at.path().ends_with("/welcome"));
    let refused = town.get("/connect/search?q=river").await;
    assert_eq!((refused.status, &refused.envelope()["reason"]), (401, &json!("MISSING_SESSION_TOKEN")));
    let odd = town.send(Ask::get("/connect/search?q=river&limit=abc").bearer(&token)).await;
    assert_eq!((odd.status, &odd.envelope()["validation"]), (400, &json!({ "source": "query", "keys": ["limit"] })));
    assert_eq!(odd.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_answered_by_a_page() {
    let town = Town::open().await;
    let mut ada = town.human("ada");
    let token = ada.session_token().await;
    ada.opens(&token).await;
    let visit = format!("/connect/{}", ticket(&ada));
    for target in ["/connect/ended", "/connect/ended?status=foo", "/connect/failed?why=%ff"] {
        assert_page(&town.get(target).await, 400, target);
    }
    assert_page(&town.get(&format!("{visit}/search?q=%ff%fe&fragment=1&limit=abc")).await, 200, "search");
    for page in ["progress/%00", "disconnect/x"] {
        assert_page(&town.get(&format!("{visit}/{page}")).await, 404, page);
    }
    for target in [format!("{visit}/progress/%ff"), "/connect/%ff/signin".to_owned()] {
        assert_page(&town.get(&target).await, 401, &target);
    }
    let form = Ask::new("POST", format!("{visit}/choose")).header("content-type", "application/x-www-form-urlencoded");
    assert_page(&town.send(form.body(b"source=\xff\xfe%ff&q=%")).await, 404, "choose");
    let large = Ask::new("POST", format!("{visit}/choose")).body(vec![b'a'; 3 << 20]);
    assert_page(&town.send(large).await, 413, "too large");
    let seen = town.send(Ask::new("POST", format!("{visit}/seen")).body("nonsense")).await;
    assert!((400..500).contains(&seen.status), "{seen:?}");
    assert_eq!(
        (seen.header("cache-control"), seen.header("x-content-type-options")),
        (Some("no-store"), Some("nosniff"))
    );
    seen.envelope();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_password_is_no_secret() {
    let town = Town::open().await;
    let open = town.client(NewApp { session_secret_policy: SecretPolicy::Optional, ..harvest() }).await;
    let ask = |client: &str, body: Value| Ask::new("POST", "/v1/connect/token").basic(client, "").json(&body);
    let user = json!({ "client_user_id": "ada", "type": "session" });
    assert_eq!(town.send(ask(&open.id(), user.clone())).await.status, 200);
    let refused = town.send(ask(&town.app.id(), user)).await;
    assert_eq!((refused.status, &refused.envelope()["reason"]), (401, &json!("SECRET_REQUIRED")));
    let in_body = json!({ "client_user_id": "ada", "client_secret": town.app.secret() });
    assert_eq!(town.send(ask(&town.app.id(), in_body)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn choosing_without_signing_in_says_that_it_cannot_yet() {
    let town = Town::open().await;
    let id = town.app.id();
    let left = launched(&town, &[("mode", "select"), ("clientId", &id), ("preseededSources", "W10=")]).await;
    let shown = town.get(left.location()).await;
    assert_page(&shown, 200, "select");
    assert!(words(shown.text()).contains("not available here"), "{}", words(shown.text()));
    let closed = town.get(&format!("/connect/ended?status=SUCCESS&clientId={id}")).await;
    let message = &data(&closed)["messages"][0];
    assert_eq!((&message["status"], &message["currentConnections"]), (&json!("SUCCESS"), &json!([])));
    let back = town.get(&format!("/connect/ended?status=SUCCESS&clientId={id}&callback={DONE}")).await;
    assert!(back.location().starts_with(&format!("{DONE}?status=SUCCESS")), "{}", back.location());
    let elsewhere =
        town.get(&format!("/connect/ended?status=SUCCESS&clientId={id}&callback=https://evil.example")).await;
    assert_eq!(elsewhere.status, 200, "{elsewhere:?}");
    let missing = launched(&town, &[("mode", "select"), ("clientId", &id), ("preseed", "true")]).await;
    assert!(missing.location().contains("MISSING_SESSION_TOKEN"), "{}", missing.location());
}
