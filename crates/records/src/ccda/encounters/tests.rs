use super::super::testing::{converted, fates, of_kind, sections};

/// An office visit with a diagnosis and a note, a stay in hospital, and nothing.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.22.1"/><code code="46240-8" codeSystem="2.16.840.1.113883.6.1"/><title>Encounters</title><text><content ID="n1">Lungs clear. Come back in spring.</content></text>
  <entry><encounter classCode="ENC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.49"/><id root="1.2.3.4" extension="v1"/>
    <code code="99213" displayName="Office visit" codeSystem="2.16.840.1.113883.6.12"/><effectiveTime value="20240318"/>
    <performer><assignedEntity><id root="2.16.840.1.113883.4.6" extension="1234567893"/>
      <assignedPerson><name><given>Ida</given><family>Okafor</family></name></assignedPerson></assignedEntity></performer>
    <participant typeCode="LOC"><participantRole classCode="SDLOC"><templateId root="2.16.840.1.113883.10.20.22.4.32"/>
      <code code="1160-1" codeSystem="2.16.840.1.113883.6.259" displayName="Urgent care center"/>
      <playingEntity classCode="PLC"><name>Northgate Clinic</name></playingEntity></participantRole></participant>
    <entryRelationship typeCode="RSON"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.19"/>
      <value xsi:type="CD" code="49727002" codeSystem="2.16.840.1.113883.6.96" displayName="Cough"/></observation></entryRelationship>
    <entryRelationship typeCode="REFR"><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.80"/><code code="29308-4" codeSystem="2.16.840.1.113883.6.1"/>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.4"/><id root="1.2.3.4" extension="d1"/>
        <value xsi:type="CD" code="10509002" codeSystem="2.16.840.1.113883.6.96" displayName="Acute bronchitis"/></observation></entryRelationship></act></entryRelationship>
    <entryRelationship typeCode="COMP"><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.202"/>
      <code code="34109-9" codeSystem="2.16.840.1.113883.6.1" displayName="Note"><translation code="11506-3" codeSystem="2.16.840.1.113883.6.1" displayName="Progress note"/></code>
      <text><reference value="#n1"/></text><statusCode code="completed"/><effectiveTime value="20240318"/></act></entryRelationship>
  </encounter></entry>
  <entry><encounter classCode="ENC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.49"/><id root="1.2.3.4" extension="v2"/>
    <code code="32485007" codeSystem="2.16.840.1.113883.6.96" displayName="Hospital admission"><translation code="IMP" codeSystem="2.16.840.1.113883.5.4"/></code>
    <statusCode code="active"/><effectiveTime><low value="20240501"/></effectiveTime>
    <sdtc:dischargeDispositionCode code="01" codeSystem="2.16.840.1.113883.6.301.5" displayName="Home"/></encounter></entry>
  <entry><encounter classCode="ENC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.49"/><id nullFlavor="NI"/></encounter></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(fates(&converted, 0), ["Encounter Location Condition DocumentReference", "Encounter", "Nameless"]);
    insta::assert_json_snapshot!(of_kind(&converted, "Encounter"));
    insta::assert_json_snapshot!(of_kind(&converted, "Condition"));
    insta::assert_json_snapshot!(of_kind(&converted, "Location"));
}

#[test]
fn the_encounter_of_the_document_is_one_of_them() {
    let around = r#"<componentOf><encompassingEncounter><id root="1.2.3.4" extension="v1"/>
      <effectiveTime value="20240318"/><location><healthCareFacility><code code="1160-1" codeSystem="2.16.840.1.113883.6.259"/>
      <serviceProviderOrganization><name>Northgate Group</name></serviceProviderOrganization></healthCareFacility></location>
      </encompassingEncounter></componentOf><component><structuredBody>"#;
    let xml = sections(&[SECTION]).replace("<component><structuredBody>", around);
    let encounters = of_kind(&converted(&xml), "Encounter");
    assert_eq!(encounters.len(), 2);
    assert_eq!((&encounters[0]["class"]["code"], &encounters[0]["status"]), (&"AMB".into(), &"finished".into()));
    assert_eq!(encounters[0]["serviceProvider"]["display"], "Northgate Group");
}
