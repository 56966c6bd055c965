//! Where a person is, what this installation knows, and what somebody pastes.

use std::sync::LazyLock;

use directory::search::{IndexError, Point, Query, Signal, zip};
use directory::{Brand, Category, Endpoint, Hit, Identifier, Index, Location, Portal, Why, brands};
use domain::SourceId;

const NPI_OF_QUAY: &str = "1588664007";

fn brand(n: u8, name: &str, place: Option<(&str, &str, &str, f64, f64)>, base: Option<&str>) -> Brand {
    let place = place.map(|(city, state, zip, lat, lon)| Location {
        city: Some(city.to_owned()),
        state: Some(state.to_owned()),
        zip: Some(zip.to_owned()),
        lat: Some(lat),
        lon: Some(lon),
        ..Location::default()
    });
    let portal = base.map(|base| Portal {
        name: name.to_owned(),
        url: None,
        description: None,
        logo: None,
        endpoints: vec![Endpoint { address: base.parse().unwrap(), fhir_version: None, authorize: None, token: None }],
    });
    Brand {
        id: SourceId([n; 12]),
        name: name.to_owned(),
        aliases: vec![],
        former_names: vec![],
        category: Category::Hospital,
        identifiers: vec![],
        website: None,
        logo: None,
        locations: place.into_iter().collect(),
        portals: portal.into_iter().collect(),
        vendor: None,
    }
}

const BOSTON: Point = Point { lat: 42.36, lon: -71.06 };
const DENVER: Point = Point { lat: 39.74, lon: -104.99 };

fn all() -> Vec<Brand> {
    let hull = Some(("Hull", "MA", "02045-1111", 42.30, -70.90));
    let golden = Some(("Golden", "CO", "80401", 39.75, -105.22));
    let mut quay = brand(1, "Quay Hospital", hull, Some("https://fhir.quay.example/tenants/7/r4/"));
    quay.identifiers.push(Identifier { system: brands::NPI.to_owned(), value: NPI_OF_QUAY.to_owned() });
    quay.former_names.push("Seaman's Infirmary".to_owned());
    let mut laboratory = brand(2, "Quay Laboratory", golden, None);
    laboratory.category = Category::Lab;
    vec![
        quay,
        laboratory,
        brand(3, "Kindred at Home", hull, None),
        brand(4, "Kindred at Home", golden, None),
        brand(5, "Kindred at Home", None, Some("https://mychart.kindred.example/fhir")),
        brand(6, "Harbor Light Clinic", None, Some("https://api.hlc.example/r4")),
        brand(7, "OH - Broadway Medicine, Inc.", None, Some("https://fhir.quay.example/tenants/8/r4")),
    ]
}

static INDEX: LazyLock<Index> = LazyLock::new(|| Index::build(&all()).unwrap());

fn numbers(hits: &[Hit]) -> Vec<u8> {
    hits.iter().map(|hit| hit.id.0[0]).collect()
}

fn ask(text: &str) -> Vec<Hit> {
    INDEX.search(&Query { text, limit: 10, ..Query::default() })
}

#[test]
fn the_nearer_of_the_same_name_comes_first() {
    let kindred = |near| numbers(&INDEX.search(&Query { text: "kindred", near, limit: 10, ..Query::default() }));
    assert_eq!(kindred(None), [5, 3, 4]);
    assert_eq!(kindred(Some(BOSTON)), [3, 4, 5]);
    assert_eq!(kindred(Some(DENVER)), [4, 3, 5]);
    let hits = INDEX.search(&Query { text: "kindred", near: Some(BOSTON), limit: 1, ..Query::default() });
    assert!((10.0..20.0).contains(&hits[0].kilometres.unwrap()));
}

#[test]
fn a_zip_where_nobody_is_leads_to_its_neighbours() {
    let near = Some(BOSTON);
    let hits = INDEX.search(&Query { text: "kindred 02110", near, limit: 2, ..Query::default() });
    assert_eq!(numbers(&hits), [3, 4]);
    assert!(ask("kindred 02110").is_empty());
    assert_eq!(numbers(&ask("kindred 80401")), [4]);
    for (text, found) in
        [("kindred 60601-1234", Some("60601")), ("606012", None), ("x 60601.", Some("60601")), ("", None)]
    {
        assert_eq!(zip(text), found, "{text}");
    }
}

