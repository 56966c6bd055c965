//! C-CDA files and folders as documents; fragments are wrapped into a document of ours.

mod fragments;

use std::io::Read;
use std::path::{Path, PathBuf};

/// One document to convert.
pub struct Source {
    /// Path below the folder it was found in.
    pub name: String,
    pub xml: Vec<u8>,
    /// The file holds a part of a document, and we wrote the rest.
    pub fragment: bool,
}

/// The folder of sample data: `TRIBUTARY_CORPORA`, or `shared/data` beside the repository.
pub fn corpora() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("TRIBUTARY_CORPORA").map_or_else(beside, PathBuf::from)
}

/// Every `.xml` and `.xml.gz` at or below a path, in the order of their names.
///
/// # Errors
/// When a file or folder cannot be read.
pub fn gather(path: &Path) -> std::io::Result<Vec<Source>> {
    let mut files = Vec::new();
    walk(path, &mut files)?;
    files.sort();
    let base = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    files
        .iter()
        .map(|file| {
            let name = file.strip_prefix(base).unwrap_or(file).to_string_lossy().into_owned();
            Ok(source(name, unpacked(file)?))
        })
        .collect()
}

/// The bytes as a document: as they are, or wrapped.
pub fn source(name: String, bytes: Vec<u8>) -> Source {
    match fragments::wrapped(&name, &bytes) {
        Some(xml) => Source { name, xml, fragment: true },
        None => Source { name, xml: bytes, fragment: false },
    }
}

fn walk(path: &Path, out: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            walk(&entry?.path(), out)?;
        }
    } else if [".xml", ".xml.gz"].iter().any(|end| path.to_string_lossy().ends_with(end)) {
        out.push(path.to_owned());
    }
    Ok(())
}

/// The bytes of a file, unpacked when it is compressed.
///
/// # Errors
/// When the file cannot be read or is no gzip.
pub fn unpacked(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(bytes);
    }
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut out)?;
    Ok(out)
}
