//! Lists as they are stored: gzipped JSON.

use std::io::{Read, Write};

use ::directory::lists::{Format, List};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// `bundle`, `lantern`, …
pub(super) fn word(format: Format) -> String {
    match serde_json::to_value(format) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

pub(super) fn seal(list: &List) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    let written = serde_json::to_vec(list).map_err(std::io::Error::from).and_then(|json| out.write_all(&json));
    written.and_then(|()| out.finish()).expect("a list can be written to memory")
}

/// `None` when another version wrote it in a form we do not know.
pub(super) fn open(body: &[u8]) -> Option<List> {
    let mut json = Vec::new();
    GzDecoder::new(body).read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}
