//! A run that asks a provider: planned, page by page, resumable, nothing dropped silently.
//!
//! It reads the streams of its plan, then what they refer to, then documents, and maps everything it has to records.
//! What is stored is never asked for again, so a run that was cut off anywhere starts the same way and goes on where
//! it was.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::Arc;

use connectors::smart::capability::Capability;
use connectors::smart::plan::{Plan, Why, plan};
use connectors::smart::pull::Target;
use connectors::smart::scopes::Scopes;
use domain::{Outcome, RowId, StreamReport, SyncReport, SyncState};
use store::Batch;
use store::connections::ConnectionRow;

use super::run::{Position, Run, State, Stop};
use super::tokens::Access;
use crate::Engine;
use crate::connections::{Account, open_report};
use crate::grants::Grant;
use crate::jobs::{JobError, Lease, Verdict};
use crate::providers::Membership;
use crate::sealing::{Aad, DataKey};

/// A run that asks a provider.
pub(super) struct Pull {
    pub(super) run: Run,
    pub(super) membership: Membership,
    pub(super) capability: Arc<Capability>,
    pub(super) access: Access,
    /// `ah-practice=…` and the like.
    pub(super) tenant: Option<(&'static str, String)>,
}

impl Deref for Pull {
    type Target = Run;
    fn deref(&self) -> &Run {
        &self.run
    }
}

impl Engine {
    pub(super) async fn open_run(
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

impl Pull {
    pub(super) fn target(&self) -> Target<'_> {
        Target {
            platform: self.membership.platform,
            base: &self.membership.base,
            patient: &self.account.patient,
            tenant: self.tenant.as_ref().map(|(name, value)| (*name, value.as_str())),
            version: self.capability.version().unwrap_or_default(),
        }
    }

    /// Streams, references, documents, records.
    pub(super) async fn work(&self) -> Result<Verdict, Stop> {
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
