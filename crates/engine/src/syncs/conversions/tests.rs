use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{ConnectionId, HumanId, RowId, SecretPolicy};
use serde_json::{Value, json};
use store::jobs::NewJob;

use super::*;
use crate::connections::{open_account, open_report};
use crate::fhir::{Asked, Search};
use crate::jobs::Lease;
use crate::keys::random;
use crate::open::testing::{Client, House, ccd, on_both};
use crate::sealing::DataKey;
use crate::syncs::{JOB, State};

/// Ada, whose hospital keeps a record of her and a summary.
struct Ada {
    house: House,
    client: Client,
    human_id: HumanId,
    connection: ConnectionId,
}

impl Ada {
    async fn on(house: House) -> Ada {
        let client = house.client(SecretPolicy::Required).await;
        let human_id = house.person(&client, "ada").await;
        let connection = house.connect(human_id, 7, "Riverbend Clinic").await;
        let ada = Ada { house, client, human_id, connection };
        ada.holds(1, &ccd("v1", 1, "20200101120000+0000", "Hives")).await;
        ada
    }

    /// Her hospital has a document of this number with this text.
    async fn holds(&self, number: u8, xml: &[u8]) {
        let (binary, document) = (format!("b{number}"), format!("d{number}"));
        let reference = json!({ "resourceType": "DocumentReference", "id": document, "status": "current",
            "content": [{ "attachment": { "contentType": "application/xml", "url": format!("Binary/{binary}") } }] });
        let data = STANDARD.encode(xml);
        let binary = json!({ "resourceType": "Binary", "id": binary, "contentType": "application/xml", "data": data });
        self.brings(&[reference, binary], &Told::AS_RECEIVED).await;
    }

    async fn key(&self) -> DataKey {
        let human = store::humans::find(self.house.engine.db(), self.human_id).await.unwrap().unwrap();
        self.house.engine.data_key(self.human_id, &human.wrapped_key).unwrap()
    }

    async fn brings(&self, resources: &[Value], told: &Told) {
        self.house.clock.advance(std::time::Duration::from_secs(60));
        let (engine, key) = (&self.house.engine, self.key().await);
        let mut batch = Batch::new();
        for resource in resources {
            let landed = ::records::Landed {
                kind: resource["resourceType"].as_str().unwrap().to_owned(),
                id: resource["id"].as_str().unwrap().to_owned(),
                json: resource.to_string().into_bytes(),
            };
            let place = engine.resource_key(&landed.kind, &landed.id);
            let hash = engine.hash_index("resource body", &landed.json);
            let row = sealed_row(&key, (self.human_id, self.connection), &landed, place, hash);
            store::resources::put_told(&mut batch, &row, told, self.house.clock.now());
        }
        engine.db().commit(batch).await.unwrap();
    }

    async fn is(&self, family: &str, born: &str) {
        let patient =
            json!({ "resourceType": "Patient", "id": "p1", "name": [{ "family": family }], "birthDate": born });
        self.brings(&[patient], &Told::AS_RECEIVED).await;
    }

    /// What a sync does with the documents it has. Answers its warnings.
    async fn converts(&self) -> Vec<(String, u64)> {
        self.house.clock.advance(std::time::Duration::from_secs(60));
        let (engine, key, now) = (&self.house.engine, self.key().await, self.house.clock.now());
        let row = store::connections::find(engine.db(), self.human_id, self.connection).await.unwrap().unwrap();
        let (id, lease, subject) = (RowId(random()), RowId(random()), self.connection.to_hex());
        let job = NewJob {
            id,
            kind: JOB,
            human_id: Some(self.human_id),
            subject: subject.clone(),
            due_at: now,
            created_at: now,
        };
        let mut batch = Batch::new();
        store::jobs::enqueue(&mut batch, &job);
        engine.db().commit(batch).await.unwrap();
        let until = now + std::time::Duration::from_secs(600);
        let claimed = store::jobs::claim_one(engine.db(), (JOB, self.human_id, &subject), lease, now, until).await;
        let held = Lease { job: claimed.unwrap().unwrap().id, lease };
        let (account, report) = (open_account(&key, &row).unwrap(), open_report(&key, &row).unwrap());
        let run = Run::new(engine, (&row, account, key), (RowId(random()), held), State::of_files(report));
        run.convert_documents(false).await.unwrap();
        let mut batch = Batch::new();
        store::jobs::finish(&mut batch, held.job, held.lease);
        store::humans::bump_revision(&mut batch, self.human_id);
        engine.db().commit(batch).await.unwrap();
        run.with_state(|state| state.report.warnings.clone())
    }

    /// References of the resources of a type, and whom each says it is about.
    async fn finds(&self, kind: &str, query: &[(&str, &str)]) -> Vec<(String, Value)> {
        let pairs: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let base = self.house.engine.fhir_base();
        let asked = Asked { pairs: &pairs, strict: true, now: self.house.clock.now(), base: &base };
        let search = Search::parse(crate::fhir::kind(kind).unwrap(), &asked).unwrap();
        let access = self.house.access(&self.client, "ada").await;
        let bundle: Value =
            serde_json::from_slice(&self.house.engine.fhir_search(&access, &search).await.unwrap()).unwrap();
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        let about = |body: &Value| {
            ["patient", "subject"].iter().map(|name| body[name]["reference"].clone()).find(|it| !it.is_null())
        };
        let told = entries.iter().map(|entry| &entry["resource"]);
        told.map(|body| (body["id"].as_str().unwrap().to_owned(), about(body).unwrap_or_default())).collect()
    }

