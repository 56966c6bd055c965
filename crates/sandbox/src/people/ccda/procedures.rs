//! Procedures.

use serde_json::Value;

use super::Record;
use super::element::{at, coded, day, id, template, text, words};
use super::section::Section;

/// How many procedures are listed at most.
const LISTED: usize = 20;

pub(super) fn section(record: &Record<'_>) -> Section {
    let mut section = Section::new(
        ("2.16.840.1.113883.10.20.22.2.7.1", "2014-06-09"),
        ("47519-4", "History of procedures"),
        "Procedures",
        &["Procedure", "Date", "Status"],
        "No procedures.",
    );
    for procedure in record.newest("Procedure").into_iter().take(LISTED) {
        let when = when(procedure);
        let status = procedure["status"].as_str().unwrap_or_default().to_owned();
        let anchor = section.row(vec![words(&procedure["code"]), day(when), status]);
        section.entry(entry(procedure, when, &anchor));
    }
    section
}

fn when(procedure: &Value) -> &Value {
    match &procedure["performedPeriod"]["start"] {
        Value::Null => &procedure["performedDateTime"],
        start => start,
    }
}

fn entry(procedure: &Value, when: &Value, anchor: &str) -> String {
    let status = if procedure["status"] == "completed" { "completed" } else { "cancelled" };
    let site = &procedure["bodySite"][0];
    let site = if site.is_object() { coded("targetSiteCode", site, None) } else { String::new() };
    format!(
        "<procedure classCode=\"PROC\" moodCode=\"EVN\">{}{}{}{}<statusCode code=\"{status}\"/>{}{site}</procedure>",
        template("2.16.840.1.113883.10.20.22.4.14", "2014-06-09"),
        id(procedure, ""),
        coded("code", &procedure["code"], Some(anchor)),
        text(anchor),
        at(when),
    )
}
