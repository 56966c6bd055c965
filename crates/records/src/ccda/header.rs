//! The header → Patient, Composition, DocumentReference, Binary, Provenance and those who had a part in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::concepts::{coded, coding, worded};
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifier;
use super::keys::hashed;
use super::node::Node;
use super::patient::{first_id, patient};
use super::{About, Custodian, Origin, Subject};

/// HL7's extension for `versionNumber`, which only a Composition may have.
pub(crate) const VERSION: &str = "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber";

/// Makes the patient, the encounter and the custodian, which everything else refers to. Returns what the header says.
pub fn open(cx: &mut Context<'_>, origin: &Origin) -> About {
    let document = cx.document;
    cx.patient = match &origin.patient {
        Some(known) => known.clone(),
        None => patient(cx),
    };
    cx.encounter = super::encounters::encompassing(cx);
    let custodian_node = document.path(&["custodian", "assignedCustodian", "representedCustodianOrganization"]);
    if let Some(node) = custodian_node {
        cx.organization(node);
    }
    let author = document.child("author").and_then(|author| cx.actor(author));
    let person = document.path(&["recordTarget", "patientRole", "patient"]);
    let name = person.and_then(|person| person.child("name"));
    let birth = person.and_then(|person| person.child("birthTime")).and_then(|time| cx.start(time));
    let part = |part: &str| name.and_then(|name| name.child(part)).and_then(Node::text);
    About {
        id: document.child("id").and_then(written),
        set_id: document.child("setId").and_then(written),
        version: document.child("versionNumber").and_then(|version| version.attr("value")?.parse().ok()),
        title: document.child("title").and_then(Node::text),
        code: document.code().map(str::to_owned),
        written_at: document.child("effectiveTime").and_then(|time| cx.start(time)?.instant()),
        author: author.as_ref().and_then(|author| author["display"].as_str()).map(str::to_owned),
        custodian: custodian_node.map(|node| Custodian {
            name: node.child("name").and_then(Node::text),
            id: node.child("id").and_then(written),
        }),
        patient: Subject {
            family: part("family"),
            given: part("given"),
            birth_date: birth.map(|birth| birth.date().to_owned()),
        },
    }
}

/// `root^extension`
fn written(id: Node<'_>) -> Option<String> {
    let root = id.attr("root")?;
    Some(id.attr("extension").map_or_else(|| root.to_owned(), |extension| format!("{root}^{extension}")))
}

/// Makes the Composition, and the document and its Provenance. Last, because they point at everything.
pub fn close(cx: &mut Context<'_>, xml: &[u8], origin: &Origin, about: &About, sections: Vec<Value>) {
    let node = cx.document;
    let hash = hex::encode(crate::identity::digest32(xml));
    let own = node
        .child("id")
        .and_then(first_id)
        .map_or_else(|| hash.clone(), |(root, extension)| format!("{root}^{extension}"));
    let id = |kind: &str| hashed(kind, &["document", &own]);
    let code = node.child("code").map_or(Value::Null, |code| cx.concept(code));
    let kind = if code.is_null() { worded("Clinical document") } else { code };
    let title = about
        .title
        .clone()
        .or_else(|| Some(kind["text"].as_str()?.to_owned()))
        .unwrap_or_else(|| "Clinical document".to_owned());
    let written = node.child("effectiveTime").and_then(|time| cx.start(time)).filter(|at| at.instant().is_some());
    let date = written.as_ref().map_or_else(|| origin.received_at.to_iso(), |at| at.date_time());
    let recorded = about.written_at.unwrap_or(origin.received_at).to_iso();
    let custodian = node
        .path(&["custodian", "assignedCustodian", "representedCustodianOrganization"])
        .and_then(|node| cx.organization(node));
    let mut authors = cx.actors(node, "author");
    if authors.is_empty() {
        authors.extend(custodian.clone());
    }
    if authors.is_empty() {
        authors.push(json!({"display": "unknown"}));
    }
    let encounter = cx.encounter.clone().map(|key| Context::reference(&key));
    let confidentiality = node
        .child("confidentialityCode")
        .and_then(|code| code.attr("code"))
        .filter(|code| ["U", "L", "M", "N", "R", "V"].contains(code));

    let composition = Fields::new()
        .with("extension", about.version.map(|version| json!([{ "url": VERSION, "valueString": version.to_string() }])))
        .with("identifier", node.child("id").map(identifier))
        .with("status", "final")
        .with("type", kind.clone())
        .with("subject", cx.subject())
        .with("encounter", encounter.clone())
        .with("date", date)
        .with("author", authors.clone())
        .with("title", title.clone())
        .with("confidentiality", confidentiality)
        .with("attester", attesters(cx))
        .with("custodian", custodian.clone())
        .with(
            "relatesTo",
            replaced(node)
                .into_iter()
                .map(|(code, target)| json!({ "code": code, "targetIdentifier": target }))
                .collect::<Vec<_>>(),
        )
        .with("event", events(cx))
        .with("section", sections);
    cx.add_as("Composition", id("Composition"), composition);

    let made = cx.keys_made();
    let document = match &origin.document {
        Some(document) => document.clone(),
        None => {
            let binary = Fields::new().with("contentType", "application/xml").with("data", STANDARD.encode(xml));
            let binary = cx.add_as("Binary", hashed("Binary", &[&hash]), binary);
            let attachment = Fields::new()
                .with("contentType", "application/xml")
                .with("url", binary)
                .with("size", u32::try_from(xml.len()).ok().filter(|size| i32::try_from(*size).is_ok()))
                .with("title", title);
            let context = Fields::new().with("encounter", encounter.map(|encounter| vec![encounter]));
            let reference = Fields::new()
                .with("masterIdentifier", node.child("id").map(identifier))
                // What all versions of the document have in common.
                .with("identifier", node.child("setId").map(|set| vec![identifier(set)]))
                .with("status", "current")
                .with("type", kind)
                .with("subject", cx.subject())
                .with("date", recorded.clone())
                .with(
                    "author",
                    authors.iter().filter(|author| author.get("reference").is_some()).cloned().collect::<Vec<_>>(),
                )
                .with("custodian", custodian.clone())
                .with(
                    "relatesTo",
                    replaced(node)
                        .into_iter()
                        .map(|(code, target)| json!({ "code": code, "target": { "identifier": target } }))
                        .collect::<Vec<_>>(),
                )
                .with("content", json!([{"attachment": Value::from(attachment), "format": format(node)}]))
                .with("context", context);
            cx.add_as("DocumentReference", id("DocumentReference"), reference)
        }
    };
    provenance(cx, id("Provenance"), &made, &document, &recorded, &authors, custodian);
}

