//! FHIR out: everything at once, as a Bundle or as files.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fhir::{Reader, outcome};
use crate::town::Town;
use crate::wire::Ask;

/// How many resources there are of each type.
fn counts<'a>(resources: impl IntoIterator<Item = &'a Value>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for one in resources {
        *counts.entry(one["resourceType"].as_str().expect("a type").to_owned()).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_and_the_files_hold_the_same() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let reader = Reader { town: &town, token: ada.access_token().await };
    let everything = reader.all("/Patient/$everything?_count=120").await;
    let id = everything[0]["id"].as_str().expect("an id");
    assert_eq!(everything[0]["resourceType"], "Patient");
    assert_eq!(reader.all(&format!("/Patient/{id}/$everything")).await.len(), everything.len());
    let whole = counts(&everything);
    let some = reader.all("/Patient/$everything?_type=Patient,Condition&_count=3").await;
    assert_eq!(some.len(), whole["Patient"] + whole["Condition"]);

    let begun = reader
        .ask(Ask::get("/fhir/R4/Patient/$export?_type=Patient,Observation,Condition").header("prefer", "respond-async"))
        .await;
    assert_eq!((begun.status, begun.body.len()), (202, 0));
    let at = begun.header("content-location").expect("where to ask").to_owned();
    let status = at.strip_prefix(&town.origin).expect("an address of ours").to_owned();
    let answer = reader.ask(Ask::get(&status)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert!(answer.header("expires").is_some());
    let manifest = answer.json();
    assert_eq!(manifest["requiresAccessToken"], true);
    assert_eq!(manifest["transactionTime"], "2026-01-31T09:30:00.000Z");
    assert_eq!(
        manifest["request"],
        format!("{}/fhir/R4/Patient/$export?_type=Patient%2CObservation%2CCondition", town.origin)
    );
    let files = manifest["output"].as_array().expect("files");
    assert_eq!(files.len(), 3);
    for file in files {
        let kind = file["type"].as_str().expect("a type");
        let url = file["url"].as_str().expect("a URL").strip_prefix(&town.origin).expect("an address of ours");
        let answer = reader.ask(Ask::get(url)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/fhir+ndjson")));
        let lines: Vec<Value> =
            answer.text().lines().map(|line| serde_json::from_str(line).expect("a resource")).collect();
        assert_eq!(counts(&lines), BTreeMap::from([(kind.to_owned(), whole[kind])]));
        assert_eq!(file["count"], whole[kind]);
    }

    // Nobody else's, nor for ever.
    let grace = town.human("grace").connects(&town.hospital("Lakeside")).await;
    let other = Reader { town: &town, token: grace.access_token().await };
    assert_eq!(other.refused(Ask::get(&status)).await, (404, "not-found".to_owned()));
    assert_eq!(other.refused(Ask::new("DELETE", &status)).await.0, 404);
    assert_eq!(other.refused(Ask::get(format!("{status}/Patient.ndjson"))).await.0, 404);
    assert_eq!(reader.refused(Ask::get(format!("{status}/Encounter.ndjson"))).await.0, 404, "not asked for");
    assert_eq!(outcome(&town.get(&status).await).0, 401);
    assert_eq!(reader.ask(Ask::new("DELETE", &status)).await.status, 202);
    assert_eq!(reader.refused(Ask::get(&status)).await.0, 404);
    let again = reader.get("/$export").await.header("content-location").expect("where to ask").to_owned();
    let again = again.strip_prefix(&town.origin).expect("an address of ours").to_owned();
    let manifest = reader.ask(Ask::get(&again)).await.json();
    assert_eq!(manifest["output"].as_array().expect("files").len(), whole.len(), "every type has a file");
    town.later(23 * 60 * 60);
    let reader = Reader { town: &town, token: ada.access_token().await };
    assert_eq!(reader.ask(Ask::get(&again)).await.status, 200);
    town.later(61 * 60);
    let reader = Reader { town: &town, token: ada.access_token().await };
    assert_eq!(reader.refused(Ask::get(&again)).await.0, 404);

    let since = reader.all("/Patient/$everything?_since=2026-01-31T09:30:00.001Z").await;
    assert!(since.is_empty(), "{} changed later", since.len());
    assert_eq!(reader.all("/Patient/$everything?_since=2026-01-31").await.len(), everything.len());
}
