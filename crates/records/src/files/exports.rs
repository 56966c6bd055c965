//! Which FHIR server an export came from, and whether two resources of one id can be of one server.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::Form;
use crate::landed::Landed;

/// A FHIR server that an export names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    /// Its base without scheme, in lower case up to the path: `ehr.example/r4`.
    pub base: String,
    pub host: String,
}

/// The one server whose addresses the entries of a bundle have, else the one that all `meta.source` name.
pub fn server(form: Form, bytes: &[u8], resources: &[Landed]) -> Option<Server> {
    let bases = if form == Form::Fhir { full_urls(bytes) } else { BTreeSet::new() };
    only(bases).or_else(|| only(resources.iter().filter_map(source).collect()))
}

fn only(all: BTreeSet<Server>) -> Option<Server> {
    let mut all = all.into_iter();
    all.next().filter(|_| all.next().is_none())
}

fn full_urls(bytes: &[u8]) -> BTreeSet<Server> {
    #[derive(Deserialize)]
    struct Bundle<'a> {
        #[serde(borrow, default)]
        entry: Vec<Entry<'a>>,
    }
    #[derive(Deserialize)]
    struct Entry<'a> {
        #[serde(borrow, default, rename = "fullUrl")]
        url: Option<Cow<'a, str>>,
    }
    let bundle: Option<Bundle<'_>> = serde_json::from_slice(bytes).ok();
    let entries = bundle.map(|bundle| bundle.entry).unwrap_or_default();
    entries.iter().filter_map(|entry| of_resource(entry.url.as_deref()?)).collect()
}

fn source(landed: &Landed) -> Option<Server> {
    #[derive(Deserialize)]
    struct Resource<'a> {
        #[serde(borrow, default)]
        meta: Option<Meta<'a>>,
    }
    #[derive(Deserialize)]
    struct Meta<'a> {
        #[serde(borrow, default)]
        source: Option<Cow<'a, str>>,
    }
    let resource: Resource<'_> = serde_json::from_slice(&landed.json).ok()?;
    let told = resource.meta?.source?;
    let address = told.split(['?', '#']).next()?;
    of_resource(address).or_else(|| of_base(address))
}

/// Of the address of a resource: `https://ehr.example/r4/Patient/1`, also of one version.
fn of_resource(address: &str) -> Option<Server> {
    let address = address.split_once("/_history/").map_or(address, |(address, _)| address);
    let (rest, id) = address.rsplit_once('/')?;
    let (base, kind) = rest.rsplit_once('/')?;
    let is_kind = kind.starts_with(|first: char| first.is_ascii_uppercase())
        && kind.bytes().all(|letter| letter.is_ascii_alphabetic());
    of_base(base).filter(|_| is_kind && !id.is_empty())
}

fn of_base(base: &str) -> Option<Server> {
    let (scheme, rest) = base.split_once("://")?;
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return None;
    }
    let rest = rest.trim_end_matches('/');
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    // Nobody's password becomes part of a name.
    let authority = authority.rsplit('@').next()?.to_ascii_lowercase();
    let host = authority.split(':').next()?.to_owned();
    let named = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'.' | b'-'));
    named.then(|| Server { base: format!("{authority}{path}"), host })
}

/// Whether two resources of one type and id are two things all the same, as they are when two servers count from one:
/// no business identifier of theirs is the same where both have some; or, where one has none, they are about different
/// patients. What one of them leaves open tells nothing.
pub fn clash(one: &[u8], other: &[u8]) -> bool {
    let read = |json: &[u8]| -> Value { serde_json::from_slice(json).unwrap_or_default() };
    let (one, other) = (read(one), read(other));
    let (ours, theirs) = (identifiers(&one), identifiers(&other));
    if !ours.is_empty() && !theirs.is_empty() {
        return ours.is_disjoint(&theirs);
    }
    subject(&one).zip(subject(&other)).is_some_and(|(ours, theirs)| ours != theirs)
}

