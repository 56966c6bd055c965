//! Requests nobody would send by accident, to every address there is.

use serde_json::json;

use crate::answer::{Answer, REQUEST_ID};
use crate::browser::words;
use crate::town::Town;
use crate::wire::Ask;

/// Every route, with the places of its variable parts.
const ROUTES: [(&str, &str); 50] = [
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/robots.txt"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/assets/{any}/connect.css"),
    ("GET", "/assets/0123456789abcdef/{any}"),
    ("GET", "/{any}"),
    ("POST", "/v1/connect/token"),
    ("POST", "/v1/admin/token"),
    ("GET", "/v1/{any}"),
    ("GET", "/v1/human"),
    ("GET", "/v1/human/profile"),
    ("GET", "/v1/human/sources"),
    ("GET", "/v1/human/{any}/{any}"),
    ("GET", "/v1/human/medical/{any}"),
    ("GET", "/v1/human/medical/vitals"),
    ("GET", "/v1/human/medical/profile"),
    ("GET", "/v1/human/medical/organizations"),
    ("GET", "/v1/human/medical/vitals/{any}"),
    ("GET", "/v1/human/medical/organizations/{any}"),
    ("GET", "/v1/human/medical/ccds/{any}/raw"),
    ("GET", "/v1/human/medical/ccds/{any}/losses"),
    ("GET", "/v1/human/medical/{any}/{any}/raw"),
    ("GET", "/v1/human/medical/reports"),
    ("GET", "/v1/human/medical/reports/{any}"),
    ("GET", "/v1/human/medical/reports/{any}/raw"),
    ("GET", "/connect"),
    ("POST", "/connect"),
    ("GET", "/connect/callback"),
    ("GET", "/connect/search"),
    ("GET", "/connect/ended"),
    ("GET", "/connect/{ticket}"),
    ("GET", "/connect/{ticket}/welcome"),
    ("GET", "/connect/{ticket}/search"),
    ("GET", "/connect/{ticket}/unlisted"),
    ("POST", "/connect/{ticket}/choose"),
    ("GET", "/connect/{ticket}/signin"),
    ("GET", "/connect/{ticket}/go"),
    ("POST", "/connect/{ticket}/go"),
    ("GET", "/connect/{ticket}/login.json"),
    ("GET", "/connect/{ticket}/progress/{any}"),
    ("GET", "/connect/{ticket}/progress/{any}/progress.json"),
    ("GET", "/connect/{ticket}/connected"),
    ("GET", "/connect/{ticket}/disconnect/{any}"),
    ("POST", "/connect/{ticket}/disconnect/{any}"),
    ("GET", "/connect/{ticket}/trouble"),
    ("POST", "/connect/{ticket}/seen"),
    ("GET", "/connect/{ticket}/{any}"),
];

const SEGMENTS: [&str; 14] = [
    "%00",
    "%ff%fe",
    "..",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%5c%2e%2e",
    "%F0%9F%92%A9",
    "'%20OR%201=1--",
    "-1",
    "1e999",
    "99999999999999999999999999",
    "{}",
    "%25%30%30",
    "null",
    ":;,~!$&()*",
];

const QUERIES: [&[u8]; 17] = [
    b"%",
    b"%zz=%",
    b"=&=&==&",
    b"a[]=1&a[b][c]=2",
    b"limit=1e308&offset=-0",
    b"limit=%00&offset=%ff",
    b"limit=0x10",
    b"state=a&state=b&code=%00",
    b"q=%00%ff&fragment=&limit=99999999999999999999",
    b"format=json&format=xml&limit=-1",
    b"display=nothing&display=",
    b"token=a&token=b&mode=%00&language=%ff",
    b"callback=javascript:alert(1)&callbackOrigin=null",
    b"access_token=demo&access_token=x&start_date=0000-00-00",
    b"updated_since=99999999T999999Z",
    b"end_date=-9999-01-01",
    b"status=SUCCESS%00&clientId=..%2f..",
];

struct Dice(u64);

impl Dice {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut next = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 24) as u8
        };
        (0..count).map(|_| next()).collect()
    }
}

