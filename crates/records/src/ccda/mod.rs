//! C-CDA documents → FHIR R4, with a report of what was lost.

use domain::Timestamp;

use crate::landed::Landed;

mod actors;
mod advance_directives;
mod allergies;
mod attachments;
mod care_teams;
mod categories;
mod concepts;
mod context;
mod diagnoses;
mod dosage;
mod encoding;
mod encounters;
mod family_history;
mod fields;
mod functional_status;
mod goals;
mod header;
mod health_concerns;
mod identifiers;
mod imaging;
mod immunizations;
mod instructions;
mod keys;
mod losses;
mod medical_equipment;
mod medications;
mod names;
mod narrative;
mod node;
mod notes;
mod observations;
mod patient;
mod payers;
mod physical_exam;
mod places;
mod plan_of_treatment;
mod problems;
mod procedures;
mod products;
mod profiles;
mod quantities;
mod results;
mod section;
mod social_history;
#[cfg(test)]
mod testing;
mod times;
mod timing;
mod ucum;
mod unstructured;
mod vital_signs;
mod xml;

pub(crate) use header::VERSION;
pub use losses::{Entry, Fate, LossReason, Losses, LostPart, SectionReport, Totals};

/// Raised whenever the same document gives other resources: what an earlier revision made is made anew.
pub const REVISION: u32 = 1;

/// Where a document came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The `DocumentReference/…` that speaks for this document already, as at a hospital's FHIR server.
    /// Without one the conversion makes it, together with the `Binary`.
    pub document: Option<String>,
    /// The `Patient/…` the document is about, when the caller knows and has checked that it is: then everything
    /// refers to that one, and no other `Patient` is made.
    pub patient: Option<String>,
    /// When we got it: stands in where the document does not say when it was written.
    pub received_at: Timestamp,
}

/// What a document became.
#[derive(Clone, Debug)]
pub struct Converted {
    pub about: About,
    /// The `Composition` first. Every reference resolves among them or is [`Origin::document`] or [`Origin::patient`].
    /// The same bytes always give the same resources; an entry with the same CDA id in another document of the
    /// same provider gives a resource with the same id.
    pub resources: Vec<Landed>,
    pub losses: Losses,
}

/// What the header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// `root^extension` of the document.
    pub id: Option<String>,
    pub set_id: Option<String>,
    pub version: Option<u64>,
    pub title: Option<String>,
    /// LOINC code of the document type.
    pub code: Option<String>,
    /// `effectiveTime`
    pub written_at: Option<Timestamp>,
    pub author: Option<String>,
    pub custodian: Option<Custodian>,
    pub patient: Subject,
}

/// The organization that keeps the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Custodian {
    pub name: Option<String>,
    /// `root^extension`
    pub id: Option<String>,
}

/// Whom a document is about, for comparing two of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    pub family: Option<String>,
    pub given: Option<String>,
    /// `YYYY-MM-DD` as far as known.
    pub birth_date: Option<String>,
}

/// Why bytes are no C-CDA document that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("not XML")]
    NotXml,
    #[error("XML that ends too early or is not well formed")]
    Broken,
    #[error("XML of another kind")]
    OtherXml,
    #[error("declares entities of its own")]
    Entities,
    #[error("nested too deeply")]
    TooDeep,
    #[error("too large")]
    TooLarge,
}

/// Converts one document.
///
/// # Errors
/// `Refused` when the bytes are no clinical document; never because of what one says.
pub fn convert(xml: &[u8], origin: &Origin) -> Result<Converted, Refused> {
    if xml.len() > 50 << 20 {
        return Err(Refused::TooLarge);
    }
    let text = encoding::decode(xml);
    let tree = xml::parse(&text)?;
    let mut cx = context::Context::new(node::Node::root(&tree));
    let about = header::open(&mut cx, origin);
    let mut losses = Losses::default();
    let sections = section::read_all(&mut cx, origin, &mut losses.sections);
    unstructured::read(&mut cx);
    header::close(&mut cx, xml, origin, &about, sections);
    let elsewhere: Vec<&str> = [&origin.document, &origin.patient].into_iter().filter_map(Option::as_deref).collect();
    let resources = cx.finish(&elsewhere);
    Ok(Converted { about, resources, losses })
}
