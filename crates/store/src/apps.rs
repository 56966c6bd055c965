//! Integrators' applications with the hashes of their secrets.

use domain::{App, ClientId, Timestamp};

use crate::{Batch, Db, Error, Expect, Hash, Row, Value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRow {
    pub app: App,
    pub secret_hash: Hash,
    /// The secret before the last rotation, and until when it still works.
    pub previous: Option<(Hash, Timestamp)>,
    pub updated_at: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT client_id, name, secret_hash, previous_secret_hash, previous_until, session_secret_policy, ",
            "strict_type, origins, callbacks, admin_api, disabled_at, created_at, updated_at FROM apps ",
            $rest
        )
    };
}

pub async fn find(db: &Db, client_id: ClientId) -> Result<Option<AppRow>, Error> {
    db.find(select!("WHERE client_id = $1"), [client_id.into()], read).await
}

/// All apps, oldest first.
pub async fn list(db: &Db) -> Result<Vec<AppRow>, Error> {
    db.list(select!("ORDER BY created_at, client_id"), [], read).await
}

/// A taken client id fails the batch.
pub fn insert(batch: &mut Batch, app: &App, secret_hash: &Hash) -> usize {
    const SQL: &str = "INSERT INTO apps (client_id, name, secret_hash, session_secret_policy, strict_type, origins,
        callbacks, admin_api, disabled_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
    let params = [
        app.client_id.into(),
        app.name.as_str().into(),
        secret_hash.into(),
        app.session_secret_policy.as_str().into(),
        app.strict_type.into(),
        origins(app),
        app.callbacks.join("\n").into(),
        app.admin_api.into(),
        app.disabled_at.into(),
        app.created_at.into(),
    ];
    batch.push(SQL, Expect::One, params)
}

/// Everything but the secrets and the creation time; a missing app fails the batch.
pub fn update(batch: &mut Batch, app: &App, now: Timestamp) -> usize {
    const SQL: &str = "UPDATE apps SET name = $2, session_secret_policy = $3, strict_type = $4, origins = $5,
        callbacks = $6, admin_api = $7, disabled_at = $8, updated_at = $9 WHERE client_id = $1";
    let params = [
        app.client_id.into(),
        app.name.as_str().into(),
        app.session_secret_policy.as_str().into(),
        app.strict_type.into(),
        origins(app),
        app.callbacks.join("\n").into(),
        app.admin_api.into(),
        app.disabled_at.into(),
        now.into(),
    ];
    batch.push(SQL, Expect::One, params)
}

/// The old secret keeps working until `previous_until`.
pub fn rotate_secret(
    batch: &mut Batch,
    client_id: ClientId,
    secret_hash: &Hash,
    previous_until: Timestamp,
    now: Timestamp,
) -> usize {
    const SQL: &str = "UPDATE apps SET previous_secret_hash = secret_hash, previous_until = $3, secret_hash = $2,
        updated_at = $4 WHERE client_id = $1";
    batch.push(SQL, Expect::One, [client_id.into(), secret_hash.into(), previous_until.into(), now.into()])
}

fn origins(app: &App) -> Value {
    app.origins.iter().map(|origin| origin.as_str()).collect::<Vec<_>>().join("\n").into()
}

fn read(mut row: Row) -> Result<AppRow, Error> {
    Ok(AppRow {
        secret_hash: row.hash(2)?,
        previous: row.opt_hash(3)?.zip(row.opt_at(4)?),
        updated_at: row.at(12)?,
        app: App {
            client_id: row.id(0)?,
            name: row.text(1)?,
            session_secret_policy: row.id(5)?,
            strict_type: row.int(6)? != 0,
            origins: row
                .text(7)?
                .lines()
                .map(|line| line.parse().map_err(|_| Error::Corrupt("an origin")))
                .collect::<Result<_, _>>()?,
            callbacks: row.text(8)?.lines().map(str::to_owned).collect(),
            admin_api: row.int(9)? != 0,
            disabled_at: row.opt_at(10)?,
            created_at: row.at(11)?,
        },
    })
}
