use serde_json::{Value, json};

use super::super::testing::{converted, of_kind, sections};

/// The administration of a drug with these elements.
fn given(inside: &str) -> Value {
    let section = format!(
        r#"<section><code code="29549-3" codeSystem="2.16.840.1.113883.6.1"/><entry><substanceAdministration classCode="SBADM" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.16"/>
        <text>At bedside</text><statusCode code="completed"/><effectiveTime value="20240520"/>
        <routeCode code="C38276" codeSystem="2.16.840.1.113883.3.26.1.1" displayName="Intravenous"/>{inside}
        <consumable><manufacturedProduct><manufacturedMaterial><code code="7052" codeSystem="2.16.840.1.113883.6.88" displayName="Morphine"/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry></section>"#
    );
    of_kind(&converted(&sections(&[&section])), "MedicationAdministration").remove(0)
}

#[test]
fn an_amount_that_was_given_is_never_the_lower_end_of_a_range() {
    let range = r#"<doseQuantity><low value="2" unit="mg"/><high value="4" unit="mg"/></doseQuantity>"#;
    let rate = r#"<rateQuantity value="10" unit="mL/h"/>"#;
    for (inside, dosage, note) in [
        (
            r#"<doseQuantity value="2.0" unit="mg"/>"#,
            json!(["At bedside", { "value": 2.0, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg" }, null]),
            Value::Null,
        ),
        (range, Value::Null, json!("At bedside; Dose: 2 - 4 mg; Route: Intravenous")),
        (
            r#"<doseQuantity><low value="2" unit="mg"/></doseQuantity>"#,
            Value::Null,
            json!("At bedside; Dose: >= 2 mg; Route: Intravenous"),
        ),
        (&format!("{range}{rate}"), json!(["At bedside; Dose: 2 - 4 mg", null, 10]), Value::Null),
        ("", Value::Null, json!("At bedside; Route: Intravenous")),
    ] {
        let given = given(inside);
        let told = match given.get("dosage") {
            Some(told) => json!([told["text"], told["dose"], told["rateQuantity"]["value"]]),
            None => Value::Null,
        };
        assert_eq!((&told, &given["note"][0]["text"]), (&dosage, &note), "{inside}");
    }
}
