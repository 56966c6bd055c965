//! The tokens a provider gave us: sealed, refreshed one at a time, given back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use connectors::http::Answer;
use connectors::smart::tokens::{TokenError, Tokens, refresh, revoke};
use domain::{ConnectionId, HumanId, Status, Timestamp, Trouble};
use serde::{Deserialize, Serialize};
use store::Batch;
use store::connections::ConnectionRow;

use crate::Engine;
use crate::connections::{LinkError, open_grant, seal_grant};
use crate::http::SendError;
use crate::providers::{Membership, trouble};
use crate::sealing::DataKey;

/// A token this close to its end is not used any more, unless it lives hardly longer.
const MARGIN: Duration = Duration::from_secs(30);

/// What a person allowed us at one source.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub tokens: Tokens,
    /// What was asked for; the answer may say less.
    pub asked: String,
    /// The FHIR base.
    pub endpoint: String,
    /// When to refresh.
    pub expires_at: Timestamp,
}

impl Grant {
    pub fn new(tokens: Tokens, asked: String, endpoint: String, now: Timestamp) -> Grant {
        let expires_at = now + tokens.expires_in - MARGIN.min(tokens.expires_in / 5);
        Grant { tokens, asked, endpoint, expires_at }
    }

    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }

    /// The grant after a refresh. What the answer leaves out stays as it was.
    fn renewed(&self, answer: Tokens, now: Timestamp) -> Grant {
        let tokens = Tokens {
            refresh: answer.refresh.or_else(|| self.tokens.refresh.clone()),
            id_token: None,
            patient: answer.patient.or_else(|| self.tokens.patient.clone()),
            extras: if answer.extras.is_empty() { self.tokens.extras.clone() } else { answer.extras },
            ..answer
        };
        Grant::new(tokens, self.asked.clone(), self.endpoint.clone(), now)
    }
}

/// Why there is no fresh token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    /// Only the person can help, by logging in again.
    #[error("the person must log in again")]
    NeedsLogin,
    #[error("the token could not be refreshed")]
    Trouble(Trouble),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] crate::sealing::SealingError),
}

/// Connections whose grant is being refreshed by this process.
#[derive(Default)]
pub(crate) struct Refreshes(Mutex<HashMap<ConnectionId, Arc<tokio::sync::Mutex<()>>>>);

impl Refreshes {
    fn of(&self, connection: ConnectionId) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|id, lock| *id == connection || Arc::strong_count(lock) > 1);
        all.entry(connection).or_default().clone()
    }
}

impl Engine {
    pub(crate) async fn find_grant(
        &self,
        human_id: HumanId,
        key: &DataKey,
        connection: ConnectionId,
    ) -> Result<Option<Grant>, LinkError> {
        match store::connections::find(self.db(), human_id, connection).await? {
            Some(row) => Ok(open_grant(key, &row)?),
            None => Ok(None),
        }
    }

