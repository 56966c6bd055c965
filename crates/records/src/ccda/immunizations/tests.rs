use super::super::testing::{converted, fates, of_kind, sections};

/// A shot given, a shot refused, and a shot planned.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.2.1"/><code code="11369-6" codeSystem="2.16.840.1.113883.6.1"/><title>Immunizations</title><text>Influenza</text>
  <entry><substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="false"><templateId root="2.16.840.1.113883.10.20.22.4.52"/><id root="1.2.3.4" extension="i1"/>
    <statusCode code="completed"/><effectiveTime value="20231005"/><repeatNumber value="1"/><routeCode code="C28161" codeSystem="2.16.840.1.113883.3.26.1.1" displayName="Intramuscular"/><doseQuantity value="0.50" unit="mL"/>
    <consumable><manufacturedProduct><templateId root="2.16.840.1.113883.10.20.22.4.54"/><manufacturedMaterial><code code="150" codeSystem="2.16.840.1.113883.12.292" displayName="Influenza, quadrivalent"/><lotNumberText>Q7</lotNumberText></manufacturedMaterial>
      <manufacturerOrganization><name>Vaxworks</name></manufacturerOrganization></manufacturedProduct></consumable></substanceAdministration></entry>
  <entry><substanceAdministration classCode="SBADM" moodCode="EVN" negationInd="true"><templateId root="2.16.840.1.113883.10.20.22.4.52"/><id root="1.2.3.4" extension="i2"/><statusCode code="completed"/><effectiveTime nullFlavor="UNK"/>
    <consumable><manufacturedProduct><manufacturedMaterial><code code="33" codeSystem="2.16.840.1.113883.12.292" displayName="Pneumococcal"/></manufacturedMaterial></manufacturedProduct></consumable>
    <entryRelationship typeCode="RSON"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.53"/><code code="PATOBJ" codeSystem="2.16.840.1.113883.5.8"/></observation></entryRelationship></substanceAdministration></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(fates(&converted, 0), ["Immunization", "Immunization"]);
    insta::assert_json_snapshot!(of_kind(&converted, "Immunization"));
}
