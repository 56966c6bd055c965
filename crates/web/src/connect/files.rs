//! Files people have: chosen on a page of the widget, sent as a form, read like any other source.

use std::sync::LazyLock;
use std::time::Duration;

use askama::Template;
use axum::Json;
use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::imports::{File, ImportError, LIMITS};
use records::files::shown;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::failure::Failure;
use super::frame::Frame;
use super::policy::{private, see_other};
use super::visitor::Visitor;
use crate::i18n::Key;

/// The most that all uploads together hold in memory, in units of [`UNIT`].
const HELD: usize = 256;
const UNIT: usize = 1024 * 1024;
/// More files than anybody chooses by hand.
const MOST: usize = 200;

/// How long files may take to arrive and to be stored.
const PATIENCE: Duration = Duration::from_secs(300);

/// What is being received by everybody at this moment.
static ROOM: LazyLock<std::sync::Arc<Semaphore>> = LazyLock::new(|| std::sync::Arc::new(Semaphore::new(HELD)));

/// Form boundaries and headers beside the files.
pub const BODY_LIMIT: usize = LIMITS.packed as usize + UNIT;

#[derive(Template)]
#[template(path = "connect/files.html")]
struct Files {
    frame: Frame,
    action: String,
    megabytes: u64,
    trouble: Option<String>,
}

#[derive(Template)]
#[template(path = "connect/files_trouble.html")]
struct Trouble {
    title: String,
    text: String,
}

/// Why files were not taken.
#[derive(Debug)]
enum Refusal {
    /// What was sent is no form with files.
    Unreadable,
    /// Nothing was chosen.
    Nothing,
    TooLarge,
    /// Too many people send at once.
    Busy,
    Import(ImportError, Option<String>),
}

pub async fn files(visitor: Visitor) -> Response {
    page(&visitor, StatusCode::OK, None)
}

pub async fn add(
    mut visitor: Visitor,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let scripted = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("json"));
    let taken = match form {
        Ok(form) => match tokio::time::timeout(PATIENCE, take(&mut visitor, form)).await {
            Ok(taken) => taken,
            Err(_) => Err(Refusal::Unreadable),
        },
        Err(_) => Err(Refusal::Unreadable),
    };
    match taken {
        Ok(()) => {
            let next = visitor.to_step(&visitor.visit.session.step);
            Ok(match scripted {
                true => answer(StatusCode::OK, json!({ "next": next })),
                false => see_other(&next),
            })
        }
        // The visit itself cannot go on: its own page says so.
        Err(Refusal::Import(ImportError::Visit(error), _)) => Err(visitor.failure(error)),
        Err(refusal) => {
            if let Refusal::Import(error, _) = &refusal
                && error.code() == "failed"
            {
                tracing::error!(%error, "an import failed");
            }
            let (status, trouble) = (refusal.status(), told(&visitor, &refusal));
            Ok(match scripted {
                true => answer(status, json!({ "trouble": trouble })),
                false => page(&visitor, status, Some(trouble)),
            })
        }
    }
}

fn page(visitor: &Visitor, status: StatusCode, trouble: Option<String>) -> Response {
    let frame = visitor.frame(visitor.texts.t("files-title")).back(visitor.to("search"));
    let action = visitor.to("files");
    visitor.show_as(status, &Files { frame, action, megabytes: LIMITS.packed / UNIT as u64, trouble })
}

fn answer(status: StatusCode, body: serde_json::Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    private(&mut response);
    response
}

/// Receives the files, and imports them into the visit.
async fn take(visitor: &mut Visitor, mut form: Multipart) -> Result<(), Refusal> {
    let mut files = Vec::new();
    let mut held = Vec::new();
    let mut left = LIMITS.packed as usize;
    while let Some(field) = form.next_field().await.map_err(of_form)? {
        let Some(name) = field.file_name().map(str::to_owned) else { continue };
        let bytes = receive(field, &mut left, &mut held).await?;
        // A browser sends one nameless empty file where nothing was chosen.
        if !(name.is_empty() && bytes.is_empty()) {
            files.push(File { name, bytes });
        }
        if files.len() > MOST {
            return Err(Refusal::TooLarge);
        }
    }
    if files.is_empty() {
        return Err(Refusal::Nothing);
    }
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    match visitor.engine.import(&visitor.visit, files).await {
        Ok(imported) => {
            visitor.visit = imported.visit;
            Ok(())
        }
        Err(error) => {
            let name = error.file().and_then(|file| names.get(file).cloned());
            Err(Refusal::Import(error, name))
        }
    }
}

/// The bytes of one file, as far as there is room for them.
async fn receive(
    mut field: Field<'_>,
    left: &mut usize,
    held: &mut Vec<OwnedSemaphorePermit>,
) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut room = 0;
    while let Some(chunk) = field.chunk().await.map_err(of_form)? {
        *left = left.checked_sub(chunk.len()).ok_or(Refusal::TooLarge)?;
        while room < bytes.len() + chunk.len() {
            held.push(ROOM.clone().try_acquire_owned().map_err(|_| Refusal::Busy)?);
            room += UNIT;
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn of_form(error: axum::extract::multipart::MultipartError) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Unreadable,
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Unreadable | Refusal::Nothing => StatusCode::BAD_REQUEST,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Import(error, _) if error.code() == "failed" => StatusCode::INTERNAL_SERVER_ERROR,
            Refusal::Import(..) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// What a screen says, by the word of the failure.
    fn text(&self) -> Key {
        match self {
            Refusal::Unreadable => Key("files-interrupted"),
            Refusal::Nothing => Key("files-nothing"),
            Refusal::TooLarge => Key("files-too-large"),
            Refusal::Busy => Key("files-busy"),
            Refusal::Import(error, _) => text(error.code()),
        }
    }
}

fn text(code: &str) -> Key {
    match code {
        "no_files" => Key("files-nothing"),
        "too_large" => Key("files-too-large"),
        "failed" => Key("files-failed"),
        "other_person" => Key("files-other-person"),
        "web_page" => Key("files-web-page"),
        "empty" => Key("files-empty"),
        "broken" | "bad_line" | "bad_entry" | "encoding" => Key("files-broken"),
        "encrypted" | "packing" => Key("files-locked"),
        "entities" | "too_deep" => Key("files-unsafe"),
        "expands_too_far" | "too_many" => Key("files-expands"),
        "nobody" => Key("files-nobody"),
        _ => Key("files-not-health"),
    }
}

fn told(visitor: &Visitor, refusal: &Refusal) -> String {
    let texts = visitor.texts;
    let title = match refusal {
        Refusal::Import(_, Some(name)) if !name.is_empty() => texts.t1("files-refused-named", "file", shown(name)),
        _ => texts.t("files-refused"),
    };
    super::visitor::render(&Trouble { title, text: texts.t1(refusal.text().0, "size", LIMITS.packed / UNIT as u64) })
}
