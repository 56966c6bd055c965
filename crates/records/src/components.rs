//! The lines of a test result.

use serde::Serialize;

use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::fhir::{Element, Resource, bounds};

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
    out.extend(line(chart, *observation, observation.value(), &comments));
    for part in observation.each("component") {
        out.extend(line(chart, part, part.value().or_else(|| absent(part)), ""));
    }
    if depth < DEPTH {
        gather(chart, observation, "hasMember", lineage, out, depth);
    }
    if out.len() == before {
        let value = absent(*observation).or_else(|| (!comments.is_empty()).then(|| (String::new(), None)));
        out.extend(line(chart, *observation, value, &comments));
    }
}

fn absent<'a>(part: Element<'a>) -> Option<(String, Option<&'a str>)> {
    part.absent_reason().map(|reason| (reason.to_owned(), None))
}

fn line(chart: &Chart, part: Element<'_>, value: Option<(String, Option<&str>)>, comments: &str) -> Option<Component> {
    let (value, unit) = value?;
    let code = part.concept("code");
    let ranges = ranges(chart, part);
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

/// The ranges that are normal for this person.
fn ranges<'a>(chart: &Chart, part: Element<'a>) -> Vec<Element<'a>> {
    let gender = chart.patient().and_then(|patient| patient.body.str("gender")).unwrap_or_default();
    let other = match gender {
        "male" => "female",
        "female" => "male",
        _ => "",
    };
    let fits = |range: &Element<'a>| {
        let normal = range.get("type").is_absent() || range.concept("type").has_any(&["normal"]);
        let excluded =
            range.concepts("appliesTo").filter_map(|group| group.name()).any(|group| group.eq_ignore_ascii_case(other));
        normal && !excluded
    };
    let fitting: Vec<Element<'a>> = part.each("referenceRange").filter(fits).collect();
    if fitting.is_empty() { part.each("referenceRange").take(1).collect() } else { fitting }
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
    let interpretation = part.concepts("interpretation").next()?;
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