/// Bodies, each to be sent as every media type.
fn bodies() -> Vec<Vec<u8>> {
    let mut dice = Dice(0x5eed);
    let field = |value: &str| {
        format!(
            "{{\"client_id\":{value},\"client_user_id\":{value},\"source\":{value},\"announced\":{value},\"type\":{value}}}"
        )
    };
    let mut bodies: Vec<Vec<u8>> = (0..6).map(|size| dice.bytes(10_usize.pow(size.min(4)))).collect();
    bodies.extend([
        b"\0".to_vec(),
        b"\xff\xfe{\0}\0".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        "[".repeat(30_000).into_bytes(),
        "{\"a\":".repeat(10_000).into_bytes(),
        format!("{}1{}", "[".repeat(120), "]".repeat(120)).into_bytes(),
        field("1e999999").into_bytes(),
        field("-99999999999999999999999999999999999999").into_bytes(),
        field("\"\\u0000\\ud800\"").into_bytes(),
        field("\"\\u0000\"").into_bytes(),
        field("{\"__proto__\":[null]}").into_bytes(),
        field("[{\"connected\":\"%00\"}]").into_bytes(),
        field(&format!("\"{}\"", "é".repeat(10_000))).into_bytes(),
        [field("\"").into_bytes(), b"\xff\xff\"}".to_vec()].concat(),
        b"client_id=%&client_user_id=%ff%00&source=%zz&endpoint=&q=%f0%9f".to_vec(),
        "source=a&".repeat(3000).into_bytes(),
        b"=&&==&;".to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
    ]);
    bodies
}

/// Never our fault, always an answer one can read: the envelope, or a page on the widget's addresses.
fn assert_sane(answer: &Answer, method: &str, target: &[u8]) {
    let what = format!("{method} {}", String::from_utf8_lossy(&target[..target.len().min(200)]));
    assert!(answer.status < 500, "{what}: {answer:?}");
    assert!(answer.header(REQUEST_ID).is_some(), "{what}: {answer:?}");
    if answer.status < 400 {
        return;
    }
    if method == "HEAD" {
        return assert!(answer.body.is_empty(), "{what}: {answer:?}");
    }
    let media = answer.header("content-type").unwrap_or_default().to_owned();
    if media.starts_with("text/html") && target.starts_with(b"/connect")
        || target.starts_with(b"/?") && media.starts_with("text/html")
    {
        return assert!(words(answer.text()).split(' ').count() > 8, "{what}: {}", words(answer.text()));
    }
    assert!(media.starts_with("application/json"), "{what}: {media:?} {:?}", String::from_utf8_lossy(&answer.body));
    answer.envelope();
}

struct Siege {
    town: Town,
    /// Of a visit that is open.
    ticket: String,
}

impl Siege {
    async fn begin() -> Siege {
        let town = Town::open().await.with_demo_user().await;
        let mut ada = town.human("ada").connects(&town.hospital("Starfleet Medical")).await;
        let token = ada.id_token().await;
        ada.opens(&token).await;
        let ticket = ada.page("").path().split('/').nth(2).expect("a ticket").to_owned();
        Siege { town, ticket }
    }

    async fn send(&self, ask: Ask) {
        let (method, target) = (ask.method.clone(), ask.target.clone());
        // Those who may read get further in.
        let ask = if ask.headers.iter().any(|(name, _)| name == "authorization") { ask } else { ask.bearer("demo") };
        assert_sane(&self.town.send(ask).await, &method, &target);
    }

    /// The route with a part in all its variable places, once as a real visit and once without one.
    fn fill(&self, route: &str, part: &str) -> [String; 2] {
        [&*self.ticket, part].map(|ticket| route.replace("{ticket}", ticket).replace("{any}", part))
    }

