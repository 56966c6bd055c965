//! What happens at each kind of visit, told in terms of the nouns.

use jiff::civil::Date;

use super::calendar::{months_between, plus_days, plus_minutes};
use super::catalogue::analytes;
use super::catalogue::diseases::Ailment;
use super::catalogue::drugs::{self, Drug};
use super::catalogue::illnesses::{Illness, Test};
use super::catalogue::operations;
use super::chart::Chart;
use super::codes::Code;
use super::encounters::{self, Class, Opening, Visit};
use super::life::{Event, Life};
use super::medications::Course;
use super::names::Sex;
use super::notes::Story;
use super::staff::Role;
use super::vitals::Extent;
use super::{
    allergies, care_plans, conditions, coverage, family, immunizations, imperfections, labs, medications, notes,
    procedures,
};
use super::{provenance, radiology, social_history, vitals};

/// Months after which a treatment steps up to the next drug.
const STEP: i64 = 48;
const PREGNANCY: [Code; 2] = [
    Code::snomed("72892002", "Normal pregnancy"),
    Code::icd10("Z34.90", "Encounter for supervision of normal pregnancy, unspecified, unspecified trimester"),
];

/// What the visits before have left behind.
#[derive(Default)]
struct Memory {
    /// The Condition ids of the courses, as far as they have been recorded.
    problems: Vec<Option<String>>,
    wellness_visits: usize,
    last_wellness: Option<Date>,
}

pub(super) fn write(chart: &mut Chart<'_>, life: &Life, events: &[(Date, Event)]) {
    let mut memory = Memory { problems: vec![None; life.courses.len()], ..Memory::default() };
    let last_wellness = events.iter().rposition(|(_, event)| matches!(event, Event::Wellness));
    for (number, (day, event)) in events.iter().enumerate() {
        match *event {
            Event::Wellness => wellness(chart, life, &mut memory, *day, last_wellness == Some(number)),
            Event::FollowUp(course) => follow_up(chart, life, &mut memory, *day, course),
            Event::Illness(illness) => illness_visit(chart, life, *day, illness),
            Event::Pregnancy { due, visit } => prenatal(chart, life, *day, due, visit),
            Event::Delivery => delivery(chart, life, *day),
            Event::Screening => screening(chart, life, *day),
            Event::KneeReplacement => knee_replacement(chart, life, &memory, *day),
        }
    }
}

fn wellness(chart: &mut Chart<'_>, life: &Life, memory: &mut Memory, day: Date, last: bool) {
    let age = life.age_on(day);
    let visit = encounters::open(
        chart,
        Opening {
            day,
            class: Class::Ambulatory,
            kind: encounters::WELLNESS,
            role: doctor(age),
            reason: &[],
            nights: 0,
        },
    );
    let first = memory.wellness_visits == 0;
    memory.wellness_visits += 1;
    if first {
        coverage::write(chart, &visit);
        allergies::write(chart, life, &visit);
        family::write(chart, life, &visit);
    }
    vitals::write(chart, life, &visit, Extent::Full);
    immunizations::write(chart, life, &visit, memory.last_wellness);
    memory.last_wellness = Some(day);
    social_history::write(chart, life, &visit, memory.wellness_visits);
    // Renewals come first: what is diagnosed today is ordered with the diagnosis.
    prescribe(chart, life, memory, &visit, last);
    record_problems(chart, life, memory, &visit);
    if age >= 18 {
        routine_labs(chart, life, &visit, memory.wellness_visits);
    }
    if age >= 40 && life.sex == Sex::Female && age < 75 && memory.wellness_visits.is_multiple_of(2) {
        procedures::perform(chart, &visit, &operations::MAMMOGRAPHY, None);
    }
    if life.months_with(Ailment::Diabetes, day).is_some() {
        procedures::perform(chart, &visit, &operations::EYE_EXAM, memory.problem(life, Ailment::Diabetes));
    }
    let present: Vec<&str> =
        life.courses.iter().filter(|course| course.onset <= day).map(|course| course.disease.text).collect();
    let plan: Vec<&str> =
        life.courses.iter().filter(|course| course.onset <= day).map(|course| course.disease.plan).collect();
    let history =
        if present.is_empty() { "No lasting illnesses.".to_owned() } else { format!("Known: {}.", present.join(", ")) };
    let plan = if plan.is_empty() { "Stay active, return in a year.".to_owned() } else { plan.join(" ") };
    let age_in_words = if age == 0 { "Infant".to_owned() } else { format!("{age} years old") };
    notes::progress(
        chart,
        &visit,
        &Story {
            title: "Annual visit",
            complaint: &format!("{age_in_words}, here for the yearly examination."),
            finding: &history,
            plan: &plan,
        },
    );
    if last {
        care_plans::write(chart, life, &visit, &memory.problems);
        if age >= 18 {
            imperfections::write(chart, life, &visit);
            medications::reported(chart, &visit, day);
        }
        provenance::write(chart, &visit);
    }
}

