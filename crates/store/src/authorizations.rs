//! In-flight redirects to providers.

use domain::{HumanId, RowId, Timestamp};

use crate::{Batch, Db, Error, Expect, Hash, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRow {
    pub human_id: HumanId,
    pub id: RowId,
    pub session_id: RowId,
    pub source_hash: Hash,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub body: Vec<u8>,
    pub outcome: Option<Vec<u8>>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT human_id, id, session_id, source_hash, created_at, expires_at, used_at, body, outcome ",
            "FROM authorizations WHERE human_id = $1 ",
            $rest
        )
    };
}

pub async fn find(db: &Db, human_id: HumanId, id: RowId) -> Result<Option<AuthorizationRow>, Error> {
    db.find(select!("AND id = $2"), [human_id.into(), id.into()], read).await
}

pub async fn latest_for_session(
    db: &Db,
    human_id: HumanId,
    session_id: RowId,
) -> Result<Option<AuthorizationRow>, Error> {
    // Of two in the same millisecond the one that is still waited for.
    const SQL: &str = select!(
        "AND session_id = $2 ORDER BY created_at DESC, CASE WHEN used_at IS NULL THEN 0 ELSE 1 END, id DESC LIMIT 1"
    );
    db.find(SQL, [human_id.into(), session_id.into()], read).await
}

pub fn insert(batch: &mut Batch, authorization: &AuthorizationRow) -> usize {
    const SQL: &str = "INSERT INTO authorizations (human_id, id, session_id, source_hash, created_at, expires_at, used_at, body, outcome)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let params = [
        authorization.human_id.into(),
        authorization.id.into(),
        authorization.session_id.into(),
        authorization.source_hash.into(),
        authorization.created_at.into(),
        authorization.expires_at.into(),
        authorization.used_at.into(),
        authorization.body.as_slice().into(),
        authorization.outcome.as_deref().into(),
    ];
    batch.push(SQL, Expect::One, params)
}

/// Takes the authorization for the one callback it may have; used or expired fails the batch.
pub fn claim(batch: &mut Batch, human_id: HumanId, id: RowId, now: Timestamp) -> usize {
    const SQL: &str = "UPDATE authorizations SET used_at = $3
        WHERE human_id = $1 AND id = $2 AND used_at IS NULL AND expires_at > $3";
    batch.push(SQL, Expect::One, [human_id.into(), id.into(), now.into()])
}

pub fn set_outcome(batch: &mut Batch, human_id: HumanId, id: RowId, outcome: &[u8]) -> usize {
    const SQL: &str = "UPDATE authorizations SET outcome = $3 WHERE human_id = $1 AND id = $2";
    batch.push(SQL, Expect::One, [human_id.into(), id.into(), outcome.into()])
}

/// Forgets authorizations that expired before `before`.
pub fn prune(batch: &mut Batch, before: Timestamp) -> usize {
    batch.push("DELETE FROM authorizations WHERE expires_at < $1", Expect::Any, [before.into()])
}

fn read(mut row: Row) -> Result<AuthorizationRow, Error> {
    Ok(AuthorizationRow {
        human_id: row.id(0)?,
        id: row.id(1)?,
        session_id: row.id(2)?,
        source_hash: row.hash(3)?,
        created_at: row.at(4)?,
        expires_at: row.at(5)?,
        used_at: row.opt_at(6)?,
        body: row.bytes(7)?,
        outcome: row.opt_bytes(8)?,
    })
}
