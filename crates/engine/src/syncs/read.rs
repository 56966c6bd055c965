//! The streams of a plan: one page, one commit.

use std::time::Duration;

use connectors::http::{Answer, Request};
use connectors::smart::bundle::RawResource;
use connectors::smart::cursor::Cursor;
use connectors::smart::outcome::{Issue, Severity};
use connectors::smart::pull::{Next, Page, PullError, Step, next, request};
use connectors::smart::streams::Stream;
use domain::Outcome;
use futures_util::{TryStreamExt, stream};
use store::Batch;
use store::resources::NewResource;

use super::{Pull, ROWS, STREAMS_AT_ONCE, State, Stop};
use crate::http::SendError;
use crate::jobs::JobError;
use crate::keys::random;
use crate::records::raw::{resource_aad, resource_row};

/// Waits longer than this are left to the job queue, so that what is there can be shown.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// Waits longer than this are an outage: nobody should look at a screen that long.
const PRESENCE: Duration = Duration::from_secs(10 * 60);
/// Different warnings that are counted.
const WARNINGS: usize = 50;

/// How a stream ended in this run.
enum Ended {
    Settled(Outcome),
    /// Settled together with its last page.
    Stored,
    /// The provider asks to come back later.
    Postponed(Duration),
    /// Nothing to be had now, and not before the given time.
    Out(PullError, Option<Duration>),
}

impl Pull {
    pub(super) async fn read_streams(&self, streams: Vec<Stream>) -> Result<(), Stop> {
        let todo: Vec<Stream> = self.with_state(|state| {
            streams.into_iter().filter(|stream| state.stream(&stream.id, &stream.resource).outcome.is_open()).collect()
        });
        stream::iter(todo.iter().map(Ok))
            .try_for_each_concurrent(STREAMS_AT_ONCE, |stream| self.read_stream(stream))
            .await
    }

    async fn read_stream(&self, stream: &Stream) -> Result<(), Stop> {
        let cursor = self.with_state(|state| {
            state.stream(&stream.id, &stream.resource).outcome = Outcome::Reading;
            state.position.cursors.get(&stream.id).cloned().unwrap_or_default()
        });
        self.still_wanted().await?;
        match self.follow(stream, cursor, &stream.id, true).await? {
            Ended::Stored => Ok(()),
            Ended::Settled(outcome) => {
                self.commit(Batch::new(), |state| {
                    state.position.cursors.remove(&stream.id);
                    state.stream(&stream.id, &stream.resource).outcome = outcome;
                })
                .await
            }
            Ended::Out(error, wait) => {
                self.commit(Batch::new(), |state| {
                    state.position.cursors.remove(&stream.id);
                    state.out(&stream.id, &stream.resource, error.code(), wait);
                })
                .await
            }
            Ended::Postponed(after) => {
                self.with_state(|state| state.postponed = state.postponed.max(Some(after)));
                Ok(())
            }
        }
    }

    /// A stream that is not in the plan, e.g. of references: begun anew by every run, in a few runs
    /// at most, and counted under `report`.
    pub(super) async fn read_beside(&self, stream: &Stream, report: &str) -> Result<(), Stop> {
        if self.with_state(|state| state.is_out(report)) {
            return Ok(());
        }
        let ended = self.follow(stream, Cursor::default(), report, false).await?;
        self.with_state(|state| match ended {
            Ended::Stored => {}
            Ended::Postponed(after) => state.put_off(report, &stream.resource, PullError::Throttled.code(), after),
            Ended::Out(error, wait) => state.out(report, &stream.resource, error.code(), wait),
            Ended::Settled(outcome) => {
                let entry = state.stream(report, &stream.resource);
                // Of several batches, the one that went wrong is named.
                if outcome != Outcome::Done || entry.outcome.is_open() {
                    entry.outcome = outcome;
                }
            }
        });
        Ok(())
    }

