//! Rows of a published ConceptMap, from XML or JSON.

use std::path::Path;

use roxmltree::{Document, Node};
use serde_json::Value;

pub struct Row {
    pub code: String,
    /// `None` where the map says that nothing matches.
    pub target: Option<String>,
}

/// # Panics
/// When the file is neither.
pub fn read(path: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "json") {
        let map: Value = serde_json::from_str(&text).unwrap();
        let groups = map["group"].as_array().cloned().unwrap_or_default();
        let elements = groups.iter().flat_map(|group| group["element"].as_array().cloned().unwrap_or_default());
        let row = |element: &Value, target: &Value| {
            Some(Row { code: element["code"].as_str()?.to_owned(), target: target["code"].as_str().map(str::to_owned) })
        };
        elements
            .flat_map(|element| {
                let targets = element["target"].as_array().cloned().unwrap_or_else(|| vec![Value::Null]);
                targets.iter().filter_map(|target| row(&element, target)).collect::<Vec<_>>()
            })
            .collect()
    } else {
        let tree = Document::parse(&text).unwrap();
        let elements = tree.descendants().filter(|node| node.has_tag_name(("http://hl7.org/fhir", "element")));
        elements.flat_map(rows).collect()
    }
}

fn rows(element: Node<'_, '_>) -> Vec<Row> {
    let Some(code) = value(element, "code") else { return vec![] };
    let row = |target: Option<String>| Row { code: code.clone(), target };
    let targets: Vec<Row> = named(element, "target").map(|target| row(value(target, "code"))).collect();
    if targets.is_empty() { vec![row(None)] } else { targets }
}

fn named<'a, 'i>(node: Node<'a, 'i>, name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

fn value(node: Node<'_, '_>, name: &'static str) -> Option<String> {
    named(node, name).next()?.attribute("value").map(str::to_owned)
}
