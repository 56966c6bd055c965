//! What one list says of one organization. Listings are kept as they were read; brands are made of them.

use std::collections::BTreeMap;

use domain::SourceId;
use serde::{Deserialize, Serialize};

use crate::brands::{Brand, Category, Identifier, Location, Portal};
use crate::logos::Logo;

/// One row of a list. Its JSON holds everything a stored [`Brand`] holds, so that one can be read as a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Names the row within its list, the same in every edition. Empty in rows that were stored as brands.
    #[serde(default)]
    pub key: String,
    /// Set by bundles, which name their brands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SourceId>,
    pub name: String,
    #[serde(default)]
    pub aliases: Vec<String>,
    pub category: Category,
    #[serde(default)]
    pub identifiers: Vec<Identifier>,
    #[serde(default)]
    pub website: Option<String>,
    #[serde(default)]
    pub logo: Option<Logo>,
    #[serde(default)]
    pub locations: Vec<Location>,
    #[serde(default)]
    pub portals: Vec<Portal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

impl Listing {
    pub(crate) fn new(key: String, name: String, category: Category) -> Listing {
        Listing {
            key,
            id: None,
            name,
            aliases: vec![],
            category,
            identifiers: vec![],
            website: None,
            logo: None,
            locations: vec![],
            portals: vec![],
            vendor: None,
        }
    }
}

impl From<Brand> for Listing {
    fn from(brand: Brand) -> Listing {
        Listing {
            key: brand.id.to_string(),
            id: Some(brand.id),
            name: brand.name,
            aliases: brand.aliases,
            category: brand.category,
            identifiers: brand.identifiers,
            website: brand.website,
            logo: brand.logo,
            locations: brand.locations,
            portals: brand.portals,
            vendor: brand.vendor,
        }
    }
}

/// Why a row is no listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    #[error("is not of the shape of its list")]
    Shape,
    #[error("has no name")]
    NoName,
    #[error("has only a number for a name")]
    NumberForName,
    #[error("is a test or demonstration")]
    Test,
    #[error("has something that is no web address for one")]
    NotAnAddress,
    #[error("is at an address inside somebody's network")]
    Internal,
    #[error("has no endpoint")]
    NoEndpoint,
    #[error("is not active")]
    Inactive,
    #[error("has a part that is not fit to show")]
    Unfit,
}

/// Rows left out, counted by reason, with where the first few are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected(pub BTreeMap<Reason, Left>);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub rows: u64,
    /// Where the first few are, such as `row 17` or `entry[3].resource`.
    pub at: Vec<String>,
}

const EXAMPLES: usize = 5;

impl Rejected {
    pub fn add(&mut self, reason: Reason, at: impl FnOnce() -> String) {
        let left = self.0.entry(reason).or_default();
        left.rows += 1;
        if left.at.len() < EXAMPLES {
            left.at.push(at());
        }
    }

    pub fn rows(&self) -> u64 {
        self.0.values().map(|left| left.rows).sum()
    }
}
