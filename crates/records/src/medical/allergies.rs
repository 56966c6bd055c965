//! Allergies and intolerances.

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::dates;
use crate::drafts::{Drafts, SkipReason};
use crate::fhir::{Concept, Element, Resource, Span};
use crate::people::Patient;
use crate::text::capitalised;

pub static KIND: Kind = Kind {
    id: "allergies",
    title: "Allergies",
    description: "Substances you react to, and how.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["AllergyIntolerance"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Allergy {
    name: String,
    patient: Patient,
    status: Option<String>,
    severity: Option<&'static str>,
    allergen: Allergen,
    codes: Vec<Code>,
    reactions_full: Vec<Reaction>,
    date_range: Option<DateRange>,
}

#[derive(Serialize)]
struct Allergen {
    name: String,
    codes: Vec<Code>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reaction {
    name: String,
    reaction_type: ReactionType,
    codes: Vec<Code>,
}

#[derive(Clone, Serialize)]
struct ReactionType {
    codes: Vec<Code>,
}

#[derive(Serialize)]
struct DateRange {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

/// Codes that say there is nothing to report.
const NONE_KNOWN: &[&str] = &[
    "716186003",
    "160244002",
    "409137002",
    "429625007",
    "428607008",
    "1003774007",
    "428197003",
    "716220001",
    "716184000",
    // Nobody asked.
    "1631000175102",
];

const NONE_KNOWN_TEXTS: &[&str] = &[
    "nka",
    "nkda",
    "none",
    "none known",
    "no known allergies",
    "no known drug allergies",
    "no known allergy",
    "no known drug allergy",
    "no known medication allergies",
    "no known food allergies",
    "no active allergies",
];

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    for allergy in chart.of_kind("AllergyIntolerance") {
        let row = read(chart, allergy);
        drafts.record(&KIND, allergy, row, |row| (row.date_range.as_ref().and_then(|range| range.start), &row.codes));
    }
}

fn read(chart: &Chart, allergy: Resource<'_>) -> Result<Allergy, SkipReason> {
    let verification = allergy.concept("verificationStatus").code().unwrap_or_default();
    match verification {
        "entered-in-error" => return Err(SkipReason::EnteredInError),
        "refuted" => return Err(SkipReason::Refuted),
        _ => {}
    }
    let substance = substance(allergy);
    if is_none_known(substance) {
        return Err(SkipReason::NoneKnown);
    }
    let name = substance.name().ok_or_else(|| substance.missing())?.to_owned();
    let status = allergy.concept("clinicalStatus");
    let status = status.code().or_else(|| status.text());
    let uncertain = ["unconfirmed", "presumed"].contains(&verification).then_some(verification);
    Ok(Allergy {
        patient: Patient::of(chart, allergy, "patient"),
        status: status.or(uncertain).map(capitalised),
        severity: severity(allergy),
        allergen: Allergen { name: name.clone(), codes: codes::plain(substance) },
        name,
        codes: codes::given(substance),
        reactions_full: allergy.each("reaction").filter_map(|reaction| read_reaction(allergy, reaction)).collect(),
        date_range: date_range(chart, allergy, status == Some("resolved")),
    })
}

fn substance(allergy: Resource<'_>) -> Concept<'_> {
    let code = allergy.concept("code");
    if code.name().is_some() {
        return code;
    }
    allergy
        .each("reaction")
        .map(|reaction| reaction.concept("substance"))
        .find(|substance| substance.name().is_some())
        .unwrap_or(code)
}

fn is_none_known(substance: Concept<'_>) -> bool {
    substance.has_any(NONE_KNOWN)
        || substance
            .name()
            .is_some_and(|name| NONE_KNOWN_TEXTS.contains(&name.trim_end_matches('.').to_lowercase().as_str()))
}

/// The worst reaction, or else how critical the allergy is held to be.
fn severity(allergy: Resource<'_>) -> Option<&'static str> {
    let reactions: Vec<&str> = allergy.each("reaction").filter_map(|reaction| reaction.str("severity")).collect();
    let worst = ["severe", "moderate", "mild"].into_iter().find(|grade| reactions.contains(grade));
    worst.or_else(|| match allergy.str("criticality")? {
        "low" => Some("low"),
        "high" => Some("high"),
        _ => Some("unknown"),
    })
}

fn read_reaction(allergy: Resource<'_>, reaction: Element<'_>) -> Option<Reaction> {
    let mut manifestations = reaction.concepts("manifestation");
    let name = manifestations.find_map(Concept::name).or_else(|| reaction.str("description"))?;
    let kind = match allergy.str("type") {
        Some("allergy") => vec![Code { inferred: None, ..Code::snomed("Allergy to substance", "419199007") }],
        Some("intolerance") => vec![Code { inferred: None, ..Code::snomed("Intolerance to substance", "782197009") }],
        _ => vec![],
    };
    Some(Reaction {
        name: name.to_owned(),
        reaction_type: ReactionType { codes: kind },
        codes: reaction.concepts("manifestation").flat_map(codes::plain).collect(),
    })
}

fn date_range(chart: &Chart, allergy: Resource<'_>, resolved: bool) -> Option<DateRange> {
    let onset = allergy.when("onset");
    let first_reaction = || allergy.each("reaction").filter_map(|reaction| reaction.date("onset")).min();
    let start =
        onset.start.or_else(|| at_age(chart, allergy)).or_else(first_reaction).or_else(|| allergy.date("recordedDate"));
    let end = onset.end.or_else(|| allergy.date("lastOccurrence").filter(|_| resolved));
    let span = Span { start, end };
    span.moment().map(|_| DateRange { start, end })
}

fn at_age(chart: &Chart, allergy: Resource<'_>) -> Option<Timestamp> {
    let years = allergy.quantity("onsetAge").filter(|age| matches!(age.code, Some("a") | None))?.number()?;
    dates::at_age(chart.patient()?.str("birthDate")?, years)
}
