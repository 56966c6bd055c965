//! From everything that is stored of a connection to its records.

use std::collections::{BTreeMap, HashMap, HashSet};

use ::records::{Chart, Draft, Form, Head, Organization, Reading, SkipReason, compose, content_hash, record_id};
use domain::{Outcome, RecordId, SyncState, Timestamp};
use store::Batch;
use store::connections::Synced;
use store::records::{Dates, Indexed, NewRecord};

use super::{ROWS, Run, Stop};
use crate::connections::seal_report;
use crate::jobs::JobError;
use crate::records::raw::resource_aad;
use crate::records::{record_aad, record_row};

/// A larger document is kept but not read: text of this size is no note.
const LARGEST: usize = 24 * 1024 * 1024;

impl Run {
    /// Puts what changed, hides what is gone, and answers what is left to commit: the last rows,
    /// the report and the end of the pull.
    pub(super) async fn map(&self, outcome: SyncState) -> Result<Batch, Stop> {
        let complete = outcome == SyncState::Done && self.with_state(|state| is_complete(&state.report.streams));
        if complete {
            self.mark_gone().await?;
        }
        let reading = self.chart().await?;
        let index = store::records::index(self.engine.db(), self.human_id, self.connection).await?;
        let index: HashMap<(String, RecordId), Indexed> =
            index.into_iter().map(|row| ((row.kind.clone(), row.id), row)).collect();
        let now = self.engine.now();
        let mut batch = Batch::new();
        let mut met: HashSet<(String, RecordId)> = HashSet::with_capacity(reading.drafts.len());
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut changed = false;
        for draft in &reading.drafts {
            let Ok(id) = record_id(&self.connection.to_hex(), draft.kind.id, &draft.key).parse::<RecordId>() else { continue };
            let place = (draft.kind.id.to_owned(), id);
            *counts.entry(draft.kind.id).or_default() += 1;
            let known = index.get(&place);
            let hash = content_hash(draft);
            let fresh = known.is_none_or(|known| known.hidden || known.content_hash != hash);
            if met.insert(place) && fresh {
                let created_at = known.map_or(now, |known| known.created_at);
                store::records::put(&mut batch, &self.record(draft, id, hash, created_at, now));
                changed = true;
            }
            if batch.len() >= ROWS {
                self.commit(std::mem::take(&mut batch), |_| {}).await?;
            }
        }
        if complete {
            for row in index.values().filter(|row| !row.hidden && !met.contains(&(row.kind.clone(), row.id))) {
                store::records::hide(&mut batch, self.human_id, &row.kind, row.id, now);
                changed = true;
            }
        }
        self.end(batch, outcome, &reading, counts, changed)
    }

    fn end(&self, mut batch: Batch, outcome: SyncState, reading: &Reading, counts: BTreeMap<&'static str, u64>, changed: bool) -> Result<Batch, Stop> {
        let now = self.engine.now();
        let over = outcome != SyncState::Reading;
        let mut skipped: BTreeMap<String, u64> = BTreeMap::new();
        for skip in &reading.skipped {
            *skipped.entry(reason(skip.reason)).or_default() += 1;
        }
        let report = self.with_state(|state| {
            state.report.records = counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
            state.report.skipped = skipped.into_iter().collect();
            if over {
                state.report.ended_at = Some(now);
            }
            state.report.state = outcome.clone();
            seal_report(&self.key, self.connection, &state.report)
        });
        let days = reading.drafts.iter().filter_map(|draft| draft.sort_at);
        let synced = Synced {
            report,
            last_synced_at: (outcome == SyncState::Done).then_some(now),
            oldest_at: days.clone().min(),
            newest_at: days.max(),
        };
        store::connections::set_report(&mut batch, self.human_id, self.connection, &synced, now);
        if over {
            store::pulls::delete(&mut batch, self.human_id, self.connection);
        }
        if changed || over {
            store::humans::bump_revision(&mut batch, self.human_id);
        }
        Ok(batch)
    }

