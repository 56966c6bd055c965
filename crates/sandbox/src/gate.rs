//! Stands before every route: counts the request and gets wrong what was ordered.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::faults::{Fault, Faults, RetryAfter};
use crate::fhir::outcome;
use crate::tamper;
use crate::world::World;

const BUNDLE_CHUNKS: usize = 800;
const CHUNK_BYTES: usize = 64 * 1024;

pub async fn pass(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let Some((faults, key)) = due(&world, request.uri().path()) else { return next.run(request).await };
    let mut alterations = Vec::new();
    for fault in faults {
        match fault {
            Fault::Slow(pause) => tokio::time::sleep(pause).await,
            Fault::Status { code, retry_after } => return refuse(code, &retry_after, &key, world.now()),
            Fault::Html => return html(),
            Fault::Huge => return huge(),
            Fault::Alter(name) => alterations.push(name),
            Fault::Habit(_) => {}
        }
    }
    let own_url = request.uri().to_string();
    let answer = next.run(request).await;
    if alterations.is_empty() { answer } else { altered(answer, &alterations, &own_url).await }
}

/// The faults due for a path, and what the path is called in orders.
fn due(world: &World, path: &str) -> Option<(Vec<Fault>, String)> {
    let path = path.trim_start_matches('/');
    if path == "brands.json" {
        return Some((world.directory.lock().expect("no holder panics").meet(path), path.to_owned()));
    }
    let (slug, rest) = path.split_once('/')?;
    let site = world.sites.get(slug)?;
    let key = rest.strip_prefix(site.hospital.speaks.path()).unwrap_or(rest).trim_matches('/');
    if matches!(key, "faults" | "stats") {
        return None;
    }
    let mut faults: std::sync::MutexGuard<'_, Faults> = site.faults();
    Some((faults.meet(key), key.to_owned()))
}

fn refuse(code: u16, retry_after: &RetryAfter, path: &str, now: i64) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = outcome::Refusal::new(
        status,
        outcome::code_of(status),
        format!("{path} refuses with {code} because a fault was ordered"),
    )
    .into_response();
    let value = match retry_after {
        RetryAfter::Absent => None,
        RetryAfter::Seconds(seconds) => Some(seconds.to_string()),
        RetryAfter::Date(seconds) => jiff::Timestamp::from_second(now + *seconds as i64)
            .ok()
            .map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()),
    };
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
        answer.headers_mut().insert(header::RETRY_AFTER, value);
    }
    answer
}

fn html() -> Response {
    axum::response::Html("<!doctype html><title>Request blocked</title><h1>Request blocked</h1><p>Our firewall did not like this request.</p>").into_response()
}

/// A bundle of about 50 MB, sent in pieces and never held whole.
fn huge() -> Response {
    let filler = "x".repeat(CHUNK_BYTES);
    let chunks = (0..BUNDLE_CHUNKS).map(move |index| {
        let lead = if index == 0 { r#"{"resourceType":"Bundle","type":"searchset","entry":["# } else { "," };
        let tail = if index + 1 == BUNDLE_CHUNKS { "]}" } else { "" };
        Ok::<_, std::io::Error>(Bytes::from(format!(
            r#"{lead}{{"resource":{{"resourceType":"Observation","id":"huge-{index}","status":"final","note":[{{"text":"{filler}"}}]}},"search":{{"mode":"match"}}}}{tail}"#
        )))
    });
    ([(header::CONTENT_TYPE, outcome::FHIR_JSON)], Body::from_stream(futures_util::stream::iter(chunks)))
        .into_response()
}

async fn altered(answer: Response, alterations: &[&str], own_url: &str) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let bytes = alterations.iter().fold(bytes.to_vec(), |bytes, name| tamper::alter(name, bytes, own_url));
    Response::from_parts(parts, Body::from(bytes))
}
