use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::records::reports::{Code, Format, Topic};
use domain::{ConnectionId, HumanId, RecordId, SecretPolicy, SourceId};
use futures_util::StreamExt;
use serde_json::{Value, json};
use store::Batch;
use store::records::{Dates, NewRecord};

use super::everything::all;
use crate::open::testing::{Client, House};
use crate::records::{record_aad, record_row};
use crate::tokens::Access;

struct Ada {
    house: House,
    client: Client,
    human_id: HumanId,
}

impl Ada {
    async fn new() -> Ada {
        let house = House::open().await;
        let client = house.client(SecretPolicy::Required).await;
        let human_id = house.person(&client, "ada").await;
        house.connect(human_id, 7, "Riverbend Clinic").await;
        Ada { house, client, human_id }
    }

    async fn access(&self) -> Access {
        self.house.access(&self.client, "ada").await
    }

    async fn put(&self, kind: &str, number: u16, body: &Value) {
        let engine = &self.house.engine;
        let human = store::humans::find(engine.db(), self.human_id).await.unwrap().unwrap();
        let key = engine.data_key(self.human_id, &human.wrapped_key).unwrap();
        let now = self.house.clock.now();
        let mut bytes = [0; 12];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        let id = RecordId(bytes);
        let mut hash = [0; 32];
        hash[..12].copy_from_slice(&bytes);
        let record = NewRecord {
            human_id: self.human_id,
            kind: kind.to_owned(),
            id,
            connection_id: ConnectionId([7; 12]),
            source_hash: engine.source_hash(SourceId([7; 12])),
            dates: Dates::Undated,
            created_at: now,
            updated_at: now,
            content_hash: hash,
            document_key: None,
            fact_hash: None,
            body: key.seal(record_aad(&record_row(kind, id)), body.to_string().as_bytes()),
        };
        let mut batch = Batch::new();
        store::records::put(&mut batch, &record);
        store::humans::bump_revision(&mut batch, self.human_id);
        engine.db().commit(batch).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_made_once_until_something_changes() {
    let ada = Ada::new().await;
    ada.put("issues", 1, &json!({ "id": "1", "name": "Asthma", "status": "Active" })).await;
    let made = Arc::new(AtomicUsize::new(0));
    let read = async |code, format| {
        let (access, made) = (ada.access().await, made.clone());
        let edition = ada.house.engine.report_edition(&access, code, format).await.unwrap();
        let etag = edition.etag.clone();
        let draw = move |report: ::records::reports::Report| {
            made.fetch_add(1, Ordering::SeqCst);
            report.to_json().to_string().into_bytes()
        };
        (etag, ada.house.engine.report(&access, edition, draw).await.unwrap())
    };
    let first = read(Code::Highlights, Format::Json).await;
    assert_eq!(read(Code::Highlights, Format::Json).await, first);
    assert_eq!(made.load(Ordering::SeqCst), 1);
    read(Code::Highlights, Format::Html).await;
    read(Code::Unity, Format::Json).await;
    assert_eq!(made.load(Ordering::SeqCst), 3);
    ada.put("issues", 2, &json!({ "id": "2", "name": "Migraine", "status": "Active" })).await;
    let changed = read(Code::Highlights, Format::Json).await;
    assert_ne!(changed.0, first.0);
    assert!(String::from_utf8_lossy(&changed.1).contains("Migraine"));
    ada.house.clock.advance(std::time::Duration::from_secs(86_400));
    assert_ne!(read(Code::Highlights, Format::Json).await.0, changed.0);
    assert_eq!(made.load(Ordering::SeqCst), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_read() {
    let ada = Ada::new().await;
    for number in 0..250 {
        let body = json!({ "id": format!("{number}"), "name": format!("Problem {number}"), "status": "Active" });
        ada.put("issues", number, &body).await;
    }
    let access = ada.access().await;
    let engine = &ada.house.engine;
    let chunks: Vec<_> = engine.whole_record(&access).unwrap().collect().await;
    let text: Vec<u8> = chunks.into_iter().flat_map(|chunk| chunk.unwrap().to_vec()).collect();
    let whole: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(whole["records"]["issues"].as_array().unwrap().len(), 250);
    assert_eq!(whole["records"]["vitals"], json!([]));
    assert_eq!(whole["sources"][0]["sourceName"], "Riverbend Clinic");
    let edition = engine.report_edition(&access, Code::Unity, Format::Json).await.unwrap();
    let count = |report: ::records::reports::Report| {
        let problems = report.sections.iter().find(|section| section.topic == Topic::Problems).unwrap();
        problems.rows.len().to_string().into_bytes()
    };
    assert_eq!(&engine.report(&access, edition, count).await.unwrap()[..], b"250");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_changes_meanwhile_is_not_given_out_as_one() {
    let ada = Ada::new().await;
    let access = ada.access().await;
    ada.put("issues", 1, &json!({ "id": "1", "name": "Asthma" })).await;
    let chunks: Vec<_> = ada.house.engine.whole_record(&access).unwrap().collect().await;
    assert!(matches!(chunks.last(), Some(Err(super::ReportError::Changed))));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_belong_to_one_person_and_tell_nothing() {
    let ada = Ada::new().await;
    let engine = &ada.house.engine;
    assert_eq!(engine.list_reports(&ada.access().await, &all()).await.unwrap().total, 0);
    ada.put("issues", 1, &json!({ "id": "1", "name": "Asthma" })).await;
    let access = ada.access().await;
    let page = engine.list_reports(&access, &all()).await.unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&page.body).unwrap();
    let human_id = ada.house.person(&ada.client, "grace").await;
    ada.house.connect(human_id, 9, "Lakeside").await;
    let grace = ada.house.access(&ada.client, "grace").await;
    for (row, code) in rows.iter().zip(Code::ALL) {
        let id = row["id"].as_str().unwrap();
        assert_eq!(engine.find_report(&access, id), Some(code));
        assert_eq!(engine.find_report(&grace, id), None);
        assert!(!id.contains(&ada.human_id.to_string()));
    }
}
