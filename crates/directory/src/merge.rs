//! From what all lists say to brands.

use crate::brands::Brand;
use crate::ids::derived;
use crate::lists::List;

#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// Sorted by name.
    pub brands: Vec<Brand>,
}

pub fn merge(lists: &[List]) -> Merged {
    let listings = lists.iter().flat_map(|list| &list.listings);
    let mut brands: Vec<Brand> = listings
        .map(|listing| Brand {
            id: listing.id.unwrap_or_else(|| derived(&["brand", "listing", &listing.key])),
            name: listing.name.clone(),
            aliases: listing.aliases.clone(),
            former_names: vec![],
            category: listing.category,
            identifiers: listing.identifiers.clone(),
            website: listing.website.clone(),
            logo: listing.logo.clone(),
            locations: listing.locations.clone(),
            portals: listing.portals.clone(),
            vendor: listing.vendor.clone(),
        })
        .collect();
    brands.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Merged { brands }
}
