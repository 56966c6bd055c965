//! Text → a tree of elements that borrows from it.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape_with};
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;

use super::Refused;
use super::node::{Attribute, Item, Node, Space, Tree};

const MAX_BYTES: usize = 50 << 20;
const MAX_DEPTH: usize = 256;
/// Elements, texts and attributes of one document. 50 MB of empty elements would take twenty times their size in memory.
const MAX_ITEMS: usize = 2_000_000;
/// Attributes of one element, and namespaces declared at one place.
const MAX_ATTRIBUTES: usize = 256;

/// Reads a clinical document.
///
/// # Errors
/// `Refused` when the text is no XML, is broken, is too much, or is XML of another kind.
pub fn parse(text: &str) -> Result<Tree<'_>, Refused> {
    if text.len() > MAX_BYTES {
        return Err(Refused::TooLarge);
    }
    let text = text.trim_start_matches(|first: char| first.is_whitespace() || first == '\u{feff}' || first == '\0');
    if !text.starts_with('<') {
        return Err(Refused::NotXml);
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut builder = Builder::default();
    loop {
        let before = usize::try_from(reader.buffer_position()).unwrap_or_default();
        let event = reader.read_event().map_err(|_| builder.broken(text))?;
        let after = usize::try_from(reader.buffer_position()).unwrap_or_default();
        let raw = || text.get(before..after).unwrap_or_default();
        match event {
            Event::Start(_) => builder.open(raw().trim_start_matches('<').trim_end_matches('>'))?,
            Event::Empty(_) => {
                let inside = raw().trim_start_matches('<').trim_end_matches('>');
                builder.open(inside.strip_suffix('/').unwrap_or(inside))?;
                builder.close();
            }
            Event::End(_) => builder.close(),
            Event::Text(words) => builder.text(words.into_inner())?,
            Event::CData(words) => builder.text(words.into_inner())?,
            Event::GeneralRef(name) => {
                let known = name.resolve_char_ref().ok().flatten();
                let name = name.into_inner();
                builder.text(match (known, entity(&name)) {
                    (Some(letter), _) => Cow::Owned(letter.to_string()),
                    (None, Some(text)) => Cow::Borrowed(text),
                    (None, None) => Cow::Owned(format!("&{name};")),
                })?;
            }
            Event::DocType(kind) => refuse_doctype(&kind.into_inner())?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    builder.finish(text)
}

/// A DOCTYPE may name a kind, but declare nothing.
fn refuse_doctype(kind: &str) -> Result<(), Refused> {
    if kind.contains(['[', '%']) || kind.to_ascii_uppercase().contains("<!ENTITY") {
        return Err(Refused::Entities);
    }
    if kind.trim_start().to_ascii_lowercase().starts_with("html") { Err(Refused::OtherXml) } else { Ok(()) }
}

/// The five of XML and the one every HTML exporter leaves behind.
fn entity(name: &str) -> Option<&'static str> {
    resolve_predefined_entity(name).or((name == "nbsp").then_some("\u{a0}"))
}

#[derive(Default)]
struct Builder<'x> {
    tree: Tree<'x>,
    open: Vec<u32>,
    /// Prefixes declared here, with how deep, what was declared last at the end.
    declared: Vec<(usize, &'x str, Space)>,
    /// Whether the one root element has been closed.
    done: bool,
}

impl<'x> Builder<'x> {
    fn open(&mut self, inside: &'x str) -> Result<(), Refused> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Refused::TooDeep);
        }
        if self.done {
            return Err(Refused::Broken);
        }
        let length = inside.find(|letter: char| letter.is_ascii_whitespace()).unwrap_or(inside.len());
        let (prefix, name) = split(&inside[..length]);
        if self.tree.items.is_empty() && name.eq_ignore_ascii_case("html") {
            return Err(Refused::OtherXml);
        }
        let first = self.tree.attributes.len();
        for attribute in Attributes::new(inside, length).with_checks(false) {
            let attribute = attribute.map_err(|_| Refused::Broken)?;
            let value = match &attribute.value {
                Cow::Borrowed(raw) if !raw.contains('&') => Cow::Borrowed(*raw),
                raw => Cow::Owned(unescape_with(raw, entity).map_or_else(|_| raw.to_string(), Cow::into_owned)),
            };
            let (prefix, name) = split(attribute.key.0);
            if let Some(declares) = declared(prefix, name) {
                self.declared.push((self.open.len(), declares, space(value.trim())));
            }
            self.tree.attributes.push(Attribute { prefix, name, value: printable(value) });
            let many = self.tree.attributes.len() - first > MAX_ATTRIBUTES || self.declared.len() > MAX_ATTRIBUTES;
            if many || self.tree.attributes.len() > MAX_ITEMS {
                return Err(Refused::TooLarge);
            }
        }
        let space = self.space(prefix);
        let at = self.push(Item {
            name,
            space,
            end: 0,
            attributes: (first as u32, self.tree.attributes.len() as u32),
            text: Cow::Borrowed(""),
        })?;
        self.open.push(at);
        Ok(())
    }

    /// What the prefix means here. An undeclared prefix means what it usually does.
    fn space(&self, prefix: &str) -> Space {
        match self.declared.iter().rev().find(|(_, declared, _)| *declared == prefix) {
            Some((.., space)) => *space,
            None if prefix == "sdtc" => Space::Sdtc,
            None => Space::Hl7,
        }
    }

    fn push(&mut self, item: Item<'x>) -> Result<u32, Refused> {
        let at = self.tree.items.len();
        if at >= MAX_ITEMS {
            return Err(Refused::TooLarge);
        }
        self.tree.items.push(item);
        Ok(at as u32)
    }

    fn close(&mut self) {
        if let Some(at) = self.open.pop() {
            self.tree.items[at as usize].end = self.tree.items.len() as u32;
        }
        let depth = self.open.len();
        while self.declared.last().is_some_and(|(deep, ..)| *deep >= depth) {
            self.declared.pop();
        }
        self.done |= self.open.is_empty();
    }

    fn text(&mut self, text: Cow<'x, str>) -> Result<(), Refused> {
        if self.open.is_empty() {
            return if text.trim().is_empty() || self.done { Ok(()) } else { Err(Refused::NotXml) };
        }
        if text.is_empty() {
            return Ok(());
        }
        let text = printable(text);
        let end = self.tree.items.len() as u32 + 1;
        self.push(Item { name: "", space: Space::Other, end, attributes: (0, 0), text })?;
        Ok(())
    }

    fn broken(&self, text: &str) -> Refused {
        if self.tree.items.is_empty() && !text.starts_with("<?xml") { Refused::NotXml } else { Refused::Broken }
    }

    fn finish(self, text: &str) -> Result<Tree<'x>, Refused> {
        if !self.open.is_empty() || self.tree.items.is_empty() {
            return Err(self.broken(text));
        }
        let root = Node::root(&self.tree);
        if root.name() != "ClinicalDocument" || root.is_other() {
            return Err(Refused::OtherXml);
        }
        Ok(self.tree)
    }
}

/// The prefix that an attribute declares.
fn declared<'x>(prefix: &'x str, name: &'x str) -> Option<&'x str> {
    match (prefix, name) {
        ("", "xmlns") => Some(""),
        ("xmlns", name) => Some(name),
        _ => None,
    }
}

fn space(uri: &str) -> Space {
    match uri {
        "urn:hl7-org:v3" | "" => Space::Hl7,
        "urn:hl7-org:sdtc" => Space::Sdtc,
        _ => Space::Other,
    }
}

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// Control characters are not allowed in XML nor in FHIR, and yet occur.
fn printable(text: Cow<'_, str>) -> Cow<'_, str> {
    let bad = |letter: char| (letter < ' ' && !matches!(letter, '\t' | '\n' | '\r')) || letter == '\u{fffe}';
    if text.bytes().any(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) {
        return Cow::Owned(text.replace(bad, ""));
    }
    text
}
