//! Allergies and intolerances.

use serde_json::Value;

use super::Record;
use super::element::{at, bounds, coded, day, id, template, text, words};
use super::section::Section;

/// What a propensity is called, by category and whether it is an intolerance.
const PROPENSITIES: &[(&str, bool, &str, &str)] = &[
    ("medication", false, "416098002", "Allergy to drug"),
    ("medication", true, "59037007", "Intolerance to drug"),
    ("food", false, "414285001", "Allergy to food"),
    ("food", true, "235719002", "Intolerance to food"),
];

const NO_KNOWN_ALLERGY: &str = "716186003";

pub(super) fn section(record: &Record<'_>) -> Section {
    let mut section = Section::new(
        ("2.16.840.1.113883.10.20.22.2.6.1", "2015-08-01"),
        ("48765-2", "Allergies and adverse reactions"),
        "Allergies and Intolerances",
        &["Substance", "Reaction", "Severity", "Since", "Status"],
        "Not asked.",
    );
    for allergy in record.newest("AllergyIntolerance") {
        let none = allergy["code"]["coding"][0]["code"] == NO_KNOWN_ALLERGY;
        let reaction = &allergy["reaction"][0];
        let anchor = section.row(vec![
            words(&allergy["code"]),
            words(&reaction["manifestation"][0]),
            reaction["severity"].as_str().unwrap_or_default().to_owned(),
            day(&allergy["onsetDateTime"]),
            "Active".to_owned(),
        ]);
        section.entry(concern(allergy, &anchor, none));
    }
    section
}

fn concern(allergy: &Value, anchor: &str, none: bool) -> String {
    let concern = template("2.16.840.1.113883.10.20.22.4.30", "2015-08-01");
    let observation = template("2.16.840.1.113883.10.20.22.4.7", "2014-06-09");
    let intolerance = allergy["type"] == "intolerance";
    let category = allergy["category"][0].as_str().unwrap_or_default();
    let known = PROPENSITIES.iter().find(|(kind, other, _, _)| *kind == category && *other == intolerance);
    let (code, display) =
        known.map_or(("419199007", "Allergy to substance"), |(_, _, code, display)| (*code, *display));
    let negated = if none { " negationInd=\"true\"" } else { "" };
    let substance =
        if none { "<code nullFlavor=\"NA\"/>".to_owned() } else { coded("code", &allergy["code"], Some(anchor)) };
    format!(
        "<act classCode=\"ACT\" moodCode=\"EVN\">{concern}{}<code code=\"CONC\" codeSystem=\"2.16.840.1.113883.5.6\"/>\
         <statusCode code=\"active\"/><effectiveTime>{}</effectiveTime><entryRelationship typeCode=\"SUBJ\">\
         <observation classCode=\"OBS\" moodCode=\"EVN\"{negated}>{observation}{}\
         <code code=\"ASSERTION\" codeSystem=\"2.16.840.1.113883.5.4\"/>{}<statusCode code=\"completed\"/><effectiveTime>{}</effectiveTime>\
         <value xsi:type=\"CD\" code=\"{code}\" codeSystem=\"2.16.840.1.113883.6.96\" displayName=\"{display}\"/>\
         <participant typeCode=\"CSM\"><participantRole classCode=\"MANU\"><playingEntity classCode=\"MMAT\">{substance}</playingEntity></participantRole></participant>\
         {}</observation></entryRelationship></act>",
        id(allergy, ""),
        bounds(&allergy["recordedDate"], &Value::Null),
        id(allergy, "-obs"),
        text(anchor),
        bounds(&allergy["onsetDateTime"], &Value::Null),
        reaction(allergy),
    )
}

fn reaction(allergy: &Value) -> String {
    let reaction = &allergy["reaction"][0];
    if !reaction.is_object() {
        return String::new();
    }
    let severity = match reaction["severity"].as_str() {
        Some("mild") => ("255604002", "Mild"),
        Some("severe") => ("24484000", "Severe"),
        _ => ("6736007", "Moderate"),
    };
    format!(
        "<entryRelationship typeCode=\"MFST\" inversionInd=\"true\"><observation classCode=\"OBS\" moodCode=\"EVN\">{}{}\
         <code code=\"ASSERTION\" codeSystem=\"2.16.840.1.113883.5.4\"/><statusCode code=\"completed\"/>{}{}\
         <entryRelationship typeCode=\"SUBJ\" inversionInd=\"true\"><observation classCode=\"OBS\" moodCode=\"EVN\">{}\
         <code code=\"SEV\" codeSystem=\"2.16.840.1.113883.5.4\"/><statusCode code=\"completed\"/>\
         <value xsi:type=\"CD\" code=\"{}\" codeSystem=\"2.16.840.1.113883.6.96\" displayName=\"{}\"/></observation></entryRelationship>\
         </observation></entryRelationship>",
        template("2.16.840.1.113883.10.20.22.4.9", "2014-06-09"),
        id(allergy, "-reaction"),
        at(&allergy["onsetDateTime"]),
        coded("value xsi:type=\"CD\"", &reaction["manifestation"][0], None),
        template("2.16.840.1.113883.10.20.22.4.8", "2014-06-09"),
        severity.0,
        severity.1,
    )
}
