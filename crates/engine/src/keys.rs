//! The installation's own keys, and the one place that draws random bytes.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Value, json};

use crate::Engine;
use crate::sealing::{Aad, RootKeys, SealingError};

/// Bytes from the operating system's generator.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// What a sealed row of `keys` is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyName {
    /// Tells a wrong master key apart from damage.
    Check,
    /// Keyed hashes by which sealed values are found.
    Index,
    /// Signs client tokens.
    ClientTokens,
    /// Sign client assertions at providers.
    AssertionsRs384,
    AssertionsEs384,
}

const CHECK: &[u8] = b"tributary";

impl KeyName {
    pub(crate) const ALL: [KeyName; 5] =
        [KeyName::Check, KeyName::Index, KeyName::ClientTokens, KeyName::AssertionsRs384, KeyName::AssertionsEs384];

    pub(crate) fn id(self) -> &'static str {
        match self {
            KeyName::Check => "check",
            KeyName::Index => "index",
            KeyName::ClientTokens => "client-tokens",
            KeyName::AssertionsRs384 => "assertions-rs384",
            KeyName::AssertionsEs384 => "assertions-es384",
        }
    }

    fn aad(self) -> Aad<'static> {
        Aad { table: "keys", row: self.id(), column: "sealed" }
    }

    /// Whether a sealed check value was made with this master key.
    pub(crate) fn is_check(root: &RootKeys, sealed: &[u8]) -> bool {
        root.open(KeyName::Check.aad(), sealed).is_ok_and(|plain| plain == CHECK)
    }

    /// A fresh key of this name, sealed for its row.
    pub(crate) fn generate(self, root: &RootKeys) -> Vec<u8> {
        match self {
            KeyName::Check => root.seal(self.aad(), CHECK),
            KeyName::Index => root.seal(self.aad(), &random::<32>()),
            KeyName::ClientTokens | KeyName::AssertionsRs384 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("RSA keys can be made");
                let der: Pkcs8V1Der = pair.as_der().expect("RSA keys can be written");
                root.seal(self.aad(), der.as_ref())
            }
            KeyName::AssertionsEs384 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("P-384 keys can be made");
                let der = pair.to_pkcs8v1().expect("P-384 keys can be written");
                root.seal(self.aad(), der.as_ref())
            }
        }
    }
}

/// A private key with what its public half is known by.
pub(crate) struct SigningKey {
    pub kid: String,
    pub algorithm: Algorithm,
    /// PKCS #8.
    pub pem: Secret<String>,
    pub encoding: EncodingKey,
    pub decoding: DecodingKey,
    jwk: Jwk,
}

impl SigningKey {
    fn read(der: &[u8], algorithm: Algorithm) -> Result<SigningKey, SealingError> {
        let damaged = |_| SealingError::DoesNotOpen;
        let pem = Secret::new(format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            wrapped(&STANDARD.encode(der))
        ));
        let encoding = match algorithm {
            Algorithm::ES384 => EncodingKey::from_ec_pem(pem.expose().as_bytes()),
            _ => EncodingKey::from_rsa_pem(pem.expose().as_bytes()),
        }
        .map_err(damaged)?;
        let mut jwk = Jwk::from_encoding_key(&encoding, algorithm).map_err(damaged)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(damaged)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let decoding = DecodingKey::from_jwk(&jwk).map_err(damaged)?;
        Ok(SigningKey { kid, algorithm, pem, encoding, decoding, jwk })
    }
}

/// PEM lines of 64 characters.
fn wrapped(text: &str) -> String {
    text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
}

/// The installation keys, open.
pub(crate) struct Keys {
    index: hmac::Key,
    pub client_tokens: SigningKey,
    pub assertions_rs384: SigningKey,
    pub assertions_es384: SigningKey,
    jwks: Value,
}

impl Keys {
    /// Opens the rows that `sealed` gives by name.
    ///
    /// # Errors
    /// When one is missing or does not open: the master key belongs to another database.
    pub(crate) fn open<'a>(root: &RootKeys, sealed: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Keys, SealingError> {
        let open = |name: KeyName| root.open(name.aad(), sealed(name.id()).ok_or(SealingError::DoesNotOpen)?);
        let signing = |name, algorithm| SigningKey::read(&zeroize::Zeroizing::new(open(name)?), algorithm);
        let client_tokens = signing(KeyName::ClientTokens, Algorithm::RS256)?;
        let assertions_rs384 = signing(KeyName::AssertionsRs384, Algorithm::RS384)?;
        let assertions_es384 = signing(KeyName::AssertionsEs384, Algorithm::ES384)?;
        let public: Vec<&Jwk> = [&client_tokens, &assertions_rs384, &assertions_es384].map(|key| &key.jwk).to_vec();
        let jwks = json!({ "keys": public });
        let index = hmac::Key::new(hmac::HMAC_SHA256, &open(KeyName::Index)?);
        Ok(Keys { index, client_tokens, assertions_rs384, assertions_es384, jwks })
    }

    pub(crate) fn jwks(&self) -> &Value {
        &self.jwks
    }
}

impl Engine {
    /// A keyed hash by which a value is found without being stored in clear.
    pub(crate) fn hash_index(&self, purpose: &str, value: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.inner.keys.index);
        // The same bytes as `bound` would join.
        for part in [purpose.as_bytes(), value] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}
