//! While a source is read: the river, and what can be done meanwhile.

use askama::Template;
use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::{ConnectionId, Step, SyncReport, SyncState};
use engine::connect::ConnectError;
use serde_json::json;

use super::failure::Failure;
use super::frame::Frame;
use super::given::Connection;
use super::policy::private;
use super::river::{End, River};
use super::visitor::{Visitor, render};

/// The part that changes while the source is read.
#[derive(Template)]
#[template(path = "connect/reading.html")]
struct Reading<'a> {
    frame: &'a Frame,
    river: River,
    state: &'static str,
    note: String,
}

#[derive(Template)]
#[template(path = "connect/progress.html")]
struct Progress {
    frame: Frame,
    reading: String,
    done: bool,
    next: String,
}

pub async fn progress(mut visitor: Visitor, Connection(connection): Connection) -> Result<Response, Failure> {
    let (connection, report) = read(&visitor, &connection).await?;
    visitor.stand(Step::Progress { connection }).await?;
    let done = over(&report);
    let mut frame = visitor
        .frame(title(&visitor, connection, &report))
        .tell("progress", json!(visitor.to(&format!("progress/{connection}/progress.json"))));
    if done {
        frame = frame.tell("progress", json!(null));
    } else {
        frame = frame.refresh(3);
    }
    let reading = render(&reading(&visitor, &frame, connection, &report));
    Ok(visitor.show(&Progress { frame, reading, done, next: visitor.to("connected") }))
}

pub async fn poll(visitor: Visitor, Connection(connection): Connection) -> Result<Response, Failure> {
    let (connection, report) = read(&visitor, &connection).await?;
    let frame = visitor.frame(title(&visitor, connection, &report));
    let body = json!({
        "done": over(&report),
        "title": frame.title,
        "html": render(&reading(&visitor, &frame, connection, &report)),
    });
    let mut response = Json(body).into_response();
    private(&mut response);
    Ok(response)
}

async fn read(visitor: &Visitor, connection: &str) -> Result<(ConnectionId, SyncReport), Failure> {
    let id = connection.parse::<ConnectionId>().ok().filter(|id| visitor.visit.shows(*id));
    let id = id.ok_or_else(|| visitor.failure(ConnectError::UnknownConnection))?;
    let report = visitor.engine.progress(&visitor.visit, id).await.map_err(|error| visitor.failure(error))?;
    Ok((id, report))
}

/// Nothing more happens while one watches: what is asked for again is asked for later.
fn over(report: &SyncReport) -> bool {
    matches!(report.state, SyncState::Done | SyncState::Failed(_)) || report.again_at.is_some()
}

fn name(visitor: &Visitor, connection: ConnectionId) -> String {
    let linked = visitor.find_linked(connection);
    linked.map_or_else(|| visitor.texts.t("the-provider"), |linked| linked.connection.source_name.clone())
}

fn title(visitor: &Visitor, connection: ConnectionId, report: &SyncReport) -> String {
    let (texts, name) = (visitor.texts, name(visitor, connection));
    match report.state {
        _ if report.again_at.is_some() => texts.t1("progress-title-done", "provider", &name),
        SyncState::Done => texts.t1("progress-title-done", "provider", &name),
        SyncState::Failed(_) => texts.t1("progress-title-failed", "provider", &name),
        SyncState::Waiting | SyncState::Reading => texts.t1("progress-title", "provider", &name),
    }
}

fn reading<'a>(visitor: &Visitor, frame: &'a Frame, connection: ConnectionId, report: &SyncReport) -> Reading<'a> {
    let (texts, name) = (visitor.texts, name(visitor, connection));
    let river = River::of(report);
    let count = |end: End| river.rows.iter().filter(|row| row.end == end).count() as u64;
    let (refused, failed) = (count(End::Refused), count(End::Failed));
    let (state, note) = match report.state {
        _ if report.again_at.is_some() => ("done", texts.t1("progress-again", "provider", &name)),
        SyncState::Done if failed > 0 => ("done", texts.t2("progress-unanswered", "count", failed, "provider", &name)),
        SyncState::Waiting => ("waiting", texts.t1("progress-waiting", "provider", &name)),
        SyncState::Reading => ("reading", texts.t("progress-leave")),
        SyncState::Failed(_) => ("failed", texts.t1("progress-failed", "provider", &name)),
        SyncState::Done if refused > 0 => ("done", texts.t2("progress-refused", "count", refused, "provider", &name)),
        SyncState::Done => ("done", texts.t1("progress-done", "count", river.total)),
    };
    Reading { frame, river, state, note }
}
