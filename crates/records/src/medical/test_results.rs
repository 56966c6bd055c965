//! Lab panels, imaging and pathology reports.

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code, LOINC};
use crate::components::{Component, components_of, texts};
use crate::drafts::{Drafts, Facts, SkipReason};
use crate::fhir::{Element, Resource};
use crate::observations::{Class, class, silence};
use crate::people::{self, Patient};
use crate::text;

pub static KIND: Kind = Kind {
    id: "test_results",
    title: "Test results",
    description: "Lab results, imaging and pathology reports.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["DiagnosticReport", "Observation", "ServiceRequest"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestResult {
    name: String,
    result_date_time: Option<Timestamp>,
    status: Option<&'static str>,
    patient: Patient,
    ordered_by: Option<String>,
    recipients: Vec<Recipient>,
    device: Option<String>,
    specimen: Option<String>,
    comments: Option<String>,
    narrative: Option<String>,
    impression: Option<String>,
    transcriptions: Option<String>,
    all_results: [Component; 0],
    components: Vec<Component>,
    codes: Vec<Code>,
}

#[derive(Serialize)]
struct Recipient {
    #[serde(rename = "objectID")]
    object_id: Option<String>,
    name: Option<String>,
    /// Whether it is the person's own doctor; absent when nobody is known to be.
    #[serde(rename = "isPCP")]
    is_pcp: Option<bool>,
}

/// A row with the resources it was read from.
pub(super) struct Row<'a> {
    pub result: TestResult,
    pub lineage: Vec<Resource<'a>>,
}

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    for report in chart.of_kind("DiagnosticReport") {
        add(drafts, report, of_report(chart, report));
    }
    for observation in chart.of_kind("Observation") {
        if class(observation) != Class::Result {
            continue;
        }
        if !chart.is_cited(observation) {
            add(drafts, observation, of_observation(chart, observation));
        } else if let Err(reason) = screen(observation) {
            drafts.skip(observation, reason);
        }
    }
}

fn add(drafts: &mut Drafts, resource: Resource<'_>, row: Result<Row<'_>, SkipReason>) {
    match row {
        Ok(Row { result, lineage }) => {
            let facts = Facts {
                key: resource.key.to_owned(),
                at: result.result_date_time,
                to: None,
                lineage,
                codes: &result.codes,
            };
            drafts.push(&KIND, facts, &result);
        }
        Err(reason) => drafts.skip(resource, reason),
    }
}

/// The results of an encounter: its reports, and its observations that no report cites.
pub(super) fn of_encounter<'a>(chart: &'a Chart, encounter: Resource<'_>) -> Vec<Row<'a>> {
    let reports = chart.of_encounter(encounter, "DiagnosticReport").map(|report| of_report(chart, report));
    let singles = chart
        .of_encounter(encounter, "Observation")
        .filter(|observation| class(*observation) == Class::Result && !chart.is_cited(*observation))
        .map(|observation| of_observation(chart, observation));
    reports.chain(singles).filter_map(Result::ok).collect()
}

fn screen(resource: Resource<'_>) -> Result<(), SkipReason> {
    match resource.status() {
        "entered-in-error" => Err(SkipReason::EnteredInError),
        "cancelled" => Err(SkipReason::Inactive),
        _ => Ok(()),
    }
}

fn of_report<'a>(chart: &'a Chart, report: Resource<'a>) -> Result<Row<'a>, SkipReason> {
    screen(report)?;
    let mut lineage = vec![report];
    let mut components = components_of(chart, report, "result", &mut lineage);
    let results = &lineage[1..];
    if components.is_empty() && is_note(report) {
        return Err(SkipReason::OtherCategory);
    }
    let impression = report.str("conclusion").map(str::to_owned).or_else(|| {
        let codes: Vec<&str> = report.concepts("conclusionCode").filter_map(|code| code.name()).collect();
        (!codes.is_empty()).then(|| codes.join("; "))
    });
    let written: Vec<String> =
        report.each("presentedForm").filter_map(|form| text::of_attachment(chart, report, form)).collect();
    let printed = (!written.is_empty()).then(|| written.join("\n\n"));
    let own = text::written(*report);
    let bare = components.is_empty() && impression.is_none() && printed.is_none();
    let own = own.or_else(|| text::narrative(*report).filter(|_| bare));
    let (narrative, transcriptions) = match own {
        Some(own) => (Some(own), printed),
        None => (printed, None),
    };
    if components.is_empty() {
        components = texts(narrative.as_deref(), impression.as_deref());
    }
    let code = report.concept("code");
    let name = code.name().or_else(|| report.concepts("category").find_map(|category| category.name()));
    let specimens = || results.iter().find_map(|result| specimen(chart, *result));
    Ok(Row {
        result: TestResult {
            name: name.or_else(|| report.first("result").str("display")).ok_or(SkipReason::Empty)?.to_owned(),
            result_date_time: dated(report),
            status: status(report.status()),
            patient: Patient::of(chart, report, "subject"),
            ordered_by: ordered_by(chart, report)
                .or_else(|| results.iter().find_map(|result| ordered_by(chart, *result))),
            recipients: report
                .each("resultsInterpreter")
                .filter_map(|reader| recipient(chart, report, reader))
                .collect(),
            device: results.iter().find_map(|result| device(chart, *result)),
            specimen: report.each("specimen").find_map(|it| specimen_name(chart, report, it)).or_else(specimens),
            comments: comments(results),
            narrative,
            impression,
            transcriptions,
            all_results: [],
            components,
            codes: codes::given(code),
        },
        lineage,
    })
}

