//! One installation, one town of hospitals, and a browser that clicks through their pages.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::{
    App, ConnectionId, Launch, Outcome, Secret, SecretPolicy, SourceId, Step, SyncReport, Timestamp, TokenKind,
};
use engine::apps::NewApp;
use engine::authorizations::{Callback, CallbackError, Completed};
use engine::clock::Clock;
use engine::connect::{Display, Visit};
use engine::directory::{Feed, Search};
use engine::limits::RateLimits;
use engine::records::ListQuery;
use engine::registrations::{ClientAuthentication, Registration};
use engine::sealing::MasterKey;
use engine::tokens::{Issued, TokenRequest};
use engine::{Engine, Options};
use url::Url;

pub const BROWSER: &str = "browser-of-ada";
const CLIENT: &str = "tributary";

pub struct House {
    pub engine: Engine,
    pub clock: Clock,
    /// Milliseconds by which the town's clock is ahead of ours.
    pub ahead: Arc<AtomicI64>,
    pub app: App,
    secret: Secret<String>,
    /// Where the hospitals are.
    pub town: String,
    pub hospitals: sandbox::Sandbox,
    folder: tempfile::TempDir,
}

/// Ticks every box, or those whose value holds one of these words.
pub enum Share {
    All,
    Only(&'static [&'static str]),
    Deny,
}

fn now() -> Timestamp {
    Clock::System.now()
}

