//! What several lists say of one organization, and when they do not speak of one.

use std::collections::BTreeSet;

use directory::lists::Format;
use directory::merge::{Known, Merged, Rule, merge};
use directory::{Brand, List, Listing};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A list of locations, of lines as they are published.
fn list(name: &str, rows: &[Value]) -> List {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    List::read(name, lines.join("\n").as_bytes()).unwrap()
}

fn facility(id: &str, name: &str, more: Value) -> Value {
    let mut row = json!({"id": id, "source": "f", "kind": "hospital", "name": name});
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row
}

fn lantern(name: &str, rows: &[(&str, &str, &str)]) -> List {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(name, url, zip)| json!({"URL": url, "OrganizationName": name, "NPIID": "", "OrganizationZipCode": zip}))
        .collect();
    List::read(name, json!({ "Endpoints": rows }).to_string().as_bytes()).unwrap()
}

fn rules(merged: &Merged, brand: &Brand) -> Vec<Rule> {
    merged.evidence[&brand.id].iter().map(|evidence| evidence.rule).collect()
}

fn names(merged: &Merged) -> Vec<&str> {
    merged.brands.iter().map(|brand| brand.name.as_str()).collect()
}

const NPI: &str = "1588664007";

#[test]
fn an_identifier_joins_what_has_a_name_a_town_or_a_state_in_common() {
    let row = |id: &str, name: &str, city: &str, state: &str| {
        facility(id, name, json!({"npi": NPI, "city": city, "state": state}))
    };
    let merged = merge(
        &[list(
            "facilities",
            &[
                row("f:1", "QUAY HOSPITAL", "HULL", "MA"),
                row("f:2", "HARBOR HOSPITAL", "HULL", "MA"),
                row("f:3", "QUAY HOSPITAL, INC.", "TULSA", "OK"),
                row("f:4", "DESERT CLINIC", "RENO", "NV"),
            ],
        )],
        &[],
    );
    assert_eq!(names(&merged), ["Desert Clinic", "Harbor Hospital"]);
    let [desert, harbor] = &merged.brands[..] else { panic!() };
    assert_eq!(rules(&merged, harbor), [Rule::Npi; 3]);
    assert_eq!(rules(&merged, desert), [Rule::Alone], "another name in another state");
    assert_eq!(harbor.aliases, ["Quay Hospital", "Quay Hospital, Inc."], "every name it ever had");
    assert_eq!((harbor.locations.len(), harbor.npi()), (2, Some(NPI)));
}

#[test]
fn a_name_and_a_place_join_and_a_chain_stays_apart() {
    let facilities = list(
        "facilities",
        &[
            facility(
                "h:1",
                "KINDRED AT HOME",
                json!({"city": "RENO", "state": "NV", "postal_code": "89501", "ccn": "297001"}),
            ),
            facility("h:2", "KINDRED AT HOME", json!({"city": "TULSA", "state": "OK", "postal_code": "74103"})),
            facility("h:3", "ST. MARY'S HOSPITAL", json!({"postal_code": "53715-1830", "lat": 43.06, "lon": -89.4})),
        ],
    );
    let endpoints = lantern(
        "Cerner_Corporation_EndpointSources.json",
        &[
            ("Saint Mary’s Hosp", "https://fhir.cerner.com/r4/a/", "537151111"),
            ("Kindred at Home", "https://fhir.cerner.com/r4/b", ""),
        ],
    );
    let merged = merge(&[facilities, endpoints], &[]);
    assert_eq!(names(&merged), ["Kindred at Home", "Kindred at Home", "Kindred at Home", "Saint Mary’s Hosp"]);
    let mary = &merged.brands[3];
    assert_eq!(rules(&merged, mary), [Rule::NameAndPlace; 2]);
    assert_eq!(mary.locations.iter().find_map(|place| place.lat), Some(43.06));
    assert_eq!(mary.endpoints().next().unwrap().address.as_str(), "https://fhir.cerner.com/r4/a/");
    assert_eq!(mary.vendor.as_deref(), Some("Oracle Health"));
}

