//! C-CDA documents a source has given: converted to FHIR, beside what it tells as FHIR itself.

use std::collections::{HashMap, HashSet};

use ::records::ccda::{Converted, Origin, REVISION, Refused, convert};
use ::records::files::Fault;
use ::records::{Person, dstu2, is_other_person};
use connectors::smart::attachments::{Form, Place, attachments};
use domain::Timestamp;
use store::Batch;
use store::resources::{Standing, Told};
use url::Url;

use super::stored::resource;
use super::{Run, Stop};
use crate::imports::sealed_row;
use crate::jobs::JobError;
use crate::records::ReadError;
use crate::records::raw::{Shelf, read, seal_losses};

/// A document that may be a C-CDA.
struct Candidate {
    id: String,
    /// Keys of the `Binary` resources that hold its text; none when it holds it itself.
    binaries: Vec<String>,
}

/// How things stood before.
struct Before {
    by_key: HashMap<String, Standing>,
    /// Keys of what a document may have told last, by its own key.
    told_by: HashMap<String, HashSet<String>>,
    /// When each document was converted by this revision of the converter, by its key.
    converted_at: HashMap<String, Timestamp>,
    /// The hospital's own Patient is the subject of everything that is converted.
    patient: Option<String>,
    /// Whom the source says its data is about.
    people: Vec<Known>,
    /// What one document let go of, another may tell too.
    let_go: bool,
}

/// A Patient the source has given.
struct Known {
    resource_key: String,
    person: Person,
}

/// One person is not told in a hundred ways.
const PEOPLE: usize = 100;

/// What documents that were not converted are counted as in the report, with the reason behind it.
const WARNING: &str = "document_";

impl Run {
    /// Converts the documents that are new, or became others since they were converted or since the converter was
    /// improved, or `all` of them; and all once more when one of them let go of something. Each is stored with
    /// everything it tells in one commit, so that a run cut off goes on with the next.
    pub(super) async fn convert_documents(&self, all: bool) -> Result<(), Stop> {
        let (db, human_id, connection) = (self.engine.db(), self.human_id, self.connection);
        let standing = store::resources::standing(db, human_id, connection).await?;
        let converted = store::conversions::dates(db, human_id, connection, REVISION).await?;
        let mut told_by: HashMap<String, HashSet<String>> = HashMap::new();
        for one in &standing {
            if let Some(document) = &one.told.document_key {
                told_by.entry(document.clone()).or_default().insert(one.resource_key.clone());
            }
        }
        let people = self.people(&standing).await?;
        let has_patient = !self.account.is_files() && !people.is_empty();
        let mut before = Before {
            people,
            by_key: standing.into_iter().map(|one| (one.resource_key.clone(), one)).collect(),
            told_by,
            converted_at: converted.into_iter().collect(),
            patient: has_patient.then(|| format!("Patient/{}", self.account.patient)),
            let_go: false,
        };
        let candidates = self.candidates().await?;
        for all in [all, true] {
            // What cannot be converted is tried again every time, and counted anew.
            self.with_state(|state| state.report.warnings.retain(|(code, _)| !code.starts_with(WARNING)));
            for candidate in &candidates {
                let key = self.engine.resource_key("DocumentReference", &candidate.id);
                if all || before.is_due(&key, candidate) {
                    self.convert_document(&candidate.id, &key, &mut before).await?;
                }
            }
            if !std::mem::take(&mut before.let_go) {
                break;
            }
        }
        Ok(())
    }

    async fn candidates(&self) -> Result<Vec<Candidate>, Stop> {
        let (engine, base) = (self.engine.clone(), self.base());
        self.fold(
            |kind| kind == "DocumentReference",
            Vec::new(),
            move |all: &mut Vec<Candidate>, kind, bytes| {
                let Some(document) = resource(kind, bytes) else { return };
                let mut attachments = attachments(&document);
                attachments.retain(|one| matches!(one.form, Form::Ccda | Form::Xml));
                if attachments.is_empty() {
                    return;
                }
                let linked = attachments.iter().filter(|one| matches!(one.place, Place::Url(_)));
                let binaries = linked.filter_map(|one| engine.binary_id(one, &base));
                let binaries = binaries.map(|id| engine.resource_key("Binary", &id)).collect();
                all.push(Candidate { id: document.id, binaries });
            },
        )
        .await
    }

    fn base(&self) -> Url {
        Url::parse(&self.account.endpoint).unwrap_or_else(|_| self.engine.inner.base_url.clone())
    }

