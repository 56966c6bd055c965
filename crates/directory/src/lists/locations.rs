//! One organization or site a line: `id, source, kind, name, line, city, state, postal_code, lat, lon, phone,
//! npi, ccn, fhir_url`, what is not known left out.

use serde::Deserialize;
use url::Url;

use crate::brands::{CCN, Category, Endpoint, Identifier, Location, NPI, Portal};
use crate::listings::{Listing, Reason};
use crate::lists::List;

#[derive(Deserialize)]
struct Row {
    id: String,
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

pub(super) fn read(bytes: &[u8], list: &mut List) {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    for (index, line) in lines {
        list.rows += 1;
        match serde_json::from_slice::<Row>(line).map_err(|_| Reason::Shape).and_then(listing) {
            Ok(listing) => list.listings.push(listing),
            Err(reason) => list.rejected.add(reason, || format!("line {}", index + 1)),
        }
    }
}

fn listing(row: Row) -> Result<Listing, Reason> {
    let name = row.name.trim();
    if name.is_empty() {
        return Err(Reason::NoName);
    }
    let category = match row.kind.as_str() {
        "skilled_nursing" | "home_health" => Category::Other,
        _ => Category::Hospital,
    };
    let mut listing = Listing::new(row.id, name.to_owned(), category);
    let identifier =
        |system: &str, value: Option<String>| value.map(|value| Identifier { system: system.to_owned(), value });
    listing.identifiers.extend([identifier(NPI, row.npi), identifier(CCN, row.ccn)].into_iter().flatten());
    let place = Location {
        name: None,
        line: row.line,
        city: row.city,
        state: row.state,
        zip: row.postal_code,
        lat: row.lat,
        lon: row.lon,
    };
    listing.locations.extend((place != Location::default()).then_some(place));
    if let Some(url) = row.fhir_url {
        let address = Url::parse(&url).ok().filter(Url::has_host).ok_or(Reason::NotAnAddress)?;
        let endpoint = Endpoint { address, fhir_version: None, authorize: None, token: None };
        listing.portals.push(Portal {
            name: listing.name.clone(),
            url: None,
            description: None,
            logo: None,
            endpoints: vec![endpoint],
        });
    }
    Ok(listing)
}
