//! From everything that is stored of a connection to its records.

use std::collections::{BTreeMap, HashSet};

use ::records::{
    Chart, Draft, Form, Head, Identity, Organization, Person, Reading, SkipReason, compose, content_hash, identify,
    is_other_person,
};
use domain::{Actor, RecordId, SyncState, Timestamp, Trouble};
use store::Batch;
use store::connections::Synced;
use store::records::{Dates, NewRecord};

use super::memory::{Index, Memory};
use super::{ROWS, Run, Stop};
use crate::connections::seal_report;
use crate::jobs::JobError;
use crate::records::{record_aad, record_row};

/// A larger document is kept but not read: text of this size is no note.
const LARGEST: usize = 24 * 1024 * 1024;

/// What a draft is called, and what tells its content from another.
type Named = (RecordId, Identity, [u8; 32]);

impl Run {
    /// Puts what changed, hides what is obsolete, and answers what is left to commit: the last rows,
    /// the report and the end of the pull.
    pub(super) async fn map(&self, outcome: SyncState) -> Result<Batch, Stop> {
        if outcome == SyncState::Done {
            self.mark_gone().await?;
        }
        let index = store::records::index(self.engine.db(), self.human_id, self.connection).await?;
        let index: Index = index.into_iter().map(|row| ((row.kind.clone(), row.id), row)).collect();
        let (reading, named, index, person) = self.chart(index).await?;
        if self.is_other_person(&index, &person).await? {
            let trouble = Trouble::new("other_person", Actor::Provider);
            return self.end(SyncState::Failed(trouble), &Reading::default(), BTreeMap::new());
        }
        let now = self.engine.now();
        let mut batch = Batch::new();
        let mut met: HashSet<(String, RecordId)> = HashSet::with_capacity(reading.drafts.len());
        let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
        for (draft, named) in reading.drafts.iter().zip(named) {
            let Some((id, identity, hash)) = named else { continue };
            let place = (draft.kind.id.to_owned(), id);
            if draft.kind.form != Form::Index {
                *counts.entry(draft.kind.id).or_default() += 1;
            }
            let known = index.get(&place);
            let fresh = known.is_none_or(|known| known.hidden || known.content_hash != hash);
            if !met.insert(place) {
                continue;
            }
            if fresh {
                let created_at = known.map_or(now, |known| known.created_at);
                store::records::put(&mut batch, &self.record(draft, id, &identity, hash, created_at, now));
            } else if known.is_some_and(|known| known.fact_hash != self.engine.fact_hash(self.human_id, draft)) {
                store::records::set_fact(
                    &mut batch,
                    self.human_id,
                    draft.kind.id,
                    id,
                    self.engine.fact_hash(self.human_id, draft),
                );
            }
            if batch.len() >= ROWS {
                self.commit(std::mem::take(&mut batch), |_| {}).await?;
            }
        }
        // The chart holds everything that is stored, so what nothing speaks for any more is obsolete.
        for row in index.values().filter(|row| !row.hidden && !met.contains(&(row.kind.clone(), row.id))) {
            store::records::hide(&mut batch, self.human_id, &row.kind, row.id, now);
        }
        // Twins are looked for among what is in place, so that of two mappings at once the later finds all.
        if !batch.is_empty() {
            self.commit(batch, |_| {}).await?;
        }
        self.engine.link_twins(self.human_id, &self.key).await?;
        self.end(outcome, &reading, counts)
    }

    fn end(&self, outcome: SyncState, reading: &Reading, counts: BTreeMap<&'static str, u64>) -> Result<Batch, Stop> {
        let mut batch = Batch::new();
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
        if self.with_state(|state| std::mem::take(&mut state.changed)) {
            store::humans::bump_revision(&mut batch, self.human_id);
        }
        Ok(batch)
    }

    /// Whether the source suddenly speaks of somebody else than it did: then nothing of it is shown, and what was
    /// shown stays.
    async fn is_other_person(&self, index: &Index, person: &Person) -> Result<bool, Stop> {
        let shown = index.values().filter(|row| row.kind == "demographics" && !row.hidden && !person.is_unknown());
        let (mut told, mut same) = (false, false);
        for row in shown {
            let found = store::records::find(self.engine.db(), self.human_id, &row.kind, row.id).await?;
            let Some(record) = found else { continue };
            let body = self.key.open(record_aad(&record_row(&row.kind, row.id)), &record.body)?;
            told = true;
            same |= !is_other_person(&Person::of_demographics(&body), person);
        }
        Ok(told && !same)
    }

    /// All stored resources in one chart, read. The work is done beside the event loop.
    async fn chart(&self, index: Index) -> Result<(Reading, Vec<Option<Named>>, Index, Person), Stop> {
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
        let (engine, human_id) = (self.engine.clone(), self.human_id);
        let read = tokio::task::spawn_blocking(move || {
            let mut reading = ::records::read(&chart, now);
            let memory = Memory { engine: &engine, human_id, connection: &connection, index: &index };
            memory.drop_retracted(&mut reading);
            let standing = |kind: &str, id: &str| memory.standing(kind, id);
            let shown = memory.shown_facts(&reading.drafts);
            let former = |draft: &Draft| {
                let place = (draft.kind.id, engine.fact_hash(human_id, draft)?);
                shown.get(&place).map(|id| id.to_hex())
            };
            let identities = identify(&connection, &reading.drafts, standing, former);
            let named = reading.drafts.iter().zip(identities);
            let named = named.map(|(draft, it)| Some((it.id.parse().ok()?, it, content_hash(draft)))).collect();
            (reading, named, index, Person::of_chart(&chart))
        });
        read.await.map_err(|_| Stop::Job(JobError::Panicked))
    }

    fn record(
        &self,
        draft: &Draft,
        id: RecordId,
        identity: &Identity,
        content_hash: [u8; 32],
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> NewRecord {
        let source = self.account.source.to_hex();
        let head = Head {
            id: &identity.id,
            source: &source,
            created_at,
            updated_at,
            organization: Some(Organization { id: &source, name: &self.account.source_name }),
            ccd: identity.ccd.as_deref(),
            about: identity.about.as_deref(),
        };
        let body = compose(draft, &head);
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
            fact_hash: self.engine.fact_hash(self.human_id, draft),
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
