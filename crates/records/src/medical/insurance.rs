//! Who pays.

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::drafts::{Drafts, Facts, SkipReason};
use crate::fhir::{Element, Resource};
use crate::people::{self, Patient};
use crate::text::capitalised;

pub static KIND: Kind = Kind {
    id: "insurance",
    title: "Insurance",
    description: "Plans that cover you, with member numbers; an extension of this API.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["Coverage"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Insurance {
    payer: Option<String>,
    plan: Option<String>,
    plan_id: Option<String>,
    member_id: Option<String>,
    group_id: Option<String>,
    group: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    status: Option<String>,
    /// What the person is to the subscriber: `Self`, `Spouse` …
    relationship: Option<String>,
    date_range: Option<DateRange>,
    patient: Patient,
    codes: Vec<Code>,
}

#[derive(Serialize)]
struct DateRange {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    for coverage in chart.of_kind("Coverage") {
        match read(chart, coverage) {
            Ok(row) => {
                let range = row.date_range.as_ref();
                let (at, to) = range.map_or((None, None), |range| (range.start, range.end));
                let facts = Facts { key: coverage.key.to_owned(), at, to, lineage: vec![coverage], codes: &row.codes };
                drafts.push(&KIND, facts, &row);
            }
            Err(reason) => drafts.skip(coverage, reason),
        }
    }
}

fn read(chart: &Chart, coverage: Resource<'_>) -> Result<Insurance, SkipReason> {
    match coverage.status() {
        "entered-in-error" => return Err(SkipReason::EnteredInError),
        "draft" => return Err(SkipReason::Inactive),
        _ => {}
    }
    let kind = coverage.concept("type");
    let period = coverage.period("period");
    let (group, plan) = (class(coverage, "group"), class(coverage, "plan"));
    let text = |class: Option<Element<'_>>, member: &str| class.and_then(|class| class.str(member)).map(str::to_owned);
    let row = Insurance {
        payer: coverage.each("payor").find_map(|payor| people::agent(chart, coverage, payor)),
        plan: text(plan, "name").or_else(|| text(plan, "value")),
        plan_id: text(plan, "value"),
        member_id: member_id(coverage).map(str::to_owned),
        group_id: text(group, "value"),
        group: text(group, "name"),
        kind: kind.name().map(str::to_owned),
        status: coverage.str("status").map(capitalised),
        relationship: coverage.concept("relationship").name().map(str::to_owned),
        date_range: period.moment().map(|_| DateRange { start: period.start, end: period.end }),
        patient: Patient::of(chart, coverage, "beneficiary"),
        codes: codes::given(kind),
    };
    let known = row.payer.is_some() || row.plan.is_some() || row.member_id.is_some() || row.kind.is_some();
    if known { Ok(row) } else { Err(SkipReason::Empty) }
}

fn class<'a>(coverage: Resource<'a>, wanted: &str) -> Option<Element<'a>> {
    coverage.each("class").find(|class| class.concept("type").has_any(&[wanted]))
}

/// The number on the card.
fn member_id(coverage: Resource<'_>) -> Option<&str> {
    let numbered = || coverage.each("identifier").find(|number| number.concept("type").has_any(&["MB"]));
    numbered().and_then(|number| number.str("value")).or_else(|| coverage.str("subscriberId"))
}
