//! The one hospital that never left DSTU2: another base, other names, another media type, and
//! nobody who would understand a newer client.

mod downgrade;
mod words;

use std::borrow::Cow;

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::bearer::View;
use super::bundle;
use super::kinds::{self, Compare, KINDS, Kind};
use super::outcome::Refusal;
use super::paging::Rest;
use super::query::{Habits, Query};
use super::search::{answers, promised};
use crate::hospitals::Speaks;
use crate::oauth::scopes::Right;
use crate::world::{Here, Site};

const JSON: &str = "application/json+fhir; charset=utf-8";

/// What our types are called here; nothing for those that came later.
const NAMES: &[(&str, Option<&str>)] = &[
    ("MedicationRequest", Some("MedicationOrder")),
    ("ServiceRequest", Some("DiagnosticOrder")),
    ("CareTeam", None),
    ("PractitionerRole", None),
    ("Provenance", None),
    ("QuestionnaireResponse", None),
];

pub fn name_of(kind: &str) -> Option<&str> {
    NAMES.iter().find(|(new, _)| *new == kind).map_or(Some(kind), |(_, old)| *old)
}

fn find(name: &str) -> Option<&'static Kind> {
    match NAMES.iter().find(|(new, old)| *old == Some(name) || *new == name) {
        Some((new, Some(old))) if *old == name => kinds::find(new),
        Some(_) => None,
        None => kinds::find(name),
    }
}

/// Scopes as this hospital writes them.
pub fn spoken<'a>(site: &Site, scopes: &'a str) -> Cow<'a, str> {
    renamed(site, scopes, |(new, old)| Some((*new, (*old)?)))
}

/// Scopes, or a query with scopes in it, as everybody else writes them.
pub fn understood<'a>(site: &Site, scopes: &'a str) -> Cow<'a, str> {
    renamed(site, scopes, |(new, old)| Some(((*old)?, *new)))
}

type Name = (&'static str, Option<&'static str>);

fn renamed<'a>(
    site: &Site,
    text: &'a str,
    pair: impl Fn(&Name) -> Option<(&'static str, &'static str)>,
) -> Cow<'a, str> {
    if site.hospital.speaks != Speaks::Dstu2 {
        return Cow::Borrowed(text);
    }
    let pairs = NAMES.iter().filter_map(pair);
    Cow::Owned(pairs.fold(text.to_owned(), |text, (from, to)| text.replace(&format!("{from}."), &format!("{to}."))))
}

/// `/metadata`, which is called a Conformance here, and the only place that tells where to log in.
pub async fn metadata(here: Here, headers: HeaderMap) -> Result<Response, Refusal> {
    acceptable(&headers)?;
    let site = &here.site;
    let oauth = |name: &str| json!({"url": name, "valueUri": format!("{}/{name}", site.url)});
    let service =
        json!({"coding": [{"system": "http://hl7.org/fhir/restful-security-service", "code": "SMART-on-FHIR"}]});
    Ok(answer(&json!({
        "resourceType": "Conformance",
        "status": "active",
        "date": "2016-05-01",
        "kind": "instance",
        "publisher": site.hospital.name,
        "software": {"name": "Sandbox hospital"},
        "implementation": {"description": site.hospital.name, "url": site.fhir_base()},
        "fhirVersion": "1.0.2",
        "acceptUnknown": "no",
        "format": ["json"],
        "rest": [{
            "mode": "server",
            "security": {
                "service": [service],
                "extension": [{
                    "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                    "extension": [oauth("authorize"), oauth("token")],
                }],
            },
            "resource": KINDS.iter().filter_map(resource).collect::<Vec<_>>(),
        }],
    })))
}

fn resource(kind: &Kind) -> Option<Value> {
    let name = name_of(kind.name)?;
    let mut interactions = vec![json!({"code": "read"})];
    let mut params = vec![json!({"name": "_id", "type": "token"})];
    if kind.searchable() {
        interactions.push(json!({"code": "search-type"}));
        if !kind.shared && kind.name != "Patient" {
            params.push(json!({"name": "patient", "type": "reference"}));
        }
        let own = kind.params.iter().filter(|param| param.compare == Compare::Token && param.name == "category");
        params.extend(own.map(|param| json!({"name": param.name, "type": "token"})));
    }
    Some(json!({"type": name, "interaction": interactions, "searchParam": params}))
}