    /// All stored resources in one chart, read. The work is done beside the event loop.
    async fn chart(&self) -> Result<Reading, Stop> {
        let panicked = |_| Stop::Job(JobError::Panicked);
        let mut chart = Chart::new();
        let mut after = String::new();
        loop {
            let rows = store::resources::list(self.engine.db(), self.human_id, self.connection, &after, ROWS as u32).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.resource_key);
            let key = self.key.clone();
            let added = tokio::task::spawn_blocking(move || {
                for row in rows.iter().filter(|row| row.body.len() <= LARGEST) {
                    // What cannot be read was counted when it was received.
                    let _ = chart.insert(&key.open(resource_aad(&row.resource_key), &row.body)?);
                }
                Ok::<Chart, crate::sealing::SealingError>(chart)
            });
            chart = added.await.map_err(panicked)??;
        }
        tokio::task::spawn_blocking(move || ::records::read(&chart)).await.map_err(panicked)
    }

    fn record(&self, draft: &Draft, id: RecordId, content_hash: [u8; 32], created_at: Timestamp, updated_at: Timestamp) -> NewRecord {
        let (id_text, source) = (id.to_hex(), self.account.source.to_hex());
        let organization = Organization { id: &source, name: &self.account.source_name };
        let organization = (draft.kind.form == Form::List).then_some(organization);
        let body = compose(draft, &Head { id: &id_text, source: &source, created_at, updated_at, organization });
        NewRecord {
            human_id: self.human_id,
            kind: draft.kind.id.to_owned(),
            id,
            connection_id: self.connection,
            source_hash: self.source_hash,
            dates: match (draft.sort_at, draft.from, draft.to) {
                (Some(sort), from, to) => {
                    let from = from.unwrap_or(sort);
                    Dates::Dated { sort, from, to: to.unwrap_or(from) }
                }
                (None, ..) => Dates::Undated,
            },
            created_at,
            updated_at,
            content_hash,
            body: self.key.seal(record_aad(&record_row(draft.kind.id, id)), &body),
        }
    }

    /// Resources that the source no longer lists, of types that this run has read to the end.
    async fn mark_gone(&self) -> Result<(), Stop> {
        let (whole, kinds, seen) = self.with_state(|state| {
            let done = |kind: &str| state.report.streams.iter().filter(|stream| stream.resource == kind).all(|stream| stream.outcome == Outcome::Done);
            let listed = state.report.streams.iter().filter(|stream| stream.received > 0 && !stream.id.starts_with("referenced-"));
            let kinds: HashSet<String> = listed.map(|stream| stream.resource.clone()).filter(|kind| kind != "Binary" && done(kind)).collect();
            (state.whole, kinds, std::mem::take(&mut state.seen))
        });
        if !whole {
            return Ok(());
        }
        let mut gone: Vec<String> = Vec::new();
        self.each_page(|_, rows| {
            let missing = rows.iter().filter(|row| kinds.contains(&row.kind) && !seen.contains(&row.resource_key));
            gone.extend(missing.map(|row| row.resource_key.clone()));
            Ok(())
        })
        .await?;
        for keys in gone.chunks(ROWS) {
            let mut batch = Batch::new();
            for key in keys {
                store::resources::mark_gone(&mut batch, self.human_id, self.connection, key, self.engine.now());
            }
            self.commit(batch, |_| {}).await?;
        }
        Ok(())
    }
}

/// Nothing failed, so what is missing is not there.
fn is_complete(streams: &[domain::StreamReport]) -> bool {
    streams.iter().all(|stream| matches!(stream.outcome, Outcome::Done | Outcome::Refused { .. }))
}

/// `NoneKnown` → `none_known`
fn reason(reason: SkipReason) -> String {
    let mut out = String::new();
    for letter in format!("{reason:?}").chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
