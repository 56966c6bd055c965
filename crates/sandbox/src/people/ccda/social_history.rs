//! Social history: the newest answer to each question.

use serde_json::Value;

use super::Record;
use super::element::{at, bounds, coded, day, id, template, text, value, value_words, words};
use super::section::Section;

const SMOKING: &str = "72166-2";

pub(super) fn section(record: &Record<'_>) -> Section {
    let mut section = Section::new(
        ("2.16.840.1.113883.10.20.22.2.17", "2015-08-01"),
        ("29762-2", "Social history"),
        "Social History",
        &["Question", "Answer", "Date"],
        "Not asked.",
    );
    let mut asked: Vec<&Value> = Vec::new();
    for observation in record.newest("Observation") {
        let code = &observation["code"]["coding"][0]["code"];
        if observation["category"][0]["coding"][0]["code"] != "social-history" || asked.contains(&code) {
            continue;
        }
        asked.push(code);
        let when = if observation["effectiveDateTime"].is_string() {
            &observation["effectiveDateTime"]
        } else {
            &observation["effectivePeriod"]["start"]
        };
        let anchor = section.row(vec![words(&observation["code"]), answer(observation), day(when)]);
        section.entry(entry(observation, when, &anchor, code == SMOKING));
    }
    section
}

fn answer(observation: &Value) -> String {
    match observation["valueDateTime"].as_str() {
        Some(day) => day.to_owned(),
        None => value_words(observation),
    }
}

fn entry(observation: &Value, when: &Value, anchor: &str, smoking: bool) -> String {
    let (template, effective) = if smoking {
        (template("2.16.840.1.113883.10.20.22.4.78", "2014-06-09"), at(when))
    } else {
        (
            template("2.16.840.1.113883.10.20.22.4.38", "2015-08-01"),
            format!("<effectiveTime>{}</effectiveTime>", bounds(when, &Value::Null)),
        )
    };
    let value = match observation["valueDateTime"].as_str() {
        Some(day) => format!("<value xsi:type=\"TS\" value=\"{}\"/>", super::element::time(day)),
        None if observation["valueCodeableConcept"]["coding"].is_array() => value(observation),
        None if observation["valueCodeableConcept"].is_object() => {
            format!("<value xsi:type=\"ST\">{}</value>", words(&observation["valueCodeableConcept"]))
        }
        None => value(observation),
    };
    format!(
        "<observation classCode=\"OBS\" moodCode=\"EVN\">{template}{}{}{}<statusCode code=\"completed\"/>{effective}{value}</observation>",
        id(observation, ""),
        coded("code", &observation["code"], None),
        text(anchor),
    )
}
