//! Normalised records; the body is the final response JSON, sealed.

use std::ops::Range;

use domain::{ConnectionId, HumanId, RecordId, Timestamp};

use crate::{Batch, Db, Error, Expect, Hash, Row, Value};

/// How many sources one filter may name.
pub const MAX_SOURCES: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    pub human_id: HumanId,
    pub kind: String,
    pub id: RecordId,
    pub connection_id: ConnectionId,
    pub source_hash: Hash,
    pub dates: Dates,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub content_hash: Hash,
    /// Under what the document behind it is stored among the resources, for kinds that give it out.
    pub document_key: Option<String>,
    /// Keyed hash of the fact it states: what shares it in another connection is its twin.
    pub fact_hash: Option<Hash>,
    pub body: Vec<u8>,
}

/// Where the document behind a record is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentPlace {
    pub connection_id: ConnectionId,
    pub document_key: String,
}

/// What a record is sorted and found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    /// Sorted after all others, and never within a range of dates.
    Undated,
    Dated {
        sort: Timestamp,
        from: Timestamp,
        to: Timestamp,
    },
}

/// A record without its body, as the mapping compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    pub kind: String,
    pub id: RecordId,
    pub content_hash: Hash,
    pub created_at: Timestamp,
    pub fact_hash: Option<Hash>,
    pub hidden: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub id: RecordId,
    pub body: Vec<u8>,
}

/// Ties go by id, the highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By the record's own date, undated last.
    #[default]
    NewestFirst,
    /// By when it was first stored.
    CreatedFirst,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub human_id: HumanId,
    pub kind: String,
    pub created: Range<Timestamp>,
    pub updated: Range<Timestamp>,
    /// Records any part of which lies in the range.
    pub dates: Option<Range<Timestamp>>,
    /// `None` for any source; at most [`MAX_SOURCES`].
    pub sources: Option<Vec<Hash>>,
    pub order: Order,
}

impl Filter {
    /// Everything of one kind, newest first.
    pub fn all(human_id: HumanId, kind: impl Into<String>) -> Filter {
        Filter {
            human_id,
            kind: kind.into(),
            created: Timestamp::MIN..Timestamp::MAX,
            updated: Timestamp::MIN..Timestamp::MAX,
            dates: None,
            sources: None,
            order: Order::NewestFirst,
        }
    }

    fn width(&self) -> Width {
        let open = Timestamp::MIN..Timestamp::MAX;
        match &self.sources {
            Some(_) => Width::Sources,
            None if self.created == open && self.updated == open && self.dates.is_none() => Width::All,
            None => Width::Ranges,
        }
    }

