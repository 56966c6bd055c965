//! Session, id, access and client tokens: issue, recognise, revoke.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::tokens::{Refusal, allowed};
use domain::{ClientId, HumanId, Profile, Secret, SecretPolicy, Timestamp, TokenKind, UserId, UserState};
use store::tokens::NewToken;
use store::{Batch, Hash};

use crate::Engine;
use crate::apps::{KnownApp, secret_matches, sha256};
use crate::humans::HumanError;
use crate::keys::random;
use crate::limits::{Limited, network};

mod client;

/// A request to the token endpoint, parsed but not yet believed.
pub struct TokenRequest {
    pub client_id: String,
    pub client_secret: Option<Secret<String>>,
    pub client_user_id: String,
    pub client_user_email: Option<String>,
    /// `None` when the request named no type.
    pub kind: Option<TokenKind>,
    pub extra_scopes: Vec<String>,
    pub address: IpAddr,
}

/// Tokens in clear, on their one way out.
#[derive(Debug)]
pub enum Issued {
    Session { session_token: Secret<String>, human_id: HumanId, expires_in: u64 },
    Id { id_token: Secret<String>, id_refresh_token: Secret<String>, human_id: HumanId, expires_in: u64 },
    Access { access_token: Secret<String>, refresh_token: Secret<String>, human_id: HumanId, expires_in: u64 },
}

#[derive(Debug)]
pub struct ClientToken {
    pub client_token: Secret<String>,
    pub expires_in: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error("unknown client")]
    UnknownClient,
    #[error("wrong client secret")]
    WrongSecret,
    #[error("this request needs the client secret")]
    SecretRequired,
    #[error("this app must name the token type")]
    TypeRequired,
    #[error("the app is disabled")]
    AppDisabled,
    #[error("the Admin API is not enabled for this app")]
    AdminApiOff,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Limited(#[from] Limited),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] crate::sealing::SealingError),
}

/// Who a data token speaks for. Holds what one read of the token brought along.
#[derive(Clone)]
pub struct Access {
    pub human_id: HumanId,
    pub client_id: ClientId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    /// Changes with every change of the person's records.
    pub revision: i64,
    /// The shared fictional user behind the `demo` token.
    pub demo: bool,
    pub(crate) wrapped_key: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("the access token is not valid")]
    Invalid,
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A verified client token of the Admin API.
#[derive(Debug, Clone)]
pub struct AdminAccess {
    pub client_id: ClientId,
    pub scopes: Vec<String>,
}

/// A token we issued, neither revoked nor of a deleted person. It may have expired.
pub(crate) struct Recognised {
    pub kind: TokenKind,
    pub expires_at: Timestamp,
    /// Given to somebody who did not show the client secret.
    pub secretless: bool,
    pub access: Access,
}

/// Two requests may create or revive one person at the same moment; the later one looks again.
const ATTEMPTS: usize = 4;

impl Engine {
    /// Checks the secret in constant time, applies the state table, mints, and keeps only hashes.
    ///
    /// # Errors
    /// Why the client may not have this token.
    pub async fn issue(&self, request: TokenRequest) -> Result<Issued, IssueError> {
        let known = self.find_client(&request.client_id).await?;
        let known = self.believe(known, request.client_secret.as_ref(), request.address)?;
        let app = &known.app;
        if app.disabled_at.is_some() {
            return Err(IssueError::AppDisabled);
        }
        let kind = match request.kind {
            Some(kind) => kind,
            None if app.strict_type => return Err(IssueError::TypeRequired),
            None => TokenKind::Session,
        };
        let secretless = request.client_secret.is_none();
        let now = self.now();
        if secretless {
            if kind != TokenKind::Session || app.session_secret_policy != SecretPolicy::Optional {
                return Err(IssueError::SecretRequired);
            }
            self.inner.limiters.secretless.take((app.client_id, network(request.address)), now)?;
        }
        self.inner.limiters.tokens.take((app.client_id, secretless), now)?;
        for _ in 1..ATTEMPTS {
            match self.issue_once(app.client_id, kind, &request).await {
                Err(IssueError::Store(store::Error::Conflict)) => {}
                result => return result,
            }
        }
        self.issue_once(app.client_id, kind, &request).await
    }

    /// One read, one commit.
    async fn issue_once(
        &self,
        client_id: ClientId,
        kind: TokenKind,
        request: &TokenRequest,
    ) -> Result<Issued, IssueError> {
        let now = self.now();
        let user_key = self.user_key(client_id, &request.client_user_id);
        let human = store::humans::find_by_key(self.db(), client_id, &user_key).await?;
        let state = human.as_ref().map_or(UserState::Unknown, crate::humans::state);
        allowed(kind, state)?;
        let secretless = request.client_secret.is_none();
        let told = Profile {
            client_user_id: request.client_user_id.clone(),
            email: request.client_user_email.clone(),
            extra_scopes: request.extra_scopes.clone(),
        };
        let mut batch = Batch::new();
        let human_id = match human {
            None => self.create_human(&mut batch, client_id, user_key, &told, now)?,
            Some(_) if state == UserState::Deleted && secretless => return Err(IssueError::SecretRequired),
            Some(human) if state == UserState::Deleted => {
                self.finish_erasing(human.human_id).await?;
                self.start_anew(&mut batch, &human, &told, now)?;
                human.human_id
            }
            Some(human) => {
                // Without the secret it could be anyone who tells us something of a known person.
                if !secretless {
                    self.update_profile(&mut batch, &human, told, now)?;
                }
                human.human_id
            }
        };
        let owner = Owner { client_id, human_id, secretless };
        let mut mint = |kind| mint(&mut batch, owner, kind, now);
        let expires_in = kind.lifetime().as_secs();
        let issued = match kind {
            TokenKind::Session => Issued::Session { session_token: mint(kind), human_id, expires_in },
            TokenKind::Id => {
                Issued::Id { id_token: mint(kind), id_refresh_token: mint(TokenKind::IdRefresh), human_id, expires_in }
            }
            TokenKind::Access => Issued::Access {
                access_token: mint(kind),
                refresh_token: mint(TokenKind::Refresh),
                human_id,
                expires_in,
            },
            TokenKind::Refresh | TokenKind::IdRefresh | TokenKind::Client => return Err(IssueError::TypeRequired),
        };
        self.db().commit(batch).await?;
        Ok(issued)
    }

