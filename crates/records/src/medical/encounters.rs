//! Visits, with everything that happened during them.

use std::collections::{HashMap, HashSet};

use domain::Timestamp;
use serde::Serialize;

use super::issues::{self, Issue};
use super::medications::{self, Medication};
use super::plans_of_care::{self, Plan};
use super::test_results::{self, TestResult};
use super::vitals::{self, Measurement};
use super::{Form, Kind, Order, instructions};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::courses::Courses;
use crate::documents;
use crate::drafts::{Drafts, Facts, SkipReason};
use crate::fhir::{Coding, Concept, Element, Resource};
use crate::observations::{Class, class};
use crate::people::{self, Patient};
use crate::{text, versions};

pub static KIND: Kind = Kind {
    id: "encounters",
    title: "Encounters",
    description: "Visits to a clinic or hospital, with what was found and ordered.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["Encounter"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Encounter {
    date_time: Option<Timestamp>,
    visit_type: String,
    provider: Option<Provider>,
    patient: Patient,
    reasons: Vec<String>,
    diagnoses: Vec<Diagnosis>,
    problems: Vec<Issue>,
    medications: Vec<Prescription>,
    test_results: Vec<TestResult>,
    vital_signs: Vec<Measurement>,
    plans_of_care: Vec<Plan>,
    patient_instruction: String,
    follow_up_instructions: Option<String>,
    orders: Vec<Ordered>,
    codes: Vec<Code>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    name: Option<String>,
    department_name: Option<String>,
    address: Option<String>,
}

#[derive(Serialize)]
struct Diagnosis {
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    codes: Vec<Code>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prescription {
    #[serde(flatten)]
    medication: Medication,
    can_refill: bool,
    has_pending_refill: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ordered {
    name: String,
    code_type: Option<String>,
    procedure_code: Option<String>,
    expected_date: Option<Timestamp>,
    expire_date: Option<Timestamp>,
    #[serde(rename = "type")]
    kind: Option<String>,
    codes: Vec<Code>,
}

/// Null flavours that are sent as a class of visit, also as if they were ActCodes.
const UNKNOWN: &[&str] = &["UNK", "NI", "NA", "ASKU", "NAV", "NASK", "OTH"];

/// What every encounter is read with.
struct Around<'a> {
    chart: &'a Chart,
    now: Timestamp,
    courses: Courses<'a>,
    /// Keys of documents that another one took the place of.
    replaced: HashSet<&'a str>,
    /// Appointments made for an order, by the order's key.
    appointments: HashMap<&'a str, Vec<Resource<'a>>>,
}

impl<'a> Around<'a> {
    fn of(chart: &'a Chart, now: Timestamp) -> Around<'a> {
        let mut appointments: HashMap<&str, Vec<Resource<'_>>> = HashMap::new();
        for appointment in chart.of_kind("Appointment") {
            for order in appointment.each("basedOn").filter_map(|order| chart.resolve(appointment, order)) {
                appointments.entry(order.key).or_default().push(appointment);
            }
        }
        Around { chart, now, courses: Courses::of(chart), replaced: versions::replaced(chart), appointments }
    }
}

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let around = Around::of(chart, drafts.now);
    for encounter in chart.of_kind("Encounter") {
        if let Err(reason) = screen(encounter) {
            drafts.skip(encounter, reason);
            continue;
        }
        let mut lineage = vec![encounter];
        let row = read(&around, encounter, &mut lineage);
        let facts = Facts { key: encounter.key.to_owned(), at: row.date_time, to: None, lineage, codes: &row.codes };
        drafts.push(&KIND, facts, &row);
    }
}

/// Planned visits are plans of care.
fn screen(encounter: Resource<'_>) -> Result<(), SkipReason> {
    match encounter.status() {
        "entered-in-error" => Err(SkipReason::EnteredInError),
        "cancelled" | "planned" => Err(SkipReason::Inactive),
        _ => Ok(()),
    }
}

fn read<'a>(around: &Around<'a>, encounter: Resource<'a>, lineage: &mut Vec<Resource<'a>>) -> Encounter {
    let (chart, now) = (around.chart, around.now);
    let visit_type = visit_type(encounter);
    let of = |kind| chart.of_encounter(encounter, kind);
    let mut kept = |resource: Resource<'a>| lineage.push(resource);

    let diagnoses = diagnoses(chart, encounter, &mut kept);
    let problems = of("Condition")
        .filter(|condition| issues::is_listed(*condition))
        .filter_map(|condition| Some((condition, issues::read(chart, condition).ok()?)))
        .map(|(condition, issue)| noted(&mut kept, condition, issue))
        .collect();
    let medications = of("MedicationRequest")
        .filter_map(|request| Some((request, medications::of_request(chart, &around.courses, request, now).ok()?)))
        .map(|(request, medication)| noted(&mut kept, request, prescription(medication)))
        .collect();
    let test_results = test_results::of_encounter(chart, encounter)
        .into_iter()
        .map(|row| {
            row.lineage.into_iter().for_each(&mut kept);
            row.result
        })
        .collect();
    let vital_signs = of("Observation")
        .filter(|observation| class(*observation) == Class::Vital)
        .filter_map(|observation| Some((observation, vitals::measurements(chart, observation).ok()?)))
        .flat_map(|(observation, measurements)| noted(&mut kept, observation, measurements))
        .collect();
    let orders: Vec<Resource<'a>> = of("ServiceRequest").filter(|order| is_order(*order)).collect();
    let appointments = orders.iter().flat_map(|order| around.appointments.get(order.key)).flatten().copied();
    let plans_of_care = of("CarePlan")
        .chain(appointments)
        .filter_map(|plan| Some((plan, plans_of_care::read(chart, plan, now).ok()?)))
        .map(|(plan, row)| noted(&mut kept, plan, row))
        .collect();
    let follow_up: Vec<String> = orders.iter().filter_map(|order| instructions::text_of(*order)).collect();
    let orders = orders.into_iter().filter_map(|order| Some(noted(&mut kept, order, ordered(order)?))).collect();

    Encounter {
        date_time: happened(encounter),
        provider: provider(chart, encounter),
        patient: Patient::of(chart, encounter, "subject"),
        reasons: reasons(chart, encounter),
        diagnoses,
        problems,
        medications,
        test_results,
        vital_signs,
        plans_of_care,
        patient_instruction: instruction(around, encounter),
        follow_up_instructions: (!follow_up.is_empty()).then(|| follow_up.join("\n")),
        orders,
        codes: codes_of(encounter, &visit_type),
        visit_type,
    }
}

