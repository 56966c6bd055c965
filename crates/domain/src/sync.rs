//! What a sync read, and what it could not.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, Trouble};

/// The outcome of one run, stream by stream; what could not be read is named, never dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncReport {
    pub state: SyncState,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// When what an outage withheld is asked for again, by ourselves.
    #[serde(default)]
    pub again_at: Option<Timestamp>,
    pub streams: Vec<StreamReport>,
    /// Records by kind, as the Data API counts them, once they are mapped.
    pub records: Vec<(String, u64)>,
    /// Resources that were received but not mapped, by reason.
    pub skipped: Vec<(String, u64)>,
    /// What the source said beside its data, by code.
    #[serde(default)]
    pub warnings: Vec<(String, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum SyncState {
    #[default]
    Waiting,
    Reading,
    Done,
    Failed(Trouble),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamReport {
    /// The stream's id in the pull plan, e.g. `observations-laboratory`.
    pub id: String,
    /// FHIR resource type.
    pub resource: String,
    pub received: u64,
    /// Entries that were not kept: no id, another person's, unreadable.
    pub dropped: u64,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Outcome {
    #[default]
    Waiting,
    Reading,
    Done,
    /// The source does not share this kind with the person's apps.
    Refused {
        code: String,
    },
    /// The source could not answer; a later run tries again.
    Failed {
        code: String,
    },
}

impl Outcome {
    /// Whether the stream has no end yet.
    pub fn is_open(&self) -> bool {
        matches!(self, Outcome::Waiting | Outcome::Reading)
    }
}
