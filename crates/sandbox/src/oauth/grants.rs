//! Codes, access tokens and refresh tokens, and the rules by which they die.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::ledger::{Fact, Issued, IssuedAccess, Ledger, Unwritten};
use super::scopes::Scope;
use crate::roster::Account;

/// How long a code lives, in seconds.
pub const CODE_LIFETIME: i64 = 60;

/// What a person allowed a client.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Grant {
    pub client_id: String,
    pub account: Account,
    pub scopes: Vec<Scope>,
    /// Needed for the first answer only, so it is not written down.
    #[serde(skip)]
    pub nonce: Option<String>,
    #[serde(skip)]
    revoked: bool,
}

/// A grant by its number.
pub type GrantId = usize;

/// SHA-256 of a token, in base64url: tokens themselves are given out and forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub struct TokenHash(String);

/// A code waits to be used once.
struct Code {
    grant: Grant,
    redirect_uri: String,
    challenge: String,
    expires: i64,
    fate: Fate,
}

#[derive(Clone, Copy)]
enum Fate {
    Unused,
    Refused,
    Redeemed(GrantId),
}

/// An access token that is still good.
#[derive(Clone, Debug)]
pub struct Access {
    pub grant: GrantId,
    pub scopes: Vec<Scope>,
    pub expires: i64,
}

struct Refresh {
    grant: GrantId,
    used: bool,
}

/// The tokens of one answer.
pub struct Issue<'a> {
    pub grant: GrantId,
    pub access: &'a str,
    pub scopes: &'a [Scope],
    pub expires: i64,
    pub refresh: Option<&'a str>,
    /// The refresh token that dies by this answer.
    pub spent: Option<&'a str>,
}

/// Why a code or a refresh token is refused; all but the last are `invalid_grant`.
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
    #[error(transparent)]
    Unwritten(#[from] Unwritten),
}

/// Everything one hospital has issued. Nothing changes here before the ledger has it.
#[derive(Default)]
pub struct Grants {
    ledger: Arc<Ledger>,
    grants: HashMap<GrantId, Grant>,
    next: GrantId,
    codes: HashMap<String, Code>,
    access: HashMap<TokenHash, Access>,
    refresh: HashMap<TokenHash, Refresh>,
}

impl Grant {
    pub fn new(client_id: &str, account: Account, scopes: Vec<Scope>, nonce: Option<String>) -> Grant {
        Grant { client_id: client_id.to_owned(), account, scopes, nonce, revoked: false }
    }
}

impl TokenHash {
    pub fn of(token: &str) -> TokenHash {
        TokenHash(URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())))
    }
}

impl Grants {
    /// What was promised before, and the ledger for what will be.
    pub fn resume(ledger: Arc<Ledger>, facts: Vec<Fact>) -> Grants {
        let mut grants = Grants { ledger, ..Grants::default() };
        facts.into_iter().for_each(|fact| grants.apply(fact));
        grants
    }

    /// Remembers what a person allowed, under a code.
    pub fn allow(&mut self, code: String, grant: Grant, redirect_uri: &str, challenge: &str, now: i64) {
        let row = Code {
            grant,
            redirect_uri: redirect_uri.to_owned(),
            challenge: challenge.to_owned(),
            expires: now + CODE_LIFETIME,
            fate: Fate::Unused,
        };
        // A spent code is kept a while, so that a replay is recognised.
        self.codes.retain(|_, known| known.expires + 10 * CODE_LIFETIME > now);
        self.codes.insert(code, row);
    }

