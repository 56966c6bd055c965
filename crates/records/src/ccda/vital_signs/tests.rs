use super::super::testing::{converted, fates, of_kind, sections};

/// Blood pressure, and a weight in pounds.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.4.1"/><code code="8716-3" codeSystem="2.16.840.1.113883.6.1"/><title>Vital Signs</title><text>118/76</text>
  <entry><organizer classCode="CLUSTER" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.26"/><id root="1.2.3.4" extension="v0"/><code code="46680005" codeSystem="2.16.840.1.113883.6.96"/><statusCode code="completed"/><effectiveTime value="20240520"/>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.27"/><id root="1.2.3.4" extension="v1"/><code code="8480-6" codeSystem="2.16.840.1.113883.6.1" displayName="Systolic"/><statusCode code="completed"/><effectiveTime value="20240520"/><value xsi:type="PQ" value="118" unit="mm[Hg]"/></observation></component>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.27"/><id root="1.2.3.4" extension="v2"/><code code="8462-4" codeSystem="2.16.840.1.113883.6.1" displayName="Diastolic"/><statusCode code="completed"/><effectiveTime value="20240520"/><value xsi:type="PQ" value="76" unit="mm[Hg]"/></observation></component>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.27"/><id root="1.2.3.4" extension="v3"/><code code="29463-7" codeSystem="2.16.840.1.113883.6.1" displayName="Weight"/><statusCode code="completed"/><effectiveTime value="20240520"/><value xsi:type="PQ" value="141.5" unit="lbs"/></observation></component></organizer></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(fates(&converted, 0), ["Observation Observation"]);
    insta::assert_json_snapshot!(of_kind(&converted, "Observation"));
}
