//! Signed client assertions: the key set behind a URL, the claims, and no identifier twice.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::refusal::Refusal;

/// How far ahead `exp` may lie.
const LONGEST: i64 = 300;
/// How long a fetched key set is trusted, in seconds.
const KEYS_LIFETIME: i64 = 60;

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    jti: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What was fetched, and which assertions were seen.
#[derive(Default)]
pub struct Assertions {
    http: reqwest::Client,
    sets: Mutex<HashMap<String, (i64, JwkSet)>>,
    seen: Mutex<HashMap<(String, String), i64>>,
}

impl Assertions {
    /// Accepts an assertion once.
    pub async fn verify(
        &self,
        jwt: &str,
        client_id: &str,
        jwks_url: &str,
        token_url: &str,
        now: i64,
    ) -> Result<(), Refusal> {
        let header = jsonwebtoken::decode_header(jwt).map_err(|_| Refusal::client("the assertion is not a JWT"))?;
        if !matches!(header.alg, Algorithm::RS384 | Algorithm::ES384) {
            return Err(Refusal::client("the assertion must be signed with RS384 or ES384"));
        }
        if header.typ.as_deref().is_none_or(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return Err(Refusal::client("the header must have typ JWT"));
        }
        let kid = header.kid.ok_or_else(|| Refusal::client("the header must have a kid"))?;
        let key = self.key(jwks_url, &kid, now).await?;
        let claims = claims(jwt, &key, header.alg)?;
        check(&claims, client_id, token_url, now)?;
        self.remember(client_id, claims.jti, claims.exp, now)
    }

    async fn key(&self, url: &str, kid: &str, now: i64) -> Result<Jwk, Refusal> {
        let cached = self
            .sets
            .lock()
            .expect("no holder panics")
            .get(url)
            .filter(|(at, _)| now - at < KEYS_LIFETIME)
            .and_then(|(_, set)| set.find(kid).cloned());
        if let Some(key) = cached {
            return Ok(key);
        }
        let unreachable = |_| Refusal::client("the key set of this client cannot be read");
        let request = self.http.get(url).timeout(Duration::from_secs(5));
        let answer = request.send().await.and_then(reqwest::Response::error_for_status).map_err(unreachable)?;
        let bytes = answer.bytes().await.map_err(unreachable)?;
        let set: JwkSet =
            serde_json::from_slice(&bytes).map_err(|_| Refusal::client("the key set of this client is not a JWKS"))?;
        let key = set.find(kid).cloned();
        self.sets.lock().expect("no holder panics").insert(url.to_owned(), (now, set));
        key.ok_or_else(|| Refusal::client("the kid is not in the key set of this client"))
    }

    fn remember(&self, client_id: &str, jti: String, exp: i64, now: i64) -> Result<(), Refusal> {
        let mut seen = self.seen.lock().expect("no holder panics");
        seen.retain(|_, expires| *expires > now);
        match seen.insert((client_id.to_owned(), jti), exp) {
            None => Ok(()),
            Some(_) => Err(Refusal::client("this assertion was used before")),
        }
    }
}

fn claims(jwt: &str, key: &Jwk, algorithm: Algorithm) -> Result<Claims, Refusal> {
    let key = DecodingKey::from_jwk(key).map_err(|_| Refusal::client("the key cannot be used"))?;
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims::<&str>(&[]);
    let decoded = jsonwebtoken::decode::<Claims>(jwt, &key, &validation);
    Ok(decoded.map_err(|_| Refusal::client("the signature or the claims are not valid"))?.claims)
}

fn check(claims: &Claims, client_id: &str, token_url: &str, now: i64) -> Result<(), Refusal> {
    let audience = match &claims.aud {
        Audience::One(one) => one == token_url,
        Audience::Many(many) => many.iter().any(|one| one == token_url),
    };
    let rules = [
        (claims.iss == client_id && claims.sub == client_id, "iss and sub must both be the client id"),
        (audience, "aud must be the token endpoint"),
        (claims.exp > now, "the assertion is expired"),
        (claims.exp <= now + LONGEST, "exp may be at most five minutes ahead"),
        (!claims.jti.is_empty(), "jti must not be empty"),
    ];
    rules.iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, broken)| Err(Refusal::client(*broken)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_held_to_the_letter() {
        let url = "https://h/token";
        let fine = || Claims {
            iss: "app".into(),
            sub: "app".into(),
            aud: Audience::One(url.into()),
            exp: 1240,
            jti: "1".into(),
        };
        assert_eq!(check(&fine(), "app", url, 1000), Ok(()));
        let broken = [
            Claims { iss: "other".into(), ..fine() },
            Claims { sub: "other".into(), ..fine() },
            Claims { aud: Audience::One("https://h/".into()), ..fine() },
            Claims { aud: Audience::Many(vec![]), ..fine() },
            Claims { exp: 1000, ..fine() },
            Claims { exp: 1301, ..fine() },
            Claims { jti: String::new(), ..fine() },
        ];
        for claims in broken {
            assert!(check(&claims, "app", url, 1000).is_err(), "{claims:?}");
        }
    }
}
