//! The CapabilityStatement, written from the table of types: it lists what we serve and nothing else.

use serde_json::{Value, json};

use super::kinds::{Form, KINDS, Kind};

/// When the interface was last changed.
const CHANGED: &str = "2026-01-31";
const HOW: &str = "Read only; everything is of the one person the access token is for, and comes as its source sent it. \
    Searches also take _count (50, at most 500; 0 counts), _total, _summary=count and _sort by _lastUpdated or one date \
    parameter, - before it for the newest first; pages follow the next links. _lastUpdated is when the content last \
    changed here. Modifiers: :missing of all parameters, :not of tokens, :contains and :exact of strings, a type name \
    of references. Of parameters that are not listed an OperationOutcome warns, with Prefer: handling=strict they are \
    refused.";

pub(super) fn statement(base: &str) -> String {
    let operation = |name: &str, definition: &str| json!({ "name": name, "definition": definition });
    let resources: Vec<Value> = KINDS
        .iter()
        .map(|kind| {
            let mut resource = resource(kind);
            if kind.name == "Patient" {
                resource["operation"] = json!([
                    operation("everything", "http://hl7.org/fhir/OperationDefinition/Patient-everything"),
                    operation("export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export"),
                ]);
            }
            resource
        })
        .collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": CHANGED,
        "kind": "instance",
        "software": { "name": "Tributary", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": "Tributary", "url": base },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server",
            "documentation": HOW,
            "security": {
                "cors": true,
                "service": [{ "coding": [{
                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "OAuth",
                }] }],
                "description": "Authorization: Bearer, with an access token of the token endpoint for one person.",
            },
            "resource": resources,
            "operation": [operation("export", "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export")],
        }],
    })
    .to_string()
}

fn resource(kind: &Kind) -> Value {
    let mut resource = json!({
        "type": kind.name,
        "interaction": [{ "code": "read" }],
        "versioning": "no-version",
        "conditionalRead": "not-match",
        "referencePolicy": ["literal"],
    });
    if !kind.searchable() {
        return resource;
    }
    resource["interaction"] = json!([{ "code": "read" }, { "code": "search-type" }]);
    let includes: Vec<String> = kind
        .params
        .iter()
        .filter(|param| param.form == Form::Reference)
        .map(|param| format!("{}:{}", kind.name, param.name))
        .collect();
    if !includes.is_empty() {
        resource["searchInclude"] = json!(includes);
    }
    resource["searchRevInclude"] = json!(["Provenance:target"]);
    let mut params = vec![json!({ "name": "_id", "type": "token" }), json!({ "name": "_lastUpdated", "type": "date" })];
    for param in kind.params {
        let mut said = json!({ "name": param.name, "type": param.form.code() });
        if let Some(to) = param.chain {
            said["documentation"] = json!(format!("Can be searched through, to the parameters of {to}."));
        }
        params.push(said);
    }
    resource["searchParam"] = json!(params);
    resource
}
