//! The widget's visits: open or resume, move, choose, disconnect, finish.

use std::sync::Arc;

use domain::connect::Announced;
use domain::{
    Actor, App, CloseStatus, ConnectSession, ConnectionId, HumanId, RowId, SourceId, Status, Step, SyncReport,
    Timestamp, Trouble,
};
use serde_json::Value;
use store::Hash;
use url::Url;

use crate::Engine;
use crate::connections::LinkError;
use crate::sealing::DataKey;

mod closings;
mod launches;
mod messages;
mod visits;

pub use closings::Closing;

/// Why a visit cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The visit is over: the status the page hands to its parent. `app` when it could be identified.
    #[error("the visit cannot go on: {status:?}")]
    Closed { status: CloseStatus, app: Option<Arc<App>> },
    #[error("the app is disabled")]
    AppDisabled { app: Arc<App> },
    /// `callback` or `callbackOrigin` is not one the app registered.
    #[error("the return address is not registered for this app")]
    CallbackNotRegistered,
    #[error("no such source")]
    UnknownSource,
    #[error("no such connection")]
    UnknownConnection,
    /// The source is known, but nobody registered this installation there.
    #[error("this installation is not registered at the source")]
    NotRegistered,
    /// The source could not be asked where to log in.
    #[error("the source cannot be reached")]
    Trouble(domain::Trouble),
    #[error(transparent)]
    Limited(#[from] crate::limits::Limited),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] crate::sealing::SealingError),
}

impl From<LinkError> for ConnectError {
    fn from(error: LinkError) -> ConnectError {
        match error {
            LinkError::Store(error) => ConnectError::Store(error),
            LinkError::Sealing(error) => ConnectError::Sealing(error),
        }
    }
}

/// One visit with what its screens show. `ticket` is the unguessable part of its URLs.
#[derive(Clone)]
pub struct Visit {
    pub ticket: String,
    pub app: Arc<App>,
    pub human_id: HumanId,
    pub session: ConnectSession,
    /// What is connected now, as far as this visit may show it.
    pub connections: Vec<Linked>,
    /// What was connected once; messages name it when it was disconnected during this visit.
    pub(crate) departed: Vec<Linked>,
    pub(crate) version: i64,
    pub(crate) key: DataKey,
    /// Of the token the ticket was given for: the ticket is good for no longer.
    pub(crate) token: Hash,
    pub(crate) owner: String,
    /// All that was ever connected during this visit, earlier launches included.
    pub(crate) made: Vec<ConnectionId>,
}

/// A connection as the widget lists it.
#[derive(Debug, Clone)]
pub struct Linked {
    pub connection: domain::Connection,
    pub report: SyncReport,
    pub last_synced_at: Option<Timestamp>,
}

/// Where the provider's login page opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Display {
    Popup,
    Page,
}

/// A message to the embedding page, in the contract's form, with what acknowledges it.
#[derive(Debug, Clone)]
pub struct Message {
    pub announced: domain::connect::Announced,
    pub body: Value,
}

/// How a visit ended.
#[derive(Debug, Clone)]
pub struct Ending {
    /// The `hapi-connect-close` message.
    pub message: Value,
    /// Messages that never left before it and go first.
    pub before: Vec<Value>,
    /// The page that embedded the visit, when it said so.
    pub opened_by: Option<String>,
    /// Where the hosted page goes next, result included.
    pub redirect: Option<Url>,
}

impl Engine {
    /// Moves to a step and remembers it (and the search text, when given).
    ///
    /// # Errors
    /// When the visit is over, or acted too often.
    pub async fn go(&self, visit: &Visit, step: Step, search: Option<&str>) -> Result<Visit, ConnectError> {
        self.count_action(visit)?;
        self.change(visit, |session| {
            session.step = step.clone();
            if let Some(search) = search {
                session.search = search.chars().take(200).collect();
            }
        })
        .await
    }

    /// Chooses a source (and one of its endpoints when it has several): the visit moves to `SignIn`.
    ///
    /// # Errors
    /// When the directory has no such source or endpoint, or we are not registered there.
    pub async fn choose(&self, visit: &Visit, source: SourceId, endpoint: Option<&str>) -> Result<Visit, ConnectError> {
        let brand = self.find_brand(source).await?.ok_or(ConnectError::UnknownSource)?;
        let mut offered = crate::directory::endpoints(&brand);
        if offered.is_empty() {
            // Known, and nobody has published where it is to be connected.
            return Err(ConnectError::NotRegistered);
        }
        if let Some(wanted) = endpoint {
            offered.retain(|address| address == wanted);
        }
        if offered.is_empty() {
            return Err(ConnectError::UnknownSource);
        }
        for address in offered {
            if self.membership(&address).await?.is_some() {
                return self.go(visit, Step::SignIn { source, endpoint: address }, None).await;
            }
        }
        Err(ConnectError::NotRegistered)
    }

