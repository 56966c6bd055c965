//! `tributary import`

use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use domain::ClientId;
use engine::imports::{self, DocumentReport, Fate, Fault, File, ImportError, ImportReport, LIMITS, Stage, shown};
use serde_json::json;

use crate::Failure;
use crate::place::Place;

/// Read health records from files into one user's record.
///
/// Takes what portals let people download: C-CDA documents (XML), zips of them (IHE XDM), FHIR R4
/// resources and bundles (JSON), NDJSON, any of these packed with gzip, and PDFs and images, which
/// are kept as documents. A file is known by what is in it, not by its name.
///
/// All files of one call are stored together or not at all. They become sources of the user's, named
/// after the organization that keeps each record. The same file twice changes nothing.
///
/// May run beside a running server, which shows the records within 5 seconds.
#[derive(Args)]
#[command(after_help = "Examples:
  tributary import my-health.zip --app 3f0c… --user ada
  tributary import downloads/ --app 3f0c… --user ada --json
  curl -s https://example.org/Bundle.json | tributary import - --app 3f0c… --user ada

Exit codes: 0 imported, 1 not imported and nothing stored, 2 wrong usage.")]
pub struct Import {
    /// Files; a folder stands for the files in it, without its subfolders; - reads standard input.
    #[arg(required = true, value_name = "FILE")]
    from: Vec<PathBuf>,
    /// The app the user belongs to, as `tributary app list` shows it.
    #[arg(long, value_name = "CLIENT_ID")]
    app: ClientId,
    /// The app's own key for the user; a new one makes a new user.
    #[arg(long, value_name = "CLIENT_USER_ID")]
    user: String,
    /// Tell of every C-CDA document what of it was not read, entry by entry.
    #[arg(long)]
    losses: bool,
    /// Machine-readable output.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// What lay in a folder and was left, and why.
struct Skipped {
    name: String,
    why: &'static str,
    text: String,
}

/// Everything to import, within what an import may hold.
#[derive(Default)]
struct Pile {
    files: Vec<File>,
    skipped: Vec<Skipped>,
    size: u64,
}

impl Import {
    pub async fn run(self) -> Result<(), Failure> {
        if self.user.trim().is_empty() {
            return Err("--user must not be empty".into());
        }
        let (_, engine) = self.place.engine().await?;
        if engine.find_app(self.app).await?.is_none() {
            return Err(format!("unknown client {}; `tributary app list` shows the apps", self.app).into());
        }
        let from = self.from;
        let pile = tokio::task::spawn_blocking(move || Pile::gather(&from)).await??;
        let Pile { files, skipped, .. } = pile;
        if !self.json {
            for one in &skipped {
                eprintln!("skipped {}: {}", one.name, one.text);
            }
        }
        let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
        let progress = Progress(Mutex::new(Instant::now()));
        let done = engine.import_for(self.app, &self.user, files, &|stage| progress.tell(stage)).await;
        match done {
            Ok((report, new)) => {
                match self.json {
                    true => println!("{}", machine(&self.user, new, &report, &skipped, self.losses)),
                    false => print!("{}", human(&self.user, new, &report, self.losses)),
                }
                Ok(())
            }
            Err(error) => {
                let name = error.file().and_then(|file| names.get(file));
                if self.json {
                    let piece = match &error {
                        ImportError::File { error, .. } => Some(&error.piece),
                        _ => None,
                    };
                    let told = json!({ "code": error.code(), "file": name, "piece": piece, "message": told(&error) });
                    println!("{}", json!({ "error": told }));
                }
                Err(match name {
                    Some(name) => format!("{name}: {}; nothing was stored", told(&error)).into(),
                    None => format!("{}; nothing was stored", told(&error)).into(),
                })
            }
        }
    }
}

/// What went wrong, with the piece of a package that is to blame.
fn told(error: &ImportError) -> String {
    match error {
        ImportError::File { error, .. } if error.piece.contains('/') => format!("{}: {}", error.piece, error.fault),
        ImportError::File { error, .. } => error.fault.to_string(),
        ImportError::OtherPerson { .. } => "it is about another person than what is there".to_owned(),
        ImportError::TooLarge => "the files are too many or too large together; import them in parts".to_owned(),
        other => other.to_string(),
    }
}

impl Pile {
    fn gather(from: &[PathBuf]) -> Result<Pile, Failure> {
        let mut pile = Pile::default();
        for path in from {
            if path.as_os_str() == "-" {
                let mut bytes = Vec::new();
                std::io::stdin().lock().take(LIMITS.packed + 1).read_to_end(&mut bytes)?;
                pile.add("standard input".to_owned(), bytes)?;
            } else if path.is_dir() {
                pile.folder(path)?;
            } else {
                let bytes = Pile::read(path)?;
                pile.add(name(path), bytes)?;
            }
        }
        match pile.files.is_empty() {
            true => Err("there are no health records to import".into()),
            false => Ok(pile),
        }
    }

