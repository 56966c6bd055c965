//! The key with which a hospital signs its id tokens.

use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ledger::{Fact, Ledger, Unwritten};

/// A 2048-bit key in PKCS#8 is its PKCS#1 form behind 26 bytes that never vary.
const PKCS8_PREFIX: usize = 26;

/// A private key as it is written down: its name, and its PKCS#1 form in base64.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub struct Key {
    pub kid: String,
    pub der: String,
}

struct Pair {
    private: EncodingKey,
    public: Jwk,
}

/// Made when first needed, so that starting costs nothing.
#[derive(Default)]
pub struct Keys {
    ledger: Arc<Ledger>,
    pair: Mutex<Option<Arc<Pair>>>,
}

impl Keys {
    /// The key that was published before, and the ledger for one that is made later.
    pub fn resume(ledger: Arc<Ledger>, facts: &[Fact]) -> Keys {
        let known = facts.iter().find_map(|fact| match fact {
            Fact::Key(key) => Some(Arc::new(Pair::of(key))),
            _ => None,
        });
        Keys { ledger, pair: Mutex::new(known) }
    }

    pub fn public(&self) -> Result<JwkSet, Unwritten> {
        Ok(JwkSet { keys: vec![self.pair()?.public.clone()] })
    }

    /// An RS256 token. With `unknown_key` its `kid` is in no key set.
    pub fn sign(&self, claims: &Value, unknown_key: bool) -> Result<String, Unwritten> {
        let pair = self.pair()?;
        let kid = if unknown_key { Some("retired".to_owned()) } else { pair.public.common.key_id.clone() };
        let header = Header { kid, ..Header::new(Algorithm::RS256) };
        Ok(jsonwebtoken::encode(&header, claims, &pair.private).expect("an RSA key signs"))
    }

    fn pair(&self) -> Result<Arc<Pair>, Unwritten> {
        let mut held = self.pair.lock().expect("no holder of the key panics");
        if let Some(pair) = &*held {
            return Ok(pair.clone());
        }
        let key = Key::generate();
        let pair = Arc::new(Pair::of(&key));
        self.ledger.write(&[Fact::Key(key)])?;
        Ok(held.insert(pair).clone())
    }
}

impl Key {
    fn generate() -> Key {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key can be written");
        Key { kid: super::form::random_text(), der: STANDARD.encode(&der.as_ref()[PKCS8_PREFIX..]) }
    }
}

impl Pair {
    fn of(key: &Key) -> Pair {
        let der = STANDARD.decode(&key.der).expect("a key was written in base64");
        let private = EncodingKey::from_rsa_der(&der);
        let mut public = Jwk::from_encoding_key(&private, Algorithm::RS256).expect("a key has a public part");
        public.common.key_id = Some(key.kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Pair { private, public }
    }
}
