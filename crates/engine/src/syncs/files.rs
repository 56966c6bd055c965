//! Connections whose data came as files: there is nobody to ask, only what is stored to map.

use std::collections::HashSet;

use domain::{RowId, SyncReport, SyncState};
use store::connections::ConnectionRow;

use super::run::Position;
use super::{Run, State, Stop};
use crate::Engine;
use crate::connections::{Account, open_report};
use crate::jobs::{JobError, Lease, Verdict};
use crate::sealing::DataKey;

impl Engine {
    /// Maps what imports have stored.
    pub(super) async fn map_files(
        &self,
        key: DataKey,
        row: &ConnectionRow,
        account: Account,
        lease: Lease,
    ) -> Result<Verdict, JobError> {
        let state = State::of_files(open_report(&key, row)?);
        let run = Run::new(self, (row, account, key), (RowId(crate::keys::random()), lease), state);
        // A bundle may hold documents as well.
        let mapped = match run.convert_documents(false).await {
            Ok(()) => run.map(SyncState::Done).await,
            Err(stop) => Err(stop),
        };
        match mapped {
            Ok(batch) => Ok(Verdict::Done(batch)),
            Err(Stop::Job(error)) => Err(error),
            Err(Stop::NeedsLogin | Stop::Trouble(_)) => Err(JobError::Lost),
        }
    }
}

impl State {
    pub(super) fn of_files(report: SyncReport) -> State {
        // A run before this one may have been cut off after it had stored records.
        let changed = report.state == SyncState::Reading;
        State {
            report,
            position: Position::default(),
            postponed: None,
            put_off: HashSet::new(),
            wait: None,
            seen: HashSet::new(),
            gaps: HashSet::new(),
            // Nothing was listed, so nothing is missing.
            whole: false,
            fresh: true,
            changed,
        }
    }
}
