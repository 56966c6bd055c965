//! Bundles, ours and those published as examples.

use std::io::Read;
use std::path::PathBuf;

use directory::brands::{Wrong, parse};
use directory::{Category, Logo};
use proptest::prelude::*;
use serde_json::{Value, json};

fn bundle(entries: &[Value]) -> Vec<u8> {
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string().into_bytes()
}

fn organization(id: &str, more: Value) -> Value {
    let mut resource = json!({"resourceType": "Organization", "id": id, "name": id});
    resource.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"fullUrl": format!("https://ehr.example/Organization/{id}"), "resource": resource})
}

fn endpoint(id: &str) -> Value {
    json!({"fullUrl": format!("https://ehr.example/Endpoint/{id}"),
           "resource": {"resourceType": "Endpoint", "id": id, "status": "active", "address": format!("https://{id}.example/r4/")}})
}

fn behind(reference: &str) -> Value {
    json!({"endpoint": [{"reference": reference}]})
}

#[test]
fn references_are_found_by_every_name() {
    let uuid = json!({"fullUrl": "urn:uuid:0b1c", "resource": {"resourceType": "Endpoint", "status": "active", "address": "https://u.example/r4"}});
    for reference in ["Endpoint/e1", "https://ehr.example/Endpoint/e1", "urn:uuid:0b1c"] {
        let import =
            parse(&bundle(&[organization("Riverbend", behind(reference)), endpoint("e1"), uuid.clone()])).unwrap();
        let brand = import.brands.iter().find(|brand| brand.name == "Riverbend").unwrap();
        assert_eq!(brand.portals[0].endpoints.len(), 1, "{reference}");
        // The endpoint that nobody claims has a card by its host or the other one.
        assert_eq!(import.brands.len(), 2);
    }
}

#[test]
fn ids_are_explicit_or_by_domain_or_by_name_and_endpoint() {
    let id = |more: Value| {
        let mut more = more;
        more["endpoint"] = behind("Endpoint/e1")["endpoint"].take();
        parse(&bundle(&[organization("Starfleet Medical", more), endpoint("e1")])).unwrap().brands[0].id.to_string()
    };
    let uri = |value: &str| json!({"identifier": [{"system": "urn:ietf:rfc:3986", "value": value}]});
    assert_eq!(
        id(json!({"identifier": [{"system": "urn:tributary:source-id", "value": "55a83bdc8d1eb1420aa1a71b"}]})),
        "55a83bdc8d1eb1420aa1a71b"
    );
    assert_eq!(id(uri("https://starfleet.example")), id(uri("https://www.starfleet.example/medical")));
    assert_ne!(id(uri("https://starfleet.example")), id(uri("urn:oid:1.2.3")));
    assert_eq!(id(json!({})), id(json!({"alias": ["SFM"]})));
    assert_eq!(id(json!({})).len(), 24);
}

#[test]
fn a_shared_domain_does_not_make_two_brands_one() {
    let domain = json!({"identifier": [{"system": "urn:ietf:rfc:3986", "value": "https://riverbend.example"}],
        "endpoint": [{"reference": "Endpoint/e1"}]});
    let mut part = domain.clone();
    part["partOf"] = json!({"reference": "Organization/Riverbend"});
    let alone = parse(&bundle(&[organization("Riverbend", domain.clone()), endpoint("e1")])).unwrap();
    let both =
        parse(&bundle(&[organization("Riverbend Kids", part), organization("Riverbend", domain), endpoint("e1")]))
            .unwrap();
    assert_eq!(both.brands.len(), 2);
    assert_eq!(both.brands[0].id, alone.brands[0].id, "the top one keeps its id");
}

#[test]
fn sites_become_places_and_parts_with_a_face_become_brands() {
    let logo = json!({"url": "http://hl7.org/fhir/StructureDefinition/organization-brand",
        "extension": [{"url": "brandLogo", "valueUrl": "https://kids.example/logo.png"}]});
    let part = |more: Value| {
        let mut part =
            json!({"partOf": {"reference": "Organization/Riverbend"}, "address": [{"city": "Hull", "state": "MA"}]});
        part.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        part
    };
    let import = parse(&bundle(&[
        organization("Riverbend", behind("Endpoint/e1")),
        organization("Quay Street", part(json!({}))),
        organization("Kids", part(json!({"extension": [logo], "type": [{"coding": [{"code": "pharmacy"}]}]}))),
        endpoint("e1"),
    ]))
    .unwrap();
    let names: Vec<&str> = import.brands.iter().map(|brand| brand.name.as_str()).collect();
    assert_eq!(names, ["Kids", "Riverbend"]);
    let [kids, riverbend] = &import.brands[..] else { panic!() };
    assert!(matches!(&kids.logo, Some(Logo::Url(url)) if url.host_str() == Some("kids.example")));
    assert_eq!((kids.category, riverbend.category), (Category::Pharmacy, Category::Hospital));
    assert_eq!(kids.portals, riverbend.portals);
    assert_eq!(riverbend.locations[0].name.as_deref(), Some("Quay Street"));
    assert_eq!(riverbend.aliases, ["Quay Street"]);
    assert_eq!(riverbend.endpoints().next().unwrap().address.as_str(), "https://e1.example/r4/");
}

