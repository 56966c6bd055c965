//! What became of the entries of documents that were converted, sealed.

use domain::{ConnectionId, HumanId, Timestamp};

use crate::{Batch, Db, Error, Expect, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversionRow {
    /// When the document was converted last.
    pub converted_at: Timestamp,
    pub body: Vec<u8>,
}

/// Takes the place of what was told of the document before.
pub fn put(
    batch: &mut Batch,
    (human_id, connection_id, document_key): (HumanId, ConnectionId, &str),
    body: &[u8],
    now: Timestamp,
) -> usize {
    const SQL: &str = "INSERT INTO conversions (human_id, connection_id, document_key, converted_at, body)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (human_id, connection_id, document_key)
        DO UPDATE SET converted_at = excluded.converted_at, body = excluded.body";
    batch.push(SQL, Expect::One, [human_id.into(), connection_id.into(), document_key.into(), now.into(), body.into()])
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
