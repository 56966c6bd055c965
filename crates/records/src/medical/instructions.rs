//! What a person was told to do.

use domain::Timestamp;
use serde::Serialize;

use super::medications::drug_code;
use super::{Form, Kind, Order};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::drafts::{Drafts, SkipReason};
use crate::fhir::{Element, Resource};
use crate::{documents, people, versions};

pub static KIND: Kind = Kind {
    id: "instructions",
    title: "Instructions",
    description: "Advice and instructions you were given.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["CarePlan", "ServiceRequest", "MedicationRequest", "DocumentReference"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Instruction {
    name: String,
    text: String,
    date_time: Option<Timestamp>,
    author: Option<String>,
    codes: Vec<Code>,
}

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    let replaced = versions::replaced(chart);
    let told = ["CarePlan", "ServiceRequest", "MedicationRequest"].into_iter().flat_map(|kind| chart.of_kind(kind));
    for resource in told.filter(|resource| is_valid(*resource)) {
        if let Some(row) = of_order(chart, resource) {
            drafts.record(&KIND, resource, Ok(row), |row| (row.date_time, &row.codes));
        }
    }
    for document in chart
        .of_kind("DocumentReference")
        .filter(|document| documents::is_instruction(*document) && !documents::is_ccda(*document))
    {
        let row = documents::screen(document, &replaced).and_then(|()| of_document(chart, document));
        drafts.record(&KIND, document, row, |row| (row.date_time, &row.codes));
    }
}

pub(super) fn is_valid(resource: Resource<'_>) -> bool {
    !matches!(resource.status(), "entered-in-error" | "cancelled" | "revoked" | "draft")
        && resource.flag("doNotPerform") != Some(true)
}

fn of_order(chart: &Chart, resource: Resource<'_>) -> Option<Instruction> {
    let text = text_of(resource)?;
    let (name, codes, by) = match resource.kind {
        "CarePlan" => {
            let category = resource.concepts("category").last();
            let name = resource.str("title").or_else(|| category.and_then(|category| category.name()));
            let advised = resource.each("activity").map(|activity| activity.get("detail"));
            let advised = advised.filter(|detail| detail.str("description").is_some());
            let codes = advised.flat_map(|detail| codes::given(detail.concept("code")));
            (name, codes.filter(|code| code.code.is_some()).collect(), "author")
        }
        "ServiceRequest" => (resource.concept("code").name(), codes::given(resource.concept("code")), "requester"),
        _ => {
            let reference = resource.get("medicationReference");
            let drug = drug_code(resource, chart.resolve(resource, reference)).name();
            (drug.or_else(|| reference.str("display")), vec![], "requester")
        }
    };
    Some(Instruction {
        name: name.unwrap_or("Instructions").to_owned(),
        text,
        date_time: resource
            .date("authoredOn")
            .or_else(|| resource.date("created"))
            .or_else(|| resource.period("period").start),
        author: people::agent(chart, resource, resource.get(by)),
        codes,
    })
}

/// The words to the patient in an order or plan.
pub(super) fn text_of<'a>(resource: Resource<'a>) -> Option<String> {
    let texts: Vec<&str> = match resource.kind {
        "CarePlan" => {
            resource.each("activity").filter_map(|activity| activity.get("detail").str("description")).collect()
        }
        "ServiceRequest" => resource.str("patientInstruction").into_iter().collect(),
        "MedicationRequest" => {
            // How it is taken is told with the medicine.
            let told =
                |dosage: Element<'a>| dosage.str("patientInstruction").filter(|text| dosage.str("text") != Some(text));
            resource.each("dosageInstruction").filter_map(told).collect()
        }
        _ => vec![],
    };
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn of_document(chart: &Chart, document: Resource<'_>) -> Result<Instruction, SkipReason> {
    Ok(Instruction {
        name: documents::title(document).unwrap_or_else(|| "Instructions".to_owned()),
        text: documents::body(chart, document).ok_or(SkipReason::NoText)?,
        date_time: documents::written_at(document),
        author: documents::author(chart, document),
        codes: codes::given(document.concept("type")),
    })
}
