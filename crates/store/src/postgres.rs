//! PostgreSQL: a pool of connections, each batch one pipelined transaction.

mod values;

use std::time::Duration;

use deadpool_postgres::{Client, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use futures_util::future::{BoxFuture, FutureExt, maybe_done, poll_fn};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::batch::Statement as Step;
use crate::{Batch, Done, Error, Row, Value, migrations};

const CONNECT: Duration = Duration::from_secs(5);
/// How long a request waits for one of the pool's connections.
const WAIT: Duration = Duration::from_secs(10);
/// How long the server may leave data unanswered before the connection counts as lost.
const SILENCE: Duration = Duration::from_secs(15);
const CONNECTIONS: usize = 16;
/// Statements that are under way at once; bounds the memory of very long batches.
const PIPELINE: usize = 128;
const ATTEMPTS: usize = 5;

#[derive(Clone)]
pub struct Postgres(Pool);

/// Why a transaction ended early, and whether it may be tried again as it was.
struct Failed {
    error: Error,
    again: bool,
}

impl Postgres {
    pub async fn open(url: &str) -> Result<Postgres, Error> {
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let config = config(url)?;
        let manager = match config.get_ssl_mode() {
            SslMode::Disable => Manager::from_config(config, NoTls, manager),
            _ => Manager::from_config(config, tls()?, manager),
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .create_timeout(Some(CONNECT))
            .wait_timeout(Some(WAIT))
            .recycle_timeout(Some(CONNECT))
            .build()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        drop(pool.get().await?);
        Ok(Postgres(pool))
    }

    pub async fn query(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let client = self.0.get().await?;
            match read(&client, sql, &params).await {
                Ok(done) => return Ok(done.rows),
                // A connection the server closed meanwhile, as after its restart.
                Err(_) if client.is_closed() && left > 0 => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub async fn commit(&self, batch: Batch) -> Result<Vec<Done>, Error> {
        let pool = self.0.clone();
        // A task of its own: a caller that goes away must not leave half a transaction on a pooled connection.
        let task = tokio::spawn(async move {
            let mut left = ATTEMPTS;
            loop {
                left -= 1;
                let client = pool.get().await?;
                match transact(client, &batch).await {
                    Err(failed) if failed.again && left > 0 => {}
                    result => return result.map_err(|failed| failed.error),
                }
            }
        });
        task.await.unwrap_or_else(|_| Err(Error::Unavailable("the commit was interrupted".into())))
    }

    pub async fn migrate(&self) -> Result<Vec<String>, Error> {
        let mut client = Object::take(self.0.get().await?);
        migrations::run_postgres(&mut client).await
    }

    pub async fn pending_migrations(&self) -> Result<Vec<String>, Error> {
        let mut client = self.0.get().await?;
        migrations::pending_postgres(&mut client).await
    }
}

fn config(url: &str) -> Result<Config, Error> {
    // We always verify, so both of libpq's words for it mean `require` here.
    let strict = url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
    let mut config: Config =
        strict.parse().map_err(|_| Error::Unavailable("the database URL is not understood".into()))?;
    if !url.contains("sslmode=") {
        config.ssl_mode(SslMode::Disable);
    }
    config.connect_timeout(CONNECT).tcp_user_timeout(SILENCE).keepalives_idle(Duration::from_secs(30));
    if config.get_application_name().is_none() {
        config.application_name("tributary");
    }
    Ok(config)
}

fn tls() -> Result<MakeRustlsConnect, Error> {
    match MakeRustlsConnect::with_native_certs() {
        Ok((tls, _)) => Ok(tls),
        Err(_) => Err(Error::Unavailable("no root certificates to verify PostgreSQL with; set SSL_CERT_FILE".into())),
    }
}

async fn read(client: &Client, sql: &'static str, params: &[Value]) -> Result<Done, tokio_postgres::Error> {
    let statement = client.prepare_cached(sql).await?;
    run(client, &statement, params).await
}

async fn run(client: &Client, statement: &Statement, params: &[Value]) -> Result<Done, tokio_postgres::Error> {
    let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
    if statement.columns().is_empty() {
        return Ok(Done { changed: client.execute(statement, &params).await?, rows: Vec::new() });
    }
    let rows = client.query(statement, &params).await?;
    let rows = rows.iter().map(values::row).collect::<Result<Vec<Row>, _>>()?;
    Ok(Done { changed: rows.len() as u64, rows })
}

/// Commits the batch, or rolls it back and gives the connection away when even that fails.
async fn transact(client: Client, batch: &Batch) -> Result<Vec<Done>, Failed> {
    let failed = match apply(&client, batch).await {
        Ok(done) => match client.batch_execute("COMMIT").await {
            Ok(()) => return Ok(done),
            // Without an answer nobody knows whether it is written, and trying again could write twice.
            Err(error) => Failed { again: false, error: error.into() },
        },
        Err(failed) => failed,
    };
    if client.batch_execute("ROLLBACK").await.is_err() {
        drop(Object::take(client));
    }
    Err(failed)
}

async fn apply(client: &Client, batch: &Batch) -> Result<Vec<Done>, Failed> {
    let mut steps: Vec<(&Step, Statement)> = Vec::with_capacity(batch.len());
    for step in &batch.0 {
        steps.push((step, client.prepare_cached(step.sql).await.map_err(|error| failed(client, error))?));
    }
    let begin =
        async { client.batch_execute("BEGIN; SET LOCAL synchronous_commit = on").await.map(|()| Done::default()) };
    let mut begin = Some(start(begin.boxed()).await);
    let mut all = Vec::with_capacity(batch.len());
    for chunk in steps.chunks(PIPELINE) {
        let mut flight = Vec::with_capacity(chunk.len());
        for (step, statement) in chunk {
            flight.push(start(run(client, statement, &step.params).boxed()).await);
        }
        if let Some(begin) = begin.take() {
            begin.await.map_err(|error| failed(client, error))?;
        }
        // In order, so that the first failure is the one reported and not those it caused.
        for ((step, _), answer) in chunk.iter().zip(flight) {
            let done = answer.await.map_err(|error| failed(client, error))?;
            if !step.expect.met(done.changed) {
                return Err(Failed { error: Error::Conflict, again: false });
            }
            all.push(done);
        }
    }
    Ok(all)
}

type Answer<'a> = BoxFuture<'a, Result<Done, tokio_postgres::Error>>;

/// Sends a statement without waiting for its answer. The first poll is what sends, so the order of
/// these calls is the order on the wire.
async fn start(statement: Answer<'_>) -> Answer<'_> {
    let mut sent = Box::pin(maybe_done(statement));
    poll_fn(|context| {
        let _ = sent.as_mut().poll_unpin(context);
        std::task::Poll::Ready(())
    })
    .await;
    async move {
        sent.as_mut().await;
        sent.as_mut().take_output().unwrap_or_else(|| Ok(Done::default()))
    }
    .boxed()
}

fn failed(client: &Client, error: tokio_postgres::Error) -> Failed {
    let lost_race =
        matches!(error.code(), Some(&(SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED)));
    Failed { again: lost_race || client.is_closed(), error: error.into() }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Error {
        let Some(cause) = error.as_db_error() else {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            return Error::Unavailable(format!("PostgreSQL: {error}{cause}"));
        };
        let code = cause.code().code();
        // Message and detail may quote values; names of tables and constraints may not.
        let object = cause.constraint().or(cause.column()).or(cause.table()).unwrap_or("no object named");
        match code {
            "23505" => Error::Conflict,
            "40001" | "40P01" | "55P03" => Error::Unavailable(format!("PostgreSQL is busy ({code})")),
            "28000" | "28P01" => Error::Unavailable(format!("PostgreSQL refused the login ({code})")),
            "3D000" => Error::Unavailable("PostgreSQL has no such database (3D000)".into()),
            _ if ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => {
                Error::Unavailable(format!("PostgreSQL cannot answer now ({code})"))
            }
            _ => Error::Postgres { code: code.to_owned(), object: object.to_owned() },
        }
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Error {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_) => Error::Unavailable("PostgreSQL did not answer in time".into()),
            error => Error::Unavailable(format!("PostgreSQL: {error}")),
        }
    }
}
