use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{RecordId, Timestamp};
use serde_json::{Value, json};

use crate::open::testing::House;
use crate::records::{ListQuery, Page};
use crate::tokens::{Access, AuthError};

const SUMMARY: &str = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><title>Summary</title></ClinicalDocument>";

fn resources() -> Vec<Vec<u8>> {
    let resources = [
        json!({ "resourceType": "Patient", "id": "p1", "name": [{ "family": "Crusher", "given": ["Wesley"] }], "birthDate": "1990-07-29" }),
        json!({
            "resourceType": "AllergyIntolerance", "id": "a1", "patient": { "reference": "Patient/p1" }, "recordedDate": "2020-02-03",
            "code": { "text": "Peanut" },
            "clinicalStatus": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active" }] },
        }),
        json!({
            "resourceType": "DocumentReference", "id": "d1", "status": "current", "date": "2021-01-01T00:00:00Z",
            "content": [{ "attachment": { "contentType": "application/xml", "url": "Binary/b1" }, "format": { "code": "urn:hl7-org:sdwg:ccda-structuredBody:2.1" } }],
        }),
        json!({ "resourceType": "Binary", "id": "b1", "contentType": "application/xml", "data": STANDARD.encode(SUMMARY) }),
    ];
    resources.iter().map(|resource| resource.to_string().into_bytes()).collect()
}

fn all() -> ListQuery {
    let open = (Timestamp::MIN, Timestamp::MAX);
    ListQuery { limit: 50, offset: 0, created: open, updated: open, dates: None, source: None }
}

fn read(page: &Page) -> Value {
    serde_json::from_slice(&page.body).unwrap()
}

#[tokio::test]
async fn the_demo_user_is_who_old_clients_expect() {
    let house = House::open().await;
    let engine = &house.engine;
    assert!(matches!(engine.authenticate("demo").await, Err(AuthError::Invalid)), "nobody seeded it");
    engine.seed_demo_user(&resources()).await.unwrap();
    let access = engine.authenticate("demo").await.unwrap();
    assert!(access.demo);
    assert_eq!(access.human_id.to_hex(), "5dc2527186aaf9de560e5841f1a44bd6");
    assert_eq!(access.user_id.to_hex(), "52e20cb2fff56aac62000001");
    assert_eq!(access.created_at.to_iso(), "2014-01-24T06:48:18.361Z");
    assert_eq!(engine.profile(&access).await.unwrap().email.as_deref(), Some("demo@humanapi.co"));

    let list = async |kind: &str, query: &ListQuery| {
        engine.list_records(&access, ::records::kind(kind).unwrap(), query).await.unwrap()
    };
    let allergies = read(&list("allergies", &all()).await);
    assert_eq!(allergies[0]["source"], "emr-1-320");
    let organization = json!({ "id": "53c050ac51c69003200aa998", "name": "Starfleet Medical", "href": "/medical/organizations/53c050ac51c69003200aa998" });
    assert_eq!(allergies[0]["organization"], organization);
    assert_eq!(list("demographics", &all()).await.body.as_ref(), b"[]");
    for (source, found) in [("emr-1-320", 1), ("starfleet medical", 1), ("53c050ac51c69003200aa998", 1), ("fitbit", 0)]
    {
        let query = ListQuery { source: Some(source.to_owned()), ..all() };
        assert_eq!(list("allergies", &query).await.total, found, "{source}");
        assert_eq!(engine.list_sources(&access, &query).await.unwrap().total, found);
    }
    assert_eq!(read(&engine.list_sources(&access, &all()).await.unwrap())[0]["source"], "emr-1-320");
    assert_eq!(read(&engine.list_organizations(&access, &all()).await.unwrap())[0]["id"], "53c050ac51c69003200aa998");

    house.clock.advance(std::time::Duration::from_secs(60));
    engine.seed_demo_user(&[]).await.unwrap();
    assert_eq!(read(&list("allergies", &all()).await), allergies, "later calls change nothing");
    raw(&house, &access).await;
}

async fn raw(house: &House, access: &Access) {
    let engine = &house.engine;
    let page = engine.list_records(access, ::records::kind("ccds").unwrap(), &all()).await.unwrap();
    let id: RecordId = read(&page)[0]["id"].as_str().unwrap().parse().unwrap();
    let (content_type, bytes) = engine.raw_document(access, id).await.unwrap().unwrap();
    assert_eq!((content_type.as_str(), bytes.as_ref()), ("application/xml", SUMMARY.as_bytes()));
    assert!(engine.raw_document(access, RecordId([1; 12])).await.unwrap().is_none());
}

#[tokio::test]
async fn two_processes_may_seed_at_once() {
    let house = House::open().await;
    let beside = house.beside(crate::open::testing::MASTER_KEY).await.unwrap();
    let resources = resources();
    let (one, other) = tokio::join!(house.engine.seed_demo_user(&resources), beside.seed_demo_user(&resources));
    one.unwrap();
    other.unwrap();
    let access = beside.authenticate("demo").await.unwrap();
    let page = house.engine.list_records(&access, ::records::kind("allergies").unwrap(), &all()).await.unwrap();
    assert_eq!(page.total, 1);
}
