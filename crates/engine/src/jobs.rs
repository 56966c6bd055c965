//! Queued work, claimed by lease; every job may be run twice.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::RowId;
use futures_util::FutureExt;
use store::Batch;
use store::jobs::{JobRow, NewJob};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use crate::Engine;
use crate::keys::random;

/// Jobs at once in one process.
const AT_ONCE: usize = 4;
/// A worker that is gone has its jobs taken over after this long.
const LEASE: Duration = Duration::from_secs(15);
const HEARTBEAT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_secs(1);
const PRUNE: &str = "prune";
const PRUNE_EVERY: Duration = Duration::from_secs(3600);
/// Kept this long after their end, so that an answer can still say what became of them.
const KEPT: Duration = Duration::from_secs(24 * 3600);
const VISITS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Attempts before a job that fails again and again is given up.
const ATTEMPTS: u32 = 12;

/// A claim on a job. What a worker writes is written only while it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lease {
    pub job: RowId,
    pub lease: RowId,
}

/// What a job leaves to do.
pub(crate) enum Verdict {
    /// Commit this together with the end of the job.
    Done(Batch),
    /// Come back after this long.
    Later(Duration),
}

/// Why a job did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// Somebody else works on it now, or it is no longer wanted.
    #[error("the lease was lost")]
    Lost,
    #[error("the job panicked")]
    Panicked,
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] crate::sealing::SealingError),
    #[error(transparent)]
    Human(#[from] crate::humans::HumanError),
}

