//! CDA ids → identifiers.

use serde_json::Value;

use super::concepts::{is_oid, system, uuid};
use super::fields::Fields;
use super::node::Node;

const SSN: &str = "2.16.840.1.113883.4.1";
const URI: &str = "urn:ietf:rfc:3986";

/// Identifiers of all `id` children. Social security numbers are left out: they are never kept in clear.
pub fn identifiers(parent: Node<'_>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for one in parent.children("id").map(identifier).filter(|one| !one.is_null()) {
        if !out.contains(&one) {
            out.push(one);
        }
    }
    out
}

/// One identifier; null when it identifies nothing or is a social security number.
pub fn identifier(id: Node<'_>) -> Value {
    if id.null_flavor().is_some() {
        return Value::Null;
    }
    let (root, extension) = (id.attr("root"), id.attr("extension"));
    let (system, value) = match (root, extension) {
        (Some(root), _) if root.strip_prefix("urn:oid:").unwrap_or(root) == SSN => return Value::Null,
        (Some(root), Some(extension)) => (system(root), extension.to_owned()),
        (Some(root), None) if is_oid(root) => (Some(URI.to_owned()), format!("urn:oid:{root}")),
        (Some(root), None) => match uuid(root) {
            Some(uuid) => (Some(URI.to_owned()), format!("urn:uuid:{uuid}")),
            None => (None, root.to_owned()),
        },
        (None, Some(extension)) => (None, extension.to_owned()),
        (None, None) => return Value::Null,
    };
    Fields::new()
        .with("system", system)
        .with("value", value)
        .with(
            "assigner",
            id.attr("assigningAuthorityName").map(|name| Value::from(Fields::new().with("display", name))),
        )
        .into()
}
