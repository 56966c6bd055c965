//! The access token of a run: shared by its streams, refreshed for all of them at once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use connectors::http::{Answer, Request};

use super::{Pull, Stop};
use crate::grants::{Grant, RefreshError};
use crate::http::SendError;

/// Tokens refused in one run that are replaced. Beyond them it is not the token.
const REFRESHES: u32 = 3;

pub(super) struct Access(Mutex<Held>);

struct Held {
    grant: Grant,
    /// Tokens that were replaced because they were refused.
    refused: u32,
}

impl Access {
    pub fn new(grant: Grant) -> Access {
        Access(Mutex::new(Held { grant, refused: 0 }))
    }

    pub fn current(&self) -> Grant {
        self.held().grant.clone()
    }

    /// Whether one more refused token may be replaced.
    fn may_refresh(&self) -> bool {
        self.held().refused < REFRESHES
    }

    /// Answers whether this was the first to bring the successor of `stale`.
    fn replace(&self, stale: &Grant, grant: Grant) -> bool {
        let mut held = self.held();
        let first = held.grant.tokens.access == stale.tokens.access;
        held.grant = grant;
        first
    }

    fn count_refused(&self) {
        self.held().refused += 1;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<RefreshError> for Stop {
    fn from(error: RefreshError) -> Stop {
        match error {
            RefreshError::NeedsLogin => Stop::NeedsLogin,
            RefreshError::Trouble(trouble) => Stop::Trouble(trouble),
            RefreshError::Store(error) => Stop::Job(error.into()),
            RefreshError::Sealing(error) => Stop::Job(error.into()),
        }
    }
}

impl Pull {
    /// Sends a request with the token. When the source refuses the token, once more with another:
    /// with the one another stream has fetched meanwhile, or with a fresh one.
    pub(super) async fn send(&self, request: &Request) -> Result<Result<Answer, SendError>, Stop> {
        let mut grant = self.access.current();
        if !grant.is_fresh(self.engine.now()) && grant.tokens.refresh.is_some() {
            (grant, _) = self.renew(&grant).await?;
        }
        loop {
            let answer = self.engine.inner.http.send(&request.clone().bearer(&grant.tokens.access)).await;
            if !matches!(&answer, Ok(answer) if answer.status == 401) {
                return Ok(answer);
            }
            let current = self.access.current();
            if current.tokens.access != grant.tokens.access {
                grant = current;
                continue;
            }
            if !self.access.may_refresh() {
                return Ok(answer);
            }
            let (fresh, first) = self.renew(&grant).await?;
            grant = fresh;
            if first {
                self.access.count_refused();
                return Ok(self.engine.inner.http.send(&request.clone().bearer(&grant.tokens.access)).await);
            }
        }
    }

    async fn renew(&self, stale: &Grant) -> Result<(Grant, bool), Stop> {
        let fresh = self.engine.refresh(self.human_id, &self.key, self.connection, stale).await?;
        let first = self.access.replace(stale, fresh.clone());
        Ok((fresh, first))
    }
}
