//! In-flight redirects to a provider's login, and their way back.

use std::time::Duration;

use connectors::smart::authorize::{Ask, Callback as Redirected, Pkce};
use connectors::smart::discovery::SmartConfiguration;
use connectors::smart::scopes::{Dialect, Phrase, Scope, Scopes};
use domain::{Actor, ConnectionId, RowId, Secret, SourceId, Step, Trouble};
use serde::{Deserialize, Serialize};
use store::Hash;
use store::authorizations::AuthorizationRow;
use url::Url;

use crate::Engine;
use crate::connect::{ConnectError, Display, Visit};
use crate::handles::Purpose;
use crate::keys::random;
use crate::providers::Membership;
use crate::sealing::Aad;

mod complete;
mod redeem;

/// How long a person may take to log in.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// A callback that did not come to an end by now was cut off.
const REDEEMING: Duration = Duration::from_secs(3 * 60);
/// How often one login is asked for in other words before the person is told.
const PHRASES: usize = 3;

/// What the provider's redirect brought.
pub struct Callback {
    pub state: Option<String>,
    redirected: Redirected,
    /// A parameter that decides is there more than once: nobody can tell which one counts.
    ambiguous: bool,
}

impl Callback {
    /// Reads the query as it came.
    pub fn parse(query: &str) -> Callback {
        let redirected = Redirected::parse(query);
        let count =
            |wanted: &str| url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == wanted).count();
        let ambiguous = ["code", "iss", "error"].into_iter().any(|name| count(name) > 1);
        Callback { state: redirected.state.clone(), redirected, ambiguous }
    }
}

/// The end of a redirect whose `state` was ours.
pub struct Completed {
    /// The visit it belongs to.
    pub ticket: String,
    pub display: Display,
    pub result: Result<ConnectionId, Trouble>,
    /// The provider wants the question in other words: send the same browser here instead.
    pub again: Option<Url>,
}

#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// No, foreign, replayed or late `state`: nothing is known of the visit, nothing was changed.
    #[error("the login cannot be matched to a visit")]
    UnknownState,
    /// The visit was ended or its app disabled while the person was away; what they granted is given back.
    #[error("the visit is over")]
    Over,
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] crate::sealing::SealingError),
}

/// Where a login stands, as the waiting page learns it from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginState {
    /// No login was begun, or it ran out.
    None,
    Waiting,
    Connected(ConnectionId),
    Trouble(Trouble),
}

/// What is sealed in the row while the person is away.
#[derive(Serialize, Deserialize)]
struct Attempt {
    source: SourceId,
    source_name: String,
    /// The FHIR base, as published.
    endpoint: String,
    smart: SmartConfiguration,
    verifier: Option<Secret<String>>,
    nonce: String,
    redirect_uri: String,
    scope: String,
    phrase: Phrase,
    /// Phrases tried before during this login.
    refused: Vec<Phrase>,
    display: Display,
    /// Keyed hash of what binds the way back to the browser that left.
    browser: String,
    /// Of the token whose ticket the login was begun with.
    token: Hash,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Connected(ConnectionId),
    Trouble(Trouble),
}

fn aad<'a>(row: &'a str, column: &'static str) -> Aad<'a> {
    Aad { table: "authorizations", row, column }
}

/// Who is to be sent where, in which words.
struct Leaving {
    source: SourceId,
    source_name: String,
    endpoint: String,
    display: Display,
    browser: String,
    refused: Vec<Phrase>,
}

impl Engine {
    /// Stores an authorization for the visit's chosen source and answers where to send the browser.
    /// `browser` binds the way back to the browser that left: the callback must bring the same value.
    ///
    /// # Errors
    /// When nothing is chosen, we are not registered there, or the source does not say where to log in;
    /// the visit shows the latter too.
    pub async fn begin(&self, visit: &Visit, display: Display, browser: &str) -> Result<Url, ConnectError> {
        self.count_action(visit)?;
        let (source, endpoint) = match &visit.session.step {
            Step::SignIn { source, endpoint }
            | Step::Trouble { source: Some(source), endpoint: Some(endpoint), .. } => (*source, endpoint.clone()),
            _ => return Err(ConnectError::UnknownSource),
        };
        let brand = self.find_brand(source).await?.ok_or(ConnectError::UnknownSource)?;
        let browser = hex::encode(self.hash_index("browser", browser.as_bytes()));
        let source_name = brand.name.clone();
        let leaving = Leaving { source, source_name, endpoint, display, browser, refused: Vec::new() };
        self.leave(visit, leaving).await
    }

