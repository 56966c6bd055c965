//! Lists of lists: who publishes endpoints where, and which certified products they belong to. They say nothing
//! of providers, but who makes the system behind a list.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{List, ListError, Table, cell};
use crate::listings::Reason;

/// A list that somebody publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Whose it is.
    pub vendor: String,
    /// As given; often the page that has the link.
    pub address: String,
    /// The file in which Lantern keeps it.
    pub file: Option<String>,
    pub products: Vec<String>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "EndpointName")]
    vendor: String,
    #[serde(rename = "URL")]
    address: String,
    #[serde(rename = "FileName")]
    file: Option<String>,
}

/// `[{"EndpointName", "URL", "FileName"}]`
pub(super) fn lists(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    items(bytes, list, |row: Listed| {
        Some(Publication { vendor: row.vendor, address: row.address, file: row.file, products: vec![] })
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Certified {
    #[serde(rename = "listSourceURL")]
    address: String,
    software_products: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    developer: Named,
    product: Named,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// `[{"listSourceURL", "softwareProducts": [{"developer": {"name"}, "product": {"name"}}]}]`
pub(super) fn products(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    items(bytes, list, |row: Certified| {
        let vendor = row.software_products.first()?.developer.name.clone();
        let mut products: Vec<String> = row.software_products.into_iter().map(|product| product.product.name).collect();
        products.sort();
        products.dedup();
        Some(Publication { vendor, address: row.address, file: None, products })
    })
}

fn items<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    list: &mut List,
    publication: impl Fn(T) -> Option<Publication>,
) -> Result<(), ListError> {
    let rows: Vec<&RawValue> = serde_json::from_slice(bytes)?;
    for (index, row) in rows.into_iter().enumerate() {
        list.rows += 1;
        match serde_json::from_str(row.get()).ok().and_then(&publication) {
            Some(found) => list.publications.push(found),
            None => list.rejected.add(Reason::Shape, || format!("[{index}]")),
        }
    }
    Ok(())
}

/// `developer, source`
pub(super) fn table(bytes: &[u8], list: &mut List) -> Result<(), ListError> {
    let table = Table::of(bytes);
    let [vendor, source] = ["developer", "source"].map(|name| table.column(name));
    for (line, row) in table.rows {
        list.rows += 1;
        let row = row.unwrap_or_default();
        match cell(&row, vendor).zip(cell(&row, source)) {
            Some((vendor, address)) => list.publications.push(Publication {
                vendor: vendor.to_owned(),
                address: address.to_owned(),
                file: None,
                products: vec![],
            }),
            None => list.rejected.add(Reason::Shape, || format!("line {line}")),
        }
    }
    Ok(())
}
