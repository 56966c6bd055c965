//! Leases: one worker per job, and a fence around everything it writes.

mod support;

use std::collections::HashSet;

use domain::{RowId, Timestamp};
use store::jobs::{JobRow, NewJob, claim, enqueue, finish, next_due, renew, reschedule};
use store::{Db, Error, settings};
use support::{ADA, BEN, NOON, commit, minutes, on_both};

const FIRST: RowId = RowId([1; 16]);
const SECOND: RowId = RowId([2; 16]);

fn sync(number: u16, due_at: Timestamp) -> NewJob {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    NewJob { id: RowId(id), kind: "sync", human_id: Some(ADA), subject: number.to_string(), due_at, created_at: NOON }
}

async fn claimed(db: &Db, lease: RowId, now: Timestamp) -> Vec<JobRow> {
    claim(db, lease, now, Timestamp(now.0 + 60_000), 10).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_waits_is_leased_and_is_finished() {
    on_both(async |db| {
        assert_eq!(next_due(&db).await, Ok(None));
        commit(&db, |batch| {
            enqueue(batch, &sync(7, minutes(5)));
            enqueue(batch, &NewJob { id: SECOND, kind: "prune", human_id: None, ..sync(0, minutes(9)) });
        })
        .await
        .unwrap();
        assert_eq!(next_due(&db).await, Ok(Some(minutes(5))));
        assert_eq!(claimed(&db, FIRST, minutes(4)).await, []);

        let jobs = claimed(&db, FIRST, minutes(5)).await;
        let expected = JobRow {
            id: sync(7, NOON).id,
            kind: "sync".into(),
            human_id: Some(ADA),
            subject: "7".into(),
            attempts: 1,
            created_at: NOON,
        };
        assert_eq!(jobs, [expected]);
        assert_eq!(claimed(&db, SECOND, minutes(5)).await, []);
        assert_eq!(next_due(&db).await, Ok(Some(minutes(6))));

        commit(&db, |batch| finish(batch, jobs[0].id, FIRST)).await.unwrap();
        assert_eq!(next_due(&db).await, Ok(Some(minutes(9))));
        assert_eq!(claimed(&db, FIRST, minutes(9)).await[0].human_id, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_earlier_time_wins() {
    on_both(async |db| {
        for due in [5, 3, 8] {
            commit(&db, |batch| enqueue(batch, &NewJob { id: RowId([due; 16]), ..sync(7, minutes(due.into())) }))
                .await
                .unwrap();
        }
        assert_eq!(next_due(&db).await, Ok(Some(minutes(3))));
        let jobs = claimed(&db, FIRST, minutes(9)).await;
        assert_eq!(jobs.iter().map(|job| job.id).collect::<Vec<_>>(), [RowId([5; 16])]);
        // Another person's job with the same subject is another job.
        commit(&db, |batch| enqueue(batch, &NewJob { id: SECOND, human_id: Some(BEN), ..sync(7, NOON) }))
            .await
            .unwrap();
        assert_eq!(claimed(&db, SECOND, NOON).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_for_while_it_runs_it_runs_once_more() {
    on_both(async |db| {
        commit(&db, |batch| enqueue(batch, &sync(7, NOON))).await.unwrap();
        let job = claimed(&db, FIRST, NOON).await.remove(0);
        for due in [9, 2, 4] {
            commit(&db, |batch| enqueue(batch, &sync(7, minutes(due)))).await.unwrap();
        }
        assert_eq!(claimed(&db, SECOND, NOON).await, [], "still leased");
        commit(&db, |batch| finish(batch, job.id, FIRST)).await.unwrap();
        assert_eq!(next_due(&db).await, Ok(Some(minutes(2))));
        let again = claimed(&db, SECOND, minutes(2)).await.remove(0);
        assert_eq!((again.id, again.attempts), (job.id, 1));
        commit(&db, |batch| finish(batch, job.id, SECOND)).await.unwrap();
        assert_eq!(next_due(&db).await, Ok(None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_job_is_tried_later() {
    on_both(async |db| {
        commit(&db, |batch| enqueue(batch, &sync(7, NOON))).await.unwrap();
        let job = claimed(&db, FIRST, NOON).await.remove(0);
        commit(&db, |batch| reschedule(batch, job.id, FIRST, minutes(30))).await.unwrap();
        assert_eq!(next_due(&db).await, Ok(Some(minutes(30))));
        assert_eq!(claimed(&db, SECOND, minutes(30)).await[0].attempts, 2);
        commit(&db, |batch| enqueue(batch, &sync(7, minutes(31)))).await.unwrap();
        commit(&db, |batch| reschedule(batch, job.id, SECOND, minutes(60))).await.unwrap();
        assert_eq!(next_due(&db).await, Ok(Some(minutes(31))), "asked for earlier meanwhile");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_lease_writes_nothing() {
    on_both(async |db| {
        commit(&db, |batch| enqueue(batch, &sync(7, NOON))).await.unwrap();
        let job = claimed(&db, FIRST, NOON).await.remove(0);
        commit(&db, |batch| renew(batch, job.id, FIRST, minutes(2))).await.unwrap();
        assert_eq!(claimed(&db, SECOND, minutes(1)).await, [], "renewed");
        // The first worker sleeps through its lease.
        assert_eq!(claimed(&db, SECOND, minutes(2)).await[0].attempts, 2);

        let late = commit(&db, |batch| {
            settings::put(batch, "page", "from the first worker");
            renew(batch, job.id, FIRST, minutes(9));
        });
        assert_eq!(late.await, Err(Error::Conflict));
        assert_eq!(settings::find(&db, "page").await, Ok(None));
        assert_eq!(commit(&db, |batch| finish(batch, job.id, FIRST)).await, Err(Error::Conflict));
        assert_eq!(commit(&db, |batch| reschedule(batch, job.id, FIRST, NOON)).await, Err(Error::Conflict));
        commit(&db, |batch| finish(batch, job.id, SECOND)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_job_goes_to_two_workers() {
    on_both(async |db| {
        commit(&db, |batch| (0..500).map(|number| enqueue(batch, &sync(number, NOON))).max()).await.unwrap();
        let workers: Vec<_> = (0..32)
            .map(|worker| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    loop {
                        let jobs = claim(&db, RowId([worker; 16]), NOON, minutes(1), 7).await.unwrap();
                        assert!(jobs.len() <= 7);
                        if jobs.is_empty() {
                            return mine;
                        }
                        mine.extend(jobs.into_iter().map(|job| job.id));
                    }
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        assert_eq!(all.len(), 500);
        assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), 500);
    })
    .await;
}
