//! Visits as they are stored: found by ticket, changed by version.

use std::sync::Arc;

use domain::{App, CloseStatus, ConnectSession, ConnectionId, HumanId, RowId};
use serde::{Deserialize, Serialize};
use store::connect::SessionRow;
use store::{Batch, Hash};

use super::{ConnectError, Linked, Visit};
use crate::Engine;
use crate::sealing::{Aad, DataKey};

/// What is sealed in the row.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    pub session: ConnectSession,
    /// All that was ever connected during this visit, earlier launches included.
    #[serde(default)]
    pub made: Vec<ConnectionId>,
}

/// The owner of the one visit that everybody resumes whose token was got with the secret.
pub(super) const SHARED: &str = "";

/// How often a change is tried when others change the same visit.
pub(super) const TRIES: usize = 5;

pub(super) fn aad(row: &str) -> Aad<'_> {
    Aad { table: "connect_sessions", row, column: "state" }
}

pub(super) fn closed(status: CloseStatus, app: Option<&Arc<App>>) -> ConnectError {
    ConnectError::Closed { status, app: app.cloned() }
}

impl Engine {
    /// The person's connections, those of now and those of once, as far as a visit may show them:
    /// without the secret only what was connected during the visit itself.
    pub(super) async fn shown(
        &self,
        human_id: HumanId,
        key: &DataKey,
        owner: &str,
        made: &[ConnectionId],
    ) -> Result<(Vec<Linked>, Vec<Linked>), ConnectError> {
        let (mut current, mut departed) = self.linked(human_id, key).await?;
        if owner != SHARED {
            current.retain(|linked| made.contains(&linked.connection.id));
            departed.retain(|linked| made.contains(&linked.connection.id));
        }
        Ok((current, departed))
    }

    /// Why a token that once opened the widget opens nothing any more.
    pub(crate) async fn token_ended(
        &self,
        human_id: HumanId,
        token: &Hash,
    ) -> Result<Option<CloseStatus>, store::Error> {
        let row = store::tokens::find(self.db(), human_id, token).await?;
        Ok(match row.filter(|row| row.revoked_at.is_none()) {
            None => Some(CloseStatus::SessionTokenInvalid),
            Some(row) if row.expires_at <= self.now() => Some(CloseStatus::SessionTokenExpired),
            Some(_) => None,
        })
    }

    /// The visit behind a ticket. One whose own token ran out is `Closed`, whatever opened the visit since.
    ///
    /// # Errors
    /// When the ticket is none of ours, or the visit cannot go on.
    pub async fn visit(&self, ticket: &str) -> Result<Visit, ConnectError> {
        let visit = self.find_visit(ticket).await?.ok_or_else(|| closed(CloseStatus::SessionTokenInvalid, None))?;
        if let Some(status) = visit.session.ended {
            return Err(closed(status, Some(&visit.app)));
        }
        if visit.app.disabled_at.is_some() {
            return Err(ConnectError::AppDisabled { app: visit.app });
        }
        if let Some(status) = self.token_ended(visit.human_id, &visit.token).await? {
            return Err(closed(status, Some(&visit.app)));
        }
        Ok(visit)
    }

    /// The visit behind a ticket, whether or not it can go on.
    pub(super) async fn find_visit(&self, ticket: &str) -> Result<Option<Visit>, ConnectError> {
        match self.open_ticket(ticket) {
            Some((human_id, id, token)) => self.load_visit(human_id, id, token).await,
            None => Ok(None),
        }
    }

    /// A visit as the holder of a token sees it.
    pub(crate) async fn load_visit(
        &self,
        human_id: HumanId,
        id: RowId,
        token: Hash,
    ) -> Result<Option<Visit>, ConnectError> {
        let (human, row) =
            tokio::try_join!(store::humans::find(self.db(), human_id), store::connect::find(self.db(), human_id, id),)?;
        let (Some(human), Some(row)) = (human.filter(|human| human.deleted_at.is_none()), row) else { return Ok(None) };
        let Some(app) = self.find_app(row.client_id).await? else { return Ok(None) };
        let key = self.data_key(human_id, &human.wrapped_key)?;
        let state: State = key.open_json(aad(&id.to_hex()), &row.state)?;
        let (connections, departed) = self.shown(human_id, &key, &row.owner, &state.made).await?;
        Ok(Some(Visit {
            ticket: self.seal_ticket(human_id, id, &token),
            app,
            human_id,
            session: state.session,
            connections,
            departed,
            version: row.version,
            key,
            token,
            owner: row.owner,
            made: state.made,
        }))
    }

    /// Changes the visit, if it can still go on.
    pub(super) async fn change(
        &self,
        visit: &Visit,
        change: impl Fn(&mut ConnectSession),
    ) -> Result<Visit, ConnectError> {
        self.change_with(visit, |_| {}, change).await
    }

    /// Changes the visit together with other rows, or nothing. When somebody else changed it in
    /// between, the change is applied to what is there now.
    pub(crate) async fn change_with(
        &self,
        visit: &Visit,
        rows: impl Fn(&mut Batch),
        change: impl Fn(&mut ConnectSession),
    ) -> Result<Visit, ConnectError> {
        let mut visit = visit.clone();
        for _ in 0..TRIES {
            let mut batch = Batch::new();
            rows(&mut batch);
            change(&mut visit.session);
            self.put_visit(&mut batch, &mut visit);
            match self.db().commit(batch).await {
                Ok(_) => {
                    let shown = self.shown(visit.human_id, &visit.key, &visit.owner, &visit.made).await?;
                    (visit.connections, visit.departed) = shown;
                    visit.version += 1;
                    return Ok(visit);
                }
                Err(store::Error::Conflict) => {
                    let id = visit.session.id;
                    let found = self.load_visit(visit.human_id, id, visit.token).await?;
                    visit = found.ok_or_else(|| closed(CloseStatus::SessionTokenInvalid, None))?;
                    if let Some(status) = visit.session.ended {
                        return Err(closed(status, Some(&visit.app)));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(store::Error::Conflict.into())
    }

    fn put_visit(&self, batch: &mut Batch, visit: &mut Visit) {
        let now = self.now();
        visit.session.updated_at = now;
        let id = visit.session.id;
        visit
            .made
            .extend(visit.session.connected.iter().filter(|id| !visit.made.contains(id)).copied().collect::<Vec<_>>());
        let state = State { session: visit.session.clone(), made: visit.made.clone() };
        let row = SessionRow {
            human_id: visit.human_id,
            id,
            client_id: visit.app.client_id,
            owner: visit.owner.clone(),
            version: visit.version,
            opened_at: visit.session.opened_at,
            updated_at: now,
            ended_at: visit.session.ended.map(|_| now),
            state: visit.key.seal_json(aad(&id.to_hex()), &state),
        };
        store::connect::update(batch, &row);
    }

    /// Counts one action of a visit.
    pub(crate) fn count_action(&self, visit: &Visit) -> Result<(), ConnectError> {
        Ok(self.inner.limiters.connect.take(visit.session.id, self.now())?)
    }
}
