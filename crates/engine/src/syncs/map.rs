//! From everything that is stored of a connection to its records.

use std::collections::{BTreeMap, HashMap, HashSet};

use ::records::{Chart, Draft, Form, Head, Organization, Reading, SkipReason, compose, content_hash, record_id};
use domain::{RecordId, SyncState, Timestamp};
use store::Batch;
use store::connections::Synced;
use store::records::{Dates, Indexed, NewRecord};

use super::{ROWS, Run, Stop};
use crate::connections::seal_report;
use crate::jobs::JobError;
use crate::records::{record_aad, record_row};

/// A larger document is kept but not read: text of this size is no note.
const LARGEST: usize = 24 * 1024 * 1024;

type Identity = (RecordId, [u8; 32]);

impl Run {
    /// Puts what changed, hides what is obsolete, and answers what is left to commit: the last rows,
    /// the report and the end of the pull.
    pub(super) async fn map(&self, outcome: SyncState) -> Result<Batch, Stop> {
        if outcome == SyncState::Done {
            self.mark_gone().await?;
        }
        let (reading, identities) = self.chart().await?;
        let index = store::records::index(self.engine.db(), self.human_id, self.connection).await?;
        let index: HashMap<(String, RecordId), Indexed> =
            index.into_iter().map(|row| ((row.kind.clone(), row.id), row)).collect();
        let now = self.engine.now();
        let mut batch = Batch::new();
        let mut met: HashSet<(String, RecordId)> = HashSet::with_capacity(reading.drafts.len());
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut changed = false;
        for (draft, identity) in reading.drafts.iter().zip(identities) {
            let Some((id, hash)) = identity else { continue };
            let place = (draft.kind.id.to_owned(), id);
            *counts.entry(draft.kind.id).or_default() += 1;
            let known = index.get(&place);
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
        // The chart holds everything that is stored, so what nothing speaks for any more is obsolete.
        for row in index.values().filter(|row| !row.hidden && !met.contains(&(row.kind.clone(), row.id))) {
            store::records::hide(&mut batch, self.human_id, &row.kind, row.id, now);
            changed = true;
        }
        self.end(batch, outcome, &reading, counts, changed)
    }

    fn end(
        &self,
        mut batch: Batch,
        outcome: SyncState,
        reading: &Reading,
        counts: BTreeMap<&'static str, u64>,
        changed: bool,
    ) -> Result<Batch, Stop> {
        let now = self.engine.now();
        let over = outcome != SyncState::Reading;
        let mut skipped: BTreeMap<String, u64> = BTreeMap::new();
        for skip in &reading.skipped {
            *skipped.entry(reason(skip.reason)).or_default() += 1;
        }
        let (report, again) = self.with_state(|state| {
            state.report.records = counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
            state.report.skipped = skipped.into_iter().collect();
            if over {
                state.report.ended_at = Some(now);
            }
            state.report.state = outcome.clone();
            (seal_report(&self.key, self.connection, &state.report), state.report.again_at.is_some())
        });
        // Plans lie ahead; the data is as new as what has happened.
        let days = reading.drafts.iter().filter_map(|draft| draft.sort_at).filter(|day| *day <= now);
        let synced = Synced {
            report,
            last_synced_at: (outcome == SyncState::Done && !again).then_some(now),
            oldest_at: days.clone().min(),
            newest_at: days.max(),
        };
        store::connections::set_report(&mut batch, self.human_id, self.connection, &synced, now);
        if over && !again {
            store::pulls::delete(&mut batch, self.human_id, self.connection);
        }
        if changed || over {
            store::humans::bump_revision(&mut batch, self.human_id);
        }
        Ok(batch)
    }

    /// All stored resources in one chart, read. The work is done beside the event loop.
    async fn chart(&self) -> Result<(Reading, Vec<Option<Identity>>), Stop> {
        let chart = self.fold(
            |_| true,
            Chart::new(),
            |chart, _, bytes| {
                if bytes.len() <= LARGEST {
                    // What cannot be read was counted when it was received.
                    let _ = chart.insert(&bytes);
                }
            },
        );
        let (chart, connection, now) = (chart.await?, self.connection.to_hex(), self.engine.now());
        let read = tokio::task::spawn_blocking(move || {
            let reading = ::records::read(&chart, now);
            let identity = |draft: &Draft| {
                Some((record_id(&connection, draft.kind.id, &draft.key).parse().ok()?, content_hash(draft)))
            };
            let identities = reading.drafts.iter().map(identity).collect();
            (reading, identities)
        });
        read.await.map_err(|_| Stop::Job(JobError::Panicked))
    }

    fn record(
        &self,
        draft: &Draft,
        id: RecordId,
        content_hash: [u8; 32],
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> NewRecord {
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
            document_key: self.engine.document_key(draft),
            body: self.key.seal(record_aad(&record_row(draft.kind.id, id)), &body),
        }
    }
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
