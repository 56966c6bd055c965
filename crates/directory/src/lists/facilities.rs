//! Places of care as a table: hospitals, practices, clinics, nursing homes, home care. The columns differ by
//! kind and are found by their names.

use super::{List, ListError, Table, cell};
use crate::brands::{Category, Location};
use crate::listings::Listing;
use crate::names;

pub(super) fn read(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    let table = Table::of(bytes);
    let at = |name: &str| table.column(name);
    let [name, line, city, state, zip] = ["name", "address", "city", "state", "zip"].map(at);
    let [lat, lon, npi, number, id] = ["lat", "lon", "npi", "provider_num", "id"].map(at);
    // Columns that only lists of nursing homes and of home care have.
    let elsewhere = at("provider type").is_some() || at("healthaide").is_some();
    let category = if elsewhere { Category::Other } else { Category::Hospital };
    table.each(list, |row| {
        let text = |column| cell(row, column).map(str::to_owned);
        let degrees = |column| cell(row, column).and_then(|degrees| degrees.parse().ok());
        let mut listing = Listing::named(cell(row, name).unwrap_or_default(), category)?;
        // Lists of one kind of provider use the number of its certification as their id.
        let ccn = cell(row, number).or(cell(row, id));
        listing.identify(cell(row, npi), ccn);
        let parts = [cell(row, npi), ccn, cell(row, zip), cell(row, line)];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        listing.key = format!("{} {}", parts.join(" "), names::fold(&listing.name));
        listing.locate(Location {
            name: None,
            line: text(line),
            city: text(city),
            state: text(state),
            zip: text(zip),
            lat: degrees(lat),
            lon: degrees(lon),
        });
        Ok(listing)
    });
    Ok(())
}