    async fn leave(&self, visit: &Visit, leaving: Leaving) -> Result<Url, ConnectError> {
        let membership = self.membership(&leaving.endpoint).await?.ok_or(ConnectError::NotRegistered)?;
        let (smart, version) = match self.spoken(&membership.base).await {
            Ok(both) => both,
            Err(trouble) => {
                let (source, endpoint) = (Some(leaving.source), Some(leaving.endpoint));
                let step = self.trouble_step(visit.session.id, source, endpoint, trouble.clone());
                self.change_with(visit, |_| {}, |session| session.step = step.clone()).await?;
                return Err(ConnectError::Trouble(trouble));
            }
        };
        let phrase = self.phrase(&membership, &smart, &leaving.refused);
        let scope = match &membership.registration.scopes {
            Some(pinned) => pinned.clone(),
            None => phrase.parameter(membership.platform, version),
        };
        let pkce = membership.platform.pkce.then(|| Pkce::new(random()));
        let id = RowId(random());
        let state = self.seal_handle(Purpose::State, visit.human_id, id);
        let attempt = Attempt {
            source: leaving.source,
            source_name: leaving.source_name,
            endpoint: leaving.endpoint,
            smart: (*smart).clone(),
            verifier: pkce.as_ref().map(|pkce| pkce.verifier.clone()),
            nonce: hex::encode(random::<16>()),
            redirect_uri: self.redirect_uri().into(),
            scope,
            phrase,
            refused: leaving.refused,
            display: leaving.display,
            browser: leaving.browser,
            token: visit.token,
        };
        let now = self.now();
        let row = AuthorizationRow {
            human_id: visit.human_id,
            id,
            session_id: visit.session.id,
            source_hash: self.source_hash(attempt.source),
            created_at: now,
            expires_at: now + LIFETIME,
            used_at: None,
            body: visit.key.seal_json(aad(&id.to_hex(), "body"), &attempt),
            outcome: None,
        };
        let step = Step::SignIn { source: attempt.source, endpoint: attempt.endpoint.clone() };
        let insert = |batch: &mut store::Batch| {
            store::authorizations::insert(batch, &row);
        };
        self.change_with(visit, insert, |session| session.step = step.clone()).await?;
        let ask = Ask {
            smart: &attempt.smart,
            client_id: &membership.registration.client_id,
            redirect_uri: &attempt.redirect_uri,
            aud: &attempt.endpoint,
            scope: &attempt.scope,
            state: &state,
            nonce: &attempt.nonce,
            challenge: pkce.as_ref().map(|pkce| pkce.challenge.as_str()),
        };
        Ok(ask.url())
    }

    /// In which words to ask, after those that did not work for this login or for others before it.
    fn phrase(&self, membership: &Membership, smart: &SmartConfiguration, refused: &[Phrase]) -> Phrase {
        let pinned = pinned(membership);
        let first = Phrase::first(membership.platform, pinned, smart);
        let mut tried = self.inner.providers.refused(&membership.base);
        tried.extend(refused.iter().filter(|phrase| !tried.contains(phrase)).copied().collect::<Vec<_>>());
        if tried.is_empty() {
            return first;
        }
        Phrase::after(membership.platform, pinned, &tried).unwrap_or(first)
    }

    /// Where the visit's login stands.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn login_state(&self, visit: &Visit) -> Result<LoginState, ConnectError> {
        let latest = store::authorizations::latest_for_session(self.db(), visit.human_id, visit.session.id).await?;
        let Some(row) = latest else { return Ok(LoginState::None) };
        let now = self.now();
        let Some(sealed) = &row.outcome else {
            return Ok(match row.used_at {
                Some(at) if at + REDEEMING <= now => LoginState::Trouble(Trouble::new("login_interrupted", Actor::Us)),
                Some(_) => LoginState::Waiting,
                None if row.expires_at <= now => LoginState::None,
                None => LoginState::Waiting,
            });
        };
        if matches!(visit.session.step, Step::SignIn { .. }) {
            // The outcome moved the visit on. When it still stands here, the person came back to try again.
            let current = self.load_visit(visit.human_id, visit.session.id, visit.token).await?;
            if current.is_none_or(|current| matches!(current.session.step, Step::SignIn { .. })) {
                return Ok(LoginState::None);
            }
        }
        Ok(match visit.key.open_json(aad(&row.id.to_hex(), "outcome"), sealed)? {
            Outcome::Connected(connection) => LoginState::Connected(connection),
            Outcome::Trouble(trouble) => LoginState::Trouble(trouble),
        })
    }
}

/// The dialect that scopes fixed at registration are written in.
fn pinned(membership: &Membership) -> Option<Dialect> {
    let scopes = membership.registration.scopes.as_deref()?;
    let named = Scopes::parse(scopes).iter().any(|scope| matches!(scope, Scope::Resource { .. }));
    let old = scopes.split_ascii_whitespace().any(|scope| scope.ends_with(".read") || scope.ends_with(".*"));
    named.then_some(if old { Dialect::V1 } else { Dialect::V2 })
}
