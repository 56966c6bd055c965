//! The sandbox while it runs: one site per hospital, the registered clients, the clock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::response::Response;

use crate::faults::Faults;
use crate::fhir::paging::Pages;
use crate::hospitals::{HOSPITALS, Hospital};
use crate::oauth::assertions::Assertions;
use crate::oauth::grants::Grants;
use crate::oauth::keys::Keys;
use crate::oauth::ledger::{Ledger, LedgerError};
use crate::oauth::visits::Visits;
use crate::roster::Roster;
use crate::{Client, Clock, Options, pages};

/// Everything behind the router.
pub struct World {
    pub base_url: String,
    /// The path of `base_url`, which pages and cookies need.
    pub root: String,
    pub clients: HashMap<String, Client>,
    pub sites: HashMap<&'static str, Arc<Site>>,
    /// Faults of the brands bundle, which belongs to no hospital.
    pub directory: Mutex<Faults>,
    pub assertions: Assertions,
    clock: Clock,
}

/// One hospital with what it remembers.
pub struct Site {
    pub hospital: &'static Hospital,
    /// `{base_url}/{slug}`, also the OAuth issuer.
    pub url: String,
    pub roster: Roster,
    pub keys: Keys,
    visits: Mutex<Visits>,
    grants: Mutex<Grants>,
    pages: Mutex<Pages>,
    faults: Mutex<Faults>,
}

impl World {
    pub fn new(options: Options, clock: Clock) -> Result<World, LedgerError> {
        let base_url = options.base_url.trim_end_matches('/').to_owned();
        let root =
            url::Url::parse(&base_url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        let now = clock().as_second();
        let site =
            |hospital: &'static Hospital| Ok((hospital.slug, Arc::new(Site::new(hospital, &base_url, &options, now)?)));
        let sites = HOSPITALS.iter().map(site).collect::<Result<_, LedgerError>>()?;
        Ok(World {
            base_url,
            root,
            clients: options.clients.into_iter().map(|client| (client.client_id.clone(), client)).collect(),
            sites,
            directory: Mutex::default(),
            assertions: Assertions::default(),
            clock,
        })
    }

    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        (self.clock)().as_second()
    }
}

impl Site {
    fn new(hospital: &'static Hospital, base_url: &str, options: &Options, now: i64) -> Result<Site, LedgerError> {
        let (ledger, facts) = match &options.keep {
            Some(folder) => Ledger::open(&folder.join(format!("{}.jsonl", hospital.slug)), now)?,
            None => (Ledger::default(), Vec::new()),
        };
        let ledger = Arc::new(ledger);
        Ok(Site {
            hospital,
            url: format!("{base_url}/{}", hospital.slug),
            roster: Roster::new(hospital, options.seed, options.people_per_hospital, options.today.clone()),
            keys: Keys::resume(ledger.clone(), &facts),
            visits: Mutex::default(),
            grants: Mutex::new(Grants::resume(ledger, facts)),
            pages: Mutex::default(),
            faults: Mutex::default(),
        })
    }

    pub fn fhir_base(&self) -> String {
        format!("{}/{}", self.url, self.hospital.speaks.path())
    }

    pub fn token_url(&self) -> String {
        format!("{}/token", self.url)
    }

    pub fn visits(&self) -> MutexGuard<'_, Visits> {
        self.visits.lock().expect("no holder of the visits panics")
    }

    pub fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().expect("no holder of the grants panics")
    }

    pub fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().expect("no holder of the pages panics")
    }

    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().expect("no holder of the faults panics")
    }
}

/// The hospital a request is for.
pub struct Here {
    pub world: Arc<World>,
    pub site: Arc<Site>,
    pub now: i64,
}

impl FromRequestParts<Arc<World>> for Here {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Here, Response> {
        let params = RawPathParams::from_request_parts(parts, world).await.map_err(|_| pages::not_found())?;
        let slug = params.iter().find(|(name, _)| *name == "slug").map(|(_, value)| value);
        let site = slug.and_then(|slug| world.sites.get(slug)).ok_or_else(pages::not_found)?;
        // A server has one FHIR base, of the version it speaks.
        let mut path = parts.uri.path().trim_start_matches('/').splitn(3, '/').skip(1);
        if path.next() == Some("fhir") {
            let spoken = site.hospital.speaks.path().trim_start_matches("fhir/");
            let asked = path.next().and_then(|rest| rest.split('/').next());
            if asked != Some(spoken) {
                return Err(pages::not_found());
            }
        }
        Ok(Here { world: world.clone(), site: site.clone(), now: world.now() })
    }
}
