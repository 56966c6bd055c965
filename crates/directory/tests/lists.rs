//! Every published format, ours and the real ones, and what is not one.

use std::io::{Read, Write};
use std::path::PathBuf;

use directory::listings::Reason;
use directory::lists::{Format, MAX_BYTES};
use directory::merge::merge;
use directory::report::Report;
use directory::{Category, List, ListError, Listing};
use proptest::prelude::*;
use serde_json::json;

fn read(name: &str, text: &str) -> List {
    List::read(name, text.as_bytes()).unwrap_or_else(|error| panic!("{name} {error}"))
}

/// The only listing.
fn one(list: &List) -> &Listing {
    let [listing] = &list.listings[..] else { panic!("{list:?}") };
    listing
}

fn rejected(list: &List) -> Vec<(Reason, u64)> {
    list.rejected.0.iter().map(|(reason, left)| (*reason, left.rows)).collect()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn locations_are_a_line_each() {
    let lines = concat!(
        r#"{"id":"h:0","source":"h","kind":"hospital","name":"QUAY HOSPITAL","line":"1 QUAY ST","city":"HULL","state":"MA","postal_code":"020451111","lat":42.3,"lon":-70.9,"npi":"1588664007","ccn":"222001"}"#,
        "\n\n",
        r#"{"id":"m:1","source":"lantern:MedicaidState","kind":"fhir_endpoint_org","name":"Alaska","fhir_url":"https://api.alaskafhir.com/r4"}"#,
        "\n",
        r#"{"id":"n:1","source":"nursing","kind":"skilled_nursing","name":"Quay Lodge","npi":"1234567890","ccn":"nothing","lat":0.0,"lon":0.0}"#,
        "\n",
        r#"{"id":"h:2","source":"h","kind":"hospital"}"#,
        "\n{\"id\":7}\n{\"id\":\n",
    );
    let list = read("ours", lines);
    assert_eq!((list.format, list.rows), (Format::Locations, 6));
    assert_eq!(rejected(&list), [(Reason::Shape, 2), (Reason::NoName, 1)]);
    assert_eq!(list.rejected.0[&Reason::Shape].at, ["line 6", "line 7"]);
    let [quay, alaska, lodge] = &list.listings[..] else { panic!() };
    let place = &quay.locations[0];
    assert_eq!((quay.name.as_str(), quay.identifiers.len()), ("Quay Hospital", 2));
    assert_eq!((place.line.as_deref(), place.city.as_deref()), (Some("1 Quay St"), Some("Hull")));
    assert_eq!((place.zip.as_deref(), place.lat), (Some("02045-1111"), Some(42.3)));
    assert_eq!((alaska.name.as_str(), alaska.category), ("Alaska Medicaid", Category::Insurer));
    assert_eq!(lodge.category, Category::Other);
    assert!(lodge.identifiers.is_empty() && lodge.locations.is_empty(), "what is no number and no place is left out");
}

#[test]
fn lanterns_lists_hold_more_than_providers() {
    let row =
        |name: &str, url: &str| json!({"URL": url, "OrganizationName": name, "NPIID": "", "OrganizationZipCode": ""});
    let rows = [
        row("NC - Sollus Pediatrics", "https://api.quay.org/fhir/R4"),
        row("", "https://api.quay.org/r4"),
        row("Unit Tests: Athena Sandbox", "https://api.quay.org/r4"),
        row("Quay", "http://localhost/FHIR"),
        row("Quay", "https://10.160.126.33/fhir"),
        row("Quay", "https://tw.services.local/fhir"),
        row("10066006", "https://api.quay.org/r4"),
        row("cgc", "fhir.quay.org/cgc"),
        row("Plain Counseling", "Http://developer.quay.org/pad/api/"),
        json!(7),
        json!({"OrganizationName": "Quay"}),
    ];
    let list = read("some/athenahealth_Inc_1_EndpointSources.json", &json!({ "Endpoints": rows }).to_string());
    assert_eq!((list.format, list.rows, list.listings.len()), (Format::Lantern, 11, 2));
    assert_eq!(
        rejected(&list),
        [
            (Reason::Shape, 2),
            (Reason::NoName, 1),
            (Reason::NumberForName, 1),
            (Reason::Test, 1),
            (Reason::NotAnAddress, 1),
            (Reason::Internal, 3),
        ]
    );
    let sollus = &list.listings[0];
    assert_eq!((sollus.name.as_str(), sollus.locations[0].state.as_deref()), ("Sollus Pediatrics", Some("NC")));
    assert_eq!(sollus.portals[0].endpoints[0].fhir_version.as_deref(), Some("4.0.1"));
    let plain = &list.listings[1].portals[0].endpoints[0].address;
    assert_eq!(plain.as_str(), "http://developer.quay.org/pad/api/");
    assert!(directory::reach::judge(plain).is_err(), "kept, and never fetched");
}

#[test]
fn vendors_are_named_by_the_list_of_lists() {
    let rows = json!({"Endpoints": [{"URL": "https://api.quay.org/r4", "OrganizationName": "Quay", "NPIID": "", "OrganizationZipCode": ""}]});
    let lantern = read("Quay_Systems_EndpointSources.json.gz", &rows.to_string());
    let lists = json!([{"FormatType": "Lantern", "URL": "https://quay.org/endpoints", "EndpointName": "Quay Systems, Inc.",
        "FileName": "Quay_Systems_EndpointSources.json"}]);
    let lists = read("lists", &lists.to_string());
    assert_eq!((lists.format, lists.publications.len()), (Format::Publications, 1));
    assert_eq!(merge(std::slice::from_ref(&lantern), &[]).brands[0].vendor.as_deref(), Some("Quay Systems"));
    assert_eq!(merge(&[lantern, lists], &[]).brands[0].vendor.as_deref(), Some("Quay Systems, Inc."));
    let products = json!([{"listSourceURL": "https://quay.org", "softwareProducts": [
        {"developer": {"name": "Quay"}, "product": {"name": "Chart"}}, {"developer": {"name": "Quay"}, "product": {"name": "Chart"}}]},
        {"listSourceURL": "https://none.org", "softwareProducts": []}]);
    let products = read("products", &products.to_string());
    assert_eq!(
        (products.publications[0].products.as_slice(), rejected(&products)),
        (&["Chart".to_owned()][..], vec![(Reason::Shape, 1)])
    );
}

#[test]
fn tables_are_read_by_the_names_of_their_columns() {
    let hospitals = read(
        "hospitals",
        "provider_num,npi,name,address,city,state,zip,lat,lon\r\n\"222001\",\"1588664007\",\"QUAY HOSPITAL, INC\",\"1 \"\"A\"\" ST\nFLOOR 2\",\"HULL\",MA,\"020451111\",42.3,-70.9\r\n\r\n,,,,,,,,\r\n,,\"\",,,,1,,\r\n",
    );
    assert_eq!(
        (hospitals.format, hospitals.rows, rejected(&hospitals)),
        (Format::Facilities, 2, vec![(Reason::NoName, 1)])
    );
    let quay = one(&hospitals);
    assert_eq!((quay.name.as_str(), quay.identifiers.len()), ("Quay Hospital, Inc", 2));
    assert_eq!(quay.locations[0].lon, Some(-70.9));
    let homes = read(
        "homes",
        ",state,id,name,address,city,zip,phone,ownership,nursing,healthaide,LAT,LON\n0,AL,017000,QUAY HOME CARE,1 A ST,HULL,2045,1,x,true,true,32.3,-86.2\n",
    );
    let home = one(&homes);
    assert_eq!((home.category, home.identifiers[0].value.as_str()), (Category::Other, "017000"));
    assert_eq!(home.locations[0].zip.as_deref(), Some("02045"), "a spreadsheet ate the nought");

    let medicaid = read(
        "m",
        "State,endpoint,developer_name,,\nAlaska,https://api.alaskafhir.com/r4,1up,,\nNowhere,https://x.org,1up,,\nIowa,,x,,\n",
    );
    assert_eq!((one(&medicaid).name.as_str(), one(&medicaid).vendor.as_deref()), ("Alaska Medicaid", Some("1up")));
    assert_eq!(rejected(&medicaid), [(Reason::NoName, 1), (Reason::NoEndpoint, 1)]);
    let payers = read(
        "p",
        "Parent Organization Name,\"Brand Name(s) (displayed, by members)\",Prod FHIR URL (Resource URL),Notes\nQuay Plan,\"Quay Net\nWell Quay\",https://api.quay.org/r4,\nQuay Plan,,https://api.quay.org/r4,\nQuay Plan,Bad,https://api/quay.org/rt,\n",
    );
    let [net, plan] = &payers.listings[..] else { panic!() };
    assert_eq!(
        (net.name.as_str(), net.aliases.as_slice(), net.parent.as_deref()),
        ("Quay Net", &["Well Quay".to_owned()][..], Some("Quay Plan"))
    );
    assert_eq!((plan.name.as_str(), rejected(&payers)), ("Quay Plan", vec![(Reason::Internal, 1)]));
    assert_eq!(merge(&[payers], &[]).brands.len(), 2, "a parent is no evidence");
    let zips = read(
        "z",
        ",USPS,ST,NAME,ZCTA5,LAT,LON\n,Alabama,AL,Abbeville,36310,31.5,-85.2\n,Alabama,AL,Abbeville,,31.5,-85.3\n,x,XX,y,1,2,3\n",
    );
    assert_eq!(
        (zips.points.len(), zips.points[0].zip.as_deref(), rejected(&zips)),
        (2, Some("36310"), vec![(Reason::Shape, 1)])
    );
}

#[test]
fn endpoints_with_their_authorization_servers() {
    let list = json!([{"id": "A", "name": "Quay", "url": "https://fhir.quay.org/r4/A", "managingOrganization": "x",
        "authorize": "https://auth.quay.org/authorize", "token": "http://auth.quay.org/token"}, {"name": "x"}]);
    let list = read("healow", &list.to_string());
    assert_eq!((list.format, rejected(&list)), (Format::Endpoints, vec![(Reason::Shape, 1)]));
    let endpoint = &one(&list).portals[0].endpoints[0];
    assert!(endpoint.authorize.is_some() && endpoint.token.is_none(), "secrets go to https only");
}

#[test]
fn what_is_no_list_says_what_it_is() {
    for (bytes, told) in [
        (&b""[..], "it is empty"),
        (b"\n ", "it is empty"),
        (b"# directory\n\nSome text, with commas\n", "neither JSON nor a table with a header"),
        (b"a,b\n1,2\n", "a table with the columns a, b"),
        (b"{\"hello\": 1}", "a JSON object with the members hello"),
        (b"[{\"hello\": 1}]", "a JSON array, its first item with the members hello"),
        (b"[]", "a JSON array, its first item with the members nothing we know"),
        (b"\x89PNG\r\n\x1a\n", "neither JSON nor a table with a header"),
    ] {
        assert_eq!(List::read("x", bytes).unwrap_err(), ListError::Unknown(told.to_owned()));
    }
    assert_eq!(List::read("x", b"{\"Endpoints\": [").unwrap_err(), ListError::NotJson { line: 1, column: 15 });
    let wrong = r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Organization","name":"Quay","endpoint":[{"reference":"Endpoint/none"}]}}]}"#;
    assert!(
        matches!(List::read("x", wrong.as_bytes()).unwrap_err(), ListError::Bundle(_)),
        "all of a bundle or nothing"
    );
}

#[test]
fn hostile_files_cost_little() {
    let line = r#"{"id":"h:0","source":"h","kind":"hospital","name":"Quay Hospital"}"#;
    assert_eq!(List::read("x", &packed(line.as_bytes())).unwrap().listings.len(), 1, "packed or not");
    let whole = packed(line.as_bytes());
    for length in [2, 3, 10, whole.len() / 2, whole.len() - 1] {
        assert_eq!(List::read("x", &whole[..length]).unwrap_err(), ListError::Gzip, "{length}");
    }
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![b' '; 1024 * 1024];
    for _ in 0..MAX_BYTES / block.len() + 1 {
        bomb.write_all(&block).unwrap();
    }
    assert_eq!(List::read("x", &bomb.finish().unwrap()).unwrap_err(), ListError::TooLarge);
    let long = format!("{line}\n{{\"id\":\"{}\"}}\n{line}", "x".repeat(10_000_000));
    assert_eq!(rejected(&read("x", &long)), [(Reason::Shape, 1)]);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(List::read("x", deep.as_bytes()).is_err());
    let endless = format!("name,address,city,state,zip\n\"{}", "x\n".repeat(100_000));
    assert_eq!(rejected(&read("x", &endless)), [(Reason::Shape, 1)]);
}

/// Every file of the real directory that is a list, or nothing when it is not here.
fn real() -> Vec<List> {
    let default = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let root = std::env::var_os("TRIBUTARY_CORPORA").map_or(default, PathBuf::from).join("directory");
    let mut lists = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !name.ends_with(".md") && !name.ends_with(".tsv") {
                let mut bytes = Vec::new();
                std::fs::File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
                lists.push(List::read(&name, &bytes).unwrap_or_else(|error| panic!("{name}: {error}")));
            }
        }
    }
    if lists.is_empty() {
        eprintln!("SKIPPED: no lists in {}; set TRIBUTARY_CORPORA to the folder of published lists", root.display());
    }
    lists
}

