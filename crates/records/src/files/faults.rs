//! Why a file cannot be used, in words for the person who has it.

use crate::ccda::Refused;

/// A file that cannot be used, or the piece of it that is to blame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct FileError {
    /// The path inside the packages, else the file's name; harmless to show, but personal: not for logs.
    pub piece: String,
    pub fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the file is empty")]
    Empty,
    #[error("this is not a health record: it is {0}")]
    NotARecord(Instead),
    #[error("the file is damaged or ends too early; please get it once more")]
    Broken,
    #[error("line {0} is damaged or is no FHIR resource")]
    BadLine(u64),
    #[error("entry {0} of the bundle is no FHIR resource")]
    BadEntry(u64),
    #[error("the file is locked with a password; please unpack it first")]
    Encrypted,
    #[error("the file is packed in a way that cannot be read here; please unpack it first")]
    Packing,
    #[error("the file is too large")]
    TooLarge,
    #[error("there are too many files inside")]
    TooMany,
    #[error("the file expands to far more than it weighs, as only harmful files do")]
    ExpandsTooFar,
    #[error("the file is nested too deeply")]
    TooDeep,
    #[error("the file declares entities of its own, as only harmful files do")]
    Entities,
    #[error("the text is in an encoding that cannot be read; it should be UTF-8")]
    Encoding,
    #[error("this is FHIR as XML; please get it as JSON")]
    FhirXml,
    #[error("this is FHIR {0}; please get it as FHIR R4")]
    OtherVersion(&'static str),
    #[error("there is nothing about a person in it")]
    Nobody,
}

/// What a file is instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Instead {
    #[error("a web page, perhaps one that says why the download failed")]
    WebPage,
    #[error("XML of another kind")]
    OtherXml,
    #[error("JSON of another kind")]
    OtherJson,
    #[error("a text")]
    Text,
    #[error("a table")]
    Table,
    #[error("a document of an office program")]
    Office,
    #[error("a program")]
    Program,
    #[error("a package of another kind than zip or gzip")]
    Archive,
    #[error("a medical image (DICOM)")]
    Dicom,
    #[error("a package without health records")]
    Package,
    #[error("of an unknown kind")]
    Unknown,
}

impl Fault {
    /// A stable word for texts and machines.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Empty => "empty",
            Fault::NotARecord(instead) => instead.code(),
            Fault::Broken => "broken",
            Fault::BadLine(_) => "bad_line",
            Fault::BadEntry(_) => "bad_entry",
            Fault::Encrypted => "encrypted",
            Fault::Packing => "packing",
            Fault::TooLarge => "too_large",
            Fault::TooMany => "too_many",
            Fault::ExpandsTooFar => "expands_too_far",
            Fault::TooDeep => "too_deep",
            Fault::Entities => "entities",
            Fault::Encoding => "encoding",
            Fault::FhirXml => "fhir_xml",
            Fault::OtherVersion(_) => "other_version",
            Fault::Nobody => "nobody",
        }
    }
}

impl Instead {
    /// A stable word for texts and machines.
    pub fn code(self) -> &'static str {
        match self {
            Instead::WebPage => "web_page",
            Instead::OtherXml => "other_xml",
            Instead::OtherJson => "other_json",
            Instead::Text => "text",
            Instead::Table => "table",
            Instead::Office => "office",
            Instead::Program => "program",
            Instead::Archive => "archive",
            Instead::Dicom => "dicom",
            Instead::Package => "package",
            Instead::Unknown => "unknown",
        }
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Fault {
        match refused {
            Refused::NotXml | Refused::Broken => Fault::Broken,
            Refused::OtherXml => Fault::NotARecord(Instead::OtherXml),
            Refused::Entities => Fault::Entities,
            Refused::TooDeep => Fault::TooDeep,
            Refused::TooLarge => Fault::TooLarge,
        }
    }
}
