//! Where a running sync stands, saved with each page.

use domain::{ConnectionId, HumanId, RowId, Timestamp};

use crate::{Batch, Db, Error, Expect, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRow {
    pub human_id: HumanId,
    pub connection_id: ConnectionId,
    pub sync_id: RowId,
    pub updated_at: Timestamp,
    pub cursor: Vec<u8>,
}

pub async fn find(db: &Db, human_id: HumanId, connection_id: ConnectionId) -> Result<Option<PullRow>, Error> {
    const SQL: &str = "SELECT human_id, connection_id, sync_id, updated_at, cursor FROM pulls
        WHERE human_id = $1 AND connection_id = $2";
    db.find(SQL, [human_id.into(), connection_id.into()], read).await
}

pub fn put(batch: &mut Batch, pull: &PullRow) -> usize {
    const SQL: &str = "INSERT INTO pulls (human_id, connection_id, sync_id, updated_at, cursor) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (human_id, connection_id) DO UPDATE SET sync_id = excluded.sync_id, updated_at = excluded.updated_at,
        cursor = excluded.cursor";
    let params = [
        pull.human_id.into(),
        pull.connection_id.into(),
        pull.sync_id.into(),
        pull.updated_at.into(),
        pull.cursor.as_slice().into(),
    ];
    batch.push(SQL, Expect::One, params)
}

pub fn delete(batch: &mut Batch, human_id: HumanId, connection_id: ConnectionId) -> usize {
    const SQL: &str = "DELETE FROM pulls WHERE human_id = $1 AND connection_id = $2";
    batch.push(SQL, Expect::Any, [human_id.into(), connection_id.into()])
}

fn read(mut row: Row) -> Result<PullRow, Error> {
    Ok(PullRow {
        human_id: row.id(0)?,
        connection_id: row.id(1)?,
        sync_id: row.id(2)?,
        updated_at: row.at(3)?,
        cursor: row.bytes(4)?,
    })
}
