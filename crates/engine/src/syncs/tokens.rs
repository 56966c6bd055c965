//! The access token of a run: shared by its streams, refreshed for all of them at once.

use std::sync::{Mutex, PoisonError};

use connectors::http::{Answer, Request};

use super::{Run, Stop};
use crate::grants::{Grant, RefreshError};
use crate::http::SendError;

/// Refusals of a token that are believed in one run. Beyond them it is not the token.
const REFRESHES: u32 = 3;

pub(super) struct Access(Mutex<(Grant, u32)>);

impl Access {
    pub fn new(grant: Grant) -> Access {
        Access(Mutex::new((grant, 0)))
    }

    pub fn current(&self) -> Grant {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Whether a refused token is worth a refresh, and counts it.
    fn believes(&self) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.1 += 1;
        held.1 <= REFRESHES
    }

    fn replace(&self, grant: Grant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = grant;
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

impl Run {
    /// Sends a request with the token. When the source refuses the token, once more with a fresh one.
    pub(super) async fn send(&self, request: &Request) -> Result<Result<Answer, SendError>, Stop> {
        let mut grant = self.access.current();
        if !grant.is_fresh(self.engine.now()) && grant.tokens.refresh.is_some() {
            grant = self.renew(&grant).await?;
        }
        let answer = self.engine.inner.http.send(&request.clone().bearer(&grant.tokens.access)).await;
        if !matches!(&answer, Ok(answer) if answer.status == 401) {
            return Ok(answer);
        }
        if self.access.believes() {
            grant = self.renew(&grant).await?;
        }
        Ok(self.engine.inner.http.send(&request.clone().bearer(&grant.tokens.access)).await)
    }

    async fn renew(&self, stale: &Grant) -> Result<Grant, Stop> {
        let fresh = self.engine.refresh(self.human_id, &self.key, self.connection, stale).await?;
        self.access.replace(fresh.clone());
        Ok(fresh)
    }
}
