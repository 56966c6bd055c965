//! Launches: a good token opens a visit, or resumes one of the same standing.

use std::sync::Arc;

use domain::connect::Announced;
use domain::{
    App, CloseStatus, ConnectSession, ConnectionId, HumanId, Launch, Origin, RowId, Step, Timestamp, TokenKind,
};
use store::connect::SessionRow;
use store::{Batch, Hash};

use super::visits::{SHARED, State, TRIES, aad, closed};
use super::{ConnectError, Visit};
use crate::Engine;
use crate::apps::sha256;
use crate::keys::random;
use crate::sealing::DataKey;
use crate::tokens::Recognised;

impl Engine {
    /// Opens a visit, or resumes the unfinished one, and answers its ticket.
    ///
    /// A token that was got with the secret resumes the visit of all such tokens. One without has a
    /// visit of its own: anybody may have asked for it.
    ///
    /// # Errors
    /// When the token is missing, unknown, of the wrong kind, revoked or expired, when the app is
    /// disabled, or when a return address is not registered.
    pub async fn open_connect(&self, token: Option<&str>, launch: Launch) -> Result<Visit, ConnectError> {
        let (found, app) = self.connect_token(token).await?;
        let launch = permit(&app, launch, self.development())?;
        let human_id = found.access.human_id;
        let key = self.data_key(human_id, &found.access.wrapped_key)?;
        let token = sha256(token.unwrap_or_default().as_bytes());
        let owner = if found.secretless { hex::encode(token) } else { SHARED.to_owned() };
        let opening = Opening { token, owner, kind: found.kind, expires_at: found.expires_at, launch };
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

    /// The app a launch is meant for, as far as that can be told: by its token, even one that ran
    /// out, else by the id it names.
    pub async fn launching_app(&self, token: Option<&str>, client_id: Option<&str>) -> Option<Arc<App>> {
        let found = match token {
            Some(token) => self.find_token(token).await.ok().flatten(),
            None => None,
        };
        let client_id = found.map(|found| found.access.client_id).or_else(|| client_id?.parse().ok())?;
        self.find_app(client_id).await.ok().flatten()
    }

    async fn connect_token(&self, token: Option<&str>) -> Result<(Recognised, Arc<App>), ConnectError> {
        let token =
            token.filter(|token| !token.is_empty()).ok_or_else(|| closed(CloseStatus::MissingSessionToken, None))?;
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
            return Err(ConnectError::AppDisabled { app });
        }
        Ok((found, app))
    }

