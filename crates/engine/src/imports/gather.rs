//! What is in the files of an import: opened, converted, not stored yet.

use ::records::Landed;
use ::records::ccda::{self, About, Losses, Subject};
use ::records::files::{
    Fault, FileError, Form, Keeper, Limits, Opened, Piece, Server, Told, land, open, server, shown,
};
use domain::Timestamp;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::sources::Origin;
use super::{File, FileReport, ImportError, LIMITS, Stage};
use crate::Engine;

/// Files at once, of one import.
const MOST: usize = 2_000;
/// Pieces converted at once, of one import.
const AT_ONCE: usize = 2;

/// Everything that is in the files.
pub(super) struct Gathered {
    pub files: Vec<FileReport>,
    pub pieces: Vec<Part>,
    /// When it was: what is stored of it is as old as that.
    pub at: Timestamp,
}

/// One piece with its resources.
pub(super) struct Part {
    /// Place of its file among those given.
    pub file: usize,
    /// Of the piece; harmless to show.
    pub name: String,
    pub origin: Origin,
    /// FHIR that tells neither its keeper nor its server: its ids are good within its own export only.
    pub unnamed: bool,
    pub people: Vec<Subject>,
    pub resources: Vec<Landed>,
    /// Of a C-CDA.
    pub document: Option<Document>,
}

pub(super) struct Document {
    /// Its `DocumentReference`.
    pub reference: Option<String>,
    /// Its own `DocumentReference` and `Binary`: they stand for it and were not converted from it.
    pub own: Vec<String>,
    pub about: About,
    pub losses: Losses,
    /// Its text, when it does not say when it was written: then the conversion depends on when we got it first.
    pub undated: Option<Vec<u8>>,
}

/// A piece after the work that may take its time.
struct Worked {
    file: usize,
    name: String,
    resources: Vec<Landed>,
    form: Form,
    told: Told,
    server: Option<Server>,
    document: Option<Document>,
}

impl Engine {
    /// Opens and converts; the first file that cannot be used is the end of it.
    pub(super) async fn gather(
        &self,
        files: Vec<File>,
        tell: &(dyn Fn(Stage) + Sync),
    ) -> Result<Gathered, ImportError> {
        if files.is_empty() {
            return Err(ImportError::NoFiles);
        }
        if files.len() > MOST || files.iter().map(|file| file.bytes.len() as u64).sum::<u64>() > LIMITS.unpacked {
            return Err(ImportError::TooLarge);
        }
        let mut reports = Vec::with_capacity(files.len());
        let mut pieces: Vec<(usize, Piece)> = Vec::new();
        let mut left = LIMITS.unpacked;
        for (number, file) in files.into_iter().enumerate() {
            let (name, limits) = (shown(&file.name), Limits { unpacked: left, ..LIMITS });
            let opened = tokio::task::spawn_blocking(move || open(&file.name, &file.bytes, &limits));
            let opened = opened.await.map_err(|_| ImportError::Interrupted)?;
            let Opened { pieces: found, ignored } =
                opened.map_err(|error| ImportError::File { file: number, error })?;
            let size: u64 = found.iter().map(|piece| piece.bytes.len() as u64).sum();
            left = left.checked_sub(size).ok_or(ImportError::TooLarge)?;
            let form = match &found[..] {
                [one] => one.form.as_str(),
                _ => "package",
            };
            reports.push(FileReport { name, form, documents: found.len() as u64, ignored, ..FileReport::default() });
            pieces.extend(found.into_iter().map(|piece| (number, piece)));
            if pieces.len() > LIMITS.pieces {
                return Err(ImportError::TooLarge);
            }
        }
        let of = pieces.len();
        tell(Stage::Read { done: 0, of });
        let at = self.now();
        let mut worked = Vec::with_capacity(of);
        let mut working = stream::iter(pieces)
            .map(|(file, piece)| async move {
                let room = self.inner.conversions.clone().acquire_owned().await;
                let work = tokio::task::spawn_blocking(move || {
                    let worked = work(file, piece, at);
                    drop(room);
                    worked
                });
                work.await.map_err(|_| ImportError::Interrupted)?.map_err(|error| ImportError::File { file, error })
            })
            .buffered(AT_ONCE);
        while let Some(one) = working.try_next().await? {
            worked.push(one);
            tell(Stage::Read { done: worked.len(), of });
        }
        drop(working);
        check_about_a_person(&worked)?;
        let pieces = parts(worked, &mut reports);
        Ok(Gathered { files: reports, pieces, at })
    }
}

