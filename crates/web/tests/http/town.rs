//! The platform on one port, the hospitals of a town on another, and one clock for both.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use domain::{App, Secret, SecretPolicy, Timestamp};
use engine::apps::NewApp;
use engine::clock::Clock;
use engine::directory::Feed;
use engine::limits::RateLimits;
use engine::registrations::{ClientAuthentication, Registration};
use engine::sealing::MasterKey;
use engine::{Engine, Options};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::Url;

use crate::answer::Answer;
use crate::person::Person;
use crate::wire::Ask;

pub const TODAY: &str = "2026-01-31T09:30:00Z";
const NO_LIMITS: RateLimits = RateLimits { tokens_per_client: 0, secretless_sessions: 0, bad_secrets: 0, connect: 0 };
const HOSPITALS: [(&str, &str); 3] =
    [("Riverbend", "riverbend"), ("Lakeside", "lakeside"), ("Starfleet Medical", "starfleet-medical")];
/// What we are called at every hospital, and our password there.
const CLIENT: &str = "tributary";
pub const PROVIDER_SECRET: &str = "hush-between-machines-7731";

pub struct Town {
    pub engine: Engine,
    pub clock: Clock,
    /// Where the platform is.
    pub origin: String,
    /// Where the hospitals are.
    pub hospitals: String,
    pub app: Client,
    sandbox: sandbox::Sandbox,
    heard: Heard,
    folder: TempDir,
}

/// An integrator's app with its secret.
pub struct Client {
    pub app: App,
    pub secret: Secret<String>,
}

/// A hospital, and one of its patients who comes here to connect.
#[derive(Clone)]
pub struct Hospital {
    pub name: &'static str,
    pub slug: &'static str,
    pub login: String,
    /// Given and family name of the patient.
    pub patient: String,
}

/// What the hospitals were asked and what they answered.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<Exchange>>>);

#[derive(Clone)]
pub struct Exchange {
    pub path: String,
    pub sent: Bytes,
    pub answered: Bytes,
}

impl Client {
    pub fn id(&self) -> String {
        self.app.client_id.to_hex()
    }

    pub fn secret(&self) -> &str {
        self.secret.expose()
    }
}

impl Town {
    pub async fn open() -> Town {
        Town::with(NO_LIMITS).await
    }

    /// Where requests are counted.
    pub async fn with(limits: RateLimits) -> Town {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::starting_at(Timestamp::parse(TODAY).expect("an instant"));
        let (platform, origin) = listen().await;
        let (portals, hospitals) = listen().await;
        let (sandbox, heard) = (sandbox(&clock, &origin, &hospitals), Heard::default());
        serve(portals, sandbox.router().layer(from_fn(heard.clone().listening())));

        let database = format!("sqlite:{}", folder.path().join("data.db").display());
        Engine::migrate(&database).await.expect("a new database");
        let engine = Engine::open(Options {
            database,
            base_url: Url::parse(&origin).expect("a URL"),
            master_key: MasterKey::from_file(&folder.path().join("master.key")).expect("a key"),
            clock: clock.clone(),
            limits,
            cache: None,
            development: true,
        });
        let engine = engine.await.expect("an engine");
        serve(platform, web::router(engine.clone(), web::Options::default()));
        let bundle = Url::parse(&format!("{hospitals}/brands.json")).expect("a URL");
        engine.import_lists(&[Feed::Url(bundle)], false).await.expect("the town's directory");
        for (_, slug) in HOSPITALS {
            let registration = Registration {
                endpoint: Url::parse(&format!("{hospitals}/{slug}/fhir/r4")).expect("a URL"),
                platform: "generic".to_owned(),
                client_id: CLIENT.to_owned(),
                authentication: ClientAuthentication::Basic(Secret::new(PROVIDER_SECRET.to_owned())),
                scopes: None,
            };
            engine.put_registration(registration).await.expect("a registration");
        }
        let app = client(&engine, harvest()).await;
        Town { engine, clock, origin, hospitals, app, sandbox, heard, folder }
    }

    /// The shared fictional user behind the literal token `demo`.
    pub async fn with_demo_user(self) -> Town {
        let people = sandbox::people::starfleet_medical(&TODAY[..10]);
        let resources: Vec<Vec<u8>> = people
            .iter()
            .flat_map(|one| &one.resources)
            .map(|resource| resource.json.to_string().into_bytes())
            .collect();
        self.engine.seed_demo_user(&resources).await.expect("the demo user");
        self
    }

    /// Another integrator's app.
    pub async fn client(&self, app: NewApp) -> Client {
        client(&self.engine, app).await
    }

