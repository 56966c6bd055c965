//! From everything that is stored of a connection to its records.

use std::collections::{BTreeMap, HashSet};

use ::records::{
    Chart, Draft, Form, Head, Identity, Organization, Person, Reading, SkipReason, compose, content_hash, identify,
    is_other_person,
};
use domain::{Actor, ConnectionId, HumanId, RecordId, SyncState, Timestamp, Trouble};
use store::connections::Synced;
use store::records::{Dates, Indexed, NewRecord};
use store::{Batch, Hash};
use tokio::sync::mpsc::Sender;

use super::memory::{Index, Memory};
use super::{OTHER_PERSON, ROWS, Run, Stop};
use crate::Engine;
use crate::connections::seal_report;
use crate::jobs::JobError;
use crate::records::{record_aad, record_row};
use crate::sealing::DataKey;

/// A larger document is kept but not read: text of this size is no note.
const LARGEST: usize = 24 * 1024 * 1024;

/// Batches that are composed ahead of the one that is committed.
const AHEAD: usize = 2;

/// What a reading comes down to when its records are stored.
#[derive(Default)]
struct Digest {
    counts: BTreeMap<&'static str, u64>,
    skipped: BTreeMap<String, u64>,
    oldest_at: Option<Timestamp>,
    newest_at: Option<Timestamp>,
}

/// Everything that is stored, read.
struct Charted {
    reading: Reading,
    identities: Vec<Identity>,
    index: Index,
    person: Person,
    /// Resources that were not read for their size.
    too_large: u64,
}

impl Run {
    /// Puts what changed, hides what is obsolete, and answers what is left to commit: the last rows,
    /// the report and the end of the pull.
    pub(super) async fn map(&self, outcome: SyncState) -> Result<Batch, Stop> {
        if outcome == SyncState::Done {
            self.mark_gone().await?;
        }
        let index = store::records::index(self.engine.db(), self.human_id, self.connection).await?;
        let index: Index = index.into_iter().map(|row| ((row.kind.clone(), row.id), row)).collect();
        let Charted { reading, identities, index, person, too_large } = self.chart(index).await?;
        if self.is_other_person(&index, &person).await? {
            let trouble = Trouble::new(OTHER_PERSON, Actor::Provider);
            return self.end(SyncState::Failed(trouble), Digest::default());
        }
        let (send, mut batches) = tokio::sync::mpsc::channel(AHEAD);
        let composer = self.composer();
        // Records are composed and sealed beside the event loop, while earlier ones are committed.
        let composing = tokio::task::spawn_blocking(move || composer.work(reading, identities, &index, &send));
        while let Some(batch) = batches.recv().await {
            self.commit(batch, |_| {}).await?;
        }
        let mut digest = composing.await.map_err(|_| Stop::Job(JobError::Panicked))?;
        if too_large > 0 {
            digest.skipped.insert("too_large".to_owned(), too_large);
        }
        // Twins are looked for among what is in place, so that of two mappings at once the later finds all.
        self.engine.link_twins(self.human_id, &self.key).await?;
        self.end(outcome, digest)
    }

    fn end(&self, outcome: SyncState, digest: Digest) -> Result<Batch, Stop> {
        let mut batch = Batch::new();
        let now = self.engine.now();
        let over = outcome != SyncState::Reading;
        let (report, again) = self.with_state(|state| {
            state.report.records = digest.counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
            state.report.skipped = digest.skipped.into_iter().collect();
            if over {
                state.report.ended_at = Some(now);
            }
            state.report.state = outcome.clone();
            (seal_report(&self.key, self.connection, &state.report), state.report.again_at.is_some())
        });
        let synced = Synced {
            report,
            last_synced_at: (outcome == SyncState::Done && !again).then_some(now),
            oldest_at: digest.oldest_at,
            newest_at: digest.newest_at,
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
    async fn chart(&self, index: Index) -> Result<Charted, Stop> {
        let chart = self.fold_all((Chart::new(), 0), |(chart, too_large), page| {
            let mut texts: Vec<Vec<u8>> = page.into_iter().map(|one| one.bytes).collect();
            *too_large += drop_large(&mut texts);
            // What cannot be read was counted when it was received.
            chart.insert_all(&texts);
        });
        let ((chart, too_large), connection, now) = (chart.await?, self.connection.to_hex(), self.engine.now());
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
            Charted { reading, identities, index, person: Person::of_chart(&chart), too_large }
        });
        read.await.map_err(|_| Stop::Job(JobError::Panicked))
    }