fn work(file: usize, piece: Piece, received_at: Timestamp) -> Result<Worked, FileError> {
    let Piece { name, form, .. } = &piece;
    if *form != Form::Ccda {
        let resources = land(&piece)?;
        let told = if matches!(form, Form::Fhir | Form::Ndjson) { Told::of(&resources) } else { Told::default() };
        let server = server(*form, &piece.bytes, &resources);
        return Ok(Worked { file, name: name.clone(), resources, form: *form, told, server, document: None });
    }
    let (document, resources) =
        convert(&piece.bytes, received_at).map_err(|fault| FileError { piece: name.clone(), fault })?;
    let undated = document.about.written_at.is_none().then_some(piece.bytes);
    let document = Document { undated, ..document };
    let told = Told::default();
    Ok(Worked { file, name: piece.name, resources, form: Form::Ccda, told, server: None, document: Some(document) })
}

/// A C-CDA that came as a file: the conversion makes the resources that stand for the document, too.
pub(super) fn convert(xml: &[u8], received_at: Timestamp) -> Result<(Document, Vec<Landed>), Fault> {
    let converted = ccda::convert(xml, &ccda::Origin { document: None, patient: None, received_at })?;
    let (reference, own) = standing_for(&converted.resources);
    let document = Document { reference, own, about: converted.about, undated: None, losses: converted.losses };
    Ok((document, converted.resources))
}

/// The `DocumentReference` that holds the document, and everything that only stands for it.
fn standing_for(resources: &[Landed]) -> (Option<String>, Vec<String>) {
    let binaries = resources.iter().filter(|one| one.kind == "Binary").map(Landed::key).collect::<Vec<_>>();
    let holds = |one: &&Landed| {
        let text = String::from_utf8_lossy(&one.json);
        binaries.iter().any(|binary| text.contains(&format!("\"{binary}\"")))
    };
    let references: Vec<&Landed> = resources.iter().filter(|one| one.kind == "DocumentReference").collect();
    let reference = references.iter().copied().find(holds).or(references.first().copied()).map(Landed::key);
    let own = reference.iter().cloned().chain(binaries).collect();
    (reference, own)
}

/// FHIR that is about nobody helps nobody, unless it came along with FHIR that is about somebody.
fn check_about_a_person(worked: &[Worked]) -> Result<(), ImportError> {
    let fhir = |one: &&Worked| matches!(one.form, Form::Fhir | Form::Ndjson);
    let anybody = worked.iter().any(|one| !fhir(&one) || one.told.personal);
    for one in worked.iter().filter(fhir) {
        let same_file = || worked.iter().any(|other| other.file == one.file && (!fhir(&other) || other.told.personal));
        if !anybody || (one.told.foreign && !one.told.personal && !same_file()) {
            let error = FileError { piece: one.name.clone(), fault: Fault::Nobody };
            return Err(ImportError::File { file: one.file, error });
        }
    }
    Ok(())
}

/// Gives each piece its source, and counts.
fn parts(worked: Vec<Worked>, reports: &mut [FileReport]) -> Vec<Part> {
    let names: Vec<(String, String)> = worked.iter().flat_map(|one| one.told.organizations.clone()).collect();
    let keeper = |told: &Told| match told.keeper.as_ref()? {
        Keeper::Named(name) => Some(Origin::named(name)),
        Keeper::Referred(key) => names.iter().find(|(known, _)| known == key).map(|(_, name)| Origin::named(name)),
    };
    let kept: Vec<Origin> = worked.iter().filter_map(|one| keeper(&one.told)).collect();
    let served: Vec<Origin> = worked.iter().filter_map(|one| one.server.as_ref()).map(Origin::of_server).collect();
    // What an export has in files of its own belongs to the one who made it.
    let only = |all: &[Origin]| all.first().filter(|first| all.iter().all(|one| one.id == first.id)).cloned();
    let (only_keeper, only_server) = (only(&kept), only(&served));
    let mut parts = Vec::with_capacity(worked.len());
    for one in worked {
        let Worked { file, name, resources, form, told, server, document } = one;
        let report = &mut reports[file];
        for resource in &resources {
            *report.resources.entry(resource.kind.clone()).or_default() += 1;
        }
        let origin = match (&document, form) {
            (Some(document), _) => Some(Origin::of_custodian(document.about.custodian.as_ref())),
            (None, Form::Fhir | Form::Ndjson) => {
                let companion = |only: &Option<Origin>| only.clone().filter(|_| told.people.is_empty());
                let served = || server.as_ref().map(Origin::of_server).or_else(|| companion(&only_server));
                keeper(&told).or_else(|| companion(&only_keeper)).or_else(served)
            }
            (None, _) => Some(Origin::unnamed()),
        };
        let unnamed = origin.is_none();
        let origin = origin.unwrap_or_else(Origin::unnamed);
        let people = match &document {
            Some(document) => vec![document.about.patient.clone()],
            None => told.people,
        };
        if let Some(document) = &document {
            report.losses.get_or_insert_default().add(&document.losses.totals());
        }
        parts.push(Part { file, name, origin, unnamed, people, resources, document });
    }
    parts
}
