//! What a health record looks like. Pure functions: FHIR R4 in, contract records out.
//!
//! Put everything known of one person at one source into a [`Chart`], [`read`] it, and
//! [`compose`] each [`Draft`] with the head only the caller knows.

pub mod ccda;
pub mod chart;
pub mod codes;
mod components;
mod compose;
mod courses;
mod dates;
mod documents;
mod drafts;
mod drugs;
pub mod dstu2;
mod facts;
mod fhir;
pub mod files;
mod identity;
mod landed;
pub mod medical;
mod merging;
mod moments;
mod observations;
mod parallel;
mod people;
mod persons;
mod provenance;
pub mod reports;
mod rtf;
mod sig;
mod skim;
mod text;
mod units;
mod versions;

pub use chart::{Chart, Unreadable};
pub use compose::{Head, Link, Organization, compose, relink};
pub use documents::document_file;
pub use drafts::{Draft, Drafts, Reading, SkipReason, Skipped, read};
pub use identity::{Identity, Standing, content_hash, identify, record_id};
pub use landed::Landed;
pub use medical::{Form, KINDS, Kind, Order, kind};
pub use persons::{Person, is_other_person};
