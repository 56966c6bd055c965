//! An application with a browser and a clock of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::{Client, ClientAuth, Options, Sandbox};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const STATE: &str = "st-0123456789abcdef";
pub const REDIRECT: &str = "https://app.example/callback";
pub const EVERYTHING: &str = "openid fhirUser launch/patient offline_access patient/*.rs";
pub const DEMO: &str = "starfleet-medical";

pub struct App {
    pub base: String,
    pub http: reqwest::Client,
    pub sandbox: Sandbox,
    clock: Arc<AtomicI64>,
}

/// What a request came back with.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

/// A browser in the middle of a visit.
pub struct Visit {
    pub slug: String,
    pub page: Answer,
    cookie: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// A query parameter of the address this answer redirects to.
    pub fn redirected(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(self.header("location")).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// Values of the inputs with this name.
    pub fn inputs(&self, name: &str) -> Vec<String> {
        let lead = format!("name=\"{name}\" value=\"");
        let values = self.text.split(&lead).skip(1).filter_map(|rest| rest.split('"').next());
        values.map(|value| value.replace("&#38;", "&").replace("&#39;", "'")).collect()
    }
}

impl App {
    pub async fn start() -> App {
        App::start_with(Vec::new()).await
    }

    pub async fn start_with(more: Vec<Client>) -> App {
        App::open(more, None, Arc::new(AtomicI64::new(1_790_000_000))).await
    }

    pub async fn start_in(folder: &Path) -> App {
        App::open(Vec::new(), Some(folder), Arc::new(AtomicI64::new(1_790_000_000))).await
    }

    /// The same hospitals at another address, as after a kill: this one got no chance to say goodbye.
    pub async fn restart_in(&self, folder: &Path) -> App {
        App::open(Vec::new(), Some(folder), self.clock.clone()).await
    }

    async fn open(more: Vec<Client>, keep: Option<&Path>, clock: Arc<AtomicI64>) -> App {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let hand = clock.clone();
        let client = |id: &str, auth: ClientAuth| Client {
            client_id: id.to_owned(),
            name: "Ada's Notebook".to_owned(),
            auth,
            redirect_uris: vec![REDIRECT.to_owned()],
            scopes: String::new(),
        };
        let mut clients =
            vec![client("public", ClientAuth::Public), client("secret", ClientAuth::Secret("s3:cret".to_owned()))];
        clients.extend(more);
        let options = Options {
            seed: 7,
            people_per_hospital: 3,
            today: "2026-11-22".to_owned(),
            clients,
            base_url: base.clone(),
            keep: keep.map(Path::to_owned),
        };
        let sandbox = Sandbox::with_clock(
            options,
            Arc::new(move || jiff::Timestamp::from_second(hand.load(Ordering::SeqCst)).expect("in range")),
        );
        let sandbox = sandbox.expect("a folder that can be written");
        let router = sandbox.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        App { base, http, sandbox, clock }
    }

    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    pub fn later(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn fhir(&self, slug: &str) -> String {
        let hospital = sandbox::hospitals::Hospital::find(slug).expect("a hospital");
        format!("{}/{slug}/{}", self.base, hospital.speaks.path())
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap_or_default() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Posts a form.
    pub async fn post(&self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(form).expect("a form");
        let mut request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    pub async fn order(&self, slug: &str, orders: Value) {
        let request = self
            .http
            .post(format!("{}/{slug}/faults", self.base))
            .header("content-type", "application/json")
            .body(orders.to_string());
        let answer = self.send(request).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }

    /// The parameters of a request nobody can object to.
    pub fn request(&self, slug: &str, client: &str, scope: &str) -> Vec<(String, String)> {
        let pairs = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("scope", scope),
            ("state", STATE),
            ("aud", &self.fhir(slug)),
            ("nonce", "n-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    pub async fn visit(&self, slug: &str, client: &str, scope: &str) -> Visit {
        let query = serde_urlencoded::to_string(self.request(slug, client, scope)).expect("a query");
        let page = self.get(&format!("/{slug}/authorize?{query}")).await;
        let cookie = page.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        Visit { slug: slug.to_owned(), page, cookie }
    }

    /// The whole way to a code; `keep` decides which boxes stay ticked.
    pub async fn code(&self, slug: &str, client: &str, scope: &str, keep: impl Fn(&str) -> bool) -> Answer {
        let mut visit = self.visit(slug, client, scope).await;
        let login = match slug {
            DEMO | "starfleet-pharmacy" => "demouser".to_owned(),
            _ => self.sandbox.logins(slug, 1)[0].0.clone(),
        };
        visit.submit(self, "login", &[("username", &login), ("password", "password")]).await;
        visit.follow(self).await;
        let boxes = visit.page.inputs("share");
        let mut form: Vec<(&str, &str)> =
            boxes.iter().filter(|value| keep(value)).map(|value| ("share", value.as_str())).collect();
        form.push(("answer", "allow"));
        visit.submit(self, "consent", &form).await;
        visit.page
    }

    pub async fn redeem(&self, slug: &str, client: &str, code: &str) -> Answer {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        let basic = basic("secret", "s3%3Acret");
        let headers = if client == "secret" { vec![("authorization", basic.as_str())] } else { vec![] };
        if client != "secret" {
            form.push(("client_id", client));
        }
        self.post(&format!("/{slug}/token"), &form, &headers).await
    }

    /// Everything from the login to the tokens.
    pub async fn connect(&self, slug: &str, client: &str, scope: &str) -> Value {
        let code = self.code(slug, client, scope, |_| true).await.redirected("code").expect("a code");
        self.redeem(slug, client, &code).await.json()
    }

    pub async fn refresh(&self, slug: &str, token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "public")];
        self.post(&format!("/{slug}/token"), &form, &[]).await
    }

    /// Reads from a hospital's FHIR server with the tokens of a connection.
    pub async fn read(&self, slug: &str, tokens: &Value, path: &str) -> Answer {
        self.read_url(tokens, &format!("{}/{path}", self.fhir(slug))).await
    }

    pub async fn read_url(&self, tokens: &Value, url: &str) -> Answer {
        let token = tokens["access_token"].as_str().expect("a token");
        self.send(self.http.get(url).header("authorization", format!("Bearer {token}"))).await
    }
}

impl Visit {
    /// Posts a form of the page at hand, with its hidden fields.
    pub async fn submit(&mut self, app: &App, action: &str, form: &[(&str, &str)]) {
        let hidden: Vec<(&str, String)> =
            ["visit", "csrf"].map(|name| (name, self.page.inputs(name).pop().unwrap_or_default())).to_vec();
        let fields: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (*name, value.as_str())).chain(form.iter().copied()).collect();
        self.page = app.post(&format!("/{}/{action}", self.slug), &fields, &[("cookie", &self.cookie)]).await;
    }

    /// Goes where the last answer pointed.
    pub async fn follow(&mut self, app: &App) {
        let path = self.page.header("location").to_owned();
        self.page = app.send(app.http.get(format!("{}{path}", app.base)).header("cookie", &self.cookie)).await;
    }
}

pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// The members of an object, sorted.
pub fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        value.as_object().map(|members| members.keys().map(String::as_str).collect()).unwrap_or_default();
    names.sort_unstable();
    names
}

/// The claims of a JWT, unverified.
pub fn claims(jwt: &Value) -> Value {
    jsonwebtoken::dangerous::insecure_decode_claims(jwt.as_str().expect("a token")).unwrap_or(json!(null))
}
