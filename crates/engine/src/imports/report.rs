//! What an import did, for people and machines. Holds no content of a record.

use std::collections::BTreeMap;

use ::records::ccda::{Losses, Totals};
use domain::{ConnectionId, SourceId};
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ImportReport {
    /// In the order they were given.
    pub files: Vec<FileReport>,
    /// Of the C-CDA documents in the files, in their order.
    pub documents: Vec<DocumentReport>,
    /// Where what was in them is kept, in the order they were met.
    pub sources: Vec<SourceReport>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FileReport {
    /// Without its folder and without characters that could mislead.
    pub name: String,
    /// `ccda`, `fhir`, `ndjson`, `pdf`, `image`, or `package` when it holds several.
    pub form: &'static str,
    /// Documents, bundles, PDFs and images inside.
    pub documents: u64,
    /// Names of the sources they belong to.
    pub sources: Vec<String>,
    /// FHIR resources that were not there yet, that were there otherwise, and that were there already.
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    /// FHIR resources by type.
    pub resources: BTreeMap<String, u64>,
    /// Of the C-CDA documents inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub losses: Option<Totals>,
    /// What lay beside the records and was left, e.g. style sheets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

/// What became of one C-CDA document, entry by entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentReport {
    /// The path inside the packages it lay in, else the file's name.
    pub name: String,
    #[serde(flatten)]
    pub losses: Losses,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    pub connection: ConnectionId,
    pub source: SourceId,
    pub name: String,
    /// It was not connected before.
    pub connected: bool,
    /// Records of this source by kind, those of earlier imports included; empty until they are mapped.
    pub records: BTreeMap<String, u64>,
}