#[test]
fn errors_name_the_place() {
    let mut nameless = organization("x", behind("Endpoint/e1"));
    nameless["resource"]["name"] = json!(" ");
    let mut plain = endpoint("e1");
    plain["resource"]["address"] = json!("http://e1.example/r4");
    let explicit = |value: &str| json!({"identifier": [{"system": "urn:tributary:source-id", "value": value}], "endpoint": [{"reference": "Endpoint/e1"}]});
    let twice = "5b1daf3f079c652eaf41fd23";
    let circular = json!({"partOf": {"reference": "Organization/a"}});
    let cases = [
        (b"{".to_vec(), "", Wrong::NotJson { line: 1, column: 1 }),
        (b"[]".to_vec(), "", Wrong::NotABundle),
        (br#"{"resourceType":"Bundle","type":"searchset"}"#.to_vec(), "", Wrong::NotABundle),
        (br#"{"resourceType":"Bundle","type":"collection","entry":7}"#.to_vec(), "entry", Wrong::WrongType),
        (bundle(&[json!({})]), "entry[0].resource", Wrong::Missing),
        (bundle(&[json!({"resource": {}})]), "entry[0].resource.resourceType", Wrong::Missing),
        (bundle(&[nameless, endpoint("e1")]), "entry[0].resource.name", Wrong::Missing),
        (
            bundle(&[organization("a", behind("Endpoint/e2")), endpoint("e1")]),
            "entry[0].resource.endpoint[0]",
            Wrong::Dangling,
        ),
        (bundle(&[organization("a", behind("Organization/a"))]), "entry[0].resource.endpoint[0]", Wrong::WrongType),
        (bundle(&[plain]), "entry[0].resource.address", Wrong::NotAnAddress),
        (bundle(&[organization("a", circular)]), "entry[0].resource.partOf", Wrong::Circular),
        (bundle(&[organization("a", explicit("XYZ")), endpoint("e1")]), "entry[0].resource.identifier", Wrong::NotAnId),
        (
            bundle(&[organization("a", explicit(twice)), organization("b", explicit(twice)), endpoint("e1")]),
            "entry[1].resource.identifier",
            Wrong::SameId,
        ),
        (bundle(&[endpoint("e1"), endpoint("e1")]), "entry[1].fullUrl", Wrong::Repeated),
    ];
    for (json, at, wrong) in cases {
        let error = parse(&json).unwrap_err();
        assert_eq!((error.at.as_str(), &error.wrong), (at, &wrong), "{}", String::from_utf8_lossy(&json));
    }
}

#[test]
fn what_does_not_spoil_the_rest_is_named() {
    let script = json!({"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/organization-brand", "extension": [
        {"url": "brandLogo", "valueUrl": "data:image/svg+xml,<svg><script>1</script></svg>"}]}], "endpoint": [{"reference": "Endpoint/e1"}]});
    let mut closed = endpoint("e2");
    closed["resource"]["status"] = json!("off");
    let import =
        parse(&bundle(&[organization("a", script), organization("b", behind("Endpoint/e2")), endpoint("e1"), closed]))
            .unwrap();
    assert_eq!(import.brands.len(), 1);
    assert_eq!(import.brands[0].logo, None);
    let told: Vec<String> = import.ignored.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "entry[3].resource.status is not active",
            "entry[0].resource.brandLogo is not a logo we can show: it can run scripts or load from elsewhere",
            "entry[1].resource.endpoint has no endpoint to connect to",
        ]
    );
}

#[test]
fn what_is_listed_twice_is_one_brand_with_all_that_is_said() {
    let said = |n: &str, system: &str, portal: &str| {
        json!({"alias": ["Quay", n, "Quay"], "identifier": [{"system": system, "value": "7"}, {"system": "urn:both", "value": "7"}],
            "endpoint": [{"reference": "Endpoint/e1"}],
            "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/organization-portal", "extension": [
                {"url": "portalName", "valueString": portal}, {"url": "portalEndpoint", "valueReference": {"reference": "Endpoint/e1"}}]},
                {"url": "http://hl7.org/fhir/StructureDefinition/organization-brand", "extension": [
                {"url": "brandLogo", "valueUrl": format!("https://{n}.example/logo.png")}]}]})
    };
    let mut again = organization("Riverbend", said("two", "urn:two", "For Children"));
    again["fullUrl"] = "https://ehr.example/Organization/again".into();
    let mut bare = said("one", "urn:one", "MyRiver");
    bare["extension"].as_array_mut().unwrap().pop();
    let import = parse(&bundle(&[organization("Riverbend", bare), again, endpoint("e1")])).unwrap();
    let [brand] = &import.brands[..] else { panic!("{:?}", import.brands) };
    assert_eq!(brand.aliases, ["Quay", "one", "two"]);
    let systems: Vec<&str> = brand.identifiers.iter().map(|identifier| identifier.system.as_str()).collect();
    assert_eq!(systems, ["urn:one", "urn:both", "urn:two"]);
    let portals: Vec<(&str, usize)> =
        brand.portals.iter().map(|portal| (portal.name.as_str(), portal.endpoints.len())).collect();
    assert_eq!(portals, [("MyRiver", 1), ("For Children", 1)]);
    assert!(matches!(&brand.logo, Some(Logo::Url(url)) if url.host_str() == Some("two.example")));
}

