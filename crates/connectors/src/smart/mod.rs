//! SMART on FHIR: patient access by standalone launch, as pure functions.
//!
//! `discovery` → `scopes` → `authorize` → `tokens` → `id_token` → `plan` → `pull` → `references`, `attachments`.

pub mod attachments;
pub mod authorize;
pub mod bundle;
pub mod capability;
pub mod client_auth;
pub mod cursor;
pub mod discovery;
mod dstu2;
pub mod id_token;
pub mod outcome;
pub mod patient;
pub mod plan;
pub mod pull;
pub mod references;
pub mod scopes;
pub mod streams;
pub mod tokens;
pub mod version;
