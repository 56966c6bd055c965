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
