//! PDFs and images: kept as documents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::names::last;
use crate::identity::digest32;
use crate::landed::Landed;

/// A `DocumentReference` and the `Binary` it refers to. The same bytes have the same ids.
///
/// It has no date: a file does not tell when it was written, and when we got it is not part of what it says.
pub fn land(name: &str, media: &str, bytes: &[u8]) -> Vec<Landed> {
    let id = hex::encode(&digest32(bytes)[..16]);
    let title = last(name);
    let reference = json!({
        "resourceType": "DocumentReference",
        "id": id,
        "status": "current",
        "description": title,
        "content": [{ "attachment": {
            "contentType": media, "url": format!("Binary/{id}"), "size": bytes.len(), "title": title,
        } }],
    });
    let binary = json!({ "resourceType": "Binary", "id": id, "contentType": media, "data": STANDARD.encode(bytes) });
    [("DocumentReference", reference), ("Binary", binary)]
        .map(|(kind, json)| Landed { kind: kind.to_owned(), id: id.clone(), json: json.to_string().into_bytes() })
        .into()
}
