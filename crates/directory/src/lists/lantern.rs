//! `{"Endpoints": [{"URL", "OrganizationName", "NPIID", "OrganizationZipCode"}]}`, as the Lantern project of the
//! national coordinator keeps what vendors publish.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{List, ListError};
use crate::brands::{Category, Location};
use crate::listings::{Listing, Reason};

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow, rename = "Endpoints")]
    endpoints: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    #[serde(rename = "URL")]
    url: String,
    organization_name: Option<String>,
    #[serde(rename = "NPIID")]
    npi: Option<String>,
    organization_zip_code: Option<String>,
}

pub(super) fn read(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    let file: File<'_> = serde_json::from_slice(bytes)?;
    let origin = Origin::of(&list.name);
    for (index, row) in file.endpoints.into_iter().enumerate() {
        list.rows += 1;
        let row = serde_json::from_str::<Row>(row.get()).map_err(|_| Reason::Shape);
        match row.and_then(|row| listing(row, &origin)) {
            Ok(listing) => list.listings.push(listing),
            Err(reason) => list.rejected.add(reason, || format!("Endpoints[{index}]")),
        }
    }
    Ok(())
}

fn listing(row: Row, origin: &Origin) -> Result<Listing, Reason> {
    let mut listing = origin.listing(row.organization_name.as_deref().unwrap_or_default(), &row.url)?;
    listing.identify(row.npi.as_deref(), None);
    listing.locate(Location { zip: row.organization_zip_code, ..Location::default() });
    Ok(listing)
}

/// What the name of a list of Lantern adds to its rows; they themselves do not say whose they are.
pub(super) struct Origin {
    vendor: Option<String>,
    payers: bool,
    medicaid: bool,
}

/// Files of many vendors' endpoints.
const GATHERED: &[&str] = &["1Up", "CareEvolution"];

impl Origin {
    pub fn of(name: &str) -> Origin {
        let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = stem(file);
        let payers = stem.starts_with("Medicare_") || stem == "MedicaidState";
        let known = name.contains("EndpointSources") || file == name && !file.contains('.');
        let vendor = (known && !payers && !GATHERED.contains(&stem) && !stem.is_empty()).then(|| stem.to_owned());
        Origin { vendor, payers, medicaid: stem == "MedicaidState" }
    }

    pub fn listing(&self, name: &str, url: &str) -> Result<Listing, Reason> {
        let category = if self.payers { Category::Insurer } else { Category::Hospital };
        let mut listing = match super::payers::state_name(name).filter(|_| self.medicaid) {
            Some(state) => super::payers::medicaid(state, url)?,
            None => Listing::connected(name, url, category)?,
        };
        listing.vendor.clone_from(&self.vendor);
        Ok(listing)
    }
}

/// `athenahealth_Inc_1_EndpointSources.json.gz` → `athenahealth_Inc`.
pub(crate) fn stem(file: &str) -> &str {
    let stem = file.split("EndpointSources").next().unwrap_or_default().trim_end_matches('_');
    stem.rsplit_once('_')
        .filter(|(_, last)| last.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(stem, |(stem, _)| stem)
}
