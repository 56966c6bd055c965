//! Queued work and its leases.

use domain::{HumanId, RowId, Timestamp};

use crate::{Backend, Batch, Db, Error, Expect, Row, Value};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    pub id: RowId,
    pub kind: String,
    /// `None` for work that is about no one person.
    pub human_id: Option<HumanId>,
    pub subject: String,
    /// Claims so far, this one included.
    pub attempts: u32,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Kept only when no job of this kind, human and subject waits yet.
    pub id: RowId,
    pub kind: &'static str,
    pub human_id: Option<HumanId>,
    pub subject: String,
    pub due_at: Timestamp,
    pub created_at: Timestamp,
}

macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "WITH due AS (SELECT id FROM jobs WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2",
            $lock,
            ") UPDATE jobs SET lease = $3, due_at = $4, attempts = attempts + 1, ",
            "again_at = CASE WHEN again_at > $1 THEN again_at ELSE NULL END WHERE id IN (SELECT id FROM due) ",
            "RETURNING id, kind, human_id, subject, attempts, created_at"
        )
    };
}

/// Leases up to `limit` due jobs until `until`; a job whose lease ran out is due again.
pub async fn claim(db: &Db, lease: RowId, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<JobRow>, Error> {
    let sql = match db.kind() {
        Backend::Sqlite => claim!(""),
        Backend::Postgres => claim!(" FOR UPDATE SKIP LOCKED"),
    };
    let mut batch = Batch::new();
    batch.push(sql, Expect::Any, [now.into(), limit.into(), lease.into(), until.into()]);
    let done = db.commit(batch).await?;
    done.into_iter().flat_map(|done| done.rows).map(read).collect()
}

/// Leases the one job of this kind about this subject, when it is due: for who waits for just that work.
/// `Ok(None)` while somebody else works on it; [`is_queued`] tells whether there is anything left to wait for.
pub async fn claim_one(
    db: &Db,
    (kind, human_id, subject): (&'static str, HumanId, &str),
    lease: RowId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<JobRow>, Error> {
    const SQL: &str = "UPDATE jobs SET lease = $5, due_at = $6, attempts = attempts + 1,
        again_at = CASE WHEN again_at > $4 THEN again_at ELSE NULL END
        WHERE kind = $1 AND human_id = $2 AND subject = $3 AND due_at <= $4
        RETURNING id, kind, human_id, subject, attempts, created_at";
    let mut batch = Batch::new();
    let params = [kind.into(), human_id.into(), subject.into(), now.into(), lease.into(), until.into()];
    batch.push(SQL, Expect::Any, params);
    let done = db.commit(batch).await?;
    done.into_iter().flat_map(|done| done.rows).next().map(read).transpose()
}

/// Whether the job waits or runs.
pub async fn is_queued(db: &Db, kind: &'static str, human_id: HumanId, subject: &str) -> Result<bool, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM jobs WHERE kind = $1 AND human_id = $2 AND subject = $3";
    db.get(SQL, [kind.into(), human_id.into(), subject.into()], |mut row| Ok(row.count(0)? > 0)).await
}

/// When the next job falls due or the next lease runs out.
pub async fn next_due(db: &Db) -> Result<Option<Timestamp>, Error> {
    db.get("SELECT MIN(due_at) FROM jobs", [], |mut row| row.opt_at(0)).await
}

/// The earlier time wins when the job already waits; while it runs, it is queued to run once more.
pub fn enqueue(batch: &mut Batch, job: &NewJob) -> usize {
    const SQL: &str = "INSERT INTO jobs (id, kind, human_id, subject, due_at, attempts, created_at) VALUES ($1, $2, $3, $4, $5, 0, $6)
        ON CONFLICT (kind, human_id, subject) DO UPDATE SET
        due_at = CASE WHEN jobs.lease IS NULL AND excluded.due_at < jobs.due_at THEN excluded.due_at ELSE jobs.due_at END,
        again_at = CASE WHEN jobs.lease IS NULL THEN NULL WHEN jobs.again_at < excluded.due_at THEN jobs.again_at ELSE excluded.due_at END";
    let params = [
        job.id.into(),
        job.kind.into(),
        human(job.human_id),
        job.subject.as_str().into(),
        job.due_at.into(),
        job.created_at.into(),
    ];
    batch.push(SQL, Expect::One, params)
}

/// Fences a worker's writes: a lost lease fails the batch.
pub fn renew(batch: &mut Batch, id: RowId, lease: RowId, until: Timestamp) -> usize {
    const SQL: &str = "UPDATE jobs SET due_at = $3 WHERE id = $1 AND lease = $2";
    batch.push(SQL, Expect::One, [id.into(), lease.into(), until.into()])
}

/// Forgets the job, or lets it wait again when it was asked for while it ran; a lost lease fails the batch.
pub fn finish(batch: &mut Batch, id: RowId, lease: RowId) {
    const FENCE: &str = "UPDATE jobs SET attempts = 0 WHERE id = $1 AND lease = $2";
    const DELETE: &str = "DELETE FROM jobs WHERE id = $1 AND lease = $2 AND again_at IS NULL";
    const AGAIN: &str = "UPDATE jobs SET due_at = again_at, again_at = NULL, lease = NULL WHERE id = $1 AND lease = $2";
    batch.push(FENCE, Expect::One, [id.into(), lease.into()]);
    batch.push(DELETE, Expect::Any, [id.into(), lease.into()]);
    batch.push(AGAIN, Expect::Any, [id.into(), lease.into()]);
}

/// Gives the job back for a later attempt, or for an earlier one it was asked for while it ran;
/// a lost lease fails the batch.
pub fn reschedule(batch: &mut Batch, id: RowId, lease: RowId, due_at: Timestamp) -> usize {
    const SQL: &str =
        "UPDATE jobs SET due_at = CASE WHEN again_at < $3 THEN again_at ELSE $3 END, again_at = NULL, lease = NULL
        WHERE id = $1 AND lease = $2";
    batch.push(SQL, Expect::One, [id.into(), lease.into(), due_at.into()])
}

/// The same after work that went as it should: its failed attempts are forgotten.
pub fn postpone(batch: &mut Batch, id: RowId, lease: RowId, due_at: Timestamp) -> usize {
    const SQL: &str = "UPDATE jobs SET attempts = 0 WHERE id = $1 AND lease = $2";
    batch.push(SQL, Expect::One, [id.into(), lease.into()]);
    reschedule(batch, id, lease, due_at)
}

fn human(id: Option<HumanId>) -> Value {
    id.map_or(String::new(), HumanId::to_hex).into()
}

fn read(mut row: Row) -> Result<JobRow, Error> {
    let human_id = row.text(2)?;
    Ok(JobRow {
        id: row.id(0)?,
        kind: row.text(1)?,
        human_id: match human_id.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| Error::Corrupt("an identifier"))?),
        },
        subject: row.text(3)?,
        attempts: u32::try_from(row.int(4)?).map_err(|_| Error::Corrupt("a count"))?,
        created_at: row.at(5)?,
    })
}
