//! The portals of one organization: what all of its listings say of each, and names that tell them apart.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::compose::Vendors;
use super::rows::tenant;
use crate::brands::{Endpoint, Portal};
use crate::listings::{Listing, compared};
use crate::{names, publishers};

/// Every endpoint once, in the spelling of the most careful list, with what the others know of it. Different tenants
/// are different portals, except where a bundle puts them behind one address to sign in.
pub(super) fn portals<'a>(listings: impl Iterator<Item = &'a Listing>, vendors: &Vendors) -> Vec<Portal> {
    let mut all = Portals::default();
    for listing in listings {
        let vendor = listing.vendor.as_deref().map(|given| vendors.name(given));
        for portal in &listing.portals {
            pieces(portal).into_iter().for_each(|piece| all.add(portal, piece, vendor.as_ref()));
        }
    }
    all.found.iter_mut().for_each(|found| found.portal.endpoints.sort_by_key(Endpoint::preference));
    name_apart(&mut all.found);
    all.found.into_iter().map(|found| found.portal).collect()
}

/// Endpoints that belong behind one button.
fn pieces(portal: &Portal) -> Vec<Vec<&Endpoint>> {
    if portal.url.is_some() {
        return vec![portal.endpoints.iter().collect()];
    }
    let mut by_tenant: BTreeMap<String, (usize, Vec<&Endpoint>)> = BTreeMap::new();
    for (at, endpoint) in portal.endpoints.iter().enumerate() {
        by_tenant.entry(tenant(&endpoint.address)).or_insert_with(|| (at, vec![])).1.push(endpoint);
    }
    let mut pieces: Vec<(usize, Vec<&Endpoint>)> = by_tenant.into_values().collect();
    pieces.sort_by_key(|(at, _)| *at);
    pieces.into_iter().map(|(_, piece)| piece).collect()
}

struct Found {
    portal: Portal,
    vendor: Option<String>,
}

#[derive(Default)]
struct Portals {
    found: Vec<Found>,
    /// Portals by name, address to sign in, and each of their tenants.
    by_tenant: HashMap<(String, Option<String>, String), usize>,
    /// A bundle may show one endpoint behind several portals; other lists only repeat it.
    endpoints: HashMap<String, Vec<(usize, usize)>>,
}

impl Portals {
    fn add(&mut self, portal: &Portal, piece: Vec<&Endpoint>, vendor: Option<&String>) {
        let name = names::key(&portal.name);
        let key = |endpoint: &Endpoint| (name.clone(), portal.url.clone(), tenant(&endpoint.address));
        let same = piece.iter().find_map(|endpoint| self.by_tenant.get(&key(endpoint))).copied();
        let mut fresh: Vec<&Endpoint> = Vec::new();
        for endpoint in piece {
            let known = self.endpoints.get(&compared(&endpoint.address)).filter(|places| {
                portal.url.is_none() || same.is_some_and(|at| places.iter().any(|(portal, _)| *portal == at))
            });
            match known {
                Some(places) => {
                    places.iter().for_each(|(at, n)| fill(&mut self.found[*at].portal.endpoints[*n], endpoint));
                }
                None => fresh.push(endpoint),
            }
        }
        if fresh.is_empty() {
            return;
        }
        let at = same.unwrap_or(self.found.len());
        if at == self.found.len() {
            let portal = Portal { endpoints: vec![], ..portal.clone() };
            self.found.push(Found { portal, vendor: vendor.cloned() });
        }
        for endpoint in fresh {
            let have = &mut self.found[at].portal.endpoints;
            self.endpoints.entry(compared(&endpoint.address)).or_default().push((at, have.len()));
            have.push(endpoint.clone());
            self.by_tenant.entry(key(endpoint)).or_insert(at);
        }
    }
}

fn fill(have: &mut Endpoint, said: &Endpoint) {
    have.fhir_version = have.fhir_version.take().or_else(|| said.fhir_version.clone());
    if have.authorize.is_none() && have.token.is_none() {
        (have.authorize, have.token) = (said.authorize.clone(), said.token.clone());
    }
}

/// What may tell portals of one name apart, the most familiar first.
const TELLING: &[fn(&Found) -> Option<String>] = &[
    |found| {
        let by_domain = found.portal.endpoints.first().and_then(|endpoint| publishers::vendor_of(&endpoint.address));
        by_domain.map(str::to_owned).or_else(|| found.vendor.clone())
    },
    |found| found.portal.endpoints.first()?.address.host_str().map(str::to_owned),
    |found| found.portal.endpoints.first().map(|endpoint| tenant(&endpoint.address)),
    |found| found.portal.url.clone(),
];

/// Portals of one name get the first suffix that is another for each of them.
fn name_apart(found: &mut [Found]) {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, found) in found.iter().enumerate() {
        by_name.entry(names::key(&found.portal.name)).or_default().push(at);
    }
    for group in by_name.into_values().filter(|group| group.len() > 1) {
        let suffixes = TELLING.iter().find_map(|of| {
            let suffixes: Vec<String> = group.iter().map(|at| of(&found[*at])).collect::<Option<_>>()?;
            (suffixes.iter().collect::<HashSet<_>>().len() == suffixes.len()).then_some(suffixes)
        });
        for (at, suffix) in group.into_iter().zip(suffixes.into_iter().flatten()) {
            let name = &mut found[at].portal.name;
            *name = format!("{name} ({suffix})");
        }
    }
}
