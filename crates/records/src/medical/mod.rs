//! The registry of medical record kinds. One file per kind, one line in [`KINDS`].

use std::fmt;

use crate::chart::Chart;
use crate::drafts::Drafts;

pub mod allergies;
pub mod ccds;
pub mod demographics;
pub mod documents;
pub mod encounters;
pub mod family_history;
pub mod functional_statuses;
pub mod immunizations;
pub mod instructions;
pub mod insurance;
pub mod issues;
pub mod medications;
pub mod narratives;
pub mod organizations;
pub mod plans_of_care;
pub mod procedures;
pub mod profile;
pub mod social_history;
pub mod test_results;
pub mod timeline;
pub mod vitals;

/// How a kind of record is named, listed and read.
pub struct Kind {
    /// The path segment: `test_results`.
    pub id: &'static str,
    /// The heading: "Test results".
    pub title: &'static str,
    /// One plain sentence for API documentation and consent screens.
    pub description: &'static str,
    pub form: Form,
    pub order: Order,
    /// Whether records carry `source`.
    pub source_in_head: bool,
    /// Whether `start_date` and `end_date` apply.
    pub dated: bool,
    /// FHIR types it is read from.
    pub resources: &'static [&'static str],
    pub from_fhir: fn(&Chart, &mut Drafts),
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        self.id == other.id
    }
}

impl Eq for Kind {}

/// The shape of the collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An array, and one object per id.
    List,
    /// One object, absent when nothing is known.
    Single,
    /// An array without objects of its own: its rows point to other records.
    Index,
    /// Composed from connections, never read from FHIR.
    Sources,
}

/// The order of a list; undated records come last, ties go by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    NewestFirst,
    OldestCreatedFirst,
}

/// Every medical kind.
pub static KINDS: &[&Kind] = &[
    &allergies::KIND,
    &ccds::KIND,
    &demographics::KIND,
    &documents::KIND,
    &encounters::KIND,
    &family_history::KIND,
    &functional_statuses::KIND,
    &immunizations::KIND,
    &instructions::KIND,
    &insurance::KIND,
    &issues::KIND,
    &medications::KIND,
    &narratives::KIND,
    &organizations::KIND,
    &plans_of_care::KIND,
    &procedures::KIND,
    &profile::KIND,
    &social_history::KIND,
    &test_results::KIND,
    &timeline::KIND,
    &vitals::KIND,
];

/// The kind with this path segment.
pub fn kind(id: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|kind| kind.id == id)
}
