//! Elements of a document, as small handles.

use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    Hl7,
    Sdtc,
    Other,
}

/// An element, or a piece of text, which has no name.
#[derive(Debug)]
pub struct Item<'x> {
    pub name: &'x str,
    pub space: Space,
    /// Where the items inside it end; they begin right after it.
    pub end: u32,
    pub attributes: (u32, u32),
    pub text: Cow<'x, str>,
}

#[derive(Debug)]
pub struct Attribute<'x> {
    pub prefix: &'x str,
    pub name: &'x str,
    pub value: Cow<'x, str>,
}

/// All of a document, in document order.
#[derive(Debug, Default)]
pub struct Tree<'x> {
    pub items: Vec<Item<'x>>,
    pub attributes: Vec<Attribute<'x>>,
}

/// An element or a text of a document.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    tree: &'a Tree<'a>,
    at: u32,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && std::ptr::eq(self.tree, other.tree)
    }
}

impl Item<'_> {
    pub fn is_text(&self) -> bool {
        self.name.is_empty()
    }
}

impl<'a> Node<'a> {
    pub fn root(tree: &'a Tree<'a>) -> Node<'a> {
        Node { tree, at: 0 }
    }

    /// Where it stands in the document: no two elements stand in one place.
    pub fn place(self) -> u32 {
        self.at
    }

    fn item(self) -> &'a Item<'a> {
        &self.tree.items[self.at as usize]
    }

    /// Local name; empty for text.
    pub fn name(self) -> &'a str {
        self.item().name
    }

    pub fn is_text(self) -> bool {
        self.item().is_text()
    }

    pub fn is_sdtc(self) -> bool {
        self.item().space == Space::Sdtc
    }

    /// Whether it belongs to neither HL7 namespace.
    pub fn is_other(self) -> bool {
        self.item().space == Space::Other
    }

    pub fn contains(self, other: Node<'a>) -> bool {
        self.at <= other.at && other.at < self.item().end
    }

    /// An attribute, trimmed; blank is absent.
    pub fn attr(self, name: &str) -> Option<&'a str> {
        self.attributes()
            .find(|(prefix, known, _)| prefix.is_empty() && *known == name)
            .map(|(.., value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Prefix, name and value of every attribute.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> + use<'a> {
        let (from, to) = self.item().attributes;
        let all = &self.tree.attributes[from as usize..to as usize];
        all.iter().map(|attribute| (attribute.prefix, attribute.name, attribute.value.as_ref()))
    }

    /// `xsi:type` without a prefix of its value.
    pub fn xsi_type(self) -> Option<&'a str> {
        let (.., value) = self.attributes().find(|(prefix, name, _)| *name == "type" && !prefix.is_empty())?;
        Some(value.rsplit(':').next().unwrap_or(value).trim())
    }

    /// Elements and texts directly inside.
    pub fn contents(self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let (mut at, end) = (self.at + 1, self.item().end);
        std::iter::from_fn(move || {
            (at < end).then(|| {
                let here = Node { tree: self.tree, at };
                at = here.item().end;
                here
            })
        })
    }

    /// Elements directly inside.
    pub fn elements(self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        self.contents().filter(|node| !node.is_text())
    }

    /// Child elements of the HL7 namespace.
    pub fn children<'n>(self, name: &'n str) -> impl Iterator<Item = Node<'a>> + use<'a, 'n> {
        self.contents().filter(move |node| node.item().space == Space::Hl7 && node.name() == name)
    }

    pub fn child(self, name: &str) -> Option<Node<'a>> {
        self.contents().find(|node| node.item().space == Space::Hl7 && node.name() == name)
    }

    /// Child elements of the `sdtc` namespace.
    pub fn sdtc<'n>(self, name: &'n str) -> impl Iterator<Item = Node<'a>> + use<'a, 'n> {
        self.contents().filter(move |node| node.is_sdtc() && node.name() == name)
    }

    /// The first element at the end of a path of names.
    pub fn path(self, names: &[&str]) -> Option<Node<'a>> {
        match names {
            [] => Some(self),
            [first, rest @ ..] => self.children(first).find_map(|child| child.path(rest)),
        }
    }

    /// Everything below, in document order, without itself.
    pub fn descendants(self) -> impl Iterator<Item = Node<'a>> + use<'a> {
        (self.at + 1..self.item().end).map(move |at| Node { tree: self.tree, at })
    }

    /// The characters of a text node.
    pub fn characters(self) -> &'a str {
        &self.item().text
    }

    /// All text below, blanks collapsed; none when there is none.
    pub fn text(self) -> Option<String> {
        let mut out = String::new();
        for word in self.descendants().flat_map(|node| node.characters().split_inclusive(char::is_whitespace)) {
            let trimmed = word.trim_end();
            out.push_str(trimmed);
            if trimmed.len() < word.len() && !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        }
        out.truncate(out.trim_end().len());
        (!out.is_empty()).then_some(out)
    }

    /// The texts of its child elements with a blank between, else its own text: a name as it is spoken.
    pub fn spaced(self) -> Option<String> {
        let parts: Vec<String> = self.elements().filter_map(Node::text).collect();
        if parts.is_empty() { self.text() } else { Some(parts.join(" ")) }
    }

    pub fn null_flavor(self) -> Option<&'a str> {
        self.attr("nullFlavor")
    }

    /// Roots of its template ids.
    pub fn templates(self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.contents().filter(|node| node.name() == "templateId").filter_map(|node| node.attr("root"))
    }

    /// Whether it claims a template, by root, any version.
    pub fn is_a(self, root: &str) -> bool {
        self.templates().any(|template| template == root)
    }

    /// `code/@code`
    pub fn code(self) -> Option<&'a str> {
        self.child("code")?.attr("code")
    }

    /// The acts in its entry relationships and organizer components, with the relationship that holds each.
    pub fn related(self) -> impl Iterator<Item = (Node<'a>, Node<'a>)> + use<'a> {
        self.contents()
            .filter(|node| matches!(node.name(), "entryRelationship" | "component"))
            .filter_map(|relation| Some((relation, relation.act()?)))
    }

    /// The nested acts of one template.
    pub fn related_a<'n>(self, root: &'n str) -> impl Iterator<Item = Node<'a>> + use<'a, 'n> {
        self.related().map(|(_, act)| act).filter(move |act| act.is_a(root))
    }

    /// The act directly inside an entry, relationship or component.
    pub fn act(self) -> Option<Node<'a>> {
        self.elements().find(|node| ACTS.contains(&node.name()))
    }

    pub fn is_act(self) -> bool {
        ACTS.contains(&self.name())
    }

    /// `negationInd="true"`
    pub fn is_negated(self) -> bool {
        self.attr("negationInd") == Some("true")
    }
}

const ACTS: &[&str] = &[
    "act",
    "encounter",
    "observation",
    "observationMedia",
    "organizer",
    "procedure",
    "regionOfInterest",
    "substanceAdministration",
    "supply",
];
