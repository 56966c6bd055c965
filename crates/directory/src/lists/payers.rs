//! Payers' FHIR bases as tables: a state's Medicaid a row, or a brand of an insurer a row.

use super::{List, ListError, Table, cell};
use crate::brands::{Category, Location};
use crate::listings::{Listing, Reason};
use crate::places;

/// `State, endpoint, developer_name`
pub(super) fn states(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    let table = Table::of(bytes);
    let [name, endpoint, vendor] = ["state", "endpoint", "developer_name"].map(|name| table.column(name));
    table.each(list, |row| {
        let state = cell(row, name).and_then(state_name).ok_or(Reason::NoName)?;
        let mut listing = medicaid(state, cell(row, endpoint).ok_or(Reason::NoEndpoint)?)?;
        let known = cell(row, vendor).filter(|vendor| !matches!(*vendor, "Not Available" | "State Developed"));
        listing.vendor = known.map(str::to_owned);
        Ok(listing)
    });
    Ok(())
}

/// `Parent Organization Name, Brand Name(s) …, Prod FHIR URL (Resource URL), Notes`
pub(super) fn brands(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    let table = Table::of(bytes);
    let brands = table.columns.iter().position(|column| column.starts_with("brand name"));
    let [parent, url] = ["parent organization name", "prod fhir url (resource url)"].map(|name| table.column(name));
    table.each(list, |row| {
        let parent = cell(row, parent);
        // One cell may hold several brands, a line each.
        let mut names =
            cell(row, brands).or(parent).unwrap_or_default().lines().map(str::trim).filter(|name| !name.is_empty());
        let name = names.next().ok_or(Reason::NoName)?;
        let mut listing = Listing::connected(name, cell(row, url).ok_or(Reason::NoEndpoint)?, Category::Insurer)?;
        listing.aliases.extend(names.map(str::to_owned));
        listing.parent = parent.filter(|parent| *parent != name).map(str::to_owned);
        Ok(listing)
    });
    Ok(())
}

pub(super) fn state_name(text: &str) -> Option<&'static str> {
    places::state(text).and_then(|code| places::STATES.iter().find(|(state, _)| *state == code)).map(|(_, name)| *name)
}

pub(super) fn medicaid(state: &str, url: &str) -> Result<Listing, Reason> {
    let mut listing = Listing::connected(&format!("{state} Medicaid"), url, Category::Insurer)?;
    listing.locate(Location { state: Some(state.to_owned()), ..Location::default() });
    Ok(listing)
}