#[test]
fn one_address_of_thousands_is_no_evidence_and_one_tenant_is() {
    let shared = "https://api.platform.athenahealth.com/fhir/r4";
    let practices: Vec<(String, &str, &str)> =
        (0..50).map(|n| (format!("Practice of Doctor No{n}"), shared, "")).collect();
    let mut rows: Vec<(&str, &str, &str)> =
        practices.iter().map(|(name, url, zip)| (name.as_str(), *url, *zip)).collect();
    rows.extend([
        ("TX - First Physicians", shared, ""),
        ("NC - First Physicians", shared, ""),
        ("NC - First Physicians, PA", shared, ""),
    ]);
    let athena = lantern("athenahealth_Inc_EndpointSources.json", &rows);
    let old = lantern(
        "Epic_EndpointSources.json",
        &[
            ("Quayside Health", "https://epic.quay.org/FHIR/api/FHIR/R4", ""),
            ("Mercy Health (MO)", "https://epic.mercy.org/r4", ""),
        ],
    );
    let new = json!([{"id": "1", "name": "Quayside Hospital", "url": "https://EPIC.quay.org/fhir/api/FHIR/R4/",
        "authorize": "https://epic.quay.org/authorize", "token": "https://10.0.0.1/token"}, {"id": "2", "name": "Boys Town", "url": "https://epic.mercy.org/r4"}]);
    let new = List::read("epic", new.to_string().as_bytes()).unwrap();
    let merged = merge(&[athena, old, new], &[]);
    assert_eq!(merged.brands.len(), 55, "a guest at a hospital is not the hospital");
    let harbor = merged.brands.iter().find(|brand| brand.name == "Quayside Hospital").unwrap();
    assert_eq!(
        (rules(&merged, harbor), harbor.aliases.as_slice()),
        (vec![Rule::Endpoint; 2], &["Quayside Health".to_owned()][..])
    );
    let [endpoint] = &harbor.endpoints().collect::<Vec<_>>()[..] else { panic!("one address in two spellings") };
    assert_eq!(endpoint.address.as_str(), "https://epic.quay.org/fhir/api/FHIR/R4/", "as the more careful list has it");
    assert_eq!(endpoint.authorize.as_ref().map(url::Url::as_str), Some("https://epic.quay.org/authorize"));
    assert_eq!(
        (endpoint.token.as_ref(), endpoint.fhir_version.as_deref()),
        (None, Some("4.0.1")),
        "never a private address"
    );
}

#[test]
fn a_name_like_no_other_finds_its_only_place() {
    let place = |zip: &str| json!({"postal_code": zip, "state": "MA"});
    let facilities = |second: &str| {
        list(
            "facilities",
            &[facility("f:1", "Nantasket Cottage Hospital", place("02045")), facility("f:2", second, place("01201"))],
        )
    };
    let endpoint =
        lantern("Epic_EndpointSources.json", &[("NANTASKET COTTAGE HOSPITAL", "https://fhir.quay.org/r4", "")]);
    let merged = merge(&[facilities("Other Hospital"), endpoint.clone()], &[]);
    assert_eq!(merged.brands.len(), 2);
    let found = merged.brands.iter().find(|brand| !brand.portals.is_empty()).unwrap();
    assert_eq!(rules(&merged, found), [Rule::NameAlone; 2]);
    assert_eq!(found.locations[0].zip.as_deref(), Some("02045"));
    let merged = merge(&[facilities("Nantasket Cottage Hospital"), endpoint], &[]);
    assert_eq!(merged.brands.len(), 3, "which of two it is, nobody says");
}

