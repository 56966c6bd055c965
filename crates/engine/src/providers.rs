//! What is known of a provider's server: where to log in, what it can do, and who we are there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use connectors::Platform;
use connectors::http::Answer;
use connectors::platforms::platform_of;
use connectors::smart::capability::Capability;
use connectors::smart::client_auth::{Client, ClientAuth, Moment, SigningAlg};
use connectors::smart::discovery::{DiscoveryError, Place, SmartConfiguration};
use connectors::smart::scopes::Phrase;
use connectors::smart::version::Version;
use domain::{Timestamp, Trouble};
use url::Url;

use crate::Engine;
use crate::http::SendError;
use crate::keys::random;
use crate::registrations::{ClientAuthentication, Registration};

/// How long a server is taken at its word.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Servers remembered at once.
const SERVERS: usize = 1024;

/// Servers asked so far, by FHIR base.
#[derive(Default)]
pub(crate) struct Providers(Mutex<HashMap<String, Known>>);

#[derive(Default)]
struct Known {
    smart: Option<(Timestamp, Arc<SmartConfiguration>)>,
    capability: Option<(Timestamp, Arc<Capability>)>,
    /// Phrases of the scope parameter that did not work here, oldest first.
    refused: Vec<Phrase>,
}

impl Providers {
    fn open(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, base: &Url, change: impl FnOnce(&mut Known)) {
        let mut known = self.open();
        if known.len() >= SERVERS && !known.contains_key(base.as_str()) {
            known.clear();
        }
        change(known.entry(base.as_str().to_owned()).or_default());
    }

    fn read<T>(&self, base: &Url, read: impl FnOnce(&Known) -> Option<T>) -> Option<T> {
        self.open().get(base.as_str()).and_then(read)
    }

    /// Reads everything about this server again the next time.
    pub fn forget(&self, base: &Url) {
        self.update(base, |known| (known.smart, known.capability) = (None, None));
    }

    pub fn refused(&self, base: &Url) -> Vec<Phrase> {
        self.read(base, |known| Some(known.refused.clone())).unwrap_or_default()
    }

    pub fn set_refused(&self, base: &Url, refused: Vec<Phrase>) {
        self.update(base, |known| known.refused = refused);
    }
}

/// A trouble out of anything that has a code and someone to act.
macro_rules! trouble {
    ($error:expr) => {
        domain::Trouble::new($error.code(), $error.who_must_act())
    };
}
pub(crate) use trouble;

fn fresh<T: Clone>(entry: Option<&(Timestamp, T)>, now: Timestamp) -> Option<T> {
    entry.filter(|(at, _)| *at + KEPT > now).map(|(_, value)| value.clone())
}

/// Who we are at one server.
#[derive(Clone)]
pub(crate) struct Membership {
    pub base: Url,
    pub platform: &'static Platform,
    pub registration: Registration,
}

impl Engine {
    /// Our registration at a FHIR base, whether or not either is written with a slash at its end.
    pub(crate) async fn membership(&self, base: &str) -> Result<Option<Membership>, store::Error> {
        let Ok(base) = Url::parse(base) else { return Ok(None) };
        let other = match base.as_str().strip_suffix('/') {
            Some(bare) => bare.to_owned(),
            None => format!("{base}/"),
        };
        let registration = match self.registration(base.as_str()).await? {
            Some(registration) => registration,
            None => match self.registration(&other).await? {
                Some(registration) => registration,
                None => return Ok(None),
            },
        };
        let platform = match registration.platform.as_str() {
            "" | "generic" => platform_of(&base),
            named => connectors::platform(named),
        };
        Ok(Some(Membership { base, platform, registration }))
    }

    /// Our client there, ready to prove itself at the token endpoint.
    pub(crate) fn client_at(&self, registration: &Registration, smart: &SmartConfiguration) -> Client {
        let auth = match &registration.authentication {
            ClientAuthentication::None => ClientAuth::None,
            ClientAuthentication::Basic(secret) => ClientAuth::Basic { secret: secret.clone() },
            ClientAuthentication::Post(secret) => ClientAuth::Post { secret: secret.clone() },
            ClientAuthentication::PrivateKeyJwt => {
                let accepted = &smart.token_endpoint_auth_signing_alg_values_supported;
                let takes = |name: &str| accepted.iter().any(|alg| alg == name);
                let (alg, key) = match takes("ES384") && !takes("RS384") {
                    true => (SigningAlg::ES384, &self.inner.keys.assertions_es384),
                    false => (SigningAlg::RS384, &self.inner.keys.assertions_rs384),
                };
                ClientAuth::PrivateKeyJwt { alg, kid: key.kid.clone(), key_pem: key.pem.clone() }
            }
        };
        Client { id: registration.client_id.clone(), auth }
    }

    /// What makes the next client assertion unique.
    pub(crate) fn moment(&self) -> Moment {
        Moment { now: self.now(), jti: hex::encode(random::<16>()) }
    }

    /// Where to log in at a FHIR base: asked at most once a day.
    pub(crate) async fn smart(&self, base: &Url) -> Result<Arc<SmartConfiguration>, Trouble> {
        let now = self.now();
        if let Some(known) = self.inner.providers.read(base, |known| fresh(known.smart.as_ref(), now)) {
            return Ok(known);
        }
        let found = Arc::new(self.discover(base).await?);
        self.inner.providers.update(base, |known| known.smart = Some((now, found.clone())));
        Ok(found)
    }

    /// Where to log in, and which FHIR is spoken behind it.
    pub(crate) async fn spoken(&self, base: &Url) -> Result<(Arc<SmartConfiguration>, Version), Trouble> {
        let smart = self.smart(base).await?;
        let version = self.capability(base).await.version().map_err(|error| trouble!(error))?;
        Ok((smart, version))
    }

    async fn discover(&self, base: &Url) -> Result<SmartConfiguration, Trouble> {
        let mut first: Option<DiscoveryError> = None;
        for place in Place::ALL {
            let answer = self.inner.http.send_whole(&place.request(base)).await.map_err(SendError::trouble)?;
            match place.read(base, &answer) {
                Ok(found) => return Ok(found),
                Err(error @ DiscoveryError::Status(429 | 500..)) => return Err(trouble!(error)),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.map_or_else(|| trouble!(DiscoveryError::NotJson), |error| trouble!(error)))
    }

    /// What a server says it can do; nothing in particular when it does not say.
    pub(crate) async fn capability(&self, base: &Url) -> Arc<Capability> {
        let now = self.now();
        if let Some(known) = self.inner.providers.read(base, |known| fresh(known.capability.as_ref(), now)) {
            return known;
        }
        let answer = self.inner.http.send_whole(&Place::Metadata.request(base)).await.ok();
        match answer.as_ref().filter(|answer: &&Answer| answer.is_success()).and_then(Capability::read) {
            Some(found) => {
                let found = Arc::new(found);
                self.inner.providers.update(base, |known| known.capability = Some((now, found.clone())));
                found
            }
            None => Arc::default(),
        }
    }
}
