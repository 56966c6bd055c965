//! Two hospitals that use one id for two people's things, and what is not kept for long.

mod table;

use domain::{Actor, ConnectionId, HumanId, SecretPolicy, SyncReport, SyncState, Trouble};
use serde_json::{Value, json};
use store::Batch;
use store::connections::Synced;
use store::resources::NewResource;

use super::*;
use crate::connections::seal_report;
use crate::open::testing::{Client, House};
use crate::records::raw::{resource_aad, resource_row};
use crate::syncs::OTHER_PERSON;

struct Ada {
    house: House,
    client: Client,
    human_id: HumanId,
}

impl Ada {
    async fn arrives() -> Ada {
        let house = House::open().await;
        let client = house.client(SecretPolicy::Required).await;
        let human_id = house.person(&client, "ada").await;
        Ada { house, client, human_id }
    }

    async fn brings(&self, connection: ConnectionId, resources: &[&str]) {
        let engine = &self.house.engine;
        let key = engine.data_key(self.human_id, &self.access().await.wrapped_key).unwrap();
        let mut batch = Batch::new();
        for body in resources {
            let json: Value = serde_json::from_str(body).unwrap();
            let (kind, id) = (json["resourceType"].as_str().unwrap(), json["id"].as_str().unwrap());
            let resource_key = engine.resource_key(kind, id);
            let row = NewResource {
                human_id: self.human_id,
                connection_id: connection,
                kind: kind.to_owned(),
                hash: engine.hash_index("resource body", body.as_bytes()),
                body: key.seal(resource_aad(&resource_row(connection, &resource_key)), body.as_bytes()),
                resource_key,
            };
            store::resources::put(&mut batch, &row, self.house.clock.now());
        }
        store::humans::bump_revision(&mut batch, self.human_id);
        engine.db().commit(batch).await.unwrap();
        self.house.clock.advance(std::time::Duration::from_secs(60));
    }

    async fn access(&self) -> Access {
        self.house.access(&self.client, "ada").await
    }

    async fn reads(&self, name: &str, id: &str) -> Option<String> {
        match self.house.engine.fhir_read(&self.access().await, kind(name).unwrap(), id).await.unwrap() {
            Read::Found(found) => Some(String::from_utf8(found.body.to_vec()).unwrap()),
            Read::Gone | Read::Unknown => None,
        }
    }

    async fn searches(&self, name: &str, query: &[(&str, &str)]) -> Value {
        let pairs: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let base = self.house.engine.fhir_base();
        let asked = Asked { pairs: &pairs, strict: true, now: self.house.clock.now(), base: &base };
        let search = Search::parse(kind(name).unwrap(), &asked).unwrap();
        let bundle = self.house.engine.fhir_search(&self.access().await, &search).await.unwrap();
        serde_json::from_slice(&bundle).unwrap()
    }

    async fn finds(&self, name: &str, query: &[(&str, &str)]) -> Vec<String> {
        ids(&self.searches(name, query).await)
    }
}

fn ids(bundle: &Value) -> Vec<String> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|entry| {
            let id = entry["resource"]["id"].as_str().unwrap();
            assert!(entry["fullUrl"].as_str().unwrap().ends_with(&format!("/{id}")));
            id.to_owned()
        })
        .collect()
}

