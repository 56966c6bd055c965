//! The User-access Brands bundle: organisations, portals and endpoints as patients know them.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::hospitals::{Address, HOSPITALS, Hospital, Kind, Logo, Partner, Portal, Site};
use crate::world::World;

const BRAND: &str = "http://hl7.org/fhir/StructureDefinition/organization-brand";
const PORTAL: &str = "http://hl7.org/fhir/StructureDefinition/organization-portal";
const VERSION: &str = "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version";
/// The rows are fixed, so the bundle is as old as they are.
const PUBLISHED: &str = "2026-01-01T00:00:00Z";

pub async fn get(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    let body = bundle(&world.base_url).to_string();
    let tag = format!("W/\"{}\"", &hex::encode(digest(&SHA256, body.as_bytes()))[..16]);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag || known.trim() == "*"));
    let mut answer = if same { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    let fields = answer.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/fhir+json; charset=utf-8"));
    fields.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    fields.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        fields.insert(header::ETAG, tag);
    }
    answer
}

/// The bundle that covers every hospital.
pub fn bundle(base_url: &str) -> Value {
    let mut entries = Vec::new();
    for hospital in HOSPITALS {
        let writer = Writer { hospital, base_url };
        entries.push(writer.entry("Organization", hospital.slug, writer.brand()));
        entries.push(writer.entry("Endpoint", hospital.slug, writer.endpoint()));
        for (index, partner) in hospital.partners.iter().enumerate() {
            entries.push(writer.entry(
                "Organization",
                &format!("{}-partner-{index}", hospital.slug),
                writer.partner(partner),
            ));
        }
        writer.sites(hospital.sites, hospital.slug, &mut entries);
    }
    json!({"resourceType": "Bundle", "id": "brands", "type": "collection", "timestamp": PUBLISHED, "entry": entries})
}

struct Writer<'a> {
    hospital: &'static Hospital,
    base_url: &'a str,
}

impl Writer<'_> {
    fn entry(&self, kind: &str, id: &str, mut resource: Value) -> Value {
        resource["resourceType"] = json!(kind);
        resource["id"] = json!(id);
        json!({"fullUrl": format!("{}/{kind}/{id}", self.base_url), "resource": resource})
    }

    fn brand(&self) -> Value {
        let hospital = self.hospital;
        let portals = hospital.portals.iter().map(|portal| self.portal(portal));
        let mut extensions: Vec<Value> = vec![self.brand_extension(hospital.logo)];
        extensions.extend(portals);
        json!({
            "extension": extensions,
            "identifier": identifiers(hospital),
            "active": true,
            "type": organization_type(hospital.kind),
            "name": hospital.name,
            "alias": hospital.aliases,
            "telecom": [{"system": "url", "value": format!("{}/{}/", self.base_url, hospital.slug)}, {"system": "phone", "value": hospital.phone}],
            "address": [address(&hospital.address)],
            "endpoint": [self.endpoint_reference()],
        })
    }

    fn partner(&self, partner: &Partner) -> Value {
        json!({
            "extension": [self.brand_extension(Logo::Absent), self.portal(&partner.portal)],
            "identifier": identifier(partner.domain),
            "active": true,
            "type": organization_type(Kind::Provider),
            "name": partner.name,
            "alias": partner.aliases,
            "telecom": [{"system": "url", "value": format!("https://{}", partner.domain)}],
            "address": [address(&partner.address)],
            "endpoint": [self.endpoint_reference()],
        })
    }

    fn sites(&self, sites: &[Site], parent: &str, entries: &mut Vec<Value>) {
        for (index, site) in sites.iter().enumerate() {
            let id = format!("{parent}-site-{index}");
            let resource = json!({
                "active": true,
                "type": organization_type(self.hospital.kind),
                "name": site.name,
                "address": [address(&site.address)],
                "partOf": {"reference": format!("Organization/{parent}")},
            });
            entries.push(self.entry("Organization", &id, resource));
            self.sites(site.inside, &id, entries);
        }
    }

    fn endpoint(&self) -> Value {
        json!({
            "extension": [{"url": VERSION, "valueCode": self.hospital.speaks.version()}],
            "status": "active",
            "connectionType": {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "hl7-fhir-rest"},
            "name": format!("FHIR {} endpoint {}", self.hospital.speaks.version(), self.hospital.slug),
            "managingOrganization": {"reference": format!("Organization/{}", self.hospital.slug)},
            "contact": [{"system": "url", "value": format!("{}/", self.base_url)}],
            "payloadType": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/endpoint-payload-type", "code": "none"}]}],
            "address": format!("{}/{}/{}", self.base_url, self.hospital.slug, self.hospital.speaks.path()),
        })
    }

    fn brand_extension(&self, logo: Logo) -> Value {
        let url = match logo {
            Logo::Url => Some(format!("{}/{}/logo.svg", self.base_url, self.hospital.slug)),
            Logo::Data => Some(format!("data:image/svg+xml;base64,{}", STANDARD.encode(self.hospital.logo_svg()))),
            Logo::Absent => None,
        };
        let mut parts: Vec<Value> = url.map(|url| json!({"url": "brandLogo", "valueUrl": url})).into_iter().collect();
        parts.push(json!({"url": "brandBundle", "valueUrl": format!("{}/brands.json", self.base_url)}));
        json!({"url": BRAND, "extension": parts})
    }

    fn portal(&self, portal: &Portal) -> Value {
        json!({"url": PORTAL, "extension": [
            {"url": "portalName", "valueString": portal.name},
            {"url": "portalDescription", "valueMarkdown": portal.description},
            {"url": "portalUrl", "valueUrl": format!("{}/{}/", self.base_url, self.hospital.slug)},
            {"url": "portalEndpoint", "valueReference": self.endpoint_reference()},
        ]})
    }

    fn endpoint_reference(&self) -> Value {
        json!({"reference": format!("Endpoint/{}", self.hospital.slug)})
    }
}

fn identifiers(hospital: &Hospital) -> Value {
    let mut identifiers = identifier(hospital.domain);
    if let (Some(list), Some(id)) = (identifiers.as_array_mut(), hospital.source_id) {
        list.push(json!({"system": "urn:tributary:source-id", "value": id}));
    }
    identifiers
}

fn identifier(domain: &str) -> Value {
    json!([{"system": "urn:ietf:rfc:3986", "value": format!("https://{domain}")}])
}

fn organization_type(kind: Kind) -> Value {
    json!([{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/organization-type", "code": kind.code()}]}])
}

fn address(address: &Address) -> Value {
    json!({"line": [address.line], "city": address.city, "state": address.state, "postalCode": address.zip, "country": "US"})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_in_the_bundle_leads_to_an_entry() {
        let bundle = bundle("https://sandbox.example");
        let entries = bundle["entry"].as_array().expect("a list");
        let known: Vec<String> = entries
            .iter()
            .map(|entry| {
                format!(
                    "{}/{}",
                    entry["resource"]["resourceType"].as_str().expect("text"),
                    entry["resource"]["id"].as_str().expect("text")
                )
            })
            .collect();
        for entry in entries {
            let resource = &entry["resource"];
            let references = resource["endpoint"]
                .as_array()
                .into_iter()
                .flatten()
                .chain([&resource["partOf"]])
                .filter_map(|reference| reference["reference"].as_str());
            for reference in references {
                assert!(known.iter().any(|known| known == reference), "{reference}");
            }
        }
        let on_northgate = entries
            .iter()
            .filter(|entry| entry["resource"]["endpoint"][0]["reference"] == "Endpoint/northgate")
            .count();
        assert_eq!(on_northgate, 2);
    }
}
