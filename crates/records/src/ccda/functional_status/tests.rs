use super::super::testing::{converted, fates, of_kind, sections};

/// Walking with help, and a score of two parts.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.14"/><code code="47420-5" codeSystem="2.16.840.1.113883.6.1"/><title>Functional Status</title><text>Walks with a frame</text>
  <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.67"/><id root="1.2.3.4" extension="f1"/><code code="54522-8" codeSystem="2.16.840.1.113883.6.1" displayName="Functional status"/><statusCode code="completed"/><effectiveTime value="20240520"/><value xsi:type="CD" code="301563003" codeSystem="2.16.840.1.113883.6.96" displayName="Walks with aid"/></observation></entry>
  <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.69"/><id root="1.2.3.4" extension="f2"/><code code="44249-1" codeSystem="2.16.840.1.113883.6.1" displayName="PHQ-9"/><statusCode code="completed"/><effectiveTime value="20240520"/><value xsi:type="INT" value="3"/>
    <entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.86"/><id root="1.2.3.4" extension="f3"/><code code="44250-9" codeSystem="2.16.840.1.113883.6.1" displayName="Little interest"/><statusCode code="completed"/><value xsi:type="INT" value="1"/></observation></entryRelationship></observation></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(fates(&converted, 0), ["Observation", "Observation"]);
    insta::assert_json_snapshot!(of_kind(&converted, "Observation"));
}
