/// Why the database did not do what it was asked. Never holds a stored or bound value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It cannot be reached, is busy beyond patience, or is shutting down; nothing is known to be written.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// An expectation of the batch was not met, or a key is already taken; nothing was written.
    #[error("the rows are no longer as expected")]
    Conflict,
    /// A stored value is not of the shape its column has.
    #[error("stored value is not {0}")]
    Corrupt(&'static str),
    /// A list of values is longer than its statement has room for.
    #[error("too many {0}")]
    TooMany(&'static str),
    #[error("migration failed: {0}")]
    Migration(String),
    #[error("SQLite error {code}: {message}")]
    Sqlite { code: i32, message: String },
    #[error("PostgreSQL error {code} ({object})")]
    Postgres { code: String, object: String },
}
