use super::super::testing::{converted, fates, of_kind, sections};

/// An inhaler twice a day with one refill left to take, an order, and no medication.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.1.1"/><code code="10160-0" codeSystem="2.16.840.1.113883.6.1"/><title>Medications</title><text>Albuterol</text>
  <entry><substanceAdministration classCode="SBADM" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.16"/><id root="1.2.3.4" extension="m1"/>
    <statusCode code="completed"/><effectiveTime xsi:type="IVL_TS"><low value="20240103"/><high value="20250103"/></effectiveTime>
    <effectiveTime xsi:type="PIVL_TS" operator="A" institutionSpecified="true"><period value="12" unit="h"/></effectiveTime>
    <routeCode code="C38216" codeSystem="2.16.840.1.113883.3.26.1.1" displayName="Inhalation"/><doseQuantity value="2" unit="{puff}"/>
    <consumable><manufacturedProduct><manufacturedMaterial><code code="745679" codeSystem="2.16.840.1.113883.6.88" displayName="Albuterol 0.09 MG inhaler"/></manufacturedMaterial></manufacturedProduct></consumable>
    <entryRelationship typeCode="REFR"><supply classCode="SPLY" moodCode="INT"><templateId root="2.16.840.1.113883.10.20.22.4.17"/><repeatNumber value="2"/><quantity value="1"/></supply></entryRelationship>
    <entryRelationship typeCode="REFR"><supply classCode="SPLY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.18"/><id root="1.2.3.4" extension="ds1"/>
      <statusCode code="completed"/><effectiveTime value="20240104"/><quantity value="1"/></supply></entryRelationship>
  </substanceAdministration></entry>
  <entry><substanceAdministration classCode="SBADM" moodCode="INT"><templateId root="2.16.840.1.113883.10.20.22.4.16"/><id root="1.2.3.4" extension="m2"/><text>Amoxicillin 500 mg three times a day</text>
    <statusCode code="active"/><consumable><manufacturedProduct><manufacturedMaterial><code nullFlavor="OTH"><originalText>Amoxicillin</originalText></code></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
  <entry><substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true"><templateId root="2.16.840.1.113883.10.20.22.4.16"/><consumable><manufacturedProduct><manufacturedMaterial><code nullFlavor="NA"/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(fates(&converted, 0), ["MedicationRequest MedicationDispense", "MedicationRequest", "NothingKnown"]);
    insta::assert_json_snapshot!(of_kind(&converted, "MedicationRequest"));
    insta::assert_json_snapshot!(of_kind(&converted, "MedicationDispense"));
}

fn taken(material: &str, negated: bool, text: &str) -> String {
    format!(
        r#"<entry><substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="{negated}"><templateId root="2.16.840.1.113883.10.20.22.4.16"/>{text}
        <consumable><manufacturedProduct><manufacturedMaterial>{material}</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>"#
    )
}

#[test]
fn a_code_for_any_drug_names_one_with_other_words_only() {
    let generic = |inside: &str| {
        format!(
            r#"<code code="410942007" codeSystem="2.16.840.1.113883.6.96" displayName="Drug or medicament">{inside}</code>"#
        )
    };
    let cases = [
        (taken(&generic(""), false, ""), None),
        (taken(&generic("<originalText>Drug or medicament</originalText>"), false, ""), None),
        (taken(&generic("<originalText>No known medications</originalText>"), false, ""), None),
        (taken(&generic(""), false, "<text>Mara is not taking any medications</text>"), None),
        (taken(&generic("<originalText>St John's wort tea</originalText>"), true, ""), None),
        (taken(&generic("<originalText>St John's wort tea</originalText>"), false, ""), Some("St John's wort tea")),
        (taken(&(generic("") + "<name>Blue pill from Oslo</name>"), false, ""), Some("Blue pill from Oslo")),
        (taken(&generic(""), false, "<text>Cod liver oil</text>"), Some("Cod liver oil")),
        (
            taken(
                &generic(r#"<translation code="745679" codeSystem="2.16.840.1.113883.6.88" displayName="Albuterol"/>"#),
                false,
                "",
            ),
            Some("Drug or medicament"),
        ),
    ];
    for (entry, expected) in cases {
        let section = format!(r#"<section><code code="10160-0"/>{entry}</section>"#);
        let converted = converted(&sections(&[&section]));
        let requests = of_kind(&converted, "MedicationRequest");
        let text = requests.first().map(|request| request["medicationCodeableConcept"]["text"].as_str().unwrap());
        assert_eq!(text, expected, "{entry}");
        if expected.is_none() {
            assert_eq!(fates(&converted, 0), ["NothingKnown"]);
        }
    }
}