    /// Asks, stores, and goes on, until the stream has an end.
    async fn follow(&self, stream: &Stream, mut cursor: Cursor, report: &str, kept: bool) -> Result<Ended, Stop> {
        loop {
            let Some(asked) = request(stream, &self.target(), &cursor) else {
                return Ok(failed("cursor_invalid"));
            };
            let answer = match self.send(&asked).await? {
                Ok(answer) => answer,
                Err(SendError::Insecure) => return Ok(failed(SendError::Insecure.code())),
                Err(_) => silence(&asked),
            };
            match next(stream, &self.target(), &cursor, &answer, self.engine.now()) {
                Step::Page(page) => {
                    if !page.is_whole(self.membership.platform, &answer) {
                        self.with_state(|state| state.gaps.insert(stream.resource.clone()));
                    }
                    let end = match &page.next {
                        Next::More(on) => {
                            cursor = on.clone();
                            None
                        }
                        Next::Done => Some(Outcome::Done),
                        Next::Cut(cut) if cut.loses_data() => Some(Outcome::Failed { code: cut.code().to_owned() }),
                        Next::Cut(_) => Some(Outcome::Done),
                    };
                    let on = if end.is_none() { Some(&cursor) } else { None };
                    let standing = kept.then_some((on, end.as_ref()));
                    self.store(stream, page, report, standing).await?;
                    match end {
                        None => {}
                        Some(_) if kept => return Ok(Ended::Stored),
                        Some(outcome) => return Ok(Ended::Settled(outcome)),
                    }
                }
                Step::Retry { after, cursor: on } => {
                    cursor = on;
                    if after > PRESENCE {
                        return Ok(Ended::Out(PullError::Throttled, Some(after)));
                    }
                    if after > PATIENCE {
                        if kept {
                            self.commit(Batch::new(), |state| {
                                state.position.cursors.insert(stream.id.clone(), cursor);
                            })
                            .await?;
                        }
                        return Ok(Ended::Postponed(after));
                    }
                    tokio::time::sleep(spread(after)).await;
                }
                Step::Variant { cursor: on, .. } => {
                    if on.variant == cursor.variant && on.leg > cursor.leg {
                        // A part was refused, and the others go on.
                        self.with_state(|state| state.gaps.insert(stream.resource.clone()));
                    }
                    cursor = on;
                }
                Step::Refused { why } => return Ok(Ended::Settled(Outcome::Refused { code: why.code().to_owned() })),
                Step::Expired => return Ok(failed("unauthorized")),
                Step::Failed { error } if error.may_pass() => return Ok(Ended::Out(error, None)),
                Step::Failed { error } => return Ok(failed(error.code())),
            }
        }
    }

    /// One page with the position behind it. Large pages go in several commits; only the last moves the position.
    async fn store(
        &self,
        stream: &Stream,
        page: Page,
        report: &str,
        standing: Option<(Option<&Cursor>, Option<&Outcome>)>,
    ) -> Result<(), Stop> {
        let (received, dropped) = (page.resources.len() as u64, page.dropped.total());
        let mut chunks = page.resources.chunks(ROWS).peekable();
        let mut batch = Batch::new();
        while let Some(chunk) = chunks.next() {
            for resource in chunk {
                self.put(&mut batch, resource);
            }
            if chunks.peek().is_some() {
                self.commit(std::mem::take(&mut batch), |_| {}).await?;
            }
        }
        self.commit(batch, |state| {
            state.fresh |= received > 0;
            state.warn(&page.warnings);
            let entry = state.stream(report, &stream.resource);
            entry.received += received;
            entry.dropped += dropped;
            if entry.outcome == Outcome::Waiting {
                entry.outcome = Outcome::Reading;
            }
            let Some((on, end)) = standing else { return };
            if let Some(outcome) = end {
                entry.outcome = outcome.clone();
            }
            match on {
                Some(cursor) => state.position.cursors.insert(stream.id.clone(), cursor.clone()),
                None => state.position.cursors.remove(&stream.id),
            };
        })
        .await
    }

    /// Lets go of a connection that was disconnected while it was read.
    async fn still_wanted(&self) -> Result<(), Stop> {
        let row = store::connections::find(self.engine.db(), self.human_id, self.connection).await?;
        match row.is_some_and(|row| row.status.connected()) {
            true => Ok(()),
            false => Err(Stop::Job(JobError::Lost)),
        }
    }

    fn put(&self, batch: &mut Batch, resource: &RawResource) {
        self.put_bytes(batch, &resource.kind, &resource.id, resource.json.get().as_bytes());
    }

    /// Stores a resource's exact bytes, sealed, unless they are there already.
    pub(super) fn put_bytes(&self, batch: &mut Batch, kind: &str, id: &str, bytes: &[u8]) {
        let resource_key = self.engine.resource_key(kind, id);
        let row = NewResource {
            human_id: self.human_id,
            connection_id: self.connection,
            kind: kind.to_owned(),
            hash: self.engine.hash_index("resource body", bytes),
            body: self.key.seal(resource_aad(&resource_row(self.connection, &resource_key)), bytes),
            resource_key: resource_key.clone(),
        };
        store::resources::put(batch, &row, self.engine.now());
        self.with_state(|state| state.seen.insert(resource_key));
    }
}

impl State {
    fn warn(&mut self, issues: &[Issue]) {
        for issue in issues.iter().filter(|issue| issue.severity >= Severity::Warning) {
            self.count(issue.detail.as_ref().unwrap_or(&issue.code));
        }
    }

    /// One more of a warning.
    pub(super) fn count(&mut self, code: &str) {
        let warnings = &mut self.report.warnings;
        match warnings.iter().position(|(known, _)| known == code) {
            Some(at) => warnings[at].1 += 1,
            None if warnings.len() < WARNINGS => warnings.push((code.to_owned(), 1)),
            None => {}
        }
    }
}

fn failed(code: &str) -> Ended {
    Ended::Settled(Outcome::Failed { code: code.to_owned() })
}

/// No answer, as the rules about answers read it: an outage on the way.
fn silence(asked: &Request) -> Answer {
    Answer { status: 504, headers: Vec::new(), body: Vec::new(), url: asked.url.clone(), truncated: false }
}

/// Up to as much again, so that many who wait do not come back at one moment.
fn spread(after: Duration) -> Duration {
    let [byte] = random::<1>();
    after + after * u32::from(byte) / 255
}
