//! From what is in the files to the rows of one commit.

use std::collections::{BTreeMap, HashMap, HashSet};

use ::records::Landed;
use ::records::ccda::{REVISION, Subject};
use ::records::files::subject;
use domain::{ClientId, ConnectionId, HumanId, Outcome, RowId, StreamReport, SyncReport, SyncState, Timestamp};
use store::connections::{ConnectionRow, NewConnection, Synced};
use store::jobs::NewJob;
use store::resources::{NewResource, Standing, Told};
use store::{Batch, Hash};

use super::gather::{Gathered, Part, convert};
use super::people::contradict;
use super::sources::Origin;
use super::{DocumentReport, ImportError, ImportReport, SourceReport};
use crate::connections::{Account, open_account, open_report, seal_account, seal_report};
use crate::keys::random;
use crate::records::raw::{resource_aad, resource_row, seal_losses};
use crate::sealing::DataKey;
use crate::{Engine, syncs};

/// The "record at the source" of those whose data came as files.
pub(super) const PATIENT: &str = "files";
/// What only holds or describes others is not counted beside them.
const UNCOUNTED: &[&str] =
    &["Binary", "Composition", "Provenance", "Organization", "Practitioner", "PractitionerRole", "Location"];

/// Everything to commit, and what will be told of it.
pub(super) struct Planned {
    human_id: HumanId,
    now: Timestamp,
    sources: Vec<Source>,
    pub report: ImportReport,
}

/// The rows of one source.
struct Source {
    connection: NewConnection,
    /// Left alone where there is nothing new and nobody was disconnected.
    touched: bool,
    synced: Synced,
    resources: Vec<(NewResource, Told)>,
    conversions: Vec<Conversion>,
    job: NewJob,
}

/// A document that was converted.
struct Conversion {
    document_key: String,
    /// Zero where the document told something before that it no longer does: then the job that maps converts it again,
    /// and lets go of that unless another document tells it too.
    revision: u32,
    /// Sealed: what became of its entries.
    losses: Vec<u8>,
}

/// A source while its pieces are looked at.
struct Opened {
    origin: Origin,
    id: ConnectionId,
    account_hash: Hash,
    row: Option<ConnectionRow>,
    known: HashMap<String, Known>,
}

/// What is there under a key, or will be once what was met before is stored.
struct Known {
    hash: Hash,
    told: Told,
    received_at: Timestamp,
}

impl Planned {
    /// In the order they were met.
    pub fn connections(&self) -> Vec<ConnectionId> {
        self.sources.iter().map(|source| source.connection.id).collect()
    }

    /// All of it, or nothing.
    pub fn put(&self, batch: &mut Batch) {
        for source in self.sources.iter().filter(|source| source.touched) {
            let id = source.connection.id;
            store::connections::put(batch, &source.connection, self.now);
            store::connections::set_report(batch, self.human_id, id, &source.synced, self.now);
            for (resource, told) in &source.resources {
                store::resources::put_told(batch, resource, told, self.now);
            }
            for Conversion { document_key, revision, losses } in &source.conversions {
                store::conversions::put(batch, (self.human_id, id, document_key), (*revision, losses), self.now);
            }
            store::jobs::enqueue(batch, &source.job);
        }
        if self.sources.iter().any(|source| source.touched) {
            store::humans::mark_connected(batch, self.human_id, self.now);
            store::humans::bump_revision(batch, self.human_id);
        }
    }
}

impl Engine {
    /// Looks at what is there, and decides what has to be written.
    pub(super) async fn plan(
        &self,
        human_id: HumanId,
        client_id: ClientId,
        key: &DataKey,
        gathered: &mut Gathered,
    ) -> Result<Planned, ImportError> {
        let mut planned = Planned { human_id, now: gathered.at, sources: Vec::new(), report: ImportReport::default() };
        planned.report.files = gathered.files.clone();
        planned.report.documents = documents(&gathered.pieces);
        check_one_person(&gathered.pieces)?;
        self.tell_apart(human_id, key, &mut gathered.pieces).await?;
        let mut origins: Vec<Origin> = Vec::new();
        for part in &gathered.pieces {
            if !origins.iter().any(|known| known.id == part.origin.id) {
                origins.push(part.origin.clone());
            }
        }
        for origin in origins {
            let mut opened = self.open_source(human_id, key, origin).await?;
            let held = self.people_of(human_id, key, opened.id).await?;
            for part in gathered.pieces.iter_mut().filter(|part| part.origin.id == opened.origin.id) {
                if part.people.iter().any(|one| held.iter().any(|other| contradict(one, other))) {
                    return Err(ImportError::OtherPerson { file: part.file });
                }
                self.date(part, &opened).await?;
                let report = &mut planned.report.files[part.file];
                if !report.sources.contains(&opened.origin.name) {
                    report.sources.push(opened.origin.name.clone());
                }
            }
            let parts: Vec<&Part> = gathered.pieces.iter().filter(|part| part.origin.id == opened.origin.id).collect();
            let source = self.source(human_id, client_id, key, &mut opened, &parts, &mut planned)?;
            planned.report.sources.push(SourceReport {
                connection: opened.id,
                source: opened.origin.id,
                name: opened.origin.name,
                connected: opened.row.is_none_or(|row| !row.status.connected()),
                records: BTreeMap::new(),
            });
            planned.sources.push(source);
        }
        Ok(planned)
    }

