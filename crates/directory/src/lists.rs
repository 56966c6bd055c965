//! The lists in which providers are published. What a list is shows in its content, never in its file's name.

use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::brands::BundleError;
use crate::listings::{Listing, Rejected};

mod locations;

/// A list is never larger than this when unpacked.
pub const MAX_BYTES: usize = crate::brands::MAX_BYTES;

/// One list, read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct List {
    pub name: String,
    pub format: Format,
    pub rows: u64,
    pub listings: Vec<Listing>,
    pub rejected: Rejected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One organization or site a line, as JSON.
    Locations,
}

/// Why a list cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("is larger than 256 MiB unpacked")]
    TooLarge,
    #[error("is broken where it is packed")]
    Gzip,
    #[error("is of no known format: {0}")]
    Unknown(String),
    #[error("{0}")]
    Bundle(BundleError),
}

/// Reads a list, packed or not.
///
/// # Errors
/// [`ListError`] when nothing of it can be used.
pub fn read(name: &str, bytes: &[u8]) -> Result<List, ListError> {
    let unpacked = unpack(bytes)?;
    let bytes = unpacked.as_deref().unwrap_or(bytes);
    let mut list = List {
        name: name.to_owned(),
        format: Format::Locations,
        rows: 0,
        listings: vec![],
        rejected: Rejected::default(),
    };
    locations::read(bytes, &mut list);
    Ok(list)
}

/// `None` when the bytes are not packed.
fn unpack(bytes: &[u8]) -> Result<Option<Vec<u8>>, ListError> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return if bytes.len() > MAX_BYTES { Err(ListError::TooLarge) } else { Ok(None) };
    }
    let mut plain = Vec::new();
    let mut packed = flate2::read::MultiGzDecoder::new(bytes).take(MAX_BYTES as u64 + 1);
    packed.read_to_end(&mut plain).map_err(|_| ListError::Gzip)?;
    if plain.len() > MAX_BYTES { Err(ListError::TooLarge) } else { Ok(Some(plain)) }
}
