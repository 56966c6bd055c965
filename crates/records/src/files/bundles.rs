//! FHIR resources one by one, out of bundles and lines.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::Fault;
use super::references::{Aliases, Edit, edited, relative};
use crate::identity::digest32;
use crate::landed::Landed;
use crate::skim::{skim, text};

/// Bundles inside bundles.
const DEPTH: usize = 3;

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

/// A resource as it stands in a file, before it has an id for sure.
struct Written<'a> {
    json: &'a str,
    kind: Cow<'a, str>,
    id: Option<Cow<'a, str>>,
    /// Where it is told, though it may be `null` or blank.
    id_place: Option<(usize, usize)>,
    /// It has a shape that only later versions have.
    later: bool,
    references: Vec<(usize, usize)>,
}

/// A resource, or those of a bundle.
pub fn one(bytes: &[u8]) -> Result<Vec<Landed>, Fault> {
    let json = utf8(bytes)?;
    let mut all = Vec::new();
    // Most texts say first of all what they are; then a bundle is looked through once, with its entries.
    if first_kind(json) == Some("Bundle") {
        add_bundle(json, 0, &mut all)?;
    } else {
        let written = Written::of(json)?;
        serde_json::from_str::<IgnoredAny>(json).map_err(|_| Fault::Broken)?;
        add(&written, &written.id(None), None, &Aliases::new(), 0, &mut all)?;
    }
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

fn first_kind(json: &str) -> Option<&str> {
    let rest = json.trim_start().strip_prefix('{')?.trim_start().strip_prefix("\"resourceType\"")?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(kind, _)| kind)
}

impl<'a> Written<'a> {
    /// `json` need not be well formed.
    fn of(json: &'a str) -> Result<Written<'a>, Fault> {
        let skimmed = skim(json, &["resourceType", "id", "class", "medication"]);
        if skimmed.too_deep {
            return Err(Fault::TooDeep);
        }
        let [kind, id, class, medication] = skimmed.members[..] else { return Err(Fault::Broken) };
        let kind = kind.and_then(text).filter(|_| !skimmed.repeated).ok_or(Fault::Broken)?;
        let told = match id {
            Some("null") | None => None,
            Some(told) => Some(text(told).ok_or(Fault::Broken)?).filter(|id| !id.trim().is_empty()),
        };
        let place = |value: &str| value.as_ptr() as usize - json.as_ptr() as usize;
        let id_place = id.map(|value| (place(value), place(value) + value.len()));
        let starts = |value: Option<&str>, mark: char| value.is_some_and(|value| value.starts_with(mark));
        let later = match kind.as_ref() {
            "Encounter" => starts(class, '['),
            "MedicationRequest" | "MedicationStatement" | "MedicationDispense" | "MedicationAdministration" => {
                starts(medication, '{')
            }
            _ => false,
        };
        Ok(Written { json, kind, id: told, id_place, later, references: skimmed.references })
    }

    /// Its own id, else the one in its address, else one made from its content.
    fn id(&self, url: Option<&str>) -> String {
        if let Some(id) = &self.id {
            return id.clone().into_owned();
        }
        let addressed = url.and_then(|url| match url.strip_prefix("urn:uuid:").or(url.strip_prefix("urn:oid:")) {
            Some(id) => Some(id.to_ascii_lowercase()),
            None => url.rsplit_once(&format!("/{}/", self.kind)).map(|(_, id)| id.to_owned()),
        });
        let is_id = |id: &String| {
            (1..=64).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        };
        addressed.filter(is_id).unwrap_or_else(|| hex::encode(&digest32(self.json.as_bytes())[..16]))
    }

    /// The text with relative references, and with this id where it has none.
    fn landed(&self, id: &str, base: Option<&str>, aliases: &Aliases) -> String {
        let mut edits = relative(self.json, &self.references, base, aliases);
        match (self.id.as_deref(), self.id_place) {
            (Some(told), _) if told == id => {}
            (_, Some((start, end))) => edits.push(Edit { start, end, with: format!("\"{id}\"") }),
            (_, None) => {
                let start = self.json.find('{').map_or(0, |brace| brace + 1);
                let end = self.json.len() - self.json[start..].trim_start().len();
                edits.push(Edit { start, end, with: format!("\"id\":\"{id}\",") });
            }
        }
        edited(self.json, edits)
    }
}

/// Adds a resource under an id, or those of a bundle; `written` is well formed, and came from `base`.
fn add(
    written: &Written<'_>,
    id: &str,
    base: Option<&str>,
    aliases: &Aliases,
    depth: usize,
    all: &mut Vec<Landed>,
) -> Result<(), Fault> {
    if written.kind == "Bundle" {
        let json = edited(written.json, relative(written.json, &written.references, base, aliases));
        return add_bundle(&json, depth, all);
    }
    if written.later {
        return Err(Fault::OtherVersion("R5"));
    }
    if !is_type(&written.kind) {
        return Err(Fault::Broken);
    }
    let json = written.landed(id, base, aliases).into_bytes();
    all.push(Landed { kind: written.kind.clone().into_owned(), id: id.to_owned(), json });
    Ok(())
}

fn add_bundle(json: &str, depth: usize, all: &mut Vec<Landed>) -> Result<(), Fault> {
    if depth >= DEPTH {
        return Err(Fault::TooDeep);
    }
    let bundle: Bundle = serde_json::from_str(json).map_err(|_| Fault::Broken)?;
    let mut aliases = Aliases::new();
    // What is called the same on two servers is two things: the first address of each key.
    let mut addresses: HashMap<String, &str> = HashMap::new();
    let mut found = Vec::with_capacity(bundle.entry.len());
    for (number, entry) in bundle.entry.iter().enumerate() {
        // An entry without a resource says that something was deleted, or how a request ended.
        let Some(resource) = entry.resource else { continue };
        let written = Written::of(resource.get()).map_err(|fault| in_entry(number, fault))?;
        let url = entry.url.as_deref().map(|url| url.split_once("/_history/").map_or(url, |(url, _)| url));
        let mut id = written.id(url);
        let mut base = None;
        if let Some(url) = url {
            let known = *addresses.entry(format!("{}/{id}", written.kind)).or_insert(url);
            base = url.strip_suffix(&format!("{}/{id}", written.kind));
            if known != url {
                id = hex::encode(&digest32(url.as_bytes())[..16]);
            }
            let key = format!("{}/{id}", written.kind);
            // An address that ends in the key is understood as it is.
            if !url.ends_with(&key) {
                aliases.insert(url.to_owned(), key);
            }
        }
        found.push((number, id, base, written));
    }
    let mut inside = Vec::with_capacity(found.len());
    for (number, id, base, written) in found {
        add(&written, &id, base, &aliases, depth + 1, &mut inside).map_err(|fault| in_entry(number, fault))?;
    }
    let newest_first = bundle.kind.as_deref() == Some("history");
    all.extend(latest(inside, newest_first));
    Ok(())
}

fn in_entry(number: usize, fault: Fault) -> Fault {
    match fault {
        Fault::Broken => Fault::BadEntry(number as u64 + 1),
        other => other,
    }
}

fn is_type(kind: &str) -> bool {
    kind.len() <= 64
        && kind.starts_with(|first: char| first.is_ascii_uppercase())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
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
