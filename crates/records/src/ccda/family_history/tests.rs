use serde_json::{Value, json};

use super::super::testing::{converted, of_kind, sections};

#[test]
fn a_condition_led_to_death_by_its_template_or_by_its_relation() {
    let father = |relation: &str, code: &str| {
        format!(
            r#"<section><code code="10157-6" codeSystem="2.16.840.1.113883.6.1"/><entry><organizer classCode="CLUSTER" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.45"/>
            <subject><relatedSubject classCode="PRS"><code code="FTH" codeSystem="2.16.840.1.113883.5.111" displayName="Father"/></relatedSubject></subject>
            <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.46"/>
              <value xsi:type="CD" code="22298006" codeSystem="2.16.840.1.113883.6.96" displayName="Myocardial infarction"/>
              <entryRelationship {relation}><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.47"/>{code}
                <value xsi:type="CD" code="419099009" codeSystem="2.16.840.1.113883.6.96" displayName="Dead"/></observation></entryRelationship>
            </observation></component></organizer></entry></section>"#
        )
    };
    let assertion = r#"<code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>"#;
    for (relation, code, led_to_death) in [
        (r#"typeCode="CAUS""#, assertion, json!(true)),
        (r#"typeCode="CAUS""#, "", json!(true)),
        ("", assertion, json!(true)),
        (r#"typeCode="SUBJ""#, assertion, Value::Null),
    ] {
        let history = of_kind(&converted(&sections(&[&father(relation, code)])), "FamilyMemberHistory").remove(0);
        let told = (&history["condition"][0]["contributedToDeath"], &history["deceasedBoolean"]);
        assert_eq!(told, (&led_to_death, &json!(true)), "{relation} {code}");
    }
}
