//! What must never be found in the log or on the disk, looked for after the whole loop.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::browser::target;
use crate::town::{PROVIDER_SECRET, Town};
use crate::wire::Ask;

const USER: &str = "zq-user-key-8842/Wilhelmina";
const EMAIL: &str = "zq.wilhelmina.8842@secret.example";
const SCOPE: &str = "zq-extra-scope-8842";

/// The log, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics with it").extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;
    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// What is secret, by what it is.
#[derive(Default)]
struct Markers(Vec<(String, Vec<u8>)>);

/// As much of a marker as is looked for first.
const START: usize = 6;

impl Markers {
    fn plant(&mut self, what: &str, secret: impl AsRef<[u8]>) {
        let secret = secret.as_ref();
        assert!(secret.len() >= START, "{what} is too short to be looked for");
        let forms = [
            ("", secret.to_vec()),
            (" in hex", hex::encode(secret).into_bytes()),
            (" in base64", STANDARD.encode(secret).trim_end_matches('=').as_bytes().to_vec()),
            (" in base64url", URL_SAFE_NO_PAD.encode(secret).into_bytes()),
            (" in a form", url::form_urlencoded::byte_serialize(secret).collect::<String>().into_bytes()),
        ];
        self.0.extend(forms.map(|(form, bytes)| (format!("{what}{form}"), bytes.to_ascii_lowercase())));
    }

    /// One of our own tokens, and the random half of it.
    fn plant_token(&mut self, what: &str, token: &str) {
        self.plant(what, token);
        let (_, rest) = token.split_once('-').expect("a prefix");
        let bytes = URL_SAFE_NO_PAD.decode(rest).expect("base64url");
        self.plant(&format!("random half of {what}"), &bytes[16..]);
    }

    fn has(&self, what: &str) -> bool {
        self.0.iter().any(|(planted, _)| planted == what)
    }

    /// Upper and lower case are one.
    fn found_in(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let bytes = bytes.to_ascii_lowercase();
        let mut by_start: HashMap<&[u8], Vec<&(String, Vec<u8>)>> = HashMap::new();
        for marker in &self.0 {
            by_start.entry(&marker.1[..START]).or_default().push(marker);
        }
        let starts = bytes.windows(START).enumerate().filter_map(|(at, start)| Some((at, by_start.get(start)?)));
        let found = starts.flat_map(|(at, markers)| markers.iter().map(move |marker| (at, marker)));
        let whole = found.filter(|(at, (_, secret))| bytes[*at..].starts_with(secret));
        whole.map(|(_, (what, _))| format!("{what} in {place}")).collect()
    }
}

/// Long texts of a record that say something about the person.
fn contents(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= 12 && text.contains(' ') => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| contents(item, found)),
        Value::Object(members) => members.values().for_each(|member| contents(member, found)),
        _ => {}
    }
}

