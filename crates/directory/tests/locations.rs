//! Many organizations from one list.

use directory::{List, merge::merge};

#[test]
fn a_line_is_an_organization() {
    let lines = concat!(
        r#"{"id":"h:0","source":"h","kind":"hospital","name":"QUAY HOSPITAL","city":"HULL","state":"MA","postal_code":"02045-1111","lat":42.3,"lon":-70.9,"npi":"1588664007","ccn":"222001"}"#,
        "\n\n",
        r#"{"id":"l:1","source":"l","kind":"fhir_endpoint_org","name":"Quay","fhir_url":"https://fhir.quay.org/r4"}"#,
        "\n{\"id\":7}\n",
    );
    let list = List::read("ours", lines.as_bytes()).unwrap();
    assert_eq!((list.rows, list.listings.len(), list.rejected.rows()), (3, 2, 1));
    let brands = merge(&[list], &[]).brands;
    assert_eq!(brands.len(), 2);
    assert!(brands.iter().any(|brand| brand.npi() == Some("1588664007") && brand.locations[0].lat == Some(42.3)));
    assert!(brands.iter().any(|brand| brand.endpoints().count() == 1));
}