#[test]
fn ids_last_and_names_are_kept() {
    let endpoint = || lantern("Epic_EndpointSources.json", &[("Nantasket Hospital", "https://fhir.quay.org/r4", "")]);
    let before = merge(&[endpoint()], &[]);
    let place = json!({"npi": NPI, "postal_code": "02045"});
    let facilities = || list("facilities", &[facility("f:1", "Nantasket Hospital", place.clone())]);
    let apart = merge(&[facilities()], &[]);
    let (by_endpoint, by_npi) = (&before.brands[0], &apart.brands[0]);

    let known: Vec<Known> = vec![by_endpoint.into(), by_npi.into()];
    let joined = merge(&[endpoint(), facilities()], &known);
    assert_eq!(joined.brands.len(), 1);
    assert_eq!(joined.brands[0].id, by_npi.id, "the stronger key wins");
    assert_eq!(joined.former, [(by_endpoint.id, by_npi.id)]);

    let held = merge(&[endpoint(), facilities()], &[by_endpoint.into()]);
    assert_eq!(held.brands[0].id, by_endpoint.id, "people hold this one");
    assert!(held.former.is_empty());

    let old = merge(&[lantern("L", &[("Quay", "https://fhir.quay.org/r4", "")])], &[]).brands.remove(0);
    let new = merge(&[lantern("L", &[("Harbor", "https://fhir.quay.org/r4/", "")])], &[(&old).into()]).brands.remove(0);
    assert_eq!((new.id, new.former_names), (old.id, vec!["Quay".to_owned()]), "the same tenant under another name");

    let renamed =
        list("facilities", &[facility("f:1", "Harbor Hospital", json!({"npi": NPI, "postal_code": "02045"}))]);
    let after = merge(&[renamed], &[by_npi.into()]);
    assert_eq!(
        (after.brands[0].id, after.brands[0].former_names.as_slice()),
        (by_npi.id, &["Nantasket Hospital".to_owned()][..])
    );
}

#[test]
fn a_bundles_own_id_wins_and_rows_of_earlier_releases_are_listings() {
    let organization = |more: Value| {
        let mut organization = json!({"resourceType": "Organization", "id": "o", "name": "Quay Health", "endpoint": [{"reference": "Endpoint/e"}]});
        organization.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": organization},
            {"resource": {"resourceType": "Endpoint", "id": "e", "status": "active", "address": "https://fhir.quay.org/r4/"}}]})
    };
    let explicit = "5b1daf3f079c652eaf41fd23";
    let bundle = organization(json!({
        "identifier": [{"system": "urn:tributary:source-id", "value": explicit}, {"system": "http://hl7.org/fhir/sid/us-npi", "value": NPI}],
        "address": [{"postalCode": "02045"}]}));
    let bundle = List::read("bundle", bundle.to_string().as_bytes()).unwrap();
    let facilities =
        list("facilities", &[facility("f:1", "QUAY HEALTH INC", json!({"npi": NPI, "postal_code": "02045"}))]);
    let before = merge(std::slice::from_ref(&facilities), &[]).brands;
    let merged = merge(&[facilities, bundle.clone()], &[(&before[0]).into()]);
    assert_eq!(merged.brands[0].id.to_string(), explicit);
    assert_eq!(merged.former, [(before[0].id, merged.brands[0].id)]);

    // What an earlier release stored of the same bundle.
    let row = json!({"id": explicit, "name": "Quay Health", "aliases": [], "category": "hospital", "identifiers": [], "website": null,
        "logo": null, "locations": [{"name": null, "line": null, "city": null, "state": null, "zip": "02045"}],
        "portals": [{"name": "Quay Health", "url": null, "description": null, "logo": null,
            "endpoints": [{"address": "https://fhir.quay.org/r4/", "fhir_version": null}]}]});
    let listing: Listing = serde_json::from_value(row).unwrap();
    let stored = List { listings: vec![listing], ..bundle };
    assert_eq!(merge(&[stored], &[]).brands[0].id.to_string(), explicit);
}

#[test]
fn a_bundle_alone_makes_the_brands_it_always_made() {
    let organization = |id: &str, more: Value| {
        let mut organization = json!({"resourceType": "Organization", "id": id, "name": format!("Quay {id}"),
            "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": NPI}],
            "address": [{"city": "Hull", "state": "MA"}], "endpoint": [{"reference": format!("Endpoint/{id}")}]});
        organization.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let endpoint = json!({"resourceType": "Endpoint", "id": id, "status": "active", "address": format!("http://localhost:{id}/r4/")});
        [json!({"resource": organization}), json!({"resource": endpoint})]
    };
    let domain = json!({"identifier": [{"system": "urn:ietf:rfc:3986", "value": "https://quay.org"}], "alias": ["QH"]});
    let entries: Vec<Value> = [organization("8001", json!({})), organization("8002", domain)].concat();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string();
    let merged = merge(&[List::read("bundle", bundle.as_bytes()).unwrap()], &[]);
    assert_eq!(merged.brands, directory::brands::parse(bundle.as_bytes()).unwrap().brands);
}

