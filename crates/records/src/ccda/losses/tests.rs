use super::super::testing::{converted, sections};
use super::*;

/// Mara Lindqvist's panel of potassium, two results without a name and one that was not done; a pressure whose upper
/// value is negated; a visit with one diagnosis told and one null; and a section without entries of its own.
const RESULTS: &str = r##"
<section><templateId root="2.16.840.1.113883.10.20.22.2.3.1"/><code code="30954-2" codeSystem="2.16.840.1.113883.6.1"/><title>Results</title>
  <entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/><id root="1.2.3.4" extension="p0"/><code code="24326-1" codeSystem="2.16.840.1.113883.6.1" displayName="Electrolytes"/>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><code code="2823-3" codeSystem="2.16.840.1.113883.6.1"/><value xsi:type="PQ" value="4.10" unit="mmol/L"/></observation></component>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><code nullFlavor="UNK"/><value xsi:type="PQ" value="5" unit="mmol/L"/></observation></component>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/><code nullFlavor="UNK"/><value xsi:type="PQ" value="6" unit="mmol/L"/></observation></component>
    <component><observation classCode="OBS" moodCode="EVN" negationInd="true"><code code="2951-2" codeSystem="2.16.840.1.113883.6.1"/></observation></component></organizer></entry>
  <entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/>
    <component><observation classCode="OBS" moodCode="EVN" negationInd="true"><code code="2345-7" codeSystem="2.16.840.1.113883.6.1"/></observation></component></organizer></entry>
</section>"##;
const VISITS: &str = r##"
<section><code code="46240-8" codeSystem="2.16.840.1.113883.6.1"/>
  <entry><encounter classCode="ENC" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.49"/><id root="1.2.3.4" extension="e0"/><code code="99213" codeSystem="2.16.840.1.113883.6.12"/>
    <entryRelationship typeCode="COMP"><act classCode="ACT" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.80"/><code code="29308-4" codeSystem="2.16.840.1.113883.6.1"/>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.4"/><value xsi:type="CD" code="195967001" codeSystem="2.16.840.1.113883.6.96"/></observation></entryRelationship>
      <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.4"/><value xsi:type="CD" nullFlavor="UNK"/></observation></entryRelationship>
    </act></entryRelationship></encounter></entry>
</section>"##;

#[test]
fn parts_of_mapped_entries_are_counted_and_the_json_can_be_read_again() {
    let losses = converted(&sections(&[RESULTS, VISITS])).losses;
    let json = serde_json::to_value(&losses).unwrap();
    insta::assert_json_snapshot!(json);
    assert_eq!(serde_json::from_value::<Losses>(json).unwrap(), losses);
    insta::assert_json_snapshot!(losses.totals());
    let sum = losses.sections.iter().fold(Totals::default(), |mut sum, section| {
        sum.add(&section.totals());
        sum
    });
    assert_eq!(sum, losses.totals());
}

#[test]
fn a_hostile_entry_has_a_short_report() {
    let parts: String = (0..500)
        .map(|at| {
            format!(
                r#"<component><observation><templateId root="9.{at}.{}"/></observation></component>"#,
                "1".repeat(900)
            )
        })
        .collect();
    let section = format!(
        r#"<section><code code="8716-3"/><title>{}</title><entry><organizer><component><observation>
        <code code="8867-4" codeSystem="2.16.840.1.113883.6.1"/><value xsi:type="PQ" value="72" unit="/min"/></observation></component>{parts}</organizer></entry></section>"#,
        "é".repeat(9000)
    );
    let losses = converted(&sections(&[&section])).losses;
    let parts = &losses.sections[0].entries[0].parts;
    assert_eq!((parts.len(), parts.last().unwrap().what.as_str(), parts.last().unwrap().count), (33, "others", 468));
    assert_eq!(losses.totals().parts[&LossReason::Nameless], 500);
    assert!(serde_json::to_string(&losses).unwrap().len() < 16 << 10);
}

#[test]
fn a_reference_to_an_act_told_elsewhere_is_no_loss() {
    let intervention = |inside: &str| {
        format!(
            r#"<section><code code="62387-6"/><entry><act classCode="ACT" moodCode="INT"><templateId root="2.16.840.1.113883.10.20.22.4.146"/><code code="362956003" codeSystem="2.16.840.1.113883.6.96"/>
            <entryRelationship typeCode="RSON"><act classCode="ACT" moodCode="EVN"><templateId root="{inside}"/><id root="1.2.3.4" extension="g1"/><code nullFlavor="NP"/></act></entryRelationship>
            <entryRelationship typeCode="COMP"><act classCode="ACT" moodCode="INT"><templateId root="2.16.840.1.113883.10.20.22.4.39"/><code code="306181000000106" codeSystem="2.16.840.1.113883.6.96"/></act></entryRelationship></act></entry></section>"#
        )
    };
    for (inside, parts) in [("2.16.840.1.113883.10.20.22.4.122", 0), ("2.16.840.1.113883.10.20.22.4.999", 1)] {
        let totals = converted(&sections(&[&intervention(inside)])).losses.totals();
        assert_eq!((totals.mapped, totals.parts.values().sum::<u64>()), (1, parts), "{inside}");
    }
}
