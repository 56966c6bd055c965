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

/// One of the two values of Mara's pressure is said not to have been measured.
#[test]
fn one_pressure_does_not_take_the_other_with_it() {
    for (negated, (upper, lower)) in [("v1", (None, Some(76))), ("v2", (Some(118), None))] {
        let broken = SECTION.replace(
            &format!(r#"moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.27"/><id root="1.2.3.4" extension="{negated}"/>"#),
            &format!(r#"moodCode="EVN" negationInd="true"><templateId root="2.16.840.1.113883.10.20.22.4.27"/><id root="1.2.3.4" extension="{negated}"/>"#),
        );
        let converted = converted(&sections(&[&broken]));
        let pressure = &of_kind(&converted, "Observation")[0];
        assert_eq!(pressure["code"]["coding"][0]["code"], "85354-9");
        let value = |at: usize| pressure["component"][at]["valueQuantity"]["value"].as_i64();
        let code = |at: usize| pressure["component"][at]["code"]["coding"][0]["code"].as_str();
        assert_eq!((code(0), value(0), code(1), value(1)), (Some("8480-6"), upper, Some("8462-4"), lower));
        let absent = if upper.is_none() { 0 } else { 1 };
        assert_eq!(pressure["component"][absent]["dataAbsentReason"]["coding"][0]["code"], "unknown");
        assert_eq!(pressure["effectiveDateTime"], "2024-05-20");
        let totals = converted.losses.totals();
        assert_eq!((totals.mapped, totals.parts.values().sum::<u64>()), (1, 1));
    }
}
