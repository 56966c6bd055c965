//! End users, each within one app.

use domain::{ClientId, HumanId, Timestamp, UserId};

use crate::{Batch, Db, Error, Expect, Hash, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HumanRow {
    pub human_id: HumanId,
    pub client_id: ClientId,
    /// Keyed hash of the integrator's `client_user_id`.
    pub user_key: Hash,
    pub user_id: UserId,
    /// Counts up with every change to the person's data.
    pub revision: i64,
    pub first_connected_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    pub wrapped_key: Vec<u8>,
    pub profile: Vec<u8>,
    /// Connections that are not disconnected.
    pub connected: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHuman {
    pub human_id: HumanId,
    pub client_id: ClientId,
    pub user_key: Hash,
    pub user_id: UserId,
    pub wrapped_key: Vec<u8>,
    pub profile: Vec<u8>,
    pub created_at: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT human_id, client_id, user_key, user_id, revision, first_connected_at, created_at, updated_at, ",
            "deleted_at, wrapped_key, profile, (SELECT COUNT(*) FROM connections WHERE ",
            "connections.human_id = humans.human_id AND connections.status <> 'disconnected') FROM humans ",
            $rest
        )
    };
}

pub async fn find(db: &Db, human_id: HumanId) -> Result<Option<HumanRow>, Error> {
    db.find(select!("WHERE human_id = $1"), [human_id.into()], read).await
}

pub async fn find_by_key(db: &Db, client_id: ClientId, user_key: &Hash) -> Result<Option<HumanRow>, Error> {
    db.find(select!("WHERE client_id = $1 AND user_key = $2"), [client_id.into(), user_key.into()], read).await
}

/// Oldest first, deleted ones included.
pub async fn list(db: &Db, client_id: ClientId, offset: u32, limit: u32) -> Result<Vec<HumanRow>, Error> {
    const SQL: &str = select!("WHERE client_id = $1 ORDER BY created_at, human_id LIMIT $2 OFFSET $3");
    db.list(SQL, [client_id.into(), limit.into(), offset.into()], read).await
}

/// How many [`list`] would give in all.
pub async fn count(db: &Db, client_id: ClientId) -> Result<u64, Error> {
    db.get("SELECT COUNT(*) FROM humans WHERE client_id = $1", [client_id.into()], |mut row| row.count(0)).await
}

/// `changed` is 0 when the app already has a human with this key.
pub fn insert_if_absent(batch: &mut Batch, human: &NewHuman) -> usize {
    const SQL: &str =
        "INSERT INTO humans (human_id, client_id, user_key, user_id, wrapped_key, profile, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT (client_id, user_key) DO NOTHING";
    let params = [
        human.human_id.into(),
        human.client_id.into(),
        human.user_key.into(),
        human.user_id.into(),
        human.wrapped_key.as_slice().into(),
        human.profile.as_slice().into(),
        human.created_at.into(),
    ];
    batch.push(SQL, Expect::Any, params)
}

pub fn update_profile(batch: &mut Batch, human_id: HumanId, profile: &[u8], now: Timestamp) -> usize {
    const SQL: &str = "UPDATE humans SET profile = $2, updated_at = $3 WHERE human_id = $1";
    batch.push(SQL, Expect::One, [human_id.into(), profile.into(), now.into()])
}

/// Remembers the first connection ever; later calls change nothing.
pub fn mark_connected(batch: &mut Batch, human_id: HumanId, now: Timestamp) -> usize {
    const SQL: &str = "UPDATE humans SET first_connected_at = $2 WHERE human_id = $1 AND first_connected_at IS NULL";
    batch.push(SQL, Expect::Any, [human_id.into(), now.into()])
}

/// Keeps the first time when the human is already deleted.
pub fn mark_deleted(batch: &mut Batch, human_id: HumanId, now: Timestamp) -> usize {
    const SQL: &str =
        "UPDATE humans SET deleted_at = COALESCE(deleted_at, $2), updated_at = $2, revision = revision + 1
        WHERE human_id = $1";
    batch.push(SQL, Expect::One, [human_id.into(), now.into()])
}

/// A human who is not deleted fails the batch.
pub fn revive(batch: &mut Batch, human_id: HumanId, now: Timestamp) -> usize {
    const SQL: &str = "UPDATE humans SET deleted_at = NULL, updated_at = $2, revision = revision + 1
        WHERE human_id = $1 AND deleted_at IS NOT NULL";
    batch.push(SQL, Expect::One, [human_id.into(), now.into()])
}

pub fn bump_revision(batch: &mut Batch, human_id: HumanId) -> usize {
    batch.push("UPDATE humans SET revision = revision + 1 WHERE human_id = $1", Expect::One, [human_id.into()])
}

/// Deletes every row about the person, in every table.
pub fn erase(batch: &mut Batch, human_id: HumanId) {
    const EVERYWHERE: [&str; 10] = [
        "DELETE FROM tokens WHERE human_id = $1",
        "DELETE FROM connect_sessions WHERE human_id = $1",
        "DELETE FROM authorizations WHERE human_id = $1",
        "DELETE FROM connections WHERE human_id = $1",
        "DELETE FROM pulls WHERE human_id = $1",
        "DELETE FROM resources WHERE human_id = $1",
        "DELETE FROM conversions WHERE human_id = $1",
        "DELETE FROM records WHERE human_id = $1",
        "DELETE FROM jobs WHERE human_id = $1",
        "DELETE FROM humans WHERE human_id = $1",
    ];
    for sql in EVERYWHERE {
        batch.push(sql, Expect::Any, [human_id.into()]);
    }
}

fn read(mut row: Row) -> Result<HumanRow, Error> {
    Ok(HumanRow {
        human_id: row.id(0)?,
        client_id: row.id(1)?,
        user_key: row.hash(2)?,
        user_id: row.id(3)?,
        revision: row.int(4)?,
        first_connected_at: row.opt_at(5)?,
        created_at: row.at(6)?,
        updated_at: row.at(7)?,
        deleted_at: row.opt_at(8)?,
        wrapped_key: row.bytes(9)?,
        profile: row.bytes(10)?,
        connected: row.count(11)?,
    })
}
