//! What the listings of one organization say together. The most careful list is heard first.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::SourceId;

use super::portals::portals;
use super::rows::Row;
use crate::brands::{Brand, Category, Location};
use crate::ids;
use crate::lists::{List, lantern};
use crate::publishers;
use crate::{names, places};

/// More names than this are no help to find it.
const MAX_ALIASES: usize = 64;

/// Names of vendors by the files in which Lantern keeps their lists.
pub(super) struct Vendors(BTreeMap<String, String>);

impl Vendors {
    pub fn of(lists: &[List]) -> Vendors {
        let publications = lists.iter().flat_map(|list| &list.publications);
        let mut named: Vec<(String, String)> = publications
            .filter_map(|publication| {
                Some((lantern::stem(publication.file.as_deref()?).to_owned(), publication.vendor.trim().to_owned()))
            })
            .collect();
        // Of several names the first in the alphabet stays.
        named.sort_by(|one, other| other.cmp(one));
        Vendors(named.into_iter().collect())
    }

    pub fn name(&self, given: &str) -> String {
        let name = self.0.get(given).cloned().unwrap_or_else(|| given.replace('_', " "));
        publishers::vendor_named(&name).map_or(name, str::to_owned)
    }
}

pub(super) fn brand(rows: &[Row<'_>], group: &[usize], vendors: &Vendors) -> Brand {
    let group: Vec<&Row<'_>> = group.iter().map(|row| &rows[*row]).collect();
    let listings = || group.iter().map(|row| row.listing);
    let shouted = |name: &str| !name.chars().any(char::is_lowercase);
    let best = group.iter().min_by_key(|row| (row.format, shouted(&row.listing.name), &row.listing.name));
    let name = best.map_or_else(String::new, |row| match row.listing.id {
        // A brand that names itself knows how it is written.
        Some(id) if !ids::is_derived(row.listing, id) => row.listing.name.clone(),
        _ => names::titled(&row.listing.name),
    });
    let mut brand = Brand {
        id: SourceId([0; 12]),
        aliases: aliases(
            &name,
            listings()
                .flat_map(|listing| std::iter::once(&listing.name).chain(&listing.aliases).chain(&listing.parent)),
        ),
        former_names: vec![],
        // Lists of endpoints take everyone for a provider; what says more is right.
        category: listings()
            .map(|listing| listing.category)
            .find(|of| *of != Category::Hospital)
            .unwrap_or(Category::Hospital),
        identifiers: vec![],
        website: listings().find_map(|listing| listing.website.clone()),
        logo: listings().find_map(|listing| listing.logo.clone()),
        locations: locations(listings().flat_map(|listing| &listing.locations)),
        portals: portals(listings(), vendors),
        vendor: listings().find_map(|listing| listing.vendor.as_deref()).map(|given| vendors.name(given)),
        name,
    };
    for identifier in listings().flat_map(|listing| &listing.identifiers) {
        if !brand.identifiers.contains(identifier) {
            brand.identifiers.push(identifier.clone());
        }
    }
    if brand.vendor.is_none() {
        let vendor = brand.endpoints().find_map(|endpoint| publishers::vendor_of(&endpoint.address));
        brand.vendor = vendor.map(str::to_owned);
    }
    brand
}

/// Other names, each in one spelling.
fn aliases<'a>(name: &str, called: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut seen = HashSet::from([names::fold(name)]);
    called.filter(|name| seen.insert(names::fold(name))).take(MAX_ALIASES).cloned().collect()
}

/// Every place once, with the point on the map that any list knows; what says less than another is left out.
fn locations<'a>(all: impl Iterator<Item = &'a Location>) -> Vec<Location> {
    let mut places: Vec<Location> = Vec::new();
    let mut seen: HashMap<[String; 4], usize> = HashMap::new();
    for location in all {
        let text = |text: &Option<String>| names::fold(text.as_deref().unwrap_or_default());
        let zip = location.zip.as_deref().and_then(places::zip5).unwrap_or_default();
        let key = [text(&location.line), text(&location.city), text(&location.state), zip];
        match seen.get(&key) {
            Some(have) => {
                let have = &mut places[*have];
                if have.lat.is_none() {
                    (have.lat, have.lon) = (location.lat, location.lon);
                }
                if have.name.is_none() {
                    have.name.clone_from(&location.name);
                }
            }
            None => {
                seen.insert(key, places.len());
                places.push(location.clone());
            }
        }
    }
    let towns: HashSet<&str> = places.iter().filter(|place| place.city.is_some()).filter_map(zip).collect();
    let states: HashSet<&str> = places
        .iter()
        .filter(|place| place.city.is_some() || place.zip.is_some())
        .filter_map(|place| place.state.as_deref())
        .collect();
    let elsewhere = |place: &Location| match (&place.city, zip(place), place.state.as_deref()) {
        (None, Some(zip), _) => !towns.contains(zip),
        (None, None, Some(state)) => !states.contains(state),
        _ => true,
    };
    let kept: Vec<bool> = places.iter().map(elsewhere).collect();
    places.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(place, _)| place).collect()
}

fn zip(place: &Location) -> Option<&str> {
    place.zip.as_deref().and_then(|zip| zip.get(..5))
}
