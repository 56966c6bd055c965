//! The final bytes of a record.

use std::fmt;

use domain::Timestamp;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
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
    /// Of the document it came from and of the record it points to: [`crate::Identity`] has both.
    pub ccd: Option<&'a str>,
    pub about: Option<&'a str>,
}

#[derive(Clone, Copy, Debug)]
pub struct Organization<'a> {
    pub id: &'a str,
    pub name: &'a str,
}

/// A record of another source that states the same fact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    pub id: String,
    pub source: String,
}

/// The response JSON: head, body, links, organization, in the order of the contract's examples.
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
    if let (Some(about), Some((kind, _))) = (head.about, &draft.about) {
        field(&mut out, "href", &format!("/medical/{}/{about}", kind.id).into());
    }
    if let Some(ccd) = head.ccd {
        let mut object = Map::new();
        object.insert("id".to_owned(), ccd.into());
        object.insert("href".to_owned(), format!("/medical/ccds/{ccd}").into());
        field(&mut out, "ccd", &Value::Object(object));
    }
    if let (Some(organization), Form::List | Form::Index) = (head.organization, draft.kind.form) {
        let mut object = Map::new();
        object.insert("id".to_owned(), organization.id.into());
        object.insert("name".to_owned(), organization.name.into());
        object.insert("href".to_owned(), format!("/medical/organizations/{}", organization.id).into());
        field(&mut out, "organization", &Value::Object(object));
    }
    out.push(b'}');
    out
}

/// The same response with these links to its twins, and no others, changed `at`. Everything else stays as it
/// is, byte for byte. `None` when the bytes are not what [`compose`] wrote.
pub fn relink(body: &[u8], kind: &str, links: &[Link], at: Timestamp) -> Option<Vec<u8>> {
    let members = Members::read(body)?;
    let mut out = Vec::with_capacity(body.len() + 128 * links.len());
    out.push(b'{');
    let listed = || {
        let link = |link: &Link| {
            let mut object = Map::new();
            object.insert("id".to_owned(), link.id.as_str().into());
            object.insert("source".to_owned(), link.source.as_str().into());
            object.insert("href".to_owned(), format!("/medical/{kind}/{}", link.id).into());
            Value::Object(object)
        };
        Value::Array(links.iter().map(link).collect())
    };
    let mut open = !links.is_empty();
    for (name, value) in &members.0 {
        match name.as_str() {
            "sameAs" => continue,
            "updatedAt" => {
                field(&mut out, name, &at.to_iso().into());
                continue;
            }
            "organization" if open => {
                field(&mut out, "sameAs", &listed());
                open = false;
            }
            _ => {}
        }
        named(&mut out, name);
        out.extend_from_slice(value.get().as_bytes());
    }
    if open {
        field(&mut out, "sameAs", &listed());
    }
    out.push(b'}');
    Some(out)
}

/// The members of an object in their order, as they were written.
struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    fn read(body: &[u8]) -> Option<Members> {
        serde_json::Deserializer::from_slice(body).deserialize_map(Order).ok()
    }
}

struct Order;

impl<'de> Visitor<'de> for Order {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Members, M::Error> {
        let mut all = Vec::new();
        while let Some(member) = members.next_entry()? {
            all.push(member);
        }
        Ok(Members(all))
    }
}

fn field(out: &mut Vec<u8>, name: &str, value: &Value) {
    named(out, name);
    // Writing a `Value` into memory has no way to fail.
    let _ = serde_json::to_writer(&mut *out, value);
}

fn named(out: &mut Vec<u8>, name: &str) {
    if out.len() > 1 {
        out.push(b',');
    }
    let _ = serde_json::to_writer(&mut *out, name);
    out.push(b':');
}
