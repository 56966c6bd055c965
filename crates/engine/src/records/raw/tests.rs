use ::records::Chart;
use base64::engine::general_purpose::STANDARD;
use domain::{SecretPolicy, SourceId};
use serde_json::json;
use store::Batch;
use store::records::{Dates, NewRecord};
use store::resources::NewResource;

use super::*;
use crate::open::testing::House;

const SUMMARY: &str = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>Summary</title></ClinicalDocument>";

fn reference(id: &str, binary: &str) -> Value {
    json!({ "resourceType": "DocumentReference", "id": id, "status": "current", "date": "2021-01-01T00:00:00Z",
        "content": [{ "attachment": { "contentType": "application/xml", "url": binary }, "format": { "code": "urn:hl7-org:sdwg:ccda-structuredBody:2.1" } }] })
}

#[tokio::test]
async fn a_document_is_read_without_opening_anything_else() {
    let house = House::open().await;
    let engine = &house.engine;
    let client = house.client(SecretPolicy::Required).await;
    let human_id = house.person(&client, "ada").await;
    let connection = house.connect(human_id, 7, "Riverbend Clinic").await;
    let access = house.access(&client, "ada").await;
    let key = engine.data_key(human_id, &access.wrapped_key).unwrap();
    let mut batch = Batch::new();
    let mut put = |kind: &str, id: &str, body: &dyn Fn(&str) -> Vec<u8>| {
        let resource_key = engine.resource_key(kind, id);
        let (body, kind, hash) = (body(&resource_row(connection, &resource_key)), kind.to_owned(), [1; 32]);
        let row = NewResource { human_id, connection_id: connection, resource_key, kind, hash, body };
        store::resources::put(&mut batch, &row, house.clock.now());
    };
    let sealed = |json: &Value| {
        let bytes = json.to_string().into_bytes();
        move |row: &str| key.seal(resource_aad(row), &bytes)
    };
    let document = reference("d1", "Binary/b1");
    let binary = json!({ "resourceType": "Binary", "id": "b1", "contentType": "application/xml", "data": STANDARD.encode(SUMMARY) });
    put("DocumentReference", "d1", &sealed.clone()(&document));
    put("Binary", "b1", &sealed(&binary));
    // Whoever opened one of these would fail.
    for number in 0..300 {
        put("DocumentReference", &format!("other-{number}"), &|_| b"not sealed".to_vec());
    }
    let mut chart = Chart::new();
    chart.insert(document.to_string().as_bytes()).unwrap();
    let reading = ::records::read(&chart, house.clock.now());
    let drafts: Vec<&Draft> = reading.drafts.iter().filter(|draft| draft.kind.id == "ccds").collect();
    let place = engine.document_key(drafts[0]);
    assert_eq!(place.as_deref(), Some(engine.resource_key("DocumentReference", "d1").as_str()));
    let record = |id: u8, document_key: Option<String>| NewRecord {
        human_id,
        kind: "ccds".to_owned(),
        id: RecordId([id; 12]),
        connection_id: connection,
        source_hash: engine.source_hash(SourceId([7; 12])),
        dates: Dates::Undated,
        created_at: house.clock.now(),
        updated_at: house.clock.now(),
        content_hash: [id; 32],
        document_key,
        fact_hash: None,
        body: Vec::new(),
    };
    store::records::put(&mut batch, &record(1, place));
    store::records::put(&mut batch, &record(2, Some(engine.resource_key("DocumentReference", "gone"))));
    store::records::put(&mut batch, &record(3, None));
    engine.db().commit(batch).await.unwrap();

    let (content_type, bytes) = engine.raw_document(&access, RecordId([1; 12])).await.unwrap().unwrap();
    assert_eq!((content_type.as_str(), bytes.as_ref()), ("application/xml", SUMMARY.as_bytes()));
    for missing in 2..5 {
        assert!(engine.raw_document(&access, RecordId([missing; 12])).await.unwrap().is_none(), "{missing}");
    }
    let grace = house.person(&client, "grace").await;
    house.connect(grace, 7, "Riverbend Clinic").await;
    let other = house.access(&client, "grace").await;
    assert!(engine.raw_document(&other, RecordId([1; 12])).await.unwrap().is_none());
}

#[tokio::test]
async fn a_resource_opens_in_its_own_account_only() {
    let house = House::open().await;
    let client = house.client(SecretPolicy::Required).await;
    let human_id = house.person(&client, "ada").await;
    let here = house.connect(human_id, 7, "Riverbend Clinic").await;
    let there = house.connect(human_id, 8, "Lakeside Medical Center").await;
    let key = house.engine.data_key(human_id, &house.access(&client, "ada").await.wrapped_key).unwrap();
    let patient = house.engine.resource_key("Patient", "1");
    let sealed = key.seal(resource_aad(&resource_row(here, &patient)), b"hers at Riverbend");
    assert!(key.open(resource_aad(&resource_row(here, &patient)), &sealed).is_ok());
    assert!(key.open(resource_aad(&resource_row(there, &patient)), &sealed).is_err());
}
