//! What a bundle says several times.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use domain::SourceId;

use crate::brands::{Brand, BundleError, Endpoint, Portal, Wrong};
use crate::ids::Candidate;

/// Brands of one id are one brand listed several times, unless the bundle gave out the id twice itself.
pub(super) fn merge(candidates: Vec<Candidate>) -> Result<Vec<Brand>, BundleError> {
    let mut brands: Vec<Brand> = Vec::with_capacity(candidates.len());
    let mut place: HashMap<SourceId, (usize, bool)> = HashMap::new();
    for candidate in candidates {
        let brand = candidate.brand;
        let Some((index, explicit)) = place.get(&brand.id).copied() else {
            place.insert(brand.id, (brands.len(), candidate.explicit));
            brands.push(brand);
            continue;
        };
        if explicit || candidate.explicit {
            return Err(BundleError::new(format!("{}.identifier", candidate.at), Wrong::SameId));
        }
        let have = &mut brands[index];
        have.aliases.extend(brand.aliases);
        have.identifiers.extend(brand.identifiers);
        have.locations.extend(brand.locations);
        have.portals.extend(brand.portals);
        have.website = have.website.take().or(brand.website);
        have.logo = have.logo.take().or(brand.logo);
    }
    for brand in &mut brands {
        unique(&mut brand.aliases, Clone::clone);
        unique(&mut brand.identifiers, |identifier| (identifier.system.clone(), identifier.value.clone()));
        brand.portals = gathered(std::mem::take(&mut brand.portals));
    }
    Ok(brands)
}

/// Leaves of equal ones the first.
fn unique<T, K: Hash + Eq>(all: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut seen = HashSet::new();
    all.retain(|one| seen.insert(key(one)));
}

/// Portals of one name and address to sign in as one, with the endpoints of all.
fn gathered(portals: Vec<Portal>) -> Vec<Portal> {
    let mut all: Vec<Portal> = Vec::with_capacity(portals.len());
    let mut place: HashMap<(String, Option<String>), usize> = HashMap::new();
    for portal in portals {
        match place.entry((portal.name.clone(), portal.url.clone())) {
            Occupied(at) => {
                let have = &mut all[*at.get()];
                have.endpoints.extend(portal.endpoints);
                have.description = have.description.take().or(portal.description);
                have.logo = have.logo.take().or(portal.logo);
            }
            Vacant(at) => {
                at.insert(all.len());
                all.push(portal);
            }
        }
    }
    for portal in &mut all {
        unique(&mut portal.endpoints, |endpoint| endpoint.address.clone());
        portal.endpoints.sort_by_key(Endpoint::preference);
    }
    all
}
