use std::collections::BTreeSet;
use std::time::Duration;

use domain::{ConnectionId, HumanId, RowId, SecretPolicy, Timestamp};
use serde_json::{Value, json};
use store::Batch;
use store::jobs::NewJob;
use store::resources::NewResource;

use crate::open::testing::{Client, House};
use crate::records::ListQuery;
use crate::records::raw::{resource_aad, resource_row};

const RIVERBEND: u8 = 7;
const LAKESIDE: u8 = 9;
const HILLTOP: u8 = 11;

/// Ada, who gave files of several hospitals.
struct Ada {
    house: House,
    client: Client,
    human_id: HumanId,
}

impl Ada {
    async fn on(house: House) -> Ada {
        let client = house.client(SecretPolicy::Required).await;
        let human_id = house.person(&client, "ada").await;
        for (source, name) in [(RIVERBEND, "Riverbend"), (LAKESIDE, "Lakeside"), (HILLTOP, "Hilltop")] {
            house.connect_at(human_id, source, name, "").await;
        }
        Ada { house, client, human_id }
    }

    /// Stores resources of a hospital and queues its mapping.
    async fn give(&self, source: u8, resources: &[Value]) {
        let (engine, connection) = (&self.house.engine, ConnectionId([source; 12]));
        let human = store::humans::find(engine.db(), self.human_id).await.unwrap().unwrap();
        let key = engine.data_key(self.human_id, &human.wrapped_key).unwrap();
        let now = self.house.clock.now();
        let mut batch = Batch::new();
        for resource in resources {
            let (kind, bytes) = (resource["resourceType"].as_str().unwrap(), resource.to_string().into_bytes());
            let resource_key = engine.resource_key(kind, resource["id"].as_str().unwrap());
            let row = NewResource {
                human_id: self.human_id,
                connection_id: connection,
                kind: kind.to_owned(),
                hash: engine.hash_index("resource body", &bytes),
                body: key.seal(resource_aad(&resource_row(connection, &resource_key)), &bytes),
                resource_key,
            };
            store::resources::put(&mut batch, &row, now);
        }
        let job = NewJob {
            id: RowId(crate::keys::random()),
            kind: crate::syncs::JOB,
            human_id: Some(self.human_id),
            subject: connection.to_hex(),
            due_at: now,
            created_at: now,
        };
        store::jobs::enqueue(&mut batch, &job);
        engine.db().commit(batch).await.unwrap();
    }

    async fn map(&self) {
        assert!(self.house.engine.run_due_jobs().await.unwrap() > 0);
        self.house.clock.advance(Duration::from_secs(60));
    }

    async fn list(&self, kind: &str) -> Vec<Value> {
        let access = self.house.access(&self.client, "ada").await;
        let open = (Timestamp::MIN, Timestamp::MAX);
        let query = ListQuery { limit: 500, offset: 0, created: open, updated: open, dates: None, source: None };
        let page = self.house.engine.list_records(&access, ::records::kind(kind).unwrap(), &query).await.unwrap();
        serde_json::from_slice(&page.body).unwrap()
    }

    async fn everything(&self) -> Vec<Vec<Value>> {
        let mut all = Vec::new();
        for kind in ::records::KINDS {
            all.push(self.list(kind.id).await);
        }
        all
    }

    /// Source, linked sources and second of the last change, of each record.
    async fn links(&self, kind: &str) -> BTreeSet<(String, Vec<String>)> {
        let rows = self.list(kind).await;
        let short = |id: &Value| id.as_str().unwrap()[..2].to_owned();
        let mut links = BTreeSet::new();
        for row in &rows {
            let others = row["sameAs"].as_array().cloned().unwrap_or_default();
            for link in &others {
                let twin = rows.iter().find(|twin| twin["id"] == link["id"]).expect("a record that is shown");
                assert_eq!(twin["source"], link["source"]);
                assert_eq!(link["href"], format!("/medical/{kind}/{}", link["id"].as_str().unwrap()));
                let back = twin["sameAs"].as_array().unwrap().iter().any(|back| back["id"] == row["id"]);
                assert!(back, "links lead both ways");
            }
            let mut sources: Vec<String> = others.iter().map(|link| short(&link["source"])).collect();
            sources.sort();
            links.insert((short(&row["source"]), sources));
        }
        links
    }

