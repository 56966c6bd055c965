//! What a demo starts with: an app, the hospitals' directory, registrations there, and two people.

use std::net::Ipv4Addr;

use domain::connect::Launch;
use domain::{Origin, Secret, SecretPolicy, SyncState, TokenKind};
use engine::Engine;
use engine::apps::NewApp;
use engine::authorizations::Callback;
use engine::connect::{Display, Visit};
use engine::registrations::{ClientAuthentication, Registration};
use engine::tokens::{Issued, TokenRequest};
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
const WAYS: [(&str, &str); 3] = [("tributary-jwt", "private_key_jwt"), ("tributary-secret", "basic"), ("tributary-public", "none")];

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

pub async fn seed(
    engine: &Engine,
    known: Option<Card>,
    base_url: &Url,
    sandbox_url: &Url,
    app_url: &Url,
    clients: &[Client],
    username: &str,
) -> Result<Card, Failure> {
    engine.import_bundle_url(&sandbox_url.join("/brands.json")?).await?;
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
    let card = Card {
        base_url: base_url.clone(),
        app_url: app_url.clone(),
        sandbox_url: sandbox_url.clone(),
        client_id,
        client_secret,
        users: Users { connected: CONNECTED.to_owned(), new: NEW.to_owned() },
    };
    seed_demo_token(engine).await?;
    connect_first_person(engine, &card, username).await?;
    Ok(card)
}

/// Every endpoint of the directory gets one of the clients in turn, so that all ways are in use.
async fn register(engine: &Engine, clients: &[Client]) -> Result<(), Failure> {
    let mut endpoints: Vec<Url> =
        engine.search_directory("", usize::MAX).iter().flat_map(|found| found.brand.endpoints().map(|endpoint| endpoint.address.clone()).collect::<Vec<_>>()).collect();
    endpoints.sort();
    endpoints.dedup();
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
    let resources: Vec<Vec<u8>> =
        people.iter().flat_map(|person| &person.resources).map(|resource| resource.json.to_string().into_bytes()).collect();
    engine.seed_demo_user(&resources).await?;
    Ok(())
}

/// The first person connects as anyone would, through the widget's own steps; only once per folder.
async fn connect_first_person(engine: &Engine, card: &Card, username: &str) -> Result<(), Failure> {
    let session = engine
        .issue(TokenRequest {
            client_id: card.client_id.to_string(),
            client_secret: Some(card.client_secret.clone()),
            client_user_id: card.users.connected.clone(),
            client_user_email: Some(card.users.connected.clone()),
            kind: Some(TokenKind::Session),
            extra_scopes: Vec::new(),
            address: Ipv4Addr::LOCALHOST.into(),
        })
        .await;
    let Ok(Issued::Session { session_token, .. }) = session else { return Ok(()) };
    let visit = engine.open_connect(Some(session_token.expose()), Launch::default()).await?;
    let found = engine.search_directory(HOSPITAL, 1);
    let source = found.first().ok_or("the sandbox's directory has no Riverbend")?;
    let visit = engine.choose(&visit, source.brand.id, None).await?;
    let authorize = engine.begin(&visit, Display::Page, "seed").await?;
    let back = person::log_in(authorize, username, PASSWORD, &engine.redirect_uri()).await?;
    let completed = engine.complete(callback(&back), Some("seed")).await?;
    let connection = completed.result.map_err(|trouble| format!("the first person could not connect: {}", trouble.code))?;
    eprintln!("Reading the first person's records …");
    wait_for_sync(engine, &completed.ticket, connection).await?;
    let visit = engine.visit(&completed.ticket).await?;
    engine.end(&visit, domain::CloseStatus::Success).await?;
    Ok(())
}

async fn wait_for_sync(engine: &Engine, ticket: &str, connection: domain::ConnectionId) -> Result<(), Failure> {
    for _ in 0..600 {
        let visit: Visit = engine.visit(ticket).await?;
        match engine.progress(&visit, connection).await?.state {
            SyncState::Done => return Ok(()),
            SyncState::Failed(trouble) => return Err(format!("the first sync failed: {}", trouble.code).into()),
            SyncState::Waiting | SyncState::Reading => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    }
    Err("the first sync took longer than a minute".into())
}

fn callback(url: &Url) -> Callback {
    let value = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    Callback { state: value("state"), code: value("code"), error: value("error"), iss: value("iss") }
}
