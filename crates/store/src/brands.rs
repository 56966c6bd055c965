//! The directory as imported, bundle by bundle.

use domain::{SourceId, Timestamp};

use crate::{Batch, Db, Error, Expect, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandRow {
    pub source_id: SourceId,
    /// Where it was imported from.
    pub bundle: String,
    pub updated_at: Timestamp,
    /// Directory JSON; not personal, not sealed.
    pub body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleRow {
    pub url: String,
    pub etag: Option<String>,
    pub imported_at: Timestamp,
    pub brands: u64,
}

/// Differs from the last one after every import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Generation {
    pub imported_at: Option<Timestamp>,
    pub bundles: u64,
    pub brands: u64,
}

pub async fn find(db: &Db, source_id: SourceId) -> Result<Option<BrandRow>, Error> {
    const SQL: &str = "SELECT source_id, bundle, updated_at, body FROM brands WHERE source_id = $1";
    db.find(SQL, [source_id.into()], read).await
}

/// One page in id order; start with `None`.
pub async fn list(db: &Db, after: Option<SourceId>, limit: u32) -> Result<Vec<BrandRow>, Error> {
    const SQL: &str =
        "SELECT source_id, bundle, updated_at, body FROM brands WHERE source_id > $1 ORDER BY source_id LIMIT $2";
    let after = after.map_or(String::new(), SourceId::to_hex);
    db.list(SQL, [after.into(), limit.into()], read).await
}

pub async fn bundles(db: &Db) -> Result<Vec<BundleRow>, Error> {
    db.list("SELECT url, etag, imported_at, brands FROM bundles ORDER BY url", [], read_bundle).await
}

pub async fn find_bundle(db: &Db, url: &str) -> Result<Option<BundleRow>, Error> {
    db.find("SELECT url, etag, imported_at, brands FROM bundles WHERE url = $1", [url.into()], read_bundle).await
}

pub async fn generation(db: &Db) -> Result<Generation, Error> {
    const SQL: &str = "SELECT MAX(imported_at), COUNT(*), CAST(COALESCE(SUM(brands), 0) AS BIGINT) FROM bundles";
    db.get(SQL, [], |mut row| {
        Ok(Generation { imported_at: row.opt_at(0)?, bundles: row.count(1)?, brands: row.count(2)? })
    })
    .await
}

/// Puts these brands in the place of all that came from the bundle before.
pub fn replace_bundle(
    batch: &mut Batch,
    url: &str,
    etag: Option<&str>,
    brands: &[(SourceId, Vec<u8>)],
    now: Timestamp,
) {
    const INSERT: &str = "INSERT INTO brands (source_id, bundle, updated_at, body) VALUES ($1, $2, $3, $4)
        ON CONFLICT (source_id) DO UPDATE SET bundle = excluded.bundle, updated_at = excluded.updated_at, body = excluded.body";
    const BUNDLE: &str = "INSERT INTO bundles (url, etag, imported_at, brands) VALUES ($1, $2, $3, $4)
        ON CONFLICT (url) DO UPDATE SET etag = excluded.etag, imported_at = excluded.imported_at, brands = excluded.brands";
    batch.push("DELETE FROM brands WHERE bundle = $1", Expect::Any, [url.into()]);
    for (source_id, body) in brands {
        batch.push(INSERT, Expect::One, [(*source_id).into(), url.into(), now.into(), body.as_slice().into()]);
    }
    let count = i64::try_from(brands.len()).unwrap_or(i64::MAX);
    batch.push(BUNDLE, Expect::One, [url.into(), etag.into(), now.into(), count.into()]);
}

pub fn delete_bundle(batch: &mut Batch, url: &str) {
    batch.push("DELETE FROM brands WHERE bundle = $1", Expect::Any, [url.into()]);
    batch.push("DELETE FROM bundles WHERE url = $1", Expect::Any, [url.into()]);
}

fn read(mut row: Row) -> Result<BrandRow, Error> {
    Ok(BrandRow { source_id: row.id(0)?, bundle: row.text(1)?, updated_at: row.at(2)?, body: row.bytes(3)? })
}

fn read_bundle(mut row: Row) -> Result<BundleRow, Error> {
    Ok(BundleRow { url: row.text(0)?, etag: row.opt_text(1)?, imported_at: row.at(2)?, brands: row.count(3)? })
}
