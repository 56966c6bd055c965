//! Visits as they are stored: one open visit per person, resumed by every launch, changed by version.

use std::sync::Arc;

use domain::connect::Announced;
use domain::{App, CloseStatus, ConnectSession, HumanId, Launch, RowId, Step, Timestamp, TokenKind};
use serde::{Deserialize, Serialize};
use store::Batch;
use store::connect::SessionRow;

use super::{ConnectError, Visit};
use crate::Engine;
use crate::handles::Purpose;
use crate::keys::random;
use crate::apps::sha256;
use crate::sealing::{Aad, DataKey};
use crate::tokens::Recognised;

/// What is sealed in the row.
#[derive(Serialize, Deserialize)]
struct State {
    session: ConnectSession,
    /// Hash of the token that keeps the visit open.
    token: String,
}

/// How often a change is tried when others change the same visit.
const TRIES: usize = 5;

fn aad(row: &str) -> Aad<'_> {
    Aad { table: "connect_sessions", row, column: "state" }
}

fn closed(status: CloseStatus, app: Option<&Arc<App>>) -> ConnectError {
    ConnectError::Closed { status, app: app.cloned() }
}

impl Engine {
    /// Opens a visit, or resumes the person's unfinished one, and answers its ticket.
    ///
    /// # Errors
    /// When the token is missing, unknown, of the wrong kind, revoked or expired, when the app is
    /// disabled, or when a return address is not registered.
    pub async fn open_connect(&self, token: Option<&str>, launch: Launch) -> Result<Visit, ConnectError> {
        let (found, app) = self.connect_token(token).await?;
        permit(&app, &launch)?;
        let human_id = found.access.human_id;
        let key = self.data_key(human_id, &found.access.wrapped_key)?;
        let token = hex::encode(sha256(token.unwrap_or_default().as_bytes()));
        let opening = Opening { token, kind: found.kind, expires_at: found.expires_at, launch };
        for _ in 0..TRIES {
            match self.open_once(human_id, &app, &key, &opening).await {
                Err(ConnectError::Store(store::Error::Conflict)) => {}
                other => return other,
            }
        }
        Err(store::Error::Conflict.into())
    }

    /// Whether a token would open the widget, without opening it.
    ///
    /// # Errors
    /// As [`Engine::open_connect`].
    pub async fn check_connect_token(&self, token: Option<&str>) -> Result<Arc<App>, ConnectError> {
        self.connect_token(token).await.map(|(_, app)| app)
    }

    async fn connect_token(&self, token: Option<&str>) -> Result<(Recognised, Arc<App>), ConnectError> {
        let token = token.filter(|token| !token.is_empty()).ok_or_else(|| closed(CloseStatus::MissingSessionToken, None))?;
        let invalid = || closed(CloseStatus::SessionTokenInvalid, None);
        let found = self.find_token(token).await?.ok_or_else(invalid)?;
        let app = self.find_app(found.access.client_id).await?.ok_or_else(invalid)?;
        if !found.kind.opens_connect() {
            return Err(closed(CloseStatus::SessionTokenInvalid, Some(&app)));
        }
        if found.expires_at <= self.now() {
            return Err(closed(CloseStatus::SessionTokenExpired, Some(&app)));
        }
        if app.disabled_at.is_some() {
            return Err(ConnectError::AppDisabled);
        }
        Ok((found, app))
    }

    async fn open_once(&self, human_id: HumanId, app: &Arc<App>, key: &DataKey, opening: &Opening) -> Result<Visit, ConnectError> {
        let now = self.now();
        let (current, departed) = self.linked(human_id, key).await?;
        let latest = store::connect::latest(self.db(), human_id).await?.filter(|row| row.ended_at.is_none());
        let mut batch = Batch::new();
        let (state, version) = match latest {
            Some(mut row) => {
                let mut state: State = key.open_json(aad(&row.id.to_hex()), &row.state)?;
                let keeps = state.session.valid_until > opening.expires_at && self.is_good(human_id, &state.token).await?;
                opening.resume(&mut state, keeps, now);
                row.state = key.seal_json(aad(&row.id.to_hex()), &state);
                row.updated_at = now;
                store::connect::update(&mut batch, &row);
                (state, row.version + 1)
            }
            None => {
                let step = if current.is_empty() { Step::Welcome } else { Step::Connected };
                let state = opening.begin(step, now);
                let id = state.session.id;
                let row = SessionRow {
                    human_id,
                    id,
                    client_id: app.client_id,
                    version: 0,
                    opened_at: now,
                    updated_at: now,
                    ended_at: None,
                    state: key.seal_json(aad(&id.to_hex()), &state),
                };
                store::connect::insert(&mut batch, &row);
                (state, 0)
            }
        };
        self.db().commit(batch).await?;
        Ok(Visit {
            ticket: self.seal_handle(Purpose::Ticket, human_id, state.session.id),
            app: app.clone(),
            human_id,
            session: state.session,
            connections: current,
            departed,
            version,
            key: key.clone(),
            token: state.token,
        })
    }

