//! A FHIR bundle as JSON with paths, and references within it.

use std::collections::HashMap;

use serde_json::Value;

use crate::brands::{BundleError, Wrong};

/// Entries by every name they can be referred to.
pub(crate) struct Bundle {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
}

pub(crate) struct Entry {
    pub at: String,
    pub kind: String,
    /// The base of relative references in this entry.
    base: Option<String>,
    pub json: Value,
}

impl Bundle {
    pub fn read(json: &[u8]) -> Result<Bundle, BundleError> {
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let mut root: Value = serde_json::from_slice(json)
            .map_err(|error| BundleError::new("", Wrong::NotJson { line: error.line(), column: error.column() }))?;
        if root["resourceType"] != "Bundle" || root["type"] != "collection" {
            return Err(BundleError::new("", Wrong::NotABundle));
        }
        let mut bundle = Bundle { entries: vec![], by_name: HashMap::new() };
        let entries = match root["entry"].take() {
            Value::Null => vec![],
            Value::Array(entries) => entries,
            _ => return Err(BundleError::new("entry", Wrong::WrongType)),
        };
        for (index, entry) in entries.into_iter().enumerate() {
            bundle.add(index, entry)?;
        }
        Ok(bundle)
    }

    fn add(&mut self, index: usize, mut entry: Value) -> Result<(), BundleError> {
        let at = format!("entry[{index}].resource");
        let full_url = entry["fullUrl"].as_str().map(str::to_owned);
        let json = entry.as_object_mut().and_then(|entry| entry.remove("resource"));
        let json = json.filter(Value::is_object).ok_or_else(|| BundleError::new(&at, Wrong::Missing))?;
        let kind = json["resourceType"].as_str().unwrap_or_default().to_owned();
        if kind.is_empty() {
            return Err(BundleError::new(format!("{at}.resourceType"), Wrong::Missing));
        }
        let local = json["id"].as_str().map(|id| format!("{kind}/{id}"));
        let base = full_url.as_deref().zip(local.as_deref()).and_then(|(full, local)| full.strip_suffix(local));
        let entry = Entry { at: at.clone(), kind, base: base.map(str::to_owned), json };
        let place = self.entries.len();
        if full_url.is_some_and(|name| self.by_name.insert(name, place).is_some()) {
            return Err(BundleError::new(format!("entry[{index}].fullUrl"), Wrong::Repeated));
        }
        // A short name may be shared by entries of different servers: the first keeps it.
        if let Some(name) = local {
            self.by_name.entry(name).or_insert(place);
        }
        self.entries.push(entry);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.kind == kind)
    }

    /// The entry a reference names: by `fullUrl`, `urn:uuid:`, relative to its own base, or by type and id.
    pub fn resolve(&self, from: &Entry, reference: &str) -> Option<&Entry> {
        let beside = from.base.as_ref().map(|base| format!("{base}{reference}"));
        let names = [beside.as_deref(), Some(reference)];
        names.into_iter().flatten().find_map(|name| self.by_name.get(name)).map(|place| &self.entries[*place])
    }
}

/// `member` of `json` as text, without space around it; `None` when absent or empty.
pub(crate) fn text(json: &Value, member: &str) -> Option<String> {
    json[member].as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

pub(crate) fn items<'a>(json: &'a Value, member: &str) -> &'a [Value] {
    json[member].as_array().map(Vec::as_slice).unwrap_or_default()
}
