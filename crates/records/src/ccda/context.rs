//! What a reader of entries works with: the document, and the resources made so far.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::categories::Sort;
use super::fields::{Choice, Fields, write};
use super::keys::Keys;
use super::losses::LossReason;
use super::narrative;
use super::node::Node;
use super::section::Section;
use crate::landed::Landed;

pub struct Context<'a> {
    pub document: Node<'a>,
    /// `Patient/…`
    pub patient: String,
    /// `Encounter/…` the document is about, when it is about one.
    pub encounter: Option<String>,
    /// Offset of the document's own time, for times without one.
    pub offset: Option<String>,
    /// The section being read.
    pub section: Option<Current<'a>>,
    /// The acts inside the entry being read that became nothing.
    pub lost: Vec<(Node<'a>, LossReason)>,
    /// What organizers lend to what is in them, by their place: looked up for each of many components.
    pub(super) lent: HashMap<u32, Lent>,
    pub(super) keys: Keys<'a>,
    ids: HashMap<String, Vec<Node<'a>>>,
    made: Vec<Made>,
    index: HashMap<String, usize>,
    /// Bytes of narrative that acts may still repeat: a reference costs its writer nothing.
    left: Cell<usize>,
}

/// Bytes of narrative that the acts of one document may repeat between them.
const REPEATED: usize = 32 << 20;
/// Elements of one id that are told apart.
const SAME_ID: usize = 64;

/// A section and what it is.
#[derive(Clone, Copy)]
pub struct Current<'a> {
    pub node: Node<'a>,
    /// Its place in the registry.
    pub known: Option<&'static Section>,
    /// What sort of results it says to hold.
    pub sort: Option<Sort>,
}

/// Time, performers and authors of an organizer, as far as they were asked for.
#[derive(Default)]
pub struct Lent {
    pub when: Option<Option<Choice>>,
    pub actors: HashMap<&'static str, Vec<Value>>,
}

struct Made {
    kind: &'static str,
    id: String,
    body: Fields,
}

impl<'a> Context<'a> {
    pub fn new(document: Node<'a>) -> Context<'a> {
        let mut ids: HashMap<String, Vec<Node<'a>>> = HashMap::new();
        for node in document.descendants() {
            if let Some(id) = node.attr("ID") {
                let all = ids.entry(id.to_ascii_lowercase()).or_default();
                if all.len() < SAME_ID {
                    all.push(node);
                }
            }
        }
        let told = document.child("effectiveTime").and_then(|time| time.attr("value"));
        let offset = told.and_then(|value| super::times::zone(&value[value.find(['+', '-', 'Z'])?..]));
        Context {
            document,
            patient: String::new(),
            encounter: None,
            offset,
            section: None,
            lost: Vec::new(),
            lent: HashMap::new(),
            keys: Keys::new(document),
            ids,
            made: Vec::new(),
            index: HashMap::new(),
            left: Cell::new(REPEATED),
        }
    }

    /// The registry id of the section being read: `problems`.
    pub fn section_id(&self) -> Option<&'static str> {
        self.section?.known.map(|known| known.id)
    }