    async fn is_good(&self, human_id: HumanId, token: &str) -> Result<bool, store::Error> {
        let mut hash = [0; 32];
        if hex::decode_to_slice(token, &mut hash).is_err() {
            return Ok(false);
        }
        let row = store::tokens::find(self.db(), human_id, &hash).await?;
        Ok(row.is_some_and(|row| row.revoked_at.is_none()))
    }

    /// The visit behind a ticket. A visit whose token ran out is `Closed`.
    ///
    /// # Errors
    /// When the ticket is none of ours, or the visit cannot go on.
    pub async fn visit(&self, ticket: &str) -> Result<Visit, ConnectError> {
        let visit = self.find_visit(ticket).await?.ok_or_else(|| closed(CloseStatus::SessionTokenInvalid, None))?;
        if let Some(status) = visit.session.ended {
            return Err(closed(status, Some(&visit.app)));
        }
        if visit.app.disabled_at.is_some() {
            return Err(ConnectError::AppDisabled);
        }
        if visit.session.valid_until <= self.now() {
            return Err(closed(CloseStatus::SessionTokenExpired, Some(&visit.app)));
        }
        if !self.is_good(visit.human_id, &visit.token).await? {
            return Err(closed(CloseStatus::SessionTokenInvalid, Some(&visit.app)));
        }
        Ok(visit)
    }

