//! Ids of brands: the same in every bundle that speaks of the same brand.

use std::collections::HashMap;

use domain::SourceId;

use crate::brands::{Brand, Identifier};
use crate::listings::Listing;
use crate::words::fold;

/// Lets a bundle name the id itself.
pub(crate) const EXPLICIT: &str = "urn:tributary:source-id";
const URI: &str = "urn:ietf:rfc:3986";

/// `https://examplehealth.org` → `examplehealth.org`, the brand key across bundles.
pub(crate) fn domain(identifiers: &[Identifier]) -> Option<String> {
    let found = identifiers.iter().filter(|identifier| identifier.system == URI);
    found.filter_map(|identifier| identifier.value.strip_prefix("https://")).find_map(|rest| {
        let host = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
        let host = host.strip_prefix("www.").unwrap_or(&host);
        (host.contains('.')).then(|| host.to_owned())
    })
}

/// Gives ids to all brands that have no explicit one. A domain that several brands share names the
/// one at the top of them, if there is just one; name and endpoint tell the others apart.
pub(crate) fn assign(brands: &mut [Candidate]) {
    let mut sharing: HashMap<String, (usize, usize)> = HashMap::new();
    for candidate in brands.iter() {
        if let Some(domain) = domain(&candidate.brand.identifiers) {
            let (all, tops) = sharing.entry(domain).or_default();
            *all += 1;
            *tops += usize::from(candidate.top);
        }
    }
    for candidate in brands.iter_mut().filter(|candidate| !candidate.explicit) {
        let key = domain(&candidate.brand.identifiers);
        let alone = key
            .as_ref()
            .and_then(|domain| sharing.get(domain))
            .is_some_and(|(all, tops)| *all == 1 || (candidate.top && *tops == 1));
        let brand = &mut candidate.brand;
        let address = brand.endpoints().map(|endpoint| endpoint.address.as_str()).min().unwrap_or_default();
        let mut parts = vec!["brand", key.as_deref().unwrap_or_default()];
        let name = fold(&brand.name);
        if !alone {
            parts.extend([name.as_str(), address.trim_end_matches('/')]);
        }
        brand.id = derived(&parts);
    }
}

/// The id that `parts` always give.
pub(crate) fn derived(parts: &[&str]) -> SourceId {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, parts.join("\n").as_bytes());
    let mut id = SourceId([0; 12]);
    id.0.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    id
}

/// A brand on its way into the directory.
pub(crate) struct Candidate {
    pub brand: Brand,
    pub at: String,
    pub explicit: bool,
    /// Not part of another organization.
    pub top: bool,
}

/// The id that the bundle itself names.
pub(crate) fn explicit(identifiers: &[Identifier]) -> Option<Result<SourceId, domain::ids::NotAnId>> {
    identifiers.iter().find(|identifier| identifier.system == EXPLICIT).map(|identifier| identifier.value.parse())
}

/// Whether a bundle's brand has its id from name and endpoint only, for want of anything better.
pub(crate) fn is_derived(listing: &Listing, id: SourceId) -> bool {
    let addresses =
        listing.portals.iter().flat_map(|portal| &portal.endpoints).map(|endpoint| endpoint.address.as_str());
    let address = addresses.min().unwrap_or_default().trim_end_matches('/');
    let key = domain(&listing.identifiers).unwrap_or_default();
    id == derived(&["brand", &key, &fold(&listing.name), address])
}
