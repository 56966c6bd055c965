//! From what all lists say to brands: which listings speak of one organization, why, and what they say together.
//!
//! The result depends on the set of listings alone, not on their order or on how often one is repeated.

use std::collections::BTreeMap;
use std::fmt;

use domain::SourceId;
use serde::{Deserialize, Serialize};

use crate::brands::Brand;
use crate::lists::List;

mod compose;
mod identity;
mod portals;
mod rows;
mod rules;

/// A brand as it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: SourceId,
    /// Every name it had.
    pub names: Vec<String>,
}

impl From<&Brand> for Known {
    fn from(brand: &Brand) -> Known {
        let names = std::iter::once(&brand.name).chain(&brand.aliases).chain(&brand.former_names);
        Known { id: brand.id, names: names.cloned().collect() }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// Sorted by name.
    pub brands: Vec<Brand>,
    /// Known ids that are another brand's from now on: the old one, and the one it leads to.
    pub former: Vec<(SourceId, SourceId)>,
    /// The listings behind each brand, the most careful list first.
    pub evidence: BTreeMap<SourceId, Vec<Evidence>>,
    /// Listings joined to another, by the strongest rule that did it.
    pub joined: BTreeMap<Rule, u64>,
}

/// One listing of a brand, and why it is of this brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub list: String,
    pub key: String,
    /// The name in that list.
    pub name: String,
    pub rule: Rule,
    /// What was the same, such as the number or the name and place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub same: String,
}

/// Why listings are of one organization, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Bundles gave them one id, or one domain.
    Id,
    /// One national provider identifier, and the same name, town or state.
    Npi,
    /// One certification number, and the same name or town.
    Ccn,
    /// One name in one ZIP or town.
    NameAndPlace,
    /// One name at one tenant of one system, in no two states.
    NameAndEndpoint,
    /// One endpoint that no list gives to two, under names that have a telling word in common.
    Endpoint,
    /// A name like no other, nationally in at most one place.
    NameAlone,
    /// Nothing else is known of it.
    Alone,
}

impl Rule {
    /// In words that go before what was the same.
    pub fn words(self) -> &'static str {
        match self {
            Rule::Id => "same id or domain in bundles",
            Rule::Npi => "same NPI",
            Rule::Ccn => "same CCN",
            Rule::NameAndPlace => "same name and place",
            Rule::NameAndEndpoint => "same name and endpoint",
            Rule::Endpoint => "same endpoint under another name",
            Rule::NameAlone => "the only one of its name",
            Rule::Alone => "no other listing",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}), {}", self.list, self.name, self.key, self.rule.words())?;
        if self.same.is_empty() { Ok(()) } else { write!(f, " {}", self.same) }
    }
}

/// Makes brands of listings. `known` keeps ids that people already hold, and names that no list has any more.
pub fn merge(lists: &[List], known: &[Known]) -> Merged {
    let rows = rows::collect(lists);
    let joined = rules::join(&rows);
    let vendors = compose::Vendors::of(lists);
    let groups: Vec<Vec<usize>> = joined.groups();
    let mut brands: Vec<Brand> = groups.iter().map(|group| compose::brand(&rows, group, &vendors)).collect();
    let former = identity::assign(&rows, &groups, &mut brands, known);
    let mut counts = BTreeMap::new();
    let mut evidence = BTreeMap::new();
    for (group, brand) in groups.iter().zip(&brands) {
        let of = group.iter().map(|row| {
            let (rule, same) = joined.why(*row);
            *counts.entry(rule).or_default() += 1;
            let row = &rows[*row];
            let (list, key, name) = (row.list.to_owned(), row.listing.key.clone(), row.listing.name.clone());
            Evidence { list, key, name, rule, same: same.to_owned() }
        });
        evidence.insert(brand.id, of.collect());
    }
    counts.remove(&Rule::Alone);
    brands.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Merged { brands, former, evidence, joined: counts }
}