    fn shelf(&self) -> Shelf<'_> {
        Shelf {
            engine: &self.engine,
            human_id: self.human_id,
            connection: self.connection,
            key: self.key.clone(),
            base: self.base(),
        }
    }

    /// The source's own Patient, when it has given one. Files name no person whose account it is: theirs are all that
    /// were not converted from a document.
    async fn people(&self, standing: &[Standing]) -> Result<Vec<Known>, Stop> {
        let keys: Vec<String> = match self.account.is_files() {
            true => {
                let given = standing.iter().filter(|one| one.kind == "Patient" && one.told.document_key.is_none());
                given.map(|one| one.resource_key.clone()).take(PEOPLE).collect()
            }
            false => vec![self.engine.resource_key("Patient", &self.account.patient)],
        };
        let mut people = Vec::with_capacity(keys.len());
        for resource_key in keys {
            let found = self.shelf().find(&resource_key).await.map_err(stop)?;
            let person = found.map(|(_, bytes)| Person::of_patient(&dstu2::resource(&bytes)));
            people.extend(person.map(|person| Known { resource_key, person }));
        }
        Ok(people)
    }

    async fn convert_document(&self, id: &str, key: &str, before: &mut Before) -> Result<(), Stop> {
        let shelf = self.shelf();
        let Some((kind, bytes)) = shelf.find(key).await.map_err(stop)? else { return Ok(()) };
        let Some(document) = read(&kind, bytes) else { return Ok(()) };
        let Some((_, xml)) = shelf.document(&document).await.map_err(stop)? else { return Ok(()) };
        let received_at = before.by_key.get(key).map_or(Timestamp(0), |known| known.received_at);
        let patient = before.patient.clone();
        let origin = Origin { document: Some(format!("DocumentReference/{id}")), patient, received_at };
        let Ok(permit) = self.engine.inner.conversions.clone().acquire_owned().await else { return Ok(()) };
        let converted = tokio::task::spawn_blocking(move || {
            let converted = convert(&xml, &origin);
            drop(permit);
            converted
        });
        match converted.await.map_err(|_| Stop::Job(JobError::Panicked))? {
            Ok(converted) if before.is_other_person(&converted) => {
                self.warn_of_document("other_person");
                let mut batch = Batch::new();
                store::conversions::delete(&mut batch, (self.human_id, self.connection, key));
                self.let_go(&mut batch, key, &HashSet::new(), before);
                self.commit(batch, |_| {}).await
            }
            Ok(converted) => self.store_converted(key, converted, before).await,
            // XML of another kind is nothing to read, and no loss.
            Err(Refused::OtherXml | Refused::NotXml) => Ok(()),
            Err(refused) => {
                self.warn_of_document(Fault::from(refused).code());
                Ok(())
            }
        }
    }

    fn warn_of_document(&self, reason: &str) {
        self.with_state(|state| state.count(&format!("{WARNING}{reason}")));
    }

    /// Puts what is told, and lets go of what the same document told before and no longer does.
    async fn store_converted(&self, document: &str, converted: Converted, before: &mut Before) -> Result<(), Stop> {
        let (now, dated_at) = (self.engine.now(), converted.about.written_at.unwrap_or_default());
        let told = Told { document_key: Some(document.to_owned()), dated_at };
        let mut batch = Batch::new();
        let mut met: HashSet<String> = HashSet::with_capacity(converted.resources.len());
        for landed in &converted.resources {
            let key = self.engine.resource_key(&landed.kind, &landed.id);
            let hash = self.engine.hash_index("resource body", &landed.json);
            let known = before.by_key.get(&key);
            met.insert(key.clone());
            if known.is_some_and(|known| (known.hash == hash && known.told == told) || !told.replaces(&known.told)) {
                continue;
            }
            let row = sealed_row(&self.key, (self.human_id, self.connection), landed, key.clone(), hash);
            store::resources::put_told(&mut batch, &row, &told, now);
            let changed_at = known.filter(|known| known.hash == hash).map_or(now, |known| known.changed_at);
            let received_at = known.map_or(now, |known| known.received_at);
            let kind = landed.kind.clone();
            let standing =
                Standing { resource_key: key.clone(), kind, hash, received_at, changed_at, told: told.clone() };
            before.told_by.entry(document.to_owned()).or_default().insert(key.clone());
            before.by_key.insert(key, standing);
        }
        let losses = seal_losses(&self.key, self.connection, document, &converted.losses);
        let place = (self.human_id, self.connection, document);
        store::conversions::put(&mut batch, place, (REVISION, &losses), now);
        self.let_go(&mut batch, document, &met, before);
        self.commit(batch, |_| {}).await
    }

    /// What a document told before and is not among what was `met` in it now is gone.
    fn let_go(&self, batch: &mut Batch, document: &str, met: &HashSet<String>, before: &mut Before) {
        let (human_id, connection, now) = (self.human_id, self.connection, self.engine.now());
        let Some(told) = before.told_by.get_mut(document) else { return };
        let by_key = &before.by_key;
        // Another document may have told it since.
        told.retain(|key| by_key.get(key).is_some_and(|known| known.told.document_key.as_deref() == Some(document)));
        for key in told.extract_if(|key| !met.contains(key)) {
            store::resources::mark_gone(batch, human_id, connection, &key, now);
            before.by_key.remove(&key);
            before.let_go = true;
        }
    }
}

impl Before {
    /// Whether a document was never converted, or it, its text or a Patient changed since.
    fn is_due(&self, key: &str, candidate: &Candidate) -> bool {
        let Some(converted_at) = self.converted_at.get(key) else { return true };
        let people = self.people.iter().map(|known| known.resource_key.as_str());
        let parts = [key].into_iter().chain(candidate.binaries.iter().map(String::as_str)).chain(people);
        parts.filter_map(|part| self.by_key.get(part)).any(|part| part.changed_at > *converted_at)
    }

    fn is_other_person(&self, converted: &Converted) -> bool {
        let named = Person::from(&converted.about.patient);
        self.people.iter().any(|known| is_other_person(&known.person, &named))
    }
}

fn stop(error: ReadError) -> Stop {
    match error {
        ReadError::Store(error) => error.into(),
        ReadError::Sealing(error) => error.into(),
    }
}

#[cfg(test)]
mod tests;
