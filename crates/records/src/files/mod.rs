//! Files people have: told apart by what is in them, never by what they are called.
//!
//! [`open`] looks into packages and answers the pieces that hold records; [`land`] gives the FHIR resources of a
//! piece, and `ccda::convert` those of a C-CDA. Nothing is allocated by a size that a file only claims.

mod bundles;
mod exports;
mod faults;
mod names;
mod packages;
mod references;
mod scans;
mod sniff;
mod told;

#[cfg(test)]
mod tests;

pub use exports::{Server, clash, server};
pub use faults::{Fault, FileError, Instead};
pub use names::shown;
pub use told::{Keeper, Told, subject};

use crate::landed::Landed;
use packages::Opening;

/// What a file may cost. Beyond any of these nothing is read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file as it came.
    pub packed: u64,
    /// Bytes of everything inside together.
    pub unpacked: u64,
    /// How many times larger a package may become, once it gives more than [`Limits::FREE`] bytes.
    pub ratio: u64,
    /// Pieces of a package, those of packages inside included.
    pub pieces: usize,
}

const MIB: u64 = 1024 * 1024;

impl Limits {
    /// Bytes that a package may expand to whatever it weighs.
    pub const FREE: u64 = MIB;
    pub const DEFAULT: Limits = Limits { packed: 64 * MIB, unpacked: 128 * MIB, ratio: 200, pieces: 2_000 };
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Ccda,
    /// One FHIR resource or a bundle, as JSON.
    Fhir,
    /// One FHIR resource per line.
    Ndjson,
    Pdf,
    /// With its media type.
    Image(&'static str),
}

impl Form {
    /// `ccda`, `fhir`, `ndjson`, `pdf`, `image`
    pub fn as_str(self) -> &'static str {
        match self {
            Form::Ccda => "ccda",
            Form::Fhir => "fhir",
            Form::Ndjson => "ndjson",
            Form::Pdf => "pdf",
            Form::Image(_) => "image",
        }
    }
}

/// A document, bundle, PDF or image.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// The path inside the packages it lay in, else the file's name; harmless to show.
    pub name: String,
    pub form: Form,
    pub bytes: Vec<u8>,
}

/// Names and contents are personal.
impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Piece({:?}, {} bytes)", self.form, self.bytes.len())
    }
}

/// What was found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// At least one.
    pub pieces: Vec<Piece>,
    /// Names of what lay beside them in a package and is no record.
    pub ignored: Vec<String>,
}

/// Finds the records in a file, whatever it is called, through one package inside another.
///
/// # Errors
/// [`FileError`] when there are none, or when it costs more than the limits allow.
pub fn open(name: &str, bytes: &[u8], limits: &Limits) -> Result<Opened, FileError> {
    let mut opening = Opening::new(limits);
    opening.file(name, bytes)?;
    Ok(opening.opened)
}

/// The resources of a piece that is FHIR, a PDF or an image; none of a C-CDA, which has to be converted.
///
/// Each is byte for byte as it came, but for two things: references to other entries of a bundle by their
/// `fullUrl` become relative ones, as on a FHIR server, and an id is put in where there is none.
///
/// # Errors
/// [`FileError`] when any part of the piece cannot be read.
pub fn land(piece: &Piece) -> Result<Vec<Landed>, FileError> {
    let landed = match piece.form {
        Form::Ccda => Ok(Vec::new()),
        Form::Fhir => bundles::one(&piece.bytes),
        Form::Ndjson => bundles::lines(&piece.bytes),
        Form::Pdf => Ok(scans::land(&piece.name, "application/pdf", &piece.bytes)),
        Form::Image(media) => Ok(scans::land(&piece.name, media, &piece.bytes)),
    };
    landed.map_err(|fault| FileError { piece: piece.name.clone(), fault })
}
