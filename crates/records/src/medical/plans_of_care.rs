//! What is planned: appointments, orders, care plans and goals.

use std::time::Duration;

use domain::Timestamp;
use serde::Serialize;

use super::{Form, Kind, Order, encounters};
use crate::chart::Chart;
use crate::codes::{self, Code};
use crate::drafts::{Drafts, SkipReason};
use crate::fhir::{Coding, Concept, Element, Resource};
use crate::people::{self, Name};
use crate::text;

pub static KIND: Kind = Kind {
    id: "plans_of_care",
    title: "Plans of care",
    description: "Appointments, orders, care plans and goals ahead of you.",
    form: Form::List,
    order: Order::NewestFirst,
    source_in_head: true,
    dated: true,
    resources: &["CarePlan", "Goal", "Appointment", "ServiceRequest", "Encounter"],
    from_fhir,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    name: String,
    text: String,
    date: Option<Timestamp>,
    #[serde(rename = "type")]
    kind: &'static str,
    specialty: Option<String>,
    provider: Option<Provider>,
    codes: Vec<Code>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    name: Option<Name>,
    department_name: Option<String>,
    address: Option<String>,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

fn from_fhir(chart: &Chart, drafts: &mut Drafts) {
    for kind in KIND.resources {
        for resource in chart.of_kind(kind).filter(|resource| *kind != "Encounter" || resource.status() == "planned") {
            drafts.record(&KIND, resource, read(chart, resource, drafts.now), |row| (row.date, &row.codes));
        }
    }
}

pub(super) fn read(chart: &Chart, resource: Resource<'_>, now: Timestamp) -> Result<Plan, SkipReason> {
    screen(chart, resource, now)?;
    match resource.kind {
        "CarePlan" => care_plan(chart, resource),
        "Goal" => goal(resource),
        "Appointment" => appointment(chart, resource),
        "ServiceRequest" => order(chart, resource),
        _ => visit(chart, resource),
    }
}

fn screen(chart: &Chart, resource: Resource<'_>, now: Timestamp) -> Result<(), SkipReason> {
    let status = resource.str("lifecycleStatus").unwrap_or(resource.status());
    match (resource.kind, status) {
        (_, "entered-in-error") => Err(SkipReason::EnteredInError),
        (_, "revoked" | "cancelled" | "rejected" | "noshow" | "draft") => Err(SkipReason::Inactive),
        ("Appointment", "fulfilled" | "arrived" | "checked-in") | ("ServiceRequest", "completed") => {
            Err(SkipReason::Inactive)
        }
        // Nobody said what became of it, but it is no longer ahead.
        ("Appointment", _) if ended(resource).is_some_and(|end| end + DAY <= now) => Err(SkipReason::Inactive),
        ("ServiceRequest", _) if resource.flag("doNotPerform") == Some(true) => Err(SkipReason::DoNotPerform),
        ("ServiceRequest", _) if chart.is_fulfilled(resource) => Err(SkipReason::Inactive),
        _ => Ok(()),
    }
}

fn ended(appointment: Resource<'_>) -> Option<Timestamp> {
    appointment.date("end").or_else(|| appointment.date("start"))
}

fn care_plan(chart: &Chart, plan: Resource<'_>) -> Result<Plan, SkipReason> {
    // Every US Core plan has the category "assess-plan", which names nothing.
    let category = plan.concepts("category").find(|category| !category.has_any(&["assess-plan"]));
    let name = plan.str("title").or_else(|| category.and_then(Concept::name)).unwrap_or("Care plan");
    let activities: Vec<&str> =
        plan.each("activity").filter_map(|activity| activity.get("detail").concept("code").name()).collect();
    let listed = (!activities.is_empty()).then(|| activities.join("\n"));
    let text = plan.str("description").map(str::to_owned).or_else(|| text::narrative(*plan)).or(listed);
    let author = plan.get("author");
    Ok(Plan {
        name: name.to_owned(),
        text: text.unwrap_or_else(|| name.to_owned()),
        date: plan.period("period").moment().or_else(|| plan.date("created")),
        kind: "CarePlan",
        specialty: None,
        provider: provider(chart, plan, author, None),
        codes: category.map(codes::given).unwrap_or_default(),
    })
}

fn goal(goal: Resource<'_>) -> Result<Plan, SkipReason> {
    let description = goal.concept("description");
    let name = description.name().ok_or_else(|| description.missing())?;
    let due = goal.each("target").find_map(|target| target.date("dueDate"));
    Ok(Plan {
        name: name.to_owned(),
        text: goal.notes("note").unwrap_or_else(|| name.to_owned()),
        date: due.or_else(|| goal.date("startDate")),
        kind: "Goal",
        specialty: None,
        provider: None,
        codes: codes::given(description).into_iter().filter(|code| code.code.is_some()).collect(),
    })
}

fn appointment(chart: &Chart, appointment: Resource<'_>) -> Result<Plan, SkipReason> {
    let service = appointment.concepts("serviceType").next().or_else(|| appointment.concepts("appointmentType").next());
    let name = service.and_then(Concept::name).or_else(|| appointment.str("description")).unwrap_or("Appointment");
    let actors = || appointment.each("participant").map(|participant| participant.get("actor"));
    let is = |actor: &Element<'_>, kinds: &[&str]| {
        actor.str("reference").is_some_and(|target| kinds.iter().any(|kind| target.contains(&format!("{kind}/"))))
            || chart.resolve(appointment, *actor).is_some_and(|found| kinds.contains(&found.kind))
    };
    let doctor = actors().find(|actor| is(actor, &["Practitioner", "PractitionerRole"]));
    let place = actors().find(|actor| is(actor, &["Location"]));
    Ok(Plan {
        name: name.to_owned(),
        text: appointment.str("description").or_else(|| appointment.str("comment")).unwrap_or("Appointment").to_owned(),
        date: appointment
            .date("start")
            .or_else(|| appointment.each("requestedPeriod").find_map(|period| period.date("start"))),
        kind: "Appointment",
        specialty: specialty(chart, appointment, doctor),
        provider: provider(chart, appointment, doctor.unwrap_or(appointment.get("")), place),
        codes: service.map(codes::given).unwrap_or_default(),
    })
}

