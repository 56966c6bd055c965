//! The way back: one callback, one outcome, one commit.

use domain::connect::Announced;
use domain::{CloseStatus, ConnectionId, HumanId, RowId, Step, SyncReport, Trouble};
use store::connections::{NewConnection, Synced};
use store::jobs::NewJob;

use super::redeem::{Denied, Redeemed};
use super::{Attempt, Callback, CallbackError, Completed, Leaving, Outcome, PHRASES, aad};
use crate::Engine;
use crate::connect::{ConnectError, Visit};
use crate::connections::{seal_account, seal_grant, seal_report};
use crate::handles::Purpose;
use crate::keys::random;
use crate::providers::Membership;
use crate::syncs;

impl From<ConnectError> for CallbackError {
    fn from(error: ConnectError) -> CallbackError {
        match error {
            ConnectError::Store(error) => CallbackError::Store(error),
            ConnectError::Sealing(error) => CallbackError::Sealing(error),
            ConnectError::Closed { .. } | ConnectError::AppDisabled { .. } => CallbackError::Over,
            _ => CallbackError::UnknownState,
        }
    }
}

/// An authorization that this callback may use.
struct Claimed {
    human_id: HumanId,
    id: RowId,
    visit: Visit,
    attempt: Attempt,
}

impl Engine {
    /// Checks state and issuer, exchanges the code, and writes connection, grant and sync job at once.
    /// A person who took so long that the visit's token ran out is connected all the same; one who
    /// closed the widget meanwhile is not.
    ///
    /// # Errors
    /// When the state is not that of a login this browser is in, or the visit is over; nothing was
    /// connected then.
    pub async fn complete(&self, callback: Callback, browser: Option<&str>) -> Result<Completed, CallbackError> {
        let claimed = self.claim(&callback, browser).await?;
        let Claimed { visit, attempt, .. } = &claimed;
        let membership = self.membership(&attempt.endpoint).await?;
        let redeemed = match &membership {
            Some(membership) => self.redeem(membership, attempt, &callback).await,
            None => Err(Denied::Trouble(Trouble::new("not_registered", domain::Actor::Operator))),
        };
        let (ticket, display) = (visit.ticket.clone(), attempt.display);
        let completed = |result, again| Completed { ticket, display, result, again };
        match redeemed {
            Ok(redeemed) => {
                if let Some(membership) = membership.filter(|_| !attempt.refused.is_empty()) {
                    self.inner.providers.set_refused(&membership.base, attempt.refused.clone());
                }
                match self.connect(&claimed, &redeemed).await {
                    Ok(connection) => Ok(completed(Ok(connection), None)),
                    Err(CallbackError::Over) => {
                        self.revoke(redeemed.grant).await;
                        Err(CallbackError::Over)
                    }
                    Err(error) => Err(error),
                }
            }
            Err(Denied::Trouble(trouble)) => {
                self.fail(&claimed, &trouble).await?;
                Ok(completed(Err(trouble), None))
            }
            Err(Denied::Phrase(trouble)) => {
                self.fail(&claimed, &trouble).await?;
                let again = match membership {
                    Some(membership) => self.ask_again(&claimed, &membership).await,
                    None => None,
                };
                Ok(completed(Err(trouble), again))
            }
        }
    }

