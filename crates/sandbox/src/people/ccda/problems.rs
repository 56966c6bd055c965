//! Problems: the problem list, then what was diagnosed at single visits.

use serde_json::{Value, json};

use super::Record;
use super::element::{bounds, coded, day, id, template, text, words};
use super::section::Section;

/// How many visit diagnoses are listed at most.
const DIAGNOSES: usize = 15;

pub(super) fn section(record: &Record<'_>) -> Section {
    let mut section = Section::new(
        ("2.16.840.1.113883.10.20.22.2.5.1", "2015-08-01"),
        ("11450-4", "Problem list"),
        "Problems",
        &["Problem", "Onset", "Resolved", "Status"],
        "No known problems.",
    );
    let (listed, diagnosed): (Vec<&Value>, Vec<&Value>) = record
        .newest("Condition")
        .into_iter()
        .partition(|condition| condition["category"][0]["coding"][0]["code"] == "problem-list-item");
    let passed = diagnosed.into_iter().filter(|condition| condition["abatementDateTime"].is_string()).take(DIAGNOSES);
    for condition in listed.into_iter().chain(passed) {
        let status = condition["clinicalStatus"]["coding"][0]["display"].as_str().unwrap_or_default().to_owned();
        let anchor = section.row(vec![
            words(&condition["code"]),
            day(&condition["onsetDateTime"]),
            day(&condition["abatementDateTime"]),
            status,
        ]);
        section.entry(entry(condition, &anchor));
    }
    section
}

fn entry(condition: &Value, anchor: &str) -> String {
    let resolved = condition["abatementDateTime"].is_string();
    let (concern, status) =
        if resolved { ("completed", ("413322009", "Resolved")) } else { ("active", ("55561003", "Active")) };
    // The problem itself is named in SNOMED CT; some visits name it in ICD-10-CM first.
    let mut codings: Vec<Value> = condition["code"]["coding"].as_array().cloned().unwrap_or_default();
    codings.sort_by_key(|coding| coding["system"] != "http://snomed.info/sct");
    let code = json!({ "coding": codings });
    format!(
        "<act classCode=\"ACT\" moodCode=\"EVN\">{}{}<code code=\"CONC\" codeSystem=\"2.16.840.1.113883.5.6\"/>\
         <statusCode code=\"{concern}\"/><effectiveTime>{}</effectiveTime><entryRelationship typeCode=\"SUBJ\">\
         <observation classCode=\"OBS\" moodCode=\"EVN\">{}{}\
         <code code=\"55607006\" codeSystem=\"2.16.840.1.113883.6.96\" displayName=\"Problem\"><translation code=\"75326-9\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"Problem\"/></code>\
         {}<statusCode code=\"completed\"/><effectiveTime>{}</effectiveTime>{}\
         <entryRelationship typeCode=\"REFR\"><observation classCode=\"OBS\" moodCode=\"EVN\">{}\
         <code code=\"33999-4\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"Status\"/><statusCode code=\"completed\"/>\
         <value xsi:type=\"CD\" code=\"{}\" codeSystem=\"2.16.840.1.113883.6.96\" displayName=\"{}\"/></observation></entryRelationship>\
         </observation></entryRelationship></act>",
        template("2.16.840.1.113883.10.20.22.4.3", "2015-08-01"),
        id(condition, ""),
        bounds(&condition["recordedDate"], &condition["abatementDateTime"]),
        template("2.16.840.1.113883.10.20.22.4.4", "2015-08-01"),
        id(condition, "-obs"),
        text(anchor),
        bounds(&condition["onsetDateTime"], &condition["abatementDateTime"]),
        coded("value xsi:type=\"CD\"", &code, Some(anchor)),
        template("2.16.840.1.113883.10.20.22.4.6", "2013-06-01"),
        status.0,
        status.1,
    )
}