fn identifiers(resource: &Value) -> BTreeSet<(&str, &str)> {
    // Of some types there is only one.
    let told = match &resource["identifier"] {
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    told.iter().filter_map(|one| Some((one["system"].as_str().unwrap_or_default(), one["value"].as_str()?))).collect()
}

/// `Patient/1`, however it is addressed.
fn subject(resource: &Value) -> Option<&str> {
    let told = ["subject", "patient", "beneficiary", "individual"];
    let reference = told.iter().find_map(|member| resource[member]["reference"].as_str())?;
    let start = reference.rmatch_indices('/').nth(1).map_or(0, |(slash, _)| slash + 1);
    reference.get(start..)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bundle(entries: &[(&str, Value)]) -> Option<(String, String)> {
        let entries: Vec<Value> =
            entries.iter().map(|(url, resource)| json!({ "fullUrl": url, "resource": resource })).collect();
        let json = json!({ "resourceType": "Bundle", "type": "collection", "entry": entries }).to_string();
        let resources = super::super::bundles::one(json.as_bytes()).unwrap();
        server(Form::Fhir, json.as_bytes(), &resources).map(|server| (server.base, server.host))
    }

    #[test]
    fn a_server_is_named_by_its_addresses_or_not_at_all() {
        let goal = |source: &str| json!({ "resourceType": "Goal", "id": "1", "meta": { "source": source } });
        let plain = json!({ "resourceType": "Goal", "id": "1" });
        let is = |base: &str, host: &str| Some((base.to_owned(), host.to_owned()));
        for (story, entries, expected) in [
            ("an address", vec![("https://EHR.example/R4/Goal/1", plain.clone())], is("ehr.example/R4", "ehr.example")),
            (
                "of a version, with a port and a password",
                vec![("http://me:hush@ehr.example:8443/r4/Goal/1/_history/2", plain.clone())],
                is("ehr.example:8443/r4", "ehr.example"),
            ),
            ("nothing that is an address", vec![("urn:uuid:7f2c", plain.clone())], None),
            (
                "two servers",
                vec![("https://a.example/Goal/1", plain.clone()), ("https://b.example/Goal/2", plain.clone())],
                None,
            ),
            (
                "a source",
                vec![("urn:uuid:7f2c", goal("https://ehr.example/r4/#request-7"))],
                is("ehr.example/r4", "ehr.example"),
            ),
            (
                "a source that is a resource",
                vec![("urn:uuid:7f2c", goal("https://ehr.example/r4/Goal/9"))],
                is("ehr.example/r4", "ehr.example"),
            ),
            ("a source of another sort", vec![("urn:uuid:7f2c", goal("#request-7"))], None),
            ("a host that is none", vec![("https://ehr example/r4/Goal/1", plain.clone())], None),
            (
                "the address before the source",
                vec![("https://a.example/Goal/1", goal("https://b.example"))],
                is("a.example", "a.example"),
            ),
        ] {
            assert_eq!(bundle(&entries), expected, "{story}");
        }
        let lines = [goal("https://a.example/r4"), goal("https://b.example/r4")].map(|one| Landed {
            kind: "Goal".into(),
            id: "1".into(),
            json: one.to_string().into_bytes(),
        });
        assert_eq!(server(Form::Ndjson, b"", &lines[..1]).unwrap().host, "a.example");
        assert_eq!(server(Form::Ndjson, b"", &lines), None);
    }

    #[test]
    fn one_id_is_two_things_when_nothing_else_is_shared() {
        let mrn = |value: &str| json!([{ "system": "urn:mrn", "value": value }]);
        for (story, one, other, expected) in [
            ("the same", json!({ "identifier": mrn("1") }), json!({ "identifier": mrn("1") }), false),
            ("another number", json!({ "identifier": mrn("1") }), json!({ "identifier": mrn("2") }), true),
            (
                "one number of two",
                json!({ "identifier": mrn("1"), "subject": { "reference": "Patient/1" } }),
                json!({ "identifier": [{ "system": "x", "value": "9" }, { "system": "urn:mrn", "value": "1" }], "subject": { "reference": "Patient/2" } }),
                false,
            ),
            ("no number yet", json!({}), json!({ "identifier": mrn("1") }), false),
            (
                "a single number",
                json!({ "identifier": { "value": "1" } }),
                json!({ "identifier": [{ "value": "1" }] }),
                false,
            ),
            (
                "another patient",
                json!({ "subject": { "reference": "Patient/1" } }),
                json!({ "subject": { "reference": "Patient/2" } }),
                true,
            ),
            (
                "the same patient by another address",
                json!({ "patient": { "reference": "https://a.example/r4/Patient/1" } }),
                json!({ "patient": { "reference": "Patient/1" } }),
                false,
            ),
            ("a patient now known", json!({}), json!({ "subject": { "reference": "Patient/2" } }), false),
            ("other words", json!({ "text": "a" }), json!({ "text": "b" }), false),
        ] {
            let (one, other) = (one.to_string(), other.to_string());
            assert_eq!(clash(one.as_bytes(), other.as_bytes()), expected, "{story}");
            assert_eq!(clash(other.as_bytes(), one.as_bytes()), expected, "{story}, turned around");
        }
        assert!(!clash(b"<html>", b"{}"));
    }
}
