//! What the widget tells the page around it, in the contract's words.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::connect::Announced;
use domain::{ConnectSession, ConnectionId};
use serde_json::{Value, json};
use url::Url;

use super::{Closing, Ending, Linked, Message, Visit};

/// A redirect longer than this loses its payload: browsers and webviews cut off long addresses.
const LONGEST: usize = 2000;
const CLOSE: &str = "hapi-connect-close";

/// Everything a message says beside its type and status.
pub(super) struct Tally<'a> {
    pub session: &'a ConnectSession,
    /// All connections of the person, disconnected ones too.
    pub linked: &'a [&'a Linked],
}

impl Tally<'_> {
    fn source(&self, id: ConnectionId) -> Option<Value> {
        self.linked.iter().find(|linked| linked.connection.id == id).map(|linked| source(linked))
    }

    fn body(&self, kind: &str, status: &str) -> Value {
        let listed = |ids: &[ConnectionId]| ids.iter().filter_map(|id| self.source(*id)).collect::<Vec<Value>>();
        let current = self.linked.iter().filter(|linked| linked.connection.status.connected());
        let current: Vec<Value> = current.map(|linked| source(linked)).collect();
        body(kind, status, listed(&self.session.connected), listed(&self.session.disconnected), current)
    }
}

fn source(linked: &Linked) -> Value {
    let connection = &linked.connection;
    json!({
        "id": connection.source.to_hex(),
        "name": connection.source_name,
        "type": "medical",
        "accountId": connection.id.to_hex(),
        "connectedSince": connection.connected_since.to_iso(),
    })
}

/// The newer names of the arrays, and those of the 1.x client beside them.
fn body(kind: &str, status: &str, connected: Vec<Value>, disconnected: Vec<Value>, current: Vec<Value>) -> Value {
    json!({
        "type": kind,
        "status": status,
        "sessionResults": {
            "connectedSources": connected,
            "disconnectedSources": disconnected,
            "requestedSources": [],
            "connected": connected,
            "disconnected": disconnected,
        },
        "currentConnections": current,
        "connections": current,
        "requestedProviders": [],
    })
}

pub(super) fn pending(tally: &Tally<'_>) -> Vec<Message> {
    let session = tally.session;
    let connected = session.connected.iter().map(|id| (Announced::Connected(*id), "connect", "CONNECTED_SOURCE"));
    let gone =
        session.disconnected.iter().map(|id| (Announced::Disconnected(*id), "disconnect", "DISCONNECTED_SOURCE"));
    connected
        .chain(gone)
        .filter(|(announced, ..)| !session.announced.contains(announced))
        .map(|(announced, verb, status)| Message {
            announced,
            body: tally.body(&format!("hapi-connect-{verb}-source"), status),
        })
        .collect()
}

pub(super) fn ending(tally: &Tally<'_>, closing: Closing) -> Ending {
    let message = explained(tally.body(CLOSE, closing.status().as_str()), closing);
    let launch = &tally.session.launch;
    let redirect = launch.callback.as_deref().and_then(|callback| redirect(callback, closing, &message));
    let before = pending(tally).into_iter().map(|message| message.body).collect();
    Ending { message, before, opened_by: launch.callback_origin.clone(), redirect }
}

/// Where nobody could be identified.
pub(super) fn empty(closing: Closing, callback: Option<&str>) -> Ending {
    let message = explained(body(CLOSE, closing.status().as_str(), vec![], vec![], vec![]), closing);
    let redirect = callback.and_then(|callback| redirect(callback, closing, &message));
    Ending { message, before: Vec::new(), opened_by: None, redirect }
}

/// Abnormal ends say what happened, for people who read logs.
fn explained(mut message: Value, closing: Closing) -> Value {
    if let Some(text) = closing.explanation() {
        message["code"] = closing.as_str().into();
        message["error"] = text.into();
    }
    message
}

fn redirect(callback: &str, closing: Closing, message: &Value) -> Option<Url> {
    let mut url = Url::parse(callback).ok()?;
    match closing.explanation() {
        None => {
            url.query_pairs_mut().append_pair("status", closing.as_str());
        }
        Some(text) => {
            let pairs = [("status", "error"), ("error", closing.as_str()), ("message", text)];
            url.query_pairs_mut().extend_pairs(pairs);
        }
    }
    let mut full = url.clone();
    full.query_pairs_mut().append_pair("payload", &URL_SAFE_NO_PAD.encode(message.to_string()));
    Some(if full.as_str().len() > LONGEST { url } else { full })
}

