use serde_json::{Value, json};

use super::super::testing::{converted, converted_for, of_kind, sections};

#[test]
fn a_later_version_names_the_earlier_one_by_the_identifier_it_goes_by() {
    let versions = |own: &str, replaces: &str| {
        sections(&[]).replace("<id root=\"1.2.3\" extension=\"doc-1\"/>", &format!(r#"<id root="1.2.3" extension="{own}"/>"#)).replace(
            "<recordTarget>",
            &format!(r#"<setId root="1.2.3.7" extension="summary-of-mara"/><versionNumber value="2"/>{replaces}<recordTarget>"#),
        )
    };
    let replaces = r#"<relatedDocument typeCode="RPLC"><parentDocument><id root="1.2.3" extension="doc-1"/></parentDocument></relatedDocument>"#;
    let of = |xml: &str| of_kind(&converted(xml), "DocumentReference").remove(0);
    let (first, second) = (of(&versions("doc-1", "")), of(&versions("doc-2", replaces)));
    assert_eq!(first["masterIdentifier"], json!({ "system": "urn:oid:1.2.3", "value": "doc-1" }));
    assert_eq!(
        second["relatesTo"],
        json!([{ "code": "replaces", "target": { "identifier": first["masterIdentifier"] } }])
    );
    let set = json!([{ "system": "urn:oid:1.2.3.7", "value": "summary-of-mara" }]);
    assert_eq!((&first["identifier"], &second["identifier"]), (&set, &set));
}

/// Sex at birth, and who asked: both say something of the person.
const SEX: &str = r#"<section><templateId root="2.16.840.1.113883.10.20.22.2.17"/><code code="29762-2" codeSystem="2.16.840.1.113883.6.1"/><title>Social History</title><text/>
  <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.200"/><code code="76689-9" codeSystem="2.16.840.1.113883.6.1" displayName="Sex assigned at birth"/><statusCode code="completed"/><effectiveTime value="2024"/><value xsi:type="CD" code="F" codeSystem="2.16.840.1.113883.5.1" displayName="Female"/></observation></entry></section>"#;

#[test]
fn everything_is_about_the_patient_the_caller_knows() {
    let xml = sections(&[SEX]).replace(
        "</patient></patientRole>",
        r#"<guardian><guardianPerson><name><family>Aunt</family></name></guardianPerson><guardianOrganization><id root="1.2.3.55"/><name>Home of Hers</name></guardianOrganization></guardian></patient>
        <providerOrganization><id root="1.2.3.66"/><name>Kept Apart</name></providerOrganization></patientRole>"#,
    );
    let (own, known) = (converted(&xml), converted_for(&xml, Some("Patient/hers")));
    assert_eq!((of_kind(&own, "Patient").len(), of_kind(&own, "Organization").len()), (1, 3));
    assert!(of_kind(&known, "Patient").is_empty());
    let organizations = of_kind(&known, "Organization");
    assert_eq!(organizations.iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["Northgate Clinic"]);
    for kind in ["Composition", "DocumentReference", "Observation"] {
        let made = of_kind(&known, kind);
        assert_eq!(made.len(), 1, "{kind}");
        assert_eq!(made[0]["subject"], json!({ "reference": "Patient/hers" }), "{kind}");
    }
    let said: Value = of_kind(&known, "Observation").remove(0);
    assert_eq!(said["valueCodeableConcept"]["coding"][0]["code"], "F", "not ours to put on that Patient");
    let provenance = &of_kind(&known, "Provenance")[0];
    assert!(!provenance.to_string().contains("Patient/"), "it was not made from the document");
    assert_eq!(known.about, own.about, "whom it names is still told");
}
