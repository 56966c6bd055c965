//! FHIR resources one by one, out of bundles and lines.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Fault;
use super::references::{Aliases, is_too_deep, relative};
use crate::identity::digest32;
use crate::landed::Landed;

/// Bundles inside bundles.
const DEPTH: usize = 3;

#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow, rename = "resourceType")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    class: Option<&'a RawValue>,
    #[serde(borrow, default)]
    medication: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default, rename = "fullUrl")]
    url: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
}

/// A resource, or those of a bundle.
pub fn one(bytes: &[u8]) -> Result<Vec<Landed>, Fault> {
    let text = utf8(bytes)?;
    if is_too_deep(bytes) {
        return Err(Fault::TooDeep);
    }
    let mut all = Vec::new();
    add(text, None, 0, &mut all)?;
    Ok(latest(all, false))
}

/// One resource, or bundle, per line; all of them or none.
pub fn lines(bytes: &[u8]) -> Result<Vec<Landed>, Fault> {
    let mut all = Vec::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let bad = |fault| match fault {
            Fault::Encoding | Fault::TooDeep | Fault::OtherVersion(_) => fault,
            _ => Fault::BadLine(number as u64 + 1),
        };
        all.extend(one(line.trim_ascii()).map_err(bad)?);
    }
    Ok(latest(all, false))
}

fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| match error.error_len() {
        Some(_) => Fault::Encoding,
        // Cut off in the middle of a letter.
        None => Fault::Broken,
    })
}

fn add(json: &str, url: Option<&str>, depth: usize, all: &mut Vec<Landed>) -> Result<(), Fault> {
    let outline = outline(json)?;
    if outline.kind == "Bundle" {
        return if depth < DEPTH { add_bundle(json, depth, all) } else { Err(Fault::TooDeep) };
    }
    check_version(&outline)?;
    if !is_type(&outline.kind) {
        return Err(Fault::Broken);
    }
    let id = id(&outline, url, json);
    let json = match told(&outline).is_some() {
        true => json.as_bytes().to_vec(),
        false => with_id(json, &id),
    };
    all.push(Landed { kind: outline.kind.into_owned(), id, json });
    Ok(())
}

fn add_bundle(json: &str, depth: usize, all: &mut Vec<Landed>) -> Result<(), Fault> {
    let bundle: Bundle = serde_json::from_str(json).map_err(|_| Fault::Broken)?;
    let mut aliases = Aliases::new();
    for entry in &bundle.entry {
        let (Some(url), Some(resource)) = (&entry.url, entry.resource) else { continue };
        if let Ok(outline) = outline(resource.get()) {
            let key = format!("{}/{}", outline.kind, id(&outline, Some(url), resource.get()));
            // An address that ends in the key is understood as it is.
            if !url.ends_with(&key) {
                aliases.insert(url.clone().into_owned(), key);
            }
        }
    }
    let mut inside = Vec::with_capacity(bundle.entry.len());
    for (number, entry) in bundle.entry.iter().enumerate() {
        // An entry without a resource says that something was deleted, or how a request ended.
        let Some(resource) = entry.resource else { continue };
        let json = relative(resource.get(), &aliases);
        add(&json, entry.url.as_deref(), depth + 1, &mut inside).map_err(|fault| match fault {
            Fault::Broken => Fault::BadEntry(number as u64 + 1),
            other => other,
        })?;
    }
    let newest_first = bundle.kind.as_deref() == Some("history");
    all.extend(latest(inside, newest_first));
    Ok(())
}

fn outline(json: &str) -> Result<Outline<'_>, Fault> {
    serde_json::from_str(json).map_err(|_| Fault::Broken)
}

fn is_type(kind: &str) -> bool {
    kind.len() <= 64
        && kind.starts_with(|first: char| first.is_ascii_uppercase())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Shapes that only later versions have. DSTU2 is read as it is.
fn check_version(outline: &Outline<'_>) -> Result<(), Fault> {
    let starts = |value: Option<&RawValue>, mark: char| value.is_some_and(|value| value.get().starts_with(mark));
    let later = match outline.kind.as_ref() {
        "Encounter" => starts(outline.class, '['),
        "MedicationRequest" | "MedicationStatement" | "MedicationDispense" | "MedicationAdministration" => {
            starts(outline.medication, '{')
        }
        _ => false,
    };
    if later { Err(Fault::OtherVersion("R5")) } else { Ok(()) }
}

fn told<'a>(outline: &'a Outline<'_>) -> Option<&'a str> {
    outline.id.as_deref().filter(|id| !id.trim().is_empty())
}

/// Its own id, else the one in its address, else one made from its content.
fn id(outline: &Outline<'_>, url: Option<&str>, json: &str) -> String {
    if let Some(id) = told(outline) {
        return id.to_owned();
    }
    let addressed = url.and_then(|url| match url.strip_prefix("urn:uuid:").or_else(|| url.strip_prefix("urn:oid:")) {
        Some(id) => Some(id.to_ascii_lowercase()),
        None => url.rsplit_once(&format!("/{}/", outline.kind)).map(|(_, id)| id.to_owned()),
    });
    let is_id = |id: &String| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    };
    addressed.filter(is_id).unwrap_or_else(|| hex::encode(&digest32(json.as_bytes())[..16]))
}

/// Puts the id in, in the place of the empty one that may be there.
fn with_id(json: &str, id: &str) -> Vec<u8> {
    let members: HashMap<String, &RawValue> = serde_json::from_str(json).unwrap_or_default();
    if let Some(empty) = members.get("id").map(|empty| empty.get()) {
        let start = empty.as_ptr() as usize - json.as_ptr() as usize;
        return format!("{}\"{id}\"{}", &json[..start], &json[start + empty.len()..]).into_bytes();
    }
    let inner = json.trim_start().strip_prefix('{').unwrap_or_default();
    format!("{{\"id\":\"{id}\",{}", inner.trim_start()).into_bytes()
}

/// Of several versions of a resource the one that counts: the last, or in a history the first.
fn latest(all: Vec<Landed>, newest_first: bool) -> Vec<Landed> {
    let mut seen: HashSet<String> = HashSet::with_capacity(all.len());
    let mut kept: Vec<Landed> = match newest_first {
        true => all.into_iter().filter(|landed| seen.insert(landed.key())).collect(),
        false => all.into_iter().rev().filter(|landed| seen.insert(landed.key())).collect(),
    };
    if !newest_first {
        kept.reverse();
    }
    kept
}
