//! Reading a source: the job of a connection, from the queue to its end.
//!
//! `run` is one run, whatever it maps; `pull` is one that asks a provider, `files` one that only maps what an import
//! stored.

use domain::{Actor, ConnectionId, HumanId, Outcome, Status, SyncReport, SyncState, Trouble};
use store::Batch;
use store::connections::{ConnectionRow, Synced};

use crate::Engine;
use crate::connect::{ConnectError, Visit};
use crate::connections::{open_account, open_grant, open_report, seal_report};
use crate::grants::Grant;
use crate::jobs::{JobError, Lease, Verdict};
use crate::providers::trouble;
use crate::sealing::DataKey;

mod attachments;
mod conversions;
mod files;
mod gone;
mod map;
mod memory;
mod outages;
mod pull;
mod read;
mod references;
mod run;
mod stored;
mod tokens;

use pull::Pull;
pub(crate) use run::start;
use run::{Run, State, Stop};

/// The kind of the job that reads one connection.
pub(crate) const JOB: &str = "sync";

/// The source speaks of somebody else than it did.
pub(crate) const OTHER_PERSON: &str = "other_person";

/// Streams of one connection read at once.
const STREAMS_AT_ONCE: usize = 5;
/// Rows of one commit.
const ROWS: usize = 500;

impl Engine {
    /// How far the sync of a connection is, by stream.
    ///
    /// # Errors
    /// When the connection is not the person's.
    pub async fn progress(&self, visit: &Visit, connection: ConnectionId) -> Result<SyncReport, ConnectError> {
        let row = store::connections::find(self.db(), visit.human_id, connection).await?;
        Ok(open_report(&visit.key, &row.ok_or(ConnectError::UnknownConnection)?)?)
    }

    /// Reads and maps one connection; the job of kind [`JOB`].
    pub(crate) async fn sync(&self, human_id: HumanId, subject: &str, lease: Lease) -> Result<Verdict, JobError> {
        let nothing = || Ok(Verdict::Done(Batch::new()));
        let Ok(connection) = subject.parse::<ConnectionId>() else { return nothing() };
        let Some(human) = store::humans::find(self.db(), human_id).await?.filter(|human| human.deleted_at.is_none())
        else {
            return nothing();
        };
        let Some(row) = store::connections::find(self.db(), human_id, connection).await? else { return nothing() };
        if row.status != Status::Active {
            let mut batch = Batch::new();
            store::pulls::delete(&mut batch, human_id, connection);
            return Ok(Verdict::Done(batch));
        }
        let key = self.data_key(human_id, &human.wrapped_key)?;
        let now = self.now();
        if let Some(at) = open_report(&key, &row)?.again_at.filter(|at| *at > now) {
            return Ok(Verdict::Later(at.since(now)));
        }
        let account = open_account(&key, &row)?;
        if account.is_files() {
            return self.map_files(key, &row, account, lease).await;
        }
        let Some(grant) = open_grant::<Grant>(&key, &row)? else { return nothing() };
        let Some(membership) = self.membership(&account.endpoint).await? else {
            let trouble = Trouble::new("not_registered", Actor::Operator);
            return Ok(Verdict::Done(self.abandon(&key, &row, trouble)?));
        };
        if let Err(error) = self.capability(&membership.base).await.version() {
            return Ok(Verdict::Done(self.abandon(&key, &row, trouble!(error))?));
        }
        let run = self.open_run(key, &row, account, grant, membership, lease).await?;
        match Box::pin(run.work()).await {
            Ok(verdict) => Ok(verdict),
            Err(Stop::NeedsLogin) => Box::pin(run.cut_short(Trouble::new("needs_login", Actor::Person))).await,
            Err(Stop::Trouble(trouble)) if trouble.actor == Actor::Us => Box::pin(run.interrupted(trouble)).await,
            Err(Stop::Trouble(trouble)) => Box::pin(run.cut_short(trouble)).await,
            Err(Stop::Job(error)) => Err(error),
        }
    }

    /// Ends a sync that cannot even begin, or that failed too often.
    fn abandon(&self, key: &DataKey, row: &ConnectionRow, trouble: Trouble) -> Result<Batch, JobError> {
        let mut report = open_report(key, row)?;
        for stream in report.streams.iter_mut().filter(|stream| stream.outcome.is_open()) {
            stream.outcome = Outcome::Failed { code: trouble.code.clone() };
        }
        (report.state, report.ended_at, report.again_at) = (SyncState::Failed(trouble), Some(self.now()), None);
        let synced = Synced {
            report: seal_report(key, row.id, &report),
            last_synced_at: None,
            oldest_at: None,
            newest_at: None,
        };
        let mut batch = Batch::new();
        store::connections::set_report(&mut batch, row.human_id, row.id, &synced, self.now());
        store::pulls::delete(&mut batch, row.human_id, row.id);
        store::humans::bump_revision(&mut batch, row.human_id);
        Ok(batch)
    }

    /// What is left to store when a sync is given up.
    pub(crate) async fn give_up_sync(&self, human_id: HumanId, subject: &str) -> Result<Batch, JobError> {
        let human = store::humans::find(self.db(), human_id).await?;
        let row = match subject.parse() {
            Ok(connection) => store::connections::find(self.db(), human_id, connection).await?,
            Err(_) => None,
        };
        let (Some(human), Some(row)) = (human, row) else { return Ok(Batch::new()) };
        let key = self.data_key(human_id, &human.wrapped_key)?;
        self.abandon(&key, &row, Trouble::new("sync_failed", Actor::Us))
    }
}
