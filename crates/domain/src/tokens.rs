//! What we issue, for how long, and who may have it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::UserState;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenKind {
    Session,
    Id,
    Access,
    /// Issued beside an access token; kept by integrators, never redeemed.
    Refresh,
    /// Issued beside an id token; kept by integrators, never redeemed.
    IdRefresh,
    /// App-level token of the Admin API: a signed JWT, not stored.
    Client,
}

impl TokenKind {
    pub const ALL: [TokenKind; 6] = [
        TokenKind::Session,
        TokenKind::Id,
        TokenKind::Access,
        TokenKind::Refresh,
        TokenKind::IdRefresh,
        TokenKind::Client,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            TokenKind::Session => "session",
            TokenKind::Id => "id",
            TokenKind::Access => "access",
            TokenKind::Refresh => "refresh",
            TokenKind::IdRefresh => "idrefresh",
            TokenKind::Client => "client",
        }
    }

    /// What a token of this kind begins with.
    pub fn prefix(self) -> &'static str {
        match self {
            TokenKind::Session => "hst-",
            TokenKind::Id => "hid-",
            TokenKind::Access => "hat-",
            TokenKind::Refresh => "atrt-",
            TokenKind::IdRefresh => "idrt-",
            TokenKind::Client => "",
        }
    }

    pub fn lifetime(self) -> Duration {
        match self {
            TokenKind::Session => Duration::from_secs(3600),
            TokenKind::Id | TokenKind::Access | TokenKind::Client => Duration::from_secs(86_400),
            TokenKind::Refresh | TokenKind::IdRefresh => Duration::from_secs(365 * 86_400),
        }
    }

    /// Whether a token of this kind opens the widget.
    pub fn opens_connect(self) -> bool {
        matches!(self, TokenKind::Session | TokenKind::Id)
    }
}

/// Why a user may not have the token that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("This user already has a connected source; request an id token.")]
    SessionNotAllowed,
    #[error("This user has not connected a source yet; start with a session token.")]
    NoConnectedSource,
    #[error("This user was deleted; a session token brings them back.")]
    UserDeleted,
    #[error("No user of this app has that client_user_id; start with a session token.")]
    UserUnknown,
}

/// The state table of the token endpoint.
///
/// # Errors
/// The refusal an integrator is told.
pub fn allowed(kind: TokenKind, user: UserState) -> Result<(), Refusal> {
    match (kind, user) {
        (TokenKind::Session, UserState::Connected) => Err(Refusal::SessionNotAllowed),
        (TokenKind::Session, _) => Ok(()),
        (_, UserState::Unknown) => Err(Refusal::UserUnknown),
        (_, UserState::NeverConnected) => Err(Refusal::NoConnectedSource),
        (_, UserState::Deleted) => Err(Refusal::UserDeleted),
        (_, UserState::Connected | UserState::FormerlyConnected) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TokenKind::{Access, Id, Session};
    use UserState::{Connected, Deleted, FormerlyConnected, NeverConnected, Unknown};

    #[test]
    fn every_cell_of_the_table() {
        let cells = [
            (Session, Unknown, Ok(())),
            (Session, NeverConnected, Ok(())),
            (Session, Connected, Err(Refusal::SessionNotAllowed)),
            (Session, FormerlyConnected, Ok(())),
            (Session, Deleted, Ok(())),
            (Id, Unknown, Err(Refusal::UserUnknown)),
            (Id, NeverConnected, Err(Refusal::NoConnectedSource)),
            (Id, Connected, Ok(())),
            (Id, FormerlyConnected, Ok(())),
            (Id, Deleted, Err(Refusal::UserDeleted)),
            (Access, Unknown, Err(Refusal::UserUnknown)),
            (Access, NeverConnected, Err(Refusal::NoConnectedSource)),
            (Access, Connected, Ok(())),
            (Access, FormerlyConnected, Ok(())),
            (Access, Deleted, Err(Refusal::UserDeleted)),
        ];
        for (kind, user, expected) in cells {
            assert_eq!(allowed(kind, user), expected, "{kind:?} for {user:?}");
        }
    }
}