impl Visit {
    fn tally<T>(&self, read: impl FnOnce(&Tally<'_>) -> T) -> T {
        let linked: Vec<&Linked> = self.connections.iter().chain(&self.departed).collect();
        read(&Tally { session: &self.session, linked: &linked })
    }

    pub(super) fn pending(&self) -> Vec<Message> {
        self.tally(pending)
    }

    pub(super) fn ending(&self, closing: Closing) -> Ending {
        self.tally(|tally| ending(tally, closing))
    }
}

#[cfg(test)]
mod tests {
    use domain::{Connection, Launch, RowId, SourceId, Status, Step, SyncReport, Timestamp, TokenKind};

    use super::*;

    fn session(callback: Option<&str>) -> ConnectSession {
        ConnectSession {
            id: RowId([1; 16]),
            token_kind: TokenKind::Session,
            valid_until: Timestamp(1),
            launch: Launch { callback: callback.map(str::to_owned), ..Launch::default() },
            step: Step::Connected,
            search: String::new(),
            connected: vec![ConnectionId([7; 12])],
            disconnected: vec![ConnectionId([8; 12])],
            announced: vec![Announced::Disconnected(ConnectionId([8; 12]))],
            ended: None,
            opened_at: Timestamp(0),
            updated_at: Timestamp(0),
        }
    }

    fn linked(id: u8, name: &str, status: Status) -> Linked {
        Linked {
            connection: Connection {
                id: ConnectionId([id; 12]),
                source: SourceId([id + 1; 12]),
                source_name: name.to_owned(),
                patient: "p".to_owned(),
                status,
                connected_since: Timestamp(0),
            },
            report: SyncReport::default(),
            last_synced_at: None,
        }
    }

    fn with<T>(callback: Option<&str>, read: impl FnOnce(&Tally<'_>) -> T) -> T {
        let session = session(callback);
        let rows = [
            linked(7, "Riverbend Clinic", Status::Active),
            linked(8, "Lakeside Medical Center", Status::Disconnected { at: Timestamp(5) }),
        ];
        read(&Tally { session: &session, linked: &rows.iter().collect::<Vec<_>>() })
    }

    #[test]
    fn only_what_was_not_said_is_said() {
        let messages = with(None, pending);
        assert_eq!(messages.len(), 1);
        let body = &messages[0].body;
        assert_eq!(
            (&body["type"], &body["status"]),
            (&json!("hapi-connect-connect-source"), &json!("CONNECTED_SOURCE"))
        );
        let riverbend = json!({
            "id": "08".repeat(12), "name": "Riverbend Clinic", "type": "medical", "accountId": "07".repeat(12),
            "connectedSince": "1970-01-01T00:00:00.000Z",
        });
        assert_eq!(body["sessionResults"]["connectedSources"], json!([riverbend]));
        assert_eq!(body["sessionResults"]["connected"], json!([riverbend]));
        assert_eq!(body["sessionResults"]["disconnectedSources"][0]["name"], "Lakeside Medical Center");
        assert_eq!(body["currentConnections"], json!([riverbend]));
        assert_eq!(body["connections"], json!([riverbend]));
    }

    #[test]
    fn the_hosted_page_goes_back_with_its_result() {
        let ended = with(Some("myapp://done?x=1"), |tally| ending(tally, Closing::Success));
        let url = ended.redirect.expect("a callback was given");
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        assert_eq!(query[..2], [("x".to_owned(), "1".to_owned()), ("status".to_owned(), "SUCCESS".to_owned())]);
        let payload = URL_SAFE_NO_PAD.decode(&query[2].1).expect("base64url");
        assert_eq!(serde_json::from_slice::<Value>(&payload).expect("JSON"), ended.message);

        let long = format!("https://app.example/done?x={}", "y".repeat(1500));
        let url = with(Some(&long), |tally| ending(tally, Closing::Success)).redirect.expect("a callback was given");
        assert!(url.as_str().ends_with("&status=SUCCESS"));

        let url = with(Some("https://app.example/done"), |tally| ending(tally, Closing::SessionTokenExpired)).redirect;
        let start = "https://app.example/done?status=error&error=SESSION_TOKEN_EXPIRED&message=The+token+has+expired.";
        assert!(url.expect("a callback was given").as_str().starts_with(start));
        assert!(with(None, |tally| ending(tally, Closing::Success)).redirect.is_none());
    }

    #[test]
    fn nobody_has_empty_arrays() {
        let message = empty(Closing::MissingSessionToken, None).message;
        assert_eq!(message["status"], "MISSING_SESSION_TOKEN");
        for list in ["currentConnections", "connections", "requestedProviders"] {
            assert_eq!(message[list], json!([]), "{list}");
        }
        assert_eq!(message["sessionResults"]["requestedSources"], json!([]));
    }
}