/// When it was; if that is not said, when somebody first took part.
fn happened(encounter: Resource<'_>) -> Option<Timestamp> {
    let parts = || encounter.each("participant").filter_map(|participant| participant.period("period").moment()).min();
    encounter.period("period").moment().or_else(parts)
}

fn noted<'a, T>(kept: &mut impl FnMut(Resource<'a>), resource: Resource<'a>, row: T) -> T {
    kept(resource);
    row
}

/// Whether it was ambulatory, inpatient and so on, if the source knows.
pub(super) fn class_of(encounter: Resource<'_>) -> Option<Coding<'_>> {
    let class = Coding(encounter.get("class"));
    let unknown = class.is_null_flavor() || class.code().is_some_and(|code| UNKNOWN.contains(&code));
    Some(class).filter(|class| class.is_clinical() && !unknown)
}

/// What kind of visit it was, in the order of the source.
pub(super) fn types(encounter: Resource<'_>) -> impl Iterator<Item = Concept<'_>> {
    encounter.concepts("type").filter(|kind| kind.text().is_some() || kind.codings().any(|code| !code.is_null_flavor()))
}

fn visit_type(encounter: Resource<'_>) -> String {
    let class = class_of(encounter);
    let kind = types(encounter).find_map(Concept::name).or_else(|| class?.display());
    kind.unwrap_or(match class.and_then(Coding::code).unwrap_or_default() {
        "AMB" => "Ambulatory",
        "EMER" => "Emergency",
        "IMP" | "ACUTE" | "NONAC" => "Hospital Encounter",
        "OBSENC" => "Observation",
        "PRENC" => "Pre-admission",
        "SS" => "Short stay",
        "VR" => "Virtual",
        "HH" => "Home health",
        "FLD" => "Field",
        _ => "Encounter",
    })
    .to_owned()
}

/// Every code is named by the type of the visit.
fn codes_of(encounter: Resource<'_>, visit_type: &str) -> Vec<Code> {
    types(encounter)
        .flat_map(Concept::codings)
        .chain(class_of(encounter))
        .filter(|coding| coding.code().is_some() && !coding.is_null_flavor())
        .map(|coding| Code {
            name: Some(visit_type.to_owned()),
            inferred: Some(false),
            ..codes::of_coding(coding, None)
        })
        .collect()
}

fn provider(chart: &Chart, encounter: Resource<'_>) -> Option<Provider> {
    let leads = |participant: &Element<'_>| participant.concepts("type").any(|role| role.has_any(&["ATND", "PPRF"]));
    let people = || encounter.each("participant").filter(|participant| !participant.get("individual").is_absent());
    let person = people().find(leads).or_else(|| people().next());
    let person = person.map_or(encounter.get(""), |participant| participant.get("individual"));
    let place = encounter.first("location").get("location");
    let location = chart.resolve(encounter, place).or_else(|| people::workplace(chart, encounter, person));
    let service = encounter.get("serviceProvider");
    let organization = people::organization_of(chart, encounter, service);
    let provider = Provider {
        name: people::agent(chart, encounter, person),
        department_name: people::agent(chart, encounter, place)
            .or_else(|| location?.body.str("name").map(str::to_owned))
            .or_else(|| people::agent(chart, encounter, service)),
        address: location
            .and_then(|place| people::place_address(chart, place))
            .or_else(|| organization.and_then(people::flat_address)),
    };
    (provider.name.is_some() || provider.department_name.is_some() || provider.address.is_some()).then_some(provider)
}

fn reasons(chart: &Chart, encounter: Resource<'_>) -> Vec<String> {
    let said = encounter.concepts("reasonCode").filter_map(Concept::name).map(str::to_owned);
    let linked = encounter.each("reasonReference").filter_map(|reference| {
        let display = reference.str("display").map(str::to_owned);
        display.or_else(|| Some(chart.resolve(encounter, reference)?.body.concept("code").name()?.to_owned()))
    });
    said.chain(linked).collect()
}

/// Diagnoses the encounter lists, then those that only point back to it.
fn diagnoses<'a>(chart: &'a Chart, encounter: Resource<'a>, kept: &mut impl FnMut(Resource<'a>)) -> Vec<Diagnosis> {
    let mut out = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for reference in encounter.each("diagnosis").map(|diagnosis| diagnosis.get("condition")) {
        match chart.resolve(encounter, reference) {
            Some(condition) => {
                seen.push(condition.key);
                out.extend(diagnosis(chart, condition, kept));
            }
            None => out.extend(reference.str("display").map(|name| Diagnosis { name: name.to_owned(), codes: vec![] })),
        }
    }
    for condition in chart.of_encounter(encounter, "Condition") {
        if !issues::is_listed(condition) && !seen.contains(&condition.key) {
            out.extend(diagnosis(chart, condition, kept));
        }
    }
    out
}

