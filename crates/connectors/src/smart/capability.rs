//! A CapabilityStatement, reduced to what decides a pull plan.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::discovery::{DiscoveryError, SmartConfiguration, resolve};
use super::version::{Unsupported, Version};
use crate::http::Answer;

const OAUTH: &str = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";

/// What a server says it can do. Empty `resources` means it did not say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    pub fhir_version: String,
    pub resources: BTreeMap<String, ResourceCapability>,
    pub operations: BTreeSet<String>,
    /// Canonical URLs of implementation guides.
    pub guides: Vec<String>,
    oauth: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceCapability {
    pub interactions: BTreeSet<String>,
    pub search: BTreeSet<String>,
    pub operations: BTreeSet<String>,
    pub includes: BTreeSet<String>,
    pub rev_includes: BTreeSet<String>,
}

impl Capability {
    /// Reads `/metadata`; `None` when the answer is something else.
    pub fn read(answer: &Answer) -> Option<Capability> {
        let json: Value = serde_json::from_slice(answer.text_bytes()).ok()?;
        let kind = json["resourceType"].as_str()?;
        if !answer.is_success() || !matches!(kind, "CapabilityStatement" | "Conformance") {
            return None;
        }
        let mut found = Capability {
            fhir_version: json["fhirVersion"].as_str().unwrap_or_default().to_owned(),
            guides: [&json["implementationGuide"], &json["instantiates"]]
                .into_iter()
                .flat_map(|list| items(list).filter_map(Value::as_str).map(str::to_owned))
                .collect(),
            ..Capability::default()
        };
        for rest in items(&json["rest"]).filter(|rest| rest["mode"] != "client") {
            found.operations.extend(names(&rest["operation"], "name").map(bare));
            for resource in items(&rest["resource"]) {
                let Some(kind) = resource["type"].as_str() else { continue };
                let entry = found.resources.entry(kind.to_owned()).or_default();
                entry.interactions.extend(names(&resource["interaction"], "code").map(str::to_owned));
                entry.search.extend(names(&resource["searchParam"], "name").map(str::to_owned));
                entry.operations.extend(names(&resource["operation"], "name").map(bare));
                entry.includes.extend(items(&resource["searchInclude"]).filter_map(text));
                entry.rev_includes.extend(items(&resource["searchRevInclude"]).filter_map(text));
            }
            for extension in items(&rest["security"]["extension"]).filter(|extension| extension["url"] == OAUTH) {
                for part in items(&extension["extension"]) {
                    if let (Some(name), Some(uri)) = (text(&part["url"]), text(&part["valueUri"])) {
                        found.oauth.insert(name, uri);
                    }
                }
            }
        }
        Some(found)
    }

    /// Whether the type can be asked for. A server that lists nothing may have everything.
    pub fn offers(&self, kind: &str) -> bool {
        self.resources.is_empty() || self.resources.contains_key(kind)
    }

    pub fn searches(&self, kind: &str, parameter: &str) -> bool {
        self.resources.get(kind).is_some_and(|resource| resource.search.contains(parameter))
    }

    pub fn rev_includes(&self, kind: &str, value: &str) -> bool {
        let list = self.resources.get(kind).map(|resource| &resource.rev_includes);
        list.is_some_and(|list| list.contains(value) || list.contains("*"))
    }

    /// An operation of a type or of the whole server, without its `$`.
    pub fn operates(&self, kind: &str, operation: &str) -> bool {
        self.operations.contains(operation)
            || self.resources.get(kind).is_some_and(|resource| resource.operations.contains(operation))
    }

    /// The FHIR that is spoken here.
    ///
    /// # Errors
    /// [`Unsupported`] when it is none that can be read.
    pub fn version(&self) -> Result<Version, Unsupported> {
        Version::of(&self.fhir_version)
    }

    pub(super) fn oauth(&self, base: &Url) -> Result<SmartConfiguration, DiscoveryError> {
        let url = |name: &str| self.oauth.get(name).and_then(|text| resolve(base, text));
        let authorize = url("authorize").ok_or(DiscoveryError::Missing("authorization_endpoint"))?;
        let token = url("token").ok_or(DiscoveryError::Missing("token_endpoint"))?;
        Ok(SmartConfiguration {
            revocation_endpoint: url("revoke"),
            introspection_endpoint: url("introspect"),
            registration_endpoint: url("register"),
            management_endpoint: url("manage"),
            ..SmartConfiguration::minimal(authorize, token)
        })
    }
}