    fn composer(&self) -> Composer {
        Composer {
            engine: self.engine.clone(),
            human_id: self.human_id,
            connection: self.connection,
            source_hash: self.source_hash,
            source: self.account.source.to_hex(),
            source_name: self.account.source_name.clone(),
            key: self.key.clone(),
            now: self.engine.now(),
        }
    }
}

/// Makes rows of what was read.
struct Composer {
    engine: Engine,
    human_id: HumanId,
    connection: ConnectionId,
    source_hash: Hash,
    source: String,
    source_name: String,
    key: DataKey,
    now: Timestamp,
}

impl Composer {
    /// Sends the rows that change, batch by batch, until there are no more or nobody waits for them.
    fn work(&self, reading: Reading, identities: Vec<Identity>, index: &Index, send: &Sender<Batch>) -> Digest {
        let mut batch = Batch::new();
        let mut met: HashSet<(String, RecordId)> = HashSet::with_capacity(reading.drafts.len());
        let mut digest = Digest::default();
        for skip in &reading.skipped {
            *digest.skipped.entry(reason(skip.reason)).or_default() += 1;
        }
        for (draft, identity) in reading.drafts.iter().zip(&identities) {
            // Plans lie ahead; the data is as new as what has happened.
            if let Some(day) = draft.sort_at.filter(|day| *day <= self.now) {
                digest.oldest_at = Some(digest.oldest_at.map_or(day, |known| known.min(day)));
                digest.newest_at = Some(digest.newest_at.map_or(day, |known| known.max(day)));
            }
            let Ok(id) = identity.id.parse::<RecordId>() else { continue };
            let place = (draft.kind.id.to_owned(), id);
            if draft.kind.form != Form::Index {
                *digest.counts.entry(draft.kind.id).or_default() += 1;
            }
            let known = index.get(&place);
            if !met.insert(place) {
                continue;
            }
            self.put(&mut batch, draft, (id, identity), known);
            if batch.len() >= ROWS && send.blocking_send(std::mem::take(&mut batch)).is_err() {
                return digest;
            }
        }
        // The chart holds everything that is stored, so what nothing speaks for any more is obsolete.
        for row in index.values().filter(|row| !row.hidden && !met.contains(&(row.kind.clone(), row.id))) {
            store::records::hide(&mut batch, self.human_id, &row.kind, row.id, self.now);
        }
        if !batch.is_empty() {
            // Whoever does not wait any more has an error of its own to tell.
            let _ = send.blocking_send(batch);
        }
        digest
    }

    fn put(&self, batch: &mut Batch, draft: &Draft, named: (RecordId, &Identity), known: Option<&Indexed>) {
        let (hash, fact_hash) = (content_hash(draft), self.engine.fact_hash(self.human_id, draft));
        if known.is_none_or(|known| known.hidden || known.content_hash != hash) {
            let created_at = known.map_or(self.now, |known| known.created_at);
            store::records::put(batch, &self.record(draft, named, (hash, fact_hash), created_at));
        } else if known.is_some_and(|known| known.fact_hash != fact_hash) {
            store::records::set_fact(batch, self.human_id, draft.kind.id, named.0, fact_hash);
        }
    }

    fn record(
        &self,
        draft: &Draft,
        (id, identity): (RecordId, &Identity),
        (content_hash, fact_hash): (Hash, Option<Hash>),
        created_at: Timestamp,
    ) -> NewRecord {
        let head = Head {
            id: &identity.id,
            source: &self.source,
            created_at,
            updated_at: self.now,
            organization: Some(Organization { id: &self.source, name: &self.source_name }),
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
            updated_at: self.now,
            content_hash,
            document_key: self.engine.document_key(draft),
            fact_hash,
            body: self.key.seal(record_aad(&record_row(draft.kind.id, id)), &body),
        }
    }
}

/// Answers how many there were.
fn drop_large(texts: &mut Vec<Vec<u8>>) -> u64 {
    let all = texts.len();
    texts.retain(|text| text.len() <= LARGEST);
    (all - texts.len()) as u64
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_counted() {
        let mut texts = vec![vec![0; LARGEST], vec![0; LARGEST + 1], Vec::new()];
        assert_eq!(drop_large(&mut texts), 1);
        assert_eq!(texts.iter().map(Vec::len).collect::<Vec<_>>(), [LARGEST, 0]);
    }
}
