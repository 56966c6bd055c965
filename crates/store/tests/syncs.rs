//! What a sync needs beside its pages: pages of one kind, what is missing, grants and jobs that go on.

mod support;

use domain::{ConnectionId, RowId, Status};
use store::Error;
use store::connections::{self, NewConnection};
use store::conversions;
use store::jobs::{self, NewJob};
use store::resources::{self, NewResource, Told};
use support::{ADA, CLINIC, NOON, commit, minutes, on_both, people};

const RIVERBEND: ConnectionId = ConnectionId([0x51; 12]);

fn resource(key: &str, kind: &str, size: usize) -> NewResource {
    NewResource {
        human_id: ADA,
        connection_id: RIVERBEND,
        resource_key: key.into(),
        kind: kind.into(),
        hash: [1; 32],
        body: vec![1; size],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_is_missed_before_it_is_gone() {
    on_both(async |db| {
        let rows = [resource("a", "Goal", 7), resource("b", "Binary", 90_000), resource("c", "Goal", 9)];
        commit(&db, |batch| rows.each_ref().map(|row| resources::put(batch, row, NOON))).await.unwrap();
        let contents = async || {
            let all = resources::contents(&db, ADA, RIVERBEND).await.unwrap();
            all.into_iter().map(|one| (one.resource_key, one.size, one.missing)).collect::<Vec<_>>()
        };
        let one = |key: &str, size, missing| (key.to_owned(), size, missing);
        assert_eq!(contents().await, [one("b", 90_000, false), one("a", 7, false), one("c", 9, false)]);
        let page = resources::list_kind(&db, ADA, RIVERBEND, "Goal", "a", 5).await.unwrap();
        assert_eq!(page.iter().map(|row| row.resource_key.as_str()).collect::<Vec<_>>(), ["c"]);

        commit(&db, |batch| ["a", "c"].map(|key| resources::mark_missing(batch, ADA, RIVERBEND, key, minutes(1))))
            .await
            .unwrap();
        assert_eq!(contents().await, [one("b", 90_000, false), one("a", 7, true), one("c", 9, true)]);
        assert_eq!(resources::list(&db, ADA, RIVERBEND, "", 9).await.unwrap().len(), 3, "still shown");
        assert_eq!(resources::index(&db, ADA, RIVERBEND).await.unwrap().len(), 3);
        commit(&db, |batch| resources::mark_found(batch, ADA, RIVERBEND, "a")).await.unwrap();
        commit(&db, |batch| resources::mark_gone(batch, ADA, RIVERBEND, "c", minutes(2))).await.unwrap();
        assert_eq!(contents().await, [one("b", 90_000, false), one("a", 7, false)]);
        commit(&db, |batch| resources::mark_missing(batch, ADA, RIVERBEND, "a", minutes(3))).await.unwrap();
        commit(&db, |batch| rows.each_ref().map(|row| resources::put(batch, row, minutes(4)))).await.unwrap();
        assert_eq!(
            contents().await,
            [one("b", 90_000, false), one("a", 7, false), one("c", 9, false)],
            "brought again"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_written_last_tells() {
    on_both(async |db| {
        let told =
            |document: &str, minute: i64| Told { document_key: Some(document.to_owned()), dated_at: minutes(minute) };
        let put = async |hash: u8, told: Told, now: i64| {
            let row = NewResource { hash: [hash; 32], ..resource("a", "Goal", 3) };
            let done = commit(&db, |batch| resources::put_told(batch, &row, &told, minutes(now))).await.unwrap();
            done[0].changed == 1
        };
        let standing = async || {
            let mut all = resources::standing(&db, ADA, RIVERBEND).await.unwrap();
            let one = all.pop().expect("one");
            (one.hash[0], one.changed_at, one.told.document_key.unwrap_or_default())
        };
        assert!(put(1, told("d1", 10), 1).await);
        assert!(!put(1, told("d1", 10), 2).await, "told again");
        assert!(!put(9, told("d0", 5), 3).await, "an older document comes later");
        assert_eq!(standing().await, (1, minutes(1), "d1".to_owned()));
        assert!(put(1, told("d2", 20), 4).await, "a newer one says the same");
        assert_eq!(standing().await, (1, minutes(1), "d2".to_owned()), "and so nothing changed");
        assert!(put(3, told("d3", 20), 5).await);
        assert!(!put(4, told("d2", 20), 6).await, "of two as new always the same counts");
        assert_eq!(standing().await, (3, minutes(5), "d3".to_owned()));
        assert!(put(5, told("d3", 20), 7).await, "read anew");

        let document = NewResource { kind: "DocumentReference".into(), ..resource("d3", "", 3) };
        commit(&db, |batch| resources::put(batch, &document, minutes(8))).await.unwrap();
        let leave = async |now| {
            commit(&db, |batch| resources::mark_gone_with_documents(batch, ADA, RIVERBEND, now)).await.unwrap()[0]
                .changed
        };
        assert_eq!(leave(minutes(9)).await, 0);
        commit(&db, |batch| resources::mark_gone(batch, ADA, RIVERBEND, "d3", minutes(9))).await.unwrap();
        assert_eq!(leave(minutes(9)).await, 1);
        assert!(resources::contents(&db, ADA, RIVERBEND).await.unwrap().is_empty());
        assert!(put(1, told("d1", 10), 10).await, "an older document that is still there tells it too");
        assert!(resources::contents(&db, ADA, RIVERBEND).await.unwrap()[0].converted);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_job_is_claimed_by_who_waits_for_it() {
    on_both(async |db| {
        let job = |subject: &str, id: u8| NewJob {
            id: RowId([id; 16]),
            kind: "sync",
            human_id: Some(ADA),
            subject: subject.to_owned(),
            due_at: NOON,
            created_at: NOON,
        };
        commit(&db, |batch| [jobs::enqueue(batch, &job("a", 1)), jobs::enqueue(batch, &job("b", 2))]).await.unwrap();
        let claim = async |lease: u8| {
            jobs::claim_one(&db, ("sync", ADA, "b"), RowId([lease; 16]), minutes(1), minutes(2)).await.unwrap()
        };
        assert_eq!(claim(7).await.map(|job| job.id), Some(RowId([2; 16])));
        assert_eq!(claim(8).await, None, "somebody works on it");
        assert!(jobs::is_queued(&db, "sync", ADA, "b").await.unwrap());
        commit(&db, |batch| jobs::finish(batch, RowId([2; 16]), RowId([7; 16]))).await.unwrap();
        assert!(!jobs::is_queued(&db, "sync", ADA, "b").await.unwrap());
        assert_eq!(claim(9).await, None);
        assert!(jobs::is_queued(&db, "sync", ADA, "a").await.unwrap());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_renewed_only_by_who_knows_it() {
    on_both(async |db| {
        people(&db).await;
        let connection = NewConnection {
            human_id: ADA,
            id: RIVERBEND,
            client_id: CLINIC,
            source_hash: [4; 32],
            account_hash: [5; 32],
            body: b"account".to_vec(),
            grant_sealed: Some(b"first".to_vec()),
        };
        commit(&db, |batch| connections::put(batch, &connection, NOON)).await.unwrap();
        let renew = async |old: &[u8], new: &[u8]| {
            commit(&db, |batch| connections::renew_grant(batch, ADA, RIVERBEND, old, new, minutes(1))).await.map(drop)
        };
        let lose = async |old: &[u8]| {
            commit(&db, |batch| connections::lose_grant(batch, ADA, RIVERBEND, old, minutes(2))).await.map(drop)
        };
        let ada = async || connections::find(&db, ADA, RIVERBEND).await.unwrap().unwrap();
        assert_eq!(renew(b"first", b"second").await, Ok(()));
        assert_eq!(renew(b"first", b"third").await, Err(Error::Conflict), "somebody was faster");
        assert_eq!(lose(b"first").await, Err(Error::Conflict));
        assert_eq!((ada().await.status, ada().await.grant_sealed), (Status::Active, Some(b"second".to_vec())));
        assert_eq!(lose(b"second").await, Ok(()));
        assert_eq!(ada().await.status, Status::NeedsLogin { since: minutes(2) });
        let gone = Status::Disconnected { at: minutes(3) };
        commit(&db, |batch| connections::set_status(batch, ADA, RIVERBEND, gone, minutes(3))).await.unwrap();
        assert_eq!(renew(b"second", b"third").await, Err(Error::Conflict), "disconnected");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_waits_has_not_failed() {
    on_both(async |db| {
        let job = NewJob {
            id: RowId([7; 16]),
            kind: "sync",
            human_id: None,
            subject: String::new(),
            due_at: NOON,
            created_at: NOON,
        };
        commit(&db, |batch| jobs::enqueue(batch, &job)).await.unwrap();
        for round in 0..3 {
            let lease = RowId([round; 16]);
            let now = minutes(i64::from(round) * 10);
            let claimed = jobs::claim(&db, lease, now, now, 1).await.unwrap();
            assert_eq!(claimed[0].attempts, 1);
            commit(&db, |batch| jobs::postpone(batch, job.id, lease, minutes(i64::from(round) * 10 + 5)))
                .await
                .unwrap();
        }
        assert_eq!(jobs::next_due(&db).await, Ok(Some(minutes(25))));
        assert_eq!(
            commit(&db, |batch| jobs::postpone(batch, job.id, RowId([0; 16]), NOON)).await,
            Err(Error::Conflict)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_counts_while_its_revision_does() {
    on_both(async |db| {
        let old = (ADA, RIVERBEND, "old");
        let new = (ADA, RIVERBEND, "new");
        commit(&db, |batch| conversions::put(batch, old, (1, b"a"), minutes(1))).await.unwrap();
        commit(&db, |batch| conversions::put(batch, new, (2, b"b"), minutes(2))).await.unwrap();
        let dates = async |revision| {
            let mut dates = conversions::dates(&db, ADA, RIVERBEND, revision).await.unwrap();
            dates.sort();
            dates
        };
        let of = |key: &str, at| (key.to_owned(), minutes(at));
        assert_eq!(dates(1).await, [of("new", 2), of("old", 1)]);
        assert_eq!(dates(2).await, [of("new", 2)]);
        commit(&db, |batch| conversions::put(batch, old, (2, b"c"), minutes(3))).await.unwrap();
        assert_eq!(dates(2).await, [of("new", 2), of("old", 3)]);
        commit(&db, |batch| conversions::delete(batch, old)).await.unwrap();
        assert_eq!(dates(0).await, [of("new", 2)]);
        assert_eq!(conversions::find(&db, ADA, RIVERBEND, "old").await, Ok(None));
    })
    .await;
}