    fn folder(&mut self, folder: &Path) -> Result<(), Failure> {
        let failed = |error| format!("{}: {error}", folder.display());
        let entries = std::fs::read_dir(folder).map_err(failed)?;
        let mut paths = entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Result<Vec<_>, Failure>>()?;
        paths.sort();
        for path in paths {
            let mut skip =
                |why, text: &str| self.skipped.push(Skipped { name: name(&path), why, text: text.to_owned() });
            if path.is_dir() {
                skip("folder", "a folder inside the folder");
                continue;
            }
            if name(&path).starts_with('.') || !path.is_file() {
                skip("hidden", "not a file to be seen");
                continue;
            }
            let file = File { name: name(&path), bytes: Pile::read(&path)? };
            match imports::look(&file) {
                Err(error) if matches!(error.fault, Fault::NotARecord(_) | Fault::Empty) => {
                    skip(error.fault.code(), &error.fault.to_string());
                }
                // What is damaged is told by the import itself.
                _ => self.add(file.name, file.bytes)?,
            }
        }
        Ok(())
    }

    /// Looks at the size first.
    fn read(path: &Path) -> Result<Vec<u8>, Failure> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let size = std::fs::metadata(path).map_err(failed)?.len();
        if size > LIMITS.packed {
            return Err(too_large(&path.display().to_string()));
        }
        let mut bytes = Vec::new();
        // It may grow, or be a pipe that never ends.
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(LIMITS.packed + 1).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    fn add(&mut self, name: String, bytes: Vec<u8>) -> Result<(), Failure> {
        if bytes.len() as u64 > LIMITS.packed {
            return Err(too_large(&name));
        }
        self.size += bytes.len() as u64;
        if self.size > LIMITS.unpacked {
            return Err(format!("{}; nothing was stored", told(&ImportError::TooLarge)).into());
        }
        self.files.push(File { name, bytes });
        Ok(())
    }
}

fn too_large(name: &str) -> Failure {
    let most = LIMITS.packed / 1024 / 1024;
    format!("{name}: {} (more than {most} MiB); nothing was stored", Fault::TooLarge).into()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// A line now and then, for those who wait.
struct Progress(Mutex<Instant>);

impl Progress {
    fn tell(&self, stage: Stage) {
        const NOW_AND_THEN: Duration = Duration::from_secs(2);
        let Ok(mut last) = self.0.lock() else { return };
        if last.elapsed() < NOW_AND_THEN {
            return;
        }
        *last = Instant::now();
        match stage {
            Stage::Read { done, of } => eprintln!("read {done} of {of}"),
            Stage::Stored => eprintln!("stored; sorting the records"),
        }
    }
}

fn machine(user: &str, new: bool, report: &ImportReport, skipped: &[Skipped], losses: bool) -> serde_json::Value {
    let skipped: Vec<_> = skipped.iter().map(|one| json!({ "name": one.name, "why": one.why })).collect();
    let mut out =
        json!({ "user": user, "created": new, "files": report.files, "sources": report.sources, "skipped": skipped });
    if losses {
        out["documents"] = json!(report.documents);
    }
    out
}

fn human(user: &str, new: bool, report: &ImportReport, losses: bool) -> String {
    let mut out = String::new();
    if new {
        let _ = writeln!(out, "{user} is a new user of this app.\n");
    }
    let width = report.files.iter().map(|file| file.name.chars().count()).max().unwrap_or(0).max(4);
    let _ =
        writeln!(out, "{:width$}  {:7}  {:>7}  {:>7}  {:>9}  source", "file", "kind", "new", "changed", "unchanged");
    for file in &report.files {
        let sources = file.sources.join(", ");
        let (name, form) = (&file.name, file.form);
        let _ = writeln!(
            out,
            "{name:width$}  {form:7}  {:>7}  {:>7}  {:>9}  {sources}",
            file.new, file.changed, file.unchanged
        );
        if let Some(losses) = file.losses.as_ref().filter(|losses| losses.entries > 0) {
            let _ = write!(out, "{:width$}  {} of {} entries read", "", losses.mapped, losses.entries);
            for (what, lost) in [("not read", &losses.lost), ("parts not read", &losses.parts)] {
                let lost = lost.iter().map(|(reason, count)| format!("{reason} {count}")).collect::<Vec<_>>();
                if !lost.is_empty() {
                    let _ = write!(out, "; {what}: {}", lost.join(", "));
                }
            }
            let _ = writeln!(out);
        }
        if !file.ignored.is_empty() {
            let _ = writeln!(out, "{:width$}  left out: {}", "", file.ignored.join(", "));
        }
    }
    if losses {
        report.documents.iter().for_each(|document| lost(&mut out, document));
    }
    for source in &report.sources {
        let state = if source.connected { ", now connected" } else { "" };
        let records: Vec<String> = source.records.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let records = if records.is_empty() { "no records yet".to_owned() } else { records.join(", ") };
        let _ = writeln!(out, "\n{}{state}\n  {records}", source.name);
    }
    out
}

/// What of a document was not read, section by section.
fn lost(out: &mut String, document: &DocumentReport) {
    let _ = writeln!(out, "\n{}", document.name);
    let mut whole = true;
    for section in &document.losses.sections {
        let title = section.title.as_deref().or(section.code.as_deref()).unwrap_or("a section without a title");
        let title = shown(title);
        for (number, entry) in section.entries.iter().enumerate() {
            let number = number + 1;
            if let Fate::Lost(reason) = entry.fate {
                whole = false;
                let _ = writeln!(out, "  {title}, entry {number}: {reason} ({})", shown(&entry.what));
            }
            for part in &entry.parts {
                whole = false;
                let (count, reason, what) = (part.count, part.reason, shown(&part.what));
                let _ = writeln!(out, "  {title}, entry {number}: {count} parts {reason} ({what})");
            }
        }
    }
    if whole {
        let _ = writeln!(out, "  every entry was read");
    }
}
