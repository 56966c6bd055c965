//! Pulls, resources, the directory and the installation's own small tables; erasing a person.

mod support;

use domain::{ConnectionId, RecordId, RowId, SourceId};
use store::brands;
use store::keys::{self, Key};
use store::pulls::{self, PullRow};
use store::records::{self, Dates, Filter, NewRecord};
use store::registrations::{self, RegistrationRow};
use store::resources::{self, NewResource};
use store::{humans, settings};
use support::{ADA, BEN, NOON, commit, minutes, on_both, people};

const RIVERBEND: ConnectionId = ConnectionId([0x51; 12]);

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_remembers_its_last_page() {
    on_both(async |db| {
        let pull = |cursor: &str| PullRow {
            human_id: ADA,
            connection_id: RIVERBEND,
            sync_id: RowId([1; 16]),
            updated_at: NOON,
            cursor: cursor.into(),
        };
        commit(&db, |batch| [pull("page 1"), pull("page 2")].map(|pull| pulls::put(batch, &pull))).await.unwrap();
        assert_eq!(pulls::find(&db, ADA, RIVERBEND).await.unwrap(), Some(pull("page 2")));
        commit(&db, |batch| pulls::delete(batch, ADA, RIVERBEND)).await.unwrap();
        assert_eq!(pulls::find(&db, ADA, RIVERBEND).await, Ok(None));
    })
    .await;
}

