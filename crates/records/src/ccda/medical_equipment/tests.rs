use super::super::testing::{converted, fates, of_kind, sections};

/// A walker in use, and three inhalers without a product.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.23"/><code code="46264-8" codeSystem="2.16.840.1.113883.6.1"/><title>Medical Equipment</title><text>Walker</text>
  <entry><supply classCode="SPLY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.50"/><id root="1.2.3.4" extension="e1"/>
    <statusCode code="active"/><effectiveTime xsi:type="IVL_TS"><low value="20230204"/></effectiveTime>
    <participant typeCode="PRD"><participantRole classCode="MANU"><templateId root="2.16.840.1.113883.10.20.22.4.37"/>
      <playingDevice><code code="705406009" codeSystem="2.16.840.1.113883.6.96" displayName="Walking frame"/></playingDevice></participantRole></participant></supply></entry>
  <entry><organizer classCode="CLUSTER" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.135"/><statusCode code="completed"/>
    <component><supply classCode="SPLY" moodCode="RQO"><templateId root="2.16.840.1.113883.10.20.22.4.50"/><id root="1.2.3.4" extension="e2"/>
      <code code="334980009" codeSystem="2.16.840.1.113883.6.96" displayName="Inhaler spacer"/><statusCode code="active"/><quantity value="3"/></supply></component></organizer></entry>
  <entry><supply classCode="SPLY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.50"/></supply></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(fates(&converted, 0), ["DeviceUseStatement Device", "DeviceRequest Device", "Nameless"]);
    insta::assert_json_snapshot!(of_kind(&converted, "DeviceUseStatement"));
    insta::assert_json_snapshot!(of_kind(&converted, "DeviceRequest"));
    insta::assert_json_snapshot!(of_kind(&converted, "Device"));
}
