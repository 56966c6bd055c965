//! Documents behind `DocumentReference`, `DiagnosticReport` and `Media`: those whose text becomes records, and then
//! PDFs and pictures, which are only kept.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connectors::http::Answer;
use connectors::smart::attachments::{Attachment, AttachmentError, Fetch, Place, Received, attachments};
use connectors::smart::pull::PullError;
use domain::Outcome;
use futures_util::{TryStreamExt, stream};
use serde_json::{Value, json};
use store::Batch;

use super::read::PATIENCE;
use super::stored::resource;
use super::{Pull, Stop};

/// Documents in flight at once; each may be large.
const AT_ONCE: usize = 2;
const TRIES: u32 = 3;
/// How often one document is waited for before the rest of them waits for another run.
const WAITS: u32 = 8;
/// Documents lost to outages after which the rest of them waits.
const BROKEN: u32 = 5;
const STREAM: &str = "documents-content";
/// Bytes of stored documents of one connection beyond which no PDF or picture is fetched.
const ROOM: u64 = 256 * 1024 * 1024;
/// What documents that were left out for their size are counted as in the report.
const TOO_LARGE: &str = "attachment_too_large";
const NO_ROOM: &str = "attachments_over_limit";

/// A document to fetch, with the id it is stored under.
struct Wanted {
    attachment: Attachment,
    url: String,
    id: String,
}

/// What the fetches of one run share.
#[derive(Default)]
struct Tally {
    /// Documents lost to outages.
    broken: AtomicU32,
    /// Bytes of all documents stored of the connection.
    stored: AtomicU64,
}

/// How a document was not to be had.
enum Missed {
    Error(AttachmentError),
    /// The provider asks to come back later.
    Later(Duration),
}

impl Pull {
    pub(super) async fn read_attachments(&self) -> Result<(), Stop> {
        let contents = self.contents().await?;
        let stored = contents.iter().filter(|one| one.kind == "Binary").map(|one| one.size).sum();
        let have: HashSet<String> = contents.into_iter().map(|one| one.resource_key).collect();
        let named = self.fold(
            |kind| matches!(kind, "DocumentReference" | "DiagnosticReport" | "Media"),
            Vec::new(),
            |all, kind, bytes| {
                let found = resource(kind, bytes).map(|resource| attachments(&resource)).unwrap_or_default();
                let wanted = |one: &Attachment| one.form.is_readable() || one.form.is_file();
                all.extend(found.into_iter().filter(|one| wanted(one) && matches!(one.place, Place::Url(_))));
            },
        );
        let mut known: HashSet<String> = HashSet::new();
        let wanted = named.await?.into_iter().filter_map(|attachment| self.wanted(attachment));
        let mut wanted: Vec<Wanted> = wanted
            .filter(|one| known.insert(one.id.clone()) && !have.contains(&self.engine.resource_key("Binary", &one.id)))
            .collect();
        // What becomes records comes first.
        wanted.sort_by_key(|one| one.attachment.form.is_file());
        if wanted.is_empty() || self.with_state(|state| state.is_out(STREAM)) {
            return Ok(());
        }
        self.with_state(|state| {
            let entry = state.stream(STREAM, "Binary");
            // Those of an earlier run are asked for again.
            (entry.outcome, entry.dropped) = (Outcome::Reading, 0);
            state.report.warnings.retain(|(code, _)| code != TOO_LARGE && code != NO_ROOM);
        });
        let tally = Tally { stored: AtomicU64::new(stored), ..Tally::default() };
        stream::iter(wanted.iter().map(Ok)).try_for_each_concurrent(AT_ONCE, |one| self.fetch(one, &tally)).await?;
        self.commit(Batch::new(), |state| {
            let put_off = state.put_off.contains(STREAM);
            let entry = state.stream(STREAM, "Binary");
            if entry.outcome == Outcome::Reading && !put_off {
                entry.outcome = Outcome::Done;
            }
        })
        .await
    }

    fn wanted(&self, attachment: Attachment) -> Option<Wanted> {
        let Place::Url(url) = &attachment.place else { return None };
        let (url, id) = (url.clone(), self.engine.binary_id(&attachment, &self.membership.base)?);
        Some(Wanted { attachment, url, id })
    }

