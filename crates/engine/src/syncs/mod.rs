//! Reading a source: page by page, resumable, nothing dropped silently.
//!
//! A run reads the streams of its plan, then what they refer to, then documents, and maps
//! everything it has to records. What is stored is never asked for again, so a run that was cut
//! off anywhere starts the same way and goes on where it was.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use connectors::smart::capability::Capability;
use connectors::smart::cursor::Cursor;
use connectors::smart::plan::{Plan, Why, plan};
use connectors::smart::pull::Target;
use connectors::smart::scopes::Scopes;
use domain::{
    Actor, ConnectionId, HumanId, Outcome, RowId, Status, StreamReport, SyncReport, SyncState, Timestamp, Trouble,
};
use serde::{Deserialize, Serialize};
use store::Batch;
use store::connections::{ConnectionRow, Synced};
use store::pulls::PullRow;

use crate::Engine;
use crate::connect::{ConnectError, Visit};
use crate::connections::{Account, LinkError, open_account, open_grant, open_report, seal_report};
use crate::grants::Grant;
use crate::jobs::{JobError, Lease, Verdict};
use crate::providers::{Membership, trouble};
use crate::sealing::{Aad, DataKey};

mod attachments;
mod conversions;
mod files;
mod gone;
mod map;
mod memory;
mod outages;
mod read;
mod references;
mod stored;
mod tokens;

use tokens::Access;

/// The kind of the job that reads one connection.
pub(crate) const JOB: &str = "sync";

/// Streams of one connection read at once.
const STREAMS_AT_ONCE: usize = 5;
/// Rows of one commit.
const ROWS: usize = 500;

/// Where a pull stands, beside what its report tells.
#[derive(Default, Serialize, Deserialize)]
struct Position {
    /// Streams in the middle of their pages, by id.
    cursors: BTreeMap<String, Cursor>,
    /// In how many runs something beside the plan was put off, by its id in the report.
    #[serde(default)]
    put_off: BTreeMap<String, u32>,
    /// Streams that an outage ended, by id: asked for again in the next round.
    #[serde(default)]
    again: BTreeSet<String>,
    /// Rounds that ended so far.
    #[serde(default)]
    rounds: u32,
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
enum Stop {
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

/// One run on one connection: what is stored of it, and where it stands.
struct Run {
    engine: Engine,
    human_id: HumanId,
    connection: ConnectionId,
    sync_id: RowId,
    key: DataKey,
    lease: Lease,
    source_hash: store::Hash,
    account: Account,
    /// Held only between awaits, except by [`Run::commit`], which one stream at a time may do.
    state: Mutex<State>,
    committing: tokio::sync::Mutex<()>,
}

/// A run that asks a provider.
struct Pull {
    run: Run,
    membership: Membership,
    capability: Arc<Capability>,
    access: Access,
    /// `ah-practice=…` and the like.
    tenant: Option<(&'static str, String)>,
}

impl Deref for Pull {
    type Target = Run;
    fn deref(&self) -> &Run {
        &self.run
    }
}

struct State {
    report: SyncReport,
    position: Position,
    /// Streams that wait for the provider, the longest.
    postponed: Option<Duration>,
    /// What was put off in this run.
    put_off: HashSet<String>,
    /// The least time until the next round, when the provider named one.
    wait: Option<Duration>,
    /// Keys of the resources met in this run.
    seen: HashSet<String>,
    /// Types of which an answer may have left something out.
    gaps: HashSet<String>,
    /// This run has met everything itself; nothing was read before it was resumed.
    whole: bool,
    /// Something arrived that no earlier run can have shown.
    fresh: bool,
    /// What is stored is not what it was before this sync, as far as this run knows.
    changed: bool,
}

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

