//! The key with which a hospital signs its id tokens.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

/// A 2048-bit key in PKCS#8 is its PKCS#1 form behind 26 bytes that never vary.
const PKCS8_PREFIX: usize = 26;

struct Pair {
    private: EncodingKey,
    public: Jwk,
}

/// Made when first needed, so that starting costs nothing.
#[derive(Default)]
pub struct Keys(OnceLock<Pair>);

impl Keys {
    pub fn public(&self) -> JwkSet {
        JwkSet { keys: vec![self.pair().public.clone()] }
    }

    /// An RS256 token. With `unknown_key` its `kid` is in no key set.
    pub fn sign(&self, claims: &Value, unknown_key: bool) -> String {
        let pair = self.pair();
        let kid = if unknown_key { Some("retired".to_owned()) } else { pair.public.common.key_id.clone() };
        let header = Header { kid, ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, &pair.private).expect("an RSA key signs")
    }

    fn pair(&self) -> &Pair {
        self.0.get_or_init(|| {
            let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
            let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key can be written");
            let private = EncodingKey::from_rsa_der(&der.as_ref()[PKCS8_PREFIX..]);
            let mut public = Jwk::from_encoding_key(&private, Algorithm::RS256).expect("a key has a public part");
            public.common.key_id = Some(super::form::random_text());
            public.common.public_key_use = Some(PublicKeyUse::Signature);
            Pair { private, public }
        })
    }
}
