use super::super::testing::{converted, fates, of_kind, sections};

/// A panel with a number, a bound and a word; and a result alone that was not done.
const SECTION: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.3.1"/><code code="30954-2" codeSystem="2.16.840.1.113883.6.1"/><title>Results</title><text>Potassium 4.10</text>
  <entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/><id root="1.2.3.4" extension="r0"/><code code="24326-1" codeSystem="2.16.840.1.113883.6.1" displayName="Electrolytes"/><statusCode code="completed"/>
    <specimen><specimenRole><specimenPlayingEntity><code code="119364003" codeSystem="2.16.840.1.113883.6.96" displayName="Serum"/></specimenPlayingEntity></specimenRole></specimen>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><id root="1.2.3.4" extension="r1"/><code code="2823-3" codeSystem="2.16.840.1.113883.6.1" displayName="Potassium"/><statusCode code="completed"/><effectiveTime value="202405200810"/>
      <value xsi:type="PQ" value="4.10" unit="mmol/L"/><interpretationCode code="N" codeSystem="2.16.840.1.113883.5.83"/>
      <referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="3.5" unit="mmol/L"/><high value="5.1" unit="mmol/L"/></value></observationRange></referenceRange></observation></component>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><id root="1.2.3.4" extension="r2"/><code code="33914-3" codeSystem="2.16.840.1.113883.6.1" displayName="eGFR"/><statusCode code="completed"/><effectiveTime value="202405200810"/>
      <value xsi:type="IVL_PQ"><low value="60" unit="mL/min" inclusive="false"/></value></observation></component>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><id root="1.2.3.4" extension="r3"/><code nullFlavor="UNK"><originalText>Colour</originalText></code><statusCode code="active"/>
      <value xsi:type="ST">straw</value></observation></component></organizer></entry>
  <entry><observation classCode="OBS" moodCode="EVN" negationInd="true"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><code code="2345-7" codeSystem="2.16.840.1.113883.6.1"/></observation></entry>
</section>"##;

#[test]
fn entries() {
    let converted = converted(&sections(&[SECTION]));
    assert_eq!(fates(&converted, 0), ["DiagnosticReport Observation Observation Observation", "Negated"]);
    insta::assert_json_snapshot!(of_kind(&converted, "DiagnosticReport"));
    insta::assert_json_snapshot!(of_kind(&converted, "Observation"));
    insta::assert_json_snapshot!(of_kind(&converted, "Specimen"));
}

/// Mara's pathology report: a printed page within its panel, and one that stands alone.
#[test]
fn a_result_that_is_a_file_is_the_printed_form_of_its_report() {
    let page = |id: &str| {
        format!(
            r#"<observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><id root="1.2.3.4" extension="{id}"/><code code="22637-3" codeSystem="2.16.840.1.113883.6.1" displayName="Pathology report"/><statusCode code="completed"/><effectiveTime value="20240519"/>
            <value xsi:type="ED" mediaType="application/pdf" representation="B64">JVBERi0xLjc=</value></observation>"#
        )
    };
    let panel = |named: &str| {
        format!(
            r#"<section><code code="30954-2" codeSystem="2.16.840.1.113883.6.1"/><entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/><id root="1.2.3.4" extension="x0"/>{named}
            <component>{}</component></organizer></entry></section>"#,
            page("x1")
        )
    };
    let named = panel(r#"<code code="116784002" codeSystem="2.16.840.1.113883.6.96" displayName="Pathology"/>"#);
    // Told in two sections it is still printed once.
    let reported = converted(&sections(&[&named, &named]));
    let report = &of_kind(&reported, "DiagnosticReport")[0];
    let file = serde_json::json!([{ "contentType": "application/pdf", "data": "JVBERi0xLjc=", "size": 8 }]);
    assert_eq!(report["presentedForm"], file);
    assert_eq!(of_kind(&reported, "DocumentReference").len(), 1, "the document itself");
    let result = &of_kind(&reported, "Observation")[0];
    assert!(result.get("derivedFrom").is_none() && result.get("dataAbsentReason").is_none());
    assert_eq!(fates(&reported, 0), ["DiagnosticReport Observation"]);

    let alone = converted(&sections(&[&panel("")
        .replace("<organizer classCode=\"BATTERY\" moodCode=\"EVN\"><templateId root=\"2.16.840.1.113883.10.20.22.4.1\"/><id root=\"1.2.3.4\" extension=\"x0\"/>", "")
        .replace("<component>", "")
        .replace("</component></organizer>", "")]));
    assert_eq!(fates(&alone, 0), ["Observation DocumentReference"]);
    assert!(of_kind(&alone, "Observation")[0].get("derivedFrom").is_some());
}
