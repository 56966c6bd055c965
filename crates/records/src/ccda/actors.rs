//! Who wrote, did or told something: Practitioner, PractitionerRole, Organization, Device.

use serde_json::{Value, json};

use super::concepts::{code_in, uuid};
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::keys::hashed;
use super::node::Node;

/// The taxonomy of providers of NUCC.
const SPECIALTY: &str = "2.16.840.1.113883.6.101";

impl<'a> Context<'a> {
    /// A reference to whom an `author`, `performer`, `informant` or the like names; the person, else the device,
    /// else the organization. `None` when nobody is named.
    pub fn actor(&mut self, participation: Node<'a>) -> Option<Value> {
        let assigned = participation.elements().find(|node| {
            matches!(node.name(), "assignedAuthor" | "assignedEntity" | "assignedCustodian" | "relatedEntity")
        })?;
        if assigned.name() == "relatedEntity" {
            return None;
        }
        self.practitioner(assigned).or_else(|| self.device(assigned)).or_else(|| self.organization_of(assigned))
    }

    /// References to all participations of one name on an act: `performer`, `author`.
    pub fn actors(&mut self, act: Node<'a>, name: &str) -> Vec<Value> {
        let mut out: Vec<Value> = Vec::new();
        for node in act.children(name) {
            if let Some(actor) = self.actor(node)
                && !out.contains(&actor)
            {
                out.push(actor);
            }
        }
        out
    }

    /// The Practitioner of an `assignedAuthor` or `assignedEntity`.
    pub fn practitioner(&mut self, assigned: Node<'a>) -> Option<Value> {
        let person = assigned.child("assignedPerson");
        if person.is_none() && assigned.child("assignedAuthoringDevice").is_some() {
            return None;
        }
        let names = person.map(|person| self.human_names(person)).unwrap_or_default();
        let display = person.and_then(|person| person.child("name")).and_then(Node::spaced);
        let npi = assigned
            .children("id")
            .any(|id| id.attr("root") == Some("2.16.840.1.113883.4.6") && id.attr("extension").is_some());
        if names.is_empty() && !npi {
            return None;
        }
        let id = named(assigned, "Practitioner", display.as_deref());
        let body = Fields::new()
            .with("identifier", identifiers(assigned))
            .with("name", names)
            .with("telecom", self.telecoms(assigned))
            .with("address", self.addresses(assigned));
        let key = self.add_as("Practitioner", id, body);
        let practitioner = referring(&key, display);
        self.role(assigned, &practitioner);
        Some(practitioner)
    }

    /// The PractitionerRole that carries the specialty, where one is told, and the organization it is practised for.
    fn role(&mut self, assigned: Node<'a>, practitioner: &Value) {
        let told = assigned.children("code").chain(assigned.sdtc("specialty"));
        let mut specialties: Vec<Value> = Vec::new();
        for one in told.filter(|one| code_in(*one, SPECIALTY).is_some()).map(|one| self.concept(one)) {
            if !one.is_null() && !specialties.contains(&one) {
                specialties.push(one);
            }
        }
        if specialties.is_empty() {
            return;
        }
        let organization = self.organization_of(assigned);
        let body = Fields::new()
            .with("practitioner", practitioner.clone())
            .with("organization", organization)
            .with("specialty", specialties);
        let id = hashed("PractitionerRole", &[&json!(body.0).to_string()]);
        self.add_as("PractitionerRole", id, body);
    }

    fn organization_of(&mut self, assigned: Node<'a>) -> Option<Value> {
        let names = ["representedOrganization", "representedCustodianOrganization"];
        self.organization(names.iter().find_map(|name| assigned.child(name))?)
    }

    /// The Organization of a `representedOrganization`, `providerOrganization`, `scopingEntity` and the like.
    pub fn organization(&mut self, node: Node<'a>) -> Option<Value> {
        let name = node.child("name").and_then(Node::text);
        let identifiers = identifiers(node);
        if name.is_none() && identifiers.is_empty() {
            return None;
        }
        let id = named(node, "Organization", name.as_deref());
        let body = Fields::new()
            .with("identifier", identifiers)
            .with("name", name.clone())
            .with("telecom", not_at_home(self.telecoms(node)))
            .with("address", not_at_home(self.addresses(node)));
        let key = self.add_as("Organization", id, body);
        Some(referring(&key, name))
    }

    /// The Device that wrote.
    pub fn device(&mut self, assigned: Node<'a>) -> Option<Value> {
        let device = assigned.child("assignedAuthoringDevice")?;
        let model = device.child("manufacturerModelName").and_then(Node::text);
        let software = device.child("softwareName").and_then(Node::text);
        let name = model.clone().or_else(|| software.clone())?;
        let id = named(assigned, "Device", Some(&format!("{name} {}", software.as_deref().unwrap_or_default())));
        let mut body = Fields::new().with("identifier", identifiers(assigned));
        body.set("deviceName", json!([{"name": name, "type": "model-name"}]));
        if let Some(software) = software {
            body.set("version", json!([{"value": software}]));
        }
        let owner = self.organization_of(assigned);
        body.set("owner", owner);
        let key = self.add_as("Device", id, body);
        Some(referring(&key, Some(name)))
    }
}

/// An organization is never at home, whatever a document says.
fn not_at_home(mut told: Vec<Value>) -> Vec<Value> {
    for one in &mut told {
        if one["use"] == "home"
            && let Some(members) = one.as_object_mut()
        {
            members.shift_remove("use");
        }
    }
    told
}

/// `{"reference": …, "display": …}`
pub fn referring(key: &str, display: Option<String>) -> Value {
    Fields::new().with("reference", key).with("display", display).into()
}

/// The id of something that goes by its first usable CDA id and its name: ids of people are often made up.
fn named(node: Node<'_>, kind: &str, name: Option<&str>) -> String {
    let name = name.unwrap_or_default().to_lowercase();
    let id = node.children("id").filter(|id| id.null_flavor().is_none()).find_map(|id| {
        let (root, extension) = (id.attr("root")?, id.attr("extension").unwrap_or_default());
        (!extension.is_empty() || uuid(root).is_some() || kind == "Organization")
            .then(|| (root.to_ascii_lowercase(), extension.to_owned()))
    });
    match id {
        Some((root, extension)) => hashed(kind, &[&root, &extension, &name]),
        None => hashed(kind, &["name", &name]),
    }
}

#[cfg(test)]
mod tests;