/// Of the appointment, or else of the role someone has in it.
fn specialty(chart: &Chart, owner: Resource<'_>, doctor: Option<Element<'_>>) -> Option<String> {
    let role = doctor.and_then(|doctor| chart.resolve(owner, doctor));
    let mut said = owner.concepts("specialty").chain(role.into_iter().flat_map(|role| role.concepts("specialty")));
    said.find_map(Concept::name).map(str::to_owned)
}

fn order(chart: &Chart, order: Resource<'_>) -> Result<Plan, SkipReason> {
    let code = order.concept("code");
    let name = code.name().ok_or_else(|| code.missing())?;
    Ok(Plan {
        name: name.to_owned(),
        text: order
            .notes("note")
            .or_else(|| order.str("patientInstruction").map(str::to_owned))
            .unwrap_or_else(|| name.to_owned()),
        date: order.when("occurrence").moment().or_else(|| order.date("authoredOn")),
        kind: "Order",
        specialty: order
            .concept("performerType")
            .name()
            .map(str::to_owned)
            .or_else(|| specialty(chart, order, order.each("performer").next())),
        provider: provider(chart, order, order.first("performer"), None),
        codes: codes::given(code),
    })
}

fn visit(chart: &Chart, visit: Resource<'_>) -> Result<Plan, SkipReason> {
    let kind = encounters::types(visit).next();
    let class = encounters::class_of(visit).and_then(Coding::display);
    let name = kind.and_then(Concept::name).or(class).unwrap_or("Encounter");
    let doctor = visit.first("participant").get("individual");
    Ok(Plan {
        name: name.to_owned(),
        text: "Encounter".to_owned(),
        date: visit.period("period").moment(),
        kind: "Encounter",
        specialty: specialty(chart, visit, Some(doctor)),
        provider: provider(chart, visit, doctor, Some(visit.first("location").get("location"))),
        codes: kind.map(codes::given).unwrap_or_default(),
    })
}

fn provider(chart: &Chart, owner: Resource<'_>, person: Element<'_>, place: Option<Element<'_>>) -> Option<Provider> {
    let found = chart.resolve(owner, person);
    let named = found
        .filter(|found| matches!(found.kind, "Practitioner" | "Patient" | "RelatedPerson"))
        .and_then(|found| Name::of(people::best_name(found)));
    let at = place.and_then(|place| chart.resolve(owner, place));
    let organization = people::organization_of(chart, owner, person);
    let provider = Provider {
        name: named.or_else(|| {
            people::agent(chart, owner, person).filter(|_| organization.is_none()).map(|name| Name::whole(&name))
        }),
        department_name: place
            .and_then(|place| people::agent(chart, owner, place))
            .or_else(|| organization?.body.str("name").map(str::to_owned)),
        address: at
            .and_then(|at| people::place_address(chart, at))
            .or_else(|| organization.and_then(people::flat_address)),
    };
    (provider.name.is_some() || provider.department_name.is_some() || provider.address.is_some()).then_some(provider)
}
