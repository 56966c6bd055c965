//! One organization or site a line: `id, source, kind, name, line, city, state, postal_code, lat, lon, phone,
//! npi, ccn, fhir_url`, what is not known left out.

use serde::Deserialize;

use super::{List, ListError, lantern};
use crate::brands::{Category, Location};
use crate::listings::{Listing, Reason};

#[derive(Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    line: Option<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    npi: Option<String>,
    ccn: Option<String>,
    fhir_url: Option<String>,
}

/// A row is never as long.
const MAX_LINE: usize = 1024 * 1024;

pub(super) fn read(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    for (index, line) in lines {
        list.rows += 1;
        let row = if line.len() > MAX_LINE { None } else { serde_json::from_slice::<Row>(line).ok() };
        match row.ok_or(Reason::Shape).and_then(listing) {
            Ok(listing) => list.listings.push(listing),
            Err(reason) => list.rejected.add(reason, || format!("line {}", index + 1)),
        }
    }
    Ok(())
}

fn listing(row: Row) -> Result<Listing, Reason> {
    let lantern = row.source.strip_prefix("lantern:").map(lantern::Origin::of);
    let mut listing = match (&row.fhir_url, &lantern) {
        (Some(url), Some(origin)) => origin.listing(&row.name, url)?,
        (Some(url), None) => Listing::connected(&row.name, url, Category::Hospital)?,
        (None, _) => Listing::named(&row.name, category(&row.kind))?,
    };
    listing.key = row.id;
    listing.identify(row.npi.as_deref(), row.ccn.as_deref());
    let (line, city, state, zip) = (row.line, row.city, row.state, row.postal_code);
    listing.locate(Location { name: None, line, city, state, zip, lat: row.lat, lon: row.lon });
    Ok(listing)
}

/// Where people stay or are visited is no place they think of as a hospital.
fn category(kind: &str) -> Category {
    match kind {
        "skilled_nursing" | "home_health" => Category::Other,
        _ => Category::Hospital,
    }
}
