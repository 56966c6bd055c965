//! Every line of SQL: one facade over SQLite and PostgreSQL, and one file per noun.
//!
//! Reads are single statements and take `&Db`; writes add to a [`Batch`], so that several nouns
//! are committed together or not at all.

mod batch;
mod db;
mod error;
mod migrations;
mod postgres;
mod row;
mod sqlite;
mod value;

pub mod apps;
pub mod authorizations;
pub mod brands;
pub mod connect;
pub mod connections;
pub mod conversions;
pub mod humans;
pub mod jobs;
pub mod keys;
pub mod pulls;
pub mod records;
pub mod registrations;
pub mod resources;
pub mod settings;
pub mod tokens;
pub mod twins;

pub use batch::{Batch, Done, Expect};
pub use db::{Backend, Db};
pub use error::Error;
pub use row::Row;
pub use value::{Hash, Value};