    /// Exchanges a code once; a second try revokes what the first one got.
    pub fn redeem(
        &mut self,
        code: &str,
        client_id: &str,
        redirect_uri: &str,
        verifier: &str,
        now: i64,
    ) -> Result<GrantId, Dead> {
        let row = self.codes.get_mut(code).ok_or(Dead::Unknown)?;
        if row.grant.client_id != client_id {
            return Err(Dead::OtherClient);
        }
        match row.fate {
            Fate::Unused => row.fate = Fate::Refused,
            Fate::Refused => return Err(Dead::Replayed),
            Fate::Redeemed(id) => {
                self.end(id)?;
                return Err(Dead::Replayed);
            }
        }
        if row.expires <= now {
            return Err(Dead::Expired);
        }
        if row.redirect_uri != redirect_uri {
            return Err(Dead::OtherRedirect);
        }
        if !verifies(verifier, &row.challenge) {
            return Err(Dead::WrongVerifier);
        }
        let id = self.next;
        let grant = row.grant.clone();
        self.record(Fact::Granted { id, grant })?;
        if let Some(row) = self.codes.get_mut(code) {
            row.fate = Fate::Redeemed(id);
        }
        Ok(id)
    }

    pub fn grant(&self, id: GrantId) -> &Grant {
        &self.grants[&id]
    }

    /// Makes tokens good, and the spent one bad, in one step; access tokens that expired are forgotten.
    pub fn issue(&mut self, issue: &Issue<'_>, now: i64) -> Result<(), Unwritten> {
        let access =
            IssuedAccess { token: TokenHash::of(issue.access), scopes: issue.scopes.to_vec(), expires: issue.expires };
        self.access.retain(|_, access| access.expires > now);
        self.record(Fact::Issued(Issued {
            grant: issue.grant,
            spent: issue.spent.map(TokenHash::of),
            refresh: issue.refresh.map(TokenHash::of),
            access: Some(access),
        }))
    }

    /// The access behind a bearer token, if it is good now.
    pub fn access(&self, token: &str, now: i64) -> Option<&Access> {
        self.access
            .get(&TokenHash::of(token))
            .filter(|access| access.expires > now && !self.grants[&access.grant].revoked)
    }

    /// The grant that a client may refresh with a token; a token used before kills its family.
    pub fn refresh(&mut self, token: &str, client_id: &str) -> Result<GrantId, Dead> {
        let Refresh { grant: id, used } = *self.refresh.get(&TokenHash::of(token)).ok_or(Dead::Unknown)?;
        let grant = &self.grants[&id];
        if grant.client_id != client_id {
            return Err(Dead::OtherClient);
        }
        if grant.revoked {
            return Err(Dead::Revoked);
        }
        if used {
            self.end(id)?;
            return Err(Dead::Replayed);
        }
        Ok(id)
    }

    /// A refresh token that would work, for introspection.
    pub fn refreshable(&self, token: &str) -> Option<GrantId> {
        let row = self.refresh.get(&TokenHash::of(token))?;
        (!row.used && !self.grants[&row.grant].revoked).then_some(row.grant)
    }

    /// RFC 7009: a refresh token takes its grant with it, an access token only itself.
    pub fn revoke(&mut self, token: &str, client_id: &str) -> Result<(), Unwritten> {
        let token = TokenHash::of(token);
        let own = |id: &GrantId| self.grants[id].client_id == client_id;
        if let Some(id) = self.refresh.get(&token).map(|row| row.grant) {
            return if own(&id) { self.end(id) } else { Ok(()) };
        }
        if self.access.get(&token).is_some_and(|access| own(&access.grant)) {
            return self.record(Fact::AccessRevoked { token });
        }
        Ok(())
    }

    fn end(&mut self, id: GrantId) -> Result<(), Unwritten> {
        if self.grants[&id].revoked { Ok(()) } else { self.record(Fact::GrantRevoked { id }) }
    }

    fn record(&mut self, fact: Fact) -> Result<(), Unwritten> {
        self.ledger.write(std::slice::from_ref(&fact))?;
        self.apply(fact);
        Ok(())
    }

