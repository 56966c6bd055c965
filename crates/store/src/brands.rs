//! The directory: the lists it was read from, and the brands that were made of them. Nothing in it is personal.

use domain::{SourceId, Timestamp};

use crate::{Batch, Db, Error, Expect, Row};

/// A list without what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRow {
    /// Where it was read from: an address, or `file:` and a path.
    pub name: String,
    pub format: String,
    pub etag: Option<String>,
    /// When it last brought something new.
    pub imported_at: Timestamp,
    /// When it was last looked for.
    pub checked_at: Timestamp,
    pub listings: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandRow {
    pub source_id: SourceId,
    /// Directory JSON.
    pub body: Vec<u8>,
}

/// Counts imports: another one after each. What an earlier release brought has none.
pub type Edition = Option<String>;

/// Where the edition is kept.
const EDITION: &str = "directory edition";

/// A brand under the id it has, or under one it had before.
pub async fn find(db: &Db, source_id: SourceId) -> Result<Option<BrandRow>, Error> {
    const SQL: &str = "SELECT source_id, body FROM brands WHERE source_id = $1
        OR source_id = (SELECT became FROM former_brands WHERE source_id = $1)
        ORDER BY CASE WHEN source_id = $1 THEN 0 ELSE 1 END LIMIT 1";
    db.find(SQL, [source_id.into()], read).await
}

pub async fn find_evidence(db: &Db, source_id: SourceId) -> Result<Option<Vec<u8>>, Error> {
    const SQL: &str = "SELECT body FROM brand_evidence WHERE source_id = $1";
    db.find(SQL, [source_id.into()], |mut row| row.bytes(0)).await
}

/// Of all brands that have any.
pub async fn evidence(db: &Db) -> Result<Vec<(SourceId, Vec<u8>)>, Error> {
    db.list("SELECT source_id, body FROM brand_evidence", [], |mut row| Ok((row.id(0)?, row.bytes(1)?))).await
}

/// One page in id order; start with `None`.
pub async fn list(db: &Db, after: Option<SourceId>, limit: u32) -> Result<Vec<BrandRow>, Error> {
    const SQL: &str = "SELECT source_id, body FROM brands WHERE source_id > $1 ORDER BY source_id LIMIT $2";
    let after = after.map_or(String::new(), SourceId::to_hex);
    db.list(SQL, [after.into(), limit.into()], read).await
}

pub async fn former(db: &Db) -> Result<Vec<(SourceId, SourceId)>, Error> {
    const SQL: &str = "SELECT source_id, became FROM former_brands ORDER BY source_id";
    db.list(SQL, [], |mut row| Ok((row.id(0)?, row.id(1)?))).await
}

pub async fn lists(db: &Db) -> Result<Vec<ListRow>, Error> {
    const SQL: &str = "SELECT name, format, etag, imported_at, checked_at, listings FROM lists ORDER BY name";
    db.list(SQL, [], read_list).await
}

pub async fn find_list(db: &Db, name: &str) -> Result<Option<ListRow>, Error> {
    const SQL: &str = "SELECT name, format, etag, imported_at, checked_at, listings FROM lists WHERE name = $1";
    db.find(SQL, [name.into()], read_list).await
}

pub async fn find_list_body(db: &Db, name: &str) -> Result<Option<Vec<u8>>, Error> {
    db.find("SELECT body FROM lists WHERE name = $1", [name.into()], |mut row| row.bytes(0)).await
}

/// Bundles that an earlier release read, with the brands of each: it kept no lists.
pub async fn earlier(db: &Db) -> Result<Vec<(String, Vec<u8>)>, Error> {
    const SQL: &str = "SELECT bundle, brands.body FROM brands JOIN bundles ON url = bundle ORDER BY bundle, source_id";
    db.list(SQL, [], |mut row| Ok((row.text(0)?, row.bytes(1)?))).await
}

pub async fn edition(db: &Db) -> Result<Edition, Error> {
    crate::settings::find(db, EDITION).await
}

