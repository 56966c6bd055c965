//! The lines of a test result.

use domain::Timestamp;
use serde::Serialize;

use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::fhir::{Concept, Element, Resource, bounds};

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    pub name: Option<String>,
    pub value: Option<String>,
    pub unit: Option<String>,
    pub low: Option<String>,
    pub high: Option<String>,
    pub ref_range: Option<String>,
    pub flag: Option<String>,
    pub component_comments: String,
    pub codes: Vec<Code>,
}

/// Panels of panels go no deeper than this.
const DEPTH: usize = 8;

/// The lines a report or panel lists under `member`, those of inner panels included.
pub fn components_of<'a>(
    chart: &'a Chart,
    owner: Resource<'a>,
    member: &str,
    lineage: &mut Vec<Resource<'a>>,
) -> Vec<Component> {
    let mut out = Vec::new();
    gather(chart, owner, member, lineage, &mut out, 0);
    out
}

/// The lines of one observation.
pub fn of_observation<'a>(
    chart: &'a Chart,
    observation: Resource<'a>,
    lineage: &mut Vec<Resource<'a>>,
) -> Vec<Component> {
    let mut out = Vec::new();
    add(chart, observation, lineage, &mut out, 0);
    out
}

/// The text of a report without results, as lines.
pub fn texts(narrative: Option<&str>, impression: Option<&str>) -> Vec<Component> {
    [("Narrative", narrative), ("Impression", impression)]
        .into_iter()
        .filter_map(|(name, text)| {
            Some(Component { name: Some(name.to_owned()), value: Some(text?.to_owned()), ..Component::default() })
        })
        .collect()
}

fn gather<'a>(
    chart: &'a Chart,
    owner: Resource<'a>,
    member: &str,
    lineage: &mut Vec<Resource<'a>>,
    out: &mut Vec<Component>,
    depth: usize,
) {
    for reference in owner.each(member) {
        match chart.resolve(owner, reference) {
            Some(found) if found.kind == "Observation" => {
                // An observation listed twice, or a panel that contains itself, counts once.
                let listed = lineage.iter().any(|known| std::ptr::eq(known.body.0, found.body.0));
                if !listed && found.status() != "entered-in-error" && found.status() != "cancelled" {
                    add(chart, found, lineage, out, depth + 1);
                }
            }
            Some(_) => {}
            // Known by name only, because it was not sent.
            None => out.extend(
                reference.str("display").map(|name| Component { name: Some(name.to_owned()), ..Component::default() }),
            ),
        }
    }
}

fn add<'a>(
    chart: &'a Chart,
    observation: Resource<'a>,
    lineage: &mut Vec<Resource<'a>>,
    out: &mut Vec<Component>,
    depth: usize,
) {
    lineage.push(observation);
    let before = out.len();
    let comments = observation.notes("note").unwrap_or_default();
    let on = observation.when("effective").moment();
    out.extend(line(chart, *observation, on, observation.value(), &comments));
    for part in observation.each("component") {
        out.extend(line(chart, part, on, part.value().or_else(|| absent(part)), ""));
    }
    if depth < DEPTH {
        gather(chart, observation, "hasMember", lineage, out, depth);
    }
    if out.len() == before {
        let value = absent(*observation).or_else(|| (!comments.is_empty()).then(|| (String::new(), None)));
        out.extend(line(chart, *observation, on, value, &comments));
    }
}

fn absent<'a>(part: Element<'a>) -> Option<(String, Option<&'a str>)> {
    part.absent_reason().map(|reason| (reason.to_owned(), None))
}