#[tokio::test]
async fn a_source_that_speaks_of_somebody_else_tells_nothing() {
    let ada = Ada::arrives().await;
    let riverbend = ada.house.connect(ada.human_id, 7, "Riverbend Clinic").await;
    let lakeside = ada.house.connect(ada.human_id, 9, "Lakeside").await;
    ada.brings(riverbend, &[r#"{"resourceType":"Goal","id":"own"}"#]).await;
    ada.brings(lakeside, &[r#"{"resourceType":"Goal","id":"strange"}"#]).await;
    assert_eq!(ada.finds("Goal", &[]).await.len(), 2);
    let engine = &ada.house.engine;
    let key = engine.data_key(ada.human_id, &ada.access().await.wrapped_key).unwrap();
    let trouble = Trouble::new(OTHER_PERSON, Actor::Provider);
    let report = SyncReport { state: SyncState::Failed(trouble), ..SyncReport::default() };
    let report = seal_report(&key, lakeside, &report);
    let synced = Synced { report, last_synced_at: None, oldest_at: None, newest_at: None };
    let mut batch = Batch::new();
    store::connections::set_report(&mut batch, ada.human_id, lakeside, &synced, ada.house.clock.now());
    store::humans::bump_revision(&mut batch, ada.human_id);
    engine.db().commit(batch).await.unwrap();
    assert_eq!(ada.finds("Goal", &[]).await, ["own"]);
    assert_eq!(ada.reads("Goal", "strange").await, None);
}

#[tokio::test]
async fn who_came_first_keeps_the_id_and_references_stay_with_their_hospital() {
    let ada = Ada::arrives().await;
    let riverbend = ada.house.connect(ada.human_id, 7, "Riverbend Clinic").await;
    let lakeside = ada.house.connect(ada.human_id, 9, "Lakeside").await;
    let first = r#"{ "resourceType": "Patient",  "id": "p", "name": [{"family": "Lindqvist"}] }"#;
    let weight = r#"{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"Patient/p"},"valueQuantity":{"value":70.00},"performer":[{"reference":"Practitioner/only-here"}]}"#;
    ada.brings(riverbend, &[first, weight, r#"{"resourceType":"Practitioner","id":"only-here"}"#]).await;
    let second = r#"{"resourceType":"Patient","id":"p","name":[{"family":"Lovelace"}],"contained":[{"id":"p"}]}"#;
    let theirs = r#"{"resourceType":"Observation","id":"o","status":"final","subject":{"reference":"https://ehr.example/r4/Patient/p"},"valueQuantity":{"value":71.50},"performer":[{"reference":"Practitioner/only-here"},{"reference":"https://elsewhere.example/Patient/p"}]}"#;
    let other = r#"{"resourceType":"Observation","id":"o2","status":"final","subject":{"reference":"Patient/p"}}"#;
    ada.brings(lakeside, &[second, theirs, other]).await;

    assert_eq!(ada.reads("Patient", "p").await.unwrap(), first, "as received");
    assert_eq!(ada.reads("Observation", "o").await.unwrap(), weight, "as received");
    let (patient, observation) =
        (holdings::alias(lakeside, "Patient", "p"), holdings::alias(lakeside, "Observation", "o"));
    let practitioner = holdings::alias(lakeside, "Practitioner", "only-here");
    assert_eq!(
        ada.reads("Patient", &patient).await.unwrap(),
        second.replacen("\"p\"", &format!("\"{patient}\""), 1),
        "nothing else changes"
    );
    let expected = theirs
        .replacen("\"o\"", &format!("\"{observation}\""), 1)
        .replace("https://ehr.example/r4/Patient/p", &format!("Patient/{patient}"))
        .replace("Practitioner/only-here", &format!("Practitioner/{practitioner}"));
    assert_eq!(ada.reads("Observation", &observation).await.unwrap(), expected, "also the decimals");
    assert_eq!(ada.reads("Practitioner", &practitioner).await, None, "never another hospital's");
    // Each has an id of ours too, so that it is still found when the other is gone.
    let own = holdings::alias(riverbend, "Patient", "p");
    assert_eq!(ada.reads("Patient", &own).await.unwrap(), first);

    assert_eq!(ada.finds("Observation", &[("patient", "p")]).await, ["o"]);
    let mut both = [observation.as_str(), "o2"];
    both.sort_unstable();
    let mut found = ada.finds("Observation", &[("patient", &patient)]).await;
    found.sort_unstable();
    assert_eq!(found, both);
    assert_eq!(ada.finds("Patient", &[("family", "love")]).await, [patient.as_str()]);
    let with_performer = ada.finds("Observation", &[("_id", "o"), ("_include", "Observation:subject")]).await;
    assert_eq!(with_performer, ["o", "p"]);

    let access = ada.access().await;
    let all = Everything::parse(&Asked { pairs: &[], strict: true, now: Timestamp(0), base: "" }).unwrap();
    let of = async |id: Option<&str>| {
        let page = ada.house.engine.fhir_everything(&access, id, &all).await.unwrap();
        page.map(|page| ids(&serde_json::from_slice(&page).unwrap()))
    };
    assert_eq!(of(Some("p")).await.unwrap(), ["p", "o", "only-here"]);
    assert_eq!(of(Some(&patient)).await.unwrap().len(), 3);
    assert_eq!(of(None).await.unwrap().len(), 6);
    assert_eq!(of(Some("q")).await, None);

    // What a person left behind stays, as their records do.
    ada.house.disconnect(ada.human_id, riverbend).await;
    assert_eq!(ada.reads("Patient", "p").await.unwrap(), first);
}

#[tokio::test]
async fn what_is_too_large_to_be_kept_is_found_all_the_same() {
    let ada = Ada::arrives().await;
    let riverbend = ada.house.connect(ada.human_id, 7, "Riverbend Clinic").await;
    let filler = "x".repeat(3 * 1024 * 1024);
    let codings: Vec<Value> = (0..500).map(|code| json!({ "system": "s", "code": format!("c{code}") })).collect();
    let notes: Vec<String> = (0..5)
        .map(|number| {
            json!({ "resourceType": "DocumentReference", "id": format!("d{number}"), "status": "current",
                "type": { "coding": [{ "system": "http://loinc.org", "code": format!("{number}") }] },
                "date": format!("2024-0{}-01T00:00:00Z", number + 1),
                "content": [{ "attachment": { "data": filler } }] })
            .to_string()
        })
        .collect();
    let results: Vec<String> = (0..400)
        .map(|number| {
            json!({ "resourceType": "Observation", "id": format!("o{number:03}"), "status": "final",
                "code": { "coding": codings }, "effectiveDateTime": format!("2024-01-{:02}", number % 28 + 1) })
            .to_string()
        })
        .collect();
    let all: Vec<&str> = notes.iter().chain(&results).map(String::as_str).collect();
    ada.brings(riverbend, &all).await;
    let access = ada.access().await;
    let view = ada.house.engine.view(&access).await.unwrap();
    let (documents, observations) = (kind("DocumentReference").unwrap(), kind("Observation").unwrap());
    assert!(view.shelf(documents).await.unwrap().body(0).is_none(), "larger than what is kept");
    assert!(view.shelf(observations).await.unwrap().values.is_none(), "says more than what is kept");

    assert_eq!(ada.finds("DocumentReference", &[("type", "http://loinc.org|3")]).await, ["d3"]);
    assert_eq!(ada.finds("DocumentReference", &[("_sort", "-date"), ("_count", "2")]).await, ["d4", "d3"]);
    assert_eq!(ada.searches("Observation", &[("code", "c499"), ("_count", "0")]).await["total"], 400);
    assert_eq!(ada.searches("Observation", &[("date", "2024-01-01"), ("_count", "0")]).await["total"], 15);
    assert_eq!(ada.finds("Observation", &[("_sort", "date"), ("_count", "1")]).await.len(), 1);
    // Pages end by bytes too, and the next one goes on.
    let page = ada.searches("DocumentReference", &[]).await;
    assert_eq!((page["total"].as_u64(), ids(&page).len()), (Some(5), 5));
}

#[tokio::test]
async fn dstu2_comes_out_as_r4_under_its_new_name() {
    let ada = Ada::arrives().await;
    let riverbend = ada.house.connect(ada.human_id, 7, "Riverbend Clinic").await;
    let order = r#"{"resourceType":"MedicationOrder","id":"m","status":"active","patient":{"reference":"Patient/p"},"dateWritten":"2015-01-01","medicationCodeableConcept":{"text":"Lisinopril"}}"#;
    ada.brings(riverbend, &[order]).await;
    let read: Value = serde_json::from_str(&ada.reads("MedicationRequest", "m").await.unwrap()).unwrap();
    assert_eq!((&read["resourceType"], &read["authoredOn"]), (&json!("MedicationRequest"), &json!("2015-01-01")));
    assert_eq!(ada.finds("MedicationRequest", &[("patient", "p"), ("status", "active")]).await, ["m"]);
}
