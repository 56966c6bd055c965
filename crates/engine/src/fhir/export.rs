//! Bulk Data for one person: a job is nothing but what was asked, sealed into its id.
//!
//! There is nothing to wait for: files are read from the store when they are fetched, a window at a time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use domain::Timestamp;
use futures_util::stream::{self, Stream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::FhirError;
use super::everything::{instant, kinds};
use super::kinds::{KINDS, Kind, kind};
use super::query::{Asked, QueryError};
use crate::Engine;
use crate::apps::sha256;
use crate::sealing::Aad;
use crate::tokens::Access;

/// The media type of the files.
pub const NDJSON: &str = "application/fhir+ndjson";
/// How long a job can be asked for.
const LIFETIME: i64 = 24 * 60 * 60 * 1000;
/// Jobs whose deletion is remembered.
const DELETED: usize = 10_000;

/// Ids of jobs that were deleted, as hashes. They would end by themselves within a day.
pub(super) struct Deleted(quick_cache::sync::Cache<[u8; 32], ()>);

impl Default for Deleted {
    fn default() -> Deleted {
        Deleted(quick_cache::sync::Cache::new(DELETED))
    }
}

/// What is to be exported.
#[derive(Debug, Clone)]
pub struct Export {
    since: Option<Timestamp>,
    kinds: Vec<&'static Kind>,
}

/// An export that was begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// When it was asked for: what changed later is not in it.
    at: i64,
    since: Option<i64>,
    /// Names of types; empty is all.
    kinds: Vec<String>,
    request: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("there is no such export: it ended, or it is another person's")]
    Unknown,
    #[error(transparent)]
    Fhir(#[from] FhirError),
}

impl Export {
    /// # Errors
    /// Values that cannot be read, formats that are not offered; when strict, also unknown parameters.
    pub fn parse(asked: &Asked<'_>) -> Result<Export, QueryError> {
        let mut export = Export { since: None, kinds: Vec::new() };
        for (name, value) in asked.pairs.iter().filter(|(_, value)| !value.is_empty()) {
            let unreadable = || QueryError::Value(name.clone());
            match name.as_str() {
                "_since" => export.since = Some(instant(value).ok_or_else(unreadable)?),
                "_type" => export.kinds.extend(kinds(value).ok_or_else(unreadable)?),
                "_outputFormat" => {
                    // A `+` arrives as a blank.
                    let format = value.replace(' ', "+");
                    if ![NDJSON, "application/ndjson", "ndjson"].contains(&format.as_str()) {
                        return Err(QueryError::Unsupported(name.clone()));
                    }
                }
                "_format" | "_pretty" | "access_token" | "fhirVersion" => {}
                _ if asked.strict => return Err(QueryError::Unknown(name.chars().take(64).collect())),
                _ => {}
            }
        }
        export.kinds.dedup();
        Ok(export)
    }
}

impl Job {
    pub fn started_at(&self) -> Timestamp {
        Timestamp(self.at)
    }

    pub fn expires_at(&self) -> Timestamp {
        Timestamp(self.at.saturating_add(LIFETIME))
    }

    fn wants(&self, kind: &Kind) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|name| name == kind.name)
    }

    fn includes(&self, row: &super::holdings::Row) -> bool {
        row.changed <= self.at && self.since.is_none_or(|since| row.changed >= since)
    }
}

fn aad() -> Aad<'static> {
    Aad { table: "fhir exports", row: "", column: "job" }
}

impl Engine {
    /// Begins an export; `request` is the address it was asked at. Answers its id.
    ///
    /// # Errors
    /// When the person's key cannot be had.
    pub fn fhir_export(&self, access: &Access, export: &Export, request: &str) -> Result<String, FhirError> {
        let key = self.data_key(access.human_id, &access.wrapped_key)?;
        let job = Job {
            at: self.now().0,
            since: export.since.map(|since| since.0),
            kinds: export.kinds.iter().map(|kind| kind.name.to_owned()).collect(),
            request: request.to_owned(),
        };
        Ok(URL_SAFE_NO_PAD.encode(key.seal_json(aad(), &job)))
    }

    /// # Errors
    /// `Unknown` for anything but a running job of this person.
    pub fn fhir_export_job(&self, access: &Access, id: &str) -> Result<Job, ExportError> {
        let key = self.data_key(access.human_id, &access.wrapped_key).map_err(FhirError::from)?;
        let sealed = URL_SAFE_NO_PAD.decode(id).map_err(|_| ExportError::Unknown)?;
        let job: Job = key.open_json(aad(), &sealed).map_err(|_| ExportError::Unknown)?;
        let deleted = self.inner.fhir.deleted.0.get(&sha256(id.as_bytes())).is_some();
        match job.expires_at() <= self.now() || deleted {
            true => Err(ExportError::Unknown),
            false => Ok(job),
        }
    }

    /// Ends a job before its time. The memory of it is this process's.
    pub fn fhir_export_delete(&self, id: &str) {
        self.inner.fhir.deleted.0.insert(sha256(id.as_bytes()), ());
    }

    /// What the job gives: one file for each type there is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fhir_export_manifest(&self, access: &Access, id: &str, job: &Job) -> Result<Bytes, FhirError> {
        let view = self.view(access).await?;
        let base = format!("{}/$export/{id}", self.fhir_base());
        let mut output = Vec::new();
        for kind in KINDS.iter().filter(|kind| job.wants(kind)) {
            let count = view.holdings.of_kind(kind).filter(|(_, row)| job.includes(row)).count();
            if count > 0 {
                let url = format!("{base}/{}.ndjson", kind.name);
                output.push(json!({ "type": kind.name, "url": url, "count": count }));
            }
        }
        let manifest = json!({
            "transactionTime": job.started_at().to_iso(),
            "request": job.request,
            "requiresAccessToken": true,
            "output": output,
            "error": [],
        });
        Ok(manifest.to_string().into())
    }

    /// The file of one type, line by line, as it is read. `None` when the job has no such file.
    ///
    /// # Errors
    /// When it cannot be begun; later failures end the stream.
    pub async fn fhir_export_file(
        &self,
        access: &Access,
        job: &Job,
        file: &str,
    ) -> Result<Option<impl Stream<Item = Result<Bytes, FhirError>> + Send + use<>>, FhirError> {
        let Some(kind) = file.strip_suffix(".ndjson").and_then(kind).filter(|kind| job.wants(kind)) else {
            return Ok(None);
        };
        let view = self.view(access).await?;
        let windows = view.windows(kind, |row| job.includes(row));
        if windows.is_empty() {
            return Ok(None);
        }
        let lines = stream::iter(windows).then(move |window| {
            let view = view.clone();
            async move {
                let mut lines = Vec::new();
                for (_, body) in view.bodies(&window).await? {
                    // Line breaks in JSON are blanks, so one line it is.
                    lines.extend(body.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
                    lines.push(b'\n');
                }
                Ok(Bytes::from(lines))
            }
        });
        Ok(Some(lines))
    }
}