#[test]
fn everything_published_is_read() {
    let lists = real();
    for list in &lists {
        let told = (list.listings.len() + list.publications.len() + list.points.len()) as u64 + list.rejected.rows();
        // A bundle's rows are organizations and endpoints, which make one brand.
        let all = if list.format == Format::Bundle { told > 0 } else { told == list.rows };
        assert!(all && list.rows > 0, "{}: {} rows, {told} told of", list.name, list.rows);
        // Some lists say the same twice; then it has the same key. What has one key twice is the same else.
        let same = |one: &Listing, other: &Listing| one.key == other.key && one.name == other.name;
        let mut listings: Vec<&Listing> = list.listings.iter().collect();
        listings.sort_by(|one, other| (&one.key, &one.name).cmp(&(&other.key, &other.name)));
        listings.dedup_by(|one, other| same(one, other));
        let repeated = listings.windows(2).filter(|pair| pair[0].key == pair[1].key).count();
        assert!(repeated * 20 <= listings.len(), "{}: {repeated} of {} keys are not unique", list.name, listings.len());
        assert!(listings.iter().all(|listing| !listing.key.is_empty()));
        for address in list.listings.iter().flat_map(|listing| &listing.portals).flat_map(|portal| &portal.endpoints) {
            assert!(!directory::reach::is_internal(&address.address), "{}", address.address);
        }
    }
    let Some(large) = lists.iter().find(|list| list.format == Format::Locations) else { return };
    assert_eq!((large.rows, large.rejected.0[&Reason::NoName].rows), (128_813, 444));
    assert!(large.listings.len() * 100 > 98 * large.rows as usize, "{}", large.listings.len());
    let control = |text: &str| text.chars().any(char::is_control);
    assert!(!large.listings.iter().any(|listing| control(&listing.name)));

    let merged = merge(std::slice::from_ref(large), &[]);
    let report = Report::of(std::slice::from_ref(large), &merged);
    assert_eq!(merged.evidence.values().map(Vec::len).sum::<usize>(), large.listings.len());
    assert!(report.brands < large.listings.len() as u64 * 9 / 10, "{report}");
    let ids: std::collections::HashSet<_> = merged.brands.iter().map(|brand| brand.id).collect();
    assert_eq!(ids.len(), merged.brands.len());
    for brand in &merged.brands {
        let of = brand.endpoints().count();
        assert!(
            of <= 32 && brand.locations.len() <= 100 && brand.aliases.len() <= 16,
            "{}: too much in one",
            brand.name
        );
    }
    let athena = merged.brands.iter().filter(|brand| {
        brand.endpoints().any(|endpoint| endpoint.address.host_str() == Some("api.platform.athenahealth.com"))
    });
    assert!(athena.count() > 15_000, "one address of thousands joins nobody");
    let kindred = merged.brands.iter().filter(|brand| brand.name == "Kindred at Home");
    assert!(kindred.clone().count() > 150 && kindred.clone().all(|brand| brand.portals.is_empty()));
}

proptest! {
    #[test]
    fn garbage_never_panics(body in proptest::collection::vec(any::<u8>(), 0..300), text in ".{0,60}", cut in 0..200_usize) {
        let _ = List::read("x", &body);
        let _ = List::read("x", &[b"\x1f\x8b\x08\0", &body[..]].concat());
        let rows = [
            format!("name,address,city,state,zip,lat,lon\n{text},{text},{text},{text},{text},{text},{text}\n"),
            format!("State,endpoint,developer_name\n{text},{text},{text}\n"),
            json!({"Endpoints": [{"URL": text, "OrganizationName": text}, {"URL": format!("https://{text}"), "OrganizationName": text}]}).to_string(),
            json!([{"name": text, "url": format!("https://fhir.quay.org/{text}"), "id": text, "authorize": text}]).to_string(),
            json!({"id": text, "source": text, "kind": text, "name": text, "city": text, "state": text, "postal_code": text, "npi": text, "ccn": text}).to_string(),
        ];
        for row in rows {
            if let Ok(list) = List::read("x", row.as_bytes()) {
                merge(&[list], &[]);
            }
            let _ = List::read("x", row.as_bytes().get(..cut).unwrap_or_default());
        }
    }
}
