//! Integrators' applications and their secrets.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use domain::{App, ClientId, Origin, Secret, SecretPolicy, Timestamp};
use store::{Batch, Hash};

use crate::Engine;
use crate::keys::random;

pub struct NewApp {
    pub name: String,
    pub session_secret_policy: SecretPolicy,
    pub strict_type: bool,
    pub origins: Vec<Origin>,
    pub callbacks: Vec<String>,
    pub admin_api: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("unknown client {0}")]
    Unknown(ClientId),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// An app with what its secrets are checked against.
#[derive(Clone)]
pub(crate) struct KnownApp {
    pub app: Arc<App>,
    secret_hash: Hash,
    previous: Option<(Hash, Timestamp)>,
}

/// Apps as they were at most [`FRESH`] ago.
pub(crate) struct AppCache(quick_cache::sync::Cache<ClientId, (Arc<KnownApp>, Timestamp)>);

const FRESH: Duration = Duration::from_secs(1);

impl Default for AppCache {
    fn default() -> AppCache {
        AppCache(quick_cache::sync::Cache::new(1024))
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    digest(&SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Compares with the current and the previous secret in constant time, and takes as long when there
/// is no such app.
pub(crate) fn secret_matches(known: Option<&KnownApp>, secret: &Secret<String>, now: Timestamp) -> bool {
    const NO_HASH: &Hash = &[0; 32];
    let given = sha256(secret.expose().as_bytes());
    let current = known.map_or(NO_HASH, |known| &known.secret_hash);
    let previous = known.and_then(|known| known.previous.as_ref());
    let matches_current = verify_slices_are_equal(&given, current).is_ok();
    let matches_previous = verify_slices_are_equal(&given, previous.map_or(NO_HASH, |(hash, _)| hash)).is_ok();
    let overlaps = previous.is_some_and(|(_, until)| now < *until);
    known.is_some() & (matches_current | (matches_previous & overlaps))
}

/// 160 random bits in hex, as the contract's samples look.
fn new_secret() -> Secret<String> {
    Secret::new(hex::encode(random::<20>()))
}

impl Engine {
    /// A new app and its secret, which is shown this once: only a hash is kept.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn create_app(&self, app: NewApp) -> Result<(App, Secret<String>), AppError> {
        let secret = new_secret();
        let app = App {
            client_id: ClientId(random()),
            name: app.name,
            session_secret_policy: app.session_secret_policy,
            strict_type: app.strict_type,
            origins: app.origins,
            callbacks: app.callbacks,
            admin_api: app.admin_api,
            disabled_at: None,
            created_at: self.now(),
        };
        let mut batch = Batch::new();
        store::apps::insert(&mut batch, &app, &sha256(secret.expose().as_bytes()));
        self.db().commit(batch).await?;
        Ok((app, secret))
    }

    /// # Errors
    /// When they cannot be read.
    pub async fn list_apps(&self) -> Result<Vec<App>, store::Error> {
        Ok(store::apps::list(self.db()).await?.into_iter().map(|row| row.app).collect())
    }

    /// From a cache at most a second old, so that a change by another process is seen in time.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn find_app(&self, client_id: ClientId) -> Result<Option<Arc<App>>, store::Error> {
        Ok(self.known_app(client_id).await?.map(|known| Arc::clone(&known.app)))
    }

    pub(crate) async fn known_app(&self, client_id: ClientId) -> Result<Option<Arc<KnownApp>>, store::Error> {
        let now = self.now();
        let cache = &self.inner.apps.0;
        if let Some((known, read_at)) = cache.get(&client_id)
            && (read_at..read_at + FRESH).contains(&now)
        {
            return Ok(Some(known));
        }
        let Some(row) = store::apps::find(self.db(), client_id).await? else {
            cache.remove(&client_id);
            return Ok(None);
        };
        let known = Arc::new(KnownApp { app: Arc::new(row.app), secret_hash: row.secret_hash, previous: row.previous });
        cache.insert(client_id, (Arc::clone(&known), now));
        Ok(Some(known))
    }

    /// Name, policy, addresses, Admin API, and whether it is disabled, as given. Secrets stay.
    ///
    /// # Errors
    /// `Unknown` when there is no such app.
    pub async fn update_app(&self, app: &App) -> Result<(), AppError> {
        let mut batch = Batch::new();
        store::apps::update(&mut batch, app, self.now());
        self.change_app(app.client_id, batch).await
    }

    /// The pages that may embed the widget, and where the hosted page may return to.
    ///
    /// # Errors
    /// `Unknown` when there is no such app.
    pub async fn set_app_addresses(
        &self,
        client_id: ClientId,
        origins: Vec<Origin>,
        callbacks: Vec<String>,
    ) -> Result<(), AppError> {
        let row = store::apps::find(self.db(), client_id).await?.ok_or(AppError::Unknown(client_id))?;
        self.update_app(&App { origins, callbacks, ..row.app }).await
    }

    /// A new secret at once; the previous one goes on for `overlap`.
    ///
    /// # Errors
    /// `Unknown` when there is no such app.
    pub async fn rotate_secret(&self, client_id: ClientId, overlap: Duration) -> Result<Secret<String>, AppError> {
        let now = self.now();
        let secret = new_secret();
        let mut batch = Batch::new();
        store::apps::rotate_secret(&mut batch, client_id, &sha256(secret.expose().as_bytes()), now + overlap, now);
        self.change_app(client_id, batch).await?;
        Ok(secret)
    }

    async fn change_app(&self, client_id: ClientId, batch: Batch) -> Result<(), AppError> {
        let done = self.db().commit(batch).await;
        self.inner.apps.0.remove(&client_id);
        match done {
            Err(store::Error::Conflict) => Err(AppError::Unknown(client_id)),
            done => Ok(done.map(|_| ())?),
        }
    }
}