    fn document(&self) -> String {
        self.house.engine.resource_key("DocumentReference", "d1")
    }
}

fn about(found: &[(String, Value)]) -> Vec<&Value> {
    found.iter().map(|(_, about)| about).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_document_tells_is_about_the_hospitals_patient() {
    on_both(async |house| {
        let ada = Ada::on(house).await;
        ada.is("Lovelace", "1975-12-10").await;
        assert_eq!(ada.converts().await, []);
        assert_eq!(ada.finds("Patient", &[]).await, [("p1".to_owned(), Value::Null)], "no second one");
        for kind in ["AllergyIntolerance", "Composition"] {
            let (all, hers) = (ada.finds(kind, &[]).await, ada.finds(kind, &[("patient", "p1")]).await);
            assert_eq!(about(&all), [&json!("Patient/p1")], "{kind}");
            assert_eq!(hers, all, "{kind}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_somebody_else_is_only_counted() {
    on_both(async |house| {
        let ada = Ada::on(house).await;
        ada.is("Hopper", "1906-12-09").await;
        let warned = [("document_other_person".to_owned(), 1)];
        for _ in 0..2 {
            assert_eq!(ada.converts().await, warned);
            assert!(ada.finds("AllergyIntolerance", &[]).await.is_empty());
        }
        // The hospital had mixed up two people, and sees it.
        ada.is("Lovelace", "1975-12-10").await;
        assert_eq!(ada.converts().await, []);
        assert_eq!(ada.finds("AllergyIntolerance", &[]).await.len(), 1);
        ada.is("Hopper", "1906-12-09").await;
        assert_eq!(ada.converts().await, warned);
        assert!(ada.finds("AllergyIntolerance", &[]).await.is_empty(), "what it told is let go of");
        assert!(ada.finds("Composition", &[]).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_own_patient_stands_in_until_the_hospitals_comes() {
    on_both(async |house| {
        let ada = Ada::on(house).await;
        ada.converts().await;
        let own = ada.finds("Patient", &[]).await;
        assert_eq!(own.len(), 1);
        let reference = json!(format!("Patient/{}", own[0].0));
        assert_eq!(about(&ada.finds("AllergyIntolerance", &[]).await), [&reference]);
        ada.is("Lovelace", "1975-12-10").await;
        ada.converts().await;
        assert_eq!(ada.finds("Patient", &[]).await, [("p1".to_owned(), Value::Null)]);
        assert_eq!(about(&ada.finds("AllergyIntolerance", &[]).await), [&json!("Patient/p1")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_converter_made_is_made_anew() {
    on_both(async |house| {
        let ada = Ada::on(house).await;
        ada.is("Lovelace", "1975-12-10").await;
        ada.converts().await;
        let dated_at = Timestamp::parse("2020-01-01T12:00:00Z").unwrap();
        let told = Told { document_key: Some(ada.document()), dated_at };
        let stray = json!({ "resourceType": "Patient", "id": "of-the-document" });
        ada.brings(&[stray], &told).await;
        ada.converts().await;
        assert_eq!(ada.finds("Patient", &[]).await.len(), 2, "the document is as it was");
        let mut batch = Batch::new();
        let place = (ada.human_id, ada.connection, ada.document());
        store::conversions::put(&mut batch, (place.0, place.1, &place.2), (REVISION - 1, b""), ada.house.clock.now());
        ada.house.engine.db().commit(batch).await.unwrap();
        ada.converts().await;
        assert_eq!(ada.finds("Patient", &[]).await, [("p1".to_owned(), Value::Null)]);
        assert_eq!(ada.finds("AllergyIntolerance", &[]).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_document_lets_go_of_another_may_tell() {
    on_both(async |house| {
        let ada = Ada::on(house).await;
        let newer = String::from_utf8(ccd("v2", 2, "20220101120000+0000", "Nausea")).unwrap();
        ada.holds(2, newer.as_bytes()).await;
        ada.converts().await;
        let before = ada.finds("AllergyIntolerance", &[]).await;
        assert_eq!(before.len(), 1, "both tell one");
        let (start, end) = (newer.find("<entry typeCode").unwrap(), newer.find("</section>").unwrap());
        ada.holds(2, format!("{}{}", &newer[..start], &newer[end..]).as_bytes()).await;
        ada.converts().await;
        assert_eq!(ada.finds("AllergyIntolerance", &[]).await.len(), 1, "the older one still tells it");
        let without = String::from_utf8(ccd("v1", 1, "20200101120000+0000", "Hives")).unwrap();
        let (start, end) = (without.find("<entry typeCode").unwrap(), without.find("</section>").unwrap());
        ada.holds(1, format!("{}{}", &without[..start], &without[end..]).as_bytes()).await;
        ada.converts().await;
        assert!(ada.finds("AllergyIntolerance", &[]).await.is_empty(), "nobody tells it any more");
    })
    .await;
}
