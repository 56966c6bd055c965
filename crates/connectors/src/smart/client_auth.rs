//! How our client proves itself at a token endpoint.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Actor, Secret, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use url::Url;

use super::discovery::SmartConfiguration;
use crate::http::Request;

/// Our client at one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub id: String,
    pub auth: ClientAuth,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method")]
pub enum ClientAuth {
    /// A public client: PKCE only.
    None,
    Basic {
        secret: Secret<String>,
    },
    Post {
        secret: Secret<String>,
    },
    PrivateKeyJwt {
        alg: SigningAlg,
        kid: String,
        key_pem: Secret<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlg {
    RS384,
    ES384,
}

impl SigningAlg {
    pub fn as_str(self) -> &'static str {
        match self {
            SigningAlg::RS384 => "RS384",
            SigningAlg::ES384 => "ES384",
        }
    }
}

/// What makes one signed assertion unique. A retry needs a new one.
#[derive(Debug, Clone)]
pub struct Moment {
    pub now: Timestamp,
    pub jti: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
}

/// Assertions live four minutes: servers allow five.
const ASSERTION_SECONDS: i64 = 240;

impl Client {
    /// Builds the POST to `endpoint`. The assertion names `token_url`, as discovered.
    ///
    /// # Errors
    /// [`KeyError`] when the private key cannot be read or used.
    pub fn request(
        &self,
        endpoint: &Url,
        token_url: &Url,
        mut form: Vec<(String, String)>,
        moment: &Moment,
    ) -> Result<Request, KeyError> {
        let mut authorization = None;
        match &self.auth {
            ClientAuth::None => form.push(("client_id".into(), self.id.clone())),
            ClientAuth::Post { secret } => {
                form.push(("client_id".into(), self.id.clone()));
                form.push(("client_secret".into(), secret.expose().clone()));
            }
            ClientAuth::Basic { secret } => {
                // RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
                let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", encode(&self.id), encode(secret.expose()));
                authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
            }
            ClientAuth::PrivateKeyJwt { alg, kid, key_pem } => {
                let assertion = self.assertion(*alg, kid, key_pem, token_url, moment)?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                form.push(("client_assertion_type".into(), kind.into()));
                form.push(("client_assertion".into(), assertion));
            }
        }
        let mut request = Request::post(endpoint.clone(), form).header("accept", "application/json");
        request.headers.extend(authorization.map(|value| ("authorization", value)));
        request.max_bytes = super::tokens::MAX_BYTES;
        Ok(request)
    }

    fn assertion(
        &self,
        alg: SigningAlg,
        kid: &str,
        key_pem: &Secret<String>,
        token_url: &Url,
        moment: &Moment,
    ) -> Result<String, KeyError> {
        let pem = key_pem.expose().as_bytes();
        let (algorithm, key) = match alg {
            SigningAlg::RS384 => (Algorithm::RS384, EncodingKey::from_rsa_pem(pem)),
            SigningAlg::ES384 => (Algorithm::ES384, EncodingKey::from_ec_pem(pem)),
        };
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
        let iat = moment.now.seconds();
        let claims = Claims {
            iss: &self.id,
            sub: &self.id,
            aud: token_url.as_str(),
            iat,
            exp: iat + ASSERTION_SECONDS,
            jti: &moment.jti,
        };
        jsonwebtoken::encode(&header, &claims, &key.map_err(|_| KeyError)?).map_err(|_| KeyError)
    }
}

impl ClientAuth {
    pub fn method(&self) -> &'static str {
        match self {
            ClientAuth::None => "none",
            ClientAuth::Basic { .. } => "client_secret_basic",
            ClientAuth::Post { .. } => "client_secret_post",
            ClientAuth::PrivateKeyJwt { .. } => "private_key_jwt",
        }
    }

    /// A secret goes where the server says it reads it; Basic when it does not say.
    pub fn with_secret(smart: &SmartConfiguration, secret: Secret<String>) -> ClientAuth {
        let has = |name: &str| smart.token_endpoint_auth_methods_supported.iter().any(|method| method == name);
        if has("client_secret_post") && !has("client_secret_basic") {
            ClientAuth::Post { secret }
        } else {
            ClientAuth::Basic { secret }
        }
    }
}

/// The registered private key is not one we can sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the private key of this registration cannot be used")]
pub struct KeyError;

impl KeyError {
    pub fn who_must_act(self) -> Actor {
        Actor::Operator
    }

    pub fn code(self) -> &'static str {
        "client_key_unusable"
    }
}
