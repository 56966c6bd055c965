//! Vital signs, one organizer for each of the last visits at which they were taken.

use serde_json::Value;

use super::Record;
use super::element::{at, coded, day, id, template, text, value, value_words, words};
use super::section::Section;

/// How many visits are listed at most.
const VISITS: usize = 6;

pub(super) fn section(record: &Record<'_>) -> Section {
    let mut section = Section::new(
        ("2.16.840.1.113883.10.20.22.2.4.1", "2015-08-01"),
        ("8716-3", "Vital signs"),
        "Vital Signs",
        &["Measurement", "Value", "Date"],
        "No vital signs.",
    );
    let taken: Vec<&Value> = record
        .newest("Observation")
        .into_iter()
        .filter(|observation| observation["category"][0]["coding"][0]["code"] == "vital-signs")
        .collect();
    for visit in taken.chunk_by(|one, other| one["encounter"] == other["encounter"]).take(VISITS) {
        let mut components = String::new();
        for observation in visit {
            match observation["component"].as_array() {
                // A pressure is two measurements here.
                Some(parts) => parts.iter().enumerate().for_each(|(number, part)| {
                    let suffix = format!("-{}", number + 1);
                    components.push_str(&component(&mut section, observation, part, &suffix));
                }),
                None => components.push_str(&component(&mut section, observation, observation, "")),
            }
        }
        section.entry(format!(
            "<organizer classCode=\"CLUSTER\" moodCode=\"EVN\">{}{}\
             <code code=\"46680005\" codeSystem=\"2.16.840.1.113883.6.96\" displayName=\"Vital signs\"><translation code=\"74728-7\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"Vital signs\"/></code>\
             <statusCode code=\"completed\"/>{}{components}</organizer>",
            template("2.16.840.1.113883.10.20.22.4.26", "2015-08-01"),
            id(visit[0], "-set"),
            at(&visit[0]["effectiveDateTime"]),
        ));
    }
    section
}

/// `part` has the code and the value, `observation` the rest.
fn component(section: &mut Section, observation: &Value, part: &Value, suffix: &str) -> String {
    let anchor = section.row(vec![words(&part["code"]), value_words(part), day(&observation["effectiveDateTime"])]);
    format!(
        "<component><observation classCode=\"OBS\" moodCode=\"EVN\">{}{}{}{}<statusCode code=\"completed\"/>{}{}</observation></component>",
        template("2.16.840.1.113883.10.20.22.4.27", "2014-06-09"),
        id(observation, suffix),
        coded("code", &part["code"], None),
        text(&anchor),
        at(&observation["effectiveDateTime"]),
        value(part),
    )
}
