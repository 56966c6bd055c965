//! Where something was done → Location.

use serde_json::Value;

use super::actors::referring;
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::keys::hashed;
use super::node::Node;

const SERVICE_DELIVERY: &str = "2.16.840.1.113883.10.20.22.4.32";

impl<'a> Context<'a> {
    /// References to the Locations among the participants of an act.
    pub fn places(&mut self, act: Node<'a>) -> Vec<Value> {
        let roles = act.children("participant").filter_map(|one| Some((one, one.child("participantRole")?)));
        let places = roles.filter(|(one, role)| {
            let is_product = role.attr("classCode") == Some("MANU") || role.child("playingDevice").is_some();
            role.is_a(SERVICE_DELIVERY) || (one.attr("typeCode") == Some("LOC") && !is_product)
        });
        let mut out: Vec<Value> = Vec::new();
        for (_, role) in places {
            let name = role.path(&["playingEntity", "name"]);
            if let Some(place) = self.place(role, name, None)
                && !out.contains(&place)
            {
                out.push(place);
            }
        }
        out
    }

    /// The Location of the `healthCareFacility` of an encounter, kept by `managed_by`.
    pub fn facility(&mut self, facility: Node<'a>, managed_by: Option<Value>) -> Option<Value> {
        let place = facility.child("location");
        let name = place.and_then(|place| place.child("name"));
        self.place(facility, name, managed_by)
    }

    fn place(&mut self, role: Node<'a>, name: Option<Node<'a>>, managed_by: Option<Value>) -> Option<Value> {
        let kind = role.child("code").map_or(Value::Null, |code| self.concept(code));
        let name = name.and_then(Node::text);
        let address = self
            .addresses(role)
            .into_iter()
            .chain(role.child("location").map(|at| self.addresses(at)).unwrap_or_default())
            .next();
        let display = name.clone().or_else(|| kind["text"].as_str().map(str::to_owned));
        if display.is_none() && address.is_none() && kind.is_null() {
            return None;
        }
        let identifiers = identifiers(role);
        let said = serde_json::json!([identifiers, name, address, if name.is_none() { &kind } else { &Value::Null }]);
        let body = Fields::new()
            .with("identifier", identifiers)
            .with("name", name)
            .with("type", if kind.is_null() { vec![] } else { vec![kind] })
            .with("telecom", self.telecoms(role))
            .with("address", address)
            .with("managingOrganization", managed_by);
        let key = self.add_as("Location", hashed("Location", &[&said.to_string()]), body);
        Some(referring(&key, display))
    }
}