impl House {
    pub async fn open() -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let town = format!("http://{}", listener.local_addr().expect("an address"));
        let clock = Clock::starting_at(now());
        let (hands, ahead) = (clock.clone(), Arc::new(AtomicI64::new(0)));
        let lead = ahead.clone();
        let time = Arc::new(move || {
            jiff::Timestamp::from_millisecond(hands.now().0 + lead.load(Ordering::Relaxed)).expect("a time")
        });
        let options = sandbox::Options {
            seed: 7,
            people_per_hospital: 3,
            today: now().to_iso()[..10].to_owned(),
            clients: vec![sandbox::Client {
                client_id: CLIENT.to_owned(),
                name: "Tributary".to_owned(),
                auth: sandbox::ClientAuth::Secret("hush".to_owned()),
                redirect_uris: vec!["http://127.0.0.1:8080/connect/callback".to_owned()],
                scopes: String::new(),
            }],
            base_url: town.clone(),
            keep: None,
        };
        let hospitals = sandbox::Sandbox::with_clock(options, time).expect("a town");
        let router = hospitals.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let database = database(&folder);
        Engine::migrate(&database).await.expect("a new database");
        let engine = Engine::open(installation(&folder, clock.clone())).await.expect("an engine");
        let app = NewApp {
            name: "Harvest".to_owned(),
            session_secret_policy: SecretPolicy::Required,
            strict_type: false,
            origins: vec!["https://harvest.example".parse().expect("an origin")],
            callbacks: vec!["https://harvest.example/done".to_owned()],
            admin_api: false,
        };
        let (app, secret) = engine.create_app(app).await.expect("an app");
        let bundle = Url::parse(&format!("{town}/brands.json")).expect("a URL");
        engine.import_lists(&[Feed::Url(bundle)], false).await.expect("the brands of the town");
        let house = House { engine, clock, ahead, app, secret, town, hospitals, folder };
        for slug in ["riverbend", "lakeside", "cedar-mesa", "tidewater", "starfleet-medical"] {
            house.register(slug).await;
        }
        house
    }

    async fn register(&self, slug: &str) {
        let registration = Registration {
            endpoint: Url::parse(&format!("{}/{slug}/{}", self.town, path_of(slug))).expect("a URL"),
            platform: "generic".to_owned(),
            client_id: CLIENT.to_owned(),
            authentication: ClientAuthentication::Basic(Secret::new("hush".to_owned())),
            scopes: None,
        };
        self.engine.put_registration(registration).await.expect("a registration");
    }

    pub fn options(&self) -> Options {
        installation(&self.folder, self.clock.clone())
    }

    async fn issue(&self, user: &str, kind: TokenKind) -> Issued {
        let request = TokenRequest {
            client_id: self.app.client_id.to_hex(),
            client_secret: Some(self.secret.clone()),
            client_user_id: user.to_owned(),
            client_user_email: None,
            kind: Some(kind),
            extra_scopes: Vec::new(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        self.engine.issue(request).await.expect("a token")
    }

    pub async fn session_token(&self, user: &str) -> String {
        match self.issue(user, TokenKind::Session).await {
            Issued::Session { session_token, .. } => session_token.expose().clone(),
            _ => unreachable!("a session was asked for"),
        }
    }

    pub async fn id_token(&self, user: &str) -> String {
        match self.issue(user, TokenKind::Id).await {
            Issued::Id { id_token, .. } => id_token.expose().clone(),
            _ => unreachable!("an id token was asked for"),
        }
    }

    pub async fn access_token(&self, user: &str) -> String {
        match self.issue(user, TokenKind::Access).await {
            Issued::Access { access_token, .. } => access_token.expose().clone(),
            _ => unreachable!("an access token was asked for"),
        }
    }

    pub async fn visit(&self, user: &str) -> Visit {
        let token = self.session_token(user).await;
        self.engine.open_connect(Some(&token), Launch::default()).await.expect("a visit")
    }

    pub async fn source(&self, name: &str) -> SourceId {
        self.engine.search_directory(&Search::of(name, 1)).await.expect("a search")[0].brand.id
    }

    /// Chooses a hospital and answers where its login is.
    pub async fn begin(&self, visit: &Visit, hospital: &str) -> Url {
        let visit = self.engine.choose(visit, self.source(hospital).await, None).await.expect("a hospital we know");
        self.engine.begin(&visit, Display::Page, BROWSER).await.expect("a login page")
    }

    pub async fn complete(&self, back: &Url) -> Result<Completed, CallbackError> {
        self.engine.complete(callback(back), Some(BROWSER)).await
    }

    /// From choosing a hospital to the way back, without the sync.
    pub async fn connect(&self, visit: &Visit, hospital: &str, login: &str) -> Completed {
        let away = self.begin(visit, hospital).await;
        let back = self.sign_in(&away, login, &Share::All).await;
        self.complete(&back).await.expect("a login of ours")
    }

    /// Connects and reads everything.
    pub async fn read(&self, user: &str, hospital: &str, login: &str) -> (Visit, ConnectionId, SyncReport) {
        let visit = self.visit(user).await;
        let connection = self.connect(&visit, hospital, login).await.result.expect("a connection");
        self.run_jobs().await;
        let visit = self.engine.visit(&visit.ticket).await.expect("the same visit");
        let report = self.engine.progress(&visit, connection).await.expect("a report");
        (visit, connection, report)
    }

    /// Works the queue until nothing waits for the next minutes.
    pub async fn run_jobs(&self) {
        for _ in 0..25 {
            if self.engine.run_due_jobs().await.expect("the queue") == 0 {
                return;
            }
            self.clock.advance(std::time::Duration::from_secs(130));
        }
    }

    /// A person in front of a hospital's pages. Answers where they are sent in the end.
    pub async fn sign_in(&self, away: &Url, login: &str, share: &Share) -> Url {
        let browser =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a browser");
        let answer = browser.get(away.clone()).send().await.expect("a page");
        if let Some(location) = answer.headers().get("location") {
            return Url::parse(location.to_str().expect("text")).expect("a URL");
        }
        let cookie =
            answer.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a pair").to_owned();
        let site = away.as_str().split("/authorize").next().expect("a site").to_owned();
        let page = answer.text().await.expect("text");
        let form = [
            ("visit", field(&page, "visit")),
            ("csrf", field(&page, "csrf")),
            ("username", login.to_owned()),
            ("password", "password".to_owned()),
        ];
        let answer = post(&browser, &format!("{site}/login"), &cookie, &form).await;
        let next = Url::parse(&site)
            .and_then(|site| site.join(answer.headers()["location"].to_str().expect("text")))
            .expect("a URL");
        let page =
            browser.get(next).header("cookie", &cookie).send().await.expect("a page").text().await.expect("text");
        let mut form = vec![("visit", field(&page, "visit")), ("csrf", field(&page, "csrf"))];
        form.push(("answer", if matches!(share, Share::Deny) { "deny" } else { "allow" }.to_owned()));
        let ticked = |value: &String| match share {
            Share::All => true,
            Share::Only(words) => words.iter().any(|word| value.contains(word)),
            Share::Deny => false,
        };
        form.extend(fields(&page, "share").into_iter().filter(ticked).map(|value| ("share", value)));
        let answer = post(&browser, &format!("{site}/consent"), &cookie, &form).await;
        Url::parse(answer.headers()["location"].to_str().expect("text")).expect("a URL")
    }

    /// Tells a hospital what to get wrong.
    pub async fn fault(&self, slug: &str, path: Option<&str>, fault: &str, times: Option<u32>) {
        let order = serde_json::json!({ "path": path, "fault": fault, "times": times }).to_string();
        let request = reqwest::Client::new()
            .post(format!("{}/{slug}/faults", self.town))
            .header("content-type", "application/json");
        assert_eq!(request.body(order).send().await.expect("an answer").status(), 204, "{fault}");
    }

    /// Lets a hospital be as it was built.
    pub async fn mend(&self, slug: &str) {
        let request = reqwest::Client::new().delete(format!("{}/{slug}/faults", self.town));
        assert_eq!(request.send().await.expect("an answer").status(), 204);
    }

    /// How often a hospital was asked for a path, e.g. `token`.
    pub async fn asked(&self, slug: &str, path: &str) -> u64 {
        let answer = reqwest::get(format!("{}/{slug}/stats", self.town)).await.expect("an answer");
        let stats: serde_json::Value = serde_json::from_str(&answer.text().await.expect("text")).expect("JSON");
        stats["requests"][path].as_u64().unwrap_or_default()
    }

    /// The report of a connection as the widget shows it.
    pub async fn report(&self, visit: &Visit, connection: ConnectionId) -> SyncReport {
        self.engine.progress(visit, connection).await.expect("a report")
    }

    /// Connects again, and reads everything once more.
    pub async fn read_again(&self, visit: &Visit, hospital: &str) -> SyncReport {
        let visit = self.engine.visit(&visit.ticket).await.expect("the same visit");
        let connection = self.connect(&visit, hospital, "demouser").await.result.expect("a connection");
        self.run_jobs().await;
        self.report(&visit, connection).await
    }

    /// The first source of a user in the Data API.
    pub async fn source_of(&self, user: &str) -> serde_json::Value {
        let access = self.engine.authenticate(&self.access_token(user).await).await.expect("an access token");
        let page = self.engine.list_sources(&access, &everything()).await.expect("a page");
        serde_json::from_slice::<serde_json::Value>(&page.body).expect("JSON")[0].take()
    }

    /// How many records of each kind the Data API has for a user.
    pub async fn counts(&self, user: &str) -> BTreeMap<&'static str, u64> {
        let access = self.engine.authenticate(&self.access_token(user).await).await.expect("an access token");
        let mut counts = BTreeMap::new();
        for kind in records::KINDS.iter().filter(|kind| kind.form == records::Form::List) {
            let page = self.engine.list_records(&access, kind, &everything()).await.expect("a page");
            counts.insert(kind.id, page.total);
        }
        counts
    }
}