fn resource(key: &str, kind: &str, hash: u8) -> NewResource {
    NewResource {
        human_id: ADA,
        connection_id: RIVERBEND,
        resource_key: key.into(),
        kind: kind.into(),
        hash: [hash; 32],
        body: vec![hash; 5000],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_is_written_only_when_it_changed() {
    on_both(async |db| {
        let put = async |resource, at| {
            commit(&db, |batch| resources::put(batch, &resource, minutes(at))).await.unwrap()[0].changed
        };
        assert_eq!(put(resource("a", "Observation", 1), 0).await, 1);
        assert_eq!(put(resource("b", "Condition", 2), 0).await, 1);
        assert_eq!(put(resource("c", "Observation", 3), 0).await, 1);
        assert_eq!(put(resource("a", "Observation", 1), 5).await, 0);
        assert_eq!(put(resource("b", "Condition", 9), 5).await, 1);

        let list = resources::list(&db, ADA, RIVERBEND, "", 2).await.unwrap();
        let times: Vec<_> =
            list.iter().map(|row| (row.resource_key.as_str(), row.hash, row.received_at, row.changed_at)).collect();
        assert_eq!(times, [("a", [1; 32], NOON, NOON), ("b", [9; 32], NOON, minutes(5))]);
        assert_eq!(list[1].body, vec![9; 5000]);
        let rest = resources::list(&db, ADA, RIVERBEND, "b", 2).await.unwrap();
        assert_eq!(rest.iter().map(|row| row.resource_key.as_str()).collect::<Vec<_>>(), ["c"]);
        let counts = resources::counts(&db, ADA, RIVERBEND).await.unwrap();
        assert_eq!(counts, [("Condition".to_owned(), 1), ("Observation".to_owned(), 2)]);

        commit(&db, |batch| resources::mark_gone(batch, ADA, RIVERBEND, "a", minutes(6))).await.unwrap();
        let index = resources::index(&db, ADA, RIVERBEND).await.unwrap();
        assert_eq!(index, [("b".to_owned(), [9; 32]), ("c".to_owned(), [3; 32])]);
        assert_eq!(put(resource("a", "Observation", 1), 7).await, 1, "it is back");
        assert_eq!(resources::index(&db, ADA, RIVERBEND).await.unwrap().len(), 3);
        assert_eq!(commit(&db, |batch| resources::delete_all(batch, ADA, RIVERBEND)).await.unwrap()[0].changed, 3);
    })
    .await;
}

fn source(number: u8) -> SourceId {
    SourceId([number; 12])
}

fn list_row(name: &str, at: domain::Timestamp, listings: u64) -> brands::ListRow {
    let format = "bundle".to_owned();
    let etag = Some("v1".to_owned());
    brands::ListRow { name: name.to_owned(), format, etag, imported_at: at, checked_at: at, listings }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_takes_the_place_of_its_last_edition() {
    on_both(async |db| {
        assert_eq!(brands::edition(&db).await, Ok(None));
        for (seen, next) in [(None, "1"), (Some("1".to_owned()), "2")] {
            commit(&db, |batch| brands::next_edition(batch, &seen)).await.unwrap();
            assert_eq!(brands::edition(&db).await, Ok(Some(next.to_owned())));
            let late = commit(&db, |batch| brands::next_edition(batch, &seen)).await;
            assert_eq!(late.unwrap_err(), store::Error::Conflict, "somebody was faster");
        }
        let first = list_row("https://a.example", NOON, 2);
        commit(&db, |batch| {
            brands::put_list(batch, &first, b"first");
            brands::put_list(batch, &list_row("https://b.example", NOON, 1), b"other");
        })
        .await
        .unwrap();
        let second = list_row("https://a.example", minutes(1), 5);
        commit(&db, |batch| brands::put_list(batch, &second, b"second")).await.unwrap();
        assert_eq!(brands::find_list(&db, "https://a.example").await, Ok(Some(second.clone())));
        assert_eq!(brands::find_list_body(&db, "https://a.example").await, Ok(Some(b"second".to_vec())));
        commit(&db, |batch| brands::mark_checked(batch, "https://b.example", minutes(9))).await.unwrap();
        let lists = brands::lists(&db).await.unwrap();
        assert_eq!(lists.iter().map(|list| list.checked_at).collect::<Vec<_>>(), [minutes(1), minutes(9)]);
        commit(&db, |batch| brands::delete_list(batch, "https://a.example")).await.unwrap();
        assert_eq!(brands::lists(&db).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_is_found_under_the_ids_it_had() {
    on_both(async |db| {
        commit(&db, |batch| {
            for number in 1..=3 {
                brands::put(batch, source(number), &[number; 100], NOON);
                brands::put_evidence(batch, source(number), b"why");
            }
        })
        .await
        .unwrap();
        let ids = |list: Vec<brands::BrandRow>| list.into_iter().map(|brand| brand.source_id).collect::<Vec<_>>();
        assert_eq!(ids(brands::list(&db, None, 2).await.unwrap()), [source(1), source(2)]);
        assert_eq!(ids(brands::list(&db, Some(source(2)), 9).await.unwrap()), [source(3)]);
        // One becomes two, and two becomes three.
        for number in 1..=2 {
            commit(&db, |batch| {
                brands::delete(batch, source(number));
                brands::put_former(batch, source(number), source(number + 1));
            })
            .await
            .unwrap();
        }
        for number in 1..=3 {
            let found = brands::find(&db, source(number)).await.unwrap().unwrap();
            assert_eq!((found.source_id, found.body), (source(3), vec![3; 100]));
        }
        assert_eq!(brands::find(&db, source(4)).await, Ok(None));
        // Two is found to be one of its own again.
        commit(&db, |batch| brands::put(batch, source(2), b"again", NOON)).await.unwrap();
        let found = brands::find(&db, source(2)).await.unwrap().unwrap();
        assert_eq!((found.source_id, found.body), (source(2), b"again".to_vec()));
        commit(&db, |batch| {
            brands::delete(batch, source(2));
            brands::put_former(batch, source(2), source(3));
        })
        .await
        .unwrap();
        assert_eq!(brands::former(&db).await, Ok(vec![(source(1), source(3)), (source(2), source(3))]));
        assert_eq!(brands::find_evidence(&db, source(3)).await, Ok(Some(b"why".to_vec())));
        assert_eq!(brands::find_evidence(&db, source(1)).await, Ok(None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_batch_is_one_commit() {
    on_both(async |db| {
        let ids = (0..2000_u16).map(|number| SourceId([number.to_be_bytes(); 6].concat().try_into().unwrap()));
        commit(&db, |batch| ids.for_each(|id| brands::put(batch, id, &[0; 300], NOON))).await.unwrap();
        assert_eq!(brands::list(&db, None, 5000).await.unwrap().len(), 2000);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_registrations_and_settings() {
    on_both(async |db| {
        let key =
            |sealed: &str| Key { id: "index".into(), purpose: "hmac".into(), sealed: sealed.into(), created_at: NOON };
        let done = commit(&db, |batch| [key("first"), key("second")].map(|key| keys::put_if_absent(batch, &key)))
            .await
            .unwrap();
        assert_eq!(done.iter().map(|done| done.changed).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(keys::list(&db).await.unwrap(), [key("first")]);

        let registration = |scopes: Option<&str>| RegistrationRow {
            endpoint: "https://ehr.example/fhir".into(),
            client_id: "our client".into(),
            auth: "private_key_jwt".into(),
            sealed: b"key id".to_vec(),
            scopes: scopes.map(str::to_owned),
            created_at: NOON,
        };
        for scopes in [None, Some("patient/*.rs")] {
            commit(&db, |batch| registrations::put(batch, &registration(scopes))).await.unwrap();
            assert_eq!(registrations::find(&db, "https://ehr.example/fhir").await.unwrap(), Some(registration(scopes)));
        }
        assert_eq!(registrations::list(&db).await.unwrap().len(), 1);
        commit(&db, |batch| registrations::delete(batch, "https://ehr.example/fhir")).await.unwrap();
        assert_eq!(registrations::list(&db).await.unwrap(), []);

        for value in ["1", "naïve — 二"] {
            commit(&db, |batch| settings::put(batch, "demo", value)).await.unwrap();
            assert_eq!(settings::find(&db, "demo").await.unwrap().as_deref(), Some(value));
        }
        commit(&db, |batch| settings::delete(batch, "demo")).await.unwrap();
        assert_eq!(settings::find(&db, "demo").await, Ok(None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_ada_leaves_ben() {
    on_both(async |db| {
        people(&db).await;
        let record = |human_id| NewRecord {
            human_id,
            kind: "allergies".into(),
            id: RecordId([1; 12]),
            connection_id: RIVERBEND,
            source_hash: [4; 32],
            dates: Dates::Undated,
            created_at: NOON,
            updated_at: NOON,
            content_hash: [0; 32],
            document_key: None,
            fact_hash: None,
            body: b"{}".to_vec(),
        };
        commit(&db, |batch| {
            records::put(batch, &record(ADA));
            records::put(batch, &record(BEN));
            resources::put(batch, &resource("a", "Observation", 1), NOON);
        })
        .await
        .unwrap();
        commit(&db, |batch| humans::erase(batch, ADA)).await.unwrap();
        assert_eq!(humans::find(&db, ADA).await, Ok(None));
        assert_eq!(resources::index(&db, ADA, RIVERBEND).await, Ok(vec![]));
        assert_eq!(records::count(&db, &Filter::all(ADA, "allergies")).await, Ok(0));
        assert_eq!(records::count(&db, &Filter::all(BEN, "allergies")).await, Ok(1));
        assert!(humans::find(&db, BEN).await.unwrap().is_some());
    })
    .await;
}

/// A table about a person that is forgotten here would survive the person.
#[test]
fn erasing_knows_every_table_about_a_person() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let schema: String = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let tables = schema.split("CREATE TABLE ").skip(1).filter(|table| table.contains("human_id TEXT"));
    let mut batch = store::Batch::new();
    humans::erase(&mut batch, ADA);
    let told = format!("{batch:?}");
    let mut count = 0;
    for table in tables {
        let name = table.split_whitespace().next().unwrap();
        assert!(told.contains(&format!("DELETE FROM {name} WHERE human_id = $1")), "{name}");
        count += 1;
    }
    assert_eq!(count, batch.len());
}
