//! Records of one person that state the same fact, each from a connection of its own.

use domain::{ConnectionId, HumanId, RecordId, Timestamp};

use crate::{Batch, Db, Error, Expect, Hash, Row};

/// A shown record that has a twin, or has links from a time when it had one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    pub kind: String,
    pub id: RecordId,
    pub connection_id: ConnectionId,
    pub fact_hash: Option<Hash>,
    pub content_hash: Hash,
    /// Tells one list of links from another; empty without links.
    pub same_as: Vec<u8>,
}

/// A record as it must still be for its links to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linkable {
    pub content_hash: Hash,
    pub same_as: Vec<u8>,
    pub body: Vec<u8>,
}

const TWINS: &str = "SELECT kind, id, connection_id, fact_hash, content_hash, same_as FROM records
    WHERE human_id = $1 AND hidden_at IS NULL AND fact_hash IS NOT NULL AND EXISTS (SELECT 1 FROM records AS other
        WHERE other.human_id = records.human_id AND other.kind = records.kind AND other.fact_hash = records.fact_hash
        AND other.connection_id <> records.connection_id AND other.hidden_at IS NULL AND other.fact_hash IS NOT NULL)
    UNION SELECT kind, id, connection_id, fact_hash, content_hash, same_as FROM records
    WHERE human_id = $1 AND hidden_at IS NULL AND length(same_as) > 0";

/// All records of the person whose links may have to change.
pub async fn list(db: &Db, human_id: HumanId) -> Result<Vec<Twin>, Error> {
    db.list(TWINS, [human_id.into()], read).await
}

/// Hidden records are not found.
pub async fn find(db: &Db, human_id: HumanId, kind: &str, id: RecordId) -> Result<Option<Linkable>, Error> {
    const SQL: &str = "SELECT content_hash, same_as, body FROM records
        WHERE human_id = $1 AND kind = $2 AND id = $3 AND hidden_at IS NULL";
    let read = |mut row: Row| Ok(Linkable { content_hash: row.hash(0)?, same_as: row.bytes(1)?, body: row.bytes(2)? });
    db.find(SQL, [human_id.into(), kind.into(), id.into()], read).await
}

/// Replaces the links and the body that shows them; `changed` is 0 when the record is no longer what `old` says.
pub fn link(
    batch: &mut Batch,
    human_id: HumanId,
    (kind, id): (&str, RecordId),
    old: &Linkable,
    (same_as, body): (&[u8], &[u8]),
    now: Timestamp,
) -> usize {
    const SQL: &str = "UPDATE records SET same_as = $6, body = $7, updated_at = $8
        WHERE human_id = $1 AND kind = $2 AND id = $3 AND content_hash = $4 AND same_as = $5 AND hidden_at IS NULL";
    let params = [
        human_id.into(),
        kind.into(),
        id.into(),
        old.content_hash.into(),
        old.same_as.as_slice().into(),
        same_as.into(),
        body.into(),
        now.into(),
    ];
    batch.push(SQL, Expect::Any, params)
}

fn read(mut row: Row) -> Result<Twin, Error> {
    Ok(Twin {
        kind: row.text(0)?,
        id: row.id(1)?,
        connection_id: row.id(2)?,
        fact_hash: row.opt_hash(3)?,
        content_hash: row.hash(4)?,
        same_as: row.bytes(5)?,
    })
}
