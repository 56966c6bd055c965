//! FHIR out: what is stored of a person, as it was received, read and searched as a FHIR server answers.
//!
//! Nothing is kept for it beside the stored resources. A type is opened once for each revision of the
//! person's data, and what can be searched for is kept with it, in a cache of bounded size.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use domain::Timestamp;
use serde::Deserialize;

use crate::Engine;
use crate::apps::sha256;
use crate::records::raw::decode;
use crate::sealing::{DataKey, SealingError};
use crate::tokens::Access;

mod bundle;
mod capability;
mod dates;
mod everything;
mod export;
mod holdings;
mod kinds;
mod mark;
mod matching;
mod query;
mod rewrite;
mod search;
mod shelves;
mod values;

#[cfg(test)]
mod tests;

pub use everything::Everything;
pub use export::{Export, ExportError, Job, NDJSON};
pub use kinds::{KINDS, Kind, kind};
pub use query::{Asked, DEFAULT_COUNT, LARGEST_COUNT, QueryError, Search};

use holdings::Holdings;
use shelves::{Place, Shelves};

/// Where FHIR is served, below the origin.
pub const ROOT: &str = "/fhir/R4";

#[derive(Debug, thiserror::Error)]
pub enum FhirError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] SealingError),
    #[error("the work beside the event loop panicked")]
    Panicked,
}

/// One resource as it is served.
#[derive(Debug, Clone)]
pub struct Found {
    pub body: Bytes,
    /// When its content last became another one here.
    pub changed_at: Timestamp,
    /// Weak validator of these bytes, with its quotes.
    pub etag: String,
}

/// What a read finds.
#[derive(Debug, Clone)]
pub enum Read {
    Found(Found),
    /// Its source had it once.
    Gone,
    Unknown,
}

/// What is kept between requests.
#[derive(Default)]
pub(crate) struct Fhir {
    shelves: Shelves,
    capability: OnceLock<Bytes>,
    deleted: export::Deleted,
}

/// A person's resources at one revision; a cheap clone.
#[derive(Clone)]
struct View {
    engine: Engine,
    key: DataKey,
    place: Place,
    holdings: Arc<Holdings>,
}

/// Media type and bytes of a `Binary`.
pub fn document(binary: &[u8]) -> Option<(String, Vec<u8>)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Document<'a> {
        content_type: String,
        #[serde(borrow, default)]
        data: std::borrow::Cow<'a, str>,
    }
    let Document { content_type, data } = serde_json::from_slice(binary).ok()?;
    Some((content_type, decode(&data)?))
}

impl Engine {
    /// What dates like `ap2026` are measured from.
    pub fn time(&self) -> Timestamp {
        self.now()
    }

    /// The address of FHIR here, without a slash at the end.
    pub fn fhir_base(&self) -> String {
        format!("{}{ROOT}", self.base_url().as_str().trim_end_matches('/'))
    }

    /// The CapabilityStatement, the same bytes every time.
    pub fn fhir_capability(&self) -> Bytes {
        self.inner.fhir.capability.get_or_init(|| capability::statement(&self.fhir_base()).into()).clone()
    }

    /// One resource by the id it is served under, or by the id of ours that each has beside it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fhir_read(&self, access: &Access, kind: &'static Kind, id: &str) -> Result<Read, FhirError> {
        let view = self.view(access).await?;
        if let Some(row) = view.find(kind, id).await?
            && let Some(body) = view.body(None, row).await?
        {
            let changed_at = Timestamp(view.holdings.rows[row as usize].changed);
            let etag = format!("W/\"{}\"", hex::encode(&sha256(&body)[..16]));
            return Ok(Read::Found(Found { body, changed_at, etag }));
        }
        for key in view.keys(kind, id) {
            if store::resources::was_there(self.db(), access.human_id, &hex::encode(key)).await? {
                return Ok(Read::Gone);
            }
        }
        Ok(Read::Unknown)
    }

    async fn view(&self, access: &Access) -> Result<View, FhirError> {
        let key = self.data_key(access.human_id, &access.wrapped_key)?;
        let place = Place {
            human_id: access.human_id,
            wrapped_key: access.wrapped_key.clone(),
            revision: access.revision,
            kind: None,
        };
        let load = Holdings::load(self, access, &key);
        let holdings = self.inner.fhir.shelves.holdings(&place, load).await?;
        Ok(View { engine: self.clone(), key, place, holdings })
    }
}
