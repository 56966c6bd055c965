//! Findings of an examination that are problems, such as wounds → Condition.

use super::context::Context;
use super::node::Node;
use super::problems::condition;
use super::section::{Read, Section, unknown};

pub static SECTION: Section = Section {
    id: "physical_exam",
    templates: &["2.16.840.1.113883.10.20.2.10"],
    loinc: &["29545-1", "8709-8"],
    titles: &["physical exam", "physical examination"],
    entries: &[("2.16.840.1.113883.10.20.22.4.114", wound)],
    other: unknown,
};

/// A Longitudinal Care Wound Observation: a problem, with what it looks like.
fn wound<'a>(cx: &mut Context<'a>, act: Node<'a>) -> Read {
    Ok(vec![condition(cx, act, None)?])
}