fn items(json: &Value) -> impl Iterator<Item = &Value> {
    json.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn text(json: &Value) -> Option<String> {
    json.as_str().map(str::to_owned)
}

fn names<'a>(json: &'a Value, member: &'a str) -> impl Iterator<Item = &'a str> {
    items(json).filter_map(move |item| item[member].as_str())
}

fn bare(name: &str) -> String {
    name.trim_start_matches('$').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smart::discovery::Place;

    const METADATA: &str = r#"{
      "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "instantiates": ["http://hl7.org/fhir/us/core/x"],
      "rest": [{
        "mode": "server",
        "security": {"extension": [{"url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris", "extension": [
          {"url": "authorize", "valueUri": "https://login.riverbend.example/authorize"},
          {"url": "token", "valueUri": "/oauth/token"}]}]},
        "operation": [{"name": "export"}],
        "resource": [
          {"type": "Condition", "searchParam": [{"name": "patient"}, {"name": "_lastUpdated"}], "searchRevInclude": ["Provenance:target"]},
          {"type": "DocumentReference", "operation": [{"name": "$docref"}]},
          {"type": 7}, "nonsense"]}]}"#;

    fn answer(body: &str) -> Answer {
        let url = Url::parse("https://fhir.riverbend.example/r4/metadata").unwrap();
        Answer { status: 200, headers: vec![], body: body.into(), url, truncated: false }
    }

    #[test]
    fn tells_types_parameters_and_operations() {
        let found = Capability::read(&answer(METADATA)).unwrap();
        assert_eq!(found.version(), Ok(Version::R4));
        assert!(found.offers("Condition") && !found.offers("Goal"));
        assert!(found.searches("Condition", "_lastUpdated") && !found.searches("Condition", "code"));
        assert!(found.rev_includes("Condition", "Provenance:target"));
        assert!(found.operates("DocumentReference", "docref") && !found.operates("Patient", "everything"));
        assert_eq!(found.guides, ["http://hl7.org/fhir/us/core/x"]);
        assert!(Capability::default().offers("Goal"));
    }

    #[test]
    fn old_servers_tell_their_endpoints_here() {
        let base = Url::parse("https://fhir.riverbend.example/r4").unwrap();
        let found = Place::Metadata.read(&base, &answer(METADATA)).unwrap();
        assert_eq!(found.authorization_endpoint.as_str(), "https://login.riverbend.example/authorize");
        assert_eq!(found.token_endpoint.as_str(), "https://fhir.riverbend.example/oauth/token");
        let bare = answer(r#"{"resourceType":"CapabilityStatement","rest":{}}"#);
        assert_eq!(Place::Metadata.read(&base, &bare), Err(DiscoveryError::Missing("authorization_endpoint")));
    }

    #[test]
    fn a_server_of_dstu2_tells_everything_in_its_conformance() {
        let base = Url::parse("https://fhir.tidewater.example/dstu2").unwrap();
        let conformance = METADATA.replace("CapabilityStatement", "Conformance").replace("4.0.1", "1.0.2");
        let found = Capability::read(&answer(&conformance)).unwrap();
        assert_eq!(found.version(), Ok(Version::Dstu2));
        assert!(found.offers("Condition") && !found.offers("MedicationOrder"));
        let smart = Place::Metadata.read(&base, &answer(&conformance)).unwrap();
        assert_eq!(smart.token_endpoint.as_str(), "https://fhir.tidewater.example/oauth/token");
        let newer = METADATA.replace("4.0.1", "3.0.1");
        assert_eq!(Capability::read(&answer(&newer)).unwrap().version(), Err(Unsupported));
    }

    #[test]
    fn other_answers_are_not_capabilities() {
        for body in ["", "[]", "{}", r#"{"resourceType":"OperationOutcome"}"#, "\u{0}"] {
            assert_eq!(Capability::read(&answer(body)), None, "{body}");
        }
    }
}