/// An observation no report cites is a row of its own, with its members if it is a panel.
fn of_observation<'a>(chart: &'a Chart, observation: Resource<'a>) -> Result<Row<'a>, SkipReason> {
    screen(observation)?;
    let mut lineage = vec![];
    let components = crate::components::of_observation(chart, observation, &mut lineage);
    if components.is_empty() {
        return Err(silence(chart, observation));
    }
    let code = observation.concept("code");
    Ok(Row {
        result: TestResult {
            name: code.name().ok_or(SkipReason::Empty)?.to_owned(),
            result_date_time: dated(observation),
            status: status(observation.status()),
            patient: Patient::of(chart, observation, "subject"),
            ordered_by: ordered_by(chart, observation),
            recipients: vec![],
            device: device(chart, observation),
            specimen: specimen(chart, observation),
            comments: comments(&[observation]),
            narrative: None,
            impression: None,
            transcriptions: None,
            all_results: [],
            components,
            codes: codes::given(code),
        },
        lineage,
    })
}

/// Clinical notes also come as reports; they carry a LOINC document type and no results.
pub(super) fn is_note(report: Resource<'_>) -> bool {
    let mut kinds = report.concepts("category").filter_map(|category| category.code_of(LOINC)).peekable();
    kinds.peek().is_some() && kinds.all(|code| !code.starts_with("LP")) && report.each("result").next().is_none()
}

fn dated(resource: Resource<'_>) -> Option<Timestamp> {
    resource.when("effective").moment().or_else(|| resource.date("issued"))
}

fn status(status: &str) -> Option<&'static str> {
    match status {
        "final" => Some("Final result"),
        "amended" | "corrected" | "appended" => Some("Edited Result - FINAL"),
        "registered" | "partial" | "preliminary" => Some("Preliminary result"),
        _ => None,
    }
}

fn ordered_by(chart: &Chart, resource: Resource<'_>) -> Option<String> {
    resource
        .each("basedOn")
        .filter_map(|order| chart.resolve(resource, order))
        .find_map(|order| people::agent(chart, order, order.get("requester")))
}

fn recipient(chart: &Chart, report: Resource<'_>, reader: Element<'_>) -> Option<Recipient> {
    let name = people::agent(chart, report, reader);
    let target = reader.str("reference").filter(|target| !target.starts_with('#'));
    let object_id = target.and_then(|target| target.rsplit('/').next()).map(str::to_owned);
    let mut doctors = chart.patient().into_iter().flat_map(|patient| patient.each("generalPractitioner")).peekable();
    let is_pcp = doctors.peek().is_some().then(|| {
        let reader = chart.resolve(report, reader).map(|reader| reader.key);
        let patient = chart.patient();
        reader.is_some()
            && doctors.any(|doctor| patient.and_then(|it| chart.resolve(it, doctor)).map(|it| it.key) == reader)
    });
    (name.is_some() || object_id.is_some()).then_some(Recipient { object_id, name, is_pcp })
}

fn device(chart: &Chart, observation: Resource<'_>) -> Option<String> {
    let reference = observation.get("device");
    reference.str("display").map(str::to_owned).or_else(|| {
        let device = chart.resolve(observation, reference)?;
        let name = device.first("deviceName").str("name").or_else(|| device.body.concept("type").name())?;
        Some(name.to_owned())
    })
}

fn specimen(chart: &Chart, observation: Resource<'_>) -> Option<String> {
    specimen_name(chart, observation, observation.get("specimen"))
}

fn specimen_name(chart: &Chart, owner: Resource<'_>, reference: Element<'_>) -> Option<String> {
    let found = chart.resolve(owner, reference).and_then(|specimen| specimen.body.concept("type").name());
    found.or_else(|| reference.str("display")).map(str::to_owned)
}

fn comments(observations: &[Resource<'_>]) -> Option<String> {
    let notes: Vec<String> = observations.iter().filter_map(|observation| observation.notes("note")).collect();
    (!notes.is_empty()).then(|| notes.join("\n"))
}
