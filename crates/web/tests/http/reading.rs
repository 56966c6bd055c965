//! Who may read, from where, and how answers are dressed.

use std::collections::BTreeMap;

use insta::assert_json_snapshot;
use serde_json::json;

use crate::answer::Answer;
use crate::town::Town;
use crate::wire::Ask;

const HUMAN: &str = "/v1/human";
const READABLE: [&str; 6] = [
    "/v1/human",
    "/v1/human/profile",
    "/v1/human/sources",
    "/v1/human/medical/vitals",
    "/v1/human/medical/profile",
    "/v1/human/medical/organizations",
];

fn assert_open(answer: &Answer) {
    let expected = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "OPTIONS,GET,HEAD"),
        ("access-control-allow-headers", "Content-Type, Authorization, Accept"),
        ("access-control-max-age", "86400"),
    ];
    for (name, value) in expected {
        assert_eq!(answer.header(name), Some(value), "{answer:?}");
    }
    let exposed = answer.header("access-control-expose-headers").expect("exposed headers");
    assert!(exposed.contains("Link") && exposed.contains("X-Total-Count"), "{exposed}");
    answer.request_id();
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_reads_with_a_header_or_a_parameter_and_the_header_wins() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let token = ada.access_token().await;
    let me = ada.asks("access").await.member("human_id");
    let good = [
        Ask::get(HUMAN).bearer(&token),
        Ask::get(HUMAN).header("authorization", format!("bearer {token}")),
        Ask::get(format!("{HUMAN}?access_token={token}")),
        Ask::get(format!("{HUMAN}?a=b&access%5Ftoken={token}&c")),
        Ask::get(format!("{HUMAN}?access_token=garbled")).bearer(&token),
        Ask::get(HUMAN).bearer(&token).header("accept", "*/*"),
        Ask::get(HUMAN).bearer(&token).header("accept", "text/html"),
    ];
    for ask in good {
        let answer = town.send(ask).await;
        assert_eq!((answer.status, answer.member("humanId")), (200, me.clone()), "{answer:?}");
    }
    let bad = [
        Ask::get(HUMAN),
        Ask::get(HUMAN).bearer(""),
        Ask::get(HUMAN).bearer("garbled"),
        Ask::get(HUMAN).bearer(&token[..token.len() - 1]),
        Ask::get(HUMAN).bearer(&format!("{token}A")),
        Ask::get(HUMAN).bearer(&token.replace("hat-", "hid-")),
        Ask::get(HUMAN).bearer(&token.to_uppercase()),
        Ask::get(HUMAN).header("authorization", &token),
        Ask::get(HUMAN).basic(&token, ""),
        Ask::get(HUMAN).header("authorization", b"Bearer \xff\xfe"),
        Ask::get(format!("{HUMAN}?access_token={token}")).bearer("garbled"),
        Ask::get(format!("{HUMAN}?access_token=")),
        Ask::get(format!("{HUMAN}?access_token=%00%ff")),
        Ask::get(format!("{HUMAN}?Access_Token={token}")),
        Ask::get(HUMAN).bearer(&ada.id_token().await),
        Ask::get(HUMAN).bearer(&ada.asks("access").await.member("refresh_token")),
        Ask::get(HUMAN).bearer(&town.human("grace").session_token().await),
        Ask::get(HUMAN).bearer("demo"),
    ];
    for ask in bad {
        let answer = town.send(ask).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        answer.envelope();
        assert_open(&answer);
    }
    assert_json_snapshot!("no_token", town.get(HUMAN).await.shown());
    assert_json_snapshot!("a_garbled_token", town.send(Ask::get(HUMAN).bearer("garbled")).await.shown());
    town.later(86_400);
    let expired = town.send(Ask::get(HUMAN).bearer(&token)).await;
    assert_eq!((expired.status, expired.member("message")), (401, "Access token is not valid".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_token_speaks_for_the_demo_user() {
    let town = Town::open().await.with_demo_user().await;
    let demo = async |path: &str| town.send(Ask::get(path).bearer("demo")).await;
    assert_json_snapshot!("the_demo_user", demo(HUMAN).await.shown());
    let human = demo(HUMAN).await.json();
    assert_eq!(human["userId"], "52e20cb2fff56aac62000001");
    assert_eq!(human["humanId"], "5dc2527186aaf9de560e5841f1a44bd6");
    assert_eq!(human["email"], "demo@humanapi.co");
    assert_eq!(human["createdAt"], "2014-01-24T06:48:18.361Z");
    assert_eq!(demo("/v1/human/medical/demographics").await.json(), json!([]));
    let organizations = demo("/v1/human/medical/organizations").await.rows();
    assert_eq!(organizations[0]["id"], "53c050ac51c69003200aa998");
    for row in demo("/v1/human/medical/allergies").await.rows() {
        assert_eq!(
            (&row["source"], &row["organization"]["id"]),
            (&json!("emr-1-320"), &json!("53c050ac51c69003200aa998"))
        );
    }
    let by_parameter = town.get("/v1/human/medical/vitals?access_token=demo&limit=2").await;
    assert_eq!(by_parameter.rows().len(), 2);
    let link = by_parameter.header("link").expect("more pages");
    assert!(
        link.starts_with(&format!(
            "<{}/v1/human/medical/vitals?access_token=demo&limit=2&offset=2>; rel=\"next\"",
            town.origin
        )),
        "{link}"
    );
    for kind in records::KINDS.iter().filter(|kind| kind.id != "demographics") {
        let answer = demo(&format!("/v1/human/medical/{}", kind.id)).await;
        assert_eq!(answer.status, 200, "{}", kind.id);
        assert_ne!(answer.text(), "[]", "{}: every stream is populated", kind.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_of_any_origin_may_read() {
    let town = Town::open().await.with_demo_user().await;
    let preflight = |path: &str| {
        Ask::new("OPTIONS", path)
            .header("origin", "https://page.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
    };
    let paths =
        ["/v1/human/medical/vitals/5dc2527186aaf9de560e5841", "/v1/human/medical/nothing", "/v1/human/nothing/at/all"];
    for path in READABLE.into_iter().chain(paths) {
        let answer = town.send(preflight(path)).await;
        assert!(matches!(answer.status, 200 | 204) && answer.body.is_empty(), "{path}: {answer:?}");
        assert_open(&answer);
        assert_open(&town.send(Ask::get(path).bearer("demo")).await);
        assert_open(&town.get(path).await);
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let refused = town.send(Ask::new(method, path).bearer("demo")).await;
            assert!(matches!(refused.status, 404 | 405), "{method} {path}: {refused:?}");
            refused.envelope();
            assert_open(&refused);
        }
    }
    assert_json_snapshot!("a_preflight", town.send(preflight(READABLE[3])).await.shown());
    assert_json_snapshot!("read_only", town.send(Ask::new("POST", READABLE[3]).bearer("demo")).await.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn head_and_the_slash_at_the_end_answer_as_get_does() {
    let town = Town::open().await.with_demo_user().await;
    for path in READABLE {
        let get = town.send(Ask::get(path).bearer("demo")).await;
        assert_eq!(get.status, 200, "{path}");
        let slash = town.send(Ask::get(format!("{path}/")).bearer("demo")).await;
        assert_eq!((slash.status, &slash.body), (200, &get.body), "{path}/");
        let head = town.send(Ask::new("HEAD", path).bearer("demo")).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for name in ["content-type", "content-length", "x-total-count", "etag", "link"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        let refused = town.send(Ask::new("HEAD", path)).await;
        assert_eq!((refused.status, refused.body.len()), (401, 0), "{path}");
        assert_eq!(get.header("content-type"), Some("application/json; charset=utf-8"), "{path}");
        assert_eq!(get.header("cache-control"), Some("private, no-cache"), "{path}: shared caches keep out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let vital = ada.get("/v1/human/medical/vitals?limit=1").await.rows()[0]["id"].as_str().expect("an id").to_owned();
    let unknown = "5dc2527186aaf9de560e5841";
    let paths = [
        "/v1/human/nothing".to_owned(),
        "/v1/human/medical".to_owned(),
        "/v1/human/medical/nothing".to_owned(),
        "/v1/human/medical/Vitals".to_owned(),
        "/v1/human/test_results".to_owned(),
        format!("/v1/human/medical/vitals/{unknown}"),
        format!("/v1/human/medical/allergies/{vital}"),
        "/v1/human/medical/vitals/2026-01-31".to_owned(),
        "/v1/human/medical/vitals/not-an-id".to_owned(),
        format!("/v1/human/medical/vitals/{}", vital.to_uppercase()),
        format!("/v1/human/medical/vitals/{vital}/raw"),
        format!("/v1/human/medical/vitals/{vital}/nothing"),
        format!("/v1/human/medical/profile/{unknown}"),
        format!("/v1/human/medical/organizations/{unknown}"),
        format!("/v1/human/medical/ccds/{unknown}/raw"),
        "/v1/human/medical/ccds/2026-01-31/raw".to_owned(),
        format!("/v1/human/sources/{unknown}"),
        "/v2/human".to_owned(),
    ];
    let mut messages = BTreeMap::new();
    for path in paths {
        let answer = ada.get(&path).await;
        // Hexadecimal digits may be written either way.
        if path.contains(&vital.to_uppercase()) && answer.status == 200 {
            continue;
        }
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        messages.insert(
            path.replace(&vital, "{vital}").replace(&vital.to_uppercase(), "{VITAL}"),
            answer.envelope()["message"].clone(),
        );
    }
    assert_json_snapshot!("not_found", messages);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_never_reads_another() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    for kind in ["vitals", "encounters", "immunizations", "ccds"] {
        for row in ada.get(&format!("/v1/human/medical/{kind}?limit=3")).await.rows() {
            let id = row["id"].as_str().expect("an id");
            assert_eq!(grace.get(&format!("/v1/human/medical/{kind}/{id}")).await.status, 404);
            assert_eq!(grace.get(&format!("/v1/human/medical/{kind}/{id}/raw")).await.status, 404);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_without_a_record_has_empty_lists_and_no_profile() {
    let town = Town::open().await;
    let mut starfleet = town.hospital("Starfleet Medical");
    starfleet.login = "nodata".to_owned();
    let ada = town.human("ada").connects(&starfleet).await;
    for kind in records::KINDS.iter().filter(|kind| kind.form == records::Form::List && kind.id != "demographics") {
        let answer = ada.get(&format!("/v1/human/medical/{}", kind.id)).await;
        assert_eq!((answer.text(), answer.total(), answer.header("link")), ("[]", 0, None), "{}", kind.id);
    }
    let mut hedy = town.human("hedy");
    let token = hedy.session_token().await;
    hedy.opens(&token).await;
    let away = hedy.chooses(&town.hospital("Riverbend")).await;
    let back = hedy.signs_in(&away, &town.hospital("Riverbend").login, "allow").await;
    hedy.browser.open(&back).await;
    // Connected, and nothing is read yet.
    let profile = hedy.get("/v1/human/medical/profile").await;
    assert_eq!(profile.status, 404);
    assert_json_snapshot!("no_profile_yet", profile.shown());
    assert_json_snapshot!("a_source_before_its_first_sync", hedy.get("/v1/human/sources").await.shown());
}
