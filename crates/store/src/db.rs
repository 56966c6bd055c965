use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::{Batch, Done, Error, Row, Value};

/// A database: a cheap clone over one SQLite file or one PostgreSQL pool.
#[derive(Clone)]
pub struct Db(Engine);

#[derive(Clone)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Db {
    /// Opens `sqlite:PATH` (created when missing) or `postgres://…`, without touching the schema.
    ///
    /// TLS is used as `sslmode` says and always verified; without `sslmode` there is none.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot be reached within a few seconds.
    pub async fn open(url: &str) -> Result<Db, Error> {
        match url.split_once(':') {
            Some(("sqlite", path)) => Ok(Db(Engine::Sqlite(Sqlite::open(path).await?))),
            Some(("postgres" | "postgresql", _)) => Ok(Db(Engine::Postgres(Postgres::open(url).await?))),
            _ => Err(Error::Unavailable("expected sqlite:PATH or postgres://… as database".into())),
        }
    }

    pub fn kind(&self) -> Backend {
        match &self.0 {
            Engine::Sqlite(_) => Backend::Sqlite,
            Engine::Postgres(_) => Backend::Postgres,
        }
    }

    /// Applies what is pending, all or nothing; answers what was applied. Safe when several processes start at once.
    ///
    /// # Errors
    /// `Migration` when a step fails or an applied step was edited afterwards.
    pub async fn migrate(&self) -> Result<Vec<String>, Error> {
        match &self.0 {
            Engine::Sqlite(sqlite) => sqlite.migrate().await,
            Engine::Postgres(postgres) => postgres.migrate().await,
        }
    }

    /// The migrations [`Db::migrate`] would apply.
    ///
    /// # Errors
    /// `Unavailable` or `Migration`.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, Error> {
        match &self.0 {
            Engine::Sqlite(sqlite) => sqlite.pending_migrations().await,
            Engine::Postgres(postgres) => postgres.pending_migrations().await,
        }
    }

    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn ping(&self) -> Result<(), Error> {
        self.get("SELECT 1", [], |_| Ok(())).await
    }

    /// Commits the batch, all or nothing; it is on disk when this returns.
    ///
    /// # Errors
    /// `Conflict` when an expectation is not met or a key is taken.
    pub async fn commit(&self, batch: Batch) -> Result<Vec<Done>, Error> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        match &self.0 {
            Engine::Sqlite(sqlite) => sqlite.commit(batch).await,
            Engine::Postgres(postgres) => postgres.commit(batch).await,
        }
    }

    pub(crate) async fn list<T>(
        &self,
        sql: &'static str,
        params: impl Into<Vec<Value>>,
        read: fn(Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let rows = match &self.0 {
            Engine::Sqlite(sqlite) => sqlite.list(sql, params.into()).await?,
            Engine::Postgres(postgres) => postgres.query(sql, params.into()).await?,
        };
        rows.into_iter().map(read).collect()
    }

    /// For statements that find at most one row by its key, and so cost little.
    pub(crate) async fn find<T>(
        &self,
        sql: &'static str,
        params: impl Into<Vec<Value>>,
        read: fn(Row) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let rows = match &self.0 {
            Engine::Sqlite(sqlite) => sqlite.point(sql, params.into()).await?,
            Engine::Postgres(postgres) => postgres.query(sql, params.into()).await?,
        };
        rows.into_iter().next().map(read).transpose()
    }

    /// For statements that compute one row, however many they look at.
    pub(crate) async fn get<T>(
        &self,
        sql: &'static str,
        params: impl Into<Vec<Value>>,
        read: fn(Row) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.list(sql, params, read).await?.pop().ok_or(Error::Corrupt("a row"))
    }
}