    /// The narrative element a `#id` names: in this section first, letters of either case second.
    pub fn referred_node(&self, reference: &str) -> Option<Node<'a>> {
        let id = reference.trim().strip_prefix('#').unwrap_or(reference.trim());
        let found = self.ids.get(&id.to_ascii_lowercase())?;
        let here = |node: &Node<'a>| self.section.is_some_and(|section| section.node.contains(*node));
        let exact = |node: &Node<'a>| node.attr("ID") == Some(id);
        found
            .iter()
            .find(|node| here(node) && exact(node))
            .or_else(|| found.iter().find(|node| exact(node)))
            .or_else(|| found.iter().find(|node| here(node)))
            .or(found.first())
            .copied()
    }

    /// Its words, on one line.
    pub fn referred(&self, reference: &str) -> Option<String> {
        self.afford(narrative::words(self.referred_node(reference)?)?)
    }

    /// The text, while there is room for what acts repeat of the narrative.
    pub fn afford(&self, text: String) -> Option<String> {
        let left = self.left.get().checked_sub(text.len())?;
        self.left.set(left);
        Some(text)
    }

    /// `{"reference": key}`
    pub fn reference(key: &str) -> Value {
        Fields::new().with("reference", key).into()
    }

    /// The patient, as a reference.
    pub fn subject(&self) -> Value {
        Context::reference(&self.patient)
    }

    /// Adds the resource an act tells of and returns its key. An act told twice is one resource: what the first
    /// telling left out is taken from the second.
    pub fn add(&mut self, kind: &'static str, act: Node<'a>, body: Fields) -> String {
        let id = self.id_of(kind, act);
        self.add_as(kind, id, body)
    }

    /// The same with an id of your own, such as a [`Keys`] hash of something without an act.
    pub fn add_as(&mut self, kind: &'static str, id: String, body: Fields) -> String {
        let key = format!("{kind}/{id}");
        if let Some(known) = self.index.get(&key) {
            merge(&mut self.made[*known].body, body);
            return key;
        }
        self.index.insert(key.clone(), self.made.len());
        self.made.push(Made { kind, id, body });
        key
    }

    pub fn has(&self, key: &str) -> bool {
        self.index.contains_key(key)
    }

    /// The members of a resource made earlier.
    pub fn made(&mut self, key: &str) -> Option<&mut Fields> {
        let at = *self.index.get(key)?;
        self.made.get_mut(at).map(|made| &mut made.body)
    }

    /// Keys of everything made so far, in order.
    pub fn keys_made(&self) -> Vec<String> {
        self.made.iter().map(|made| format!("{}/{}", made.kind, made.id)).collect()
    }

    /// The resources as bytes, the `Composition` first. A reference to what was not made keeps only its display.
    pub fn finish(self, elsewhere: &[&str]) -> Vec<Landed> {
        let known: HashSet<&str> = self.index.keys().map(String::as_str).chain(elsewhere.iter().copied()).collect();
        let mut made: Vec<Made> = self.made;
        made.sort_by_key(|made| made.kind != "Composition");
        made.into_iter()
            .map(|Made { kind, id, body }| {
                let mut all = Fields::new().with("resourceType", kind).with("id", id.as_str());
                if let Some(profile) = super::profiles::met(kind, &body) {
                    all.set("meta", serde_json::json!({ "profile": [profile] }));
                }
                for (name, mut value) in body.0 {
                    resolve(&mut value, &known);
                    all.0.insert(name, value);
                }
                let mut json = Vec::with_capacity(1024);
                write(&mut json, &Value::Object(all.0));
                Landed { kind: kind.to_owned(), id, json }
            })
            .collect()
    }
}

fn merge(first: &mut Fields, second: Fields) {
    for (name, value) in second.0 {
        // A choice holds one of its types only.
        let mut bases = CHOICES.iter().filter(|base| name.starts_with(**base));
        let is_taken = bases.any(|base| first.0.keys().any(|has| has.starts_with(base)));
        match (first.0.get_mut(&name), value) {
            (Some(Value::Array(known)), Value::Array(more)) if matches!(name.as_str(), "category" | "identifier") => {
                for item in more {
                    if !known.contains(&item) {
                        known.push(item);
                    }
                }
            }
            (Some(_), _) => {}
            (None, _) if is_taken => {}
            (None, value) => {
                first.0.insert(name, value);
            }
        }
    }
}

const CHOICES: &[&str] = &[
    "value",
    "onset",
    "abatement",
    "effective",
    "performed",
    "occurrence",
    "medication",
    "deceased",
    "multipleBirth",
    "reported",
    "timing",
];

fn resolve(value: &mut Value, known: &HashSet<&str>) {
    match value {
        Value::Object(members) => {
            let lost = members.get("reference").and_then(Value::as_str).is_some_and(|to| !known.contains(to));
            if lost {
                members.remove("reference");
            }
            members.values_mut().for_each(|inner| resolve(inner, known));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, known)),
        _ => {}
    }
}
