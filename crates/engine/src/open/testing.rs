//! For tests: a platform of its own, with people in it.
#![allow(clippy::disallowed_methods, reason = "tests are told by the environment where their server is")]

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::{App, ConnectionId, HumanId, Secret, SecretPolicy, SourceId, Timestamp, TokenKind};
use store::connections::NewConnection;
use store::{Batch, Db};
use tempfile::TempDir;
use tokio_postgres::NoTls;
use url::Url;

use super::{Engine, OpenError, Options};
use crate::apps::NewApp;
use crate::clock::Clock;
use crate::connections::{Account, seal_account};
use crate::limits::RateLimits;
use crate::sealing::MasterKey;
use crate::tokens::{Access, IssueError, Issued, TokenRequest};

mod summaries;

pub(crate) use summaries::ccd;

pub(crate) const MASTER_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const NO_LIMITS: RateLimits =
    RateLimits { tokens_per_client: 0, secretless_sessions: 0, bad_secrets: 0, connect: 0 };

/// A platform on a database of its own, at a time of its own.
pub(crate) struct House {
    pub engine: Engine,
    pub clock: Clock,
    folder: TempDir,
    database: String,
}

/// An integrator's app with its secret.
pub(crate) struct Client {
    pub app: App,
    pub secret: Secret<String>,
}

/// Runs the test on an empty SQLite file, then on an empty PostgreSQL schema.
pub(crate) async fn on_both(test: impl AsyncFn(House)) {
    test(House::open().await).await;
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var("TRIBUTARY_TEST_POSTGRES") else {
        eprintln!("SKIPPED: no PostgreSQL, because TRIBUTARY_TEST_POSTGRES is not set");
        return;
    };
    let schema = format!("engine_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let tell = async |sql: String| {
        let (client, connection) = tokio_postgres::connect(&server, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&sql).await.unwrap();
    };
    tell(format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await;
    let mark = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{mark}options=-csearch_path%3D{schema}");
    test(House::on(url, tempfile::tempdir().unwrap(), NO_LIMITS).await).await;
    tell(format!("DROP SCHEMA {schema} CASCADE")).await;
}

impl House {
    pub(crate) async fn open() -> House {
        House::limited(NO_LIMITS).await
    }

    pub(crate) async fn limited(limits: RateLimits) -> House {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("tributary.db").display());
        House::on(database, folder, limits).await
    }

    /// On an empty database.
    pub(crate) async fn on(database: String, folder: TempDir, limits: RateLimits) -> House {
        let clock = Clock::starting_at(Timestamp::parse("2026-01-31T09:30:00Z").unwrap());
        Db::open(&database).await.unwrap().migrate().await.unwrap();
        let engine = Engine::open(options(database.clone(), &clock, limits, MASTER_KEY)).await.unwrap();
        House { engine, clock, folder, database }
    }

    /// Another process on the same database.
    pub(crate) async fn beside(&self, master_key: &str) -> Result<Engine, OpenError> {
        Engine::open(options(self.database.clone(), &self.clock, NO_LIMITS, master_key)).await
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) async fn client(&self, policy: SecretPolicy) -> Client {
        let new = NewApp {
            name: "Harvest".to_owned(),
            session_secret_policy: policy,
            strict_type: false,
            origins: Vec::new(),
            callbacks: Vec::new(),
            admin_api: true,
        };
        let (app, secret) = self.engine.create_app(new).await.unwrap();
        Client { app, secret }
    }

    pub(crate) async fn ask(&self, client: &Client, kind: TokenKind, user: &str) -> Result<Issued, IssueError> {
        self.engine.issue(client.request(kind, user)).await
    }

    /// A person's first session.
    pub(crate) async fn person(&self, client: &Client, user: &str) -> HumanId {
        human_id(&self.ask(client, TokenKind::Session, user).await.unwrap())
    }

    pub(crate) async fn access(&self, client: &Client, user: &str) -> Access {
        let Issued::Access { access_token, .. } = self.ask(client, TokenKind::Access, user).await.unwrap() else {
            panic!("no access token")
        };
        self.engine.authenticate(access_token.expose()).await.unwrap()
    }

    /// As a login at the source would leave it.
    pub(crate) async fn connect(&self, human_id: HumanId, source: u8, name: &str) -> ConnectionId {
        self.connect_at(human_id, source, name, "https://ehr.example/r4").await
    }

    /// Without an endpoint everything comes as files.
    pub(crate) async fn connect_at(&self, human_id: HumanId, source: u8, name: &str, endpoint: &str) -> ConnectionId {
        let human = store::humans::find(self.engine.db(), human_id).await.unwrap().unwrap();
        let key = self.engine.data_key(human_id, &human.wrapped_key).unwrap();
        let (id, source) = (ConnectionId([source; 12]), SourceId([source; 12]));
        let account =
            Account { source, source_name: name.to_owned(), endpoint: endpoint.to_owned(), patient: "p1".to_owned() };
        let connection = NewConnection {
            human_id,
            id,
            client_id: human.client_id,
            source_hash: self.engine.source_hash(source),
            account_hash: self.engine.hash_index("account", &id.0),
            body: seal_account(&key, id, &account),
            grant_sealed: None,
        };
        let mut batch = Batch::new();
        store::connections::put(&mut batch, &connection, self.clock.now());
        store::humans::mark_connected(&mut batch, human_id, self.clock.now());
        store::humans::bump_revision(&mut batch, human_id);
        self.engine.db().commit(batch).await.unwrap();
        id
    }

    pub(crate) async fn disconnect(&self, human_id: HumanId, id: ConnectionId) {
        let at = self.clock.now();
        let mut batch = Batch::new();
        store::connections::set_status(&mut batch, human_id, id, domain::Status::Disconnected { at }, at);
        store::humans::bump_revision(&mut batch, human_id);
        self.engine.db().commit(batch).await.unwrap();
    }
}

impl Client {
    pub(crate) fn request(&self, kind: TokenKind, user: &str) -> TokenRequest {
        TokenRequest {
            client_id: self.app.client_id.to_hex(),
            client_secret: Some(self.secret.clone()),
            client_user_id: user.to_owned(),
            client_user_email: None,
            kind: Some(kind),
            extra_scopes: Vec::new(),
            address: HERE,
        }
    }
}

pub(crate) fn human_id(issued: &Issued) -> HumanId {
    match issued {
        Issued::Session { human_id, .. } | Issued::Id { human_id, .. } | Issued::Access { human_id, .. } => *human_id,
    }
}

/// The token itself; what comes beside it is left out.
pub(crate) fn token(issued: &Issued) -> &str {
    match issued {
        Issued::Session { session_token: token, .. }
        | Issued::Id { id_token: token, .. }
        | Issued::Access { access_token: token, .. } => token.expose(),
    }
}

fn options(database: String, clock: &Clock, limits: RateLimits, master_key: &str) -> Options {
    Options {
        database,
        base_url: Url::parse("https://health.example").unwrap(),
        master_key: MasterKey::from_text(master_key).unwrap(),
        clock: clock.clone(),
        limits,
        cache: None,
        development: false,
    }
}
