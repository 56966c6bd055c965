//! A summary of care.

/// A document of Riverbend's about Ada, with one allergy that has the same id in every version.
pub(crate) fn ccd(document: &str, version: u8, written: &str, reaction: &str) -> Vec<u8> {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.1" extension="2015-08-01"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/>
  <id root="2.16.840.1.113883.19.5.99999.1" extension="{document}"/>
  <code code="34133-9" codeSystem="2.16.840.1.113883.6.1" displayName="Summary"/>
  <title>Summary of Ada</title><effectiveTime value="{written}"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>
  <setId root="2.16.840.1.113883.19.5.99999.19" extension="ada"/><versionNumber value="{version}"/>
  <recordTarget><patientRole><id root="2.16.840.1.113883.19.5" extension="998991"/>
    <patient><name use="L"><given>Ada</given><family>Lovelace</family></name>
      <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19751210"/></patient>
  </patientRole></recordTarget>
  <author><time value="{written}"/><assignedAuthor><id extension="5555" root="2.16.840.1.113883.4.6"/>
    <assignedPerson><name><given>Beverly</given><family>Crusher</family></name></assignedPerson></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization>
    <id extension="99" root="2.16.840.1.113883.19"/><name>Riverbend Clinic</name>
  </representedCustodianOrganization></assignedCustodian></custodian>
  <component><structuredBody><component><section>
    <templateId root="2.16.840.1.113883.10.20.22.2.6.1" extension="2015-08-01"/>
    <code code="48765-2" codeSystem="2.16.840.1.113883.6.1"/><title>Allergies</title>
    <text><table><tbody><tr><td>Penicillin</td><td>{reaction}</td></tr></tbody></table></text>
    <entry typeCode="DRIV"><act classCode="ACT" moodCode="EVN">
      <templateId root="2.16.840.1.113883.10.20.22.4.30" extension="2015-08-01"/>
      <id root="36e3e930-7b14-11db-9fe1-0800200c9a66"/><code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>
      <statusCode code="active"/><effectiveTime><low value="20100104"/></effectiveTime>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">
        <templateId root="2.16.840.1.113883.10.20.22.4.7" extension="2014-06-09"/>
        <id root="4adc1020-7b14-11db-9fe1-0800200c9a66"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
        <statusCode code="completed"/><effectiveTime><low value="20100104"/></effectiveTime>
        <value xsi:type="CD" code="419511003" codeSystem="2.16.840.1.113883.6.96" displayName="Propensity to adverse reaction to drug"/>
        <participant typeCode="CSM"><participantRole classCode="MANU"><playingEntity classCode="MMAT">
          <code code="7980" codeSystem="2.16.840.1.113883.6.88" displayName="Penicillin G"/>
        </playingEntity></participantRole></participant>
        <entryRelationship typeCode="MFST" inversionInd="true"><observation classCode="OBS" moodCode="EVN">
          <templateId root="2.16.840.1.113883.10.20.22.4.9" extension="2014-06-09"/>
          <id root="4adc1020-7b14-11db-9fe1-0800200c9a64"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
          <statusCode code="completed"/>
          <value xsi:type="CD" code="247472004" codeSystem="2.16.840.1.113883.6.96" displayName="{reaction}"/>
        </observation></entryRelationship>
      </observation></entryRelationship>
    </act></entry>
  </section></component></structuredBody></component>
</ClinicalDocument>"#
    )
    .into_bytes()
}
