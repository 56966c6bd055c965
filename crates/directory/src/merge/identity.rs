//! Ids of brands that are made of several listings: the one a bundle gives, one that people already hold, or one
//! derived from the strongest thing known of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::SourceId;

use super::Known;
use super::rows::Row;
use crate::brands::Brand;
use crate::ids::{self, derived};
use crate::listings::compared;
use crate::names;

/// How good an id is. Lower is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Given,
    /// Made by a bundle of name and endpoint, for want of a domain.
    Bundle,
    Npi,
    Ccn,
    /// An endpoint that is nobody else's: it stays when the name changes.
    Endpoint,
    NameAndPlace,
    NameAndEndpoint,
    /// Row and list, where nothing else is only its own.
    Listing,
}

/// Sets the ids of `brands`, one a group; gives known ids that lead to another from now on.
pub(super) fn assign(
    rows: &[Row<'_>],
    groups: &[Vec<usize>],
    brands: &mut [Brand],
    known: &[Known],
) -> Vec<(SourceId, SourceId)> {
    let mut before: BTreeMap<SourceId, BTreeSet<&str>> = BTreeMap::new();
    for brand in known {
        before.entry(brand.id).or_default().extend(brand.names.iter().map(String::as_str));
    }
    let claims: Vec<Vec<(SourceId, Rank)>> = groups.iter().map(|group| claims(rows, group)).collect();
    let mut claimants: HashMap<SourceId, Vec<(Rank, usize)>> = HashMap::new();
    for (group, claims) in claims.iter().enumerate() {
        claims.iter().for_each(|(id, rank)| claimants.entry(*id).or_default().push((*rank, group)));
    }
    let owners: HashMap<SourceId, usize> = claimants
        .into_iter()
        .filter_map(|(id, claimants)| Some((id, owner(&claimants, before.get(&id), brands)?)))
        .collect();
    let owns = |group: usize, id: &SourceId| owners.get(id) == Some(&group);
    let mut former = Vec::new();
    for (group, brand) in brands.iter_mut().enumerate() {
        let own: Vec<(SourceId, Rank)> = claims[group].iter().filter(|(id, _)| owns(group, id)).copied().collect();
        let order = |(id, rank): &(SourceId, Rank)| (*rank != Rank::Given, !before.contains_key(id), *rank, *id);
        brand.id = own.iter().min_by_key(|claim| order(claim)).map_or(SourceId([0; 12]), |(id, _)| *id);
        let old = own.iter().map(|(id, _)| *id).filter(|id| *id != brand.id && before.contains_key(id));
        former.extend(old.map(|old| (old, brand.id)));
        let held = own.iter().filter_map(|(id, _)| before.get(id)).flatten();
        let mut seen: BTreeSet<String> =
            std::iter::once(&brand.name).chain(&brand.aliases).map(|name| names::fold(name)).collect();
        brand.former_names =
            held.filter(|name| seen.insert(names::fold(name))).map(|name| (*name).to_owned()).collect();
    }
    former.sort();
    former
}

/// Who has an id. What several claim is nobody's, unless a bundle gives it or people hold it: then the best claim of
/// those who have a name that it had.
fn owner(claimants: &[(Rank, usize)], names: Option<&BTreeSet<&str>>, brands: &[Brand]) -> Option<usize> {
    if let [(_, only)] = claimants {
        return Some(*only);
    }
    let known: HashSet<String> = names.into_iter().flatten().map(|name| names::key(name)).collect();
    let is_called = |group: &usize| {
        let brand = brands.get(*group);
        let called = brand.into_iter().flat_map(|brand| std::iter::once(&brand.name).chain(&brand.aliases));
        called.into_iter().any(|name| known.contains(&names::key(name)))
    };
    let fit = claimants.iter().filter(|(rank, group)| *rank == Rank::Given || is_called(group));
    fit.min().map(|(_, group)| *group)
}

/// All ids that a group could have, each once, at its best.
fn claims(rows: &[Row<'_>], group: &[usize]) -> Vec<(SourceId, Rank)> {
    let mut claims: Vec<(SourceId, Rank)> = Vec::new();
    let mut claim = |id: SourceId, rank: Rank| claims.push((id, rank));
    for row in group.iter().map(|row| &rows[*row]) {
        if let Some(id) = row.listing.id {
            claim(id, if ids::is_derived(row.listing, id) { Rank::Bundle } else { Rank::Given });
        }
        row.npis().for_each(|npi| claim(derived(&["npi", npi]), Rank::Npi));
        row.ccns().for_each(|ccn| claim(derived(&["ccn", ccn]), Rank::Ccn));
        for name in &row.names {
            row.places.iter().for_each(|place| claim(derived(&["place", name, place]), Rank::NameAndPlace));
            let states = if row.states.is_empty() { vec![""] } else { row.states.iter().copied().collect() };
            for address in row.addresses().map(compared) {
                claim(derived(&["endpoint", &address]), Rank::Endpoint);
                states
                    .iter()
                    .for_each(|state| claim(derived(&["endpoint", name, &address, state]), Rank::NameAndEndpoint));
            }
        }
        let listing = [&format!("{:?}", row.format), row.list, &row.listing.key];
        claim(derived(&["listing", &listing.join("\n")]), Rank::Listing);
        if row.twin {
            let said = serde_json::to_string(row.listing).unwrap_or_default();
            claim(derived(&["listing", &listing.join("\n"), &said]), Rank::Listing);
        }
    }
    claims.sort_unstable();
    claims.dedup_by_key(|(id, _)| *id);
    claims
}
