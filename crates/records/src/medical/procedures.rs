//! Procedures and operations.

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::drafts::{Drafts, SkipReason};
use crate::fhir::Resource;
use crate::{dates, people};

pub static KIND: Kind = Kind {
    id: "procedures",
    title: "Procedures",
    description: "Operations, examinations and treatments carried out.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["Procedure"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Procedure {
    name: String,
    date_time: Option<Timestamp>,
    performer: Option<Performer>,
    specimen_codes: Vec<Code>,
    device_codes: Vec<Code>,
    codes: Vec<Code>,
    status: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Performer {
    name: Option<String>,
    organization_name: Option<String>,
    phone: Option<String>,
    address: Option<String>,
}

const ICD9_DIAGNOSES: &str = "2.16.840.1.113883.6.103";
const ICD9_PROCEDURES: &str = "2.16.840.1.113883.6.104";

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    for procedure in chart.of_kind("Procedure") {
        drafts.record(&KIND, procedure, read(chart, procedure), |row| (row.date_time, &row.codes));
    }
}

fn read(chart: &Chart, procedure: Resource<'_>) -> Result<Procedure, SkipReason> {
    match procedure.status() {
        "entered-in-error" => return Err(SkipReason::EnteredInError),
        "not-done" => return Err(SkipReason::NotDone),
        "preparation" | "on-hold" => return Err(SkipReason::Inactive),
        _ => {}
    }
    let code = procedure.concept("code");
    Ok(Procedure {
        name: code.name().ok_or_else(|| code.missing())?.to_owned(),
        date_time: performed(chart, procedure),
        performer: performer(chart, procedure),
        specimen_codes: specimens(chart, procedure),
        device_codes: devices(chart, procedure),
        codes: codes::given(code).into_iter().map(as_procedure).collect(),
        status: procedure.str("status").map(str::to_owned),
    })
}

fn performed(chart: &Chart, procedure: Resource<'_>) -> Option<Timestamp> {
    procedure.when("performed").moment().or_else(|| {
        let years = procedure.quantity("performedAge").filter(|age| matches!(age.code, Some("a") | None))?.number()?;
        dates::at_age(chart.patient()?.str("birthDate")?, years)
    })
}

/// ICD-9 has one URI for diagnoses and procedures, but two OIDs.
fn as_procedure(code: Code) -> Code {
    match code.code_system.as_deref() {
        Some(ICD9_DIAGNOSES) => Code { code_system: Some(ICD9_PROCEDURES.to_owned()), ..code },
        _ => code,
    }
}

fn performer(chart: &Chart, procedure: Resource<'_>) -> Option<Performer> {
    let first = procedure.first("performer");
    let actor = chart.resolve(procedure, first.get("actor"));
    let behalf = first.get("onBehalfOf");
    let organization = people::organization_of(chart, procedure, behalf)
        .or_else(|| people::organization_of(chart, procedure, first.get("actor")));
    let place = || chart.resolve(procedure, procedure.get("location"));
    let performer = Performer {
        name: people::agent(chart, procedure, first.get("actor"))
            .filter(|_| actor.is_none_or(|actor| actor.kind != "Organization")),
        organization_name: behalf
            .str("display")
            .or_else(|| organization?.body.str("name"))
            .map(str::to_owned)
            .or_else(|| people::agent(chart, procedure, procedure.get("location"))),
        phone: organization
            .and_then(people::phone)
            .or_else(|| actor.and_then(people::phone))
            .or_else(|| place().and_then(people::phone)),
        address: organization
            .or(actor)
            .and_then(people::flat_address)
            .or_else(|| people::place_address(chart, place()?)),
    };
    let known = performer.name.is_some()
        || performer.organization_name.is_some()
        || performer.phone.is_some()
        || performer.address.is_some();
    known.then_some(performer)
}

/// FHIR R5's way, in the form it has in R4, to say by which procedure a specimen was collected.
const COLLECTED_BY: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Specimen.collection.procedure";

/// Specimens that were collected by it, and those of the reports about it.
fn specimens(chart: &Chart, procedure: Resource<'_>) -> Vec<Code> {
    let collected = chart.of_kind("Specimen").filter(|specimen| {
        let by = specimen.get("collection").extension(COLLECTED_BY).get("valueReference");
        chart.resolve(*specimen, by).is_some_and(|by| by.key == procedure.key)
    });
    let reports = procedure.each("report").filter_map(|report| chart.resolve(procedure, report));
    let reported =
        reports.flat_map(|report| report.each("specimen").filter_map(move |specimen| chart.resolve(report, specimen)));
    collected.chain(reported).flat_map(|specimen| codes::plain(specimen.concept("type"))).collect()
}

/// What it is, or else what it is called.
fn of_device(device: Resource<'_>) -> Vec<Code> {
    let kind = codes::plain(device.concept("type"));
    let called = || device.each("deviceName").find_map(|name| name.str("name"));
    let named = || called().map(|name| Code { name: Some(name.to_owned()), ..Code::default() });
    if kind.is_empty() { named().into_iter().collect() } else { kind }
}

fn devices(chart: &Chart, procedure: Resource<'_>) -> Vec<Code> {
    let manipulated = procedure.each("focalDevice").map(|device| device.get("manipulated"));
    let mut codes = Vec::new();
    for reference in manipulated.chain(procedure.each("usedReference")) {
        match chart.resolve(procedure, reference) {
            Some(device) if device.kind == "Device" => codes.extend(of_device(device)),
            Some(_) => {}
            // Known by name only, because it was not sent.
            None => codes
                .extend(reference.str("display").map(|name| Code { name: Some(name.to_owned()), ..Code::default() })),
        }
    }
    codes.extend(procedure.concepts("usedCode").flat_map(codes::plain));
    codes
}
