//! Files people have: opened, converted, and kept as sources like any other.
//!
//! An import stores everything of all its files in one commit, or nothing. What it stored is mapped by the
//! same job that maps what a hospital gave, so a run that is cut off goes on by itself.

use std::time::Duration;

pub use ::records::ccda::Fate;
use ::records::files::Limits;
pub use ::records::files::{Fault, FileError, shown};
use domain::connect::Announced;
use domain::{ClientId, HumanId, Profile, Step, UserId};
use store::Batch;

use crate::connect::{ConnectError, Visit};
use crate::connections::open_report;
use crate::keys::random;
use crate::sealing::{DataKey, SealingError};
use crate::{Engine, syncs};

mod gather;
mod people;
mod plan;
mod report;
mod sources;
#[cfg(test)]
mod tests;
mod unnamed;

pub(crate) use plan::sealed_row;
pub use report::{DocumentReport, FileReport, ImportReport, SourceReport};
pub use sources::FILES;

use gather::Gathered;

/// One file as the person gave it.
#[derive(Clone)]
pub struct File {
    /// As it is called on the person's device; only shown.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Where an import is, for those who watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Documents and bundles opened so far, of all that there are.
    Read { done: usize, of: usize },
    /// Everything is stored; the records come next.
    Stored,
}

/// Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// One of the files cannot be used; `file` is its place among those given.
    #[error("a file cannot be used: {error}")]
    File { file: usize, error: FileError },
    /// One of the files speaks of somebody else than the others, or than what its source has told before.
    #[error("a file is about another person")]
    OtherPerson { file: usize },
    #[error("there are no files")]
    NoFiles,
    #[error("the files are too many or too large together")]
    TooLarge,
    #[error("no such app")]
    UnknownApp,
    #[error("the app is disabled")]
    AppDisabled,
    #[error("no such user")]
    UnknownHuman,
    #[error("the work was interrupted")]
    Interrupted,
    /// The visit to the widget cannot go on.
    #[error(transparent)]
    Visit(#[from] ConnectError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] SealingError),
}

impl ImportError {
    /// A stable word for texts and machines, e.g. `web_page`, `zip_bomb`, `other_person`.
    pub fn code(&self) -> &'static str {
        match self {
            ImportError::File { error, .. } => error.fault.code(),
            ImportError::OtherPerson { .. } => "other_person",
            ImportError::NoFiles => "no_files",
            ImportError::TooLarge => "too_large",
            ImportError::UnknownApp => "unknown_app",
            ImportError::AppDisabled => "app_disabled",
            ImportError::UnknownHuman => "unknown_user",
            ImportError::Interrupted | ImportError::Visit(_) | ImportError::Store(_) | ImportError::Sealing(_) => {
                "failed"
            }
        }
    }

    /// The place of the file that is to blame, among those given.
    pub fn file(&self) -> Option<usize> {
        match self {
            ImportError::File { file, .. } | ImportError::OtherPerson { file } => Some(*file),
            _ => None,
        }
    }
}

/// What a whole import may hold; for pages and commands that refuse what is too large before they read it.
pub const LIMITS: Limits = Limits::DEFAULT;

/// How often an import is planned again when somebody else was faster.
const TRIES: usize = 3;
/// How long a terminal waits for the records; they come all the same.
const PATIENCE: Duration = Duration::from_secs(600);

/// An import as the widget goes on from it.
pub struct Imported {
    /// Its step is the progress of the first source.
    pub visit: Visit,
    pub report: ImportReport,
}

impl Engine {
    /// In the widget: opens, converts and stores the files, connects their sources, and moves the visit to the
    /// progress of the first of them. The records appear when the job that this leaves behind has run.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was stored then.
    pub async fn import(&self, visit: &Visit, files: Vec<File>) -> Result<Imported, ImportError> {
        self.count_action(visit)?;
        let Ok(_room) = self.inner.imports.acquire().await else { return Err(ImportError::Interrupted) };
        let mut gathered = self.gather(files, &|_| {}).await?;
        let planned = self.plan(visit.human_id, visit.app.client_id, &visit.key, &mut gathered).await?;
        let connections = planned.connections();
        let first = *connections.first().ok_or(ImportError::NoFiles)?;
        let rows = |batch: &mut Batch| planned.put(batch);
        let visit = self.change_with(visit, rows, |session| {
            session.disconnected.retain(|gone| !connections.contains(gone));
            for connection in &connections {
                session.announced.retain(|said| *said != Announced::Connected(*connection));
                if !session.connected.contains(connection) {
                    session.connected.push(*connection);
                }
            }
            session.step = Step::Progress { connection: first };
        });
        let visit = visit.await?;
        self.inner.wake.notify_one();
        Ok(Imported { visit, report: planned.report })
    }

