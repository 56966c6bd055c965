//! The document behind a record, as it was received.

use ::records::Draft;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use connectors::smart::attachments::{Attachment, Form, Place, attachments};
use connectors::smart::bundle::RawResource;
use connectors::smart::patient::is_id;
use domain::{ConnectionId, HumanId, RecordId};
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::ReadError;
use crate::Engine;
use crate::connections::open_account;
use crate::sealing::{Aad, DataKey};
use crate::tokens::Access;

/// The kind of record whose document is given out.
const WITH_DOCUMENT: &str = "ccds";
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The row of a stored resource within the person's: the account, and its [`Engine::resource_key`] there.
pub(crate) fn resource_row(connection: ConnectionId, resource_key: &str) -> String {
    format!("{connection}/{resource_key}")
}

/// Where a stored resource is sealed; `row` is its [`resource_row`].
pub(crate) fn resource_aad(row: &str) -> Aad<'_> {
    Aad { table: "resources", row, column: "body" }
}

/// The resources of one account, as they were stored.
struct Shelf<'a> {
    engine: &'a Engine,
    human_id: HumanId,
    connection: ConnectionId,
    key: DataKey,
    /// What relative addresses are relative to.
    base: Url,
}

impl Engine {
    /// The C-CDA behind a `ccds` row: content type and bytes, untouched.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn raw_document(&self, access: &Access, id: RecordId) -> Result<Option<(String, Bytes)>, ReadError> {
        let human_id = access.human_id;
        // What is hidden or another person's has no document either.
        let Some(place) = store::records::find_document(self.db(), human_id, WITH_DOCUMENT, id).await? else {
            return Ok(None);
        };
        let key = self.data_key(human_id, &access.wrapped_key)?;
        let connection = place.connection_id;
        let base = match store::connections::find(self.db(), human_id, connection).await? {
            Some(row) => Url::parse(&open_account(&key, &row)?.endpoint).ok(),
            None => None,
        };
        let base = base.unwrap_or_else(|| self.inner.base_url.clone());
        let shelf = Shelf { engine: self, human_id, connection, key, base };
        match shelf.find(&place.document_key).await?.and_then(|bytes| read("DocumentReference", bytes)) {
            Some(reference) => shelf.document(&reference).await,
            None => Ok(None),
        }
    }

    /// Where the document behind a record will be found: that of the resource that gave it identity.
    pub(crate) fn document_key(&self, draft: &Draft) -> Option<String> {
        let (kind, id) = draft.lineage.first().filter(|_| draft.kind.id == WITH_DOCUMENT)?.split_once('/')?;
        Some(self.resource_key(kind, id))
    }

    /// Under what a resource of an account is stored.
    pub(crate) fn resource_key(&self, kind: &str, id: &str) -> String {
        hex::encode(self.hash_index("resource", format!("{kind}/{id}").as_bytes()))
    }

    /// The id under which the bytes of an attachment are stored as a `Binary`.
    pub(crate) fn binary_id(&self, attachment: &Attachment, base: &Url) -> Option<String> {
        let full = attachment.key(base)?;
        let path = full.split(['?', '#']).next().unwrap_or_default();
        match path.rsplit_once("/Binary/").filter(|(_, id)| is_id(id)) {
            Some((_, id)) => Some(id.to_owned()),
            None => Some(hex::encode(&self.hash_index("attachment", full.as_bytes())[..16])),
        }
    }
}

impl Shelf<'_> {
    /// Its C-CDA; one that only may be a C-CDA by its type comes second.
    async fn document(&self, reference: &RawResource) -> Result<Option<(String, Bytes)>, ReadError> {
        let all = attachments(reference);
        for form in [Form::Ccda, Form::Xml] {
            for attachment in all.iter().filter(|attachment| attachment.form == form) {
                let data = match &attachment.place {
                    Place::Inline(data) => Some(data.clone()),
                    Place::Url(_) => self.binary(attachment).await?,
                };
                if let Some(bytes) = data.and_then(|data| decode(&data)) {
                    return Ok(Some((attachment.content_type.clone(), bytes.into())));
                }
            }
        }
        Ok(None)
    }

    /// The data of the stored `Binary` an attachment refers to.
    async fn binary(&self, attachment: &Attachment) -> Result<Option<String>, ReadError> {
        let Some(id) = self.engine.binary_id(attachment, &self.base) else { return Ok(None) };
        let Some(bytes) = self.find(&self.engine.resource_key("Binary", &id)).await? else { return Ok(None) };
        let Ok(stored) = serde_json::from_slice::<Value>(&bytes) else { return Ok(None) };
        let binary = if stored["resourceType"] == "Bundle" { &stored["entry"][0]["resource"] } else { &stored };
        Ok(binary["data"].as_str().map(str::to_owned))
    }

    /// The stored resource with this key, as it was received.
    async fn find(&self, resource_key: &str) -> Result<Option<Vec<u8>>, ReadError> {
        // Keys are hashes of one length: the first after all but its last digit is the one itself.
        let mut before = resource_key.to_owned();
        before.pop();
        let rows = store::resources::list(self.engine.db(), self.human_id, self.connection, &before, 1).await?;
        let Some(row) = rows.first().filter(|row| row.resource_key == resource_key) else { return Ok(None) };
        Ok(Some(self.key.open(resource_aad(&resource_row(self.connection, resource_key)), &row.body)?))
    }
}

/// `None` when the bytes are not one resource with an id.
fn read(kind: &str, bytes: Vec<u8>) -> Option<RawResource> {
    let json = RawValue::from_string(String::from_utf8(bytes).ok()?).ok()?;
    let id = serde_json::from_str::<Value>(json.get()).ok()?["id"].as_str()?.to_owned();
    Some(RawResource { kind: kind.to_owned(), id, json, last_updated: None, included: false })
}

fn decode(data: &str) -> Option<Vec<u8>> {
    LENIENT.decode(data.split_ascii_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests;
