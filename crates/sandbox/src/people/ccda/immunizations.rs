//! Immunizations.

use serde_json::Value;

use super::Record;
use super::element::{at, coded, day, id, template, text, words};
use super::section::Section;

pub(super) fn section(record: &Record<'_>) -> Section {
    let mut section = Section::new(
        ("2.16.840.1.113883.10.20.22.2.2.1", "2015-08-01"),
        ("11369-6", "History of immunization"),
        "Immunizations",
        &["Vaccine", "Date", "Lot", "Status"],
        "No immunizations.",
    );
    for immunization in record.newest("Immunization") {
        let lot = immunization["lotNumber"].as_str().unwrap_or_default();
        let status = immunization["status"].as_str().unwrap_or_default().to_owned();
        let anchor = section.row(vec![
            words(&immunization["vaccineCode"]),
            day(&immunization["occurrenceDateTime"]),
            lot.to_owned(),
            status,
        ]);
        section.entry(entry(immunization, &anchor, lot));
    }
    section
}

fn entry(immunization: &Value, anchor: &str, lot: &str) -> String {
    let declined = immunization["status"] == "not-done";
    let dose = &immunization["doseQuantity"]["value"];
    let dose = if dose.is_number() { format!("<doseQuantity value=\"{dose}\" unit=\"mL\"/>") } else { String::new() };
    let lot = if lot.is_empty() { String::new() } else { format!("<lotNumberText>{lot}</lotNumberText>") };
    let refusal = match declined {
        false => String::new(),
        true => format!(
            "<entryRelationship typeCode=\"RSON\"><observation classCode=\"OBS\" moodCode=\"EVN\"><templateId root=\"2.16.840.1.113883.10.20.22.4.53\"/>{}\
             <code code=\"PATOBJ\" codeSystem=\"2.16.840.1.113883.5.8\" displayName=\"patient objection\"/><statusCode code=\"completed\"/></observation></entryRelationship>",
            id(immunization, "-refusal")
        ),
    };
    format!(
        "<substanceAdministration classCode=\"SBADM\" moodCode=\"EVN\" negationInd=\"{declined}\">{}{}{}<statusCode code=\"completed\"/>{}{dose}\
         <consumable><manufacturedProduct classCode=\"MANU\">{}<manufacturedMaterial>{}{lot}</manufacturedMaterial></manufacturedProduct></consumable>\
         {refusal}</substanceAdministration>",
        template("2.16.840.1.113883.10.20.22.4.52", "2015-08-01"),
        id(immunization, ""),
        text(anchor),
        at(&immunization["occurrenceDateTime"]),
        template("2.16.840.1.113883.10.20.22.4.54", "2014-06-09"),
        coded("code", &immunization["vaccineCode"], Some(anchor)),
    )
}
