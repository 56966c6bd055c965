use super::super::testing::{converted, fates, of_kind, sections};

/// A note in the narrative, a letter in RTF, a comment, a result that is a file, and nothing.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.65"/><code code="11506-3" codeSystem="2.16.840.1.113883.6.1"/><title>Progress Note</title>
  <text><table><tbody><tr ID="r1"><td>18 March</td><td>Lungs clear.</td></tr></tbody></table></text>
  <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.202"/><id root="1.2.3.4" extension="n1"/>
    <code code="34109-9" codeSystem="2.16.840.1.113883.6.1" displayName="Note"><translation code="11506-3" codeSystem="2.16.840.1.113883.6.1" displayName="Progress note"/></code>
    <text><reference value="#R1"/></text><statusCode code="completed"/><effectiveTime value="20240318"/>
    <author><time value="202403181530-0500"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1234567893"/>
      <assignedPerson><name><given>Ida</given><family>Okafor</family></name></assignedPerson></assignedAuthor></author></act></entry>
  <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.202"/><id root="1.2.3.4" extension="n2"/><code code="34109-9" codeSystem="2.16.840.1.113883.6.1"/>
    <text mediaType="text/rtf" representation="B64">e1xydGYx
      IEhpfQ</text><statusCode code="active"/></act></entry>
  <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.64"/><code code="48767-8" codeSystem="2.16.840.1.113883.6.1"/><text>Prefers mornings.</text></act></entry>
  <entry><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><id root="1.2.3.4" extension="n4"/>
    <code code="11524-6" codeSystem="2.16.840.1.113883.6.1" displayName="EKG study"/><value xsi:type="ED" mediaType="application/pdf" representation="B64">JVBERi0xLjQ=</value></observation></entry>
  <entry><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.202"/><code code="34109-9" codeSystem="2.16.840.1.113883.6.1"/><text representation="B64">***</text></act></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(
        fates(&converted, 0),
        ["DocumentReference", "DocumentReference", "DocumentReference", "Observation DocumentReference", "Empty"]
    );
    insta::assert_json_snapshot!(of_kind(&converted, "Observation"));
}

#[test]
fn documents() {
    let mut notes = of_kind(&converted(&sections(&[SECTION])), "DocumentReference");
    // The last one is the whole document.
    notes.pop();
    insta::assert_json_snapshot!(notes);
}
