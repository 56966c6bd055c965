//! One resumable visit to the widget.

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, RowId, SourceId, Timestamp, TokenKind, Trouble};

/// The stored state every widget screen is rendered from; kept sealed, one open visit per human.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectSession {
    pub id: RowId,
    pub token_kind: TokenKind,
    /// When the newest token of this visit ends.
    pub valid_until: Timestamp,
    pub launch: Launch,
    pub step: Step,
    /// What the person last typed into the search.
    #[serde(default)]
    pub search: String,
    /// Connected during this visit.
    #[serde(default)]
    pub connected: Vec<ConnectionId>,
    /// Disconnected during this visit.
    #[serde(default)]
    pub disconnected: Vec<ConnectionId>,
    /// Messages the page has handed to its parent.
    #[serde(default)]
    pub announced: Vec<Announced>,
    #[serde(default)]
    pub ended: Option<CloseStatus>,
    pub opened_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announced {
    Connected(ConnectionId),
    Disconnected(ConnectionId),
}

/// How the page was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Launch {
    pub mode: Mode,
    pub surface: Surface,
    #[serde(default)]
    pub language: Option<String>,
    /// Return address of the hosted page; always one the app registered.
    #[serde(default)]
    pub callback: Option<String>,
    /// The embedding page; always one of the app's origins when it registered any.
    #[serde(default)]
    pub callback_origin: Option<String>,
    #[serde(default)]
    pub segment: Option<String>,
    #[serde(default)]
    pub config: Option<String>,
    #[serde(default)]
    pub pinned_providers: Vec<String>,
    #[serde(default)]
    pub preseed: Option<String>,
    #[serde(default)]
    pub preseeded_sources: Vec<String>,
    #[serde(default)]
    pub pis_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Auth,
    Select,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Surface {
    /// In an iframe or a webview: ends with a message.
    #[default]
    Frame,
    /// A page of its own: ends with a redirect.
    Page,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at")]
pub enum Step {
    Welcome,
    Search,
    /// A source is chosen; the person is about to log in there, or is doing so.
    SignIn {
        source: SourceId,
        endpoint: String,
    },
    /// The login did not end in a connection.
    Trouble {
        source: Option<SourceId>,
        endpoint: Option<String>,
        trouble: Trouble,
        reference: String,
    },
    Progress {
        connection: ConnectionId,
    },
    Connected,
}

/// How a visit ended, in the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CloseStatus {
    Success,
    SessionTokenInvalid,
    SessionTokenExpired,
    MissingSessionToken,
}

impl CloseStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            CloseStatus::Success => "SUCCESS",
            CloseStatus::SessionTokenInvalid => "SESSION_TOKEN_INVALID",
            CloseStatus::SessionTokenExpired => "SESSION_TOKEN_EXPIRED",
            CloseStatus::MissingSessionToken => "MISSING_SESSION_TOKEN",
        }
    }
}