    /// Disconnects: revokes at the source, erases the grant; records that were read stay.
    ///
    /// # Errors
    /// When the connection is not the person's, or the visit is over.
    pub async fn disconnect(&self, visit: &Visit, connection: ConnectionId) -> Result<Visit, ConnectError> {
        let linked = visit.linked(connection).ok_or(ConnectError::UnknownConnection)?;
        if !linked.connection.status.connected() {
            return self.visit(&visit.ticket).await;
        }
        self.count_action(visit)?;
        let grant = self.find_grant(visit.human_id, &visit.key, connection).await?;
        let at = self.now();
        let changed = self
            .change_with(
                visit,
                |batch| {
                    store::connections::set_status(batch, visit.human_id, connection, Status::Disconnected { at }, at);
                    store::connections::set_grant(batch, visit.human_id, connection, None, at);
                    store::pulls::delete(batch, visit.human_id, connection);
                    store::humans::bump_revision(batch, visit.human_id);
                },
                |session| {
                    session.connected.retain(|id| *id != connection);
                    session.announced.retain(|said| *said != Announced::Disconnected(connection));
                    if !session.disconnected.contains(&connection) {
                        session.disconnected.push(connection);
                    }
                    if matches!(session.step, Step::Progress { connection: shown } if shown == connection) {
                        session.step = Step::Connected;
                    }
                },
            )
            .await?;
        // Whoever maps next does so too, so that a failure here is no failure to disconnect.
        if let Err(error) = self.link_twins(visit.human_id, &visit.key).await {
            tracing::warn!(%error, "links to a disconnected source are still shown");
        }
        if let Some(grant) = grant {
            let engine = self.clone();
            // The person need not wait for the provider; our copy of the grant is gone already.
            tokio::spawn(async move { engine.revoke(grant).await });
        }
        Ok(changed)
    }

    /// Messages the embedding page has not been handed yet.
    pub fn pending_messages(&self, visit: &Visit) -> Vec<Message> {
        visit.pending()
    }

    /// Notes what the embedding page has been handed.
    ///
    /// # Errors
    /// When the visit is over.
    pub async fn acknowledge(&self, visit: &Visit, announced: &[Announced]) -> Result<(), ConnectError> {
        if announced.iter().all(|said| visit.session.announced.contains(said)) {
            return Ok(());
        }
        self.change(visit, |session| {
            for said in announced {
                let known = match said {
                    Announced::Connected(id) => session.connected.contains(id),
                    Announced::Disconnected(id) => session.disconnected.contains(id),
                };
                if known && !session.announced.contains(said) {
                    session.announced.push(said.clone());
                }
            }
        })
        .await
        .map(|_| ())
    }

    /// Ends the visit.
    ///
    /// # Errors
    /// When the visit is over already.
    pub async fn end(&self, visit: &Visit, status: CloseStatus) -> Result<Ending, ConnectError> {
        let ended = self.change(visit, |session| session.ended = Some(status)).await?;
        Ok(ended.ending(status.into()))
    }

    /// How something ends that never was a visit: all arrays present and empty, and back to `callback`
    /// if that is the app's own.
    pub fn empty_ending(app: Option<&App>, callback: Option<&str>, closing: Closing) -> Ending {
        let callback =
            callback.filter(|callback| app.is_some_and(|app| app.callbacks.iter().any(|own| own == callback)));
        messages::empty(closing, callback)
    }

    /// How the visit behind a ticket ends when it cannot go on or has ended before: with its arrays
    /// and its way back, as far as it is known.
    pub async fn closed_ending(&self, ticket: &str, closing: Closing) -> Ending {
        match self.find_visit(ticket).await {
            Ok(Some(found)) => found.ending(closing),
            _ => messages::empty(closing, None),
        }
    }

    /// A short reference a person can read over the phone, found again in the log.
    pub fn reference(&self, visit: RowId) -> String {
        const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        let hash = self.hash_index("reference", &visit.0);
        let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
        let text: String = hash[..8].iter().map(letter).collect();
        format!("{}-{}", &text[..4], &text[4..])
    }

    /// The step that shows what went wrong, logged under the reference the person sees.
    pub(crate) fn trouble_step(
        &self,
        visit: RowId,
        source: Option<SourceId>,
        endpoint: Option<String>,
        trouble: Trouble,
    ) -> Step {
        let reference = self.reference(visit);
        let host = endpoint.as_deref().and_then(|address| Url::parse(address).ok());
        let host = host.as_ref().and_then(Url::host_str).unwrap_or_default();
        match trouble.actor {
            Actor::Person => {
                tracing::info!(reference, code = trouble.code, host, "a login did not end in a connection")
            }
            _ => tracing::warn!(reference, code = trouble.code, actor = ?trouble.actor, host, "a login failed"),
        }
        Step::Trouble { source, endpoint, trouble, reference }
    }
}

impl Visit {
    /// Whether this visit may show anything of a connection.
    pub fn shows(&self, id: ConnectionId) -> bool {
        self.linked(id).is_some()
    }

    pub(crate) fn linked(&self, id: ConnectionId) -> Option<&Linked> {
        self.connections.iter().chain(&self.departed).find(|linked| linked.connection.id == id)
    }
}
