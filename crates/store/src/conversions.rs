//! What became of the entries of documents that were converted, sealed.

use domain::{ConnectionId, HumanId, Timestamp};

use crate::{Batch, Db, Error, Expect, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversionRow {
    /// When the document was converted last.
    pub converted_at: Timestamp,
    pub body: Vec<u8>,
}

/// Takes the place of what was told of the document before. `revision` is that of the converter.
pub fn put(
    batch: &mut Batch,
    (human_id, connection_id, document_key): (HumanId, ConnectionId, &str),
    (revision, body): (u32, &[u8]),
    now: Timestamp,
) -> usize {
    const SQL: &str = "INSERT INTO conversions (human_id, connection_id, document_key, converted_at, revision, body)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (human_id, connection_id, document_key)
        DO UPDATE SET converted_at = excluded.converted_at, revision = excluded.revision, body = excluded.body";
    let params = [human_id.into(), connection_id.into(), document_key.into(), now.into(), revision.into(), body.into()];
    batch.push(SQL, Expect::One, params)
}

/// Nothing is kept of what was made of the document.
pub fn delete(batch: &mut Batch, (human_id, connection_id, document_key): (HumanId, ConnectionId, &str)) -> usize {
    const SQL: &str = "DELETE FROM conversions WHERE human_id = $1 AND connection_id = $2 AND document_key = $3";
    batch.push(SQL, Expect::Any, [human_id.into(), connection_id.into(), document_key.into()])
}

/// When each document was converted last, by its key, of those that this revision or a later one converted.
pub async fn dates(
    db: &Db,
    human_id: HumanId,
    connection_id: ConnectionId,
    revision: u32,
) -> Result<Vec<(String, Timestamp)>, Error> {
    const SQL: &str = "SELECT document_key, converted_at FROM conversions
        WHERE human_id = $1 AND connection_id = $2 AND revision >= $3";
    let params = [human_id.into(), connection_id.into(), revision.into()];
    db.list(SQL, params, |mut row| Ok((row.text(0)?, row.at(1)?))).await
}

/// `document_key` is that of the `DocumentReference` which stands for the document.
pub async fn find(
    db: &Db,
    human_id: HumanId,
    connection_id: ConnectionId,
    document_key: &str,
) -> Result<Option<ConversionRow>, Error> {
    const SQL: &str = "SELECT converted_at, body FROM conversions
        WHERE human_id = $1 AND connection_id = $2 AND document_key = $3";
    let read = |mut row: Row| Ok(ConversionRow { converted_at: row.at(0)?, body: row.bytes(1)? });
    db.find(SQL, [human_id.into(), connection_id.into(), document_key.into()], read).await
}
