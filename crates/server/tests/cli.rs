//! The binary as an operator uses it: exit codes, output for machines, commands beside a running server.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn tributary(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    command.current_dir(data).env_remove("TRIBUTARY_MASTER_KEY");
    command
}

fn run(data: &Path, arguments: &[&str]) -> Output {
    tributary(data).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn field(json: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    value[name].as_str().unwrap().to_owned()
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(data: &Path) -> Server {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = tributary(data)
            .args(["serve", "--data", "here"])
            .env("TRIBUTARY_LISTEN", format!("127.0.0.1:{port}"))
            .env("TRIBUTARY_PUBLIC_URL", format!("http://127.0.0.1:{port}"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server { child, port };
        let began = Instant::now();
        while server.ask("GET /ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").0 != 200 {
            assert!(began.elapsed() < Duration::from_secs(30), "the server did not become ready");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn ask(&self, request: &str) -> (u16, String) {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return (0, String::new()) };
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    fn token(&self, client_id: &str, client_secret: &str) -> u16 {
        let body = serde_json::json!({
            "client_id": client_id, "client_secret": client_secret, "client_user_id": "ada", "type": "session"
        })
        .to_string();
        let length = body.len();
        self.ask(&format!(
            "POST /v1/connect/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn usage_failure_and_success_have_their_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["nonsense"][..], &["app", "create"], &["serve", "--nonsense"], &[]] {
        assert_eq!(run(folder.path(), arguments).status.code(), Some(2), "{arguments:?}");
    }
    let mistyped = run(folder.path(), &["app", "list", "--data", "mistyped"]);
    assert_eq!(mistyped.status.code(), Some(1));
    assert!(text(&mistyped.stderr).contains("there is no installation"), "{}", text(&mistyped.stderr));
    assert!(!folder.path().join("mistyped").exists(), "a mistyped folder must not become an installation");
    let completions = run(folder.path(), &["completions", "bash"]);
    assert!(completions.status.success() && text(&completions.stdout).contains("tributary"));
}

#[test]
fn an_unknown_setting_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.toml"), "listne = \"127.0.0.1:1\"").unwrap();
    let failed = run(folder.path(), &["serve", "--config", "t.toml"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("listne"), "{}", text(&failed.stderr));
    let failed = tributary(folder.path()).args(["serve"]).env("TRIBUTARY_LISTNE", "x").output().unwrap();
    assert!(text(&failed.stderr).contains("TRIBUTARY_LISTNE"), "{}", text(&failed.stderr));
}

#[test]
fn apps_are_made_and_rotated_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let created =
        run(folder.path(), &["app", "create", "Notes", "--origin", "https://app.example", "--json", "--data", "here"]);
    assert!(created.status.success(), "{}", text(&created.stderr));
    let (id, secret) = (field(&text(&created.stdout), "client_id"), field(&text(&created.stdout), "client_secret"));
    assert_eq!((id.len(), secret.len()), (40, 40));
    assert_eq!(server.token(&id, &secret), 200);
    assert_eq!(server.token(&id, "0000000000000000000000000000000000000000"), 401);

    let rotated =
        run(folder.path(), &["app", "rotate-secret", &id, "--overlap-hours", "0", "--json", "--data", "here"]);
    let fresh = field(&text(&rotated.stdout), "client_secret");
    let began = Instant::now();
    while server.token(&id, &secret) != 401 {
        assert!(began.elapsed() < Duration::from_secs(5), "the running server did not notice the rotation");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(server.token(&id, &fresh), 200);

    let listed = run(folder.path(), &["app", "list", "--data", "here"]);
    assert!(text(&listed.stdout).contains(&id) && !text(&listed.stdout).contains(&fresh));
    let origin = run(folder.path(), &["app", "create", "Bad", "--origin", "app.example", "--data", "here"]);
    assert_eq!(origin.status.code(), Some(2));

    let doctor = run(folder.path(), &["doctor", "--data", "here"]);
    assert!(doctor.status.success(), "{}", text(&doctor.stdout));
}

#[test]
fn a_lost_master_key_is_told_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    drop(Server::start(folder.path()));
    let key = folder.path().join("here/master.key");
    std::fs::remove_file(&key).unwrap();
    let doctor = run(folder.path(), &["doctor", "--data", "here"]);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(text(&doctor.stdout).contains("put it back"), "{}", text(&doctor.stdout));
    assert!(!key.exists());
    let serve = run(folder.path(), &["serve", "--data", "here"]);
    assert_eq!(serve.status.code(), Some(1));
    assert!(!key.exists());
}

#[test]
fn migrating_an_empty_folder_makes_an_installation_that_serves() {
    let folder = tempfile::tempdir().unwrap();
    let migrated = run(folder.path(), &["migrate", "--data", "here"]);
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    assert!(text(&migrated.stdout).contains("nothing to migrate"), "{}", text(&migrated.stdout));
    assert!(folder.path().join("here/master.key").exists());
    let again = run(folder.path(), &["migrate", "--data", "here"]);
    assert_eq!(text(&again.stdout), "The database is up to date.\n");
    let server = Server::start(folder.path());
    drop(server);
    let doctor = run(folder.path(), &["doctor", "--data", "here"]);
    assert!(doctor.status.success(), "{}", text(&doctor.stdout));
}

const ADA: &str = r#"{"resourceType":"Bundle","type":"collection","entry":[
  {"fullUrl":"urn:uuid:ada","resource":{"resourceType":"Patient","id":"ada","name":[{"family":"Lovelace","given":["Ada"]}],"birthDate":"1815-12-10","managingOrganization":{"display":"Riverbend Clinic"}}},
  {"fullUrl":"urn:uuid:a1","resource":{"resourceType":"AllergyIntolerance","id":"a1","patient":{"reference":"urn:uuid:ada"},"code":{"text":"Penicillin"},"recordedDate":"2021-03-04"}}]}"#;

/// An installation with one app.
fn installed(folder: &Path) -> String {
    drop(Server::start(folder));
    let created = run(folder, &["app", "create", "Notes", "--json", "--data", "here"]);
    field(&text(&created.stdout), "client_id")
}

fn import(folder: &Path, app: &str, rest: &[&str]) -> Output {
    let arguments: Vec<&str> =
        ["import", "--app", app, "--user", "ada", "--data", "here"].into_iter().chain(rest.iter().copied()).collect();
    run(folder, &arguments)
}

fn parsed(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}{}", text(&output.stdout), text(&output.stderr)))
}

#[test]
fn files_are_imported_and_told_to_people_and_machines() {
    let folder = tempfile::tempdir().unwrap();
    let app = installed(folder.path());
    std::fs::write(folder.path().join("ada.json"), ADA).unwrap();
    let first = import(folder.path(), &app, &["ada.json"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let told = text(&first.stdout);
    for word in ["ada is a new user", "ada.json", "fhir", "Riverbend Clinic, now connected", "allergies 1"] {
        assert!(told.contains(word), "{word} in {told}");
    }
    let again = parsed(&import(folder.path(), &app, &["ada.json", "--json"]));
    assert_eq!(
        again["files"][0],
        serde_json::json!({
            "name": "ada.json", "form": "fhir", "documents": 1, "sources": ["Riverbend Clinic"], "new": 0, "changed": 0,
            "unchanged": 2, "resources": { "AllergyIntolerance": 1, "Patient": 1 },
        })
    );
    assert_eq!((&again["user"], &again["created"]), (&"ada".into(), &false.into()));
    let source = &again["sources"][0];
    assert_eq!((&source["name"], &source["connected"]), (&"Riverbend Clinic".into(), &false.into()));
    assert_eq!(source["records"]["allergies"], 1);
}

#[test]
fn a_folder_stands_for_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let app = installed(folder.path());
    let downloads = folder.path().join("downloads");
    std::fs::create_dir_all(downloads.join("older")).unwrap();
    std::fs::write(downloads.join("ada.json"), ADA).unwrap();
    std::fs::write(downloads.join("letter.pdf"), "%PDF-1.4 a letter").unwrap();
    std::fs::write(downloads.join("notes.txt"), "call Dr. Crusher").unwrap();
    std::fs::write(downloads.join(".hidden"), ADA).unwrap();
    let done = parsed(&import(folder.path(), &app, &["downloads", "--json"]));
    let names = |list: &str| {
        done[list].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("files"), ["ada.json", "letter.pdf"]);
    assert_eq!(names("skipped"), [".hidden", "notes.txt", "older"]);
    std::fs::write(downloads.join("cut.json"), &ADA[..300]).unwrap();
    let failed = import(folder.path(), &app, &["downloads"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("cut.json: the file is damaged"), "{}", text(&failed.stderr));
}

#[test]
fn what_is_no_record_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let app = installed(folder.path());
    std::fs::write(folder.path().join("error.xml"), "<!DOCTYPE html><p>Your session ended").unwrap();
    let failed = import(folder.path(), &app, &["error.xml", "--json"]);
    assert_eq!(failed.status.code(), Some(1));
    let told = parsed(&failed);
    assert_eq!((&told["error"]["code"], &told["error"]["file"]), (&"web_page".into(), &"error.xml".into()));
    assert!(text(&failed.stderr).contains("it is a web page"), "{}", text(&failed.stderr));

    // A gigabyte that takes no room.
    let large = std::fs::File::create(folder.path().join("large.xml")).unwrap();
    large.set_len(1 << 30).unwrap();
    let failed = import(folder.path(), &app, &["large.xml"]);
    assert!(text(&failed.stderr).contains("too large"), "{}", text(&failed.stderr));
    for (arguments, code, word) in [(&["nowhere.json"][..], 1, "nowhere.json"), (&[], 2, "required")] {
        let failed = import(folder.path(), &app, arguments);
        assert_eq!(failed.status.code(), Some(code), "{arguments:?}");
        assert!(text(&failed.stderr).contains(word), "{}", text(&failed.stderr));
    }
    let stranger = import(folder.path(), &"0".repeat(40), &["error.xml"]);
    assert!(text(&stranger.stderr).contains("unknown client"), "{}", text(&stranger.stderr));
    let help = text(&run(folder.path(), &["import", "--help"]).stdout);
    assert!(help.contains("IHE XDM") && help.contains("Exit codes"), "{help}");
}

#[test]
fn a_running_server_shows_what_was_imported() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let created = text(&run(folder.path(), &["app", "create", "Notes", "--json", "--data", "here"]).stdout);
    let (app, secret) = (field(&created, "client_id"), field(&created, "client_secret"));
    let mut child = tributary(folder.path())
        .args(["import", "-", "--app", &app, "--user", "ada", "--data", "here"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ADA.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let body = serde_json::json!({
        "client_id": app, "client_secret": secret, "client_user_id": "ada", "type": "access"
    })
    .to_string();
    let (status, answer) = server.ask(&format!(
        "POST /v1/connect/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert_eq!(status, 200, "{answer}");
    let token = field(&answer, "access_token");
    let ask = |path: &str| {
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n");
        server.ask(&head).1
    };
    let began = Instant::now();
    while !ask("/v1/human/medical/allergies").contains("Penicillin") {
        assert!(began.elapsed() < Duration::from_secs(5), "the running server does not show the import");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(ask("/v1/human/sources").contains("Riverbend Clinic"));
}

#[test]
fn what_of_a_document_was_not_read_is_told_entry_by_entry() {
    let folder = tempfile::tempdir().unwrap();
    let app = installed(folder.path());
    let entry = |act: &str| format!("<entry>{act}</entry>");
    let named = r#"<observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.38"/>
        <code code="229819007" codeSystem="2.16.840.1.113883.6.96" displayName="Tobacco use"/><statusCode code="completed"/>
        <value xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="ST">no</value></observation>"#;
    let document = format!(
        r#"<ClinicalDocument xmlns="urn:hl7-org:v3"><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
        <id root="1.2.3.4" extension="losses"/><code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
        <effectiveTime value="20260102"/><recordTarget><patientRole><id root="1.2.3.9" extension="7"/>
        <patient><name><given>Ada</given><family>Quark</family></name></patient></patientRole></recordTarget>
        <component><structuredBody><component><section><templateId root="2.16.840.1.113883.10.20.22.2.17"/>
        <code code="29762-2" codeSystem="2.16.840.1.113883.6.1"/><title>Social &#x9;History</title>
        {}{}</section></component></structuredBody></component></ClinicalDocument>"#,
        entry(named),
        entry("")
    );
    std::fs::write(folder.path().join("summary.xml"), document).unwrap();
    let told = import(folder.path(), &app, &["summary.xml", "--losses"]);
    let told = text(&told.stdout);
    for words in ["1 of 2 entries read; not read: empty 1", "Social History, entry 2: empty"] {
        assert!(told.contains(words), "{words} in {told}");
    }
    let again = parsed(&import(folder.path(), &app, &["summary.xml", "--losses", "--json"]));
    let entries = &again["documents"][0]["sections"][0]["entries"];
    assert_eq!(entries[1]["lost"], "empty", "{again}");
    assert!(entries[0]["mapped"][0].as_str().is_some_and(|key| key.starts_with("Observation/")), "{again}");
    assert_eq!(again["files"][0]["losses"]["lost"]["empty"], 1);
}
