//! A run on one connection: what it holds, where it stands, and how it commits.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use connectors::smart::cursor::Cursor;
use domain::{ConnectionId, HumanId, Outcome, RowId, StreamReport, SyncReport, Timestamp, Trouble};
use serde::{Deserialize, Serialize};
use store::Batch;
use store::connections::{ConnectionRow, Synced};
use store::pulls::PullRow;

use crate::Engine;
use crate::connections::{Account, LinkError, seal_report};
use crate::jobs::{JobError, Lease};
use crate::sealing::{Aad, DataKey};

/// One run on one connection: what is stored of it, and where it stands.
pub(super) struct Run {
    pub(super) engine: Engine,
    pub(super) human_id: HumanId,
    pub(super) connection: ConnectionId,
    pub(super) sync_id: RowId,
    pub(super) key: DataKey,
    pub(super) lease: Lease,
    pub(super) source_hash: store::Hash,
    pub(super) account: Account,
    /// Held only between awaits, except by [`Run::commit`], which one stream at a time may do.
    pub(super) state: Mutex<State>,
    pub(super) committing: tokio::sync::Mutex<()>,
}

pub(super) struct State {
    pub(super) report: SyncReport,
    pub(super) position: Position,
    /// Streams that wait for the provider, the longest.
    pub(super) postponed: Option<Duration>,
    /// What was put off in this run.
    pub(super) put_off: HashSet<String>,
    /// The least time until the next round, when the provider named one.
    pub(super) wait: Option<Duration>,
    /// Keys of the resources met in this run.
    pub(super) seen: HashSet<String>,
    /// Types of which an answer may have left something out.
    pub(super) gaps: HashSet<String>,
    /// This run has met everything itself; nothing was read before it was resumed.
    pub(super) whole: bool,
    /// Something arrived that no earlier run can have shown.
    pub(super) fresh: bool,
    /// What is stored is not what it was before this sync, as far as this run knows.
    pub(super) changed: bool,
}

impl State {
    pub(super) fn stream(&mut self, id: &str, resource: &str) -> &mut StreamReport {
        let streams = &mut self.report.streams;
        let at = streams.iter().position(|stream| stream.id == id).unwrap_or_else(|| {
            let outcome = Outcome::Waiting;
            streams.push(StreamReport {
                id: id.to_owned(),
                resource: resource.to_owned(),
                received: 0,
                dropped: 0,
                outcome,
            });
            streams.len() - 1
        });
        &mut streams[at]
    }

    /// Id and type of the streams that have no end yet.
    pub(super) fn unfinished(&self) -> Vec<(String, String)> {
        let open = self.report.streams.iter().filter(|stream| stream.outcome.is_open());
        open.map(|stream| (stream.id.clone(), stream.resource.clone())).collect()
    }
}

impl Run {
    pub(super) fn new(
        engine: &Engine,
        (row, account, key): (&ConnectionRow, Account, DataKey),
        (sync_id, lease): (RowId, Lease),
        state: State,
    ) -> Run {
        Run {
            engine: engine.clone(),
            human_id: row.human_id,
            connection: row.id,
            sync_id,
            source_hash: row.source_hash,
            account,
            key,
            lease,
            state: Mutex::new(state),
            committing: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn with_state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Commits rows with where the run then stands, if it still holds its lease. `then` changes
    /// the standing; when the commit fails the run is over, so it need not be undone.
    pub(super) async fn commit(&self, mut batch: Batch, then: impl FnOnce(&mut State)) -> Result<(), Stop> {
        let _one = self.committing.lock().await;
        let (now, rows) = (self.engine.now(), batch.len());
        let (report, pull) = self.with_state(|state| {
            then(state);
            let pull = pull_row(&self.key, self.human_id, self.connection, self.sync_id, &state.position, now);
            (seal_report(&self.key, self.connection, &state.report), pull)
        });
        self.engine.fence(&mut batch, self.lease);
        store::pulls::put(&mut batch, &pull);
        let synced = Synced { report, last_synced_at: None, oldest_at: None, newest_at: None };
        store::connections::set_report(&mut batch, self.human_id, self.connection, &synced, now);
        let done = self.engine.db().commit(batch).await?;
        if done.iter().take(rows).any(|done| done.changed > 0) {
            self.with_state(|state| state.changed = true);
        }
        Ok(())
    }
}

/// Where a pull stands, beside what its report tells.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// Streams in the middle of their pages, by id.
    pub(super) cursors: BTreeMap<String, Cursor>,
    /// In how many runs something beside the plan was put off, by its id in the report.
    #[serde(default)]
    pub(super) put_off: BTreeMap<String, u32>,
    /// Streams that an outage ended, by id: asked for again in the next round.
    #[serde(default)]
    pub(super) again: BTreeSet<String>,
    /// Rounds that ended so far.
    #[serde(default)]
    pub(super) rounds: u32,
}

fn pull_row(
    key: &DataKey,
    human_id: HumanId,
    connection_id: ConnectionId,
    sync_id: RowId,
    position: &Position,
    now: Timestamp,
) -> PullRow {
    let row = connection_id.to_hex();
    let cursor = key.seal_json(Aad { table: "pulls", row: &row, column: "cursor" }, position);
    PullRow { human_id, connection_id, sync_id, updated_at: now, cursor }
}

/// The position of a pull that has read nothing.
pub(crate) fn start(
    key: &DataKey,
    human_id: HumanId,
    connection: ConnectionId,
    sync_id: RowId,
    now: Timestamp,
) -> PullRow {
    pull_row(key, human_id, connection, sync_id, &Position::default(), now)
}

/// Why a run stops before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    #[error("the person must log in again")]
    NeedsLogin,
    #[error("the provider gives no token")]
    Trouble(Trouble),
    #[error(transparent)]
    Job(#[from] JobError),
}

impl From<store::Error> for Stop {
    fn from(error: store::Error) -> Stop {
        Stop::Job(error.into())
    }
}

impl From<LinkError> for Stop {
    fn from(error: LinkError) -> Stop {
        match error {
            LinkError::Store(error) => error.into(),
            LinkError::Sealing(error) => error.into(),
        }
    }
}

impl From<crate::sealing::SealingError> for Stop {
    fn from(error: crate::sealing::SealingError) -> Stop {
        Stop::Job(error.into())
    }
}
