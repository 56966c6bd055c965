//! The plan for the coming year: who cares, what the aim is, and what is to be done.

use serde_json::{Value, json};

use super::calendar::{local, plus_days};
use super::catalogue::diseases::Ailment;
use super::chart::Chart;
use super::codes::{Code, concept, number, quantity, reference};
use super::encounters::Visit;
use super::life::Life;
use super::markup::escaped;
use super::staff::{self, Role};

struct Aim {
    ailment: Ailment,
    description: &'static str,
    measure: Code,
    /// The value not to exceed, unit, UCUM.
    target: (f64, &'static str, &'static str),
}

#[rustfmt::skip]
const AIMS: &[Aim] = &[
    Aim { ailment: Ailment::Hypertension, description: "Systolic blood pressure below 130 mmHg", measure: Code::loinc("8480-6", "Systolic blood pressure"), target: (130.0, "mmHg", "mm[Hg]") },
    Aim { ailment: Ailment::Diabetes, description: "Hemoglobin A1c below 7.0 %", measure: Code::loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), target: (7.0, "%", "%") },
    Aim { ailment: Ailment::Hyperlipidemia, description: "LDL cholesterol below 100 mg/dL", measure: Code::loinc("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation"), target: (100.0, "mg/dL", "mg/dL") },
    Aim { ailment: Ailment::Obesity, description: "Body mass index below 30", measure: Code::loinc("39156-5", "Body mass index (BMI) [Ratio]"), target: (30.0, "kg/m2", "kg/m2") },
];

/// Writes CareTeam, Goals and CarePlan at the last yearly visit; `problems` are the Condition ids of the life's courses.
pub(super) fn write(chart: &mut Chart<'_>, life: &Life, visit: &Visit, problems: &[Option<String>]) {
    let team = team(chart, visit);
    let mut addresses = Vec::new();
    let mut goals = Vec::new();
    let mut activities = Vec::new();
    for (course, problem) in life.courses.iter().zip(problems) {
        let Some(problem) = problem else { continue };
        addresses.push(reference("Condition", problem));
        activities.push(course.disease.plan);
        if let Some(aim) = AIMS.iter().find(|aim| aim.ailment == course.disease.ailment) {
            let id = goal(chart, visit, aim.description, Some(aim), Some(problem));
            goals.push(reference("Goal", &id));
        }
    }
    if goals.is_empty() {
        let id = goal(chart, visit, "Stay active: at least 150 minutes of exercise a week", None, None);
        goals.push(reference("Goal", &id));
    }
    if activities.is_empty() {
        activities.push("Yearly examination, vaccinations as they come due.");
    }
    let id = chart.next_id("plan");
    let mut body = json!({
        "text": narrative(&activities),
        "status": "active",
        "intent": "plan",
        "category": [{ "coding": [{ "system": "http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "code": "assess-plan", "display": "Assessment and Plan of Treatment" }] }],
        "title": "Plan for the coming year",
        "description": activities.join(" "),
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "period": { "start": visit.day().to_string(), "end": plus_days(visit.day(), 365).to_string() },
        "created": local(visit.at),
        "author": visit.role.reference(chart.seed),
        "careTeam": [reference("CareTeam", &team)],
        "goal": goals,
        "activity": activities.iter().map(|text| activity(text)).collect::<Vec<_>>(),
    });
    if !addresses.is_empty() {
        body["addresses"] = json!(addresses);
    }
    chart.add("CarePlan", &id, visit.signed(), "us-core-careplan", body);
}

fn activity(text: &str) -> Value {
    json!({ "detail": { "status": "in-progress", "description": text } })
}

fn narrative(activities: &[&str]) -> Value {
    let items: String = activities.iter().map(|text| format!("<li>{}</li>", escaped(text))).collect();
    json!({ "status": "generated", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><ul>{items}</ul></div>") })
}

fn team(chart: &mut Chart<'_>, visit: &Visit) -> String {
    let id = chart.next_id("team");
    let member = |code: Code, member: Value| json!({ "role": [code.concept()], "member": member });
    let body = json!({
        "status": "active",
        "name": "Primary care team",
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "period": { "start": visit.day().to_string() },
        "participant": [
            member(Code::snomed("446050000", "Primary care provider"), visit.role.reference(chart.seed)),
            member(Code::snomed("46255001", "Pharmacist"), Role::Pharmacist.role_reference()),
            member(Code::snomed("116154003", "Patient"), chart.subject()),
        ],
        "managingOrganization": [staff::organization(chart.hospital)],
    });
    chart.add("CareTeam", &id, visit.signed(), "us-core-careteam", body);
    id
}

fn goal(chart: &mut Chart<'_>, visit: &Visit, description: &str, aim: Option<&Aim>, problem: Option<&str>) -> String {
    let id = chart.next_id("goal");
    let mut target = json!({ "dueDate": plus_days(visit.day(), 365).to_string() });
    if let Some(aim) = aim {
        let (value, unit, ucum) = aim.target;
        target["measure"] = concept(&[aim.measure], aim.measure.display);
        target["detailQuantity"] = quantity(number(value, 1), unit, ucum);
    }
    let mut body = json!({
        "lifecycleStatus": "active",
        "description": { "text": description },
        "subject": chart.subject(),
        "startDate": visit.day().to_string(),
        "target": [target],
        "expressedBy": visit.role.reference(chart.seed),
    });
    if let Some(problem) = problem {
        body["addresses"] = json!([reference("Condition", problem)]);
    }
    chart.add("Goal", &id, visit.signed(), "us-core-goal", body);
    id
}
