use super::super::testing::{converted, fates, of_kind, sections};

/// A former smoker, sex at birth, and how often she drinks.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.17"/><code code="29762-2" codeSystem="2.16.840.1.113883.6.1"/><title>Social History</title><text>Smoked until 2012</text>
  <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.78"/><id root="1.2.3.4" extension="s1"/><code code="72166-2" codeSystem="2.16.840.1.113883.6.1" displayName="Tobacco smoking status"/><statusCode code="completed"/><effectiveTime value="20240520"/><value xsi:type="CD" code="8517006" codeSystem="2.16.840.1.113883.6.96" displayName="Former smoker"/></observation></entry>
  <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.200"/><code code="76689-9" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/><value xsi:type="CD" code="F" codeSystem="2.16.840.1.113883.5.1" displayName="Female"/></observation></entry>
  <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.38"/><id root="1.2.3.4" extension="s3"/><code code="160573003" codeSystem="2.16.840.1.113883.6.96" displayName="Alcohol intake"/><statusCode code="completed"/><effectiveTime><low value="2012"/></effectiveTime><value xsi:type="ST">A glass of wine a week</value></observation></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(fates(&converted, 0), ["Observation", "Patient", "Observation"]);
    insta::assert_json_snapshot!(of_kind(&converted, "Observation"));
    insta::assert_json_snapshot!(of_kind(&converted, "Patient"));
}
