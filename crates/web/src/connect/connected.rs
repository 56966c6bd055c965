//! A person's connected providers: how fresh, and how to stop.

use askama::Template;
use axum::response::Response;
use domain::{ConnectionId, Status, Step, SyncState, Timestamp};
use engine::connect::{ConnectError, Linked};

use super::cards::Badge;
use super::failure::Failure;
use super::frame::Frame;
use super::given::Connection;
use super::policy::see_other;
use super::visitor::Visitor;
use crate::i18n::Texts;

struct Row {
    source: String,
    name: String,
    badge: Badge,
    freshness: String,
    class: &'static str,
    needs_login: bool,
    disconnect: String,
}

#[derive(Template)]
#[template(path = "connect/connected.html")]
struct Connected {
    frame: Frame,
    rows: Vec<Row>,
    choose: String,
    add: String,
    finish: String,
}

#[derive(Template)]
#[template(path = "connect/disconnect.html")]
struct Disconnect {
    frame: Frame,
    name: String,
    action: String,
    keep: String,
}

pub async fn connected(mut visitor: Visitor) -> Result<Response, Failure> {
    visitor.go(Step::Connected, None).await?;
    // The visit was moved here just now, so its own time is the present.
    let now = visitor.visit.session.updated_at;
    let linked = visitor.visit.connections.iter().filter(|linked| linked.connection.status.connected());
    let rows: Vec<Row> = linked.map(|linked| row(&visitor, linked, now)).collect();
    let texts = visitor.texts;
    let frame =
        visitor.frame(if rows.is_empty() { texts.t("connected-title-none") } else { texts.t("connected-title") });
    Ok(visitor.show(&Connected {
        frame,
        rows,
        choose: visitor.to("choose"),
        add: visitor.to("search?q="),
        finish: visitor.to("finish"),
    }))
}

fn row(visitor: &Visitor, linked: &Linked, now: Timestamp) -> Row {
    let connection = &linked.connection;
    let needs_login = matches!(connection.status, Status::NeedsLogin { .. });
    let failed = matches!(linked.report.state, SyncState::Failed(_));
    Row {
        source: connection.source.to_string(),
        name: connection.source_name.clone(),
        badge: Badge::of(&connection.source_name),
        freshness: freshness(visitor.texts, linked, now),
        class: if needs_login || failed { "warn" } else { "good" },
        needs_login,
        disconnect: visitor.to(&format!("disconnect/{}", connection.id)),
    }
}

/// How new the records are, in plain words.
fn freshness(texts: &Texts, linked: &Linked, now: Timestamp) -> String {
    if matches!(linked.connection.status, Status::NeedsLogin { .. }) {
        return texts.t("fresh-needs-login");
    }
    match (&linked.report.state, linked.last_synced_at) {
        (SyncState::Failed(_), _) => texts.t("fresh-failed"),
        (_, None) => texts.t("fresh-reading"),
        (_, Some(at)) => {
            let minutes = now.since(at).as_secs() / 60;
            match minutes {
                0 => texts.t("fresh-now"),
                1..60 => texts.t1("fresh-minutes", "count", minutes),
                60..1440 => texts.t1("fresh-hours", "count", minutes / 60),
                _ => texts.t1("fresh-days", "count", minutes / 1440),
            }
        }
    }
}

fn find<'a>(visitor: &'a Visitor, id: &str) -> Result<&'a Linked, Failure> {
    let found = id.parse::<ConnectionId>().ok().and_then(|id| visitor.find_linked(id));
    found
        .filter(|linked| linked.connection.status.connected())
        .ok_or_else(|| visitor.failure(ConnectError::UnknownConnection))
}

pub async fn confirm(visitor: Visitor, Connection(connection): Connection) -> Result<Response, Failure> {
    let linked = find(&visitor, &connection)?;
    let name = linked.connection.source_name.clone();
    let keep = visitor.to("connected");
    let frame = visitor.frame(visitor.texts.t1("disconnect-title", "provider", &name)).back(keep.clone());
    let action = visitor.to(&format!("disconnect/{connection}"));
    Ok(visitor.show(&Disconnect { frame, name, action, keep }))
}

pub async fn disconnect(visitor: Visitor, Connection(connection): Connection) -> Result<Response, Failure> {
    let id = find(&visitor, &connection)?.connection.id;
    visitor.engine.disconnect(&visitor.visit, id).await.map_err(|error| visitor.failure(error))?;
    Ok(see_other(&visitor.to("connected")))
}