    pub fn hospital(&self, name: &str) -> Hospital {
        let (name, slug) = HOSPITALS.into_iter().find(|(known, _)| *known == name).expect("a hospital of the town");
        let (login, patient) = self.sandbox.logins(slug, 1).pop().expect("somebody who can log in");
        Hospital { name, slug, login, patient }
    }

    pub fn human<'a>(&'a self, client_user_id: &str) -> Person<'a> {
        Person::new(self, &self.app, client_user_id)
    }

    pub async fn send(&self, ask: Ask) -> Answer {
        ask.send(&self.origin).await
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.send(Ask::get(target)).await
    }

    /// What the app asks for, as JSON.
    pub async fn token(&self, body: &Value) -> Answer {
        self.send(Ask::new("POST", "/v1/connect/token").json(body)).await
    }

    /// A complete request for one user's token.
    pub fn request(&self, kind: &str, user: &str) -> Value {
        json!({ "client_id": self.app.id(), "client_secret": self.app.secret(), "client_user_id": user, "type": kind })
    }

    pub fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Reads all that is due to be read.
    pub async fn run_jobs(&self) {
        while self.engine.run_due_jobs().await.expect("the queue") > 0 {}
    }

    /// Tells a hospital what to get wrong, everywhere or once at one place.
    pub async fn fault(&self, hospital: &Hospital, path: Option<&str>, fault: &str) {
        let order = json!({ "path": path, "fault": fault, "times": path.map(|_| 1) });
        let answer = Ask::new("POST", format!("/{}/faults", hospital.slug)).json(&order).send(&self.hospitals).await;
        assert_eq!(answer.status, 204, "{fault}");
    }

    pub fn heard(&self) -> Vec<Exchange> {
        self.heard.0.lock().expect("nobody panics with it").clone()
    }

    /// Every file of the database, byte for byte. The shared memory beside it only says who reads.
    pub fn stored(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let kept = |path: &PathBuf| path.file_name().is_some_and(|name| name == "data.db" || name == "data.db-wal");
        self.files().into_iter().filter(|(path, _)| kept(path)).collect()
    }

    /// Everything the platform wrote, but for the master key.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(self.folder.path()).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut files: Vec<(PathBuf, Vec<u8>)> = paths
            .filter(|path| path.file_name().is_none_or(|name| name != "master.key"))
            .map(|path| (path.clone(), std::fs::read(&path).expect("a file")))
            .collect();
        files.sort();
        files
    }
}

/// An app as most are.
pub fn harvest() -> NewApp {
    NewApp {
        name: "Harvest".to_owned(),
        session_secret_policy: SecretPolicy::Required,
        strict_type: false,
        origins: vec!["https://harvest.example".parse().expect("an origin")],
        callbacks: vec!["https://harvest.example/done".to_owned()],
        admin_api: true,
    }
}

async fn client(engine: &Engine, app: NewApp) -> Client {
    let (app, secret) = engine.create_app(app).await.expect("an app");
    Client { app, secret }
}

fn sandbox(clock: &Clock, origin: &str, hospitals: &str) -> sandbox::Sandbox {
    let hands = clock.clone();
    let time = Arc::new(move || jiff::Timestamp::from_millisecond(hands.now().0).expect("a time"));
    let options = sandbox::Options {
        seed: 11,
        people_per_hospital: 2,
        today: TODAY[..10].to_owned(),
        clients: vec![sandbox::Client {
            client_id: CLIENT.to_owned(),
            name: "Tributary".to_owned(),
            auth: sandbox::ClientAuth::Secret(PROVIDER_SECRET.to_owned()),
            redirect_uris: vec![format!("{origin}/connect/callback")],
            scopes: String::new(),
        }],
        base_url: hospitals.to_owned(),
        keep: None,
    };
    sandbox::Sandbox::with_clock(options, time).expect("a town")
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, origin)
}

fn serve(listener: TcpListener, router: axum::Router) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
}

type Answering = std::pin::Pin<Box<dyn Future<Output = axum::response::Response> + Send>>;

impl Heard {
    fn listening(self) -> impl Fn(Request, Next) -> Answering + Clone {
        move |request, next| Box::pin(self.clone().overhear(request, next))
    }

    async fn overhear(self, request: Request, next: Next) -> axum::response::Response {
        let path = request.uri().path().to_owned();
        let (head, body) = request.into_parts();
        let sent = to_bytes(body, usize::MAX).await.expect("a body");
        let answer = next.run(Request::from_parts(head, Body::from(sent.clone()))).await;
        let (head, body) = answer.into_parts();
        let answered = to_bytes(body, usize::MAX).await.expect("a body");
        self.0.lock().expect("nobody panics with it").push(Exchange { path, sent, answered: answered.clone() });
        axum::response::Response::from_parts(head, Body::from(answered))
    }
}
