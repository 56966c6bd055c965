//! What a demo starts with: an app, the hospitals' directory, registrations there, and two people.

use std::net::Ipv4Addr;
use std::time::Duration;

use domain::tokens::Refusal;
use domain::{CloseStatus, Launch, Origin, Secret, SecretPolicy, Timestamp, TokenKind};
use engine::Engine;
use engine::apps::NewApp;
use engine::authorizations::Callback;
use engine::connect::Display;
use engine::directory::{Feed, Search};
use engine::records::ListQuery;
use engine::registrations::{ClientAuthentication, Registration};
use engine::tokens::{IssueError, Issued, TokenRequest};
use sandbox::{Client, ClientAuth};
use url::Url;

use super::{Card, Users, person};
use crate::Failure;

const CONNECTED: &str = "ada@example.com";
const NEW: &str = "grace@example.com";
/// The hospital the first person is connected to.
pub const HOSPITAL: &str = "Riverbend";
pub const HOSPITAL_SLUG: &str = "riverbend";
/// Of everyone at every sandbox hospital.
const PASSWORD: &str = "password";
const WAYS: [(&str, &str); 3] =
    [("tributary-jwt", "private_key_jwt"), ("tributary-secret", "basic"), ("tributary-public", "none")];

/// The last simulated day of the hospitals' records.
#[allow(clippy::disallowed_methods)]
pub fn today() -> String {
    engine::clock::Clock::System.now().to_iso()[..10].to_owned()
}

/// Our three clients at every hospital: one for each way to authenticate.
pub async fn sandbox_clients(engine: &Engine) -> Result<Vec<Client>, Failure> {
    let known = engine.list_registrations().await?;
    let secret = known
        .iter()
        .find_map(|registration| match &registration.authentication {
            ClientAuthentication::Basic(secret) => Some(secret.clone()),
            _ => None,
        })
        .unwrap_or_else(|| engine.fresh_secret());
    let redirect = engine.redirect_uri().to_string();
    let jwks_url = engine.base_url().join("/.well-known/jwks.json")?.to_string();
    Ok(WAYS
        .into_iter()
        .map(|(client_id, way)| Client {
            client_id: client_id.to_owned(),
            name: "Tributary".to_owned(),
            auth: match way {
                "private_key_jwt" => ClientAuth::PrivateKeyJwt { jwks_url: jwks_url.clone() },
                "basic" => ClientAuth::Secret(secret.expose().clone()),
                _ => ClientAuth::Public,
            },
            redirect_uris: vec![redirect.clone()],
            scopes: String::new(),
        })
        .collect())
}

/// The app, the directory and the registrations; the same app again when `known` names one.
pub async fn installation(
    engine: &Engine,
    known: Option<Card>,
    [base_url, sandbox_url, app_url]: [Url; 3],
    clients: &[Client],
) -> Result<Card, Failure> {
    engine.import_lists(&[Feed::Url(sandbox_url.join("/brands.json")?)], false).await?;
    register(engine, clients).await?;
    let origins: Vec<Origin> = vec![app_url.as_str().parse()?];
    let callbacks = vec![app_url.join("/connected")?.to_string()];
    let (client_id, client_secret) = match known {
        Some(card) if engine.find_app(card.client_id).await?.is_some() => {
            engine.set_app_addresses(card.client_id, origins, callbacks).await?;
            (card.client_id, card.client_secret)
        }
        _ => {
            let (app, secret) = engine
                .create_app(NewApp {
                    name: "Fieldnotes".to_owned(),
                    session_secret_policy: SecretPolicy::Optional,
                    strict_type: false,
                    origins,
                    callbacks,
                    admin_api: true,
                })
                .await?;
            (app.client_id, secret)
        }
    };
    let users = Users { connected: CONNECTED.to_owned(), new: NEW.to_owned() };
    Ok(Card { base_url, app_url, sandbox_url, client_id, client_secret, users })
}

/// The demo token's fictional user, and the person who is connected already, data synced.
pub async fn people(engine: &Engine, card: &Card, username: &str) -> Result<(), Failure> {
    seed_demo_token(engine).await?;
    connect_first_person(engine, card, username).await?;
    wait_for_records(engine, card).await
}