    /// A grant newer than `stale`: another's refresh, a new login, or our own refresh, which is
    /// durable before anyone uses it. One at a time for each connection.
    pub(crate) async fn refresh(
        &self,
        human_id: HumanId,
        key: &DataKey,
        connection: ConnectionId,
        stale: &Grant,
    ) -> Result<Grant, RefreshError> {
        let lock = self.inner.refreshes.of(connection);
        let _turn = lock.lock().await;
        let (current, sealed) = self.stored(human_id, key, connection).await?;
        if current.tokens.access != stale.tokens.access {
            return Ok(current);
        }
        let membership = self.membership(&current.endpoint).await?;
        let membership =
            membership.ok_or_else(|| RefreshError::Trouble(Trouble::new("not_registered", domain::Actor::Operator)))?;
        let now = self.now();
        let mut batch = Batch::new();
        let fresh = match self.ask_refresh(&membership, &current).await {
            Err(RefreshError::NeedsLogin) => {
                store::connections::lose_grant(&mut batch, human_id, connection, &sealed, now);
                store::humans::bump_revision(&mut batch, human_id);
                Err(RefreshError::NeedsLogin)
            }
            Ok(fresh) => {
                let successor = seal_grant(key, connection, &fresh);
                store::connections::renew_grant(&mut batch, human_id, connection, &sealed, &successor, now);
                Ok(fresh)
            }
            Err(error) => return Err(error),
        };
        match self.db().commit(batch).await {
            Ok(_) => fresh,
            // Somebody was faster. A new login counts; a person who has left leaves nothing behind.
            Err(store::Error::Conflict) => match self.stored(human_id, key, connection).await {
                Err(RefreshError::NeedsLogin) => {
                    if let Ok(fresh) = fresh {
                        self.revoke(fresh).await;
                    }
                    Err(RefreshError::NeedsLogin)
                }
                stored => stored.map(|(grant, _)| grant),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// The grant of a connection that is active, and its sealed form.
    async fn stored(
        &self,
        human_id: HumanId,
        key: &DataKey,
        connection: ConnectionId,
    ) -> Result<(Grant, Vec<u8>), RefreshError> {
        let row = store::connections::find(self.db(), human_id, connection).await?;
        let row = row.filter(|row| row.status == Status::Active).ok_or(RefreshError::NeedsLogin)?;
        let grant = open_grant(key, &row)?.ok_or(RefreshError::NeedsLogin)?;
        Ok((grant, row.grant_sealed.unwrap_or_default()))
    }

    async fn ask_refresh(&self, membership: &Membership, grant: &Grant) -> Result<Grant, RefreshError> {
        let token = grant.tokens.refresh.as_ref().ok_or(RefreshError::NeedsLogin)?;
        let smart = self.smart(&membership.base).await.map_err(RefreshError::Trouble)?;
        let client = self.client_at(&membership.registration, &smart);
        let mut tries = 2;
        let answer: Answer = loop {
            let request = refresh(membership.platform, &smart, &client, token, &grant.tokens.scope, &self.moment());
            let request = request.map_err(|error| RefreshError::Trouble(trouble!(error)))?;
            tries -= 1;
            match self.inner.http.send(&request).await {
                Ok(answer) => break answer,
                // The request may have arrived: the same token once more tells.
                Err(SendError::Timeout | SendError::Broken) if tries > 0 => {}
                Err(error) => return Err(RefreshError::Trouble(error.trouble())),
            }
        };
        match Tokens::read(&answer, &grant.tokens.scope) {
            Ok(tokens) => Ok(grant.renewed(tokens, self.now())),
            Err(TokenError::InvalidGrant | TokenError::NothingGranted) => Err(RefreshError::NeedsLogin),
            Err(error) => {
                if error.suspects_discovery() {
                    self.inner.providers.forget(&membership.base);
                }
                Err(RefreshError::Trouble(trouble!(error)))
            }
        }
    }

    /// Gives a grant back to its provider, as far as that can be reached. The caller erases our copy.
    pub(crate) async fn revoke(&self, grant: Grant) {
        let Ok(Some(membership)) = self.membership(&grant.endpoint).await else { return };
        let Ok(smart) = self.smart(&membership.base).await else { return };
        let client = self.client_at(&membership.registration, &smart);
        let token = grant.tokens.refresh.as_ref().unwrap_or(&grant.tokens.access);
        if let Ok(Some(request)) = revoke(&smart, &client, token, &self.moment()) {
            // Whatever the answer is, there is nothing more we could do.
            let _ = self.inner.http.send(&request).await;
        }
    }

    /// Gives back what is sealed in a row, e.g. of a person who is being deleted.
    pub(crate) async fn revoke_sealed(&self, key: &DataKey, row: &ConnectionRow) {
        if let Ok(Some(grant)) = open_grant::<Grant>(key, row) {
            self.revoke(grant).await;
        }
    }
}
