//! Names, addresses and ways to reach someone.

use serde_json::Value;

use super::context::Context;
use super::fields::Fields;
use super::node::Node;

fn use_of(node: Node<'_>, table: &[(&str, &str)]) -> Option<String> {
    let told = node.attr("use")?;
    told.split_whitespace()
        .find_map(|code| table.iter().find(|(cda, _)| *cda == code))
        .map(|(_, fhir)| (*fhir).to_owned())
}

fn parts(node: Node<'_>, names: &[&str]) -> Vec<Value> {
    node.elements()
        .filter(|part| names.contains(&part.name()))
        .filter_map(|part| part.text().map(Value::from))
        .collect()
}

fn joined(node: Node<'_>, name: &str) -> Option<String> {
    let all: Vec<String> = node.children(name).filter_map(Node::text).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

impl<'a> Context<'a> {
    /// HumanNames of all `name` children.
    pub fn human_names(&self, parent: Node<'a>) -> Vec<Value> {
        parent.children("name").map(|name| self.human_name(name)).filter(|name| !name.is_null()).collect()
    }

    /// A HumanName; null when it names nobody.
    pub fn human_name(&self, node: Node<'a>) -> Value {
        const USES: &[(&str, &str)] = &[("L", "usual"), ("C", "official"), ("A", "nickname")];
        let parts_known = node.elements().any(|part| matches!(part.name(), "given" | "family"));
        let said = Fields::new()
            .with("text", if parts_known { None } else { node.text() })
            .with("family", joined(node, "family"))
            .with("given", parts(node, &["given"]))
            .with("prefix", parts(node, &["prefix"]))
            .with("suffix", parts(node, &["suffix"]));
        if said.is_empty() {
            return Value::Null;
        }
        let mut out = Fields::new();
        // A pseudonym is a nickname when one is called by it.
        let is_called = node.descendants().any(|part| part.attr("qualifier") == Some("CL"));
        let pseudonym = if is_called { "nickname" } else { "anonymous" };
        let is_pseudonym = node.attr("use").is_some_and(|told| told.split_whitespace().any(|code| code == "P"));
        out.set("use", if is_pseudonym { Some(pseudonym.to_owned()) } else { use_of(node, USES) });
        out.0.extend(said.0);
        out.set("period", node.child("validTime").map(|time| self.period(time)));
        out.into()
    }

    /// Addresses of all `addr` children.
    pub fn addresses(&self, parent: Node<'a>) -> Vec<Value> {
        parent.children("addr").map(|addr| self.address(addr)).filter(|addr| !addr.is_null()).collect()
    }

    /// An Address; null when it says no place.
    pub fn address(&self, node: Node<'a>) -> Value {
        const USES: &[(&str, &str)] = &[
            ("H", "home"),
            ("HP", "home"),
            ("HV", "home"),
            ("WP", "work"),
            ("DIR", "work"),
            ("PUB", "work"),
            ("TMP", "temp"),
            ("BAD", "old"),
        ];
        const LINES: &[&str] =
            &["streetAddressLine", "additionalLocator", "houseNumber", "streetName", "postBox", "unitID"];
        let plain = node.elements().next().is_none().then(|| node.text()).flatten();
        let said = Fields::new()
            .with("text", plain)
            .with("line", parts(node, LINES))
            .with("city", joined(node, "city"))
            .with("district", joined(node, "county"))
            .with("state", joined(node, "state"))
            .with("postalCode", joined(node, "postalCode"))
            .with("country", joined(node, "country"));
        if said.is_empty() {
            return Value::Null;
        }
        let mut out = Fields::new();
        out.set("use", use_of(node, USES));
        out.0.extend(said.0);
        out.set("period", node.child("useablePeriod").map(|time| self.period(time)));
        out.into()
    }

    /// ContactPoints of all `telecom` children.
    pub fn telecoms(&self, parent: Node<'a>) -> Vec<Value> {
        parent.children("telecom").map(|telecom| self.telecom(telecom)).filter(|telecom| !telecom.is_null()).collect()
    }

    fn telecom(&self, node: Node<'a>) -> Value {
        const USES: &[(&str, &str)] = &[
            ("MC", "mobile"),
            ("PG", "mobile"),
            ("AS", "work"),
            ("H", "home"),
            ("HP", "home"),
            ("HV", "home"),
            ("WP", "work"),
            ("DIR", "work"),
            ("PUB", "work"),
            ("TMP", "temp"),
            ("BAD", "old"),
        ];
        let Some(told) = node.attr("value").filter(|_| node.null_flavor().is_none()) else { return Value::Null };
        let (system, value) = match told.split_once(':') {
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "tel" if node.attr("use").is_some_and(|told| told.contains("PG")) => ("pager", rest),
                "tel" => ("phone", rest),
                "mailto" => ("email", rest),
                "fax" | "x-text-fax" => ("fax", rest),
                "sms" => ("sms", rest),
                "http" | "https" | "ftp" => ("url", told),
                _ => ("other", told),
            },
            None if told.contains('@') => ("email", told),
            None => ("phone", told),
        };
        if value.trim().is_empty() {
            return Value::Null;
        }
        Fields::new()
            .with("system", system)
            .with("value", value.trim())
            .with("use", use_of(node, USES))
            .with("period", node.child("useablePeriod").map(|time| self.period(time)))
            .into()
    }
}
