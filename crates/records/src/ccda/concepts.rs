//! Coded values → CodeableConcept and Coding.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::context::Context;
use super::fields::Fields;
use super::node::Node;
use crate::codes;

pub const CONDITION_CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
pub const DATA_ABSENT: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

/// A FHIR concept of one code known to us.
pub fn coded(system: &str, code: &str, display: Option<&str>) -> Value {
    Fields::new().with("coding", json!([coding(system, code, display)])).into()
}

pub fn coding(system: &str, code: &str, display: Option<&str>) -> Value {
    Fields::new().with("system", system).with("code", code).with("display", display).into()
}

/// A concept of text alone.
pub fn worded(text: impl Into<String>) -> Value {
    Fields::new().with("text", text.into()).into()
}

/// The data-absent-reason code of a nullFlavor.
pub fn absent_reason(null_flavor: &str) -> &'static str {
    match null_flavor {
        "ASKU" => "asked-unknown",
        "NASK" => "not-asked",
        "NAV" => "temp-unknown",
        "MSK" => "masked",
        "NA" => "not-applicable",
        "OTH" | "TRC" | "UNC" | "DER" => "unsupported",
        "NINF" => "negative-infinity",
        "PINF" => "positive-infinity",
        _ => "unknown",
    }
}

/// A concept that says why there is none.
pub fn absent(null_flavor: &str) -> Value {
    coded(DATA_ABSENT, absent_reason(null_flavor), None)
}

/// The member beside a primitive that has no value: why there is none.
pub fn absent_extension(null_flavor: &str) -> Value {
    json!({ "extension": [{ "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": absent_reason(null_flavor) }] })
}

/// A FHIR `code`: no blanks but single ones inside.
pub fn token(text: &str) -> Option<String> {
    let token = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!token.is_empty()).then_some(token)
}

/// The system URI of a code system as a document names it: an OID, a UUID, or already a URI.
pub fn system(told: &str) -> Option<String> {
    let told = told.trim();
    let oid = told.strip_prefix("urn:oid:").unwrap_or(told);
    if is_oid(oid) {
        return Some(codes::uri(oid).map_or_else(|| format!("urn:oid:{oid}"), Cow::into_owned));
    }
    if let Some(uuid) = uuid(told) {
        return Some(format!("urn:uuid:{uuid}"));
    }
    let is_uri =
        told.contains(':') && !told.contains(|letter: char| letter.is_whitespace() || "<>\"{}|\\^`".contains(letter));
    is_uri.then(|| told.to_owned())
}

pub fn is_oid(text: &str) -> bool {
    let mut arcs = text.split('.');
    matches!(arcs.next(), Some("0" | "1" | "2"))
        && text.contains('.')
        && arcs.all(|arc| {
            !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
        })
}

/// A UUID in lower case.
pub fn uuid(text: &str) -> Option<String> {
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let text = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(text);
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    fits.then(|| text.to_ascii_lowercase())
}

impl<'a> Context<'a> {
    /// A CodeableConcept of a CD, CE or CV: the code, its translations, the original text. Null when it says nothing.
    pub fn concept(&self, node: Node<'a>) -> Value {
        let mut codings: Vec<Value> = Vec::new();
        self.codings(node, &mut codings);
        let text = self
            .original_text(node)
            .or_else(|| node.attr("displayName").map(str::to_owned))
            .or_else(|| codings.iter().find_map(|coding| coding.get("display")?.as_str().map(str::to_owned)));
        Fields::new().with("coding", codings).with("text", text).into()
    }

    fn codings(&self, node: Node<'a>, out: &mut Vec<Value>) {
        let one = self.coding(node);
        if !one.is_null()
            && !out.iter().any(|known| known.get("code") == one.get("code") && known.get("system") == one.get("system"))
        {
            out.push(one);
        }
        node.children("translation").for_each(|translation| self.codings(translation, out));
    }

    /// The Coding of the node itself; null without a code. The code of a null concept is kept out.
    pub fn coding(&self, node: Node<'a>) -> Value {
        let Some(code) = node.attr("code").and_then(token).filter(|_| node.null_flavor().is_none()) else {
            return Value::Null;
        };
        let system = node.attr("codeSystem").and_then(system);
        Fields::new()
            .with("system", system)
            .with("version", node.attr("codeSystemVersion"))
            .with("code", code)
            .with("display", node.attr("displayName"))
            .into()
    }

    /// `originalText`, by its reference into the narrative first.
    pub fn original_text(&self, node: Node<'a>) -> Option<String> {
        self.words(node.child("originalText")?)
    }

    /// Text given in place or by reference into the narrative: `text`, `originalText`, an ED or ST.
    pub fn words(&self, node: Node<'a>) -> Option<String> {
        let told = node
            .child("reference")
            .and_then(|reference| reference.attr("value"))
            .and_then(|value| self.referred(value));
        told.or_else(|| node.text().filter(|_| node.attr("representation") != Some("B64")))
    }

    /// The best text for an act: its `text`, else its code's.
    pub fn act_text(&self, act: Node<'a>) -> Option<String> {
        act.child("text").and_then(|text| self.words(text))
    }
}

/// The first code of a concept or its translations that is in one system, given by OID.
pub fn code_in<'a>(node: Node<'a>, oid: &str) -> Option<&'a str> {
    let here = (node.attr("codeSystem") == Some(oid)).then(|| node.attr("code")).flatten();
    here.or_else(|| node.children("translation").find_map(|translation| code_in(translation, oid)))
}

/// Every code of a concept and its translations, in any system.
pub fn codes_of<'a>(node: Node<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    node.attr("code").into_iter().chain(
        node.descendants()
            .filter(|node| node.name() == "translation")
            .filter_map(|translation| translation.attr("code")),
    )
}
