use super::super::testing::{converted, fates, of_kind, sections};

/// A hernia repaired with a mesh, a colonoscopy with a finding, a refused test and a wish.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.7.1"/><code code="47519-4" codeSystem="2.16.840.1.113883.6.1"/><title>Procedures</title>
  <text><content ID="pr1">Repair of hernia, left side</content></text>
  <entry><procedure classCode="PROC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.14"/>
    <id root="1.2.3.4" extension="p1"/>
    <code code="44558001" codeSystem="2.16.840.1.113883.6.96" displayName="Repair of inguinal hernia"><originalText><reference value="#pr1"/></originalText></code>
    <statusCode code="completed"/><effectiveTime value="20190611"/>
    <methodCode code="129284003" codeSystem="2.16.840.1.113883.6.96" displayName="Surgical action"/>
    <targetSiteCode code="90785002" codeSystem="2.16.840.1.113883.6.96" displayName="Inguinal region structure"/>
    <specimen><specimenRole><id root="1.2.3.4" extension="s1"/><specimenPlayingEntity><code code="119376003" codeSystem="2.16.840.1.113883.6.96" displayName="Tissue specimen"/></specimenPlayingEntity></specimenRole></specimen>
    <performer><assignedEntity><id root="2.16.840.1.113883.4.6" extension="1999999984"/>
      <assignedPerson><name><given>Tomas</given><family>Brandt</family></name></assignedPerson>
      <representedOrganization><id root="1.2.3.7"/><name>Harbour Surgery</name></representedOrganization></assignedEntity></performer>
    <participant typeCode="DEV"><participantRole classCode="MANU"><templateId root="2.16.840.1.113883.10.20.22.4.37"/>
      <id root="2.16.840.1.113883.3.3719" extension="(01)00643169007222(17)260128(10)M320(21)BLC200461H"/>
      <playingDevice><code code="303728004" codeSystem="2.16.840.1.113883.6.96" displayName="Surgical mesh"/></playingDevice>
      <scopingEntity><id root="1.2.3.6"/><desc>Meshworks</desc></scopingEntity></participantRole></participant>
    <participant typeCode="LOC"><participantRole classCode="SDLOC"><templateId root="2.16.840.1.113883.10.20.22.4.32"/>
      <code code="1024-9" codeSystem="2.16.840.1.113883.6.259" displayName="Operating room"/>
      <addr><city>Aldport</city></addr><playingEntity classCode="PLC"><name>Theatre 2</name></playingEntity></participantRole></participant>
    <entryRelationship typeCode="RSON"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.19"/>
      <value xsi:type="CD" code="396232000" codeSystem="2.16.840.1.113883.6.96" displayName="Inguinal hernia"/></observation></entryRelationship>
  </procedure></entry>
  <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.13"/><id root="1.2.3.4" extension="p2"/>
    <code code="73761001" codeSystem="2.16.840.1.113883.6.96" displayName="Colonoscopy"/><statusCode code="aborted"/>
    <effectiveTime><low value="20210301"/><high value="20210302"/></effectiveTime>
    <value xsi:type="CD" code="68496003" codeSystem="2.16.840.1.113883.6.96" displayName="Polyp"/></observation></entry>
  <entry><act classCode="ACT" moodCode="EVN" negationInd="true"><templateId root="2.16.840.1.113883.10.20.22.4.12"/><id root="1.2.3.4" extension="p3"/>
    <code code="274025005" codeSystem="2.16.840.1.113883.6.96" displayName="Colonic polypectomy"/><statusCode code="completed"/></act></entry>
  <entry><act classCode="ACT" moodCode="INT"><templateId root="2.16.840.1.113883.10.20.22.4.12"/><id root="1.2.3.4" extension="p4"/>
    <code code="40701008" codeSystem="2.16.840.1.113883.6.96" displayName="Echocardiography"/><statusCode code="active"/><effectiveTime value="20250101"/></act></entry>
  <entry><procedure classCode="PROC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.14"/><code nullFlavor="UNK"/></procedure></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(
        fates(&converted, 0),
        ["Procedure Device Specimen", "Procedure Observation", "Procedure", "ServiceRequest", "Null"]
    );
    insta::assert_json_snapshot!(of_kind(&converted, "Procedure"));
    insta::assert_json_snapshot!(of_kind(&converted, "Device"));
    insta::assert_json_snapshot!(of_kind(&converted, "Specimen"));
    insta::assert_json_snapshot!(of_kind(&converted, "Location"));
    insta::assert_json_snapshot!(of_kind(&converted, "Observation"));
    insta::assert_json_snapshot!(of_kind(&converted, "ServiceRequest"));
}
