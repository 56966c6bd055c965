//! Opening the platform on a database with a master key.

use std::path::PathBuf;
use std::sync::Arc;

use domain::Timestamp;
use store::keys::Key;
use store::{Batch, Db};
use tokio::sync::Semaphore;
use url::Url;

use crate::apps::AppCache;
use crate::clock::Clock;
use crate::directory::Directory;
use crate::fhir::Fhir;
use crate::grants::Refreshes;
use crate::http::Http;
use crate::keys::{KeyName, Keys};
use crate::limits::{Limiters, RateLimits};
use crate::providers::Providers;
use crate::records::PageCache;
use crate::reports::Reports;
use crate::sealing::{DATA_KEYS, DataKeys, MasterKey, RootKeys};

#[cfg(test)]
pub(crate) mod testing;

/// Imports at once, each with everything in its files in memory.
const IMPORTS: usize = 2;
/// Documents converted at once.
const CONVERSIONS: usize = 4;

pub struct Options {
    /// `sqlite:PATH` or `postgres://…`
    pub database: String,
    /// The one public origin everything is served under, without a trailing slash.
    pub base_url: Url,
    pub master_key: MasterKey,
    pub clock: Clock,
    pub limits: RateLimits,
    /// A folder for what can be made again, such as the search index; without one it is kept in memory.
    pub cache: Option<PathBuf>,
    /// Loopback and plain http are fine, apps without origins may be framed by any page.
    pub development: bool,
}

/// The platform; a cheap clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) base_url: Url,
    pub(crate) development: bool,
    pub(crate) limiters: Limiters,
    pub(crate) root: RootKeys,
    pub(crate) keys: Keys,
    pub(crate) data_keys: DataKeys,
    pub(crate) apps: AppCache,
    pub(crate) pages: PageCache,
    pub(crate) fhir: Fhir,
    pub(crate) reports: Reports,
    pub(crate) imports: Semaphore,
    pub(crate) conversions: Arc<Semaphore>,
    // What reaches out.
    pub(crate) http: Http,
    pub(crate) directory: Directory,
    pub(crate) providers: Providers,
    pub(crate) refreshes: Refreshes,
    /// Rings when a job was queued.
    pub(crate) wake: tokio::sync::Notify,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database has pending migrations: {0}; run `tributary migrate`")]
    Pending(String),
    #[error("the master key does not open this database")]
    WrongMasterKey,
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Engine {
    /// Opens the database, unwraps the installation keys and warms the directory index.
    ///
    /// # Errors
    /// When the database cannot be reached, is not migrated, or belongs to another master key.
    pub async fn open(options: Options) -> Result<Engine, OpenError> {
        let db = Db::open(&options.database).await?;
        let pending = db.pending_migrations().await?;
        if !pending.is_empty() {
            return Err(OpenError::Pending(pending.join(", ")));
        }
        let root = RootKeys::of(&options.master_key);
        let keys = installation_keys(&db, &root, &options.clock).await?;
        let inner = Inner {
            db,
            clock: options.clock,
            http: Http::new(&options.base_url, options.development),
            directory: Directory::new(options.cache.map(|folder| folder.join("directory"))),
            providers: Providers::default(),
            refreshes: Refreshes::default(),
            wake: tokio::sync::Notify::new(),
            base_url: options.base_url,
            development: options.development,
            limiters: Limiters::new(options.limits),
            root,
            keys,
            data_keys: DataKeys::new(DATA_KEYS),
            apps: AppCache::default(),
            pages: PageCache::default(),
            fhir: Fhir::default(),
            reports: Reports::default(),
            imports: Semaphore::new(IMPORTS),
            conversions: Arc::new(Semaphore::new(CONVERSIONS)),
        };
        let engine = Engine { inner: Arc::new(inner) };
        engine.refresh_directory().await?;
        engine.follow_directory();
        Ok(engine)
    }

    /// The database answers and the keys are there; what `/ready` reports.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ready(&self) -> Result<(), store::Error> {
        self.inner.db.ping().await
    }

    pub fn base_url(&self) -> &Url {
        &self.inner.base_url
    }

    pub fn development(&self) -> bool {
        self.inner.development
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }
}

/// Reads the installation's keys; on a new database makes them first.
async fn installation_keys(db: &Db, root: &RootKeys, clock: &Clock) -> Result<Keys, OpenError> {
    let mut rows = store::keys::list(db).await?;
    let check = |rows: &[Key]| find(rows, KeyName::Check.id()).is_some_and(|sealed| KeyName::is_check(root, sealed));
    let missing: Vec<KeyName> =
        KeyName::ALL.into_iter().filter(|name| !rows.iter().any(|row| row.id == name.id())).collect();
    // A foreign master key must not add keys of its own.
    if !rows.is_empty() && !check(&rows) {
        return Err(OpenError::WrongMasterKey);
    }
    if !missing.is_empty() {
        let mut batch = Batch::new();
        for name in missing {
            let (id, sealed) = (name.id().to_owned(), name.generate(root));
            store::keys::put_if_absent(&mut batch, &Key { purpose: id.clone(), id, sealed, created_at: clock.now() });
        }
        db.commit(batch).await?;
        // Another process may have been first: what is stored counts.
        rows = store::keys::list(db).await?;
    }
    if !check(&rows) {
        return Err(OpenError::WrongMasterKey);
    }
    Keys::open(root, |id| find(&rows, id)).map_err(|_| OpenError::WrongMasterKey)
}

fn find<'a>(rows: &'a [Key], id: &str) -> Option<&'a [u8]> {
    rows.iter().find(|row| row.id == id).map(|row| row.sealed.as_slice())
}