    async fn open_source(&self, human_id: HumanId, key: &DataKey, mut origin: Origin) -> Result<Opened, ImportError> {
        let (account_hash, id) = self.account(human_id, origin.id, PATIENT);
        let row = store::connections::find_by_account(self.db(), human_id, &account_hash).await?;
        let mut known = HashMap::new();
        if let Some(row) = &row {
            // It keeps the name it came with: records that are there already bear it.
            origin.name = open_account(key, row)?.source_name;
            for Standing { resource_key, hash, told, received_at, .. } in
                store::resources::standing(self.db(), human_id, id).await?
            {
                known.insert(resource_key, Known { hash, told, received_at });
            }
        }
        Ok(Opened { origin, id, account_hash, row, known })
    }

    /// Whom an account has told of so far.
    async fn people_of(
        &self,
        human_id: HumanId,
        key: &DataKey,
        connection: ConnectionId,
    ) -> Result<Vec<Subject>, ImportError> {
        const PEOPLE: u32 = 100;
        let rows = store::resources::list_kind(self.db(), human_id, connection, "Patient", "", PEOPLE).await?;
        let mut people = Vec::with_capacity(rows.len());
        for row in rows {
            let at = resource_row(connection, &row.resource_key);
            people.extend(subject(&key.open(resource_aad(&at), &row.body)?));
        }
        Ok(people)
    }

    /// A document that does not say when it was written is as old as the first time it came, not the last.
    async fn date(&self, part: &mut Part, opened: &Opened) -> Result<(), ImportError> {
        let Some(document) = &part.document else { return Ok(()) };
        let (Some(xml), Some(reference)) = (&document.undated, &document.reference) else { return Ok(()) };
        let Some((kind, id)) = reference.split_once('/') else { return Ok(()) };
        let Some(known) = opened.known.get(&self.resource_key(kind, id)) else { return Ok(()) };
        let (xml, received_at) = (xml.clone(), known.received_at);
        let again = tokio::task::spawn_blocking(move || convert(&xml, received_at));
        if let Ok((_, resources)) = again.await.map_err(|_| ImportError::Interrupted)? {
            part.resources = resources;
        }
        Ok(())
    }

