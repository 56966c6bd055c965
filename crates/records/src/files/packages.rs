//! Packages: zip and gzip, one inside another, unpacked no further than the limits go.

use std::io::{Cursor, ErrorKind, Read};

use flate2::read::MultiGzDecoder;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::names::{last, shown};
use super::sniff::{Content, sniff};
use super::{Fault, FileError, Instead, Limits, Opened, Piece};

/// Packages around a piece.
const DEPTH: usize = 2;
const CHUNK: usize = 64 * 1024;
/// More than this a zip without the 64-bit extension cannot claim to hold.
const CLAIMED: u64 = 65_535;

/// One file on its way to its pieces.
pub struct Opening<'a> {
    limits: &'a Limits,
    /// Bytes that may still be unpacked.
    left: u64,
    /// Entries of packages met so far.
    entries: usize,
    pub opened: Opened,
}

impl<'a> Opening<'a> {
    pub fn new(limits: &'a Limits) -> Opening<'a> {
        Opening { limits, left: limits.unpacked, entries: 0, opened: Opened::default() }
    }

    /// The file itself: where it is no package, it must be a record.
    pub fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        let name = shown(last(&shown(name)));
        if bytes.len() as u64 > self.limits.packed {
            return Err(FileError { piece: name, fault: Fault::TooLarge });
        }
        self.look(&name, bytes, 0)?;
        match self.opened.pieces.is_empty() {
            true => Err(FileError { piece: name, fault: Fault::NotARecord(Instead::Package) }),
            false => Ok(()),
        }
    }

    /// Below the top, what is no record is left out; what is one and damaged is an error all the same.
    fn look(&mut self, name: &str, bytes: &[u8], depth: usize) -> Result<(), FileError> {
        let failed = |fault| FileError { piece: name.to_owned(), fault };
        match sniff(bytes) {
            Content::Piece(form, bytes) => {
                self.opened.pieces.push(Piece { name: name.to_owned(), form, bytes: bytes.into_owned() });
                Ok(())
            }
            Content::Zip | Content::Gzip if depth == DEPTH => Err(failed(Fault::TooDeep)),
            Content::Zip => self.zip(name, bytes, depth),
            Content::Gzip => {
                let unpacked = self.unpack(MultiGzDecoder::new(bytes), bytes.len() as u64).map_err(failed)?;
                let inner = name.strip_suffix(".gz").unwrap_or(name).to_owned();
                self.look(&inner, &unpacked, depth + 1)
            }
            // Counted as a package, so that this ends.
            Content::Encoded(_) if depth == DEPTH => Err(failed(Fault::TooDeep)),
            Content::Encoded(inner) => self.look(name, &inner, depth + 1),
            Content::Other(fault) if depth == 0 => Err(failed(fault)),
            Content::Other(Fault::Empty | Fault::NotARecord(_)) => {
                self.opened.ignored.push(name.to_owned());
                Ok(())
            }
            Content::Other(fault) => Err(failed(fault)),
        }
    }

    fn zip(&mut self, name: &str, bytes: &[u8], depth: usize) -> Result<(), FileError> {
        let failed = |fault| FileError { piece: name.to_owned(), fault };
        if claims_too_many(bytes) {
            return Err(failed(Fault::TooMany));
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| failed(fault(&error)))?;
        self.entries = self.entries.saturating_add(archive.len());
        if self.entries > self.limits.pieces {
            return Err(failed(Fault::TooMany));
        }
        if is_office(&archive) {
            self.opened.ignored.push(name.to_owned());
            return if depth == 0 { Err(failed(Fault::NotARecord(Instead::Office))) } else { Ok(()) };
        }
        for number in 0..archive.len() {
            let entry = archive.by_index_raw(number).map_err(|error| failed(fault(&error)))?;
            if entry.is_dir() || entry.is_symlink() {
                continue;
            }
            let inner = shown(&String::from_utf8_lossy(entry.name_raw()));
            let failed = |fault| FileError { piece: inner.clone(), fault };
            let (packed, locked, method) = (entry.compressed_size(), entry.encrypted(), entry.compression());
            drop(entry);
            if is_wrapping(&inner) {
                self.opened.ignored.push(inner);
                continue;
            }
            if locked {
                return Err(failed(Fault::Encrypted));
            }
            if !matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated) {
                return Err(failed(Fault::Packing));
            }
            let reader = archive.by_index(number).map_err(|error| failed(fault(&error)))?;
            let unpacked = self.unpack(reader, packed).map_err(failed)?;
            self.look(&inner, &unpacked, depth + 1)?;
        }
        Ok(())
    }

    /// Reads to the end or to a limit, and keeps no more than was read.
    fn unpack(&mut self, mut from: impl Read, packed: u64) -> Result<Vec<u8>, Fault> {
        let mut all: Vec<u8> = Vec::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = match from.read(&mut chunk) {
                Ok(0) => return Ok(all),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Err(Fault::Broken),
            };
            all.extend_from_slice(&chunk[..read]);
            let total = all.len() as u64;
            if total > Limits::FREE && total / self.limits.ratio > packed {
                return Err(Fault::ExpandsTooFar);
            }
            self.left = self.left.checked_sub(read as u64).ok_or(Fault::TooLarge)?;
        }
    }
}

fn fault(error: &ZipError) -> Fault {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => Fault::Encrypted,
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => Fault::Packing,
        _ => Fault::Broken,
    }
}

/// Whether a 64-bit directory claims more entries than anybody should make room for.
fn claims_too_many(bytes: &[u8]) -> bool {
    const RECORD: &[u8] = b"PK\x06\x06";
    const TOTAL: usize = 32;
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'P') {
        rest = &rest[at..];
        if rest.starts_with(RECORD)
            && let Some(total) = rest.get(TOTAL..TOTAL + 8).and_then(|field| field.try_into().ok())
            && u64::from_le_bytes(total) > CLAIMED
        {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// Documents of office programs, books and programs are zips too.
fn is_office(archive: &ZipArchive<Cursor<&[u8]>>) -> bool {
    archive.file_names_raw().any(|name| {
        matches!(name, b"[Content_Types].xml" | b"mimetype" | b"META-INF/MANIFEST.MF" | b"AndroidManifest.xml")
    })
}

/// What surrounds the documents of an exchange (IHE XDM), and what file managers leave behind.
fn is_wrapping(path: &str) -> bool {
    let name = last(path).to_ascii_uppercase();
    path.split('/').any(|part| part == "__MACOSX")
        || matches!(
            name.as_str(),
            "METADATA.XML" | "INDEX.HTM" | "INDEX.HTML" | ".DS_STORE" | "THUMBS.DB" | "DESKTOP.INI"
        )
        || name.starts_with("README")
        || name.starts_with("._")
        || [".XSL", ".XSLT", ".CSS", ".XSD", ".SCH", ".JS"].iter().any(|ending| name.ends_with(ending))
}