fn follow_up(chart: &mut Chart<'_>, life: &Life, memory: &mut Memory, day: Date, course: usize) {
    let disease = life.courses[course].disease;
    let remote = disease.ailment == Ailment::Depression && day.year() >= 2020;
    let class = if remote { Class::Virtual } else { Class::Ambulatory };
    let kind = if remote { encounters::TELEHEALTH } else { encounters::FOLLOW_UP };
    let visit = encounters::open(
        chart,
        Opening { day, class, kind, role: Role::Internist, reason: &[disease.snomed], nights: 0 },
    );
    record_problems(chart, life, memory, &visit);
    conditions::follow_up(chart, &visit, disease);
    if !remote {
        vitals::write(chart, life, &visit, Extent::Brief);
    }
    if disease.ailment == Ailment::Diabetes {
        labs::panel(chart, life, &visit, &analytes::HEMOGLOBIN_A1C, None);
    }
    if disease.ailment == Ailment::Depression {
        social_history::mood(chart, life, &visit);
    }
    notes::progress(
        chart,
        &visit,
        &Story {
            title: disease.text,
            complaint: "Doing well, takes the medication as prescribed.",
            finding: "Examination unchanged since the last visit.",
            plan: disease.plan,
        },
    );
}

fn illness_visit(chart: &mut Chart<'_>, life: &Life, day: Date, illness: &'static Illness) {
    // Video visits exist since 2020; before, the same illness was seen at the clinic.
    let class = if illness.class == Class::Virtual && day.year() < 2020 { Class::Ambulatory } else { illness.class };
    let role = match class {
        Class::Emergency => Role::EmergencyDoctor,
        Class::Inpatient if illness.operation.is_some() => Role::Surgeon,
        Class::Inpatient => Role::Internist,
        _ => doctor(life.age_on(day)),
    };
    let visit = encounters::open(
        chart,
        Opening { day, class, kind: class.kind(), role, reason: &[illness.snomed, illness.icd10], nights: 2 },
    );
    let over = plus_days(day, chart.days(illness.days.0, illness.days.1));
    let condition = conditions::diagnosis(chart, &visit, illness, over);
    if class != Class::Virtual {
        vitals::write(chart, life, &visit, Extent::Acute { fever: illness.fever });
    }
    match illness.test {
        Test::None => {}
        Test::Strep => labs::strep(chart, &visit),
        Test::Urinalysis => labs::urinalysis(chart, &visit, true),
        Test::BloodCount => labs::panel(chart, life, &visit, &analytes::BLOOD_COUNT, None),
        Test::ChestImage => radiology::write(chart, &visit, &radiology::CHEST),
        Test::AnkleImage => radiology::write(chart, &visit, &radiology::ANKLE),
        Test::WristImage => radiology::write(chart, &visit, &radiology::WRIST),
    }
    if let Some(operation) = illness.operation {
        procedures::perform(chart, &visit, operation, Some(&condition));
    }
    if let Some(drug) = illness.drug {
        let ended = plus_days(visit.end.date(), drug.supply.1) <= chart.today;
        let course = if ended { Course::Completed } else { Course::Active };
        let order = medications::order(chart, &visit, drug, course, Some((&condition, illness.snomed)));
        medications::dispense(chart, &order, drug, plus_minutes(visit.signed(), 60));
    }
    let story =
        Story { title: illness.text, complaint: illness.complaint, finding: illness.finding, plan: illness.plan };
    if class == Class::Inpatient {
        notes::discharge(chart, &visit, &story);
    } else {
        notes::progress(chart, &visit, &story);
    }
}

