//! The numbered files of `migrations/`, the same for both databases.

use refinery::{AsyncMigrate, Migration, Runner};
use rusqlite::{Connection, TransactionBehavior};
use tokio_postgres::Client;

use crate::Error;

refinery::embed_migrations!("migrations");

/// Any number that no other program uses as an advisory lock in our database.
const ADVISORY_LOCK: &str = "SET lock_timeout = '60s'; SELECT pg_advisory_lock(7239441503268)";
const HISTORY: &str = "refinery_schema_history";

/// All that is pending in one transaction; a newer release may have added migrations we do not know.
fn runner() -> Runner {
    migrations::runner().set_grouped(true).set_abort_missing(false)
}

/// The history's primary key makes one of two racing processes fail as a whole; it then finds nothing left to do.
pub fn run_sqlite(connection: &mut Connection) -> Result<Vec<String>, Error> {
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    let report = runner().run(connection).or_else(|_| runner().run(connection)).map_err(failed)?;
    Ok(report.applied_migrations().iter().map(Migration::to_string).collect())
}

pub fn pending_sqlite(connection: &mut Connection) -> Result<Vec<String>, Error> {
    const KNOWN: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1)";
    if !connection.query_row(KNOWN, [HISTORY], |row| row.get(0))? {
        return Ok(missing(&[]));
    }
    Ok(missing(&runner().get_applied_migrations(connection).map_err(failed)?))
}

/// Takes a connection of its own, whose end also ends the lock.
pub async fn run_postgres(client: &mut Client) -> Result<Vec<String>, Error> {
    client.batch_execute(ADVISORY_LOCK).await?;
    let report = runner().run_async(client).await.map_err(failed)?;
    Ok(report.applied_migrations().iter().map(Migration::to_string).collect())
}

pub async fn pending_postgres(client: &mut Client) -> Result<Vec<String>, Error> {
    let known = client.query_one("SELECT to_regclass($1::text) IS NOT NULL", &[&HISTORY]).await?;
    if !known.get::<_, bool>(0) {
        return Ok(missing(&[]));
    }
    let applied = AsyncMigrate::get_applied_migrations(client, HISTORY).await.map_err(failed)?;
    Ok(missing(&applied))
}

fn missing(applied: &[Migration]) -> Vec<String> {
    let known = runner();
    let pending = known.get_migrations().iter().filter(|known| applied.iter().all(|a| a.version() != known.version()));
    let mut pending: Vec<&Migration> = pending.collect();
    pending.sort();
    pending.into_iter().map(Migration::to_string).collect()
}

fn failed(error: refinery::Error) -> Error {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Error::Migration(format!("{error}{cause}"))
}
