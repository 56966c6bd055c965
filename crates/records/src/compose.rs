//! The final bytes of a record.

use domain::Timestamp;
use serde_json::{Map, Value};

use crate::drafts::Draft;
use crate::medical::Form;

/// What only the caller knows of a record.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    pub id: &'a str,
    pub source: &'a str,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub organization: Option<Organization<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub struct Organization<'a> {
    pub id: &'a str,
    pub name: &'a str,
}

/// The response JSON: head, body, organization, in the order of the contract's examples.
pub fn compose(draft: &Draft, head: &Head<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.push(b'{');
    field(&mut out, "id", &head.id.into());
    if draft.kind.source_in_head {
        field(&mut out, "source", &head.source.into());
    }
    field(&mut out, "createdAt", &head.created_at.to_iso().into());
    field(&mut out, "updatedAt", &head.updated_at.to_iso().into());
    for (name, value) in &draft.body {
        field(&mut out, name, value);
    }
    if let (Some(organization), Form::List) = (head.organization, draft.kind.form) {
        let mut object = Map::new();
        object.insert("id".to_owned(), organization.id.into());
        object.insert("name".to_owned(), organization.name.into());
        object.insert("href".to_owned(), format!("/medical/organizations/{}", organization.id).into());
        field(&mut out, "organization", &Value::Object(object));
    }
    out.push(b'}');
    out
}

fn field(out: &mut Vec<u8>, name: &str, value: &Value) {
    if out.len() > 1 {
        out.push(b',');
    }
    // Writing a `Value` into memory has no way to fail.
    let _ = serde_json::to_writer(&mut *out, name);
    out.push(b':');
    let _ = serde_json::to_writer(&mut *out, value);
}
