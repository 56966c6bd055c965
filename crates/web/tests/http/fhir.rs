//! FHIR out: reading one resource, and how answers and refusals are dressed.

use std::collections::{BTreeMap, HashMap};

use insta::assert_json_snapshot;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::town::{Exchange, Town};
use crate::wire::Ask;

pub const JSON: &str = "application/fhir+json; charset=utf-8";

/// Reads with one token, and checks what every answer of FHIR has.
pub struct Reader<'a> {
    pub town: &'a Town,
    pub token: String,
}

impl Reader<'_> {
    pub async fn ask(&self, ask: Ask) -> Answer {
        checked(self.town.send(ask.bearer(&self.token)).await)
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.ask(Ask::get(format!("/fhir/R4{target}"))).await
    }

    /// A Bundle, after checking what every Bundle has.
    pub async fn bundle(&self, target: &str) -> Value {
        let answer = self.get(target).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(JSON)), "{target}: {}", answer.text());
        let bundle = answer.json();
        assert_eq!((&bundle["resourceType"], &bundle["type"]), (&json!("Bundle"), &json!("searchset")));
        assert_eq!(bundle["link"][0]["relation"], "self", "{target}");
        for entry in bundle["entry"].as_array().into_iter().flatten() {
            let (resource, mode) = (&entry["resource"], entry["search"]["mode"].as_str().expect("a mode"));
            if mode != "outcome" {
                let own = format!(
                    "{}/fhir/R4/{}/{}",
                    self.town.origin,
                    resource["resourceType"].as_str().expect("a type"),
                    resource["id"].as_str().expect("an id")
                );
                assert_eq!(entry["fullUrl"], own.as_str());
            }
        }
        bundle
    }

    /// All matches, page by page; the totals must agree with what came.
    pub async fn all(&self, target: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut next = Some(target.to_owned());
        while let Some(at) = next {
            let bundle = self.bundle(&at).await;
            all.extend(of_mode(&bundle, "match"));
            next = next_of(&bundle, &self.town.origin);
            let total = bundle["total"].as_u64().expect("a total") as usize;
            assert!(next.is_some() || all.len() == total, "{target}: {} of {total}", all.len());
        }
        all
    }

    /// The OperationOutcome of a refusal.
    pub async fn refused(&self, ask: Ask) -> (u16, String) {
        let answer = self.ask(ask).await;
        outcome(&answer)
    }
}

/// Status and code of a refusal.
pub fn outcome(answer: &Answer) -> (u16, String) {
    assert!(answer.status >= 400, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some(JSON), "{answer:?}");
    let body = answer.json();
    assert_eq!(body["resourceType"], "OperationOutcome", "{answer:?}");
    let issue = &body["issue"][0];
    assert!(issue["diagnostics"].as_str().is_some_and(|text| text.len() > 10), "{body}");
    (answer.status, issue["code"].as_str().expect("a code").to_owned())
}

pub fn checked(answer: Answer) -> Answer {
    assert!(answer.status < 500, "{answer:?}");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{answer:?}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
    answer.request_id();
    answer
}

pub fn of_mode(bundle: &Value, mode: &str) -> Vec<Value> {
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries.filter(|entry| entry["search"]["mode"] == mode).map(|entry| entry["resource"].clone()).collect()
}

pub fn next_of(bundle: &Value, origin: &str) -> Option<String> {
    let link = bundle["link"].as_array()?.iter().find(|link| link["relation"] == "next")?;
    let at = link["url"].as_str()?.strip_prefix(origin).expect("an address of ours");
    Some(at.strip_prefix("/fhir/R4").expect("FHIR").to_owned())
}

#[derive(Deserialize)]
struct Entries<'a> {
    #[serde(borrow, default)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    resource: &'a RawValue,
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "resourceType")]
    kind: String,
    #[serde(default)]
    id: String,
}

