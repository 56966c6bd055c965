//! One human's account at one source.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, SourceId, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub id: ConnectionId,
    pub source: SourceId,
    pub source_name: String,
    /// The person's record at the source, as the source names it.
    pub patient: String,
    pub status: Status,
    pub connected_since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Status {
    Active,
    NeedsLogin { since: Timestamp },
    Disconnected { at: Timestamp },
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::NeedsLogin { .. } => "needs_login",
            Status::Disconnected { .. } => "disconnected",
        }
    }

    /// Whether the source still counts as connected.
    pub fn connected(self) -> bool {
        !matches!(self, Status::Disconnected { .. })
    }
}
