//! The nouns of the directory, in the words of SMART User-access Brands, and reading a bundle of them.

use std::fmt;

use domain::SourceId;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::bundle::Bundle;
use crate::logos::Logo;
use crate::organizations;

/// What patients know: a hospital, a laboratory, an insurer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    pub id: SourceId,
    pub name: String,
    pub aliases: Vec<String>,
    /// Names it had in an earlier edition of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_names: Vec<String>,
    pub category: Category,
    pub identifiers: Vec<Identifier>,
    pub website: Option<String>,
    pub logo: Option<Logo>,
    pub locations: Vec<Location>,
    /// None where nobody publishes an endpoint: known, but not yet to be connected.
    pub portals: Vec<Portal>,
    /// Who makes the system behind the portals, as far as a list tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

/// A place to sign in. A brand may have several: adults and children, old system and new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portal {
    pub name: String,
    pub url: Option<String>,
    pub description: Option<String>,
    pub logo: Option<Logo>,
    pub endpoints: Vec<Endpoint>,
}

/// A FHIR base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Exactly as published, also its slash at the end.
    pub address: Url,
    /// `4.0.1`; absent when not said.
    pub fhir_version: Option<String>,
    /// Where a person signs in and where a code is exchanged, when the list spares us the discovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize: Option<Url>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Url>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Set when the site has a name of its own.
    pub name: Option<String>,
    pub line: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub zip: Option<String>,
    /// Degrees, WGS 84; both or neither. Often the middle of the ZIP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
}

/// No list can say "not a number".
impl Eq for Location {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    pub system: String,
    pub value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Hospital,
    Lab,
    Imaging,
    Pharmacy,
    Insurer,
    Network,
    Other,
}

/// National provider identifiers.
pub const NPI: &str = "http://hl7.org/fhir/sid/us-npi";
/// Certification numbers of Medicare.
pub const CCN: &str = "urn:oid:2.16.840.1.113883.4.336";

impl Brand {
    /// The national provider identifier.
    pub fn npi(&self) -> Option<&str> {
        self.identifiers.iter().find(|identifier| identifier.system == NPI).map(|identifier| identifier.value.as_str())
    }

    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.portals.iter().flat_map(|portal| &portal.endpoints)
    }
}

impl Endpoint {
    /// The endpoint to offer first has the least: FHIR R4 before what does not say, both before other versions; then
    /// what can be fetched.
    pub(crate) fn preference(&self) -> (u8, bool) {
        let version = match self.fhir_version.as_deref() {
            Some("4.0") => 0,
            Some(version) if version.starts_with("4.0.") => 0,
            None => 1,
            Some(_) => 2,
        };
        (version, self.address.scheme() != "https")
    }
}

/// A bundle is larger than any that is published.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;

/// What a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Sorted by name.
    pub brands: Vec<Brand>,
    /// Parts that do not spoil the rest: unfit logos, closed endpoints, organizations without any.
    pub ignored: Vec<BundleError>,
    /// All entries, of whatever kind.
    pub entries: u64,
}

/// Reads a bundle, all of it or nothing. The same bundle always gives the same ids.
///
/// # Errors
/// [`BundleError`] says where the bundle is wrong.
pub fn parse(json: &[u8]) -> Result<Import, BundleError> {
    if json.len() > MAX_BYTES {
        return Err(BundleError::new("", Wrong::TooLarge));
    }
    let mut import = organizations::import(&Bundle::read(json)?)?;
    import.brands.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(import)
}

/// Where a bundle is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleError {
    /// A path such as `entry[3].resource.name`.
    pub at: String,
    pub wrong: Wrong,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("is larger than 256 MiB")]
    TooLarge,
    #[error("is not JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("is not a Bundle of type collection")]
    NotABundle,
    #[error("is missing")]
    Missing,
    #[error("is not of the type it should be")]
    WrongType,
    #[error("refers to nothing in this bundle")]
    Dangling,
    #[error("leads back to itself")]
    Circular,
    #[error("is not an https address")]
    NotAnAddress,
    #[error("is not 24 lower-case hex digits")]
    NotAnId,
    #[error("is used by another entry too")]
    Repeated,
    #[error("is or leads to more endpoints than one organization has")]
    TooMany,
    #[error("would give two brands one id")]
    SameId,
    #[error("is not active")]
    Inactive,
    #[error("has no endpoint to connect to")]
    NoEndpoint,
    #[error("is not a logo we can show: {0}")]
    Logo(crate::logos::LogoError),
}

impl BundleError {
    pub(crate) fn new(at: impl Into<String>, wrong: Wrong) -> BundleError {
        BundleError { at: at.into(), wrong }
    }
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() { "the file" } else { &self.at };
        write!(f, "{at} {}", self.wrong)
    }
}

impl std::error::Error for BundleError {}