/// Every endpoint of the directory gets one of the clients in turn, so that all ways are in use.
async fn register(engine: &Engine, clients: &[Client]) -> Result<(), Failure> {
    let endpoints = engine.directory_endpoints().await?;
    for (endpoint, client) in endpoints.into_iter().zip(clients.iter().cycle()) {
        let authentication = match &client.auth {
            ClientAuth::Public => ClientAuthentication::None,
            ClientAuth::Secret(secret) => ClientAuthentication::Basic(Secret::new(secret.clone())),
            ClientAuth::PrivateKeyJwt { .. } => ClientAuthentication::PrivateKeyJwt,
        };
        engine
            .put_registration(Registration {
                endpoint,
                platform: "generic".to_owned(),
                client_id: client.client_id.clone(),
                authentication,
                scopes: None,
            })
            .await?;
    }
    Ok(())
}

/// The shared fictional user behind the literal token `demo`.
async fn seed_demo_token(engine: &Engine) -> Result<(), Failure> {
    let people = sandbox::people::starfleet_medical(&today());
    let resources: Vec<Vec<u8>> = people
        .iter()
        .flat_map(|person| &person.resources)
        .map(|resource| resource.json.to_string().into_bytes())
        .collect();
    engine.seed_demo_user(&resources).await?;
    Ok(())
}

/// The first person connects as anyone would, through the widget's own steps; only once per folder.
async fn connect_first_person(engine: &Engine, card: &Card, username: &str) -> Result<(), Failure> {
    let session_token = match engine.issue(card.token(TokenKind::Session)).await {
        Ok(Issued::Session { session_token, .. }) => session_token,
        Err(IssueError::Refused(Refusal::SessionNotAllowed)) => return Ok(()),
        Ok(_) => return Err("a session was asked for, and something else was issued".into()),
        Err(error) => return Err(error.into()),
    };
    let visit = engine.open_connect(Some(session_token.expose()), Launch::default()).await?;
    let found = engine.search_directory(&Search::of(HOSPITAL, 1)).await?;
    let source = found.first().ok_or("the sandbox's directory has no Riverbend")?;
    let visit = engine.choose(&visit, source.brand.id, None).await?;
    let authorize = engine.begin(&visit, Display::Page, "seed").await?;
    let back = person::log_in(authorize, username, PASSWORD, &engine.redirect_uri()).await?;
    let completed = engine.complete(Callback::parse(back.query().unwrap_or_default()), Some("seed")).await?;
    completed.result.map_err(|trouble| format!("the first person could not connect: {}", trouble.code))?;
    let visit = engine.visit(&completed.ticket).await?;
    engine.end(&visit, CloseStatus::Success).await?;
    Ok(())
}

/// Waits until nothing of the first person's is being read any more. Who disconnected in an earlier run has nothing.
async fn wait_for_records(engine: &Engine, card: &Card) -> Result<(), Failure> {
    let Issued::Access { access_token, .. } = engine.issue(card.token(TokenKind::Access)).await? else {
        return Err("access was asked for, and something else was issued".into());
    };
    let everything = ListQuery {
        limit: 50,
        offset: 0,
        created: (Timestamp::MIN, Timestamp::MAX),
        updated: (Timestamp::MIN, Timestamp::MAX),
        dates: None,
        source: None,
    };
    for attempt in 0..1200 {
        let access = engine.authenticate(access_token.expose()).await?;
        let sources = engine.list_sources(&access, &everything).await?;
        let sources: Vec<serde_json::Value> = serde_json::from_slice(&sources.body)?;
        let status =
            |source: &serde_json::Value| source["syncStatus"]["status"].as_str().unwrap_or_default().to_owned();
        match sources.first().map(status).as_deref() {
            None | Some("ok") => return Ok(()),
            Some("inProgress") => {}
            Some(other) => return Err(format!("the first person's records could not be read: {other}").into()),
        }
        if attempt == 0 {
            eprintln!("Reading the first person's records …");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the first sync took longer than a minute".into())
}

impl Card {
    fn token(&self, kind: TokenKind) -> TokenRequest {
        TokenRequest {
            client_id: self.client_id.to_string(),
            client_secret: Some(self.client_secret.clone()),
            client_user_id: self.users.connected.clone(),
            client_user_email: Some(self.users.connected.clone()),
            kind: Some(kind),
            extra_scopes: Vec::new(),
            address: Ipv4Addr::LOCALHOST.into(),
        }
    }
}
