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
    /// It was converted from a document, and stays as long as that does.
    pub converted: bool,
}

/// Where a resource that was converted comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Key of the `DocumentReference` it was converted from; none for what stands for the document itself.
    pub document_key: Option<String>,
    /// When the document was written.
    pub dated_at: Timestamp,
}

/// What is known of a resource beside its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub resource_key: String,
    pub kind: String,
    pub hash: Hash,
    pub received_at: Timestamp,
    pub changed_at: Timestamp,
    pub told: Told,
}

/// Everything that is not gone, by kind and key.
pub async fn contents(db: &Db, human_id: HumanId, connection_id: ConnectionId) -> Result<Vec<Listed>, Error> {
    const SQL: &str = "SELECT resource_key, kind, CAST(LENGTH(body) AS BIGINT), gone_at, document_key FROM resources
        WHERE human_id = $1 AND connection_id = $2 AND (gone_at IS NULL OR gone_at < 0) ORDER BY kind, resource_key";
    let read = |mut row: Row| {
        let (missing, converted) = (row.opt_at(3)?.is_some(), row.opt_text(4)?.is_some());
        Ok(Listed { resource_key: row.text(0)?, kind: row.text(1)?, size: row.count(2)?, missing, converted })
    };
    db.list(SQL, [human_id.into(), connection_id.into()], read).await
}

/// Everything that is not gone, with what decides whether something else replaces it.
pub async fn standing(db: &Db, human_id: HumanId, connection_id: ConnectionId) -> Result<Vec<Standing>, Error> {
    const SQL: &str = "SELECT resource_key, kind, hash, received_at, changed_at, document_key, dated_at FROM resources
        WHERE human_id = $1 AND connection_id = $2 AND (gone_at IS NULL OR gone_at < 0)";
    let read = |mut row: Row| {
        Ok(Standing {
            resource_key: row.text(0)?,
            kind: row.text(1)?,
            hash: row.hash(2)?,
            received_at: row.at(3)?,
            changed_at: row.at(4)?,
            told: Told { document_key: row.opt_text(5)?, dated_at: row.at(6)? },
        })
    };
    db.list(SQL, [human_id.into(), connection_id.into()], read).await
}

/// A document of any connection, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub connection_id: ConnectionId,
    pub resource_key: String,
    pub kind: String,
    /// Bytes of the sealed body.
    pub size: u64,
    pub received_at: Timestamp,
    pub changed_at: Timestamp,
}

/// Everything of the person's that is not gone, of all connections, in no order.
pub async fn held(db: &Db, human_id: HumanId) -> Result<Vec<Held>, Error> {
    const SQL: &str = "SELECT connection_id, resource_key, kind, CAST(LENGTH(body) AS BIGINT), received_at, changed_at
        FROM resources WHERE human_id = $1 AND (gone_at IS NULL OR gone_at < 0)";
    let read = |mut row: Row| {
        Ok(Held {
            connection_id: row.id(0)?,
            resource_key: row.text(1)?,
            kind: row.text(2)?,
            size: row.count(3)?,
            received_at: row.at(4)?,
            changed_at: row.at(5)?,
        })
    };
    db.list(SQL, [human_id.into()], read).await
}

/// One document, unless it is gone.
pub async fn find(
    db: &Db,
    human_id: HumanId,
    connection_id: ConnectionId,
    resource_key: &str,
) -> Result<Option<ResourceRow>, Error> {
    const SQL: &str = "SELECT resource_key, kind, hash, received_at, changed_at, body FROM resources
        WHERE human_id = $1 AND connection_id = $2 AND resource_key = $3 AND (gone_at IS NULL OR gone_at < 0)";
    db.find(SQL, [human_id.into(), connection_id.into(), resource_key.into()], read).await
}

/// Whether some connection had it once, and its source no longer does.
pub async fn was_there(db: &Db, human_id: HumanId, resource_key: &str) -> Result<bool, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM resources WHERE human_id = $1 AND resource_key = $2 AND gone_at >= 0";
    db.get(SQL, [human_id.into(), resource_key.into()], |mut row| Ok(row.count(0)? > 0)).await
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
    put_told(batch, resource, &Told::AS_RECEIVED, now)
}

/// The same for what was converted from a document. Several documents may tell the same resource: the one written
/// last counts, and of two written at the same time always the same one, whatever comes first.
pub fn put_told(batch: &mut Batch, resource: &NewResource, told: &Told, now: Timestamp) -> usize {
    const SQL: &str =
        "INSERT INTO resources (human_id, connection_id, resource_key, kind, hash, received_at, changed_at, body, document_key, dated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)
        ON CONFLICT (human_id, connection_id, resource_key) DO UPDATE SET kind = excluded.kind, hash = excluded.hash,
        changed_at = CASE WHEN resources.hash <> excluded.hash OR resources.gone_at IS NOT NULL
            THEN excluded.changed_at ELSE resources.changed_at END,
        gone_at = NULL, body = excluded.body, document_key = excluded.document_key, dated_at = excluded.dated_at
        WHERE resources.gone_at >= 0 OR (resources.dated_at < excluded.dated_at)
        OR (resources.dated_at = excluded.dated_at
            AND COALESCE(resources.document_key, '') <= COALESCE(excluded.document_key, '')
            AND (resources.hash <> excluded.hash OR resources.gone_at IS NOT NULL
                OR COALESCE(resources.document_key, '') <> COALESCE(excluded.document_key, '')))";
    let params = [
        resource.human_id.into(),
        resource.connection_id.into(),
        resource.resource_key.as_str().into(),
        resource.kind.as_str().into(),
        resource.hash.into(),
        now.into(),
        resource.body.as_slice().into(),
        told.document_key.as_deref().into(),
        told.dated_at.into(),
    ];
    batch.push(SQL, Expect::Any, params)
}

/// What was converted from documents that are gone goes with them.
pub fn mark_gone_with_documents(
    batch: &mut Batch,
    human_id: HumanId,
    connection_id: ConnectionId,
    now: Timestamp,
) -> usize {
    const SQL: &str = "UPDATE resources SET gone_at = $3
        WHERE human_id = $1 AND connection_id = $2 AND (gone_at IS NULL OR gone_at < 0) AND document_key IN (
            SELECT document.resource_key FROM resources AS document WHERE document.human_id = $1
            AND document.connection_id = $2 AND document.gone_at >= 0)";
    batch.push(SQL, Expect::Any, [human_id.into(), connection_id.into(), now.into()])
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

impl Told {
    /// Not converted from anything.
    pub const AS_RECEIVED: Told = Told { document_key: None, dated_at: Timestamp(0) };

    /// Whether [`put_told`] lets this replace another that is there and says something else.
    pub fn replaces(&self, other: &Told) -> bool {
        (self.dated_at, self.document_key.as_deref().unwrap_or_default())
            >= (other.dated_at, other.document_key.as_deref().unwrap_or_default())
    }
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
