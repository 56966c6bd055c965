use serde_json::json;

use super::super::testing::{converted, of_kind, sections};

#[test]
fn a_specialty_is_carried_by_a_role() {
    let told = r#"<code code="207Q00000X" codeSystem="2.16.840.1.113883.6.101" displayName="Family Medicine"/>
        <assignedPerson><name><given>Ida</given><family>Okafor</family></name></assignedPerson>
        <representedOrganization><id root="1.2.3.8"/><name>Northgate Clinic</name></representedOrganization>"#;
    let plain = sections(&[]);
    assert!(of_kind(&converted(&plain), "PractitionerRole").is_empty());
    let with =
        plain.replace("<assignedPerson><name><given>Ida</given><family>Okafor</family></name></assignedPerson>", told);
    let converted = converted(&with);
    let roles = of_kind(&converted, "PractitionerRole");
    let (person, clinic) = (&of_kind(&converted, "Practitioner")[0], &of_kind(&converted, "Organization")[0]);
    assert_eq!(roles.len(), 1);
    assert_eq!(
        roles[0]["practitioner"]["reference"],
        json!(format!("Practitioner/{}", person["id"].as_str().unwrap()))
    );
    assert_eq!(
        roles[0]["organization"]["reference"],
        json!(format!("Organization/{}", clinic["id"].as_str().unwrap()))
    );
    let specialty = json!([{
        "coding": [{ "system": "http://nucc.org/provider-taxonomy", "code": "207Q00000X", "display": "Family Medicine" }],
        "text": "Family Medicine",
    }]);
    assert_eq!(roles[0]["specialty"], specialty);
}