#[test]
fn a_hostile_bundle_costs_no_more_than_its_size() {
    let references =
        |ids: std::ops::Range<usize>| ids.map(|n| json!({"reference": format!("Endpoint/e{n}")})).collect::<Vec<_>>();
    let mut entries: Vec<Value> = (0..9000).map(|n| endpoint(&format!("e{n}"))).collect();
    entries.push(organization("Quay", json!({"endpoint": references(0..3000)})));
    let part = json!({"partOf": {"reference": "Organization/Quay"}, "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/organization-brand"}]});
    entries.extend((0..3000).map(|n| organization(&format!("Part {n}"), part.clone())));
    let import = parse(&bundle(&entries)).unwrap();
    let quay = import.brands.iter().find(|brand| brand.name == "Quay").unwrap();
    assert_eq!(quay.endpoints().count(), 2000);
    let endpoints: usize = import.brands.iter().map(|brand| brand.endpoints().count()).sum();
    assert!(endpoints < 2_000_000, "{endpoints}");
    let many: Vec<&str> = import
        .ignored
        .iter()
        .filter(|ignored| ignored.wrong == Wrong::TooMany)
        .map(|ignored| ignored.at.as_str())
        .collect();
    assert_eq!(many.first(), Some(&"entry[9000].resource.endpoint"));
    assert_eq!(many.last(), Some(&"entry[12000].resource.partOf"));
    assert!(import.brands.iter().any(|brand| brand.name == "Part 0"));
}

fn corpus(name: &str) -> Option<Vec<u8>> {
    let default = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let root = std::env::var_os("TRIBUTARY_CORPORA").map_or(default, PathBuf::from);
    let path = root.join("directory/fhir_bundles").join(name);
    let Ok(bytes) = std::fs::read(&path) else {
        eprintln!("SKIPPED: no {name}; set TRIBUTARY_CORPORA to the folder of published examples");
        return None;
    };
    if !name.ends_with(".gz") {
        return Some(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    Some(plain)
}

#[test]
fn published_examples_are_read() {
    let Some(one) = corpus("smart_user_access_brands_example1.bundle.json") else { return };
    let brands = parse(&one).unwrap().brands;
    let [labs] = &brands[..] else { panic!() };
    assert_eq!((labs.name.as_str(), labs.category, labs.aliases.len()), ("ExampleLabs", Category::Lab, 3));
    assert!(matches!(&labs.logo, Some(Logo::Data(_))));
    assert_eq!(labs.portals[0].name, "Example Labs HealthCentral Portal");
    assert_eq!(labs.endpoints().next().unwrap().fhir_version.as_deref(), Some("4.0.1"));

    let two = parse(&corpus("smart_user_access_brands_example2.bundle.json").unwrap()).unwrap();
    let names: Vec<&str> = two.brands.iter().map(|brand| brand.name.as_str()).collect();
    assert_eq!(names, ["ExampleHealth", "ExampleHealth Community Hospital", "ExampleHealth Physicians of Madison"]);
    assert!(two.brands.iter().all(|brand| brand.endpoints().count() == 2));
    assert!(two.brands.iter().all(|brand| brand.portals[0].name == "My ExampleHealth Portal"));

    let three = parse(&corpus("smart_user_access_brands_example3.bundle.json").unwrap()).unwrap();
    let [hospital] = &three.brands[..] else { panic!("{:?}", three.brands) };
    let portals: Vec<(&str, usize)> =
        hospital.portals.iter().map(|portal| (portal.name.as_str(), portal.endpoints.len())).collect();
    assert_eq!(portals, [("ExampleHospital Patient Gateway", 1), ("ExampleHospital Pediatric Portal", 1)]);
}

#[test]
fn vendors_bundles_are_read() {
    for (name, least) in [
        ("oracle_health_millennium_patient_r4.bundle.json.gz", 1300),
        ("epic_r4_endpoints_2021-12.bundle.json.gz", 200),
    ] {
        let Some(json) = corpus(name) else { return };
        let import = parse(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            import.brands.len() >= least,
            "{name}: {} {:?}",
            import.brands.len(),
            &import.ignored[..import.ignored.len().min(5)]
        );
        assert_eq!(import, parse(&json).unwrap());
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(body in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,40}") {
        let _ = parse(&body);
        let hostile = json!({"name": text, "alias": [text], "partOf": {"reference": text}, "address": [text, {"city": text}],
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": format!("https://{text}")}], "endpoint": [{"reference": "Endpoint/e1"}]});
        let _ = parse(&bundle(&[organization("a", hostile), endpoint("e1")]));
        let _ = Logo::parse(&text);
        let _ = Logo::parse(&format!("data:image/svg+xml,<svg {text}"));
    }
}
