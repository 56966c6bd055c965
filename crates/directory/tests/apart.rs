//! Names alike that are not one thing: systems, organizations, brands that people already hold.

use directory::merge::{Known, merge};
use directory::{Brand, List};
use serde_json::{Value, json};

fn list(name: &str, rows: &[Value]) -> List {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    List::read(name, lines.join("\n").as_bytes()).unwrap()
}

fn row(id: &str, name: &str, more: Value) -> Value {
    let mut row = json!({"id": id, "source": "f", "kind": "hospital", "name": name});
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row
}

fn portals(brand: &Brand) -> Vec<(&str, Vec<&str>)> {
    brand
        .portals
        .iter()
        .map(|portal| (portal.name.as_str(), portal.endpoints.iter().map(|one| one.address.as_str()).collect()))
        .collect()
}

const ONE: &str = "1588664007";
const OTHER: &str = "1518967280";

#[test]
fn systems_of_one_organization_are_portals_of_their_own() {
    let at =
        |id: &str, url: &str| row(id, "Quay Hospital", json!({"npi": ONE, "postal_code": "02045", "fhir_url": url}));
    let merged = merge(
        &[list(
            "l",
            &[
                at("f:1", "https://fhir-myrecord.cerner.com/dstu2/a"),
                at("f:2", "https://fhir-myrecord.cerner.com/r4/a"),
                at("f:3", "https://epic.quay.org/FHIR/R4"),
            ],
        )],
        &[],
    );
    let [quay] = &merged.brands[..] else { panic!("{:?}", merged.brands) };
    assert_eq!(
        portals(quay),
        [
            (
                "Quay Hospital (fhir-myrecord.cerner.com)",
                vec!["https://fhir-myrecord.cerner.com/r4/a", "https://fhir-myrecord.cerner.com/dstu2/a"]
            ),
            ("Quay Hospital (epic.quay.org)", vec!["https://epic.quay.org/FHIR/R4"]),
        ],
        "FHIR R4 is offered first"
    );

    let merged = merge(
        &[list(
            "l",
            &[
                at("f:1", "https://fhir-myrecord.cerner.com/r4/a"),
                at("f:2", "https://fhir4.healow.com/fhir/r4/B"),
                at("f:3", "https://fhir4.healow.com/fhir/dstu2/B"),
            ],
        )],
        &[],
    );
    let names: Vec<&str> = portals(&merged.brands[0]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Quay Hospital (Oracle Health)", "Quay Hospital (eClinicalWorks)"]);
}

#[test]
fn what_can_be_read_is_offered_first() {
    let endpoint = |id: &str, version: &str| {
        let version =
            json!([{"url": "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version", "valueCode": version}]);
        json!({"resource": {"resourceType": "Endpoint", "id": id, "status": "active", "extension": version,
            "address": format!("https://fhir.quay.org/{id}")}})
    };
    let references: Vec<Value> =
        ["a", "b", "c", "d", "e"].map(|id| json!({"reference": format!("Endpoint/{id}")})).to_vec();
    let entries = [
        json!({"resource": {"resourceType": "Organization", "id": "o", "name": "Quay", "endpoint": references}}),
        endpoint("a", "1.0.2"),
        endpoint("b", ""),
        endpoint("c", "4.0.1"),
        endpoint("d", "5.0.0"),
        endpoint("e", "4.0.0"),
    ];
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string();
    let brands = directory::brands::parse(bundle.as_bytes()).unwrap().brands;
    let order: Vec<&str> = brands[0].endpoints().map(|endpoint| endpoint.address.path()).collect();
    assert_eq!(order, ["/c", "/e", "/b", "/a", "/d"]);
}

#[test]
fn a_name_and_a_town_do_not_join_what_numbers_tell_apart() {
    let practice = |id: &str, zip: &str, more: Value| {
        let mut more = more;
        more["city"] = "Chicago".into();
        more["state"] = "IL".into();
        more["postal_code"] = zip.into();
        row(id, "INTERNAL MEDICINE ASSOCIATES", more)
    };
    let count = |rows: &[Value]| merge(&[list("l", rows)], &[]).brands.len();
    let cases = [
        ("one number", json!({"npi": ONE}), json!({"npi": ONE}), 1),
        ("no number", json!({}), json!({}), 1),
        ("a number and none", json!({"npi": ONE}), json!({}), 1),
        ("numbers of two kinds", json!({"npi": ONE}), json!({"ccn": "140001"}), 1),
        ("two NPIs", json!({"npi": ONE}), json!({"npi": OTHER}), 2),
        ("two CCNs", json!({"ccn": "140001"}), json!({"ccn": "140002"}), 2),
        (
            "two tenants of one vendor",
            json!({"fhir_url": "https://fhir4.healow.com/fhir/r4/A"}),
            json!({"fhir_url": "https://fhir4.healow.com/fhir/r4/B"}),
            2,
        ),
        (
            "systems of two vendors",
            json!({"fhir_url": "https://fhir4.healow.com/fhir/r4/A"}),
            json!({"fhir_url": "https://fhir-myrecord.cerner.com/r4/b"}),
            1,
        ),
    ];
    for (what, one, other, brands) in cases {
        assert_eq!(count(&[practice("f:1", "60601", one), practice("f:2", "60602", other)]), brands, "{what}");
    }
    let third = practice("f:3", "60603", json!({}));
    let two = [practice("f:1", "60601", json!({"npi": ONE})), practice("f:2", "60602", json!({"npi": OTHER}))];
    assert_eq!(count(&[&two[..], &[third]].concat()), 3, "which of two it is, nobody says");
}

#[test]
fn the_only_two_of_a_name_are_two_when_numbers_say_so() {
    let named = |id: &str, more: Value| row(id, "Nantasket Cottage Hospital", more);
    let place = json!({"npi": ONE, "postal_code": "02045", "state": "MA"});
    let count = |more: Value| merge(&[list("l", &[named("f:1", place.clone()), named("f:2", more)])], &[]).brands.len();
    assert_eq!(count(json!({})), 1);
    assert_eq!(count(json!({"npi": OTHER})), 2);
}

#[test]
fn an_id_that_people_hold_goes_to_who_has_its_name() {
    let at = |id: &str, name: &str, state: &str, city: &str| {
        row(id, name, json!({"npi": ONE, "state": state, "city": city}))
    };
    let before = merge(&[list("l", &[at("f:9", "Nantasket Hospital", "MA", "Hull")])], &[]).brands.remove(0);
    let known: Vec<Known> = vec![(&before).into()];
    let desert = at("f:1", "Desert Clinic", "NV", "Reno");
    let after = merge(&[list("l", &[desert.clone(), at("f:9", "Nantasket Hospital", "MA", "Hull")])], &known);
    let held: Vec<&str> =
        after.brands.iter().filter(|brand| brand.id == before.id).map(|brand| brand.name.as_str()).collect();
    assert_eq!(held, ["Nantasket Hospital"]);

    let gone = merge(&[list("l", &[desert, at("f:9", "Prairie Clinic", "KS", "Salina")])], &known);
    assert_eq!(gone.brands.len(), 2);
    assert!(gone.brands.iter().all(|brand| brand.id != before.id && brand.former_names.is_empty()));
    assert!(gone.former.is_empty(), "nobody knows who of them it was");
}