impl Engine {
    /// Works the queue until `stop` resolves. Any number of processes may do so.
    pub async fn run_jobs(&self, mut stop: watch::Receiver<bool>) {
        if let Err(error) = self.enqueue_prune().await {
            tracing::warn!(%error, "housekeeping could not be queued");
        }
        let room = Arc::new(Semaphore::new(AT_ONCE));
        while !*stop.borrow() {
            match self.claim_jobs(room.available_permits()).await {
                Ok(claimed) if !claimed.is_empty() => {
                    for (job, lease) in claimed {
                        let (engine, room, stop) = (self.clone(), room.clone(), stop.clone());
                        let Ok(permit) = room.acquire_owned().await else { return };
                        tokio::spawn(async move {
                            engine.run_job(job, lease, stop).await;
                            drop(permit);
                            engine.inner.wake.notify_one();
                        });
                    }
                    continue;
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "jobs could not be claimed"),
            }
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { break },
                _ = timeout(POLL, self.inner.wake.notified()) => {}
            }
        }
        // Those that run hear of the stop themselves and give their lease back.
        let _ = room.acquire_many(AT_ONCE as u32).await;
    }

    /// Works everything that is due now, then returns how many jobs ran. For tests and seeding.
    ///
    /// # Errors
    /// When the queue cannot be read.
    pub async fn run_due_jobs(&self) -> Result<usize, store::Error> {
        let (_keep, stop) = watch::channel(false);
        let mut ran = 0;
        loop {
            let claimed = self.claim_jobs(AT_ONCE).await?;
            if claimed.is_empty() {
                return Ok(ran);
            }
            ran += claimed.len();
            let runs = claimed.into_iter().map(|(job, lease)| self.run_job(job, lease, stop.clone()));
            futures_util::future::join_all(runs).await;
        }
    }

    /// Works one job now, or waits until whoever works on it has done so; at most `patience`. For who shows
    /// the result at once.
    pub(crate) async fn run_now(
        &self,
        job: (&'static str, domain::HumanId, &str),
        patience: Duration,
    ) -> Result<(), store::Error> {
        const LOOK: Duration = Duration::from_millis(50);
        let (_keep, stop) = watch::channel(false);
        let (kind, human_id, subject) = job;
        let work = async {
            while store::jobs::is_queued(self.db(), kind, human_id, subject).await? {
                let (lease, now) = (RowId(random()), self.now());
                match store::jobs::claim_one(self.db(), job, lease, now, now + LEASE).await? {
                    Some(row) => {
                        let held = Lease { job: row.id, lease };
                        self.run_job(row, held, stop.clone()).await;
                    }
                    None => tokio::time::sleep(LOOK).await,
                }
            }
            Ok(())
        };
        timeout(patience, work).await.unwrap_or(Ok(()))
    }

    async fn claim_jobs(&self, room: usize) -> Result<Vec<(JobRow, Lease)>, store::Error> {
        if room == 0 {
            return Ok(Vec::new());
        }
        let (lease, now) = (RowId(random()), self.now());
        // Looking is cheap; only a claim writes.
        if store::jobs::next_due(self.db()).await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let jobs = store::jobs::claim(self.db(), lease, now, now + LEASE, room as u32).await?;
        let leased = |job: JobRow| {
            let held = Lease { job: job.id, lease };
            (job, held)
        };
        Ok(jobs.into_iter().map(leased).collect())
    }

    async fn run_job(&self, job: JobRow, lease: Lease, mut stop: watch::Receiver<bool>) {
        let work = AssertUnwindSafe(self.work(&job, lease)).catch_unwind();
        let ended = tokio::select! {
            ended = work => ended.unwrap_or(Err(JobError::Panicked)),
            lost = self.keep(lease) => Err(lost),
            // Everything done so far is stored; whoever claims it next goes on from there.
            _ = stop.wait_for(|stop| *stop) => Ok(Verdict::Later(Duration::ZERO)),
        };
        let settled = match ended {
            Ok(Verdict::Done(batch)) => self.finish_job(&job, lease, batch).await,
            Ok(Verdict::Later(after)) => {
                let mut batch = Batch::new();
                store::jobs::postpone(&mut batch, lease.job, lease.lease, self.now() + after);
                self.db().commit(batch).await.map(drop)
            }
            Err(JobError::Lost | JobError::Store(store::Error::Conflict)) => return,
            Err(error) if job.attempts >= ATTEMPTS && job.kind != PRUNE => {
                tracing::error!(kind = job.kind, %error, "a job was given up");
                let last = match (job.kind.as_str(), job.human_id) {
                    (crate::syncs::JOB, Some(human_id)) => {
                        self.give_up_sync(human_id, &job.subject).await.unwrap_or_default()
                    }
                    _ => Batch::new(),
                };
                self.finish_job(&job, lease, last).await
            }
            Err(error) => {
                tracing::warn!(kind = job.kind, attempts = job.attempts, %error, "a job will be tried again");
                self.retry(lease, backoff(job.attempts)).await
            }
        };
        match settled {
            Ok(()) | Err(store::Error::Conflict) => {}
            Err(error) => tracing::warn!(kind = job.kind, %error, "the end of a job could not be stored"),
        }
    }

    async fn work(&self, job: &JobRow, lease: Lease) -> Result<Verdict, JobError> {
        match (job.kind.as_str(), job.human_id) {
            (crate::syncs::JOB, Some(human_id)) => self.sync(human_id, &job.subject, lease).await,
            (crate::humans::ERASE, Some(human_id)) => {
                self.erase_human(human_id).await?;
                Ok(Verdict::Done(Batch::new()))
            }
            (PRUNE, _) => Ok(self.prune()),
            _ => {
                // Queued by another version of this program, which will know it.
                Ok(Verdict::Later(PRUNE_EVERY))
            }
        }
    }

    /// Renews the lease until it is lost.
    async fn keep(&self, lease: Lease) -> JobError {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let mut batch = Batch::new();
            self.fence(&mut batch, lease);
            // A database that is away may be back before the lease runs out; if not, the next write will tell.
            if self.db().commit(batch).await == Err(store::Error::Conflict) {
                return JobError::Lost;
            }
        }
    }

    /// Lets the batch fail when the lease is lost, and renews it otherwise.
    pub(crate) fn fence(&self, batch: &mut Batch, lease: Lease) {
        store::jobs::renew(batch, lease.job, lease.lease, self.now() + LEASE);
    }

    async fn finish_job(&self, job: &JobRow, lease: Lease, mut batch: Batch) -> Result<(), store::Error> {
        match job.kind.as_str() {
            PRUNE => store::jobs::postpone(&mut batch, lease.job, lease.lease, self.now() + PRUNE_EVERY),
            _ => {
                store::jobs::finish(&mut batch, lease.job, lease.lease);
                0
            }
        };
        self.db().commit(batch).await.map(drop)
    }

    async fn retry(&self, lease: Lease, after: Duration) -> Result<(), store::Error> {
        let mut batch = Batch::new();
        store::jobs::reschedule(&mut batch, lease.job, lease.lease, self.now() + after);
        self.db().commit(batch).await.map(drop)
    }

    async fn enqueue_prune(&self) -> Result<(), store::Error> {
        let now = self.now();
        let job = NewJob {
            id: RowId(random()),
            kind: PRUNE,
            human_id: None,
            subject: String::new(),
            due_at: now + PRUNE_EVERY,
            created_at: now,
        };
        let mut batch = Batch::new();
        store::jobs::enqueue(&mut batch, &job);
        self.db().commit(batch).await.map(drop)
    }

    /// Forgets what nobody can use any more.
    fn prune(&self) -> Verdict {
        let (now, mut batch) = (self.now(), Batch::new());
        store::tokens::prune(&mut batch, now - KEPT);
        store::authorizations::prune(&mut batch, now - KEPT);
        store::connect::prune(&mut batch, now - VISITS_KEPT);
        Verdict::Done(batch)
    }
}

/// Doubles with every attempt up to half an hour, and spreads.
fn backoff(attempts: u32) -> Duration {
    let base = 1000_u64 << attempts.min(11);
    let [a, b] = random::<2>();
    Duration::from_millis(base.min(1_800_000) * (1000 + u64::from(u16::from_be_bytes([a, b])) / 66) / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time() {
        for (attempts, least, most) in [(0, 1.0, 2.0), (1, 2.0, 4.0), (5, 32.0, 64.0), (40, 1800.0, 3600.0)] {
            let wait = backoff(attempts).as_secs_f64();
            assert!((least..=most).contains(&wait), "{attempts}: {wait}");
        }
    }
}