pub async fn search(
    here: Here,
    Path((_, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    acceptable(&headers)?;
    let view = View::open(&here, &headers).await?;
    let kind = known(&name)?;
    if !kind.searchable() {
        return Err(Refusal::not_supported(format!("{name} cannot be searched")));
    }
    view.require(kind, Right::Search)?;
    let own = query.unwrap_or_default();
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(&own).map_err(|_| Refusal::bad_value("the query cannot be read"))?;
    if let Some((_, page)) = pairs.iter().find(|(name, _)| name == "_page") {
        let rest = promised(&here, &view, kind, page)?;
        return Ok(answer(&old_page(bundle::page(&here, &view, kind, &rest, &own, &[]), kind.name, &name)));
    }
    let query = asked(&view, kind, &name, pairs)?;
    let ids =
        view.all(&here, kind).filter(|found| answers(&view, found, &query)).map(|found| found.id.clone()).collect();
    let rest = Rest::new(view.grant, kind.name, ids, &query);
    Ok(answer(&old_page(bundle::page(&here, &view, kind, &rest, &own, &[]), kind.name, &name)))
}

/// A search with none of the words that came later.
fn asked(view: &View, kind: &'static Kind, name: &str, mut pairs: Vec<(String, String)>) -> Result<Query, Refusal> {
    if let Some((newer, _)) = pairs.iter().find(|(name, _)| matches!(name.as_str(), "_revinclude" | "intent")) {
        return Err(Refusal::bad_value(format!("{newer} is not a search parameter of {name}")));
    }
    for (_, value) in pairs.iter_mut().filter(|(name, _)| name == "_include") {
        let Some(rest) = value.strip_prefix(&format!("{name}:")) else {
            return Err(Refusal::bad_value("_include names another type"));
        };
        *value = format!("{}:{rest}", kind.name);
    }
    if kind.needs.contains(&"intent") {
        pairs.push(("intent".to_owned(), "order,plan".to_owned()));
    }
    let habits = Habits { strict: true, ..Habits::default() };
    Query::parse(kind, &view.chart.person.id, &pairs, &habits)
}

pub async fn read(
    here: Here,
    Path((_, name, id)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let view = View::open(&here, &headers).await?;
    let kind = known(&name)?;
    view.require(kind, Right::Read)?;
    if kind.name == "Binary" {
        return binary(&view, &id, &headers);
    }
    acceptable(&headers)?;
    let found = view.find(&here, kind, &id).filter(|resource| view.shows(kind.name, &resource.json, Right::Read));
    let found = found.ok_or_else(|| Refusal::not_found(format!("there is no {name} with this id in this record")))?;
    Ok(answer(&downgrade::resource(found.json.clone())))
}

fn binary(view: &View, id: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let found = view.chart.person.binaries.iter().find(|binary| binary.id == id);
    let binary = found.ok_or_else(|| Refusal::not_found("there is no Binary with this id in this record"))?;
    if accepts(headers, &["application/json+fhir", "application/json"]) {
        let content = STANDARD.encode(&binary.bytes);
        return Ok(answer(
            &json!({"resourceType": "Binary", "id": binary.id, "contentType": binary.content_type, "content": content}),
        ));
    }
    Ok(([(header::CONTENT_TYPE, binary.content_type)], binary.bytes.clone()).into_response())
}

fn known(name: &str) -> Result<&'static Kind, Refusal> {
    find(name).ok_or_else(|| Refusal::not_supported(format!("{name} is not a resource type of DSTU2")))
}

/// The media type of FHIR had another name; who asks for the newer one alone gets nothing.
fn acceptable(headers: &HeaderMap) -> Result<(), Refusal> {
    let any = !headers.contains_key(header::ACCEPT);
    if any || accepts(headers, &["application/json+fhir", "application/json", "application/*", "*/*"]) {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, "not-supported", "this server speaks application/json+fhir, DSTU2"))
}

fn accepts(headers: &HeaderMap, types: &[&str]) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|one| types.contains(&one.split(';').next().unwrap_or_default().trim()))
}

/// A page of a search in the words of this version.
fn old_page(mut page: Value, kind: &str, name: &str) -> Value {
    for entry in page["entry"].as_array_mut().into_iter().flatten() {
        entry["resource"] = downgrade::resource(entry["resource"].take());
        if let Some(url) = entry["fullUrl"].as_str().map(|url| url.replace(&format!("/{kind}/"), &format!("/{name}/")))
        {
            entry["fullUrl"] = json!(url);
        }
    }
    for link in page["link"].as_array_mut().into_iter().flatten() {
        let url = link["url"].as_str().unwrap_or_default().replace(&format!("/{kind}?"), &format!("/{name}?"));
        link["url"] = json!(url);
    }
    page
}

fn answer(body: &Value) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}
