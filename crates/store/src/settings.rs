//! Small facts about the installation.

use crate::{Batch, Db, Error, Expect};

pub async fn find(db: &Db, name: &str) -> Result<Option<String>, Error> {
    db.find("SELECT value FROM settings WHERE name = $1", [name.into()], |mut row| row.text(0)).await
}

pub fn put(batch: &mut Batch, name: &str, value: &str) -> usize {
    const SQL: &str = "INSERT INTO settings (name, value) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    batch.push(SQL, Expect::One, [name.into(), value.into()])
}

pub fn delete(batch: &mut Batch, name: &str) -> usize {
    batch.push("DELETE FROM settings WHERE name = $1", Expect::Any, [name.into()])
}
