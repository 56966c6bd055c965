//! SMART App Launch 2.2 from the hospital's side.

pub mod assertions;
pub mod authorize;
pub mod clients;
pub mod consent;
pub mod discovery;
pub mod form;
pub mod grants;
pub mod introspect;
pub mod keys;
pub mod ledger;
pub mod login;
pub mod refusal;
pub mod revoke;
pub mod scopes;
pub mod tokens;
pub mod visits;
