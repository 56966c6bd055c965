use serde_json::json;

use super::super::testing::{converted, of_kind, sections};

#[test]
fn a_visit_to_come_claims_no_class_and_one_that_was_made_is_finished() {
    let visit = |code: &str, status: &str, time: &str| {
        format!(
            r#"<entry><encounter classCode="ENC" moodCode="INT"><templateId root="2.16.840.1.113883.10.20.22.4.40"/><id root="1.2.3.4" extension="{status}{time}{}"/>{code}
            <statusCode code="{status}"/><effectiveTime value="{time}"/></encounter></entry>"#,
            code.len()
        )
    };
    let office = r#"<code code="185349003" codeSystem="2.16.840.1.113883.6.96" displayName="Check up"/>"#;
    let at_home = r#"<code code="HH" codeSystem="2.16.840.1.113883.5.4"/>"#;
    let billed = r#"<code code="99213" codeSystem="2.16.840.1.113883.6.12"/>"#;
    for (code, status, time, expected) in [
        (
            office,
            "active",
            "20240601",
            json!(["planned", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK"]),
        ),
        (at_home, "active", "20240601", json!(["planned", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "HH"])),
        (billed, "active", "20240601", json!(["planned", "http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB"])),
        (
            office,
            "completed",
            "20240401",
            json!(["finished", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK"]),
        ),
        (
            office,
            "completed",
            "20240601",
            json!(["planned", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK"]),
        ),
        (
            office,
            "cancelled",
            "20240601",
            json!(["cancelled", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK"]),
        ),
        (
            office,
            "nullified",
            "20240601",
            json!(["entered-in-error", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "UNK"]),
        ),
    ] {
        let section = format!(r#"<section><code code="18776-5"/>{}</section>"#, visit(code, status, time));
        let made = of_kind(&converted(&sections(&[&section])), "Encounter").remove(0);
        assert_eq!(
            json!([made["status"], made["class"]["system"], made["class"]["code"]]),
            expected,
            "{status} {time}"
        );
    }
}