#[test]
fn what_is_pasted_is_found() {
    for (text, wanted, why) in [
        (NPI_OF_QUAY, 1, Why::Npi),
        ("https://mychart.kindred.example/MyChart/Authentication/Login?x=1", 5, Why::Host),
        ("HTTPS://MyChart.Kindred.Example", 5, Why::Host),
        ("mychart.kindred.example", 5, Why::Host),
        ("mychart.kind", 5, Why::Host),
        ("https://fhir.quay.example/tenants/8/r4/", 7, Why::Host),
        ("fhir.quay.example/tenants/7/r4/metadata", 1, Why::Host),
        ("https://www.harborlightclinic.org/about", 6, Why::Host),
        ("seamans infirm", 1, Why::Former),
        ("broadway medicine", 7, Why::Name),
        ("broadwya medicine ohio", 7, Why::Name),
        ("harborlight clinic", 6, Why::Name),
    ] {
        let hits = ask(text);
        assert_eq!(hits.first().map(|hit| (hit.id.0[0], hit.why)), Some((wanted, why)), "{text}: {hits:?}");
    }
}

#[test]
fn categories_filter() {
    let only = |categories| numbers(&INDEX.search(&Query { text: "quay", categories, limit: 10, ..Query::default() }));
    assert_eq!(only(&[]), [1, 2, 7]);
    assert_eq!(only(&[Category::Lab]), [2]);
    assert_eq!(only(&[Category::Lab, Category::Hospital]), [1, 2, 7]);
    assert!(only(&[Category::Pharmacy]).is_empty());
}

#[test]
fn what_is_used_here_comes_first_and_what_is_down_last() {
    let index = Index::build(&all()).unwrap();
    let kindred = || numbers(&index.search(&Query { text: "kindred", limit: 10, ..Query::default() }));
    index.set_signals([(SourceId([4; 12]), Signal { connections: 3, down: false })]);
    assert_eq!(kindred(), [4, 5, 3]);
    index.set_signals([
        (SourceId([3; 12]), Signal { connections: 0, down: true }),
        (SourceId([9; 12]), Signal::default()),
    ]);
    assert_eq!(kindred(), [5, 4, 3]);
}

#[test]
fn nothing_typed_is_an_error() {
    let long = "mercy ".repeat(2000);
    let deep = "a.".repeat(5000);
    for text in [
        "",
        "   ",
        "\u{0}",
        "'; DROP TABLE brands; --",
        "name:quay AND (",
        "\"quay",
        "quay*",
        "[a TO b]",
        "+-!(){}^~?:\\/",
        "%00%ff",
        "https://",
        "https://[",
        "http://a..b/",
        "://",
        "...",
        "🏥🏥🏥",
        "\u{202e}quay",
        "ｑｕａｙ",
        &long,
        &deep,
    ] {
        for near in [None, Some(BOSTON), Some(Point { lat: f32::NAN, lon: f32::INFINITY })] {
            let hits = INDEX.search(&Query { text, near, limit: usize::MAX, ..Query::default() });
            assert!(hits.len() <= 7);
            assert!(
                hits.iter().all(|hit| hit.matched.iter().all(|range| hit.text.get(range.clone()).is_some())),
                "{text}"
            );
        }
    }
    assert_eq!(numbers(&ask("ｑｕａｙ hospital")), [1]);
}

#[test]
fn a_folder_is_opened_for_its_edition_only() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    assert!(matches!(Index::open(root, "1"), Err(IndexError::Missing)));
    let first = Index::create(root, "1", &all()).unwrap();
    let opened = Index::open(root, "1").unwrap();
    let query = Query { text: "kindred", limit: 10, ..Query::default() };
    assert_eq!(opened.search(&query), INDEX.search(&query));
    assert!(matches!(Index::open(root, "2"), Err(IndexError::Missing)));

    Index::create(root, "2", &all()[..2]).unwrap();
    assert!(matches!(Index::open(root, "1"), Err(IndexError::Missing)));
    assert_eq!(first.search(&query).len(), 3, "who had the old edition open keeps it");
    assert_eq!(std::fs::read_dir(root).unwrap().count(), 1);

    let edition = std::fs::read_dir(root).unwrap().next().unwrap().unwrap().path();
    for file in std::fs::read_dir(&edition).unwrap().map(|entry| entry.unwrap().path()) {
        let whole = std::fs::read(&file).unwrap();
        if whole.is_empty() || file.extension().is_some_and(|end| end == "lock") {
            continue;
        }
        for damaged in [whole[..whole.len() / 2].to_vec(), vec![], whole.iter().map(|byte| byte ^ 1).collect()] {
            // Anew, because the folder may be mapped.
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, damaged).unwrap();
            let opened = Index::open(root, "2");
            let managed = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".managed"));
            assert!(managed || matches!(opened, Err(IndexError::Damaged)), "{}", file.display());
        }
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, whole).unwrap();
    }
    Index::open(root, "2").unwrap();
    assert_eq!(Index::create(root, "3", &[]).unwrap().len(), 0);
    assert!(Index::open(root, "3").unwrap().search(&query).is_empty());
}
