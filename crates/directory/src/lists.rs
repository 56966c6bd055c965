//! The lists in which providers are published. What a list is shows in its content, never in its file's name.

use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::brands::BundleError;
use crate::csv::Rows;
use crate::listings::{Listing, Rejected};

mod endpoints;
mod facilities;
pub(crate) mod lantern;
mod locations;
mod payers;
mod publications;
mod zipcodes;

pub use publications::Publication;
pub use zipcodes::Point;

/// A list is never larger than this when unpacked.
pub const MAX_BYTES: usize = crate::brands::MAX_BYTES;

/// One list, read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct List {
    /// Whatever tells it from the others: an address, a file.
    pub name: String,
    pub format: Format,
    /// Rows, or entries of a bundle, that it holds.
    pub rows: u64,
    pub listings: Vec<Listing>,
    pub rejected: Rejected,
    /// Of a list of lists.
    #[serde(default)]
    pub publications: Vec<Publication>,
    /// Of a list of ZIPs.
    #[serde(default)]
    pub points: Vec<Point>,
}

/// The formats that are read. Those that say more, and say it more carefully, come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A FHIR bundle: User-access Brands, or the older ones of organizations and endpoints.
    Bundle,
    /// A JSON array of FHIR bases with the addresses of their authorization servers.
    Endpoints,
    /// Payers' FHIR bases as a table.
    Payers,
    /// A vendor's FHIR bases as Lantern keeps them.
    Lantern,
    /// Places of care as a table.
    Facilities,
    /// One organization or site a line, as JSON.
    Locations,
    /// Who publishes which list where.
    Publications,
    /// Points on the map for ZIPs and towns.
    Zipcodes,
}

/// Why a list cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("the file is larger than 256 MiB unpacked")]
    TooLarge,
    #[error("the file is broken where it is packed")]
    Gzip,
    #[error("the file is not JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("the file is of no known format: {0}")]
    Unknown(String),
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl From<serde_json::Error> for ListError {
    fn from(error: serde_json::Error) -> ListError {
        ListError::NotJson { line: error.line(), column: error.column() }
    }
}

impl List {
    /// Reads a list, packed or not.
    ///
    /// # Errors
    /// [`ListError`] when nothing of it can be used.
    pub fn read(name: &str, bytes: &[u8]) -> Result<List, ListError> {
        let unpacked = unpack(bytes)?;
        let bytes = unpacked.as_deref().unwrap_or(bytes);
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let (format, read) = recognize(bytes)?;
        let mut list = List {
            name: name.to_owned(),
            format,
            rows: 0,
            listings: vec![],
            rejected: Rejected::default(),
            publications: vec![],
            points: vec![],
        };
        read(bytes, &mut list)?;
        Ok(list)
    }
}

impl List {
    /// A list that was read in another way.
    pub fn of_listings(name: String, format: Format, listings: Vec<Listing>) -> List {
        let (rows, rejected) = (listings.len() as u64, Rejected::default());
        List { name, format, rows, listings, rejected, publications: vec![], points: vec![] }
    }
}

/// `None` when the bytes are not packed.
fn unpack(bytes: &[u8]) -> Result<Option<Vec<u8>>, ListError> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return if bytes.len() > MAX_BYTES { Err(ListError::TooLarge) } else { Ok(None) };
    }
    let mut plain = Vec::new();
    let mut packed = flate2::read::MultiGzDecoder::new(bytes).take(MAX_BYTES as u64 + 1);
    packed.read_to_end(&mut plain).map_err(|_| ListError::Gzip)?;
    if plain.len() > MAX_BYTES { Err(ListError::TooLarge) } else { Ok(Some(plain)) }
}

type Reader = fn(&[u8], &mut List) -> Result<(), ListError>;

/// Members and columns that tell formats apart, and their readers.
const FORMATS: &[(Format, Shape, &[&str], Reader)] = &[
    (Format::Bundle, Shape::Object, &["resourceType"], endpoints::bundle),
    (Format::Lantern, Shape::Object, &["Endpoints"], lantern::read),
    (Format::Locations, Shape::Object, &["id", "source", "kind"], locations::read),
    (Format::Endpoints, Shape::Array, &["name", "url"], endpoints::array),
    (Format::Publications, Shape::Array, &["listSourceURL", "softwareProducts"], publications::products),
    (Format::Publications, Shape::Array, &["EndpointName", "URL"], publications::lists),
    (Format::Zipcodes, Shape::Table, &["ST", "NAME", "ZCTA5", "LAT", "LON"], zipcodes::read),
    (Format::Facilities, Shape::Table, &["name", "address", "city", "state", "zip"], facilities::read),
    (Format::Payers, Shape::Table, &["State", "endpoint", "developer_name"], payers::states),
    (Format::Payers, Shape::Table, &["Parent Organization Name", "Prod FHIR URL (Resource URL)"], payers::brands),
    (Format::Publications, Shape::Table, &["developer", "source"], publications::table),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One JSON object, or the first of one a line.
    Object,
    /// A JSON array, known by its first item.
    Array,
    /// Comma-separated values with a header.
    Table,
}