fn path_of(slug: &str) -> &'static str {
    sandbox::hospitals::Hospital::find(slug).expect("a hospital").speaks.path()
}

pub fn everything() -> ListQuery {
    ListQuery {
        limit: 1,
        offset: 0,
        created: (Timestamp::MIN, Timestamp::MAX),
        updated: (Timestamp::MIN, Timestamp::MAX),
        dates: None,
        source: None,
    }
}

fn database(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("data.db").display())
}

fn installation(folder: &tempfile::TempDir, clock: Clock) -> Options {
    Options {
        database: database(folder),
        base_url: Url::parse("http://127.0.0.1:8080").expect("a URL"),
        master_key: MasterKey::from_file(&folder.path().join("master.key")).expect("a key"),
        clock,
        limits: RateLimits { tokens_per_client: 0, secretless_sessions: 0, bad_secrets: 0, connect: 0 },
        cache: None,
        development: true,
    }
}

async fn post(browser: &reqwest::Client, url: &str, cookie: &str, form: &[(&str, String)]) -> reqwest::Response {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request =
        browser.post(url).header("cookie", cookie).header("content-type", "application/x-www-form-urlencoded");
    request.body(body).send().await.expect("an answer")
}

fn fields(page: &str, name: &str) -> Vec<String> {
    let start = format!("name=\"{name}\" value=\"");
    let values = page.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
    values.map(|value| value.replace("&#38;", "&").replace("&amp;", "&")).collect()
}

fn field(page: &str, name: &str) -> String {
    fields(page, name).first().unwrap_or_else(|| panic!("no {name} in {page}")).clone()
}

/// What the provider's redirect says.
pub fn callback(back: &Url) -> Callback {
    Callback::parse(back.query().unwrap_or_default())
}

/// The outcome of the streams of one type.
pub fn outcomes(report: &SyncReport, resource: &str) -> Vec<Outcome> {
    let streams = report.streams.iter().filter(|stream| stream.resource == resource);
    streams.map(|stream| stream.outcome.clone()).collect()
}

/// The code of the trouble a visit shows.
pub fn trouble(visit: &Visit) -> Option<&str> {
    match &visit.session.step {
        Step::Trouble { trouble, .. } => Some(&trouble.code),
        _ => None,
    }
}