    async fn is_still_there(&self) {
        assert_eq!(self.town.get("/ready").await.status, 200);
        assert_eq!(self.town.send(Ask::get("/v1/human/medical/vitals").bearer("demo")).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_queries() {
    let siege = Siege::begin().await;
    for (method, route) in ROUTES {
        for part in SEGMENTS {
            for target in siege.fill(route, part) {
                siege.send(Ask::new(method, target)).await;
            }
        }
        let [real, _] = siege.fill(route, "5dc2527186aaf9de560e5841");
        for query in QUERIES {
            siege.send(Ask::new(method, [real.as_bytes(), b"?", query].concat())).await;
        }
        siege.send(Ask::new(method, format!("{real}?{}", "a=%00&".repeat(10_000)))).await;
        siege.send(Ask::new(method, format!("/{}/..{real}", "a/".repeat(200)))).await;
        siege.send(Ask::new(method, format!("{real}/{}", "a".repeat(8000)))).await;
    }
    siege.is_still_there().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_and_headers() {
    let siege = Siege::begin().await;
    let long = "x".repeat(60_000);
    let headers: [(&str, Vec<u8>); 16] = [
        ("authorization", format!("Bearer {long}").into_bytes()),
        ("authorization", b"Bearer \xff\xfe\x80".to_vec()),
        ("authorization", b"Basic \xff".to_vec()),
        ("authorization", format!("Basic {}", "AAAA".repeat(10_000)).into_bytes()),
        ("authorization", b" ".to_vec()),
        ("cookie", format!("tributary-browser={long}; ;;=;").into_bytes()),
        ("cookie", b"tributary-browser=\xff".to_vec()),
        ("accept-language", format!("{},*;q=99", "en;q=x,".repeat(5000)).into_bytes()),
        ("accept-language", b"\xff".to_vec()),
        ("accept", b"application/xml;q=-1,\xff".to_vec()),
        ("if-none-match", long.clone().into_bytes()),
        ("if-none-match", b"\xff, W/, \"".to_vec()),
        ("content-type", b"application/json; charset=\xff".to_vec()),
        ("x-forwarded-for", format!("{}::1", "1.1.1.1,".repeat(5000)).into_bytes()),
        ("x-humanapi-request-id", b"mine".to_vec()),
        ("content-encoding", b"gzip".to_vec()),
    ];
    for (method, route) in ROUTES {
        let [real, _] = siege.fill(route, "5dc2527186aaf9de560e5841");
        for other in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"] {
            // Closing the visit is another story.
            siege.send(Ask::new(other, &real)).await;
        }
        for (name, value) in &headers {
            siege.send(Ask::new(method, &real).header(name, value)).await;
        }
    }
    siege.is_still_there().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_every_kind() {
    let siege = Siege::begin().await;
    let bodies = bodies();
    let media = [
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=\"",
        "\u{1f4a9}",
        "",
    ];
    for (method, route) in ROUTES.into_iter().filter(|(method, _)| *method == "POST") {
        let [real, _] = siege.fill(route, "5dc2527186aaf9de560e5841");
        for body in &bodies {
            for media in media {
                siege.send(Ask::new(method, &real).header("content-type", media).body(body)).await;
            }
            siege.send(Ask::new(method, &real).header("content-type", media[0]).body(body).chunked(997)).await;
        }
    }
    // Reading ignores a body.
    for (method, route) in ROUTES.into_iter().filter(|(method, _)| *method == "GET") {
        let [real, _] = siege.fill(route, "5dc2527186aaf9de560e5841");
        siege.send(Ask::new(method, &real).json(&json!({ "access_token": 1 }))).await;
    }
    siege.is_still_there().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hardly_http_is_refused_and_forgotten() {
    let siege = Siege::begin().await;
    let origin = &siege.town.origin;
    // These end in the protocol below us, which has no envelope.
    let refused = [
        Ask::get(format!("/v1/human?{}", "a".repeat(1_000_000))),
        Ask::get(format!("/{}", "a/".repeat(500_000))),
        Ask::get("/v1/human").header("x-huge", "x".repeat(1_000_000)),
        (0..300).fold(Ask::get("/v1/human"), |ask, number| ask.header(&format!("x-{number}"), "y")),
        Ask::get("/v1/human").header("x-nul", b"a\0b"),
        Ask::get(b"/v1/\0human"),
        Ask::get(b"/v1/human?limit=\xc3\x28&source=\xff\xfe"),
        Ask::get("/v1/hu man"),
        Ask::get("not a path"),
        Ask::get("/v1/human").header("content-length", "-1"),
        Ask::get("/v1/human").header("content-length", "99999999999999999999999"),
    ];
    for ask in refused {
        let answer = ask.send(origin).await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
        assert_eq!(answer.body.len(), 0, "{answer:?}");
    }
    siege.is_still_there().await;
}
