//! Codes, access tokens and refresh tokens, and the rules by which they die.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::scopes::Scope;
use crate::roster::Account;

/// How long a code lives, in seconds.
pub const CODE_LIFETIME: i64 = 60;

/// What a person allowed a client.
#[derive(Clone, Debug)]
pub struct Grant {
    pub client_id: String,
    pub account: Account,
    pub scopes: Vec<Scope>,
    pub nonce: Option<String>,
    revoked: bool,
}

/// A grant by its number.
pub type GrantId = usize;

#[derive(Debug)]
struct Code {
    grant: GrantId,
    redirect_uri: String,
    challenge: String,
    expires: i64,
    used: bool,
}

/// An access token that is still good.
#[derive(Clone, Debug)]
pub struct Access {
    pub grant: GrantId,
    pub scopes: Vec<Scope>,
    pub expires: i64,
}

#[derive(Debug)]
struct Refresh {
    grant: GrantId,
    used: bool,
}

/// Why a code or a refresh token is refused; all of them are `invalid_grant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dead {
    #[error("unknown")]
    Unknown,
    #[error("used before; everything issued from it is revoked")]
    Replayed,
    #[error("expired")]
    Expired,
    #[error("issued to another client")]
    OtherClient,
    #[error("issued for another redirect_uri")]
    OtherRedirect,
    #[error("code_verifier does not match the challenge")]
    WrongVerifier,
    #[error("revoked")]
    Revoked,
}

/// Everything one hospital has issued.
#[derive(Debug, Default)]
pub struct Grants {
    grants: Vec<Grant>,
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
}

impl Grants {
    /// Remembers what a person allowed, under a code.
    #[expect(clippy::too_many_arguments, reason = "a grant and the three things its code is bound to")]
    pub fn allow(
        &mut self,
        code: String,
        client_id: &str,
        account: Account,
        scopes: Vec<Scope>,
        nonce: Option<String>,
        redirect_uri: &str,
        challenge: &str,
        now: i64,
    ) {
        self.grants.push(Grant { client_id: client_id.to_owned(), account, scopes, nonce, revoked: false });
        let code_row = Code {
            grant: self.grants.len() - 1,
            redirect_uri: redirect_uri.to_owned(),
            challenge: challenge.to_owned(),
            expires: now + CODE_LIFETIME,
            used: false,
        };
        self.codes.insert(code, code_row);
    }

    /// Exchanges a code once; a second try revokes what the first one got.
    pub fn redeem(&mut self, code: &str, client_id: &str, redirect_uri: &str, verifier: &str, now: i64) -> Result<GrantId, Dead> {
        let row = self.codes.get_mut(code).ok_or(Dead::Unknown)?;
        let grant = &mut self.grants[row.grant];
        if grant.client_id != client_id {
            return Err(Dead::OtherClient);
        }
        if row.used {
            grant.revoked = true;
            return Err(Dead::Replayed);
        }
        row.used = true;
        if row.expires <= now {
            return Err(Dead::Expired);
        }
        if row.redirect_uri != redirect_uri {
            return Err(Dead::OtherRedirect);
        }
        if !verifies(verifier, &row.challenge) {
            return Err(Dead::WrongVerifier);
        }
        Ok(row.grant)
    }

    pub fn grant(&self, id: GrantId) -> &Grant {
        &self.grants[id]
    }

    pub fn add_access(&mut self, token: String, access: Access) {
        self.access.insert(token, access);
    }

    pub fn add_refresh(&mut self, token: String, grant: GrantId) {
        self.refresh.insert(token, Refresh { grant, used: false });
    }

    /// The access behind a bearer token, if it is good now.
    pub fn access(&self, token: &str, now: i64) -> Option<&Access> {
        self.access.get(token).filter(|access| access.expires > now && !self.grants[access.grant].revoked)
    }

    /// The grant behind a refresh token. With `spend` the token dies; a dead one kills its family.
    pub fn refresh(&mut self, token: &str, client_id: &str, spend: bool) -> Result<GrantId, Dead> {
        let row = self.refresh.get_mut(token).ok_or(Dead::Unknown)?;
        let grant = &mut self.grants[row.grant];
        if grant.client_id != client_id {
            return Err(Dead::OtherClient);
        }
        if grant.revoked {
            return Err(Dead::Revoked);
        }
        if row.used {
            grant.revoked = true;
            return Err(Dead::Replayed);
        }
        row.used = spend;
        Ok(row.grant)
    }

    /// A refresh token that would work, for introspection.
    pub fn refreshable(&self, token: &str) -> Option<GrantId> {
        self.refresh.get(token).filter(|row| !row.used && !self.grants[row.grant].revoked).map(|row| row.grant)
    }

    /// RFC 7009: a refresh token takes its grant with it, an access token only itself.
    pub fn revoke(&mut self, token: &str, client_id: &str) {
        if let Some(row) = self.refresh.get(token) {
            let grant = &mut self.grants[row.grant];
            grant.revoked |= grant.client_id == client_id;
        } else if self.access.get(token).is_some_and(|access| self.grants[access.grant].client_id == client_id) {
            self.access.remove(token);
        }
    }
}

/// RFC 7636 with S256.
fn verifies(verifier: &str, challenge: &str) -> bool {
    let fit = (43..=128).contains(&verifier.len()) && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    fit && URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn allowed() -> Grants {
        let mut grants = Grants::default();
        grants.allow("code".into(), "app", Account::NoData, vec![Scope::OpenId], None, "https://app/cb", CHALLENGE, 1000);
        grants
    }

    #[test]
    fn a_code_is_bound_to_client_redirect_verifier_and_minute() {
        let table = [
            ("code", "app", "https://app/cb", VERIFIER, 1059, Ok(0)),
            ("other", "app", "https://app/cb", VERIFIER, 1059, Err(Dead::Unknown)),
            ("code", "thief", "https://app/cb", VERIFIER, 1059, Err(Dead::OtherClient)),
            ("code", "app", "https://app/cb/", VERIFIER, 1059, Err(Dead::OtherRedirect)),
            ("code", "app", "https://app/cb", "short", 1059, Err(Dead::WrongVerifier)),
            ("code", "app", "https://app/cb", VERIFIER, 1060, Err(Dead::Expired)),
        ];
        for (code, client, redirect, verifier, now, expected) in table {
            assert_eq!(allowed().redeem(code, client, redirect, verifier, now), expected);
        }
    }

    #[test]
    fn a_code_used_twice_takes_its_tokens_with_it() {
        let mut grants = allowed();
        let id = grants.redeem("code", "app", "https://app/cb", VERIFIER, 1000).expect("first use");
        grants.add_access("a".into(), Access { grant: id, scopes: vec![], expires: 9000 });
        assert!(grants.access("a", 1001).is_some());
        assert_eq!(grants.redeem("code", "app", "https://app/cb", VERIFIER, 1001), Err(Dead::Replayed));
        assert!(grants.access("a", 1001).is_none());
    }

    #[test]
    fn a_refresh_token_used_twice_kills_its_family() {
        let mut grants = allowed();
        grants.add_refresh("first".into(), 0);
        assert_eq!(grants.refresh("first", "app", true), Ok(0));
        grants.add_refresh("second".into(), 0);
        assert_eq!(grants.refresh("first", "app", true), Err(Dead::Replayed));
        assert_eq!(grants.refresh("second", "app", true), Err(Dead::Revoked));
    }
}