/// Who signed it.
fn attesters(cx: &mut Context<'_>) -> Vec<Value> {
    let mut out = Vec::new();
    for (name, mode) in [("legalAuthenticator", "legal"), ("authenticator", "professional")] {
        for node in cx.document.children(name) {
            let at = node.child("time").and_then(|time| cx.start(time)).map(|at| at.date_time());
            let party = cx.actor(node).filter(|who| !super::observations::is_device(who));
            out.push(Fields::new().with("mode", mode).with("time", at).with("party", party).into());
        }
    }
    out
}

/// The care it tells of.
fn events(cx: &mut Context<'_>) -> Vec<Value> {
    let events = cx.document.children("documentationOf").filter_map(|event| event.child("serviceEvent"));
    events
        .map(|event| {
            let code = event.child("code").map_or(Value::Null, |code| cx.concept(code));
            let period = event.child("effectiveTime").map_or(Value::Null, |time| cx.period(time));
            Fields::new().with("code", if code.is_null() { vec![] } else { vec![code] }).with("period", period).into()
        })
        .filter(|event: &Value| !event.is_null())
        .collect()
}

/// The documents it replaces, amends or was made from, by their identifiers.
fn replaced(document: Node<'_>) -> Vec<(&'static str, Value)> {
    let related = document.children("relatedDocument").filter_map(|related| {
        let code = match related.attr("typeCode")? {
            "RPLC" => "replaces",
            "APND" => "appends",
            "XFRM" => "transforms",
            _ => return None,
        };
        Some((code, identifier(related.path(&["parentDocument", "id"])?)))
    });
    related.filter(|(_, target)| !target.is_null()).collect()
}

/// The C-CDA format code, by how the body is told.
fn format(document: Node<'_>) -> Value {
    let code = match document.path(&["component", "nonXMLBody"]) {
        Some(_) => "urn:hl7-org:sdwg:ccda-nonXMLBody:2.1",
        None => "urn:hl7-org:sdwg:ccda-structuredBody:2.1",
    };
    coding("http://terminology.hl7.org/CodeSystem/v3-HL7DocumentFormatCodes", code, None)
}

fn provenance(
    cx: &mut Context<'_>,
    id: String,
    made: &[String],
    document: &str,
    recorded: &str,
    authors: &[Value],
    custodian: Option<Value>,
) {
    let targets: Vec<Value> = made.iter().map(|key| Context::reference(key)).collect();
    let kind = coded("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "author", Some("Author"));
    let agents: Vec<Value> = authors
        .iter()
        .map(|who| {
            Fields::new()
                .with("type", kind.clone())
                .with("who", who.clone())
                .with("onBehalfOf", custodian.clone())
                .into()
        })
        .collect();
    let body = Fields::new()
        .with("target", targets)
        .with("recorded", recorded)
        .with("agent", agents)
        .with("entity", json!([{"role": "source", "what": {"reference": document}}]));
    cx.add_as("Provenance", id, body);
}

#[cfg(test)]
mod tests;
