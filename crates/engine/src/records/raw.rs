//! The document behind a record, as it was received.

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
use store::resources::ResourceRow;
use url::Url;

use super::ReadError;
use crate::Engine;
use crate::connections::open_account;
use crate::sealing::{Aad, DataKey, SealingError};
use crate::tokens::Access;

/// Rows read at once.
const ROWS: u32 = 200;
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Where a stored resource is sealed; `row` is its [`Engine::resource_key`].
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
        // What is hidden or another person's has no document either.
        if store::records::find(self.db(), access.human_id, "ccds", id).await?.is_none() {
            return Ok(None);
        }
        let key = self.data_key(access.human_id, &access.wrapped_key)?;
        let mut shelves = Vec::new();
        if access.demo {
            shelves.push((crate::demo::connection(), self.inner.base_url.clone()));
        }
        for row in store::connections::list(self.db(), access.human_id).await? {
            let endpoint = Url::parse(&open_account(&key, &row)?.endpoint);
            shelves.push((row.id, endpoint.unwrap_or_else(|_| self.inner.base_url.clone())));
        }
        for (connection, base) in shelves {
            let shelf = Shelf { engine: self, human_id: access.human_id, connection, key: key.clone(), base };
            if let Some(reference) = shelf.reference(id).await? {
                return shelf.document(&reference).await;
            }
        }
        Ok(None)
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
    /// The `DocumentReference` that became this record.
    async fn reference(&self, id: RecordId) -> Result<Option<RawResource>, ReadError> {
        let mut after = String::new();
        loop {
            let rows = store::resources::list(self.engine.db(), self.human_id, self.connection, &after, ROWS).await?;
            let Some(last) = rows.last() else { return Ok(None) };
            after.clone_from(&last.resource_key);
            for row in rows.iter().filter(|row| row.kind == "DocumentReference") {
                let Some(resource) = read(&row.kind, self.open(row)?) else { continue };
                let key = format!("{}/{}", resource.kind, resource.id);
                if ::records::record_id(&self.connection.to_hex(), "ccds", &key) == id.to_hex() {
                    return Ok(Some(resource));
                }
            }
        }
    }

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
        let wanted = self.engine.resource_key("Binary", &id);
        // Keys are hashes of one length: the first after all but its last digit is the one itself.
        let rows =
            store::resources::list(self.engine.db(), self.human_id, self.connection, &wanted[..wanted.len() - 1], 1)
                .await?;
        let Some(row) = rows.first().filter(|row| row.resource_key == wanted) else { return Ok(None) };
        let Ok(stored) = serde_json::from_slice::<Value>(&self.open(row)?) else { return Ok(None) };
        let binary = if stored["resourceType"] == "Bundle" { &stored["entry"][0]["resource"] } else { &stored };
        Ok(binary["data"].as_str().map(str::to_owned))
    }

    fn open(&self, row: &ResourceRow) -> Result<Vec<u8>, SealingError> {
        self.key.open(resource_aad(&row.resource_key), &row.body)
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
