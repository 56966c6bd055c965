//! The document behind a record, as it was received.

use ::records::Draft;
use ::records::ccda::Losses;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use connectors::smart::attachments::{Attachment, Form, Place, attachments};
use connectors::smart::bundle::RawResource;
use connectors::smart::patient::is_id;
use domain::{ConnectionId, HumanId, RecordId, Timestamp};
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::ReadError;
use crate::Engine;
use crate::connections::open_account;
use crate::sealing::{Aad, DataKey};
use crate::tokens::Access;

/// The kinds of records whose document is given out.
const WITH_DOCUMENT: &[&str] = &["ccds", "documents"];
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

fn losses_aad(row: &str) -> Aad<'_> {
    Aad { table: "conversions", row, column: "body" }
}

/// What became of the entries of a document, for its row.
pub(crate) fn seal_losses(key: &DataKey, connection: ConnectionId, document_key: &str, losses: &Losses) -> Vec<u8> {
    key.seal_json(losses_aad(&resource_row(connection, document_key)), losses)
}

/// What was made of a document, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    pub converted_at: Timestamp,
    pub losses: Losses,
}

/// The file behind a record.
#[derive(Clone, PartialEq, Eq)]
pub struct RawFile {
    /// As the source declared it; for nothing but telling whoever asked for it.
    pub content_type: String,
    pub name: Option<String>,
    pub bytes: Bytes,
}

/// The resources of one account, as they were stored.
pub(crate) struct Shelf<'a> {
    pub engine: &'a Engine,
    pub human_id: HumanId,
    pub connection: ConnectionId,
    pub key: DataKey,
    /// What relative addresses are relative to.
    pub base: Url,
}

impl Engine {
    /// The C-CDA behind a `ccds` row: content type and bytes, untouched.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn raw_document(&self, access: &Access, id: RecordId) -> Result<Option<(String, Bytes)>, ReadError> {
        let Some((shelf, document_key)) = self.shelf_of(access, "ccds", id).await? else { return Ok(None) };
        match shelf.find(&document_key).await?.and_then(|(_, bytes)| read("DocumentReference", bytes)) {
            Some(reference) => shelf.document(&reference).await,
            None => Ok(None),
        }
    }

    /// What became of every entry of the C-CDA behind a `ccds` row.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn conversion(&self, access: &Access, id: RecordId) -> Result<Option<Conversion>, ReadError> {
        let Some((shelf, document_key)) = self.shelf_of(access, "ccds", id).await? else { return Ok(None) };
        let found = store::conversions::find(self.db(), shelf.human_id, shelf.connection, &document_key).await?;
        let Some(row) = found else { return Ok(None) };
        let losses = shelf.key.open_json(losses_aad(&resource_row(shelf.connection, &document_key)), &row.body)?;
        Ok(Some(Conversion { converted_at: row.converted_at, losses }))
    }

    /// The file behind a `documents` row, untouched; none when its source did not give us the file itself.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn raw_file(&self, access: &Access, id: RecordId) -> Result<Option<RawFile>, ReadError> {
        let Some((shelf, document_key)) = self.shelf_of(access, "documents", id).await? else { return Ok(None) };
        match shelf.find(&document_key).await? {
            Some((_, bytes)) => shelf.file(&bytes).await,
            None => Ok(None),
        }
    }

    /// Where the document of a record is, and its key there.
    async fn shelf_of(
        &self,
        access: &Access,
        kind: &str,
        id: RecordId,
    ) -> Result<Option<(Shelf<'_>, String)>, ReadError> {
        let human_id = access.human_id;
        // What is hidden or another person's has no document either.
        let Some(place) = store::records::find_document(self.db(), human_id, kind, id).await? else {
            return Ok(None);
        };
        let key = self.data_key(human_id, &access.wrapped_key)?;
        let connection = place.connection_id;
        let base = match store::connections::find(self.db(), human_id, connection).await? {
            Some(row) => Url::parse(&open_account(&key, &row)?.endpoint).ok(),
            None => None,
        };
        let base = base.unwrap_or_else(|| self.inner.base_url.clone());
        Ok(Some((Shelf { engine: self, human_id, connection, key, base }, place.document_key)))
    }

    /// Where the document behind a record will be found: that of the resource that gave it identity.
    pub(crate) fn document_key(&self, draft: &Draft) -> Option<String> {
        let (kind, id) = draft.lineage.first().filter(|_| WITH_DOCUMENT.contains(&draft.kind.id))?.split_once('/')?;
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
    pub(crate) async fn document(&self, reference: &RawResource) -> Result<Option<(String, Bytes)>, ReadError> {
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

    /// The one of its files that stands for it.
    async fn file(&self, resource: &[u8]) -> Result<Option<RawFile>, ReadError> {
        let resource = ::records::dstu2::resource(resource);
        let resource: Value = serde_json::from_slice(&resource).unwrap_or_default();
        let Some(file) = ::records::document_file(&resource) else { return Ok(None) };
        let text = |name: &str| file[name].as_str().map(str::to_owned).filter(|text| !text.is_empty());
        let content_type = text("contentType").unwrap_or_else(|| "application/octet-stream".to_owned());
        let data = match (text("data"), text("url")) {
            (Some(data), _) => Some(data),
            (None, Some(url)) => {
                let (form, place) = (Form::of(&content_type, ""), Place::Url(url));
                self.binary(&Attachment { form, content_type: content_type.clone(), place, size: None }).await?
            }
            (None, None) => None,
        };
        let name = text("title");
        let bytes = data.and_then(|data| decode(&data));
        Ok(bytes.map(|bytes| RawFile { content_type, name, bytes: bytes.into() }))
    }

    /// The data of the stored `Binary` an attachment refers to.
    async fn binary(&self, attachment: &Attachment) -> Result<Option<String>, ReadError> {
        let Some(id) = self.engine.binary_id(attachment, &self.base) else { return Ok(None) };
        let Some((_, bytes)) = self.find(&self.engine.resource_key("Binary", &id)).await? else { return Ok(None) };
        let Ok(stored) = serde_json::from_slice::<Value>(&bytes) else { return Ok(None) };
        let binary = if stored["resourceType"] == "Bundle" { &stored["entry"][0]["resource"] } else { &stored };
        Ok(binary["data"].as_str().map(str::to_owned))
    }

    /// Type and bytes of the stored resource with this key, as it was received.
    pub(crate) async fn find(&self, resource_key: &str) -> Result<Option<(String, Vec<u8>)>, ReadError> {
        let row = store::resources::find(self.engine.db(), self.human_id, self.connection, resource_key).await?;
        let Some(row) = row else { return Ok(None) };
        let bytes = self.key.open(resource_aad(&resource_row(self.connection, resource_key)), &row.body)?;
        Ok(Some((row.kind, bytes)))
    }
}

/// `None` when the bytes are not one resource with an id.
pub(crate) fn read(kind: &str, bytes: Vec<u8>) -> Option<RawResource> {
    let json = RawValue::from_string(String::from_utf8(bytes).ok()?).ok()?;
    let id = serde_json::from_str::<Value>(json.get()).ok()?["id"].as_str()?.to_owned();
    Some(RawResource { kind: kind.to_owned(), id, json, last_updated: None, included: false })
}

pub(crate) fn decode(data: &str) -> Option<Vec<u8>> {
    LENIENT.decode(data.split_ascii_whitespace().collect::<String>()).ok()
}

#[cfg(test)]
mod tests;