    fn source(
        &self,
        human_id: HumanId,
        client_id: ClientId,
        key: &DataKey,
        opened: &mut Opened,
        parts: &[&Part],
        planned: &mut Planned,
    ) -> Result<Source, ImportError> {
        let (id, now) = (opened.id, planned.now);
        let mut resources: Vec<(NewResource, Told)> = Vec::new();
        let mut received: BTreeMap<&str, u64> = BTreeMap::new();
        // Keys of what each document tells, by its own key.
        let mut met: HashMap<String, HashSet<String>> = HashMap::new();
        for part in parts {
            let report = &mut planned.report.files[part.file];
            for landed in &part.resources {
                *received.entry(&landed.kind).or_default() += 1;
                let told = self.told(part, landed);
                let resource_key = self.resource_key(&landed.kind, &landed.id);
                let hash = self.hash_index("resource body", &landed.json);
                if let Some(document) = &told.document_key {
                    met.entry(document.clone()).or_default().insert(resource_key.clone());
                }
                let known = opened.known.get(&resource_key);
                match known {
                    None => report.new += 1,
                    Some(known) if known.hash == hash || !told.replaces(&known.told) => report.unchanged += 1,
                    Some(_) => report.changed += 1,
                }
                if known.is_some_and(|known| (known.hash == hash && known.told == told) || !told.replaces(&known.told))
                {
                    continue;
                }
                let received_at = known.map_or(now, |known| known.received_at);
                opened.known.insert(resource_key.clone(), Known { hash, told: told.clone(), received_at });
                resources.push((sealed_row(key, (human_id, id), landed, resource_key, hash), told));
            }
        }
        let outlived: HashSet<&str> = opened
            .known
            .iter()
            .filter_map(|(key, known)| {
                let document = known.told.document_key.as_deref()?;
                met.get(document).is_some_and(|met| !met.contains(key)).then_some(document)
            })
            .collect();
        let told = parts.iter().filter_map(|part| part.document.as_ref());
        let told = told.filter_map(|document| {
            let (kind, name) = document.reference.as_deref()?.split_once('/')?;
            let document_key = self.resource_key(kind, name);
            let losses = seal_losses(key, id, &document_key, &document.losses);
            let revision = if outlived.contains(document_key.as_str()) { 0 } else { REVISION };
            Some(Conversion { document_key, revision, losses })
        });
        let conversions = told.collect();
        let before = opened.row.as_ref().map(|row| open_report(key, row)).transpose()?;
        let settled = before.is_some_and(|report| report.state == SyncState::Done);
        let connected = opened.row.as_ref().is_some_and(|row| row.status.connected());
        let account = Account {
            source: opened.origin.id,
            source_name: opened.origin.name.clone(),
            endpoint: String::new(),
            patient: PATIENT.to_owned(),
        };
        Ok(Source {
            touched: !(settled && connected && resources.is_empty()),
            connection: NewConnection {
                human_id,
                id,
                client_id,
                source_hash: self.source_hash(opened.origin.id),
                account_hash: opened.account_hash,
                body: seal_account(key, id, &account),
                grant_sealed: None,
            },
            synced: Synced {
                report: seal_report(key, id, &reading(&received, now)),
                last_synced_at: None,
                oldest_at: None,
                newest_at: None,
            },
            resources,
            conversions,
            job: NewJob {
                id: RowId(random()),
                kind: syncs::JOB,
                human_id: Some(human_id),
                subject: id.to_hex(),
                due_at: now,
                created_at: now,
            },
        })
    }

    fn told(&self, part: &Part, landed: &Landed) -> Told {
        let Some(document) = &part.document else { return Told::AS_RECEIVED };
        let dated_at = document.about.written_at.unwrap_or_default();
        let converted = !document.own.contains(&landed.key());
        let reference = document.reference.as_deref().filter(|_| converted).and_then(|key| key.split_once('/'));
        Told { document_key: reference.map(|(kind, id)| self.resource_key(kind, id)), dated_at }
    }
}

fn documents(parts: &[Part]) -> Vec<DocumentReport> {
    let of =
        |part: &Part| Some(DocumentReport { name: part.name.clone(), losses: part.document.as_ref()?.losses.clone() });
    parts.iter().filter_map(of).collect()
}

/// What was received, before it is mapped.
fn reading(received: &BTreeMap<&str, u64>, now: Timestamp) -> SyncReport {
    let counted = received.iter().filter(|(kind, _)| !UNCOUNTED.contains(kind));
    let stream = |(kind, count): (&&str, &u64)| StreamReport {
        id: format!("files-{}", kind.to_ascii_lowercase()),
        resource: (*kind).to_owned(),
        received: *count,
        dropped: 0,
        outcome: Outcome::Done,
    };
    SyncReport {
        state: SyncState::Reading,
        started_at: Some(now),
        streams: counted.map(stream).collect(),
        ..SyncReport::default()
    }
}

/// Ways to write one person's name and birth date that an import may hold.
const PEOPLE: usize = 100;

/// The files of one import are about one person, whatever their sources.
fn check_one_person(parts: &[Part]) -> Result<(), ImportError> {
    let mut met: Vec<&Subject> = Vec::new();
    let mut known = HashSet::new();
    for part in parts {
        for one in &part.people {
            if !known.insert((&one.family, &one.birth_date)) {
                continue;
            }
            // One person is not told in a hundred ways.
            if met.len() >= PEOPLE || met.iter().any(|other| contradict(one, other)) {
                return Err(ImportError::OtherPerson { file: part.file });
            }
            met.push(one);
        }
    }
    Ok(())
}

/// A sealed resource, ready to be stored.
pub(crate) fn sealed_row(
    key: &DataKey,
    (human_id, connection_id): (HumanId, ConnectionId),
    landed: &Landed,
    resource_key: String,
    hash: Hash,
) -> NewResource {
    NewResource {
        human_id,
        connection_id,
        kind: landed.kind.clone(),
        hash,
        body: key.seal(resource_aad(&resource_row(connection_id, &resource_key)), &landed.json),
        resource_key,
    }
}
