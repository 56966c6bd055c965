//! FHIR out: what nobody would send by accident, and other people's tokens.

use crate::fhir::{Reader, checked, outcome};
use crate::town::{Town, harvest};
use crate::wire::Ask;

const SEGMENTS: [&str; 14] = [
    "%00",
    "%ff%fe",
    "..",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%5c%2e%2e",
    "%F0%9F%92%A9",
    "'%20OR%201=1--",
    "$everything",
    "_history",
    "99999999999999999999999999",
    "5dc2527186aaf9de560e5841",
    "%25%30%30",
    "null",
    ":;,~!$&()*",
];

const QUERIES: [&str; 30] = [
    "%",
    "=&=&==&",
    "_count=1e9",
    "_count=18446744073709551616",
    "_count=-0",
    "_cursor=%00",
    "_cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "_sort=-",
    "_sort=,,,",
    "_id=%00,%ff",
    "_id='%20OR%201=1--",
    "date=gt",
    "date=ge0000-00-00",
    "date=ge9999-12-31T23:59:59.999999999999999Z",
    "date=ap0000",
    "date=%E2%82%AC%E2%82%AC%E2%82%AC-%E2%82%AC",
    "date=2024-01-01T00:00:00%E2%82%AC",
    "_lastUpdated=lt99999999999999999999",
    "code=|||",
    "code=|",
    "code=%5C",
    "code=a%7C%5C",
    "patient=../../etc/passwd",
    "patient=Patient/",
    "patient:Nothing=1",
    "subject=http://[::1",
    "patient.name.family=x",
    "_include=:::::",
    "_include=*&_revinclude=*",
    "a[]=1&a[b][c]=2&_has:Observation:patient:code=1",
];

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_are_refused_with_an_outcome() {
    let town = Town::open().await.with_demo_user().await;
    let demo = Reader { town: &town, token: "demo".to_owned() };
    for segment in SEGMENTS {
        for path in [
            format!("/fhir/R4/{segment}"),
            format!("/fhir/R4/Patient/{segment}"),
            format!("/fhir/R4/{segment}/x"),
            format!("/fhir/R4/Patient/{segment}/$everything"),
            format!("/fhir/R4/$export/{segment}"),
            format!("/fhir/R4/$export/{segment}/{segment}"),
            format!("/fhir/R4/Binary/{segment}"),
            format!("/fhir/{segment}/{segment}/{segment}/{segment}"),
        ] {
            let answer = demo.ask(Ask::get(&path)).await;
            if answer.status != 200 {
                let (status, _) = outcome(&answer);
                assert!(matches!(status, 400 | 404), "{path}: {status}");
            } else {
                assert!(segment == "$everything", "{path}: {}", answer.text());
            }
        }
    }
    for query in QUERIES {
        for kind in ["Observation", "Patient", "Condition"] {
            for strict in ["handling=lenient", "handling=strict"] {
                let answer = demo.ask(Ask::get(format!("/fhir/R4/{kind}?{query}")).header("prefer", strict)).await;
                match answer.status {
                    200 => assert_eq!(answer.json()["resourceType"], "Bundle"),
                    _ => assert_eq!(outcome(&answer).0, 400, "{kind}?{query}"),
                }
                let form = Ask::new("POST", format!("/fhir/R4/{kind}/_search"))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("prefer", strict);
                assert_eq!(demo.ask(form.body(query)).await.status, answer.status, "{kind} {query} as a form");
            }
            for operation in ["Patient/$everything", "$export"] {
                let answer = demo.ask(Ask::get(format!("/fhir/R4/{operation}?{query}"))).await;
                assert!(matches!(answer.status, 200 | 202 | 400), "{operation}?{query}: {answer:?}");
            }
        }
    }
    let many = vec!["code=1"; 10_000].join("&");
    let values = format!("code={}", vec!["1"; 20_000].join(","));
    for body in [many.as_str(), &values] {
        let form = Ask::new("POST", "/fhir/R4/Observation/_search")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        assert!(matches!(demo.refused(form).await.0, 400 | 413));
    }
    let long = format!("/fhir/R4/Observation?{}", vec!["code=1"; 1000].join("&"));
    assert_eq!(demo.refused(Ask::get(&long)).await, (400, "too-costly".to_owned()));
    let not_text = Ask::new("POST", "/fhir/R4/Observation/_search")
        .header("content-type", "application/x-www-form-urlencoded")
        .body([0xff, 0xfe, b'=']);
    assert_eq!(demo.refused(not_text).await, (400, "invalid".to_owned()));
    for accept in ["a/b/c/d", ";;;q=,", "*/*;q=0"] {
        let answer = demo.ask(Ask::get("/fhir/R4/Patient").header("accept", accept)).await;
        assert!(matches!(answer.status, 400 | 406), "{accept:?}: {}", answer.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_with_anothers_token() {
    let town = Town::open().await.with_demo_user().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let grace = town.human("grace").connects(&town.hospital("Lakeside")).await;
    let elsewhere = town.client(harvest()).await;
    // The same name at another app is another person.
    let namesake = town.human("ada").at(&elsewhere);
    namesake.session_token().await;
    let of_ada = Reader { town: &town, token: ada.access_token().await };
    let mut others = vec![Reader { town: &town, token: grace.access_token().await }];
    others.push(Reader { town: &town, token: "demo".to_owned() });
    let token = namesake.asks("access").await;
    if token.status == 200 {
        others.push(Reader { town: &town, token: token.member("access_token") });
    }
    let mut compared = 0;
    for kind in ["Patient", "Observation", "Condition", "DocumentReference", "Encounter"] {
        for one in of_ada.all(&format!("/{kind}?_count=500")).await.into_iter().take(5) {
            let id = one["id"].as_str().expect("an id");
            for other in &others {
                // Hospitals may use the same ids; what they mean is never hers.
                let answer = other.ask(Ask::get(format!("/fhir/R4/{kind}/{id}"))).await;
                assert!(answer.status == 404 || answer.json() != one, "{kind}/{id}");
                let found = other.all(&format!("/{kind}?_id={id}")).await;
                assert!(!found.contains(&one), "{kind}/{id}");
            }
            compared += 1;
        }
    }
    assert!(compared > 15);
    for kind in ["session", "id"] {
        let token = match kind {
            "session" => ada.asks("session").await,
            _ => ada.asks("id").await,
        };
        if token.status == 200 {
            let token = token.member(&format!("{kind}_token"));
            assert_eq!(outcome(&checked(town.send(Ask::get("/fhir/R4/Patient").bearer(&token)).await)).0, 401);
        }
    }
    ada.is_deleted().await;
    let gone = checked(town.send(Ask::get("/fhir/R4/Patient").bearer(&of_ada.token)).await);
    assert_eq!(outcome(&gone).0, 401, "what was kept for searches is out of reach");
}