/// Makes this the next edition; `Conflict` when somebody else made one since it was read.
pub fn next_edition(batch: &mut Batch, edition: &Edition) {
    let next = edition.as_deref().and_then(|edition| edition.parse::<u64>().ok()).unwrap_or_default() + 1;
    crate::settings::swap(batch, EDITION, edition.as_deref(), &next.to_string());
}

/// Notes that a list is as it was.
pub fn mark_checked(batch: &mut Batch, name: &str, now: Timestamp) {
    batch.push("UPDATE lists SET checked_at = $2 WHERE name = $1", Expect::Any, [name.into(), now.into()]);
}

pub fn put_list(batch: &mut Batch, list: &ListRow, body: &[u8]) {
    const SQL: &str = "INSERT INTO lists (name, format, etag, imported_at, checked_at, listings, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO UPDATE SET format = excluded.format,
        etag = excluded.etag, imported_at = excluded.imported_at, checked_at = excluded.checked_at,
        listings = excluded.listings, body = excluded.body";
    let listings = i64::try_from(list.listings).unwrap_or(i64::MAX);
    batch.push(
        SQL,
        Expect::One,
        [
            list.name.as_str().into(),
            list.format.as_str().into(),
            list.etag.as_deref().into(),
            list.imported_at.into(),
            list.checked_at.into(),
            listings.into(),
            body.into(),
        ],
    );
}

pub fn delete_list(batch: &mut Batch, name: &str) {
    batch.push("DELETE FROM lists WHERE name = $1", Expect::Any, [name.into()]);
}

/// What an earlier release kept is in lists of ours by now.
pub fn forget_earlier(batch: &mut Batch) {
    batch.push("DELETE FROM bundles", Expect::Any, []);
}

pub fn put(batch: &mut Batch, source_id: SourceId, body: &[u8], now: Timestamp) {
    const SQL: &str = "INSERT INTO brands (source_id, bundle, updated_at, body) VALUES ($1, '', $2, $3)
        ON CONFLICT (source_id) DO UPDATE SET bundle = '', updated_at = excluded.updated_at, body = excluded.body";
    batch.push("DELETE FROM former_brands WHERE source_id = $1", Expect::Any, [source_id.into()]);
    batch.push(SQL, Expect::One, [source_id.into(), now.into(), body.into()]);
}

pub fn put_evidence(batch: &mut Batch, source_id: SourceId, body: &[u8]) {
    const SQL: &str = "INSERT INTO brand_evidence (source_id, body) VALUES ($1, $2)
        ON CONFLICT (source_id) DO UPDATE SET body = excluded.body";
    batch.push(SQL, Expect::One, [source_id.into(), body.into()]);
}

pub fn delete(batch: &mut Batch, source_id: SourceId) {
    batch.push("DELETE FROM brands WHERE source_id = $1", Expect::Any, [source_id.into()]);
    batch.push("DELETE FROM brand_evidence WHERE source_id = $1", Expect::Any, [source_id.into()]);
}

/// From now on the one id leads to the other brand.
pub fn put_former(batch: &mut Batch, source_id: SourceId, became: SourceId) {
    const SQL: &str = "INSERT INTO former_brands (source_id, became) VALUES ($1, $2)
        ON CONFLICT (source_id) DO UPDATE SET became = excluded.became";
    const FOLLOW: &str = "UPDATE former_brands SET became = $2 WHERE became = $1";
    const BACK: &str = "DELETE FROM former_brands WHERE source_id = $1";
    batch.push(BACK, Expect::Any, [became.into()]);
    batch.push(FOLLOW, Expect::Any, [source_id.into(), became.into()]);
    batch.push(SQL, Expect::One, [source_id.into(), became.into()]);
}

fn read(mut row: Row) -> Result<BrandRow, Error> {
    Ok(BrandRow { source_id: row.id(0)?, body: row.bytes(1)? })
}

fn read_list(mut row: Row) -> Result<ListRow, Error> {
    Ok(ListRow {
        name: row.text(0)?,
        format: row.text(1)?,
        etag: row.opt_text(2)?,
        imported_at: row.at(3)?,
        checked_at: row.at(4)?,
        listings: row.count(5)?,
    })
}