    /// The visit behind a ticket, whether or not it can go on.
    pub(super) async fn find_visit(&self, ticket: &str) -> Result<Option<Visit>, ConnectError> {
        match self.open_handle(Purpose::Ticket, ticket) {
            Some((human_id, id)) => self.load_visit(human_id, id).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn load_visit(&self, human_id: HumanId, id: RowId) -> Result<Option<Visit>, ConnectError> {
        let (human, row) = tokio::try_join!(
            store::humans::find(self.db(), human_id),
            store::connect::find(self.db(), human_id, id),
        )?;
        let (Some(human), Some(row)) = (human.filter(|human| human.deleted_at.is_none()), row) else { return Ok(None) };
        let Some(app) = self.find_app(row.client_id).await? else { return Ok(None) };
        let key = self.data_key(human_id, &human.wrapped_key)?;
        let state: State = key.open_json(aad(&id.to_hex()), &row.state)?;
        let (connections, departed) = self.linked(human_id, &key).await?;
        Ok(Some(Visit {
            ticket: self.seal_handle(Purpose::Ticket, human_id, id),
            app,
            human_id,
            session: state.session,
            connections,
            departed,
            version: row.version,
            key,
            token: state.token,
        }))
    }

    /// Changes the visit, if it can still go on.
    pub(super) async fn change(&self, visit: &Visit, change: impl Fn(&mut ConnectSession)) -> Result<Visit, ConnectError> {
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
                    (visit.connections, visit.departed) = self.linked(visit.human_id, &visit.key).await?;
                    visit.version += 1;
                    return Ok(visit);
                }
                Err(store::Error::Conflict) => {
                    let id = visit.session.id;
                    let found = self.load_visit(visit.human_id, id).await?;
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
        let state = State { session: visit.session.clone(), token: visit.token.clone() };
        let row = SessionRow {
            human_id: visit.human_id,
            id,
            client_id: visit.app.client_id,
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

/// Addresses a result may go to are those the app registered, byte for byte.
fn permit(app: &App, launch: &Launch) -> Result<(), ConnectError> {
    let callback = launch.callback.as_ref().is_none_or(|callback| app.callbacks.contains(callback));
    let origin = launch.callback_origin.as_deref().is_none_or(|origin| {
        app.origins.is_empty() || app.origins.iter().any(|registered| registered.as_str() == origin)
    });
    if callback && origin { Ok(()) } else { Err(ConnectError::CallbackNotRegistered) }
}

/// A good token with what it was launched with.
struct Opening {
    token: String,
    kind: TokenKind,
    expires_at: Timestamp,
    launch: Launch,
}

impl Opening {
    fn begin(&self, step: Step, now: Timestamp) -> State {
        let session = ConnectSession {
            id: RowId(random()),
            token_kind: self.kind,
            valid_until: self.expires_at,
            launch: self.launch.clone(),
            step,
            search: String::new(),
            connected: Vec::new(),
            disconnected: Vec::new(),
            announced: Vec::new(),
            ended: None,
            opened_at: now,
            updated_at: now,
        };
        State { session, token: self.token.clone() }
    }

    /// `keeps`: the visit's own token is good for longer than this one.
    fn resume(&self, state: &mut State, keeps: bool, now: Timestamp) {
        if !keeps {
            state.token.clone_from(&self.token);
            state.session.valid_until = self.expires_at;
            state.session.token_kind = self.kind;
        }
        let session = &mut state.session;
        session.launch = self.launch.clone();
        // What was never handed over would be lost: it stays, everything else begins anew.
        let said = std::mem::take(&mut session.announced);
        session.connected.retain(|id| !said.contains(&Announced::Connected(*id)));
        session.disconnected.retain(|id| !said.contains(&Announced::Disconnected(*id)));
        session.updated_at = now;
    }
}

#[cfg(test)]
mod tests {
    use domain::{ClientId, ConnectionId, SecretPolicy};

    use super::*;

    fn app(origins: &[&str], callbacks: &[&str]) -> App {
        App {
            client_id: ClientId([1; 20]),
            name: "Harvest".to_owned(),
            session_secret_policy: SecretPolicy::Optional,
            strict_type: false,
            origins: origins.iter().map(|origin| origin.parse().expect("an origin")).collect(),
            callbacks: callbacks.iter().map(|callback| (*callback).to_owned()).collect(),
            admin_api: false,
            disabled_at: None,
            created_at: Timestamp(0),
        }
    }

    #[test]
    fn results_go_only_where_the_app_said() {
        let launch = |callback: Option<&str>, origin: Option<&str>| Launch {
            callback: callback.map(str::to_owned),
            callback_origin: origin.map(str::to_owned),
            ..Launch::default()
        };
        let strict = app(&["https://app.example"], &["https://app.example/done", "myapp://done"]);
        let open = app(&[], &[]);
        for (app, callback, origin, allowed) in [
            (&strict, None, None, true),
            (&strict, Some("https://app.example/done"), Some("https://app.example"), true),
            (&strict, Some("myapp://done"), None, true),
            (&strict, Some("https://app.example/done/"), None, false),
            (&strict, Some("HTTPS://app.example/done"), None, false),
            (&strict, None, Some("https://evil.example"), false),
            (&strict, None, Some("https://app.example/"), false),
            (&open, None, Some("https://any.example"), true),
            (&open, Some("https://any.example/done"), None, false),
        ] {
            assert_eq!(permit(app, &launch(callback, origin)).is_ok(), allowed, "{callback:?} {origin:?}");
        }
    }

    #[test]
    fn a_new_launch_keeps_the_place_and_forgets_what_was_said() {
        let (a, b) = (ConnectionId([1; 12]), ConnectionId([2; 12]));
        let older = Opening { token: "old".into(), kind: TokenKind::Session, expires_at: Timestamp(10), launch: Launch::default() };
        let mut state = older.begin(Step::Search, Timestamp(1));
        state.session.search = "river".to_owned();
        state.session.connected = vec![a, b];
        state.session.announced = vec![Announced::Connected(a)];
        let launch = Launch { language: Some("es".to_owned()), ..Launch::default() };
        let newer = Opening { token: "new".into(), kind: TokenKind::Id, expires_at: Timestamp(20), launch };
        newer.resume(&mut state, false, Timestamp(2));
        assert_eq!((&state.session.step, state.session.search.as_str()), (&Step::Search, "river"));
        assert_eq!((&state.session.connected, &state.session.announced), (&vec![b], &vec![]));
        assert_eq!((state.session.valid_until, state.token.as_str()), (Timestamp(20), "new"));
        assert_eq!(state.session.launch.language.as_deref(), Some("es"));
        older.resume(&mut state, true, Timestamp(3));
        assert_eq!((state.session.valid_until, state.token.as_str()), (Timestamp(20), "new"));
    }
}
