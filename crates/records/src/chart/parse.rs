//! One text on its way into a chart.

use serde::de::IgnoredAny;
use serde_json::json;

use super::{Stored, Unreadable};
use crate::dstu2;
use crate::fhir::keep_decimals;
use crate::identity::digest32;
use crate::medical::KINDS;
use crate::skim::{self, skim};
use crate::text;

/// Types that lend names and details to records of other types.
const SUPPORTING: &[&str] = &[
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Location",
    "Medication",
    "Device",
    "Specimen",
    "Binary",
    "RelatedPerson",
    "HealthcareService",
    "Provenance",
];

/// What there is to a resource before it has a place.
pub(super) enum Parsed {
    Resource(Stored),
    /// The key of one that no kind is read from.
    Unread(String),
    Bundle(Vec<u8>),
}

pub(super) fn parse(json: &[u8]) -> Result<Parsed, Unreadable> {
    let json = &*dstu2::resource(json);
    let utf8 = std::str::from_utf8(json).map_err(|_| Unreadable::NotJson)?;
    let members = skim(utf8, &["resourceType", "id"]).members;
    let member = |at: usize| members.get(at).copied().flatten().and_then(skim::text);
    let Some(kind) = member(0).filter(|kind| is_type(kind)) else {
        return Err(match serde_json::from_slice::<IgnoredAny>(json) {
            Ok(_) => Unreadable::NotAResource,
            Err(_) => Unreadable::NotJson,
        });
    };
    if kind == "Bundle" {
        return Ok(Parsed::Bundle(json.to_vec()));
    }
    let key = match member(1).as_deref().map(str::trim) {
        Some(id) if !id.is_empty() => format!("{kind}/{id}"),
        _ => format!("{kind}/~{}", hex::encode(&digest32(json)[..8])),
    };
    if !is_read(&kind) {
        return Ok(Parsed::Unread(key));
    }
    let body = match kind == "Binary" && text::is_opaque(json) {
        // Who asks for the file gets its own bytes; here they would only lie about.
        true => json!({}),
        false => serde_json::from_slice(&keep_decimals(json)).map_err(|_| Unreadable::NotJson)?,
    };
    Ok(Parsed::Resource(Stored { key, kind: kind.into_owned(), body }))
}

fn is_type(kind: &str) -> bool {
    kind.starts_with(|first: char| first.is_ascii_uppercase()) && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_read(kind: &str) -> bool {
    SUPPORTING.contains(&kind) || KINDS.iter().any(|known| known.resources.contains(&kind))
}
