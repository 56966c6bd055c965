//! What an import read, left out and made.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::listings::Rejected;
use crate::lists::{Format, List};
use crate::merge::{Merged, Rule};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub lists: Vec<Read>,
    /// Listings that are of the same organization as another, by the rule that showed it.
    pub joined: BTreeMap<Rule, u64>,
    pub brands: u64,
    /// Brands that can be connected.
    pub with_portals: u64,
    pub former: u64,
}

/// Of one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    pub name: String,
    pub format: Format,
    pub rows: u64,
    pub listings: u64,
    pub rejected: Rejected,
}

impl Report {
    pub fn of(lists: &[List], merged: &Merged) -> Report {
        Report {
            lists: lists.iter().map(Read::of).collect(),
            joined: merged.joined.clone(),
            brands: merged.brands.len() as u64,
            with_portals: merged.brands.iter().filter(|brand| !brand.portals.is_empty()).count() as u64,
            former: merged.former.len() as u64,
        }
    }

    /// All lists as one.
    fn total(&self) -> (u64, u64, Rejected) {
        let mut rejected = Rejected::default();
        for (reason, left) in self.lists.iter().flat_map(|list| &list.rejected.0) {
            let all = rejected.0.entry(*reason).or_default();
            all.rows += left.rows;
        }
        (self.lists.iter().map(|list| list.rows).sum(), self.lists.iter().map(|list| list.listings).sum(), rejected)
    }
}

impl Read {
    fn of(list: &List) -> Read {
        Read {
            name: list.name.clone(),
            format: list.format,
            rows: list.rows,
            listings: list.listings.len() as u64,
            rejected: list.rejected.clone(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for list in &self.lists {
            writeln!(f, "{} ({:?}): {} rows, {} listings", list.name, list.format, list.rows, list.listings)?;
            for (reason, left) in &list.rejected.0 {
                writeln!(f, "  left out {}: it {reason}, e.g. {}", left.rows, left.at.join(", "))?;
            }
        }
        let (rows, listings, rejected) = self.total();
        writeln!(f, "{} lists: {rows} rows, {listings} listings, {} left out", self.lists.len(), rejected.rows())?;
        for (reason, left) in &rejected.0 {
            writeln!(f, "  left out {}: it {reason}", left.rows)?;
        }
        for (rule, listings) in &self.joined {
            writeln!(f, "  joined {listings}: {}", rule.words())?;
        }
        let without = self.brands.saturating_sub(self.with_portals);
        writeln!(f, "{} brands: {} with a portal, {without} without", self.brands, self.with_portals)
    }
}
