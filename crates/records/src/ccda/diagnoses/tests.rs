use super::super::testing::{converted, fates, of_kind, sections};

/// A discharge diagnosis.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.24"/><code code="11535-2" codeSystem="2.16.840.1.113883.6.1"/><title>Discharge Diagnosis</title><text>Pneumonia</text>
  <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.33"/><code code="11535-2" codeSystem="2.16.840.1.113883.6.1"/>
    <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.4"/><id root="1.2.3.4" extension="d9"/>
      <value xsi:type="CD" code="233604007" codeSystem="2.16.840.1.113883.6.96" displayName="Pneumonia"/></observation></entryRelationship></act></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(fates(&converted, 0), ["Condition"]);
    insta::assert_json_snapshot!(of_kind(&converted, "Condition"));
}

#[test]
fn they_are_listed_in_the_encounter_of_the_document() {
    let around = r#"<componentOf><encompassingEncounter><id root="1.2.3.4" extension="v1"/>
      <effectiveTime value="20240318"/></encompassingEncounter></componentOf><component><structuredBody>"#;
    let xml = sections(&[SECTION]).replace("<component><structuredBody>", around);
    insta::assert_json_snapshot!(of_kind(&converted(&xml), "Encounter"));
}