    /// Takes the authorization for this one callback, when everything about it fits.
    async fn claim(&self, callback: &Callback, browser: Option<&str>) -> Result<Claimed, CallbackError> {
        let unknown = || CallbackError::UnknownState;
        let state = callback.state.as_deref().ok_or_else(unknown)?;
        let (human_id, id) = self.open_handle(Purpose::State, state).ok_or_else(unknown)?;
        let row = store::authorizations::find(self.db(), human_id, id).await?.ok_or_else(unknown)?;
        let now = self.now();
        if row.used_at.is_some() || row.expires_at <= now {
            return Err(unknown());
        }
        let human = store::humans::find(self.db(), human_id).await?.filter(|human| human.deleted_at.is_none());
        let key = self.data_key(human_id, &human.ok_or_else(unknown)?.wrapped_key)?;
        let attempt: Attempt = key.open_json(aad(&id.to_hex(), "body"), &row.body)?;
        // Both sides are keyed hashes: how far they agree tells nothing of the value.
        let left = browser.map(|browser| hex::encode(self.hash_index("browser", browser.as_bytes())));
        if left.as_deref() != Some(&attempt.browser) {
            return Err(unknown());
        }
        let visit = self.load_visit(human_id, row.session_id, attempt.token).await?.ok_or_else(unknown)?;
        self.still_wanted(&visit).await?;
        let mut batch = store::Batch::new();
        store::authorizations::claim(&mut batch, human_id, id, now);
        match self.db().commit(batch).await {
            Ok(_) => Ok(Claimed { human_id, id, visit, attempt }),
            Err(store::Error::Conflict) => Err(unknown()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the person is still there: the widget was not closed, the app not disabled, the token not revoked.
    async fn still_wanted(&self, visit: &Visit) -> Result<(), CallbackError> {
        let app = self.find_app(visit.app.client_id).await?;
        let disabled = app.is_none_or(|app| app.disabled_at.is_some());
        let revoked = self.token_ended(visit.human_id, &visit.token).await? == Some(CloseStatus::SessionTokenInvalid);
        if visit.session.ended.is_some() || disabled || revoked { Err(CallbackError::Over) } else { Ok(()) }
    }

    /// Connection, grant, start of the pull, its job, the outcome and the visit's next step, or nothing.
    async fn connect(&self, claimed: &Claimed, redeemed: &Redeemed) -> Result<ConnectionId, CallbackError> {
        let Claimed { human_id, id, visit, .. } = claimed;
        let (human_id, account, key) = (*human_id, &redeemed.account, &visit.key);
        // The provider took its time.
        self.still_wanted(visit).await?;
        let (account_hash, connection) = self.account(human_id, account.source, &account.patient);
        let row = NewConnection {
            human_id,
            id: connection,
            client_id: visit.app.client_id,
            source_hash: self.source_hash(account.source),
            account_hash,
            body: seal_account(key, connection, account),
            grant_sealed: Some(seal_grant(key, connection, &redeemed.grant)),
        };
        let waiting = Synced {
            report: seal_report(key, connection, &SyncReport::default()),
            last_synced_at: None,
            oldest_at: None,
            newest_at: None,
        };
        let now = self.now();
        let job = NewJob {
            id: RowId(random()),
            kind: syncs::JOB,
            human_id: Some(human_id),
            subject: connection.to_hex(),
            due_at: now,
            created_at: now,
        };
        let outcome = key.seal_json(aad(&id.to_hex(), "outcome"), &Outcome::Connected(connection));
        let pull = syncs::start(key, human_id, connection, RowId(random()), now);
        let rows = |batch: &mut store::Batch| {
            store::connections::put(batch, &row, now);
            store::connections::set_report(batch, human_id, connection, &waiting, now);
            store::pulls::put(batch, &pull);
            store::jobs::enqueue(batch, &job);
            store::humans::mark_connected(batch, human_id, now);
            store::humans::bump_revision(batch, human_id);
            store::authorizations::set_outcome(batch, human_id, *id, &outcome);
        };
        self.change_with(visit, rows, |session| {
            session.disconnected.retain(|gone| *gone != connection);
            session.announced.retain(|said| *said != Announced::Connected(connection));
            if !session.connected.contains(&connection) {
                session.connected.push(connection);
            }
            session.step = Step::Progress { connection };
        })
        .await?;
        self.inner.wake.notify_one();
        Ok(connection)
    }

    async fn fail(&self, claimed: &Claimed, trouble: &Trouble) -> Result<(), CallbackError> {
        let Claimed { human_id, id, visit, attempt } = claimed;
        let step =
            self.trouble_step(visit.session.id, Some(attempt.source), Some(attempt.endpoint.clone()), trouble.clone());
        let outcome = visit.key.seal_json(aad(&id.to_hex(), "outcome"), &Outcome::Trouble(trouble.clone()));
        let rows = |batch: &mut store::Batch| {
            store::authorizations::set_outcome(batch, *human_id, *id, &outcome);
        };
        self.change_with(visit, rows, |session| session.step = step.clone()).await?;
        Ok(())
    }

    /// Where to ask once more in other words, while there are any and patience lasts.
    async fn ask_again(&self, claimed: &Claimed, membership: &Membership) -> Option<url::Url> {
        let Claimed { visit, attempt, .. } = claimed;
        let mut refused = attempt.refused.clone();
        refused.push(attempt.phrase);
        if membership.registration.scopes.is_some() || refused.len() >= PHRASES {
            return None;
        }
        let leaving = Leaving {
            source: attempt.source,
            source_name: attempt.source_name.clone(),
            endpoint: attempt.endpoint.clone(),
            display: attempt.display,
            browser: attempt.browser.clone(),
            refused,
        };
        let visit = self.load_visit(visit.human_id, visit.session.id, visit.token).await.ok().flatten()?;
        self.leave(&visit, leaving).await.ok()
    }
}
