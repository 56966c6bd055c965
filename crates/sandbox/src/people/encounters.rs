//! Visits, and the Encounter resource that each of them is.

use jiff::civil::{Date, DateTime};
use serde_json::Value;

use super::calendar::{local, plus_days, plus_minutes};
use super::chart::Chart;
use super::codes::{Code, coding, concept, hl7, object, reference, reference_named};
use super::staff::{self, Role};

/// Where a visit takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Ambulatory,
    Emergency,
    Inpatient,
    Virtual,
}

pub(super) const WELLNESS: Code = Code::snomed("162673000", "General examination of patient");
pub(super) const FOLLOW_UP: Code = Code::snomed("390906007", "Follow-up encounter");
pub(super) const SYMPTOM: Code = Code::snomed("185345009", "Encounter for symptom");
pub(super) const EMERGENCY_ADMISSION: Code = Code::snomed("50849002", "Emergency room admission");
pub(super) const HOSPITAL_ADMISSION: Code = Code::snomed("32485007", "Hospital admission");
pub(super) const TELEHEALTH: Code = Code::snomed("448337001", "Telemedicine consultation with patient");
pub(super) const PRENATAL: Code = Code::snomed("424619006", "Prenatal visit");

/// A visit as the other nouns need it: what they refer to and when they happened.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub id: String,
    pub at: DateTime,
    pub end: DateTime,
    pub class: Class,
    pub role: Role,
}

/// What is known of a visit before it takes place.
pub(super) struct Opening<'v> {
    pub day: Date,
    pub class: Class,
    pub kind: Code,
    pub role: Role,
    pub reason: &'v [Code],
    pub nights: i64,
}

impl Class {
    fn code(self) -> (&'static str, &'static str) {
        match self {
            Class::Ambulatory => ("AMB", "ambulatory"),
            Class::Emergency => ("EMER", "emergency"),
            Class::Inpatient => ("IMP", "inpatient encounter"),
            Class::Virtual => ("VR", "virtual"),
        }
    }

    /// What a visit of this class for a symptom is called.
    pub fn kind(self) -> Code {
        match self {
            Class::Ambulatory => SYMPTOM,
            Class::Emergency => EMERGENCY_ADMISSION,
            Class::Inpatient => HOSPITAL_ADMISSION,
            Class::Virtual => TELEHEALTH,
        }
    }

    pub fn room(self) -> (&'static str, &'static str) {
        match self {
            Class::Ambulatory | Class::Virtual => (staff::CLINIC, "Primary Care Clinic"),
            Class::Emergency => (staff::EMERGENCY, "Emergency Department"),
            Class::Inpatient => (staff::WARD, "Inpatient Ward"),
        }
    }
}

impl Visit {
    pub fn reference(&self) -> Value {
        reference("Encounter", &self.id)
    }

    pub fn day(&self) -> Date {
        self.at.date()
    }

    /// When what was learned at the visit was signed.
    pub fn signed(&self) -> DateTime {
        plus_minutes(self.end, 45)
    }
}

/// Opens a visit and writes its Encounter.
pub(super) fn open(chart: &mut Chart<'_>, opening: Opening<'_>) -> Visit {
    let hour = chart.days(8, 15) as i8;
    let minute = chart.pick(&[0i8, 10, 15, 20, 30, 40, 45, 50]);
    let at = opening.day.at(hour, minute, 0, 0);
    let end = match opening.class {
        Class::Inpatient => plus_days(opening.day, opening.nights.max(1)).at(11, 30, 0, 0),
        Class::Emergency => plus_minutes(at, chart.days(90, 200)),
        Class::Ambulatory => plus_minutes(at, chart.days(20, 45)),
        Class::Virtual => plus_minutes(at, chart.days(10, 20)),
    };
    let visit = Visit { id: chart.next_id("enc"), at, end, class: opening.class, role: opening.role };
    let period = object! { "start": local(visit.at), "end": local(visit.end) };
    let (code, display) = visit.class.code();
    let (room, room_name) = visit.class.room();
    let mut body = object! {
        "identifier": [object! { "system": "urn:ietf:rfc:3986", "value": format!("urn:tributary:encounter:{}", visit.id) }],
        "status": "finished",
        "class": coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", code, display),
        "type": [opening.kind.concept()],
        "subject": chart.subject(),
        "participant": [object! {
            "type": [hl7("v3-ParticipationType", "PPRF", "primary performer")],
            "period": period.clone(),
            "individual": visit.role.reference(chart.seed),
        }],
        "period": period,
        "location": [object! { "location": reference_named("Location", room, &format!("{} {room_name}", chart.hospital.name)) }],
        "serviceProvider": staff::organization(chart.hospital),
    };
    if let Some(reason) = opening.reason.first() {
        body["reasonCode"] = Value::from([concept(opening.reason, reason.display)]);
    }
    if visit.class == Class::Inpatient {
        body["hospitalization"] = object! { "dischargeDisposition": hl7("discharge-disposition", "home", "Home") };
    }
    chart.add("Encounter", &visit.id, visit.signed(), "us-core-encounter", body);
    visit
}
