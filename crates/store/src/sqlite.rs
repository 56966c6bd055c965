//! SQLite: one thread that writes and a few connections that read, all on one file in WAL mode.

mod readers;
mod statements;
mod writer;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use crate::{Batch, Done, Error, Row, Value, migrations};
use readers::Readers;
use statements::Statements;
use writer::Writer;

const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub struct Sqlite(Arc<Open>);

struct Open {
    path: PathBuf,
    readers: Readers,
    writer: Writer,
}

impl Sqlite {
    pub async fn open(path: &str) -> Result<Sqlite, Error> {
        let path = PathBuf::from(path);
        blocking(move || {
            create(&path)?;
            let writer = Writer::start(Statements::new(connect(&path, Use::Write)?))?;
            let readers = Readers::new(|patient| {
                let connection = connect(&path, Use::Read)?;
                if !patient {
                    connection.busy_timeout(Duration::ZERO)?;
                }
                Ok(Statements::new(connection))
            })?;
            Ok(Sqlite(Arc::new(Open { path, readers, writer })))
        })
        .await
    }

    pub async fn point(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        self.0.readers.point(sql, params).await
    }

    pub async fn list(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, Error> {
        self.0.readers.list(sql, params).await
    }

    pub async fn commit(&self, batch: Batch) -> Result<Vec<Done>, Error> {
        let (answer, result) = oneshot::channel();
        self.0.writer.send(writer::Write { batch, answer });
        result.await.unwrap_or_else(|_| Err(stopped()))
    }

    pub async fn migrate(&self) -> Result<Vec<String>, Error> {
        let path = self.0.path.clone();
        blocking(move || migrations::run_sqlite(&mut connect(&path, Use::Write)?)).await
    }

    pub async fn pending_migrations(&self) -> Result<Vec<String>, Error> {
        let path = self.0.path.clone();
        blocking(move || migrations::pending_sqlite(&mut connect(&path, Use::Read)?)).await
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Read,
    Write,
}

/// Only the owner may read the file; SQLite gives its companions the same permissions.
fn create(path: &Path) -> Result<(), Error> {
    let unavailable = |error: std::io::Error| Error::Unavailable(format!("cannot open the SQLite file: {error}"));
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            // The file's name must survive a power failure just as its contents.
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(unavailable)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unavailable(error)),
    }
}

fn connect(path: &Path, purpose: Use) -> Result<Connection, Error> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    // Without the guarantee of a stable plan, this build of SQLite parses a statement again for every new binding.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    match purpose {
        // A large commit would otherwise write pages and read them again.
        Use::Write => {
            connection.execute_batch("PRAGMA cache_size = -16384")?;
            use_wal(&connection)?;
        }
        // Mapped pages stay valid when the writer commits, while each connection's own cache is dropped.
        Use::Read => connection
            .execute_batch("PRAGMA cache_size = -1024; PRAGMA query_only = ON; PRAGMA mmap_size = 134217728")?,
    }
    Ok(connection)
}

/// Changing the journal mode does not wait for other processes by itself.
fn use_wal(connection: &Connection) -> Result<(), Error> {
    let switch = || connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
    let pause = Duration::from_millis(20);
    let mut patience = PATIENCE;
    loop {
        match switch() {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => return Err(Error::Unavailable("the file system cannot hold a SQLite write-ahead log".into())),
            Err(error) if busy(&error) && !patience.is_zero() => {
                std::thread::sleep(pause);
                patience = patience.saturating_sub(pause);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn stopped() -> Error {
    Error::Unavailable("a SQLite thread has stopped".into())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(stopped()))
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        let Some(cause) = error.sqlite_error() else {
            // What is left are misuses of the binding; their texts hold no values.
            return Error::Sqlite { code: ffi::SQLITE_MISUSE, message: error.to_string() };
        };
        let message = ffi::code_to_str(cause.extended_code).to_owned();
        match cause.code {
            _ if cause.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE => Error::Conflict,
            _ if cause.extended_code == ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Error::Conflict,
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure => Error::Unavailable(message),
            _ => Error::Sqlite { code: cause.extended_code, message },
        }
    }
}
