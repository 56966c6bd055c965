//! Something went wrong on the way to a person's data: what, and who can mend it.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    Person,
    Provider,
    Integrator,
    Operator,
    /// Nobody has to: we try again by ourselves.
    Us,
}

/// A stable code with the one who must act; texts for it live with the screens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub code: String,
    pub actor: Actor,
}

impl Trouble {
    pub fn new(code: impl Into<String>, actor: Actor) -> Trouble {
        Trouble { code: code.into(), actor }
    }
}