fn diagnosis<'a>(chart: &Chart, condition: Resource<'a>, kept: &mut impl FnMut(Resource<'a>)) -> Option<Diagnosis> {
    let issue = issues::read(chart, condition).ok()?;
    kept(condition);
    Some(Diagnosis {
        name: issue.name,
        codes: codes::plain(condition.concept("code")).into_iter().filter(|code| code.code.is_some()).collect(),
    })
}

fn prescription(medication: Medication) -> Prescription {
    let can_refill =
        medication.status.as_deref() == Some("Active") && medication.refills_remaining.is_some_and(|left| left > 0);
    Prescription { medication, can_refill, has_pending_refill: false }
}

fn is_order(order: Resource<'_>) -> bool {
    !matches!(order.status(), "entered-in-error" | "revoked" | "draft") && order.flag("doNotPerform") != Some(true)
}

fn ordered(order: Resource<'_>) -> Option<Ordered> {
    let code = order.concept("code");
    let (codes, when) = (codes::plain(code), order.when("occurrence"));
    Some(Ordered {
        name: code.name()?.to_owned(),
        code_type: codes.first().and_then(|first| first.code_system.clone()),
        procedure_code: codes.first().and_then(|first| first.code.clone()),
        expected_date: when.start,
        expire_date: when.end,
        kind: order.concepts("category").find_map(Concept::name).map(str::to_owned),
        codes,
    })
}

/// Instructions handed out as a document at the visit, or else given in its care plans.
fn instruction(around: &Around<'_>, encounter: Resource<'_>) -> String {
    let chart = around.chart;
    let handed: Vec<String> = chart
        .of_encounter(encounter, "DocumentReference")
        .filter(|document| documents::is_instruction(*document))
        .filter(|document| documents::screen(*document, &around.replaced).is_ok())
        .filter_map(|document| documents::body(chart, document))
        .collect();
    if !handed.is_empty() {
        return handed.join("\n");
    }
    let plans = chart.of_encounter(encounter, "CarePlan").filter(|plan| instructions::is_valid(*plan));
    let told = |plan: Resource<'_>| instructions::text_of(plan).or_else(|| text::written(*plan));
    plans.filter_map(told).collect::<Vec<_>>().join("\n")
}
