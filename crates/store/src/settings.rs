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

/// Puts a value in the place of the one that was read; `Conflict` when somebody else was faster.
pub fn swap(batch: &mut Batch, name: &str, old: Option<&str>, new: &str) -> usize {
    match old {
        Some(old) => {
            const SQL: &str = "UPDATE settings SET value = $3 WHERE name = $1 AND value = $2";
            batch.push(SQL, Expect::One, [name.into(), old.into(), new.into()])
        }
        None => {
            const SQL: &str = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
            batch.push(SQL, Expect::One, [name.into(), new.into()])
        }
    }
}

pub fn delete(batch: &mut Batch, name: &str) -> usize {
    batch.push("DELETE FROM settings WHERE name = $1", Expect::Any, [name.into()])
}