    async fn open_run(
        &self,
        key: DataKey,
        row: &ConnectionRow,
        account: Account,
        grant: Grant,
        membership: Membership,
        lease: Lease,
    ) -> Result<Pull, JobError> {
        let (human_id, connection) = (row.human_id, row.id);
        let pull = store::pulls::find(self.db(), human_id, connection).await?;
        let place = connection.to_hex();
        let place = Aad { table: "pulls", row: &place, column: "cursor" };
        let (sync_id, position) = match &pull {
            Some(pull) => (pull.sync_id, key.open_json(place, &pull.cursor)?),
            None => (RowId(crate::keys::random()), Position::default()),
        };
        let mut report = open_report(&key, row)?;
        let another_round = pull.is_some() && report.again_at.is_some();
        let resumed = another_round || (pull.is_some() && report.state == SyncState::Reading);
        let capability = self.capability(&membership.base).await;
        let tenant = grant.tokens.tenant(membership.platform);
        let planned = plan(membership.platform, &capability, &Scopes::parse(&grant.tokens.scope), &account.patient);
        if !resumed {
            report = SyncReport { state: SyncState::Reading, started_at: Some(self.now()), ..SyncReport::default() };
        }
        announce(&mut report, &planned);
        let mut state = State {
            report,
            position,
            postponed: None,
            put_off: HashSet::new(),
            wait: None,
            seen: HashSet::new(),
            gaps: HashSet::new(),
            whole: !resumed,
            fresh: !resumed,
            changed: resumed,
        };
        if another_round {
            state.reopen();
        }
        let run = Run::new(self, (row, account, key), (sync_id, lease), state);
        Ok(Pull { run, membership, capability, access: Access::new(grant), tenant })
    }
}

/// Lists every stream of the plan in the report, also those that will not be read.
fn announce(report: &mut SyncReport, planned: &Plan) {
    let mut list = |id: &str, resource: &str, outcome: Outcome| {
        if !report.streams.iter().any(|stream| stream.id == id) {
            let stream =
                StreamReport { id: id.to_owned(), resource: resource.to_owned(), received: 0, dropped: 0, outcome };
            report.streams.push(stream);
        }
    };
    for stream in &planned.streams {
        list(&stream.id, &stream.resource, Outcome::Waiting);
    }
    for left in planned.left_out.iter().filter(|left| left.why == Why::NotGranted) {
        list(&left.id, &left.resource, Outcome::Refused { code: left.why.code().to_owned() });
    }
}

impl State {
    fn stream(&mut self, id: &str, resource: &str) -> &mut StreamReport {
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
    fn unfinished(&self) -> Vec<(String, String)> {
        let open = self.report.streams.iter().filter(|stream| stream.outcome.is_open());
        open.map(|stream| (stream.id.clone(), stream.resource.clone())).collect()
    }
}

impl Pull {
    fn target(&self) -> Target<'_> {
        Target {
            platform: self.membership.platform,
            base: &self.membership.base,
            patient: &self.account.patient,
            tenant: self.tenant.as_ref().map(|(name, value)| (*name, value.as_str())),
            version: self.capability.version().unwrap_or_default(),
        }
    }

    /// Streams, references, documents, records.
    async fn work(&self) -> Result<Verdict, Stop> {
        self.commit(Batch::new(), |_| {}).await?;
        let streams = {
            let granted = Scopes::parse(&self.access.current().tokens.scope);
            plan(self.membership.platform, &self.capability, &granted, &self.account.patient).streams
        };
        self.read_streams(streams).await?;
        if let Some(after) = self.with_state(|state| state.postponed.filter(|_| !state.fresh)) {
            return Ok(Verdict::Later(after));
        }
        self.read_references().await?;
        self.read_attachments().await?;
        self.convert_documents(false).await?;
        let wait = self.with_state(|state| state.postponed);
        match wait {
            None => self.settle(None).await,
            Some(after) => {
                // What is there is shown while the rest waits.
                let shown = self.map(SyncState::Reading).await?;
                self.commit(shown, |_| {}).await?;
                Ok(Verdict::Later(after))
            }
        }
    }
}

impl Run {
    fn new(
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

    fn with_state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Commits rows with where the run then stands, if it still holds its lease. `then` changes
    /// the standing; when the commit fails the run is over, so it need not be undone.
    async fn commit(&self, mut batch: Batch, then: impl FnOnce(&mut State)) -> Result<(), Stop> {
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
