//! Issued tokens, as hashes.

use domain::{ClientId, HumanId, Timestamp, TokenKind, UserId};

use crate::{Batch, Db, Error, Expect, Hash, Row};

/// A token with what every request needs to know of its human.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    pub kind: TokenKind,
    pub client_id: ClientId,
    /// Issued to somebody who did not show the client secret.
    pub secretless: bool,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub human: TokenHuman,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHuman {
    pub user_id: UserId,
    pub revision: i64,
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    pub wrapped_key: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewToken {
    pub human_id: HumanId,
    pub hash: Hash,
    pub kind: TokenKind,
    pub client_id: ClientId,
    pub secretless: bool,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Expired and revoked tokens are found too; the caller judges.
pub async fn find(db: &Db, human_id: HumanId, hash: &Hash) -> Result<Option<TokenRow>, Error> {
    const SQL: &str = "SELECT t.kind, t.client_id, t.secretless, t.issued_at, t.expires_at, t.revoked_at,
        h.user_id, h.revision, h.created_at, h.deleted_at, h.wrapped_key
        FROM tokens t JOIN humans h ON h.human_id = t.human_id WHERE t.human_id = $1 AND t.hash = $2";
    db.find(SQL, [human_id.into(), hash.into()], read).await
}

pub fn insert(batch: &mut Batch, token: &NewToken) -> usize {
    const SQL: &str = "INSERT INTO tokens (human_id, hash, kind, client_id, secretless, issued_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let params = [
        token.human_id.into(),
        token.hash.into(),
        token.kind.as_str().into(),
        token.client_id.into(),
        token.secretless.into(),
        token.issued_at.into(),
        token.expires_at.into(),
    ];
    batch.push(SQL, Expect::One, params)
}

/// `changed` is 0 when there is no such token or it was revoked before.
pub fn revoke(batch: &mut Batch, human_id: HumanId, hash: &Hash, now: Timestamp) -> usize {
    const SQL: &str = "UPDATE tokens SET revoked_at = $3 WHERE human_id = $1 AND hash = $2 AND revoked_at IS NULL";
    batch.push(SQL, Expect::Any, [human_id.into(), hash.into(), now.into()])
}

pub fn revoke_all(batch: &mut Batch, human_id: HumanId, now: Timestamp) -> usize {
    const SQL: &str = "UPDATE tokens SET revoked_at = $2 WHERE human_id = $1 AND revoked_at IS NULL";
    batch.push(SQL, Expect::Any, [human_id.into(), now.into()])
}

/// Forgets tokens that expired before `before`.
pub fn prune(batch: &mut Batch, before: Timestamp) -> usize {
    batch.push("DELETE FROM tokens WHERE expires_at < $1", Expect::Any, [before.into()])
}

fn read(mut row: Row) -> Result<TokenRow, Error> {
    let kind = row.text(0)?;
    Ok(TokenRow {
        kind: TokenKind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or(Error::Corrupt("a token kind"))?,
        client_id: row.id(1)?,
        secretless: row.int(2)? != 0,
        issued_at: row.at(3)?,
        expires_at: row.at(4)?,
        revoked_at: row.opt_at(5)?,
        human: TokenHuman {
            user_id: row.id(6)?,
            revision: row.int(7)?,
            created_at: row.at(8)?,
            deleted_at: row.opt_at(9)?,
            wrapped_key: row.bytes(10)?,
        },
    })
}
