//! What people type, and what they find.

use directory::{Index, Why, brands};
use proptest::prelude::*;
use serde_json::{Value, json};

fn index() -> Index {
    let brand = |n: usize, name: &str, more: Value| {
        let mut organization = json!({"resourceType": "Organization", "id": format!("o{n}"), "name": name,
            "endpoint": [{"reference": format!("Endpoint/e{n}")}]});
        organization.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let endpoint = json!({"resourceType": "Endpoint", "id": format!("e{n}"), "status": "active",
            "address": format!("https://fhir{n}.example.org/r4")});
        [json!({"resource": organization}), json!({"resource": endpoint})]
    };
    let entries: Vec<Value> = [
        brand(1, "St. Mary's Hospital", json!({"address": [{"city": "Madison", "state": "WI", "postalCode": "53715"}]})),
        brand(2, "Mercy Health", json!({"alias": ["Riverbend Clinic"], "telecom": [{"system": "url", "value": "https://www.mercy-care.example"}]})),
        brand(3, "Mercy", json!({"address": [{"city": "Des Moines", "state": "IA"}]})),
        brand(4, "Mercy Regional University Medical Center", json!({})),
        brand(5, "Clínica Mayagüez", json!({"address": [{"city": "Mayagüez", "state": "PR"}]})),
        brand(6, "Starfleet Medical", json!({})),
        brand(7, "Starfleet Pharmacy", json!({"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/organization-portal",
            "extension": [{"url": "portalName", "valueString": "MyStarChart"}, {"url": "portalUrl", "valueUrl": "https://portal.warp.example"}]}]})),
    ]
    .into_iter()
    .flatten()
    .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string();
    Index::build(&brands::parse(bundle.as_bytes()).unwrap().brands)
}

#[test]
fn people_find_what_they_mean() {
    let index = index();
    let cases: &[(&str, &[(&str, Why)])] = &[
        (
            "mercy",
            &[
                ("Mercy", Why::Name),
                ("Mercy Health", Why::Name),
                ("Mercy Regional University Medical Center", Why::Name),
            ],
        ),
        ("MERCY HEALTH", &[("Mercy Health", Why::Name)]),
        ("saint marys hosp", &[("St. Mary's Hospital", Why::Name)]),
        ("st mary's hospital", &[("St. Mary's Hospital", Why::Name)]),
        ("hospital marys", &[("St. Mary's Hospital", Why::Name)]),
        ("madison", &[("St. Mary's Hospital", Why::Place)]),
        ("marys wisconsin", &[("St. Mary's Hospital", Why::Name)]),
        ("53715", &[("St. Mary's Hospital", Why::Place)]),
        ("5371", &[("St. Mary's Hospital", Why::Place)]),
        ("53716", &[]),
        ("riverbend", &[("Mercy Health", Why::Alias)]),
        ("mercy-care.example", &[("Mercy Health", Why::Host)]),
        ("mercy des moines", &[("Mercy", Why::Place)]),
        ("univ med ctr mercy", &[("Mercy Regional University Medical Center", Why::Name)]),
        ("mayaguez", &[("Clínica Mayagüez", Why::Name)]),
        ("clinica", &[("Clínica Mayagüez", Why::Name), ("Mercy Health", Why::Alias)]),
        ("starfleet", &[("Starfleet Medical", Why::Name), ("Starfleet Pharmacy", Why::Name)]),
        ("Starfleet Pharma", &[("Starfleet Pharmacy", Why::Name)]),
        ("Starfleet Medical", &[("Starfleet Medical", Why::Name)]),
        ("starflet medcal", &[("Starfleet Medical", Why::Name)]),
        ("satrfl", &[("Starfleet Medical", Why::Name), ("Starfleet Pharmacy", Why::Name)]),
        ("mystarchart", &[("Starfleet Pharmacy", Why::Portal)]),
        ("portal.warp.example", &[("Starfleet Pharmacy", Why::Host)]),
        (
            "the mercy",
            &[
                ("Mercy", Why::Name),
                ("Mercy Health", Why::Name),
                ("Mercy Regional University Medical Center", Why::Name),
            ],
        ),
        ("mrc", &[]),
        ("mercy nowhere", &[]),
    ];
    for (query, wanted) in cases {
        let got: Vec<(&str, Why)> =
            index.search(query, 10).iter().map(|hit| (hit.brand.name.as_str(), hit.why)).collect();
        assert_eq!(got, *wanted, "{query}");
    }
}

#[test]
fn matched_parts_are_marked() {
    let index = index();
    for (query, text, parts) in [
        ("mary hosp", "St. Mary's Hospital", &["Mary's", "Hospital"][..]),
        ("mayaguez", "Clínica Mayagüez", &["Mayagüez"]),
        ("starfleet pharm", "Starfleet Pharmacy", &["Starfleet", "Pharmacy"]),
    ] {
        let hits = index.search(query, 1);
        assert_eq!(hits[0].text, text);
        let marked: Vec<&str> = hits[0].matched.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(marked, parts, "{query}");
    }
}

#[test]
fn nothing_asked_lists_the_first() {
    let index = index();
    for query in ["", "  ", "…"] {
        let names: Vec<&str> = index.search(query, 2).iter().map(|hit| hit.brand.name.as_str()).collect();
        assert_eq!(names, ["Clínica Mayagüez", "Mercy"]);
    }
    assert!(index.search("mercy", 0).is_empty());
    assert!(Index::default().search("", 5).is_empty());
}

proptest! {
    #[test]
    fn any_query_is_answered(query in ".{0,60}") {
        let index = index();
        for hit in index.search(&query, 3) {
            for range in hit.matched {
                prop_assert!(hit.text.get(range).is_some());
            }
        }
    }
}
