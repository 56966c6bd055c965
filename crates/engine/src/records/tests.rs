use ::records::Kind;
use bytes::Bytes;
use domain::{
    ConnectionId, HumanId, RecordId, SecretPolicy, SourceId, StreamReport, SyncReport, SyncState, Timestamp, Trouble,
};
use serde_json::{Value, json};
use store::Batch;
use store::connections::Synced;
use store::records::{Dates, NewRecord};

use super::{ListQuery, Page, record_aad, record_row};
use crate::connections::seal_report;
use crate::open::testing::{Client, House};

fn kind(id: &str) -> &'static Kind {
    ::records::kind(id).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn all() -> ListQuery {
    let open = (Timestamp::MIN, Timestamp::MAX);
    ListQuery { limit: 50, offset: 0, created: open, updated: open, dates: None, source: None }
}

fn items(page: &Page) -> Vec<String> {
    let read: Vec<Value> = serde_json::from_slice(&page.body).unwrap();
    read.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

/// Ada with records of two clinics.
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
        house.connect(human_id, 9, "Lakeside").await;
        let ada = Ada { house, client, human_id };
        ada.put("vitals", 1, 7, Some("2024-03-01T00:00:00Z")).await;
        ada.put("vitals", 2, 7, Some("2025-03-01T00:00:00Z")).await;
        ada.put("vitals", 3, 9, None).await;
        ada
    }

    async fn put(&self, kind: &str, id: u8, source: u8, day: Option<&str>) {
        let engine = &self.house.engine;
        let human = store::humans::find(engine.db(), self.human_id).await.unwrap().unwrap();
        let key = engine.data_key(self.human_id, &human.wrapped_key).unwrap();
        let now = self.house.clock.now();
        let id = RecordId([id; 12]);
        let record = NewRecord {
            human_id: self.human_id,
            kind: kind.to_owned(),
            id,
            connection_id: ConnectionId([source; 12]),
            source_hash: engine.source_hash(SourceId([source; 12])),
            dates: match day.map(at) {
                Some(day) => Dates::Dated { sort: day, from: day, to: day },
                None => Dates::Undated,
            },
            created_at: now,
            updated_at: now,
            content_hash: [id.0[0]; 32],
            document_key: None,
            fact_hash: None,
            body: key.seal(
                record_aad(&record_row(kind, id)),
                json!({ "name": format!("{kind} {}", id.0[0]) }).to_string().as_bytes(),
            ),
        };
        let mut batch = Batch::new();
        store::records::put(&mut batch, &record);
        store::humans::bump_revision(&mut batch, self.human_id);
        engine.db().commit(batch).await.unwrap();
        self.house.clock.advance(std::time::Duration::from_secs(60));
    }

    async fn list(&self, query: ListQuery) -> Page {
        let access = self.house.access(&self.client, "ada").await;
        let page = self.house.engine.list_records(&access, kind("vitals"), &query).await.unwrap();
        let again = self.house.engine.list_records(&access, kind("vitals"), &query).await.unwrap();
        assert_eq!(
            (&page.body, page.total, &page.etag),
            (&again.body, again.total, &again.etag),
            "the same from the cache"
        );
        page
    }
}

