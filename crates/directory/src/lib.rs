//! Who keeps people's records, and where: brands, their portals and endpoints, and the search over them.

pub mod brands;
mod bundle;
mod csv;
mod ids;
pub mod listings;
pub mod lists;
pub mod logos;
pub mod merge;
mod names;
mod organizations;
pub mod places;
pub mod publishers;
pub mod reach;
pub mod report;
pub mod search;
mod words;

pub use brands::{Brand, BundleError, Category, Endpoint, Identifier, Import, Location, Portal};
pub use listings::Listing;
pub use lists::{List, ListError};
pub use logos::Logo;
pub use search::{Hit, Index, Why};
