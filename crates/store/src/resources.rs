//! Documents as received, sealed.
//!
//! A negative `gone_at` is when one was missed for the first time: it counts as there until it is missed again.

use domain::{ConnectionId, HumanId, Timestamp};

use crate::{Batch, Db, Error, Expect, Hash, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRow {
    /// Hex of the keyed hash of, say, `Observation/123`.
    pub resource_key: String,
    /// FHIR resource type.
    pub kind: String,
    pub hash: Hash,
    /// When it arrived first.
    pub received_at: Timestamp,
    /// When the content last became another one.
    pub changed_at: Timestamp,
    pub body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResource {
    pub human_id: HumanId,
    pub connection_id: ConnectionId,
    pub resource_key: String,
    pub kind: String,
    pub hash: Hash,
    pub body: Vec<u8>,
}

/// A document without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub resource_key: String,
    pub kind: String,
    /// Bytes of the sealed body.
    pub size: u64,
    /// The last complete read did not bring it.
    pub missing: bool,
}

/// Everything that is not gone, by kind and key.
pub async fn contents(db: &Db, human_id: HumanId, connection_id: ConnectionId) -> Result<Vec<Listed>, Error> {
    const SQL: &str = "SELECT resource_key, kind, CAST(LENGTH(body) AS BIGINT), gone_at FROM resources
        WHERE human_id = $1 AND connection_id = $2 AND (gone_at IS NULL OR gone_at < 0) ORDER BY kind, resource_key";
    let read = |mut row: Row| {
        let missing = row.opt_at(3)?.is_some();
        Ok(Listed { resource_key: row.text(0)?, kind: row.text(1)?, size: row.count(2)?, missing })
    };
    db.list(SQL, [human_id.into(), connection_id.into()], read).await
}

/// One page of one kind, as [`list`] has it of all.
pub async fn list_kind(
    db: &Db,
    human_id: HumanId,
    connection_id: ConnectionId,
    kind: &str,
    after_key: &str,
    limit: u32,
) -> Result<Vec<ResourceRow>, Error> {
    const SQL: &str = "SELECT resource_key, kind, hash, received_at, changed_at, body FROM resources
        WHERE human_id = $1 AND connection_id = $2 AND resource_key > $3 AND kind = $4 AND (gone_at IS NULL OR gone_at < 0)
        ORDER BY resource_key LIMIT $5";
    let params = [human_id.into(), connection_id.into(), after_key.into(), kind.into(), limit.into()];
    db.list(SQL, params, read).await
}

/// One page in key order, without what is gone; start with an empty `after_key`.
pub async fn list(
    db: &Db,
    human_id: HumanId,
    connection_id: ConnectionId,
    after_key: &str,
    limit: u32,
) -> Result<Vec<ResourceRow>, Error> {
    const SQL: &str = "SELECT resource_key, kind, hash, received_at, changed_at, body FROM resources
        WHERE human_id = $1 AND connection_id = $2 AND resource_key > $3 AND (gone_at IS NULL OR gone_at < 0)
        ORDER BY resource_key LIMIT $4";
    db.list(SQL, [human_id.into(), connection_id.into(), after_key.into(), limit.into()], read).await
}

/// Key and hash of everything that is not gone.
pub async fn index(db: &Db, human_id: HumanId, connection_id: ConnectionId) -> Result<Vec<(String, Hash)>, Error> {
    const SQL: &str = "SELECT resource_key, hash FROM resources
        WHERE human_id = $1 AND connection_id = $2 AND (gone_at IS NULL OR gone_at < 0) ORDER BY resource_key";
    db.list(SQL, [human_id.into(), connection_id.into()], |mut row| Ok((row.text(0)?, row.hash(1)?))).await
}

/// How many there are of each kind, without what is gone.
pub async fn counts(db: &Db, human_id: HumanId, connection_id: ConnectionId) -> Result<Vec<(String, u64)>, Error> {
    const SQL: &str = "SELECT kind, COUNT(*) FROM resources
        WHERE human_id = $1 AND connection_id = $2 AND (gone_at IS NULL OR gone_at < 0) GROUP BY kind ORDER BY kind";
    db.list(SQL, [human_id.into(), connection_id.into()], |mut row| Ok((row.text(0)?, row.count(1)?))).await
}

/// `changed` is 0, and nothing is written, when the same content is already there.
pub fn put(batch: &mut Batch, resource: &NewResource, now: Timestamp) -> usize {
    const SQL: &str =
        "INSERT INTO resources (human_id, connection_id, resource_key, kind, hash, received_at, changed_at, body)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
        ON CONFLICT (human_id, connection_id, resource_key) DO UPDATE SET kind = excluded.kind, hash = excluded.hash,
        changed_at = excluded.changed_at, gone_at = NULL, body = excluded.body
        WHERE resources.hash <> excluded.hash OR resources.gone_at IS NOT NULL";
    let params = [
        resource.human_id.into(),
        resource.connection_id.into(),
        resource.resource_key.as_str().into(),
        resource.kind.as_str().into(),
        resource.hash.into(),
        now.into(),
        resource.body.as_slice().into(),
    ];
    batch.push(SQL, Expect::Any, params)
}

/// A complete read did not bring it: the next one decides.
pub fn mark_missing(
    batch: &mut Batch,
    human_id: HumanId,
    connection_id: ConnectionId,
    resource_key: &str,
    now: Timestamp,
) -> usize {
    const SQL: &str = "UPDATE resources SET gone_at = $4
        WHERE human_id = $1 AND connection_id = $2 AND resource_key = $3 AND gone_at IS NULL";
    let since = Timestamp(-now.0.abs().max(1));
    batch.push(SQL, Expect::Any, [human_id.into(), connection_id.into(), resource_key.into(), since.into()])
}

/// It was only missed once.
pub fn mark_found(batch: &mut Batch, human_id: HumanId, connection_id: ConnectionId, resource_key: &str) -> usize {
    const SQL: &str = "UPDATE resources SET gone_at = NULL
        WHERE human_id = $1 AND connection_id = $2 AND resource_key = $3 AND gone_at < 0";
    batch.push(SQL, Expect::Any, [human_id.into(), connection_id.into(), resource_key.into()])
}

/// The source no longer has it.
pub fn mark_gone(
    batch: &mut Batch,
    human_id: HumanId,
    connection_id: ConnectionId,
    resource_key: &str,
    now: Timestamp,
) -> usize {
    const SQL: &str = "UPDATE resources SET gone_at = $4
        WHERE human_id = $1 AND connection_id = $2 AND resource_key = $3 AND (gone_at IS NULL OR gone_at < 0)";
    batch.push(SQL, Expect::Any, [human_id.into(), connection_id.into(), resource_key.into(), now.into()])
}

pub fn delete_all(batch: &mut Batch, human_id: HumanId, connection_id: ConnectionId) -> usize {
    const SQL: &str = "DELETE FROM resources WHERE human_id = $1 AND connection_id = $2";
    batch.push(SQL, Expect::Any, [human_id.into(), connection_id.into()])
}

fn read(mut row: Row) -> Result<ResourceRow, Error> {
    Ok(ResourceRow {
        resource_key: row.text(0)?,
        kind: row.text(1)?,
        hash: row.hash(2)?,
        received_at: row.at(3)?,
        changed_at: row.at(4)?,
        body: row.bytes(5)?,
    })
}