    fn params(&self) -> Result<Vec<Value>, Error> {
        let mut params: Vec<Value> = vec![self.human_id.into(), self.kind.as_str().into()];
        if self.width() == Width::All {
            return Ok(params);
        }
        let dates = match &self.dates {
            // Closed at the top, so that the sentinel of the undated is outside of every range.
            Some(dates) => [dates.end.0.saturating_sub(1), dates.start.0],
            None => [i64::MAX, i64::MIN],
        };
        params.extend([self.created.start, self.created.end, self.updated.start, self.updated.end].map(Value::from));
        params.extend(dates.map(Value::from));
        if let Some(sources) = &self.sources {
            if sources.len() > MAX_SOURCES {
                return Err(Error::TooMany("sources"));
            }
            let nowhere = std::iter::repeat(Value::Bytes(Vec::new()));
            params.extend(sources.iter().map(Value::from).chain(nowhere).take(MAX_SOURCES));
        }
        Ok(params)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    All,
    Ranges,
    Sources,
}

macro_rules! all {
    () => {
        " FROM records WHERE human_id = $1 AND kind = $2 AND hidden_at IS NULL"
    };
}
// The plus keeps SQLite from walking the index of another order and sorting whole bodies.
macro_rules! ranges {
    ($plus:literal) => {
        concat!(
            all!(),
            concat!(" AND ", $plus, "created_at >= $3 AND ", $plus, "created_at < $4"),
            " AND updated_at >= $5 AND updated_at < $6 AND from_at <= $7 AND to_at >= $8"
        )
    };
}
macro_rules! sources {
    ($plus:literal) => {
        concat!(
            ranges!($plus),
            " AND source_hash IN ($9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,",
            " $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40)"
        )
    };
}
macro_rules! newest {
    ($from:expr, $limit:literal) => {
        concat!("SELECT id, body", $from, " ORDER BY sort_at DESC, id DESC ", $limit)
    };
}
macro_rules! created {
    ($from:expr, $limit:literal) => {
        concat!("SELECT id, body", $from, " ORDER BY created_at, id DESC ", $limit)
    };
}

pub async fn count(db: &Db, filter: &Filter) -> Result<u64, Error> {
    let sql = match filter.width() {
        Width::All => concat!("SELECT COUNT(*)", all!()),
        Width::Ranges => concat!("SELECT COUNT(*)", ranges!("")),
        Width::Sources => concat!("SELECT COUNT(*)", sources!("")),
    };
    db.get(sql, filter.params()?, |mut row| row.count(0)).await
}

pub async fn page(db: &Db, filter: &Filter, offset: u32, limit: u32) -> Result<Vec<Body>, Error> {
    let sql = match (filter.order, filter.width()) {
        (Order::NewestFirst, Width::All) => newest!(all!(), "LIMIT $3 OFFSET $4"),
        (Order::NewestFirst, Width::Ranges) => newest!(ranges!("+"), "LIMIT $9 OFFSET $10"),
        (Order::NewestFirst, Width::Sources) => newest!(sources!("+"), "LIMIT $41 OFFSET $42"),
        (Order::CreatedFirst, Width::All) => created!(all!(), "LIMIT $3 OFFSET $4"),
        (Order::CreatedFirst, Width::Ranges) => created!(ranges!(""), "LIMIT $9 OFFSET $10"),
        (Order::CreatedFirst, Width::Sources) => created!(sources!(""), "LIMIT $41 OFFSET $42"),
    };
    let mut params = filter.params()?;
    params.extend([limit.into(), offset.into()]);
    db.list(sql, params, read).await
}

/// Hidden records are not found.
pub async fn find(db: &Db, human_id: HumanId, kind: &str, id: RecordId) -> Result<Option<Body>, Error> {
    const SQL: &str = concat!("SELECT id, body", all!(), " AND id = $3");
    db.find(SQL, [human_id.into(), kind.into(), id.into()], read).await
}

/// The newest by its own date; of those as new, or undated, the one that changed last.
pub async fn newest(db: &Db, human_id: HumanId, kind: &str) -> Result<Option<Body>, Error> {
    const SQL: &str = concat!("SELECT id, body", all!(), " ORDER BY sort_at DESC, updated_at DESC, id DESC LIMIT 1");
    db.find(SQL, [human_id.into(), kind.into()], read).await
}

/// Where the document behind a record is; none when the record is hidden or has no document.
pub async fn find_document(
    db: &Db,
    human_id: HumanId,
    kind: &str,
    id: RecordId,
) -> Result<Option<DocumentPlace>, Error> {
    const SQL: &str =
        concat!("SELECT connection_id, document_key", all!(), " AND id = $3 AND document_key IS NOT NULL");
    let read = |mut row: Row| Ok(DocumentPlace { connection_id: row.id(0)?, document_key: row.text(1)? });
    db.find(SQL, [human_id.into(), kind.into(), id.into()], read).await
}

/// How many there are of each kind, without hidden ones.
pub async fn counts(db: &Db, human_id: HumanId) -> Result<Vec<(String, u64)>, Error> {
    const SQL: &str =
        "SELECT kind, COUNT(*) FROM records WHERE human_id = $1 AND hidden_at IS NULL GROUP BY kind ORDER BY kind";
    db.list(SQL, [human_id.into()], |mut row| Ok((row.text(0)?, row.count(1)?))).await
}

const INDEX: &str = "SELECT kind, id, content_hash, created_at, fact_hash, hidden_at FROM records
    WHERE human_id = $1 AND connection_id = $2 ORDER BY kind, id";

/// Everything that came from one connection, hidden ones too.
pub async fn index(db: &Db, human_id: HumanId, connection_id: ConnectionId) -> Result<Vec<Indexed>, Error> {
    db.list(INDEX, [human_id.into(), connection_id.into()], read_indexed).await
}

/// Keeps the stored `created_at`; `changed` is 0, and nothing is written, when the same content is already shown.
/// What is written has no links yet: they are made by [`crate::twins`] when all is in place.
pub fn put(batch: &mut Batch, record: &NewRecord) -> usize {
    const SQL: &str = "INSERT INTO records (human_id, kind, id, connection_id, source_hash, sort_at, from_at, to_at, created_at,
        updated_at, content_hash, document_key, fact_hash, same_as, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (human_id, kind, id) DO UPDATE SET connection_id = excluded.connection_id, source_hash = excluded.source_hash,
        sort_at = excluded.sort_at, from_at = excluded.from_at, to_at = excluded.to_at, updated_at = excluded.updated_at,
        content_hash = excluded.content_hash, hidden_at = NULL, document_key = excluded.document_key,
        fact_hash = excluded.fact_hash, same_as = excluded.same_as, body = excluded.body
        WHERE records.content_hash <> excluded.content_hash OR records.hidden_at IS NOT NULL";
    let [sort, from, to] = match record.dates {
        Dates::Undated => [Timestamp::MIN, Timestamp::MAX, Timestamp::MIN],
        Dates::Dated { sort, from, to } => [sort, from, to],
    };
    let params = [
        record.human_id.into(),
        record.kind.as_str().into(),
        record.id.into(),
        record.connection_id.into(),
        record.source_hash.into(),
        sort.into(),
        from.into(),
        to.into(),
        record.created_at.into(),
        record.updated_at.into(),
        record.content_hash.into(),
        record.document_key.as_deref().into(),
        record.fact_hash.into(),
        Value::Bytes(Vec::new()),
        record.body.as_slice().into(),
    ];
    batch.push(SQL, Expect::Any, params)
}

/// The same content, known to state another fact: nobody reads of this, so no time moves.
pub fn set_fact(batch: &mut Batch, human_id: HumanId, kind: &str, id: RecordId, fact_hash: Option<Hash>) -> usize {
    const SQL: &str = "UPDATE records SET fact_hash = $4 WHERE human_id = $1 AND kind = $2 AND id = $3";
    batch.push(SQL, Expect::Any, [human_id.into(), kind.into(), id.into(), fact_hash.into()])
}

/// Takes the record out of every list until it is put again.
pub fn hide(batch: &mut Batch, human_id: HumanId, kind: &str, id: RecordId, now: Timestamp) -> usize {
    const SQL: &str = "UPDATE records SET hidden_at = $4, updated_at = $4
        WHERE human_id = $1 AND kind = $2 AND id = $3 AND hidden_at IS NULL";
    batch.push(SQL, Expect::Any, [human_id.into(), kind.into(), id.into(), now.into()])
}

fn read(mut row: Row) -> Result<Body, Error> {
    Ok(Body { id: row.id(0)?, body: row.bytes(1)? })
}

fn read_indexed(mut row: Row) -> Result<Indexed, Error> {
    Ok(Indexed {
        kind: row.text(0)?,
        id: row.id(1)?,
        content_hash: row.hash(2)?,
        created_at: row.at(3)?,
        fact_hash: row.opt_hash(4)?,
        hidden: row.opt_at(5)?.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without statistics SQLite would rather not sort than read one connection instead of the whole person.
    #[tokio::test(flavor = "multi_thread")]
    async fn sqlite_reads_by_the_fitting_index() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", folder.path().join("plans.db").display())).await.unwrap();
        db.migrate().await.unwrap();
        let (newest, created) = (newest!(all!(), "LIMIT $3 OFFSET $4"), created!(all!(), "LIMIT $3 OFFSET $4"));
        for (sql, index) in [
            (INDEX, "records_by_connection (human_id=? AND connection_id=?)"),
            (newest, "records_newest (human_id=? AND kind=?)"),
            (created, "records_created (human_id=? AND kind=?)"),
            (newest!(ranges!("+"), "LIMIT $9 OFFSET $10"), "records_newest (human_id=? AND kind=?"),
            (created!(ranges!(""), "LIMIT $9 OFFSET $10"), "records_created (human_id=? AND kind=?"),
        ] {
            let explain: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {sql}").into_boxed_str());
            let params: Vec<Value> = (1..=explain.matches('$').count()).map(|_| Value::Int(0)).collect();
            let plan = db.list(explain, params, |mut row| row.text(3)).await.unwrap().join("\n");
            assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}\nof {sql}");
        }
    }
}
