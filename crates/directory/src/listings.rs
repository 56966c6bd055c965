//! What one list says of one organization. Listings are kept as they were read; brands are made of them.

use std::collections::BTreeMap;

use domain::SourceId;
use serde::{Deserialize, Serialize};

use url::Url;

use crate::brands::{Brand, CCN, Category, Endpoint, Identifier, Location, NPI, Portal};
use crate::logos::Logo;
use crate::{names, places, reach};

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
    /// Who makes the system, in the words of the list or of the list's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Whose brand it is: a name to find it by, shared with others and therefore no evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

impl Listing {
    /// A listing of what a list calls `name`, and of its state where the name says it.
    pub(crate) fn named(name: &str, category: Category) -> Result<Listing, Reason> {
        let name = names::read(name).ok_or(Reason::NoName)?;
        let place = name.state.map(|state| Location { state: Some(state.to_owned()), ..Location::default() });
        Ok(Listing {
            key: String::new(),
            id: None,
            name: name.shown,
            aliases: name.others,
            category,
            identifiers: vec![],
            website: None,
            logo: None,
            locations: place.into_iter().collect(),
            portals: vec![],
            vendor: None,
            parent: None,
        })
    }

    /// A listing of what is behind `address`: no test, no machine of the maker's own.
    pub(crate) fn connected(name: &str, address: &str, category: Category) -> Result<Listing, Reason> {
        let mut listing = Listing::named(name, category)?;
        let endpoint = endpoint(address)?;
        if names::is_test(&listing.name) || is_test_host(&endpoint.address) {
            return Err(Reason::Test);
        }
        if names::is_number(&listing.name) {
            return Err(Reason::NumberForName);
        }
        listing.key = format!("{} {}", names::fold(name), compared(&endpoint.address));
        listing.portals.push(Portal {
            name: listing.name.clone(),
            url: None,
            description: None,
            logo: None,
            endpoints: vec![endpoint],
        });
        Ok(listing)
    }

    pub(crate) fn identify(&mut self, npi: Option<&str>, ccn: Option<&str>) {
        let npi = npi.map(str::trim).filter(|npi| is_npi(npi)).map(|npi| (NPI, npi));
        let ccn = ccn.map(str::trim).filter(|ccn| is_ccn(ccn)).map(|ccn| (CCN, ccn));
        let found = npi.into_iter().chain(ccn);
        self.identifiers.extend(found.map(|(system, value)| Identifier { system: system.into(), value: value.into() }));
    }

    /// Adds a place, with its parts made presentable; nothing when it says nothing.
    pub(crate) fn locate(&mut self, place: Location) {
        let tidy = |text: Option<String>| {
            text.map(|text| names::titled(&names::repaired(&text))).filter(|text| !text.is_empty())
        };
        let town = |text: Option<String>| tidy(text).map(|town| town_name(&town));
        let (lat, lon) = places::point(place.lat, place.lon);
        let state =
            place.state.map(|state| places::state(&state).map_or_else(|| state.trim().to_owned(), str::to_owned));
        let place = Location {
            name: tidy(place.name),
            line: tidy(place.line),
            city: town(place.city),
            state: state.filter(|state| !state.is_empty()),
            zip: place.zip.as_deref().and_then(places::shown_zip),
            lat,
            lon,
        };
        if place != Location::default() {
            self.locations.push(place);
        }
    }

    pub(crate) fn endpoints_mut(&mut self) -> impl Iterator<Item = &mut Endpoint> {
        self.portals.iter_mut().flat_map(|portal| &mut portal.endpoints)
    }
}

/// Towns of one word are titled too.
fn town_name(town: &str) -> String {
    let shouted = town.len() > 2 && !town.chars().any(char::is_lowercase);
    let titled = shouted.then(|| names::titled(&format!("{town} X")));
    titled.and_then(|titled| titled.strip_suffix(" X").map(str::to_owned)).unwrap_or_else(|| town.to_owned())
}

/// A FHIR base as published. One that is not https is kept, and is not connected to.
pub(crate) fn endpoint(address: &str) -> Result<Endpoint, Reason> {
    let address = Url::parse(address.trim()).map_err(|_| Reason::NotAnAddress)?;
    if !matches!(address.scheme(), "https" | "http") {
        return Err(Reason::NotAnAddress);
    }
    if reach::is_internal(&address) {
        return Err(Reason::Internal);
    }
    let version =
        address.path_segments().into_iter().flatten().find_map(|part| match part.to_ascii_lowercase().as_str() {
            "r4" => Some("4.0.1"),
            "stu3" => Some("3.0.1"),
            "dstu2" => Some("1.0.2"),
            _ => None,
        });
    Ok(Endpoint { address, fhir_version: version.map(str::to_owned), authorize: None, token: None })
}

/// An address of the same place, if it can be fetched.
pub(crate) fn address(text: Option<&str>) -> Option<Url> {
    Url::parse(text?.trim()).ok().filter(|url| reach::judge(url).is_ok())
}

/// Addresses are the same whatever their case and the slash at their end.
pub(crate) fn compared(address: &Url) -> String {
    address.as_str().trim_end_matches('/').to_ascii_lowercase()
}

fn is_test_host(address: &Url) -> bool {
    const TESTS: &[&str] = &["demo", "qa", "rd", "sandbox", "test", "testclinic", "uat"];
    address.host_str().unwrap_or_default().split('.').any(|label| TESTS.contains(&label) || label.contains("sandbox"))
}

/// Ten digits, the last of which checks the others (45 CFR 162.406, ISO 7812 with the prefix 80840).
fn is_npi(text: &str) -> bool {
    if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let digits = text.bytes().rev().enumerate().map(|(place, byte)| {
        let digit = u32::from(byte - b'0') << (place % 2);
        digit / 10 + digit % 10
    });
    // 24 is what the prefix adds.
    (digits.sum::<u32>() + 24).is_multiple_of(10)
}

/// Two digits for the state, a digit or letter for the kind, three digits.
fn is_ccn(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, kind, rest @ ..] if rest.len() == 3
        && [a, b].into_iter().chain(rest).all(u8::is_ascii_digit)
        && (kind.is_ascii_digit() || kind.is_ascii_uppercase()))
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
            parent: None,
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
