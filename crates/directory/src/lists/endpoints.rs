//! FHIR bases: as a bundle, and as the arrays that apps keep with the addresses of the authorization servers.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{List, ListError};
use crate::brands::{self, Category, Wrong};
use crate::listings::{Listing, Reason, address};

/// All of a bundle or nothing.
pub(super) fn bundle(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    let import = brands::parse(bytes)?;
    list.rows = import.entries;
    list.listings = import.brands.into_iter().map(Listing::from).collect();
    for ignored in import.ignored {
        let reason = match ignored.wrong {
            Wrong::Inactive => Reason::Inactive,
            Wrong::NoEndpoint => Reason::NoEndpoint,
            _ => Reason::Unfit,
        };
        list.rejected.add(reason, || ignored.at);
    }
    Ok(())
}

#[derive(Deserialize)]
struct Row {
    id: Option<String>,
    name: Option<String>,
    url: String,
    authorize: Option<String>,
    token: Option<String>,
}

pub(super) fn array(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    let rows: Vec<&RawValue> = serde_json::from_slice(bytes)?;
    for (index, row) in rows.into_iter().enumerate() {
        list.rows += 1;
        let row = serde_json::from_str::<Row>(row.get()).map_err(|_| Reason::Shape);
        match row.and_then(listing) {
            Ok(listing) => list.listings.push(listing),
            Err(reason) => list.rejected.add(reason, || format!("[{index}]")),
        }
    }
    Ok(())
}

fn listing(row: Row) -> Result<Listing, Reason> {
    let mut listing = Listing::connected(row.name.as_deref().unwrap_or_default(), &row.url, Category::Hospital)?;
    for endpoint in listing.endpoints_mut() {
        endpoint.authorize = address(row.authorize.as_deref());
        endpoint.token = address(row.token.as_deref());
    }
    listing.key = row.id.filter(|id| !id.is_empty() && id.len() <= 200).unwrap_or(listing.key);
    Ok(listing)
}
