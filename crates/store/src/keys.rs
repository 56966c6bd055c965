//! Installation keys, sealed with the master key.

use domain::Timestamp;

use crate::{Batch, Db, Error, Expect, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub id: String,
    pub purpose: String,
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
}

/// All keys, oldest first.
pub async fn list(db: &Db) -> Result<Vec<Key>, Error> {
    const SQL: &str = "SELECT id, purpose, sealed, created_at FROM keys ORDER BY created_at, id";
    db.list(SQL, [], read).await
}

/// Keeps the key that is already there; `changed` is 1 when this one was stored.
pub fn put_if_absent(batch: &mut Batch, key: &Key) -> usize {
    const SQL: &str =
        "INSERT INTO keys (id, purpose, sealed, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
    let params =
        [key.id.as_str().into(), key.purpose.as_str().into(), key.sealed.as_slice().into(), key.created_at.into()];
    batch.push(SQL, Expect::Any, params)
}

fn read(mut row: Row) -> Result<Key, Error> {
    Ok(Key { id: row.text(0)?, purpose: row.text(1)?, sealed: row.bytes(2)?, created_at: row.at(3)? })
}
