//! Advance directives → Observation.

use super::context::Context;
use super::node::Node;
use super::observations::{Setting, US_CATEGORY, observation};
use super::section::{Read, Reader, Section, each, unknown};

pub static SECTION: Section = Section {
    id: "advance_directives",
    templates: &["2.16.840.1.113883.10.20.22.2.21.1", "2.16.840.1.113883.10.20.22.2.21"],
    loinc: &["42348-3"],
    titles: &["advance directives"],
    entries: ENTRIES,
    other,
};

const ENTRIES: &[(&str, Reader)] =
    &[("2.16.840.1.113883.10.20.22.4.48", directive), ("2.16.840.1.113883.10.20.22.4.108", organizer)];

fn other<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    match act.name() {
        "observation" => directive(cx, act),
        "organizer" => organizer(cx, act),
        _ => unknown(cx, act),
    }
}

fn organizer<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let inside = act.related().map(|(_, inner)| inner).filter(|inner| inner.name() == "observation");
    each(cx, inside, directive)
}

/// What the person wants, or that a document says so.
fn directive<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    let setting = Setting { category: (US_CATEGORY, "observation-adi-documentation"), around: None };
    let body = observation(cx, act, setting)?;
    Ok(vec![cx.add("Observation", act, body)])
}