fn prenatal(chart: &mut Chart<'_>, life: &Life, day: Date, due: Date, number: u8) {
    let visit = encounters::open(
        chart,
        Opening {
            day,
            class: Class::Ambulatory,
            kind: encounters::PRENATAL,
            role: Role::Obstetrician,
            reason: &PREGNANCY,
            nights: 0,
        },
    );
    if number == 0 {
        labs::pregnancy_test(chart, &visit);
        let condition = conditions::passing(chart, &visit, &PREGNANCY, "Normal pregnancy", day, due);
        let order =
            medications::order(chart, &visit, &drugs::FOLIC_ACID, Course::Completed, Some((&condition, PREGNANCY[0])));
        medications::dispense(chart, &order, &drugs::FOLIC_ACID, plus_minutes(visit.signed(), 90));
        labs::panel(chart, life, &visit, &analytes::BLOOD_COUNT, None);
    }
    social_history::pregnancy(chart, &visit, due);
    vitals::write(chart, life, &visit, Extent::Brief);
    labs::urinalysis(chart, &visit, false);
    notes::progress(
        chart,
        &visit,
        &Story {
            title: "Prenatal visit",
            complaint: "No bleeding, no contractions.",
            finding: "Growth as expected for the week.",
            plan: "Continue folic acid; next visit as scheduled.",
        },
    );
}

fn delivery(chart: &mut Chart<'_>, life: &Life, day: Date) {
    let visit = encounters::open(
        chart,
        Opening {
            day,
            class: Class::Inpatient,
            kind: encounters::HOSPITAL_ADMISSION,
            role: Role::Obstetrician,
            reason: &PREGNANCY,
            nights: 2,
        },
    );
    vitals::write(chart, life, &visit, Extent::Acute { fever: 0.0 });
    procedures::perform(chart, &visit, &operations::CHILDBIRTH, None);
    notes::discharge(
        chart,
        &visit,
        &Story {
            title: "Childbirth",
            complaint: "Regular contractions at term.",
            finding: "Uncomplicated vaginal delivery of a healthy child.",
            plan: "Home with the child; visit in six weeks.",
        },
    );
}

fn screening(chart: &mut Chart<'_>, life: &Life, day: Date) {
    let visit = encounters::open(
        chart,
        Opening {
            day,
            class: Class::Ambulatory,
            kind: encounters::FOLLOW_UP,
            role: Role::Surgeon,
            reason: &[],
            nights: 0,
        },
    );
    vitals::write(chart, life, &visit, Extent::Brief);
    procedures::ordered(chart, &visit, &operations::COLONOSCOPY);
}

fn knee_replacement(chart: &mut Chart<'_>, life: &Life, memory: &Memory, day: Date) {
    let reason = Ailment::Osteoarthritis.disease();
    let visit = encounters::open(
        chart,
        Opening {
            day,
            class: Class::Inpatient,
            kind: encounters::HOSPITAL_ADMISSION,
            role: Role::Surgeon,
            reason: &[reason.snomed],
            nights: 3,
        },
    );
    vitals::write(chart, life, &visit, Extent::Acute { fever: 0.0 });
    let condition = memory.problem(life, Ailment::Osteoarthritis);
    procedures::perform(chart, &visit, &operations::KNEE_REPLACEMENT, condition);
    procedures::implant(chart, &visit);
    let order = medications::order(
        chart,
        &visit,
        &drugs::OXYCODONE,
        Course::Completed,
        condition.map(|id| (id, reason.snomed)),
    );
    medications::dispense(chart, &order, &drugs::OXYCODONE, visit.signed());
    notes::discharge(
        chart,
        &visit,
        &Story {
            title: "Knee replacement",
            complaint: "Knee pain that exercise and medication no longer relieve.",
            finding: "Total replacement of the right knee without complications.",
            plan: "Physical therapy three times a week, visit in six weeks.",
        },
    );
}

