//! Ids of resources: the same act in any document of a provider gets the same one.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest::{Context as Digest, SHA256};

use super::concepts;
use super::context::Context;
use super::node::Node;

/// Root and extension of a CDA id.
type Id<'a> = (&'a str, &'a str);

/// Which ids of a document can be trusted.
#[derive(Default)]
pub struct Keys<'a> {
    /// Ids that several different acts of one kind carry.
    shared: HashSet<Id<'a>>,
}

impl<'a> Keys<'a> {
    pub fn new(document: Node<'a>) -> Keys<'a> {
        let mut seen: HashMap<(Id<'a>, &'a str, &'a str), Vec<Node<'a>>> = HashMap::new();
        for act in document.descendants().filter(|node| node.is_act()) {
            // A reference to an act carries its id and nothing else.
            if act.is_a(super::section::REFERENCE) {
                continue;
            }
            let template = act.templates().next().unwrap_or_default();
            for id in ids(act) {
                seen.entry((id, act.name(), template)).or_default().push(act);
            }
        }
        let mut keys = Keys::default();
        for ((id, ..), acts) in seen {
            let mut contents = acts.iter().map(|act| content(*act));
            let first = contents.next();
            if contents.any(|other| Some(other) != first) {
                keys.shared.insert(id);
            }
        }
        keys
    }
}

/// Ids that name one thing: a UUID, or an extension under a root.
fn ids<'a>(act: Node<'a>) -> impl Iterator<Item = Id<'a>> + use<'a> {
    act.children("id").filter(|id| id.null_flavor().is_none()).filter_map(|id| {
        let (root, extension) = (id.attr("root")?, id.attr("extension").unwrap_or_default());
        (!extension.is_empty() || concepts::uuid(root).is_some()).then_some((root, extension))
    })
}

/// What an act says, whoever says it and under whatever id: codes, values, times and words.
fn content(act: Node<'_>) -> String {
    let mut out = String::new();
    write_content(&mut out, act);
    out
}

fn write_content(out: &mut String, node: Node<'_>) {
    const ASIDE: &[&str] = &["templateId", "id", "author", "informant", "text", "realmCode", "typeId"];
    for inner in node.contents() {
        if inner.is_text() {
            out.push_str(inner.characters().trim());
            continue;
        }
        if ASIDE.contains(&inner.name()) {
            continue;
        }
        out.push('<');
        out.push_str(inner.name());
        for name in ["code", "codeSystem", "value", "unit", "negationInd", "moodCode"] {
            if let Some(value) = inner.attr(name).filter(|_| inner.name() != "reference") {
                out.push(' ');
                out.push_str(value);
            }
        }
        write_content(out, inner);
    }
}

/// The id of a resource: a hash of what tells it from others of its kind.
pub fn hashed(kind: &str, parts: &[&str]) -> String {
    let mut digest = Digest::new(&SHA256);
    for part in ["ccda", kind].iter().chain(parts) {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(&digest.finish().as_ref()[..16])
}

impl<'a> Context<'a> {
    /// The id of the resource of one kind an act becomes. An act without an id of its own goes by its content.
    pub fn id_of(&self, kind: &str, act: Node<'a>) -> String {
        if let Some((root, extension)) = ids(act).find(|id| !self.keys.shared.contains(id)) {
            return hashed(kind, &[&root.to_ascii_lowercase(), extension]);
        }
        let mut said = content(act);
        // Where nothing is coded, the words are all there is.
        let words = act.descendants().filter(|node| matches!(node.name(), "text" | "originalText"));
        for node in words.filter(|node| node.child("reference").is_some()) {
            said.push_str(&self.words(node).unwrap_or_default());
        }
        let template = act.templates().next().unwrap_or_default();
        hashed(
            kind,
            &[
                "content",
                act.name(),
                template,
                act.attr("moodCode").unwrap_or_default(),
                act.attr("negationInd").unwrap_or_default(),
                &said,
            ],
        )
    }
}
