//! What the platform does: use cases, jobs, the one HTTP client, encryption, clocks.

pub mod apps;
pub mod authorizations;
pub mod clock;
pub mod connect;
mod connections;
pub mod demo;
pub mod directory;
pub mod fhir;
pub mod grants;
pub mod handles;
pub mod http;
pub mod humans;
pub mod imports;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod migrations;
mod providers;
pub mod records;
pub mod registrations;
pub mod reports;
pub mod sealing;
pub mod sources;
pub mod syncs;
pub mod tokens;

mod open;

pub use store::Error as StoreError;

pub use open::{Engine, OpenError, Options};
