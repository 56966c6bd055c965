//! Our client registrations at providers.

use domain::Secret;
use serde::{Deserialize, Serialize};
use store::Batch;
use store::registrations::RegistrationRow;
use url::Url;

use crate::Engine;
use crate::sealing::Aad;

/// How we prove at a token endpoint who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuthentication {
    None,
    Basic(Secret<String>),
    Post(Secret<String>),
    /// Signed with the installation's key, whose public half is at `/.well-known/jwks.json`.
    PrivateKeyJwt,
}

#[derive(Debug, Clone)]
pub struct Registration {
    /// The FHIR base it is for.
    pub endpoint: Url,
    /// EHR product profile, e.g. `generic`, `epic`.
    pub platform: String,
    pub client_id: String,
    pub authentication: ClientAuthentication,
    /// Space-separated, when the provider pinned them.
    pub scopes: Option<String>,
}

/// Whether an EHR product profile has this id.
pub fn is_platform(id: &str) -> bool {
    connectors::platforms::PLATFORMS.iter().any(|platform| platform.id == id)
}

/// What is sealed in the row.
#[derive(Serialize, Deserialize)]
struct Details {
    platform: String,
    secret: Option<Secret<String>>,
}

fn aad(endpoint: &str) -> Aad<'_> {
    Aad { table: "registrations", row: endpoint, column: "sealed" }
}

impl Engine {
    /// A secret to register with at a provider that lets us choose: 160 random bits in hex.
    pub fn fresh_secret(&self) -> Secret<String> {
        Secret::new(hex::encode(crate::keys::random::<20>()))
    }

    /// Replaces what was registered for the endpoint before.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn put_registration(&self, registration: Registration) -> Result<(), store::Error> {
        let (auth, secret) = match registration.authentication {
            ClientAuthentication::None => ("none", None),
            ClientAuthentication::Basic(secret) => ("client_secret_basic", Some(secret)),
            ClientAuthentication::Post(secret) => ("client_secret_post", Some(secret)),
            ClientAuthentication::PrivateKeyJwt => ("private_key_jwt", None),
        };
        let endpoint = registration.endpoint.to_string();
        let details = Details { platform: registration.platform, secret };
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(&details).expect("two strings have a JSON form"));
        let row = RegistrationRow {
            sealed: self.inner.root.seal(aad(&endpoint), &plain),
            endpoint,
            client_id: registration.client_id,
            auth: auth.to_owned(),
            scopes: registration.scopes,
            created_at: self.now(),
        };
        let mut batch = Batch::new();
        store::registrations::put(&mut batch, &row);
        self.db().commit(batch).await.map(drop)
    }

    /// # Errors
    /// When they cannot be read.
    pub async fn list_registrations(&self) -> Result<Vec<Registration>, store::Error> {
        store::registrations::list(self.db()).await?.into_iter().map(|row| self.read_registration(row)).collect()
    }

    /// Our client at this FHIR base.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn registration(&self, endpoint: &str) -> Result<Option<Registration>, store::Error> {
        // As `put_registration` writes it.
        let Ok(endpoint) = Url::parse(endpoint) else { return Ok(None) };
        let row = store::registrations::find(self.db(), endpoint.as_str()).await?;
        row.map(|row| self.read_registration(row)).transpose()
    }

    fn read_registration(&self, row: RegistrationRow) -> Result<Registration, store::Error> {
        const CORRUPT: store::Error = store::Error::Corrupt("a registration");
        let plain =
            self.inner.root.open(aad(&row.endpoint), &row.sealed).map(zeroize::Zeroizing::new).map_err(|_| CORRUPT)?;
        let details: Details = serde_json::from_slice(&plain).map_err(|_| CORRUPT)?;
        let authentication = match (row.auth.as_str(), details.secret) {
            ("none", None) => ClientAuthentication::None,
            ("client_secret_basic", Some(secret)) => ClientAuthentication::Basic(secret),
            ("client_secret_post", Some(secret)) => ClientAuthentication::Post(secret),
            ("private_key_jwt", None) => ClientAuthentication::PrivateKeyJwt,
            _ => return Err(CORRUPT),
        };
        Ok(Registration {
            endpoint: Url::parse(&row.endpoint).map_err(|_| CORRUPT)?,
            platform: details.platform,
            client_id: row.client_id,
            authentication,
            scopes: row.scopes,
        })
    }

    /// The exact redirect URI to register at providers.
    pub fn redirect_uri(&self) -> Url {
        let mut uri = self.inner.base_url.clone();
        uri.set_path(&format!("{}/connect/callback", uri.path().trim_end_matches('/')));
        uri
    }
}
