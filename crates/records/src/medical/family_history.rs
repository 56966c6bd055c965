//! Illnesses of relatives.

use std::collections::HashMap;

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::dates;
use crate::drafts::{Drafts, Facts, SkipReason};
use crate::fhir::{Element, Resource};

pub static KIND: Kind = Kind {
    id: "family_history",
    title: "Family history",
    description: "Illnesses of your relatives; an extension of this API.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["FamilyMemberHistory"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Illness {
    name: String,
    relationship: Option<String>,
    /// When it began, or else when it was told.
    date_time: Option<Timestamp>,
    /// When it began in the source's words, such as an age.
    onset: Option<String>,
    codes: Vec<Code>,
    relationship_codes: Vec<Code>,
}

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    for relative in chart.of_kind("FamilyMemberHistory") {
        match screen(relative) {
            Ok(()) => told(drafts, relative),
            Err(reason) => drafts.skip(relative, reason),
        }
    }
}

fn screen(relative: Resource<'_>) -> Result<(), SkipReason> {
    match relative.status() {
        "entered-in-error" => Err(SkipReason::EnteredInError),
        _ => Ok(()),
    }
}

/// One row for each illness; what is only noted is one row.
fn told(drafts: &mut Drafts, relative: Resource<'_>) {
    let kin = relative.concept("relationship");
    let mut named: HashMap<&str, usize> = HashMap::new();
    let mut push = |key: String, row: Illness| {
        let facts = Facts { key, at: row.date_time, to: None, lineage: vec![relative], codes: &row.codes };
        drafts.push(&KIND, facts, &row);
    };
    let row = |name: &str, part: Option<Element<'_>>| Illness {
        name: name.to_owned(),
        relationship: kin.name().or_else(|| relative.str("name")).map(str::to_owned),
        date_time: part.and_then(|part| began(relative, part)).or_else(|| relative.date("date")),
        onset: part.and_then(onset),
        codes: part.map(|part| codes::given(part.concept("code"))).unwrap_or_default(),
        relationship_codes: codes::plain(kin).into_iter().filter(|code| code.code.is_some()).collect(),
    };
    for condition in relative.each("condition") {
        let code = condition.concept("code");
        let Some(name) = code.name() else { continue };
        // By its code, so that it keeps its id when others are added before it.
        let called = code.code().unwrap_or(name);
        let again = named.entry(called).and_modify(|count| *count += 1).or_default();
        let key = match *again {
            0 => format!("{}#{called}", relative.key),
            again => format!("{}#{called}#{again}", relative.key),
        };
        push(key, row(name, Some(condition)));
    }
    if named.is_empty() {
        match relative.notes("note") {
            Some(note) => push(relative.key.to_owned(), row(&note, None)),
            None => drafts.skip(relative, SkipReason::Empty),
        }
    }
}

fn began(relative: Resource<'_>, condition: Element<'_>) -> Option<Timestamp> {
    condition.when("onset").moment().or_else(|| {
        let years = condition.quantity("onsetAge").filter(|age| matches!(age.code, Some("a") | None))?.number()?;
        dates::at_age(relative.str("bornDate")?, years)
    })
}

fn onset(condition: Element<'_>) -> Option<String> {
    let range = condition.get("onsetRange");
    let low = range.quantity("low");
    condition
        .str("onsetString")
        .map(str::to_owned)
        .or_else(|| Some(condition.quantity("onsetAge")?.with_unit()))
        .or_else(|| match (low, range.quantity("high")) {
            (Some(low), Some(high)) => Some(format!("{} - {}", low.value, high.with_unit())),
            (one, other) => Some(one.or(other)?.with_unit()),
        })
}