/// A login and a sync that fail, each with something to say about a person.
async fn goes_wrong(town: &Town, markers: &mut Markers) {
    let lakeside = town.hospital("Lakeside");
    for (what, name) in ["given name", "family name"]
        .into_iter()
        .zip(lakeside.patient.split(' '))
        .filter(|(_, name)| name.len() >= START)
    {
        markers.plant(&format!("{what} of another"), name);
    }
    let mut other = town.human("zq-second-user-8842");
    markers.plant("another client_user_id", "zq-second-user-8842");
    for name in ["error", "error_description", "iss", "code"] {
        let mut back = other.returns_from(&lakeside).await;
        let kept: Vec<(String, String)> =
            back.query_pairs().into_owned().filter(|(known, _)| known == "state").collect();
        back.query_pairs_mut().clear().extend_pairs(&kept).append_pair(name, "zq-said-by-the-hospital-8842");
        assert_eq!(other.browser.get(&back).await.status, 303);
    }
    markers.plant("words of a redirect", "zq-said-by-the-hospital-8842");
    let back = other.returns_from(&lakeside).await;
    other.browser.open(&back).await;
    let faults = [
        ("Condition", "truncated_json"),
        ("Immunization", "wrong_types"),
        ("Encounter", "html_200"),
        ("Procedure", "status:400"),
    ];
    for (path, fault) in faults {
        town.fault(&lakeside, Some(path), fault).await;
    }
    town.run_jobs().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_in_the_log_or_on_the_disk() {
    let log = Log::default();
    // The hospitals live in this process too, and may say what they like.
    let filter = EnvFilter::new("trace,sandbox=off");
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(log.clone()).init();
    let town = Town::open().await;
    let riverbend = town.hospital("Riverbend");
    let mut markers = Markers::default();
    markers.plant("client_user_id", USER);
    markers.plant("client_user_email", EMAIL);
    markers.plant("extra scope", SCOPE);
    markers.plant("client secret", town.app.secret());
    markers.plant("our secret at the hospital", PROVIDER_SECRET);

    // The whole loop: token, widget, login, records, and what goes wrong on the way.
    let mut body = town.request("session", USER);
    body["client_user_email"] = json!(EMAIL);
    body["extra_scopes"] = json!([SCOPE]);
    markers.plant_token("session token", &town.token(&body).await.member("session_token"));
    body["client_secret"] = json!("zq-wrong-secret-8842");
    assert_eq!(town.token(&body).await.status, 401);
    markers.plant("wrong secret", "zq-wrong-secret-8842");
    let mut person = town.human(USER);
    let token = person.session_token().await;
    markers.plant_token("second session token", &token);
    person.opens(&token).await;
    let away = person.chooses(&riverbend).await;
    for (name, value) in
        away.query_pairs().filter(|(name, _)| ["state", "nonce", "code_challenge"].contains(&name.as_ref()))
    {
        markers.plant(&format!("{name} of the redirect"), value.as_bytes());
    }
    let back = person.signs_in(&away, &riverbend.login, "allow").await;
    for (name, value) in back.query_pairs().filter(|(name, _)| name == "code") {
        markers.plant(&format!("{name} of the callback"), value.as_bytes());
    }
    assert_eq!(town.get(&target(&back)).await.status, 400, "without the cookie");
    markers.plant("ticket of the visit", person.page("").path().trim_start_matches("/connect/").trim_end_matches('/'));
    markers.plant("mark of the browser", person.browser.cookie(&back, "tributary-browser").expect("a mark"));
    markers.plant("login at the hospital", &riverbend.login);
    person.browser.open(&back).await;
    town.run_jobs().await;
    let ids = person.asks("id").await;
    markers.plant_token("id token", &ids.member("id_token"));
    markers.plant_token("id refresh token", &ids.member("id_refresh_token"));
    let access = person.asks("access").await;
    markers.plant_token("access token", &access.member("access_token"));
    markers.plant_token("refresh token", &access.member("refresh_token"));
    let token = access.member("access_token");
    assert_eq!(town.get(&format!("/v1/human?access_token={token}")).await.status, 200);
    let admin = json!({ "client_id": town.app.id(), "client_secret": town.app.secret(), "type": "client" });
    markers.plant(
        "client token",
        town.send(Ask::new("POST", "/v1/admin/token").json(&admin)).await.member("client_token"),
    );

    // Who the person is, and what their record says.
    for name in riverbend.patient.split(' ').filter(|name| name.len() >= 6) {
        markers.plant("name", name);
    }
    markers.plant("full name", &riverbend.patient);
    let mut said = Vec::new();
    for kind in
        ["demographics", "issues", "medications", "immunizations", "test_results", "narratives", "plans_of_care"]
    {
        contents(&Value::Array(person.get(&format!("/v1/human/medical/{kind}?limit=20")).await.rows()), &mut said);
    }
    // The hospital itself is public.
    said.retain(|text| !text.contains("Riverbend"));
    said.sort();
    said.dedup();
    assert!(said.len() > 20, "{said:?}");
    for (number, text) in said.iter().enumerate() {
        markers.plant(&format!("record text {number} ({text})"), text);
    }
    for exchange in town.heard().iter().filter(|exchange| exchange.path.ends_with("/token")) {
        let answer: Value = serde_json::from_slice(&exchange.answered).expect("a token answer");
        for name in ["access_token", "refresh_token", "id_token", "patient"] {
            let secret = answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}"));
            markers.plant(&format!("the hospital's {name}"), secret);
        }
        for (name, value) in url::form_urlencoded::parse(&exchange.sent).filter(|(name, _)| name == "code_verifier") {
            markers.plant(&name, value.as_bytes());
        }
    }
    assert!(markers.has("the hospital's refresh_token") && markers.has("code_verifier"));
    person.disconnects().await;
    goes_wrong(&town, &mut markers).await;

    // What may be there is found, so the search works.
    let mut control = Markers::default();
    control.plant("the app's name", "Harvest");
    let mut leaks = Vec::new();
    let files = town.files();
    assert!(files.iter().any(|(_, bytes)| !control.found_in("", bytes).is_empty()));
    assert!(
        files.iter().any(|(path, _)| path.ends_with("data.db"))
            && files.iter().any(|(path, _)| path.ends_with("data.db-wal"))
    );
    for (path, bytes) in &files {
        leaks.extend(markers.found_in(&path.file_name().expect("a name").to_string_lossy(), bytes));
    }
    let heard = log.0.lock().expect("nobody panics with it").clone();
    let lines = String::from_utf8_lossy(&heard);
    for ours in ["web::requests", "engine::"] {
        assert!(lines.contains(ours), "{ours} was not heard");
    }
    leaks.extend(markers.found_in("the log", &heard));
    assert!(leaks.is_empty(), "{leaks:#?}");
}
