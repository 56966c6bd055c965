//! Documents behind `DocumentReference` and `DiagnosticReport`: those whose text becomes records.

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connectors::http::Answer;
use connectors::smart::attachments::{Attachment, AttachmentError, Fetch, Place, Received, attachments};
use domain::Outcome;
use futures_util::{TryStreamExt, stream};
use serde_json::{Value, json};
use store::Batch;

use super::{Run, Stop};

/// Documents in flight at once; each may be large.
const AT_ONCE: usize = 2;
const TRIES: u32 = 3;
const STREAM: &str = "documents-content";

/// A document to fetch, with the id it is stored under.
struct Wanted {
    attachment: Attachment,
    url: String,
    id: String,
}

impl Run {
    pub(super) async fn read_attachments(&self) -> Result<(), Stop> {
        let mut have: HashSet<String> = HashSet::new();
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        self.each_page(|run, rows| {
            have.extend(rows.iter().filter(|row| row.kind == "Binary").map(|row| row.resource_key.clone()));
            for row in rows.iter().filter(|row| matches!(row.kind.as_str(), "DocumentReference" | "DiagnosticReport")) {
                let Some(resource) = run.open_resource(row)? else { continue };
                for attachment in attachments(&resource) {
                    let fitting = run.wanted(attachment).filter(|one| known.insert(one.id.clone()));
                    wanted.extend(fitting);
                }
            }
            Ok(())
        })
        .await?;
        wanted.retain(|one| !have.contains(&self.engine.resource_key("Binary", &one.id)));
        if wanted.is_empty() {
            return Ok(());
        }
        self.with_state(|state| state.stream(STREAM, "Binary").outcome = Outcome::Reading);
        stream::iter(wanted.iter().map(Ok)).try_for_each_concurrent(AT_ONCE, |one| self.fetch(one)).await?;
        self.commit(Batch::new(), |state| {
            let entry = state.stream(STREAM, "Binary");
            if entry.outcome == Outcome::Reading {
                entry.outcome = Outcome::Done;
            }
        })
        .await
    }

    fn wanted(&self, attachment: Attachment) -> Option<Wanted> {
        let Place::Url(url) = &attachment.place else { return None };
        if !attachment.form.is_readable() {
            return None;
        }
        let (url, id) = (url.clone(), self.engine.binary_id(&attachment, &self.membership.base)?);
        Some(Wanted { attachment, url, id })
    }

    async fn fetch(&self, wanted: &Wanted) -> Result<(), Stop> {
        let mut tries = 0;
        let failed = loop {
            match self.fetch_once(wanted).await? {
                Ok(body) => {
                    let mut batch = Batch::new();
                    self.put_bytes(&mut batch, "Binary", &wanted.id, &body);
                    return self.commit(batch, |state| state.stream(STREAM, "Binary").received += 1).await;
                }
                Err(AttachmentError::Status(429 | 500..)) if tries < TRIES => {
                    tokio::time::sleep(Duration::from_secs(1 << tries)).await;
                    tries += 1;
                }
                Err(error) => break error,
            }
        };
        self.with_state(|state| {
            let entry = state.stream(STREAM, "Binary");
            entry.dropped += 1;
            // A document that is closed or gone is counted; an outage is named.
            if matches!(failed, AttachmentError::Status(_) | AttachmentError::Expired) {
                entry.outcome = Outcome::Failed { code: failed.code().to_owned() };
            }
        });
        Ok(())
    }

    async fn fetch_once(&self, wanted: &Wanted) -> Result<Result<Vec<u8>, AttachmentError>, Stop> {
        let answer = match wanted.attachment.fetch(&self.target()) {
            Err(error) => return Ok(Err(error)),
            Ok(Fetch::Inline(_)) => return Ok(Err(AttachmentError::BadAddress)),
            Ok(Fetch::WithToken(request)) => self.send(&request).await?,
            Ok(Fetch::WithoutToken(request)) => self.engine.inner.http.send(&request).await,
        };
        let Ok(answer) = answer else { return Ok(Err(AttachmentError::Status(504))) };
        Ok(wanted.attachment.read(&answer).map(|received| kept(wanted, &answer, &received)))
    }
}

/// What is stored: the `Binary` exactly as it came, or one made around the bytes.
fn kept(wanted: &Wanted, answer: &Answer, received: &Received) -> Vec<u8> {
    let sent: Option<Value> = serde_json::from_slice(answer.text_bytes()).ok();
    if sent.is_some_and(|sent| sent["resourceType"] == "Binary" && sent["id"] == wanted.id.as_str()) {
        return answer.text_bytes().to_vec();
    }
    let made = json!({
        "resourceType": "Binary",
        "id": wanted.id,
        "contentType": received.content_type,
        "data": STANDARD.encode(&received.bytes),
    });
    match wanted.url.contains("Binary/") {
        true => made,
        // Whoever refers to it does so by its address.
        false => json!({ "resourceType": "Bundle", "type": "collection", "entry": [{ "fullUrl": wanted.url, "resource": made }] }),
    }
    .to_string()
    .into_bytes()
}
