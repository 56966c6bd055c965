//! A set of hospitals that exist only on this machine: portals, OAuth and FHIR R4 over HTTP.
//!
//! They are strict on purpose: what a real server may refuse is refused here.

mod brands;
mod faults;
mod fhir;
mod gate;
pub mod hospitals;
mod oauth;
mod pages;
pub mod people;
mod roster;
mod router;
mod tamper;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

pub use oauth::ledger::LedgerError;

/// What the sandbox is made of.
pub struct Options {
    /// Decides every person; the same seed gives the same records.
    pub seed: u64,
    pub people_per_hospital: usize,
    /// The last day of every record, `YYYY-MM-DD`.
    pub today: String,
    pub clients: Vec<Client>,
    /// Where browsers and clients reach the router, without a trailing slash; may hold a path.
    pub base_url: String,
    /// The folder in which tokens and keys outlive the process; without one they live in memory only.
    pub keep: Option<PathBuf>,
}

/// An application registered at every hospital.
#[derive(Clone)]
pub struct Client {
    pub client_id: String,
    /// Shown on the page where a person agrees.
    pub name: String,
    pub auth: ClientAuth,
    pub redirect_uris: Vec<String>,
    /// The most this client may ever be granted; empty means everything the server knows.
    pub scopes: String,
}

/// The one way in which a client proves who it is.
#[derive(Clone)]
pub enum ClientAuth {
    Public,
    Secret(String),
    PrivateKeyJwt { jwks_url: String },
}

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// All hospitals, behind one router.
pub struct Sandbox {
    world: Arc<world::World>,
}

impl Sandbox {
    /// A sandbox that reads the machine's clock.
    #[allow(clippy::disallowed_methods, reason = "the clock enters here")]
    pub fn new(options: Options) -> Result<Sandbox, LedgerError> {
        Sandbox::with_clock(options, Arc::new(jiff::Timestamp::now))
    }

    /// A sandbox whose time is told by `clock`.
    pub fn with_clock(options: Options, clock: Clock) -> Result<Sandbox, LedgerError> {
        Ok(Sandbox { world: Arc::new(world::World::new(options, clock)?) })
    }

    /// The first people who can log in at a hospital: user name and full name. Everyone's password is `password`.
    pub fn logins(&self, slug: &str, count: usize) -> Vec<(String, String)> {
        self.world.sites.get(slug).map(|site| site.roster.sample(count)).unwrap_or_default()
    }

    /// Everything the hospitals answer to, relative to `base_url`.
    pub fn router(&self) -> axum::Router {
        router::router(self.world.clone())
    }
}
