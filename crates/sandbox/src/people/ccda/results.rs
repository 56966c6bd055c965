//! Results: the newest laboratory reports with everything they cite.

use serde_json::Value;

use super::Record;
use super::element::{at, coded, day, id, template, text, value, value_words, words};
use super::section::Section;

/// How many reports are listed at most.
const REPORTS: usize = 8;

pub(super) fn section(record: &Record<'_>) -> Section {
    let mut section = Section::new(
        ("2.16.840.1.113883.10.20.22.2.3.1", "2015-08-01"),
        ("30954-2", "Relevant diagnostic tests and/or laboratory data"),
        "Results",
        &["Test", "Result", "Reference range", "Date", "Panel"],
        "No results.",
    );
    let reports = record.newest("DiagnosticReport").into_iter().filter(|report| report["result"].is_array());
    for report in reports.take(REPORTS) {
        let mut components = String::new();
        let cited = report["result"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|result| record.find(result["reference"].as_str()?));
        for observation in cited {
            let range = observation["referenceRange"][0]["text"].as_str().unwrap_or_default().to_owned();
            let taken = day(&observation["effectiveDateTime"]);
            let anchor = section.row(vec![
                words(&observation["code"]),
                value_words(observation),
                range,
                taken,
                words(&report["code"]),
            ]);
            components.push_str(&component(observation, &anchor));
        }
        section.entry(format!(
            "<organizer classCode=\"BATTERY\" moodCode=\"EVN\">{}{}{}<statusCode code=\"completed\"/>{components}</organizer>",
            template("2.16.840.1.113883.10.20.22.4.1", "2015-08-01"),
            id(report, ""),
            coded("code", &report["code"], None),
        ));
    }
    section
}

fn component(observation: &Value, anchor: &str) -> String {
    let interpretation = observation["interpretation"][0]["coding"][0]["code"].as_str();
    let interpretation = interpretation
        .map(|code| format!("<interpretationCode code=\"{code}\" codeSystem=\"2.16.840.1.113883.5.83\"/>"));
    format!(
        "<component><observation classCode=\"OBS\" moodCode=\"EVN\">{}{}{}{}<statusCode code=\"completed\"/>{}{}{}{}</observation></component>",
        template("2.16.840.1.113883.10.20.22.4.2", "2015-08-01"),
        id(observation, ""),
        coded("code", &observation["code"], None),
        text(anchor),
        at(&observation["effectiveDateTime"]),
        value(observation),
        interpretation.unwrap_or_default(),
        range(&observation["referenceRange"][0]),
    )
}

fn range(range: &Value) -> String {
    let bound = |tag: &str| match (&range[tag]["value"], range[tag]["code"].as_str()) {
        (Value::Number(number), Some(unit)) => format!("<{tag} value=\"{number}\" unit=\"{unit}\"/>"),
        _ => String::new(),
    };
    if !range.is_object() {
        return String::new();
    }
    format!(
        "<referenceRange><observationRange><value xsi:type=\"IVL_PQ\">{}{}</value></observationRange></referenceRange>",
        bound("low"),
        bound("high")
    )
}
