//! Visits to the widget; their state is sealed.

use domain::{ClientId, HumanId, RowId, Timestamp};

use crate::{Batch, Db, Error, Expect, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub human_id: HumanId,
    pub id: RowId,
    pub client_id: ClientId,
    /// Who may resume it; each owner has one open visit at most.
    pub owner: String,
    /// Counts up with every update.
    pub version: i64,
    pub opened_at: Timestamp,
    pub updated_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub state: Vec<u8>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT human_id, id, client_id, owner, version, opened_at, updated_at, ended_at, state ",
            "FROM connect_sessions WHERE human_id = $1 ",
            $rest
        )
    };
}

/// The owner's open visit, else the one that was opened last.
pub async fn latest(db: &Db, human_id: HumanId, owner: &str) -> Result<Option<SessionRow>, Error> {
    const SQL: &str = select!(
        "AND owner = $2 ORDER BY CASE WHEN ended_at IS NULL THEN 0 ELSE 1 END, opened_at DESC, id DESC LIMIT 1"
    );
    db.find(SQL, [human_id.into(), owner.into()], read).await
}

/// The open visit that was opened last, whoever owns it, as long as `owner` never had one.
pub async fn latest_without(db: &Db, human_id: HumanId, owner: &str) -> Result<Option<SessionRow>, Error> {
    const SQL: &str = select!(
        "AND ended_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM connect_sessions theirs WHERE theirs.human_id = $1 AND theirs.owner = $2)
        ORDER BY opened_at DESC, id DESC LIMIT 1"
    );
    db.find(SQL, [human_id.into(), owner.into()], read).await
}

pub async fn find(db: &Db, human_id: HumanId, id: RowId) -> Result<Option<SessionRow>, Error> {
    db.find(select!("AND id = $2"), [human_id.into(), id.into()], read).await
}

/// Fails the batch when the owner has an open visit already.
pub fn insert(batch: &mut Batch, session: &SessionRow) -> usize {
    const SQL: &str =
        "INSERT INTO connect_sessions (human_id, id, client_id, owner, version, opened_at, updated_at, ended_at, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let params = [
        session.human_id.into(),
        session.id.into(),
        session.client_id.into(),
        session.owner.as_str().into(),
        session.version.into(),
        session.opened_at.into(),
        session.updated_at.into(),
        session.ended_at.into(),
        session.state.as_slice().into(),
    ];
    batch.push(SQL, Expect::One, params)
}

/// Stores `updated_at`, `ended_at` and `state` over version `session.version` and counts it up;
/// another version fails the batch.
pub fn update(batch: &mut Batch, session: &SessionRow) -> usize {
    const SQL: &str = "UPDATE connect_sessions SET version = version + 1, updated_at = $4, ended_at = $5, state = $6
        WHERE human_id = $1 AND id = $2 AND version = $3";
    let params = [
        session.human_id.into(),
        session.id.into(),
        session.version.into(),
        session.updated_at.into(),
        session.ended_at.into(),
        session.state.as_slice().into(),
    ];
    batch.push(SQL, Expect::One, params)
}

/// Forgets visits untouched since `before`.
pub fn prune(batch: &mut Batch, before: Timestamp) -> usize {
    batch.push("DELETE FROM connect_sessions WHERE updated_at < $1", Expect::Any, [before.into()])
}

fn read(mut row: Row) -> Result<SessionRow, Error> {
    Ok(SessionRow {
        human_id: row.id(0)?,
        id: row.id(1)?,
        client_id: row.id(2)?,
        owner: row.text(3)?,
        version: row.int(4)?,
        opened_at: row.at(5)?,
        updated_at: row.at(6)?,
        ended_at: row.opt_at(7)?,
        state: row.bytes(8)?,
    })
}