/// Type, id and exact text of what a Bundle holds.
fn entries(body: &[u8]) -> Vec<(String, String)> {
    let Ok(bundle) = serde_json::from_slice::<Entries<'_>>(body) else { return Vec::new() };
    let read = |entry: &Entry<'_>| {
        let text = entry.resource.get();
        let head: Head = serde_json::from_str(text).expect("a resource");
        (format!("{}/{}", head.kind, head.id), text.to_owned())
    };
    bundle.entry.iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_in_comes_out_byte_for_byte() {
    let town = Town::open().await;
    let hospital = town.hospital("Riverbend");
    let ada = town.human("ada").connects(&hospital).await;
    let reader = Reader { town: &town, token: ada.access_token().await };
    let mut sent: HashMap<String, String> = HashMap::new();
    for exchange in town.heard().iter().filter(|exchange| exchange.path.contains("/fhir/r4/")) {
        sent.extend(entries(&exchange.answered));
        if let Ok(head) = serde_json::from_slice::<Head>(&exchange.answered) {
            let text = String::from_utf8(exchange.answered.to_vec()).expect("text");
            sent.insert(format!("{}/{}", head.kind, head.id), text);
        }
    }
    let (mut same, mut next) = (0, Some("/Patient/$everything?_count=200".to_owned()));
    let mut bundles = Vec::new();
    while let Some(at) = next {
        let answer = reader.get(&at).await;
        next = next_of(&answer.json(), &town.origin);
        bundles.push(answer);
    }
    for (name, text) in bundles.iter().flat_map(|answer| entries(&answer.body)) {
        // Documents are kept as what they are; what was made of them is ours.
        let Some(received) = sent.get(&name).filter(|_| !name.starts_with("Binary/")) else { continue };
        assert_eq!(&text, received, "{name}");
        same += 1;
        if same % 9 == 0 {
            assert_eq!(reader.get(&format!("/{name}")).await.text(), received, "{name}");
        }
    }
    assert!(same > 200, "{same} resources were compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_come_as_fhir_or_as_themselves() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let reader = Reader { town: &town, token: ada.access_token().await };
    let notes = reader.all("/DocumentReference").await;
    let attachments = notes.iter().map(|note| &note["content"][0]["attachment"]);
    let (url, media) = attachments
        .filter_map(|attachment| Some((attachment["url"].as_str()?, attachment["contentType"].as_str()?)))
        .find(|(url, _)| url.contains("Binary/"))
        .expect("a note with a document");
    let id = url.rsplit('/').next().expect("an id");
    let binary = reader.get(&format!("/Binary/{id}")).await;
    assert_eq!((binary.status, binary.header("content-type")), (200, Some(JSON)));
    let resource = binary.json();
    assert_eq!((&resource["resourceType"], &resource["id"]), (&json!("Binary"), &json!(id)));
    let at = format!("/fhir/R4/Binary/{id}");
    let raw = reader.ask(Ask::get(&at).header("accept", media)).await;
    let bare = |media: &str| media.split(';').next().expect("a type").to_owned();
    assert_eq!((raw.status, raw.header("content-type").map(bare)), (200, Some(bare(media))), "{raw:?}");
    assert_eq!(raw.header("content-security-policy"), Some("sandbox; default-src 'none'"));
    use base64::Engine as _;
    let data = resource["data"].as_str().expect("data");
    let decoded = base64::engine::general_purpose::STANDARD.decode(data).expect("base64");
    assert_eq!(raw.body, decoded);
    let sent = |exchange: &Exchange| exchange.answered == decoded || exchange.answered == binary.body;
    assert!(town.heard().iter().any(sent), "as the hospital sent it");
    for accept in ["application/fhir+json", "*/*", "application/json, image/png"] {
        assert_eq!(reader.ask(Ask::get(&at).header("accept", accept)).await.header("content-type"), Some(JSON));
    }
    assert_eq!(reader.refused(Ask::get(&at).header("accept", "image/tiff")).await.0, 406);
    assert_eq!(reader.refused(Ask::get("/fhir/R4/Binary?_id=1")).await, (400, "not-supported".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_validated_by_its_tag() {
    let town = Town::open().await.with_demo_user().await;
    let demo = Reader { town: &town, token: "demo".to_owned() };
    let patient = demo.all("/Patient").await.remove(0);
    let at = format!("/fhir/R4/Patient/{}", patient["id"].as_str().expect("an id"));
    let read = demo.ask(Ask::get(&at)).await;
    assert_eq!(read.json(), patient);
    let tag = read.header("etag").expect("a tag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    assert_eq!(read.header("last-modified"), Some("Sat, 31 Jan 2026 09:30:00 GMT"));
    assert_eq!(read.header("cache-control"), Some("private, no-cache"));
    for known in [tag.as_str(), "*", &format!("\"x\", {tag}"), &tag[2..]] {
        let same = demo.ask(Ask::get(&at).header("if-none-match", known)).await;
        assert_eq!((same.status, same.body.len()), (304, 0), "{known}");
    }
    assert_eq!(demo.ask(Ask::get(&at).header("if-none-match", "W/\"other\"")).await.status, 200);
    let head = demo.ask(Ask::new("HEAD", &at)).await;
    assert_eq!((head.status, head.body.len(), head.header("etag")), (200, 0, Some(tag.as_str())));
    let by_parameter = checked(town.get(&format!("{at}?access_token=demo")).await);
    assert_eq!(by_parameter.body, read.body);
    let links = demo.bundle("/Observation?access_token=demo&_count=1").await["link"].to_string();
    assert!(!links.contains("access_token"), "{links}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_says_what_there_is() {
    let town = Town::open().await;
    let answer = checked(town.get("/fhir/R4/metadata").await);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(JSON)), "no token is needed");
    let statement = answer.json();
    assert_eq!(statement["fhirVersion"], "4.0.1");
    assert_eq!(statement["rest"][0]["security"]["cors"], true);
    let list = |value: &Value, name: &str| {
        let items = value.as_array().into_iter().flatten();
        items.map(|item| item[name].as_str().expect("a name").to_owned()).collect::<Vec<_>>().join(" ")
    };
    let resources = statement["rest"][0]["resource"].as_array().expect("resources");
    let said: BTreeMap<&str, String> = resources
        .iter()
        .map(|one| {
            let said = format!("{}: {}", list(&one["interaction"], "code"), list(&one["searchParam"], "name"));
            (one["type"].as_str().expect("a type"), said)
        })
        .filter(|(_, said)| said != "read search-type: _id _lastUpdated")
        .collect();
    assert_json_snapshot!("the_capability_statement", said);
    assert_eq!(checked(town.get("/fhir/R4/metadata?_format=json").await).body, answer.body);
    assert_eq!(outcome(&checked(town.get("/fhir/R4/metadata?_format=xml").await)).0, 406);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_outcomes() {
    let town = Town::open().await.with_demo_user().await;
    let demo = Reader { town: &town, token: "demo".to_owned() };
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let form = |body: &str| Ask::new("POST", "/fhir/R4/Patient/_search").body(body);
    let long = format!("name={}", "a".repeat(100_000));
    let asks = [
        Ask::get("/fhir/R4"),
        Ask::get("/fhir/R5/Patient"),
        Ask::get("/fhir/R4/Patients"),
        Ask::get("/fhir/R4/patient"),
        Ask::get("/fhir/R4/Patient/nobody"),
        Ask::get("/fhir/R4/Patient/nobody/$everything"),
        Ask::get("/fhir/R4/Patient/nobody/_history/1"),
        Ask::get("/fhir/R4/$nothing"),
        Ask::get("/fhir/R4/Observation?date=soon"),
        Ask::get("/fhir/R4/Observation?_count=-1"),
        Ask::get("/fhir/R4/Observation?_lastUpdated=2024-13"),
        Ask::get("/fhir/R4/Observation?code:above=1"),
        Ask::get("/fhir/R4/Observation?status:missing=perhaps"),
        Ask::get("/fhir/R4/Observation?colour=red").header("prefer", "respond-async, handling=strict"),
        Ask::get("/fhir/R4/Observation?_sort=status").header("prefer", "handling=strict"),
        Ask::get("/fhir/R4/Observation?_cursor=AAAA"),
        Ask::get("/fhir/R4/Observation?code=%ff"),
        Ask::get("/fhir/R4/Observation").header("accept", "application/fhir+xml"),
        Ask::get("/fhir/R4/Observation?_format=xml"),
        Ask::get("/fhir/R4/Observation?fhirVersion=3.0"),
        Ask::get("/fhir/R4/Patient/$everything?_type=Nothing"),
        Ask::get("/fhir/R4/$export?_outputFormat=csv"),
        Ask::get("/fhir/R4/$export/AAAA"),
        Ask::get("/fhir/R4/$export/AAAA/Patient.ndjson"),
        Ask::new("POST", "/fhir/R4/Patient"),
        Ask::new("PUT", "/fhir/R4/Patient/p"),
        Ask::new("DELETE", "/fhir/R4/Patient/p"),
        Ask::new("PATCH", "/fhir/R4/metadata"),
        form("{}").header("content-type", "application/json"),
        form(&long).header("content-type", "application/x-www-form-urlencoded"),
    ];
    for ask in asks {
        let name = format!(
            "{} {}{}",
            ask.method,
            String::from_utf8_lossy(&ask.target),
            if ask.headers.is_empty() { "" } else { " with headers" }
        );
        let (status, code) = demo.refused(ask).await;
        let at = if seen.contains_key(&name) { format!("{name} (2)") } else { name };
        seen.insert(at, format!("{status} {code}"));
    }
    for ask in [
        Ask::get("/fhir/R4/Patient"),
        Ask::get("/fhir/R4/Patient").bearer("wrong"),
        Ask::get("/fhir/R4/$export").bearer(""),
        Ask::get("/fhir/R4/Patient/p").header("authorization", "Basic demo"),
    ] {
        let answer = checked(town.send(ask).await);
        assert_eq!(outcome(&answer), (401, "login".to_owned()));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
    }
    assert_json_snapshot!("fhir_refusals", seen);
    let refused = demo.ask(Ask::new("DELETE", "/fhir/R4/Patient/p")).await;
    assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
    for path in ["/fhir/R4/Patient", "/fhir/R4/Patient/p", "/fhir/R4/nothing/at/all", "/fhir"] {
        let preflight = checked(town.send(Ask::new("OPTIONS", path)).await);
        assert_eq!((preflight.status, preflight.body.len()), (204, 0));
        assert!(preflight.header("access-control-allow-headers").is_some_and(|names| names.contains("Authorization")));
    }
}