fn recognize(bytes: &[u8]) -> Result<(Format, Reader), ListError> {
    let (shape, seen) = match bytes.trim_ascii_start().first() {
        None => return Err(ListError::Unknown("it is empty".to_owned())),
        Some(b'{') => (Shape::Object, members(bytes)?),
        Some(b'[') => (Shape::Array, first_members(bytes)?),
        Some(_) => (Shape::Table, Rows::of(bytes).next().and_then(|(_, row)| row).unwrap_or_default()),
    };
    let fits = |wanted: &[&str]| wanted.iter().all(|name| seen.iter().any(|seen| seen == name));
    let found = FORMATS.iter().find(|(_, of, wanted, _)| *of == shape && fits(wanted));
    found.map(|(format, .., reader)| (*format, *reader)).ok_or_else(|| ListError::Unknown(told(shape, &seen)))
}

/// What was seen instead, without any of its data.
fn told(shape: Shape, seen: &[String]) -> String {
    let plain = |name: &&String| name.len() <= 40 && name.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    let names: Vec<&str> =
        seen.iter().filter(plain).filter(|name| !name.is_empty()).take(12).map(String::as_str).collect();
    let names = if names.is_empty() { "nothing we know".to_owned() } else { names.join(", ") };
    match shape {
        Shape::Object => format!("a JSON object with the members {names}"),
        Shape::Array => format!("a JSON array, its first item with the members {names}"),
        Shape::Table if seen.len() > 1 => format!("a table with the columns {names}"),
        Shape::Table => "neither JSON nor a table with a header".to_owned(),
    }
}

/// The names of an object's members; what they hold is passed over.
struct Members(Vec<String>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        struct Names;
        impl<'de> serde::de::Visitor<'de> for Names {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut names = Vec::new();
                while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                    if names.len() < 64 {
                        names.push(name);
                    }
                }
                Ok(Members(names))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

fn members(bytes: &[u8]) -> Result<Vec<String>, ListError> {
    let first = serde_json::Deserializer::from_slice(bytes).into_iter::<Members>().next();
    Ok(first.transpose()?.map(|members| members.0).unwrap_or_default())
}

fn first_members(bytes: &[u8]) -> Result<Vec<String>, ListError> {
    Ok(serde_json::from_slice::<FirstMembers>(bytes)?.0)
}

/// The names of the members of an array's first item; the other items are passed over.
struct FirstMembers(Vec<String>);

impl<'de> Deserialize<'de> for FirstMembers {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<FirstMembers, D::Error> {
        struct Items;
        impl<'de> serde::de::Visitor<'de> for Items {
            type Value = FirstMembers;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<FirstMembers, A::Error> {
                let first = items.next_element::<&serde_json::value::RawValue>()?;
                let members = first.and_then(|item| serde_json::from_str::<Members>(item.get()).ok());
                while items.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(FirstMembers(members.map_or_else(Vec::new, |members| members.0)))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

/// The cells of a table by the names of their columns.
struct Table<'a> {
    columns: Vec<String>,
    rows: Rows<'a>,
}

impl<'a> Table<'a> {
    fn of(bytes: &'a [u8]) -> Table<'a> {
        let mut rows = Rows::of(bytes);
        let columns = rows.next().and_then(|(_, row)| row).unwrap_or_default();
        Table { columns: columns.iter().map(|column| column.to_ascii_lowercase()).collect(), rows }
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Every row with something in it, counted and read by `listing`.
    fn each(self, list: &mut List, listing: impl Fn(&[String]) -> Result<Listing, crate::listings::Reason>) {
        for (line, row) in self.rows {
            if row.as_ref().is_some_and(|row| row.iter().all(String::is_empty)) {
                continue;
            }
            list.rows += 1;
            match row.ok_or(crate::listings::Reason::Shape).and_then(|row| listing(&row)) {
                Ok(listing) => list.listings.push(listing),
                Err(reason) => list.rejected.add(reason, || format!("line {line}")),
            }
        }
    }
}

/// What is in a cell; `None` when it is empty or there is none.
fn cell(row: &[String], column: Option<usize>) -> Option<&str> {
    row.get(column?).map(String::as_str).filter(|text| !text.is_empty())
}
