use super::super::testing::{converted, of_kind, sections};
use super::*;

#[test]
fn names_and_codes_of_imaging() {
    for (name, expected) in [
        ("XR Chest 2 Views", true),
        ("CT Head WO contrast", true),
        ("CHEST X-RAY, PA & LATERAL (71020)", true),
        ("Radiology Study observation", true),
        ("Ultrasound of thyroid", true),
        ("CT DNA [Presence] in Urine", false),
        ("US", false),
        ("MRI Safety Status", false),
        ("Xray", true),
        ("Potassium [Moles/volume] in Serum or Plasma", false),
        ("Iron [Mass/volume] in Liver", false),
        ("", false),
    ] {
        assert_eq!(is_imaging(name), expected, "{name}");
    }
    for (system, code, expected) in [
        (SERVICE, "RAD", Some(Sort::Imaging)),
        (SERVICE, "CH", Some(Sort::Laboratory)),
        (LOINC, "18748-4", Some(Sort::Imaging)),
        (LOINC, "18746-8", Some(Sort::Procedure)),
        (LOINC, "2823-3", None),
        (CPT, "71020", Some(Sort::Imaging)),
        (CPT, "85025", Some(Sort::Laboratory)),
        (CPT, "93000", Some(Sort::Procedure)),
        (CPT, "77402", None),
        (CPT, "071020", None),
        ("http://terminology.hl7.org/CodeSystem/observation-category", "exam", Some(Sort::Exam)),
    ] {
        assert_eq!(by_code(system, code), expected, "{code}");
    }
}

fn panel(code: &str, result: &str) -> String {
    format!(
        r#"<entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.1"/>{code}
        <component><observation classCode="OBS" moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.2"/>{result}<value xsi:type="ST">clear</value></observation></component></organizer></entry>"#
    )
}

fn section(title: &str, code: &str, entries: &str) -> String {
    format!(
        r#"<section><templateId root="2.16.840.1.113883.10.20.22.2.3.1"/><code code="{code}" codeSystem="2.16.840.1.113883.6.1"/><title>{title}</title>{entries}</section>"#
    )
}

/// Category codes of the only report and of the only observation.
fn categories(section: &str) -> (Option<String>, String) {
    let converted = converted(&sections(&[section]));
    let code = |of: &Value| of["category"][0]["coding"][0]["code"].as_str().map(str::to_owned);
    (code(&of_kind(&converted, "DiagnosticReport")[0]), code(&of_kind(&converted, "Observation")[0]).unwrap())
}

#[test]
fn a_result_is_of_the_laboratory_unless_the_document_says_otherwise() {
    let loinc = |code: &str, name: &str| {
        format!(r#"<code code="{code}" codeSystem="2.16.840.1.113883.6.1" displayName="{name}"/>"#)
    };
    let lung = loinc("24642-7", "Lungs");
    let electrolytes = panel(&loinc("24326-1", "Electrolytes"), &loinc("2823-3", "Potassium"));
    let told = |of: (Option<String>, String)| format!("{} {}", of.0.unwrap_or_default(), of.1);
    assert_eq!(told(categories(&section("Results", "30954-2", &electrolytes))), "LAB laboratory");
    for (code, expected) in [
        (loinc("36643-5", "XR Chest 2 Views"), "LP29684-5 imaging"),
        (loinc("18748-4", "Diagnostic imaging study"), "LP29684-5 imaging"),
        (loinc("18746-8", "Colonoscopy study"), " procedure"),
        (
            r#"<code code="local-7"><translation code="RAD" codeSystem="2.16.840.1.113883.12.74"/></code>"#.to_owned(),
            "LP29684-5 imaging",
        ),
        (r#"<code code="71020" codeSystem="2.16.840.1.113883.6.12"/>"#.to_owned(), "LP29684-5 imaging"),
    ] {
        assert_eq!(told(categories(&section("Results", "30954-2", &panel(&code, &lung)))), expected, "{code}");
    }
    let nameless = panel(r#"<code nullFlavor="UNK"/>"#, &lung);
    for (title, code, expected) in [
        ("Radiology Results", "30954-2", "LP29684-5 imaging"),
        ("Laboratory and Imaging Results", "30954-2", "LAB laboratory"),
        ("Studies", "18726-0", "LP29684-5 imaging"),
    ] {
        assert_eq!(told(categories(&section(title, code, &nameless))), expected, "{title}");
    }
    // A result within a panel may know better.
    let mixed = panel(&loinc("24326-1", "Electrolytes"), &loinc("36643-5", "XR Chest 2 Views"));
    assert_eq!(told(categories(&section("Results", "30954-2", &mixed))), "LAB imaging");
}