    /// At the terminal: the same for an app's user, who is created when new (the `bool`), and maps the records
    /// before it returns.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was stored then.
    pub async fn import_for(
        &self,
        client_id: ClientId,
        client_user_id: &str,
        files: Vec<File>,
        tell: &(dyn Fn(Stage) + Sync),
    ) -> Result<(ImportReport, bool), ImportError> {
        let app = self.find_app(client_id).await?.ok_or(ImportError::UnknownApp)?;
        if app.disabled_at.is_some() {
            return Err(ImportError::AppDisabled);
        }
        let Ok(_room) = self.inner.imports.acquire().await else { return Err(ImportError::Interrupted) };
        let mut gathered = self.gather(files, tell).await?;
        let mut tries = TRIES;
        let (human_id, key, mut report, new) = loop {
            tries -= 1;
            match self.import_once(client_id, client_user_id, &mut gathered).await {
                Err(ImportError::Store(store::Error::Conflict)) if tries > 0 => {}
                done => break done?,
            }
        };
        tell(Stage::Stored);
        self.finish(human_id, &key, &mut report).await?;
        Ok((report, new))
    }

    /// One look, one commit.
    async fn import_once(
        &self,
        client_id: ClientId,
        client_user_id: &str,
        gathered: &mut Gathered,
    ) -> Result<(HumanId, DataKey, ImportReport, bool), ImportError> {
        let (user_key, now) = (self.user_key(client_id, client_user_id), self.now());
        let profile = Profile { client_user_id: client_user_id.to_owned(), email: None, extra_scopes: Vec::new() };
        let mut batch = Batch::new();
        let known = store::humans::find_by_key(self.db(), client_id, &user_key).await?;
        let new = known.as_ref().is_none_or(|human| human.deleted_at.is_some());
        let (human_id, wrapped_key) = match known {
            Some(human) if human.deleted_at.is_some() => {
                // What a deletion left undone is done first; who comes back has nothing.
                self.finish_erasing(human.human_id).await.map_err(|_| ImportError::Interrupted)?;
                let owner = (client_id, user_key);
                let anew = self.new_human(human.human_id, human.user_id, owner, &profile, human.created_at)?;
                store::humans::revive(&mut batch, human.human_id, now);
                store::humans::erase(&mut batch, human.human_id);
                store::humans::insert_if_absent(&mut batch, &anew);
                (human.human_id, anew.wrapped_key)
            }
            Some(human) => (human.human_id, human.wrapped_key),
            None => {
                let owner = (client_id, user_key);
                let human = self.new_human(HumanId(random()), UserId(random()), owner, &profile, now)?;
                store::humans::insert_if_absent(&mut batch, &human);
                (human.human_id, human.wrapped_key)
            }
        };
        let key = self.data_key(human_id, &wrapped_key)?;
        let planned = self.plan(human_id, client_id, &key, gathered).await?;
        planned.put(&mut batch);
        self.db().commit(batch).await?;
        self.inner.wake.notify_one();
        Ok((human_id, key, planned.report, new))
    }

    /// Maps what was stored, and counts what it gave.
    async fn finish(&self, human_id: HumanId, key: &DataKey, report: &mut ImportReport) -> Result<(), ImportError> {
        for source in &mut report.sources {
            let subject = source.connection.to_hex();
            self.run_now((syncs::JOB, human_id, &subject), PATIENCE).await?;
            if let Some(row) = store::connections::find(self.db(), human_id, source.connection).await? {
                source.records = open_report(key, &row)?.records.into_iter().collect();
            }
        }
        Ok(())
    }
}

/// Whether there are records in a file at all, for those who take whatever lies in a folder.
///
/// # Errors
/// Why it cannot be used.
pub fn look(file: &File) -> Result<(), FileError> {
    ::records::files::open(&file.name, &file.bytes, &LIMITS).map(drop)
}
