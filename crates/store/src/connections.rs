//! Accounts of humans at sources.

use domain::{ClientId, ConnectionId, HumanId, Status, Timestamp};

use crate::{Batch, Db, Error, Expect, Hash, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRow {
    pub human_id: HumanId,
    pub id: ConnectionId,
    pub client_id: ClientId,
    /// Keyed hash of the source id.
    pub source_hash: Hash,
    /// Keyed hash of source and patient: the same account has the same hash.
    pub account_hash: Hash,
    pub status: Status,
    pub connected_since: Timestamp,
    pub updated_at: Timestamp,
    pub last_synced_at: Option<Timestamp>,
    pub oldest_at: Option<Timestamp>,
    pub newest_at: Option<Timestamp>,
    pub body: Vec<u8>,
    pub grant_sealed: Option<Vec<u8>>,
    pub report: Option<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConnection {
    pub human_id: HumanId,
    pub id: ConnectionId,
    pub client_id: ClientId,
    pub source_hash: Hash,
    pub account_hash: Hash,
    pub body: Vec<u8>,
    pub grant_sealed: Option<Vec<u8>>,
}

/// What a finished or running sync says of its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    pub report: Vec<u8>,
    /// `None` keeps the stored times, here and below.
    pub last_synced_at: Option<Timestamp>,
    pub oldest_at: Option<Timestamp>,
    pub newest_at: Option<Timestamp>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT human_id, id, client_id, source_hash, account_hash, status, status_at, connected_since, updated_at, ",
            "last_synced_at, oldest_at, newest_at, body, grant_sealed, report FROM connections WHERE human_id = $1 ",
            $rest
        )
    };
}

/// All of the human's connections, disconnected ones too, in the order they were connected.
pub async fn list(db: &Db, human_id: HumanId) -> Result<Vec<ConnectionRow>, Error> {
    db.list(select!("ORDER BY connected_since, id"), [human_id.into()], read).await
}

pub async fn find(db: &Db, human_id: HumanId, id: ConnectionId) -> Result<Option<ConnectionRow>, Error> {
    db.find(select!("AND id = $2"), [human_id.into(), id.into()], read).await
}

/// Look here before [`put`]: an account that was connected before keeps its id.
pub async fn find_by_account(db: &Db, human_id: HumanId, account_hash: &Hash) -> Result<Option<ConnectionRow>, Error> {
    db.find(select!("AND account_hash = $2"), [human_id.into(), account_hash.into()], read).await
}

/// Makes the connection active. The same account again keeps its `connected_since` unless it was
/// disconnected in between; the account under another id fails the batch, because what is sealed
/// is bound to the id.
pub fn put(batch: &mut Batch, connection: &NewConnection, now: Timestamp) -> usize {
    const SQL: &str = "INSERT INTO connections (human_id, id, client_id, source_hash, account_hash, status, status_at,
        connected_since, updated_at, body, grant_sealed) VALUES ($1, $2, $3, $4, $5, 'active', $6, $6, $6, $7, $8)
        ON CONFLICT (human_id, account_hash) DO UPDATE SET
        connected_since = CASE WHEN connections.status = 'disconnected' THEN excluded.connected_since ELSE connections.connected_since END,
        status = excluded.status, status_at = excluded.status_at, updated_at = excluded.updated_at,
        source_hash = excluded.source_hash, body = excluded.body, grant_sealed = excluded.grant_sealed
        WHERE connections.id = excluded.id";
    let params = [
        connection.human_id.into(),
        connection.id.into(),
        connection.client_id.into(),
        connection.source_hash.into(),
        connection.account_hash.into(),
        now.into(),
        connection.body.as_slice().into(),
        connection.grant_sealed.as_deref().into(),
    ];
    batch.push(SQL, Expect::One, params)
}