fn line(
    chart: &Chart,
    part: Element<'_>,
    on: Option<Timestamp>,
    value: Option<(String, Option<&str>)>,
    comments: &str,
) -> Option<Component> {
    let (value, unit) = value?;
    let code = part.concept("code");
    let ranges = ranges(chart, part, on);
    let only = ranges.first().filter(|_| ranges.len() == 1);
    let bound = |name: &str| only.and_then(|range| range.get(name).decimal("value"));
    Some(Component {
        name: code.name().map(str::to_owned),
        value: (!value.is_empty()).then_some(value),
        unit: unit.map(str::to_owned),
        low: bound("low"),
        high: bound("high"),
        ref_range: printed(&ranges),
        flag: flag(part),
        component_comments: comments.to_owned(),
        codes: codes::given(code),
    })
}

/// The ranges that are normal for this person at the age they had.
fn ranges<'a>(chart: &Chart, part: Element<'a>, on: Option<Timestamp>) -> Vec<Element<'a>> {
    let fits = |range: &Element<'a>| {
        let normal = range.get("type").is_absent() || range.concept("type").has_any(&["normal"]);
        normal && !is_of_other_sex(chart, *range) && is_of_age(chart, *range, on)
    };
    let fitting: Vec<Element<'a>> = part.each("referenceRange").filter(fits).collect();
    if fitting.is_empty() { part.each("referenceRange").take(1).collect() } else { fitting }
}

fn is_of_other_sex(chart: &Chart, range: Element<'_>) -> bool {
    let (other, code) = match chart.patient().and_then(|patient| patient.body.str("gender")) {
        Some("male") => ("female", "248152002"),
        Some("female") => ("male", "248153007"),
        _ => return false,
    };
    range
        .concepts("appliesTo")
        .any(|group| group.has_any(&[code]) || group.name().is_some_and(|name| name.eq_ignore_ascii_case(other)))
}

/// Whether the range is for people of the age this one had; where that is not known, it is.
fn is_of_age(chart: &Chart, range: Element<'_>, on: Option<Timestamp>) -> bool {
    const DAYS: f64 = 86_400_000.0;
    let age = range.get("age");
    if age.is_absent() {
        return true;
    }
    let born = chart.patient().and_then(|patient| patient.body.date("birthDate"));
    let Some((born, on)) = born.zip(on) else { return true };
    let lived = (on.0 - born.0) as f64 / DAYS;
    let bound = |side: &str| {
        let bound = age.quantity(side)?;
        let days = match bound.code.or(bound.unit)? {
            "a" | "year" | "years" => 365.25,
            "mo" | "month" | "months" => 365.25 / 12.0,
            "wk" | "week" | "weeks" => 7.0,
            "d" | "day" | "days" => 1.0,
            _ => return None,
        };
        Some((bound.number()? * days, days))
    };
    // Who is 17 stays so until the next birthday.
    bound("low").is_none_or(|(low, _)| lived >= low) && bound("high").is_none_or(|(high, unit)| lived < high + unit)
}

fn printed(ranges: &[Element<'_>]) -> Option<String> {
    let texts: Vec<String> = ranges
        .iter()
        .filter_map(|range| {
            let side = |name: &str| range.get(name).decimal("value");
            range.str("text").map(str::to_owned).or_else(|| bounds(side("low").as_deref(), side("high").as_deref()))
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// `H`, `L`, `A`, or the source's word; nothing for a normal result.
fn flag(part: Element<'_>) -> Option<String> {
    part.concepts("interpretation").find_map(short)
}

fn short(interpretation: Concept<'_>) -> Option<String> {
    let word = interpretation.code().or_else(|| interpretation.text())?;
    let short = match word.to_ascii_uppercase().as_str() {
        "H" | "HH" | "HU" | ">" | "HIGH" | "CRITICAL HIGH" => "H",
        "L" | "LL" | "LU" | "<" | "LOW" | "CRITICAL LOW" => "L",
        "A" | "AA" | "POS" | "DET" | "ABN" | "ABNORMAL" => "A",
        "N" | "NEG" | "ND" | "NORMAL" => return None,
        _ => return interpretation.name().map(str::to_owned),
    };
    Some(short.to_owned())
}