impl Memory {
    fn problem(&self, life: &Life, ailment: Ailment) -> Option<&str> {
        let number = life.courses.iter().position(|course| course.disease.ailment == ailment)?;
        self.problems[number].as_deref()
    }
}

/// Puts on the problem list what has begun since the last visit.
fn record_problems(chart: &mut Chart<'_>, life: &Life, memory: &mut Memory, visit: &Visit) {
    for (number, course) in life.courses.iter().enumerate() {
        if course.onset <= visit.day() && memory.problems[number].is_none() {
            let id = conditions::problem(chart, visit, course.disease, course.onset);
            if let Some(drug) = drug_after(course.disease.steps, 0) {
                first_order(chart, visit, drug, &id, course.disease.snomed);
            }
            memory.problems[number] = Some(id);
        }
    }
}

/// The treatment begins on the day of the diagnosis; the next yearly visit renews it.
fn first_order(chart: &mut Chart<'_>, visit: &Visit, drug: &Drug, condition: &str, reason: Code) {
    let course = if months_between(visit.day(), chart.today) <= 12 { Course::Active } else { Course::Completed };
    let order = medications::order(chart, visit, drug, course, Some((condition, reason)));
    medications::dispense(chart, &order, drug, plus_minutes(visit.signed(), 75));
}

/// Renews at the yearly visit what is taken for the lasting diseases.
fn prescribe(chart: &mut Chart<'_>, life: &Life, memory: &Memory, visit: &Visit, last: bool) {
    for (number, course) in life.courses.iter().enumerate() {
        let Some(condition) = memory.problems[number].as_deref() else { continue };
        let months = months_between(course.onset, visit.day());
        let stepped = drug_after(course.disease.steps, months);
        let next = drug_after(course.disease.steps, months + 12);
        let status = match (last, stepped == next) {
            (true, _) => Course::Active,
            (false, true) => Course::Completed,
            (false, false) => Course::Stopped,
        };
        if let Some(drug) = stepped.filter(|_| months > 6) {
            let order = medications::order(chart, visit, drug, status, Some((condition, course.disease.snomed)));
            if last {
                medications::dispense(chart, &order, drug, plus_minutes(visit.signed(), 75));
            }
        }
        for drug in course.disease.beside {
            if last || chart.chance(300) {
                let status = if last { Course::Active } else { Course::Completed };
                medications::order(chart, visit, drug, status, Some((condition, course.disease.snomed)));
            }
        }
    }
}

fn drug_after(steps: &'static [&'static Drug], months: i64) -> Option<&'static Drug> {
    let step = (months / STEP) as usize;
    steps.get(step.min(steps.len().saturating_sub(1))).copied()
}

/// Every fourth year for the healthy, every third for those with a lasting disease.
fn routine_labs(chart: &mut Chart<'_>, life: &Life, visit: &Visit, number: usize) {
    let day = visit.day();
    let every = if life.courses.iter().any(|course| course.onset <= day) { 3 } else { 4 };
    if number % every == 1 {
        let order = labs::order(chart, visit, analytes::METABOLIC.loinc);
        labs::panel(chart, life, visit, &analytes::METABOLIC, Some(&order));
        labs::panel(chart, life, visit, &analytes::LIPIDS, None);
        labs::panel(chart, life, visit, &analytes::BLOOD_COUNT, None);
    }
    if life.months_with(Ailment::Hypothyroidism, day).is_some() {
        labs::panel(chart, life, visit, &analytes::THYROID, None);
    }
    if number % 6 == 1 {
        labs::urinalysis(chart, visit, false);
    }
}

fn doctor(age: i64) -> Role {
    if age < 18 { Role::Pediatrician } else { Role::FamilyDoctor }
}
