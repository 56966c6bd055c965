//! What a health record looks like. Pure functions: FHIR R4 in, contract records out.
//!
//! Put everything known of one person at one source into a [`Chart`], [`read`] it, and
//! [`compose`] each [`Draft`] with the head only the caller knows.

pub mod ccda;
pub mod chart;
pub mod codes;
mod components;
mod compose;
mod dates;
mod documents;
mod drafts;
mod drugs;
mod fhir;
mod identity;
mod landed;
pub mod medical;
mod observations;
mod people;
mod sig;
mod text;
mod units;

pub use chart::{Chart, Unreadable};
pub use compose::{Head, Organization, compose};
pub use drafts::{Draft, Drafts, Reading, SkipReason, Skipped, read};
pub use identity::{content_hash, record_id};
pub use landed::Landed;
pub use medical::{Form, KINDS, Kind, Order, kind};