#[tokio::test]
async fn lists_are_pages_of_what_matches() {
    let ada = Ada::new().await;
    let page = ada.list(all()).await;
    assert_eq!((items(&page), page.total), (vec!["vitals 2".into(), "vitals 1".into(), "vitals 3".into()], 3));
    assert_eq!(page.body, Bytes::from_static(br#"[{"name":"vitals 2"},{"name":"vitals 1"},{"name":"vitals 3"}]"#));
    for (limit, offset, expected) in
        [(2, 0, vec!["vitals 2", "vitals 1"]), (2, 2, vec!["vitals 3"]), (2, 4, vec![]), (1, u64::MAX >> 1, vec![])]
    {
        let page = ada.list(ListQuery { limit, offset, ..all() }).await;
        assert_eq!(
            (items(&page), page.total),
            (expected.into_iter().map(str::to_owned).collect(), 3),
            "{limit} from {offset}"
        );
    }
    let start = at("2026-01-31T09:31:00Z");
    for (query, expected) in [
        (ListQuery { created: (start, Timestamp::MAX), ..all() }, vec!["vitals 2", "vitals 3"]),
        (ListQuery { updated: (Timestamp::MIN, start), ..all() }, vec!["vitals 1"]),
        (
            ListQuery { dates: Some((at("2024-01-01T00:00:00Z"), at("2025-01-01T00:00:00Z"))), ..all() },
            vec!["vitals 1"],
        ),
        (ListQuery { dates: Some((Timestamp::MIN, Timestamp::MAX)), ..all() }, vec!["vitals 2", "vitals 1"]),
        (ListQuery { source: Some("07".repeat(12)), ..all() }, vec!["vitals 2", "vitals 1"]),
        (ListQuery { source: Some("riverbend clinic".into()), ..all() }, vec!["vitals 2", "vitals 1"]),
        (ListQuery { source: Some("riverbendclinic".into()), ..all() }, vec!["vitals 2", "vitals 1"]),
        (ListQuery { source: Some("Lakeside".into()), ..all() }, vec!["vitals 3"]),
        (ListQuery { source: Some("lake".into()), ..all() }, vec![]),
        (ListQuery { source: Some("08".repeat(12)), ..all() }, vec![]),
    ] {
        let page = ada.list(query.clone()).await;
        assert_eq!(
            (items(&page), page.total),
            (expected.iter().map(|name| (*name).to_owned()).collect(), expected.len() as u64),
            "{query:?}"
        );
    }
}

#[tokio::test]
async fn a_change_is_seen_at_once_and_by_its_validator() {
    let ada = Ada::new().await;
    let before = ada.list(all()).await;
    assert!(before.etag.starts_with('"') && before.etag.ends_with('"') && before.etag.len() == 34);
    let first = ada.list(ListQuery { limit: 1, ..all() }).await;
    ada.put("vitals", 4, 9, Some("2020-01-01T00:00:00Z")).await;
    let after = ada.list(all()).await;
    assert_eq!((after.total, items(&after).len()), (4, 4));
    assert_ne!(after.etag, before.etag);
    let same = ada.list(ListQuery { limit: 1, ..all() }).await;
    assert_eq!(same.body, first.body);
    assert_ne!(same.etag, first.etag, "the total is another");
    // Another process sees what this one wrote, whatever it has cached.
    let beside = ada.house.beside(crate::open::testing::MASTER_KEY).await.unwrap();
    let access = ada.house.access(&ada.client, "ada").await;
    assert_eq!(beside.list_records(&access, kind("vitals"), &all()).await.unwrap().etag, after.etag);
}

#[tokio::test]
async fn one_record_by_its_id() {
    let ada = Ada::new().await;
    ada.put("profile", 5, 7, None).await;
    let access = ada.house.access(&ada.client, "ada").await;
    let engine = &ada.house.engine;
    let find = async |access, kind, id| engine.find_record(access, kind, RecordId([id; 12])).await.unwrap();
    assert_eq!(find(&access, kind("vitals"), 1).await.unwrap(), Bytes::from_static(br#"{"name":"vitals 1"}"#));
    assert!(find(&access, kind("vitals"), 8).await.is_none());
    assert!(find(&access, kind("allergies"), 1).await.is_none());
    assert!(engine.newest_record(&access, kind("profile")).await.unwrap().is_some());

    let grace = ada.house.person(&ada.client, "grace").await;
    ada.house.connect(grace, 7, "Riverbend Clinic").await;
    let other = ada.house.access(&ada.client, "grace").await;
    assert!(find(&other, kind("vitals"), 1).await.is_none());
    assert!(engine.newest_record(&other, kind("profile")).await.unwrap().is_none());
    assert_eq!(engine.list_records(&other, kind("vitals"), &all()).await.unwrap().body, Bytes::from_static(b"[]"));

    let mut batch = Batch::new();
    store::records::hide(&mut batch, ada.human_id, "vitals", RecordId([1; 12]), ada.house.clock.now());
    store::humans::bump_revision(&mut batch, ada.human_id);
    engine.db().commit(batch).await.unwrap();
    assert!(find(&access, kind("vitals"), 1).await.is_none());
    assert_eq!(ada.list(all()).await.total, 2);
}

#[tokio::test]
async fn of_several_profiles_the_newest_is_shown() {
    let ada = Ada::new().await;
    let access = ada.house.access(&ada.client, "ada").await;
    let shown = async || {
        let body = ada.house.engine.newest_record(&access, kind("profile")).await.unwrap().unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()["name"].clone()
    };
    for (id, source, day, newest) in [
        (9, 7, None, "profile 9"),
        (3, 9, None, "profile 3"),
        (8, 7, Some("2024-03-01T00:00:00Z"), "profile 8"),
        (1, 9, Some("2025-03-01T00:00:00Z"), "profile 1"),
        (7, 7, Some("2023-03-01T00:00:00Z"), "profile 1"),
    ] {
        ada.put("profile", id, source, day).await;
        assert_eq!(shown().await, newest, "after {id}");
    }
}

#[tokio::test]
async fn a_row_moved_to_another_place_does_not_open() {
    let ada = Ada::new().await;
    let engine = &ada.house.engine;
    let grace = ada.house.person(&ada.client, "grace").await;
    ada.house.connect(grace, 7, "Riverbend Clinic").await;
    let stolen = store::records::find(engine.db(), ada.human_id, "vitals", RecordId([1; 12])).await.unwrap().unwrap();
    let row = |human_id, id: u8| NewRecord {
        human_id,
        kind: "vitals".to_owned(),
        id: RecordId([id; 12]),
        connection_id: ConnectionId([7; 12]),
        source_hash: [0; 32],
        dates: Dates::Undated,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
        content_hash: [9; 32],
        document_key: None,
        fact_hash: None,
        body: stolen.body.clone(),
    };
    let mut batch = Batch::new();
    store::records::put(&mut batch, &row(grace, 1));
    store::records::put(&mut batch, &row(ada.human_id, 2));
    for human_id in [grace, ada.human_id] {
        store::humans::bump_revision(&mut batch, human_id);
    }
    engine.db().commit(batch).await.unwrap();
    for user in ["ada", "grace"] {
        let access = ada.house.access(&ada.client, user).await;
        assert!(
            matches!(engine.list_records(&access, kind("vitals"), &all()).await, Err(super::ReadError::Sealing(_))),
            "{user}"
        );
    }
}

#[tokio::test]
async fn sources_are_the_accounts_connected_now() {
    let ada = Ada::new().await;
    let engine = &ada.house.engine;
    let read = async |page: Page| serde_json::from_slice::<Value>(&page.body).unwrap();
    let sources = async |query: &ListQuery| {
        let access = ada.house.access(&ada.client, "ada").await;
        read(engine.list_sources(&access, query).await.unwrap()).await
    };
    let listed = sources(&all()).await;
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let (riverbend, since) = ("07".repeat(12), "2026-01-31T09:30:00.000Z");
    let expected = json!({
        "id": riverbend, "source": riverbend, "sourceName": "Riverbend Clinic", "supportedDataTypes": [], "devices": [riverbend],
        "connectedSince": since, "historySync": { "status": "not_started" }, "syncStatus": { "status": "inProgress", "details": "ok" },
        "resync": { "active": false }, "expectedSyncDuration": 60,
        "organization": { "id": riverbend, "name": "Riverbend Clinic", "href": format!("/medical/organizations/{riverbend}") },
    });
    assert_eq!(listed[0], expected);

    let stream = StreamReport {
        id: "vitals".into(),
        resource: "Observation".into(),
        received: 2,
        dropped: 0,
        outcome: domain::Outcome::Done,
    };
    let done = SyncReport {
        state: SyncState::Done,
        streams: vec![stream],
        records: vec![("vitals".into(), 2)],
        ..SyncReport::default()
    };
    ada.report(7, &done, Some((at("2019-05-02T00:00:00Z"), at("2026-01-03T00:00:00Z")))).await;
    let synced = &sources(&all()).await[0];
    assert_eq!(synced["historySync"], json!({ "status": "completed", "oldestDate": "2019-05-02T00:00:00.000Z" }));
    let expected = json!({ "status": "ok", "details": "ok", "synchedAt": "2026-01-31T09:33:00.000Z", "newestDate": "2026-01-03T00:00:00.000Z" });
    assert_eq!(synced["syncStatus"], expected);
    let state = async |report: SyncReport| {
        ada.report(7, &report, None).await;
        let status = sources(&all()).await[0]["syncStatus"].clone();
        (status["status"].as_str().unwrap().to_owned(), status["details"].as_str().unwrap().to_owned())
    };
    assert_eq!(
        state(SyncReport { records: Vec::new(), ..done.clone() }).await,
        ("noDataAvailable".into(), "ok".into())
    );
    let failed = |actor| SyncReport { state: SyncState::Failed(Trouble::new("x", actor)), ..SyncReport::default() };
    assert_eq!(state(failed(domain::Actor::Provider)).await, ("error".into(), "sourceUnavailable".into()));
    assert_eq!(state(failed(domain::Actor::Us)).await, ("error".into(), "internalError".into()));

    let access = ada.house.access(&ada.client, "ada").await;
    let organizations = read(engine.list_organizations(&access, &all()).await.unwrap()).await;
    assert_eq!(
        organizations,
        json!([{ "id": riverbend, "name": "Riverbend Clinic" }, { "id": "09".repeat(12), "name": "Lakeside" }])
    );
    let only = ListQuery { source: Some("lakeside".into()), ..all() };
    assert_eq!(read(engine.list_organizations(&access, &only).await.unwrap()).await.as_array().unwrap().len(), 1);
    assert_eq!(sources(&only).await.as_array().unwrap().len(), 1);

    ada.house.disconnect(ada.human_id, ConnectionId([7; 12])).await;
    assert_eq!(sources(&all()).await.as_array().unwrap().len(), 1);
    let gone = engine.find_organization(&access, SourceId([7; 12])).await.unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&gone).unwrap()["name"], "Riverbend Clinic");
    assert!(engine.find_organization(&access, SourceId([8; 12])).await.unwrap().is_none());
    assert_eq!(
        ada.list(ListQuery { source: Some("riverbend clinic".into()), ..all() }).await.total,
        2,
        "records stay findable"
    );
}

impl Ada {
    async fn report(&self, connection: u8, report: &SyncReport, dates: Option<(Timestamp, Timestamp)>) {
        let engine = &self.house.engine;
        let human = store::humans::find(engine.db(), self.human_id).await.unwrap().unwrap();
        let key = engine.data_key(self.human_id, &human.wrapped_key).unwrap();
        let (id, now) = (ConnectionId([connection; 12]), self.house.clock.now());
        let synced = Synced {
            report: seal_report(&key, id, report),
            last_synced_at: (report.state == SyncState::Done).then_some(now),
            oldest_at: dates.map(|(oldest, _)| oldest),
            newest_at: dates.map(|(_, newest)| newest),
        };
        let mut batch = Batch::new();
        store::connections::set_report(&mut batch, self.human_id, id, &synced, now);
        store::humans::bump_revision(&mut batch, self.human_id);
        engine.db().commit(batch).await.unwrap();
    }
}
