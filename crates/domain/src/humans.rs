//! End users, each within one app.

use serde::{Deserialize, Serialize};

/// What an integrator told us of a user; kept sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The integrator's own key for the user, opaque to us.
    pub client_user_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_scopes: Vec<String>,
}

/// Where a user stands when a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserState {
    Unknown,
    /// Known, but no source was ever connected.
    NeverConnected,
    /// At least one source is connected now.
    Connected,
    /// Connected once, nothing connected now.
    FormerlyConnected,
    Deleted,
}