    async fn fetch(&self, wanted: &Wanted, tally: &Tally) -> Result<(), Stop> {
        let Tally { broken, stored } = tally;
        if wanted.attachment.form.is_file() && !has_room(stored.load(Ordering::Relaxed), wanted.attachment.size) {
            self.with_state(|state| {
                state.stream(STREAM, "Binary").dropped += 1;
                state.count(NO_ROOM);
            });
            return Ok(());
        }
        let mut tries = 0;
        let failed = loop {
            // A provider in trouble is not asked for each of a thousand documents.
            if broken.load(Ordering::Relaxed) >= BROKEN || self.with_state(|state| state.put_off.contains(STREAM)) {
                return Ok(());
            }
            match self.fetch_once(wanted, tries).await? {
                Ok(body) => {
                    stored.fetch_add(body.len() as u64, Ordering::Relaxed);
                    let mut batch = Batch::new();
                    self.put_bytes(&mut batch, "Binary", &wanted.id, &body);
                    return self.commit(batch, |state| state.stream(STREAM, "Binary").received += 1).await;
                }
                Err(Missed::Later(after)) => {
                    let Some(pause) = pause(after, tries) else {
                        self.with_state(|state| state.put_off(STREAM, "Binary", PullError::Throttled.code(), after));
                        return Ok(());
                    };
                    tokio::time::sleep(pause).await;
                    tries += 1;
                }
                Err(Missed::Error(error)) => break error,
            }
        };
        self.with_state(|state| {
            state.stream(STREAM, "Binary").dropped += 1;
            match failed {
                AttachmentError::Status(429 | 500..) => {
                    broken.fetch_add(1, Ordering::Relaxed);
                    state.out(STREAM, "Binary", failed.code(), None);
                }
                AttachmentError::Status(_) | AttachmentError::Expired => {
                    state.stream(STREAM, "Binary").outcome = Outcome::Failed { code: failed.code().to_owned() };
                }
                AttachmentError::TooLarge => state.count(TOO_LARGE),
                // A document that is closed or gone is only counted.
                _ => {}
            }
        });
        Ok(())
    }

    async fn fetch_once(&self, wanted: &Wanted, tries: u32) -> Result<Result<Vec<u8>, Missed>, Stop> {
        let answer = match wanted.attachment.fetch(&self.target()) {
            Err(error) => return Ok(Err(Missed::Error(error))),
            Ok(Fetch::Inline(_)) => return Ok(Err(Missed::Error(AttachmentError::BadAddress))),
            Ok(Fetch::WithToken(request)) => self.send(&request).await?,
            Ok(Fetch::WithoutToken(request)) => self.engine.send_abroad(&request).await,
        };
        let Ok(answer) = answer else { return Ok(Err(missed(AttachmentError::Status(504), None, tries))) };
        let wait = answer.retry_after(self.engine.now());
        Ok(wanted
            .attachment
            .read(&answer)
            .map(|received| kept(wanted, &answer, &received))
            .map_err(|error| missed(error, wait, tries)))
    }
}

/// Whether one more file of this size may be fetched; one that does not tell its size is small.
fn has_room(stored: u64, size: Option<u64>) -> bool {
    // As base64 it takes a third more.
    let takes = size.unwrap_or_default().saturating_mul(4) / 3;
    stored.saturating_add(takes) <= ROOM
}

/// A limit is waited out; an outage is tried through a few times.
fn missed(error: AttachmentError, wait: Option<Duration>, tries: u32) -> Missed {
    match error {
        AttachmentError::Status(429 | 503) => Missed::Later(wait.unwrap_or(Duration::from_secs(1 << tries.min(8)))),
        AttachmentError::Status(500..) if tries < TRIES => Missed::Later(Duration::from_secs(1 << tries.min(1))),
        error => Missed::Error(error),
    }
}

/// How long a document is waited for, whatever the provider names; `None` when another run shall ask again.
fn pause(after: Duration, tries: u32) -> Option<Duration> {
    (after <= PATIENCE && tries < WAITS).then_some(after.max(Duration::from_secs(1)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_not_waited_out_forever() {
        let second = Duration::from_secs(1);
        for (after, tries, expected) in [
            (Duration::ZERO, 0, Some(second)),
            (second * 2, WAITS - 1, Some(second * 2)),
            (Duration::ZERO, WAITS, None),
            (PATIENCE, 0, Some(PATIENCE)),
            (PATIENCE + second, 0, None),
        ] {
            assert_eq!(pause(after, tries), expected, "{after:?} {tries}");
        }
    }

    #[test]
    fn files_are_fetched_until_there_is_no_room() {
        const MIB: u64 = 1024 * 1024;
        for (stored, size, expected) in [
            (0, None, true),
            (0, Some(20 * MIB), true),
            (ROOM, None, true),
            (ROOM + 1, None, false),
            (ROOM - 20 * MIB, Some(15 * MIB), true),
            (ROOM - 20 * MIB, Some(15 * MIB + 3), false),
            (u64::MAX, Some(u64::MAX), false),
        ] {
            assert_eq!(has_room(stored, size), expected, "{stored} {size:?}");
        }
    }
}