    async fn revision(&self) -> i64 {
        store::humans::find(self.house.engine.db(), self.human_id).await.unwrap().unwrap().revision
    }
}

async fn on_both(test: impl AsyncFn(Ada)) {
    crate::open::testing::on_both(async |house| test(Ada::on(house).await).await).await;
}

fn allergy(id: &str, rxnorm: &str) -> Value {
    json!({"resourceType": "AllergyIntolerance", "id": id,
        "code": {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": rxnorm}], "text": rxnorm}})
}

fn shot(id: &str, day: &str) -> Value {
    json!({"resourceType": "Immunization", "id": id, "status": "completed", "occurrenceDateTime": day,
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "140"}], "text": "Influenza"}})
}

fn gone(id: &str) -> Value {
    json!({"resourceType": "AllergyIntolerance", "id": id, "verificationStatus": {"coding": [{"code": "entered-in-error"}]}})
}

/// `(source, linked sources)` by the first byte of their ids.
fn linked(pairs: &[(u8, &[u8])]) -> BTreeSet<(String, Vec<String>)> {
    let name = |source: &u8| format!("{source:02x}");
    pairs.iter().map(|(source, others)| (name(source), others.iter().map(name).collect())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_fact_of_two_sources_is_two_records_with_links() {
    on_both(async |ada| {
        ada.give(RIVERBEND, &[allergy("1", "7980"), allergy("2", "1191"), shot("1", "2019-10-02")]).await;
        ada.map().await;
        let alone = ada.list("allergies").await;
        assert!(alone.iter().all(|row| row.get("sameAs").is_none()));
        ada.give(LAKESIDE, &[allergy("x", "7980"), shot("y", "2019-10-02")]).await;
        ada.map().await;
        let both = linked(&[(RIVERBEND, &[]), (RIVERBEND, &[LAKESIDE]), (LAKESIDE, &[RIVERBEND])]);
        assert_eq!(ada.links("allergies").await, both);
        assert_eq!(ada.links("immunizations").await, linked(&[(RIVERBEND, &[LAKESIDE]), (LAKESIDE, &[RIVERBEND])]));
        let rows = ada.list("allergies").await;
        let times = |row: &Value| (row["createdAt"].clone(), row["updatedAt"].clone());
        for row in &rows {
            let members: Vec<&String> = row.as_object().unwrap().keys().collect();
            let before = alone.iter().find(|before| before["id"] == row["id"]);
            match (before, row.get("sameAs")) {
                (Some(before), None) => assert_eq!(before, row, "nothing changed there"),
                (Some(before), Some(_)) => {
                    assert_eq!(times(before).0, times(row).0);
                    assert!(times(before).1.as_str() < times(row).1.as_str(), "a link is a change");
                    assert_eq!(members[members.len() - 2..], ["sameAs", "organization"]);
                }
                (None, _) => assert!(row.get("sameAs").is_some()),
            }
        }
        // A third source, then one after the other takes back what it said.
        ada.give(HILLTOP, &[allergy("z", "7980")]).await;
        ada.map().await;
        let three = [
            (RIVERBEND, &[LAKESIDE, HILLTOP][..]),
            (LAKESIDE, &[RIVERBEND, HILLTOP]),
            (HILLTOP, &[RIVERBEND, LAKESIDE]),
        ];
        assert_eq!(ada.links("allergies").await, linked(&[&[(RIVERBEND, &[][..])], &three[..]].concat()));
        ada.give(RIVERBEND, &[gone("1")]).await;
        ada.map().await;
        let two = linked(&[(RIVERBEND, &[]), (LAKESIDE, &[HILLTOP]), (HILLTOP, &[LAKESIDE])]);
        assert_eq!(ada.links("allergies").await, two);
        ada.give(LAKESIDE, &[allergy("x", "1191")]).await;
        ada.map().await;
        let other = linked(&[(RIVERBEND, &[LAKESIDE]), (LAKESIDE, &[RIVERBEND]), (HILLTOP, &[])]);
        assert_eq!(ada.links("allergies").await, other);
        ada.give(RIVERBEND, &[allergy("1", "7980")]).await;
        ada.map().await;
        let back =
            [(RIVERBEND, &[LAKESIDE][..]), (RIVERBEND, &[HILLTOP]), (LAKESIDE, &[RIVERBEND]), (HILLTOP, &[RIVERBEND])];
        assert_eq!(ada.links("allergies").await, linked(&back));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_data_again_writes_nothing() {
    on_both(async |ada| {
        let riverbend = [allergy("1", "7980"), shot("1", "2019-10-02")];
        let lakeside = [allergy("x", "7980"), shot("y", "2019-10-02"), shot("z", "2020-10-02")];
        for (source, resources) in [(RIVERBEND, &riverbend[..]), (LAKESIDE, &lakeside)] {
            ada.give(source, resources).await;
            ada.map().await;
        }
        let (before, revision) = (ada.everything().await, ada.revision().await);
        assert!(before.iter().flatten().any(|row| row.get("sameAs").is_some()));
        for _ in 0..2 {
            for (source, resources) in [(LAKESIDE, &lakeside[..]), (RIVERBEND, &riverbend)] {
                ada.give(source, resources).await;
                ada.map().await;
            }
        }
        assert_eq!(ada.everything().await, before);
        assert_eq!(ada.revision().await, revision);
        // One change is one change, and one of the row in the index.
        ada.give(LAKESIDE, &[shot("z", "2020-10-03")]).await;
        ada.map().await;
        let after = ada.everything().await;
        let changed = |row: &&Value| !before.iter().flatten().any(|known| known == *row);
        let changed: Vec<&str> =
            after.iter().flatten().filter(changed).map(|row| row["updatedAt"].as_str().unwrap()).collect();
        assert_eq!(changed, ["2026-01-31T09:36:00.000Z"; 2]);
        assert!(ada.revision().await > revision);
        let ids = |rows: &[Vec<Value>]| -> BTreeSet<String> {
            rows.iter().flatten().filter_map(|row| Some(row["id"].as_str()?.to_owned())).collect()
        };
        assert_eq!(ids(&before), ids(&after));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disconnected_is_linked_no_longer() {
    on_both(async |ada| {
        for source in [RIVERBEND, LAKESIDE] {
            ada.give(source, &[allergy("1", "7980")]).await;
        }
        ada.map().await;
        let both = linked(&[(RIVERBEND, &[LAKESIDE]), (LAKESIDE, &[RIVERBEND])]);
        assert_eq!(ada.links("allergies").await, both);
        ada.house.disconnect(ada.human_id, ConnectionId([LAKESIDE; 12])).await;
        let human = store::humans::find(ada.house.engine.db(), ada.human_id).await.unwrap().unwrap();
        let key = ada.house.engine.data_key(ada.human_id, &human.wrapped_key).unwrap();
        assert!(ada.house.engine.link_twins(ada.human_id, &key).await.unwrap());
        assert!(!ada.house.engine.link_twins(ada.human_id, &key).await.unwrap());
        assert_eq!(ada.links("allergies").await, linked(&[(RIVERBEND, &[]), (LAKESIDE, &[])]));
        ada.house.connect_at(ada.human_id, LAKESIDE, "Lakeside", "").await;
        ada.give(LAKESIDE, &[]).await;
        ada.map().await;
        assert_eq!(ada.links("allergies").await, both);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mapped_at_once_they_find_each_other() {
    on_both(async |ada| {
        for round in 0..8 {
            let codes: Vec<String> = (0..20).map(|code| format!("{round}{code:02}")).collect();
            let told: Vec<Value> = codes.iter().map(|code| allergy(code, code)).collect();
            for source in [RIVERBEND, LAKESIDE, HILLTOP] {
                ada.give(source, &told).await;
            }
            // Each as another process would.
            let engine = &ada.house.engine;
            let (one, two, three) = tokio::join!(engine.run_due_jobs(), engine.run_due_jobs(), engine.run_due_jobs());
            assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), 3);
            ada.house.clock.advance(Duration::from_secs(60));
            let all = [
                (RIVERBEND, &[LAKESIDE, HILLTOP][..]),
                (LAKESIDE, &[RIVERBEND, HILLTOP]),
                (HILLTOP, &[RIVERBEND, LAKESIDE]),
            ];
            assert_eq!(ada.links("allergies").await, linked(&all), "round {round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_told_again_keeps_its_id_and_names_its_newest_document() {
    let document = |year: u16, target: &str| {
        [
            json!({"resourceType": "DocumentReference", "id": format!("d{year}"), "status": "current", "date": format!("{year}-06-01"),
                "content": [{"attachment": {"contentType": "application/hl7-cda+xml", "data": "PGEvPg=="}}]}),
            json!({"resourceType": "Provenance", "id": format!("p{year}"), "recorded": format!("{year}-06-01T09:00:00Z"),
                "target": [{"reference": target}], "entity": [{"role": "source", "what": {"reference": format!("DocumentReference/d{year}")}}]}),
        ]
    };
    on_both(async |ada| {
        let mut id = None;
        for (year, told) in [(2021, "b"), (2023, "c"), (2019, "a")] {
            let documents = document(year, &format!("AllergyIntolerance/{told}"));
            ada.give(RIVERBEND, &[&documents[..], &[allergy(told, "7980")]].concat()).await;
            ada.map().await;
            let rows = ada.list("allergies").await;
            assert_eq!(rows.len(), 1, "{year}");
            assert_eq!(*id.get_or_insert_with(|| rows[0]["id"].clone()), rows[0]["id"], "{year}");
            let newest = ada.list("ccds").await;
            assert_eq!(rows[0]["ccd"]["id"], newest[0]["id"], "{year}");
        }
        // The source's own row comes last, then goes again.
        ada.give(RIVERBEND, &[allergy("own", "7980")]).await;
        ada.map().await;
        let rows = ada.list("allergies").await;
        assert_eq!((rows.len(), Some(&rows[0]["id"])), (1, id.as_ref()));
        // At Lakeside it was the source's first; there its documents do not keep what it takes back.
        ada.give(
            LAKESIDE,
            &[&document(2021, "AllergyIntolerance/b")[..], &[allergy("b", "7980"), allergy("own", "7980")]].concat(),
        )
        .await;
        ada.map().await;
        assert_eq!(ada.list("allergies").await.len(), 2);
        ada.give(LAKESIDE, &[gone("own")]).await;
        ada.map().await;
        let rows = ada.list("allergies").await;
        assert_eq!((rows.len(), Some(&rows[0]["id"])), (1, id.as_ref()));
        ada.give(LAKESIDE, &[allergy("own", "7980")]).await;
        ada.map().await;
        assert_eq!(ada.list("allergies").await.len(), 2, "it was no error after all");
        // What the source only lists no longer its document still tells, under the same id.
        let lakeside = async || {
            let rows = ada.list("allergies").await;
            rows.into_iter().find(|row| row["organization"]["name"] == "Lakeside").map(|row| row["id"].clone())
        };
        let before = lakeside().await;
        ada.give(LAKESIDE, &[allergy("other", "723")]).await;
        let mut batch = Batch::new();
        let key = ada.house.engine.resource_key("AllergyIntolerance", "own");
        store::resources::mark_gone(
            &mut batch,
            ada.human_id,
            ConnectionId([LAKESIDE; 12]),
            &key,
            ada.house.clock.now(),
        );
        ada.house.engine.db().commit(batch).await.unwrap();
        ada.map().await;
        let told: Vec<Value> = ada.list("allergies").await.into_iter().filter(|row| row.get("ccd").is_some()).collect();
        assert!(before.is_some_and(|id| told.iter().any(|row| row["id"] == id)), "{told:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_speaks_of_somebody_else_is_not_believed() {
    let ada = Ada::on(House::open().await).await;
    let patient = |family: &str, born: &str| json!({"resourceType": "Patient", "id": "p", "name": [{"family": family}], "birthDate": born});
    ada.give(RIVERBEND, &[patient("Alder", "1984-03-09"), allergy("1", "7980")]).await;
    ada.map().await;
    let before = ada.everything().await;
    ada.give(RIVERBEND, &[patient("Birch", "1990-01-01"), allergy("1", "1191"), allergy("2", "723")]).await;
    ada.map().await;
    assert_eq!(ada.everything().await, before, "nothing of the other one is shown");
    ada.give(RIVERBEND, &[patient("Birch", "1984-03-09")]).await;
    ada.map().await;
    assert_eq!(ada.list("demographics").await[0]["name"]["family"], "Birch", "who married is still the same");
    assert_eq!(ada.list("allergies").await.len(), 2);
}