/// Listings that have much in common.
fn arbitrary() -> impl Strategy<Value = (usize, Value)> {
    let pick = |of: &'static [&'static str]| proptest::sample::select(of);
    let row = (
        pick(&[
            "Nantasket Hospital",
            "NANTASKET HOSPITAL, INC",
            "Quay Clinic",
            "TX - Quay Clinic",
            "Family Care",
            "Quay DBA Family Care",
        ]),
        pick(&["", "1588664007", "1518967280"]),
        pick(&["", "222001", "112011"]),
        pick(&["", "02045", "02045-1111", "89501"]),
        pick(&["", "MA", "NV"]),
        pick(&[
            "",
            "https://fhir.quay.org/r4",
            "https://FHIR.quay.org/r4/",
            "https://fhir.quay.org/dstu2",
            "https://api.all.com/r4",
        ]),
        (0..4_usize, 0..6_u8),
    );
    row.prop_map(|(name, npi, ccn, zip, state, url, (list, key))| {
        let mut row = json!({"id": format!("s:{key}"), "source": "s", "kind": "hospital", "name": name});
        for (member, value) in [("npi", npi), ("ccn", ccn), ("postal_code", zip), ("state", state), ("fhir_url", url)] {
            if !value.is_empty() {
                row[member] = value.into();
            }
        }
        (list, row)
    })
}

/// Names as they are compared.
fn called(brand: &Brand) -> BTreeSet<String> {
    let plain = |name: &String| name.to_lowercase().replace([',', '.'], "").trim_end_matches(" inc").to_owned();
    std::iter::once(&brand.name).chain(&brand.aliases).map(plain).collect()
}

fn lists(rows: &[(usize, Value)]) -> Vec<List> {
    (0..4)
        .map(|at| {
            let of: Vec<Value> = rows.iter().filter(|(list, _)| *list == at).map(|(_, row)| row.clone()).collect();
            let formats = [Format::Bundle, Format::Lantern, Format::Facilities, Format::Locations];
            let empty = facility("", "", json!({}));
            List { format: formats[at], ..list(&format!("list {at}"), &[vec![empty], of].concat()) }
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_order_and_repetition_of_lists_and_rows_change_nothing(
        rows in proptest::collection::vec(arbitrary(), 1..16),
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..16),
    ) {
        let once = merge(&lists(&rows), &[]);
        let mut shuffled = rows.clone();
        for (one, other) in &swaps {
            let (one, other) = (one.index(shuffled.len()), other.index(shuffled.len()));
            shuffled.swap(one, other);
            shuffled.push(shuffled[one].clone());
        }
        let mut again = lists(&shuffled);
        again.reverse();
        prop_assert_eq!(&merge(&again, &[]), &once);
        let ids: BTreeSet<_> = once.brands.iter().map(|brand| brand.id).collect();
        prop_assert_eq!(ids.len(), once.brands.len());
        let evidence: usize = once.evidence.values().map(Vec::len).sum();
        let distinct: BTreeSet<String> = lists(&rows).iter().flat_map(|list| {
            list.listings.iter().map(|listing| format!("{} {}", list.name, serde_json::to_string(listing).unwrap())).collect::<Vec<_>>()
        }).collect();
        prop_assert_eq!(evidence, distinct.len(), "every listing is behind one brand");
    }

    #[test]
    fn an_id_that_people_hold_leads_to_a_brand_for_as_long_as_its_listings_are_there(
        first in proptest::collection::vec(arbitrary(), 1..10),
        more in proptest::collection::vec(arbitrary(), 0..10),
    ) {
        let before = merge(&lists(&first), &[]);
        let known: Vec<Known> = before.brands.iter().map(Known::from).collect();
        let after = merge(&lists(&[first, more].concat()), &known);
        let now: BTreeSet<_> = after.brands.iter().map(|brand| brand.id).collect();
        for brand in &before.brands {
            let leads = after.former.iter().find(|(old, _)| *old == brand.id).map_or(brand.id, |(_, new)| *new);
            prop_assert!(now.contains(&leads));
            let now = after.brands.iter().find(|brand| brand.id == leads).unwrap();
            prop_assert!(!called(brand).is_disjoint(&called(now)), "{} is now {}", brand.name, now.name);
        }
    }
}