    /// The same for what happens now and for what happened before a restart.
    fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::Key(_) => {}
            Fact::Granted { id, grant } => {
                self.next = self.next.max(id + 1);
                self.grants.insert(id, grant);
            }
            Fact::Issued(Issued { grant, spent, refresh, access }) => {
                let tokens = spent.map(|token| (token, true)).into_iter().chain(refresh.map(|token| (token, false)));
                self.refresh.extend(tokens.map(|(token, used)| (token, Refresh { grant, used })));
                if let Some(IssuedAccess { token, scopes, expires }) = access {
                    self.access.insert(token, Access { grant, scopes, expires });
                }
            }
            Fact::AccessRevoked { token } => drop(self.access.remove(&token)),
            Fact::GrantRevoked { id } => {
                if let Some(grant) = self.grants.get_mut(&id) {
                    grant.revoked = true;
                }
            }
        }
    }
}

/// RFC 7636 with S256.
fn verifies(verifier: &str, challenge: &str) -> bool {
    let fit = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    fit && URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn allowed_by(ledger: Ledger) -> Grants {
        let mut grants = Grants::resume(Arc::new(ledger), Vec::new());
        let grant = Grant::new("app", Account::NoData, vec![Scope::OpenId], None);
        grants.allow("code".into(), grant, "https://app/cb", CHALLENGE, 1000);
        grants
    }

    fn allowed() -> Grants {
        allowed_by(Ledger::default())
    }

    fn redeem(grants: &mut Grants) -> Result<GrantId, Dead> {
        grants.redeem("code", "app", "https://app/cb", VERIFIER, 1000)
    }

    fn issue(grants: &mut Grants, access: &str, refresh: Option<&str>, spent: Option<&str>, now: i64) {
        let issue = Issue { grant: 0, access, scopes: &[], expires: now + 100, refresh, spent };
        grants.issue(&issue, now).expect("kept in memory");
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
        assert_eq!(redeem(&mut grants), Ok(0));
        issue(&mut grants, "a", None, None, 1000);
        assert!(grants.access("a", 1001).is_some());
        assert_eq!(redeem(&mut grants), Err(Dead::Replayed));
        assert!(grants.access("a", 1001).is_none());
    }

    #[test]
    fn a_refresh_token_used_twice_kills_its_family() {
        let mut grants = allowed();
        redeem(&mut grants).expect("first use");
        issue(&mut grants, "a", Some("first"), None, 1000);
        assert_eq!(grants.refresh("first", "app"), Ok(0));
        issue(&mut grants, "b", Some("second"), Some("first"), 1000);
        assert_eq!(grants.refresh("first", "app"), Err(Dead::Replayed));
        assert_eq!(grants.refresh("second", "app"), Err(Dead::Revoked));
    }

    #[test]
    fn access_tokens_that_expired_are_forgotten() {
        let mut grants = allowed();
        redeem(&mut grants).expect("first use");
        for (token, now) in [("a", 1000), ("b", 1050), ("c", 1100)] {
            issue(&mut grants, token, None, None, now);
        }
        assert_eq!(grants.access.len(), 2);
        assert!(grants.access("b", 1100).is_some() && grants.access("a", 1100).is_none());
    }

    #[test]
    fn what_cannot_be_written_does_not_happen() {
        let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device without room");
        let mut grants = allowed_by(Ledger::on(full()));
        assert_eq!(redeem(&mut grants), Err(Dead::Unwritten(Unwritten)));
        assert_eq!(redeem(&mut grants), Err(Dead::Replayed));

        let mut grants = allowed();
        redeem(&mut grants).expect("first use");
        issue(&mut grants, "a", Some("first"), None, 1000);
        grants.ledger = Arc::new(Ledger::on(full()));
        let rotation =
            Issue { grant: 0, access: "b", scopes: &[], expires: 2000, refresh: Some("second"), spent: Some("first") };
        assert_eq!(grants.issue(&rotation, 1000), Err(Unwritten));
        assert_eq!(grants.revoke("first", "app"), Err(Unwritten));
        assert_eq!((grants.refresh("first", "app"), grants.refresh("second", "app")), (Ok(0), Err(Dead::Unknown)));
        assert!(grants.access("b", 1000).is_none());
    }
}
