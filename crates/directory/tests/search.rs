//! What people type, and what they find.

use std::sync::LazyLock;

use directory::search::{Point, Query};
use directory::{Hit, Index, Why, brands};
use proptest::prelude::*;
use serde_json::{Value, json};

static INDEX: LazyLock<Index> = LazyLock::new(index);

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
    Index::build(&brands::parse(bundle.as_bytes()).unwrap().brands).unwrap()
}

fn search(index: &Index, text: &str, limit: usize) -> Vec<Hit> {
    index.search(&Query { text, limit, ..Query::default() })
}

#[test]
fn people_find_what_they_mean() {
    let index = &*INDEX;
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
        let got: Vec<(String, Why)> = search(index, query, 10).into_iter().map(|hit| (hit.name, hit.why)).collect();
        let got: Vec<(&str, Why)> = got.iter().map(|(name, why)| (name.as_str(), *why)).collect();
        assert_eq!(got, *wanted, "{query}");
    }
}

#[test]
fn matched_parts_are_marked() {
    let index = &*INDEX;
    for (query, text, parts) in [
        ("mary hosp", "St. Mary's Hospital", &["Mary's", "Hospital"][..]),
        ("mayaguez", "Clínica Mayagüez", &["Mayagüez"]),
        ("starfleet pharm", "Starfleet Pharmacy", &["Starfleet", "Pharmacy"]),
    ] {
        let hits = search(index, query, 1);
        assert_eq!(hits[0].text, text);
        let marked: Vec<&str> = hits[0].matched.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(marked, parts, "{query}");
    }
}

#[test]
fn nothing_asked_lists_the_first() {
    let index = &*INDEX;
    for query in ["", "  ", "…"] {
        let names: Vec<String> = search(index, query, 2).into_iter().map(|hit| hit.name).collect();
        assert_eq!(names, ["Clínica Mayagüez", "Mercy"]);
    }
    assert!(search(index, "mercy", 0).is_empty());
    assert!(search(&Index::default(), "", 5).is_empty());
}

#[test]
fn whatever_is_typed_has_an_answer() {
    let long = ["mercy ", "m", "1", "a b ", "мерси ", "慈", "é", "\u{301}", "🏥", "' OR 1=1 -- ", "https://a.b/"];
    let mut queries: Vec<String> = long.iter().map(|text| text.chars().cycle().take(10_000).collect()).collect();
    queries.push(" ".repeat(10_000));
    queries.push("\t\r\n\u{a0}\u{3000}".repeat(10));
    queries.push((0..32).map(char::from).chain(['\u{7f}', '\u{85}', '\u{200b}', '\u{202e}', '\u{feff}']).collect());
    let syntax = [
        "'; DROP TABLE brands; --",
        "\" OR \"\" = \"",
        "mercy*",
        "name:mercy",
        "+mercy -health",
        "mercy AND (health OR",
        "[a TO z]",
        "mercy~2^4",
        "%25%00_%",
        "\\x00\\",
        "{\"$ne\": null}",
        "https://[::1",
        "://",
        "(((((((",
    ];
    queries.extend(syntax.map(str::to_owned));
    let sane = search(&INDEX, "mercy", 10);
    for near in [None, Some(Point { lat: 43.07, lon: -89.4 })] {
        for text in &queries {
            let hits = INDEX.search(&Query { text, near, limit: 10, ..Query::default() });
            let ranges = |hit: &Hit| hit.matched.iter().all(|range| hit.text.get(range.clone()).is_some());
            assert!(hits.len() <= INDEX.len() && hits.iter().all(ranges), "{text:.40}");
        }
    }
    for text in ["mercy*", "+mercy", "mercy\u{0}", "\u{202e}mercy", "(((mercy", "\"mercy\""] {
        assert_eq!(search(&INDEX, text, 10), sane, "{text:?}: signs are no syntax");
    }
    assert_eq!(search(&INDEX, &" ".repeat(10_000), 10), search(&INDEX, "", 10));
}

proptest! {
    #[test]
    fn any_query_is_answered(query in ".{0,60}") {
        let index = &*INDEX;
        for hit in search(index, &query, 3) {
            for range in hit.matched {
                prop_assert!(hit.text.get(range).is_some());
            }
        }
    }
}