/// `now` is also the time of `Active`, which carries none itself.
pub fn set_status(batch: &mut Batch, human_id: HumanId, id: ConnectionId, status: Status, now: Timestamp) -> usize {
    const SQL: &str =
        "UPDATE connections SET status = $3, status_at = $4, updated_at = $5 WHERE human_id = $1 AND id = $2";
    let at = match status {
        Status::Active => now,
        Status::NeedsLogin { since } => since,
        Status::Disconnected { at } => at,
    };
    batch.push(SQL, Expect::One, [human_id.into(), id.into(), status.as_str().into(), at.into(), now.into()])
}

/// `None` forgets the grant.
pub fn set_grant(
    batch: &mut Batch,
    human_id: HumanId,
    id: ConnectionId,
    grant_sealed: Option<&[u8]>,
    now: Timestamp,
) -> usize {
    const SQL: &str = "UPDATE connections SET grant_sealed = $3, updated_at = $4 WHERE human_id = $1 AND id = $2";
    batch.push(SQL, Expect::One, [human_id.into(), id.into(), grant_sealed.into(), now.into()])
}

/// Replaces a grant by its successor, if nobody disconnected or logged in anew since it was read.
pub fn renew_grant(
    batch: &mut Batch,
    human_id: HumanId,
    id: ConnectionId,
    old: &[u8],
    new: &[u8],
    now: Timestamp,
) -> usize {
    const SQL: &str = "UPDATE connections SET grant_sealed = $4, updated_at = $5
        WHERE human_id = $1 AND id = $2 AND status = 'active' AND grant_sealed = $3";
    batch.push(SQL, Expect::One, [human_id.into(), id.into(), old.into(), new.into(), now.into()])
}

/// Asks for a new login, unless somebody did something about the grant since it was read.
pub fn lose_grant(batch: &mut Batch, human_id: HumanId, id: ConnectionId, old: &[u8], now: Timestamp) -> usize {
    const SQL: &str = "UPDATE connections SET status = 'needs_login', status_at = $4, updated_at = $4
        WHERE human_id = $1 AND id = $2 AND status = 'active' AND grant_sealed = $3";
    batch.push(SQL, Expect::One, [human_id.into(), id.into(), old.into(), now.into()])
}

/// Goes with every page that is stored. Who left meanwhile is not read on: then the whole batch is refused.
pub fn set_report(batch: &mut Batch, human_id: HumanId, id: ConnectionId, synced: &Synced, now: Timestamp) -> usize {
    const SQL: &str = "UPDATE connections SET report = $3, last_synced_at = COALESCE($4, last_synced_at),
        oldest_at = COALESCE($5, oldest_at), newest_at = COALESCE($6, newest_at), updated_at = $7
        WHERE human_id = $1 AND id = $2 AND status <> 'disconnected'";
    let params = [
        human_id.into(),
        id.into(),
        synced.report.as_slice().into(),
        synced.last_synced_at.into(),
        synced.oldest_at.into(),
        synced.newest_at.into(),
        now.into(),
    ];
    batch.push(SQL, Expect::One, params)
}

fn read(mut row: Row) -> Result<ConnectionRow, Error> {
    let status_at = row.at(6)?;
    let status = match row.text(5)?.as_str() {
        "active" => Status::Active,
        "needs_login" => Status::NeedsLogin { since: status_at },
        "disconnected" => Status::Disconnected { at: status_at },
        _ => return Err(Error::Corrupt("a status")),
    };
    Ok(ConnectionRow {
        human_id: row.id(0)?,
        id: row.id(1)?,
        client_id: row.id(2)?,
        source_hash: row.hash(3)?,
        account_hash: row.hash(4)?,
        status,
        connected_since: row.at(7)?,
        updated_at: row.at(8)?,
        last_synced_at: row.opt_at(9)?,
        oldest_at: row.opt_at(10)?,
        newest_at: row.opt_at(11)?,
        body: row.bytes(12)?,
        grant_sealed: row.opt_bytes(13)?,
        report: row.opt_bytes(14)?,
    })
}