    async fn open_once(
        &self,
        human_id: HumanId,
        app: &Arc<App>,
        key: &DataKey,
        opening: &Opening,
    ) -> Result<Visit, ConnectError> {
        let now = self.now();
        let latest = store::connect::latest(self.db(), human_id, &opening.owner).await?;
        let read = |row: &SessionRow| key.open_json::<State>(aad(&row.id.to_hex()), &row.state);
        let mut batch = Batch::new();
        let (mut state, version) = match latest {
            Some(mut row) if row.ended_at.is_none() => {
                let mut state = read(&row)?;
                opening.resume(&mut state.session, now);
                row.state = key.seal_json(aad(&row.id.to_hex()), &state);
                row.updated_at = now;
                store::connect::update(&mut batch, &row);
                (state, row.version + 1)
            }
            ended => {
                let made = match ended {
                    Some(row) => read(&row)?.made,
                    None => Vec::new(),
                };
                let (current, _) = self.shown(human_id, key, &opening.owner, &made).await?;
                let mut state =
                    opening.begin(if current.is_empty() { Step::Welcome } else { Step::Connected }, made, now);
                if let Some(earlier) = self.left_by_another(human_id, opening).await? {
                    let earlier = read(&earlier)?.session;
                    (state.session.step, state.session.search) = (earlier.step, earlier.search);
                }
                let id = state.session.id;
                let row = SessionRow {
                    human_id,
                    id,
                    client_id: app.client_id,
                    owner: opening.owner.clone(),
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
        let made = std::mem::take(&mut state.made);
        let (connections, departed) = self.shown(human_id, key, &opening.owner, &made).await?;
        Ok(Visit {
            ticket: self.seal_ticket(human_id, state.session.id, &opening.token),
            app: app.clone(),
            human_id,
            session: state.session,
            connections,
            departed,
            version,
            key: key.clone(),
            token: opening.token,
            owner: opening.owner.clone(),
            made,
        })
    }

    /// Where another token without the secret stood, for one that goes on from there: only as long as
    /// there is nothing to protect, because nothing was ever connected and nobody came with the secret.
    async fn left_by_another(&self, human_id: HumanId, opening: &Opening) -> Result<Option<SessionRow>, ConnectError> {
        if opening.owner == SHARED {
            return Ok(None);
        }
        let human = store::humans::find(self.db(), human_id).await?;
        if human.is_none_or(|human| human.first_connected_at.is_some()) {
            return Ok(None);
        }
        Ok(store::connect::latest_without(self.db(), human_id, SHARED).await?)
    }
}

/// Addresses a result may go to are those the app registered; an app without pages may be embedded by
/// any in development, and says to nobody in particular who that is otherwise.
fn permit(app: &App, launch: Launch, development: bool) -> Result<Launch, ConnectError> {
    let refused = || ConnectError::CallbackNotRegistered;
    if launch.callback.as_ref().is_some_and(|callback| !app.callbacks.contains(callback)) {
        return Err(refused());
    }
    let origin = launch.callback_origin.as_deref().map(str::parse::<Origin>).transpose().map_err(|_| refused())?;
    let callback_origin = match origin {
        Some(origin) if app.origins.contains(&origin) => Some(origin.to_string()),
        Some(_) if !app.origins.is_empty() => return Err(refused()),
        other => other.filter(|_| development).map(|origin| origin.to_string()),
    };
    Ok(Launch { callback_origin, ..launch })
}

/// A good token with what it was launched with.
struct Opening {
    token: Hash,
    owner: String,
    kind: TokenKind,
    expires_at: Timestamp,
    launch: Launch,
}

impl Opening {
    fn begin(&self, step: Step, made: Vec<ConnectionId>, now: Timestamp) -> State {
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
        State { session, made }
    }

    fn resume(&self, session: &mut ConnectSession, now: Timestamp) {
        session.token_kind = self.kind;
        session.valid_until = session.valid_until.max(self.expires_at);
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
    use domain::{ClientId, SecretPolicy};

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
            (&strict, None, Some("https://app.example:443/"), true),
            (&strict, None, Some("null"), false),
            (&open, None, Some("https://any.example"), true),
            (&open, None, Some("javascript:alert(1)"), false),
            (&open, Some("https://any.example/done"), None, false),
        ] {
            let permitted = permit(app, launch(callback, origin), true);
            assert_eq!(permitted.is_ok(), allowed, "{callback:?} {origin:?}");
        }
        let origin = |app, development| {
            permit(app, launch(None, Some("HTTPS://App.example/")), development).expect("allowed").callback_origin
        };
        assert_eq!(origin(&strict, false).as_deref(), Some("https://app.example"));
        assert_eq!(origin(&open, true).as_deref(), Some("https://app.example"));
        assert_eq!(origin(&open, false), None, "anybody could name themselves");
    }

    #[test]
    fn a_new_launch_keeps_the_place_and_forgets_what_was_said() {
        let (a, b) = (ConnectionId([1; 12]), ConnectionId([2; 12]));
        let opening =
            |kind, expires_at, launch| Opening { token: [0; 32], owner: String::new(), kind, expires_at, launch };
        let older = opening(TokenKind::Session, Timestamp(10), Launch::default());
        let mut session = older.begin(Step::Search, Vec::new(), Timestamp(1)).session;
        session.search = "river".to_owned();
        session.connected = vec![a, b];
        session.announced = vec![Announced::Connected(a)];
        let launch = Launch { language: Some("es".to_owned()), ..Launch::default() };
        opening(TokenKind::Id, Timestamp(20), launch).resume(&mut session, Timestamp(2));
        assert_eq!((&session.step, session.search.as_str()), (&Step::Search, "river"));
        assert_eq!((&session.connected, &session.announced), (&vec![b], &vec![]));
        assert_eq!(session.launch.language.as_deref(), Some("es"));
        older.resume(&mut session, Timestamp(3));
        assert_eq!(session.valid_until, Timestamp(20));
    }
}
