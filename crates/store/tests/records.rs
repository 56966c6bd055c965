//! Lists of records against a plain model of them.

mod support;

use std::cell::Cell;
use std::ops::Range;

use domain::{ConnectionId, HumanId, RecordId, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::records::{self, Body, Dates, DocumentPlace, Filter, MAX_SOURCES, NewRecord, Order};
use store::{Batch, Db, Error, twins};
use support::{ADA, BEN, NOON, commit, minutes, on_both};

const RIVERBEND: ConnectionId = ConnectionId([0x51; 12]);

fn record(human_id: HumanId, id: u8) -> NewRecord {
    NewRecord {
        human_id,
        kind: "allergies".into(),
        id: RecordId([id; 12]),
        connection_id: RIVERBEND,
        source_hash: [0; 32],
        dates: Dates::Undated,
        created_at: NOON,
        updated_at: NOON,
        content_hash: [id; 32],
        document_key: None,
        fact_hash: None,
        body: vec![id; 40],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_put_changed_hidden_and_shown_again() {
    on_both(async |db| {
        let put = async |record: NewRecord| commit(&db, |batch| records::put(batch, &record)).await.unwrap()[0].changed;
        let first = record(ADA, 1);
        assert_eq!((put(first.clone()).await, put(first.clone()).await), (1, 0));
        let dated = Dates::Dated { sort: minutes(1), from: minutes(1), to: minutes(1) };
        let changed = NewRecord {
            content_hash: [9; 32],
            body: b"new".to_vec(),
            dates: dated,
            created_at: minutes(5),
            updated_at: minutes(5),
            ..first.clone()
        };
        assert_eq!(put(changed.clone()).await, 1);
        let found = records::find(&db, ADA, "allergies", first.id).await.unwrap().unwrap();
        assert_eq!(found, Body { id: first.id, body: b"new".to_vec() });
        let index = records::index(&db, ADA, RIVERBEND).await.unwrap();
        assert_eq!((index[0].content_hash, index[0].created_at, index[0].hidden), ([9; 32], NOON, false));

        put(record(ADA, 2)).await;
        put(NewRecord { kind: "vitals".into(), ..record(ADA, 1) }).await;
        assert_eq!(records::newest(&db, ADA, "allergies").await.unwrap(), Some(found));
        assert_eq!(records::counts(&db, ADA).await.unwrap(), [("allergies".to_owned(), 2), ("vitals".to_owned(), 1)]);

        for changes in [1, 0] {
            let done = commit(&db, |batch| records::hide(batch, ADA, "allergies", first.id, minutes(6))).await.unwrap();
            assert_eq!(done[0].changed, changes);
        }
        assert_eq!(records::find(&db, ADA, "allergies", first.id).await, Ok(None));
        assert_eq!(records::newest(&db, ADA, "allergies").await.unwrap().unwrap().id, RecordId([2; 12]));
        assert!(records::index(&db, ADA, RIVERBEND).await.unwrap()[0].hidden);
        assert_eq!(put(changed).await, 1, "the same content shows it again");
        assert_eq!(records::count(&db, &Filter::all(ADA, "allergies")).await, Ok(2));
        assert_eq!(records::count(&db, &Filter::all(BEN, "allergies")).await, Ok(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_sources_are_refused() {
    on_both(async |db| {
        commit(&db, |batch| records::put(batch, &record(ADA, 1))).await.unwrap();
        let only = |sources| Filter { sources: Some(sources), ..Filter::all(ADA, "allergies") };
        assert_eq!(records::count(&db, &only(vec![[0; 32]; MAX_SOURCES])).await, Ok(1));
        assert_eq!(records::count(&db, &only(vec![])).await, Ok(0));
        let too_many = only(vec![[0; 32]; MAX_SOURCES + 1]);
        assert_eq!(records::page(&db, &too_many, 0, 10).await, Err(Error::TooMany("sources")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_is_that_of_the_newest_date_then_the_one_changed_last() {
    on_both(async |db| {
        let day = |minute| Dates::Dated { sort: minutes(minute), from: minutes(minute), to: minutes(minute) };
        for (id, dates, updated, newest) in [
            (5, Dates::Undated, 0, 5),
            (4, Dates::Undated, 1, 4),
            (3, Dates::Undated, 1, 4),
            (2, day(-9), 0, 2),
            (9, day(-8), 0, 9),
            (1, day(-8), 5, 1),
            (8, day(-9), 9, 1),
        ] {
            let profile = NewRecord { dates, updated_at: minutes(updated), ..record(ADA, id) };
            commit(&db, |batch| records::put(batch, &profile)).await.unwrap();
            let found = records::newest(&db, ADA, "allergies").await.unwrap().unwrap();
            assert_eq!(found.id, RecordId([newest; 12]), "after {id}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_are_found_and_linked_only_as_they_were_seen() {
    const LAKESIDE: ConnectionId = ConnectionId([0x52; 12]);
    on_both(async |db| {
        let fact =
            |id, connection_id, fact: u8| NewRecord { connection_id, fact_hash: Some([fact; 32]), ..record(ADA, id) };
        for one in [
            fact(1, RIVERBEND, 7),
            fact(2, RIVERBEND, 7),
            fact(3, RIVERBEND, 8),
            fact(4, LAKESIDE, 7),
            NewRecord { kind: "vitals".into(), ..fact(5, LAKESIDE, 8) },
            NewRecord { human_id: BEN, ..fact(6, LAKESIDE, 8) },
            record(ADA, 9),
        ] {
            commit(&db, |batch| records::put(batch, &one)).await.unwrap();
        }
        let found = async || {
            let mut ids: Vec<u8> = twins::list(&db, ADA).await.unwrap().iter().map(|twin| twin.id.0[0]).collect();
            ids.sort();
            ids
        };
        assert_eq!(found().await, [1, 2, 4]);
        let old = twins::find(&db, ADA, "allergies", RecordId([4; 12])).await.unwrap().unwrap();
        assert_eq!((old.same_as.as_slice(), old.body.as_slice()), (&[][..], &[4; 40][..]));
        let link = async |links: &[u8]| {
            let place = ("allergies", RecordId([4; 12]));
            let done = commit(&db, |batch| twins::link(batch, ADA, place, &old, (links, b"linked"), minutes(3)));
            done.await.unwrap()[0].changed
        };
        assert_eq!((link(b"one").await, link(b"two").await), (1, 0), "it is no longer what was seen");
        assert_eq!(records::find(&db, ADA, "allergies", RecordId([4; 12])).await.unwrap().unwrap().body, b"linked");
        for id in [1, 2] {
            commit(&db, |batch| records::hide(batch, ADA, "allergies", RecordId([id; 12]), NOON)).await.unwrap();
        }
        assert_eq!(found().await, [4], "it still has links");
        assert_eq!(twins::find(&db, ADA, "allergies", RecordId([1; 12])).await, Ok(None));
        let changed = NewRecord { content_hash: [9; 32], ..fact(4, LAKESIDE, 8) };
        commit(&db, |batch| records::put(batch, &changed)).await.unwrap();
        assert_eq!(found().await, [3, 4], "another fact, and no links yet");
        commit(&db, |batch| records::set_fact(batch, ADA, "allergies", RecordId([4; 12]), None)).await.unwrap();
        assert_eq!(found().await, [0; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_knows_where_its_document_is() {
    on_both(async |db| {
        let place = |key: &str| DocumentPlace { connection_id: RIVERBEND, document_key: key.into() };
        let find = async |human_id, kind, id| records::find_document(&db, human_id, kind, RecordId([id; 12])).await;
        let with =
            |key: &str, hash| NewRecord { document_key: Some(key.into()), content_hash: [hash; 32], ..record(ADA, 1) };
        for (hash, key) in [(1, "d1"), (2, "d2")] {
            commit(&db, |batch| records::put(batch, &with(key, hash))).await.unwrap();
            assert_eq!(find(ADA, "allergies", 1).await, Ok(Some(place(key))));
        }
        commit(&db, |batch| records::put(batch, &record(ADA, 2))).await.unwrap();
        for (human_id, kind, id) in
            [(ADA, "allergies", 2), (ADA, "allergies", 3), (ADA, "vitals", 1), (BEN, "allergies", 1)]
        {
            assert_eq!(find(human_id, kind, id).await, Ok(None));
        }
        commit(&db, |batch| records::hide(batch, ADA, "allergies", RecordId([1; 12]), NOON)).await.unwrap();
        assert_eq!(find(ADA, "allergies", 1).await, Ok(None), "what is hidden has no document");
    })
    .await;
}

/// A record of the model: what was put, and whether it was hidden afterwards.
type Shown = (NewRecord, bool);

fn dates() -> impl Strategy<Value = Dates> {
    let dated = (0..6_i64, 0..3_i64, 0..6_i64).prop_map(|(from, length, sort)| Dates::Dated {
        sort: Timestamp(sort),
        from: Timestamp(from),
        to: Timestamp(from + length),
    });
    prop_oneof![1 => Just(Dates::Undated), 4 => dated]
}

fn stored() -> impl Strategy<Value = Vec<Shown>> {
    let fields = (dates(), 0..5_i64, 0..5_i64, 0..4_u8, prop::bool::weighted(0.15), prop::bool::weighted(0.1));
    prop::collection::btree_map(any::<u8>(), fields, 0..40).prop_map(|map| {
        map.into_iter()
            .map(|(id, (dates, created, updated, source, hidden, other_kind))| {
                let mut record = record(ADA, id);
                record.dates = dates;
                record.created_at = Timestamp(created);
                record.updated_at = Timestamp(updated);
                record.source_hash = [source; 32];
                record.kind = if other_kind { "vitals" } else { "allergies" }.into();
                (record, hidden)
            })
            .collect()
    })
}

fn range() -> impl Strategy<Value = Range<Timestamp>> {
    let bound = || prop_oneof![1 => Just(i64::MIN), 6 => -1..8_i64, 1 => Just(i64::MAX)];
    (bound(), bound()).prop_map(|(low, high)| Timestamp(low)..Timestamp(high))
}

fn filter() -> impl Strategy<Value = Filter> {
    let open = || Just(Timestamp::MIN..Timestamp::MAX);
    let sources = prop::option::of(prop::collection::vec((0..5_u8).prop_map(|source| [source; 32]), 0..4));
    let order = prop_oneof![Just(Order::NewestFirst), Just(Order::CreatedFirst)];
    (prop_oneof![open(), range()], prop_oneof![open(), range()], prop::option::of(range()), sources, order).prop_map(
        |(created, updated, dates, sources, order)| Filter {
            created,
            updated,
            dates,
            sources,
            order,
            ..Filter::all(ADA, "allergies")
        },
    )
}

fn within(filter: &Filter, record: &NewRecord) -> bool {
    let dates = match (&filter.dates, record.dates) {
        (None, _) => true,
        (Some(_), Dates::Undated) => false,
        (Some(range), Dates::Dated { from, to, .. }) => from < range.end && to >= range.start,
    };
    let source = filter.sources.as_ref().is_none_or(|sources| sources.contains(&record.source_hash));
    dates && source && filter.created.contains(&record.created_at) && filter.updated.contains(&record.updated_at)
}

fn expected(filter: &Filter, stored: &[Shown]) -> Vec<RecordId> {
    let sort = |record: &NewRecord| match record.dates {
        Dates::Undated => Timestamp::MIN,
        Dates::Dated { sort, .. } => sort,
    };
    let shown =
        stored.iter().filter(|(record, hidden)| !hidden && record.kind == filter.kind && within(filter, record));
    let mut shown: Vec<&NewRecord> = shown.map(|(record, _)| record).collect();
    match filter.order {
        Order::NewestFirst => shown.sort_by_key(|record| std::cmp::Reverse((sort(record), record.id))),
        Order::CreatedFirst => shown.sort_by_key(|record| (record.created_at, std::cmp::Reverse(record.id))),
    }
    shown.into_iter().map(|record| record.id).collect()
}

async fn agrees(
    db: &Db,
    human_id: HumanId,
    stored: &[Shown],
    filters: &[Filter],
    limit: u32,
) -> Result<(), TestCaseError> {
    let mut batch = Batch::new();
    for (record, hidden) in stored {
        records::put(&mut batch, &NewRecord { human_id, ..record.clone() });
        if *hidden {
            // Hiding is a change of its own; the model's `updated_at` is that of the put.
            records::hide(&mut batch, human_id, &record.kind, record.id, record.updated_at);
        }
    }
    db.commit(batch).await.unwrap();
    for filter in filters {
        let filter = Filter { human_id, ..filter.clone() };
        let expected = expected(&filter, stored);
        prop_assert_eq!(records::count(db, &filter).await.unwrap(), expected.len() as u64, "{:?}", filter);
        let mut pages = Vec::new();
        for offset in (0..).step_by(limit as usize) {
            let page = records::page(db, &filter, offset, limit).await.unwrap();
            prop_assert!(page.iter().all(|found| found.body == vec![found.id.0[0]; 40]));
            let last = page.len() < limit as usize;
            pages.extend(page.into_iter().map(|found| found.id));
            if last {
                break;
            }
        }
        prop_assert_eq!(pages, expected, "{:?}", filter);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_as_the_model_says() {
    on_both(async |db| {
        let case = (stored(), prop::collection::vec(filter(), 1..12), 1..12_u32);
        // Each case is another person, so that one schema serves them all.
        let person = Cell::new(0_u128);
        let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
        let run = |(stored, filters, limit): (Vec<Shown>, Vec<Filter>, u32)| {
            person.set(person.get() + 1);
            let human_id = HumanId(person.get().to_be_bytes());
            let agrees = agrees(&db, human_id, &stored, &filters, limit);
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(agrees))
        };
        runner.run(&case, run).unwrap();
    })
    .await;
}