    /// Ends a deletion that was interrupted: what sources granted is given back before our copy goes.
    pub(crate) async fn finish_erasing(&self, human_id: HumanId) -> Result<(), IssueError> {
        if store::connections::list(self.db(), human_id).await?.is_empty() {
            return Ok(());
        }
        self.erase_human(human_id).await.map_err(|error| match error {
            HumanError::Unknown => store::Error::Conflict.into(),
            HumanError::Store(error) => error.into(),
            HumanError::Sealing(error) => error.into(),
        })
    }

    /// The app that a request claims to come from, if there is one.
    async fn find_client(&self, client_id: &str) -> Result<Option<Arc<KnownApp>>, store::Error> {
        match client_id.parse() {
            Ok(client_id) => self.known_app(client_id).await,
            Err(_) => Ok(None),
        }
    }

    /// The app, when the secret is right or there is none to check. Wrong answers cost the address,
    /// which gets no more of them for a while; a right one always passes.
    fn believe(
        &self,
        known: Option<Arc<KnownApp>>,
        secret: Option<&Secret<String>>,
        address: IpAddr,
    ) -> Result<Arc<KnownApp>, IssueError> {
        let now = self.now();
        let right = secret.is_none_or(|secret| secret_matches(known.as_deref(), secret, now));
        match known {
            Some(known) if right => Ok(known),
            known => {
                self.inner.limiters.bad_secrets.take(network(address), now)?;
                Err(if known.is_some() { IssueError::WrongSecret } else { IssueError::UnknownClient })
            }
        }
    }

    /// Recognises an access token (or the literal `demo`) with one read.
    ///
    /// # Errors
    /// `Invalid` for anything but a live access token of an enabled app.
    pub async fn authenticate(&self, token: &str) -> Result<Access, AuthError> {
        if token == "demo" {
            return self.demo_access().await?.ok_or(AuthError::Invalid);
        }
        let found = self.find_token(token).await?.ok_or(AuthError::Invalid)?;
        if found.kind != TokenKind::Access || found.expires_at <= self.now() {
            return Err(AuthError::Invalid);
        }
        match self.find_app(found.access.client_id).await? {
            Some(app) if app.disabled_at.is_none() => Ok(found.access),
            _ => Err(AuthError::Invalid),
        }
    }

    /// A token of any kind that is stored, is not revoked and whose person is not deleted.
    pub(crate) async fn find_token(&self, token: &str) -> Result<Option<Recognised>, store::Error> {
        let Some(presented) = Presented::read(token) else {
            return Ok(None);
        };
        let row = store::tokens::find(self.db(), presented.human_id, &presented.hash).await?;
        Ok(row.filter(|row| row.revoked_at.is_none() && row.human.deleted_at.is_none()).map(|row| Recognised {
            kind: row.kind,
            expires_at: row.expires_at,
            secretless: row.secretless,
            access: Access {
                human_id: presented.human_id,
                client_id: row.client_id,
                user_id: row.human.user_id,
                created_at: row.human.created_at,
                revision: row.human.revision,
                demo: false,
                wrapped_key: row.human.wrapped_key,
            },
        }))
    }
}

/// Whom a token is for, and whether whoever asked for it showed the client secret.
#[derive(Clone, Copy)]
struct Owner {
    client_id: ClientId,
    human_id: HumanId,
    secretless: bool,
}

/// Prefix and the base64url of whom it is for and 128 random bits. The person's id is in it so that
/// the token can be looked up where the person's data are.
fn mint(batch: &mut Batch, owner: Owner, kind: TokenKind, now: Timestamp) -> Secret<String> {
    let Owner { client_id, human_id, secretless } = owner;
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&human_id.0);
    bytes[16..].copy_from_slice(&random::<16>());
    let token = Secret::new(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)));
    let hash = sha256(token.expose().as_bytes());
    store::tokens::insert(
        batch,
        &NewToken { human_id, hash, kind, client_id, secretless, issued_at: now, expires_at: now + kind.lifetime() },
    );
    token
}

/// Text that has the form of a stored token: where to look for it, and by what.
pub(crate) struct Presented {
    pub human_id: HumanId,
    pub hash: Hash,
}

impl Presented {
    /// `None` for anything [`mint`] would not have written.
    pub(crate) fn read(token: &str) -> Option<Presented> {
        let prefixes = TokenKind::ALL.map(TokenKind::prefix);
        let rest = prefixes.iter().filter(|prefix| !prefix.is_empty()).find_map(|prefix| token.strip_prefix(prefix))?;
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(rest).ok()?.try_into().ok()?;
        let human_id = HumanId(*bytes.first_chunk()?);
        Some(Presented { human_id, hash: sha256(token.as_bytes()) })
    }
}

#[cfg(test)]
mod tests;
