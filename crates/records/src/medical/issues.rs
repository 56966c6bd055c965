//! Problems, health concerns and diagnoses.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::dates;
use crate::drafts::{Drafts, SkipReason};
use crate::fhir::Resource;
use crate::people::Patient;
use crate::text::capitalised;

pub static KIND: Kind = Kind {
    id: "issues",
    title: "Problems",
    description: "Conditions and diagnoses on your record.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["Condition"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issue {
    pub name: String,
    pub date_time: Option<Timestamp>,
    pub status: Option<String>,
    pub patient: Patient,
    pub codes: Vec<Code>,
    pub end_date: Option<Timestamp>,
}

const ASSERTED: &str = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate";
const NONE_KNOWN: &[&str] = &["160245001"];
const NONE_KNOWN_TEXTS: &[&str] =
    &["no known problems", "no current problems or disability", "no active problems", "none"];

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let mut listed: HashMap<CodeSet, Vec<Resource<'_>>> = HashMap::new();
    for problem in chart.of_kind("Condition").filter(|problem| is_listed(*problem) && screen(*problem).is_ok()) {
        listed.entry(code_set(problem)).or_default().push(problem);
    }
    for condition in chart.of_kind("Condition") {
        if is_functional(condition) {
            continue;
        }
        let codes = code_set(condition);
        let twin = is_diagnosis(condition)
            && !is_listed(condition)
            && !codes.is_empty()
            && listed.get(&codes).into_iter().flatten().any(|problem| is_same_episode(chart, *problem, condition));
        let row = read(chart, condition).and_then(|row| if twin { Err(SkipReason::Duplicate) } else { Ok(row) });
        drafts.record(&KIND, condition, row, |row| (row.date_time, &row.codes));
    }
}

pub(super) fn read(chart: &Chart, condition: Resource<'_>) -> Result<Issue, SkipReason> {
    let verification = screen(condition)?;
    let code = condition.concept("code");
    let uncertain = ["unconfirmed", "provisional", "differential"].contains(&verification).then_some(verification);
    let end_date = ended(chart, condition);
    let status = condition.concept("clinicalStatus");
    // What has ended is over, even where no status says so.
    let over = end_date.and(Some("resolved"));
    Ok(Issue {
        name: code.name().ok_or_else(|| code.missing())?.to_owned(),
        date_time: started(chart, condition),
        status: status.code().or_else(|| status.text()).or(uncertain).or(over).map(capitalised),
        patient: Patient::of(chart, condition, "subject"),
        codes: codes::given(code),
        end_date,
    })
}

/// Whether it is a fact about the person; gives its verification status.
fn screen(condition: Resource<'_>) -> Result<&str, SkipReason> {
    let code = condition.concept("code");
    let verification = condition.concept("verificationStatus").code().unwrap_or_default();
    match verification {
        "entered-in-error" => Err(SkipReason::EnteredInError),
        "refuted" => Err(SkipReason::Refuted),
        _ if code.has_any(NONE_KNOWN) => Err(SkipReason::NoneKnown),
        _ if code.name().is_some_and(|name| NONE_KNOWN_TEXTS.contains(&name.to_lowercase().as_str())) => {
            Err(SkipReason::NoneKnown)
        }
        _ => Ok(verification),
    }
}

fn started(chart: &Chart, condition: Resource<'_>) -> Option<Timestamp> {
    condition
        .when("onset")
        .start
        .or_else(|| aged(chart, condition, "onsetAge"))
        .or_else(|| condition.extension(ASSERTED).date("valueDateTime"))
        .or_else(|| condition.date("recordedDate"))
}

fn ended(chart: &Chart, condition: Resource<'_>) -> Option<Timestamp> {
    let abatement = condition.when("abatement");
    abatement
        .end
        .or(abatement.start)
        .or_else(|| condition.period("onsetPeriod").end)
        .or_else(|| aged(chart, condition, "abatementAge"))
}

fn aged(chart: &Chart, condition: Resource<'_>, member: &str) -> Option<Timestamp> {
    let years = condition.quantity(member).filter(|age| matches!(age.code, Some("a") | None))?.number()?;
    dates::at_age(chart.patient()?.str("birthDate")?, years)
}

/// Systems and codes of a condition, however its systems are spelt.
type CodeSet<'a> = BTreeSet<(Cow<'a, str>, Cow<'a, str>)>;

/// ICD-10-CM, ICD-10 and ICD-9-CM.
const ICD: &[&str] = &["2.16.840.1.113883.6.90", "2.16.840.1.113883.6.3", "2.16.840.1.113883.6.103"];

/// `e119` and `E11.9.` are `E11.9`.
fn icd_form(code: &str) -> Cow<'_, str> {
    let written: String = code.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
    let written = written.to_ascii_uppercase();
    Cow::Owned(match written.split_at_checked(3) {
        Some((category, rest)) if !rest.is_empty() => format!("{category}.{rest}"),
        _ => written,
    })
}

fn code_set(condition: Resource<'_>) -> CodeSet<'_> {
    let codings = condition.concept("code").codings();
    codings
        .filter_map(|coding| {
            let system = codes::translate(coding.system()?).0;
            let code = coding.code()?;
            let icd = ICD.contains(&system.as_ref());
            Some((system, if icd { icd_form(code) } else { Cow::Borrowed(code) }))
        })
        .collect()
}

/// Whether a diagnosis made at a visit is about the problem as it is listed, and not about an
/// illness of the same name at another time.
fn is_same_episode(chart: &Chart, problem: Resource<'_>, diagnosis: Resource<'_>) -> bool {
    let (from, to) = (started(chart, problem), ended(chart, problem));
    let active = match problem.concept("clinicalStatus").code() {
        Some(status) => matches!(status, "active" | "recurrence" | "relapse"),
        None => to.is_none(),
    };
    let (Some(from), Some(at)) = (from, started(chart, diagnosis)) else { return active };
    active || year(from) == year(at) || (from <= at && to.is_some_and(|to| at <= to))
}

fn year(at: Timestamp) -> String {
    at.to_iso()[..4].to_owned()
}

fn has_category(condition: Resource<'_>, category: &str) -> bool {
    condition.concepts("category").any(|concept| concept.has_any(&[category]))
}

pub(super) fn is_listed(condition: Resource<'_>) -> bool {
    has_category(condition, "problem-list-item")
}

pub(super) fn is_diagnosis(condition: Resource<'_>) -> bool {
    has_category(condition, "encounter-diagnosis")
}

/// Functional findings are read by another kind.
pub(super) fn is_functional(condition: Resource<'_>) -> bool {
    has_category(condition, "functional-status")
}
