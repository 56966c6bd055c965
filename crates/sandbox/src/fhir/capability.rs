//! `/metadata`: what this server can do, open to everyone.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::kinds::{Compare, KINDS, Kind};
use super::outcome::fhir;
use crate::world::Here;

pub async fn get(here: Here) -> Response {
    let site = &here.site;
    let oauth = |name: &str| json!({"url": name, "valueUri": format!("{}/{name}", site.url)});
    let body = json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-01-01",
        "kind": "instance",
        "publisher": site.hospital.name,
        "software": {"name": "Sandbox hospital"},
        "implementation": {"description": site.hospital.name, "url": site.fhir_base()},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "implementationGuide": ["http://hl7.org/fhir/us/core/ImplementationGuide/hl7.fhir.us.core|6.1.0"],
        "instantiates": ["http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server|6.1.0"],
        "rest": [{
            "mode": "server",
            "security": {
                "cors": false,
                "service": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}]}],
                "extension": [{
                    "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                    "extension": [oauth("authorize"), oauth("token"), oauth("revoke"), oauth("introspect")],
                }],
            },
            "resource": KINDS.iter().map(resource).collect::<Vec<_>>(),
        }],
    });
    fhir(StatusCode::OK, &body)
}

fn resource(kind: &Kind) -> Value {
    let mut interactions = vec![json!({"code": "read"})];
    if kind.searchable() {
        interactions.push(json!({"code": "search-type"}));
    }
    let mut resource = json!({"type": kind.name, "interaction": interactions, "versioning": "no-version"});
    if kind.searchable() {
        let mut params = vec![json!({"name": "_id", "type": "token"}), json!({"name": "_lastUpdated", "type": "date"})];
        if !kind.shared && kind.name != "Patient" {
            params.push(json!({"name": "patient", "type": "reference"}));
        }
        params.extend(kind.params.iter().map(|param| json!({"name": param.name, "type": code(param.compare)})));
        resource["searchParam"] = json!(params);
        resource["searchRevInclude"] = json!(["Provenance:target"]);
    }
    if !kind.includes.is_empty() {
        resource["searchInclude"] =
            kind.includes.iter().map(|include| json!(format!("{}:{}", kind.name, include.name))).collect();
    }
    if kind.name == "DocumentReference" {
        resource["operation"] =
            json!([{"name": "docref", "definition": "http://hl7.org/fhir/us/core/OperationDefinition/docref"}]);
    }
    resource
}

fn code(compare: Compare) -> &'static str {
    match compare {
        Compare::Token => "token",
        Compare::Date => "date",
        Compare::Reference => "reference",
        Compare::Text => "string",
    }
}
