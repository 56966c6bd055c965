//! Listings of all lists, in an order that does not depend on how they came, and what they are compared by.

use std::collections::BTreeSet;

use url::Url;

use crate::brands::{CCN, NPI};
use crate::listings::{Listing, compared};
use crate::lists::{Format, List};
use crate::{names, places};

pub(super) struct Row<'a> {
    pub list: &'a str,
    pub format: Format,
    pub listing: &'a Listing,
    /// Keys of the names it is called by.
    pub names: Vec<String>,
    /// ZIPs and towns.
    pub places: Vec<String>,
    pub states: BTreeSet<&'static str>,
    /// Whether the list gives its key to another row too.
    pub twin: bool,
}

impl Row<'_> {
    pub fn identifiers(&self, system: &'static str) -> impl Iterator<Item = &str> {
        let found = self.listing.identifiers.iter().filter(move |identifier| identifier.system == system);
        found.map(|identifier| identifier.value.as_str())
    }

    pub fn npis(&self) -> impl Iterator<Item = &str> {
        self.identifiers(NPI)
    }

    pub fn ccns(&self) -> impl Iterator<Item = &str> {
        self.identifiers(CCN)
    }

    pub fn addresses(&self) -> impl Iterator<Item = &Url> {
        self.listing.portals.iter().flat_map(|portal| &portal.endpoints).map(|endpoint| &endpoint.address)
    }

    /// Whose list it is: a list made of lists names them in its keys.
    pub fn origin(&self) -> (&str, &str) {
        let within = self.listing.key.rsplit_once(':').map_or("", |(origin, _)| origin);
        (self.list, if self.format == Format::Locations { within } else { "" })
    }
}

fn order<'a>((list, listing): &(&'a List, &'a Listing)) -> (Format, &'a str, &'a str) {
    (list.format, &list.name, &listing.key)
}

/// All rows, repeated ones once, those of careful lists first.
pub(super) fn collect(lists: &[List]) -> Vec<Row<'_>> {
    let all = lists.iter().flat_map(|list| list.listings.iter().map(move |listing| (list, listing)));
    let mut all: Vec<(&List, &Listing)> = all.collect();
    let whole = |listing: &Listing| serde_json::to_string(listing).unwrap_or_default();
    all.sort_by(|one, other| {
        let by_list = (one.0.format, &one.0.name, &one.1.key).cmp(&(other.0.format, &other.0.name, &other.1.key));
        by_list
            .then_with(|| if one.1 == other.1 { std::cmp::Ordering::Equal } else { whole(one.1).cmp(&whole(other.1)) })
    });
    all.dedup_by(|one, other| one.1 == other.1 && order(one) == order(other));
    let twins: Vec<bool> = (0..all.len())
        .map(|at| {
            let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().filter_map(|beside| all.get(beside));
            beside.into_iter().any(|beside| order(beside) == order(&all[at]))
        })
        .collect();
    all.into_iter().zip(twins).map(|((list, listing), twin)| Row { twin, ..row(list, listing) }).collect()
}

fn row<'a>(list: &'a List, listing: &'a Listing) -> Row<'a> {
    // A bundle's aliases are for searching: short forms, sites. Those of other lists are spellings of the name.
    let aliases = listing.aliases.iter().filter(|_| listing.id.is_none());
    let called = std::iter::once(&listing.name).chain(aliases);
    let names: BTreeSet<String> = called.map(|name| names::key(name)).filter(|key| key.chars().count() > 1).collect();
    let places: BTreeSet<String> = listing.locations.iter().flat_map(places::keys).collect();
    let states = listing.locations.iter().filter_map(|place| places::state(place.state.as_deref()?));
    Row {
        list: &list.name,
        format: list.format,
        listing,
        names: names.into_iter().collect(),
        places: places.into_iter().collect(),
        states: states.collect(),
        twin: false,
    }
}

/// Parts of paths that say how to speak to a system, and not to whose.
const TECHNICAL: &[&str] = &[
    "api",
    "argonaut",
    "dstu2",
    "fhir",
    "fhirroute",
    "fhirserver",
    "open",
    "r2",
    "r4",
    "stu3",
    "v1",
    "v2",
    "v3",
    "v4",
];

/// What two versions of one tenant have in common: the domain of the host and the telling parts of the path.
pub(super) fn tenant(address: &Url) -> String {
    let host = address.host_str().unwrap_or_default();
    let mut labels: Vec<&str> = host.rsplit('.').take(2).collect();
    labels.reverse();
    let path = compared(address);
    let path = path.split('/').skip(3).filter(|part| !part.is_empty() && !TECHNICAL.contains(part));
    labels.join(".") + "/" + &path.collect::<Vec<_>>().join("/")
}
