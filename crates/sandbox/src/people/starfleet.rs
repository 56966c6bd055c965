//! People with a known login: a long record told by hand for the walk through a first connection, and one without any.

use super::calendar::{day, plus_days, plus_minutes, plus_years};
use super::catalogue::diseases::Ailment;
use super::catalogue::drugs;
use super::chart::Chart;
use super::codes::Code;
use super::encounters::{self, Class, Opening, Visit};
use super::immunizations;
use super::life::{self, Life, QUIET_DAYS};
use super::medications::{self, Course};
use super::names::{Name, Sex};
use super::notes::{self, Story};
use super::staff::Role;
use super::{Hospital, Person, coverage, patients, social_history};
use jiff::civil::Date;

/// The seed of the staff that the people of this file refer to.
pub const STARFLEET_SEED: u64 = 1701;

pub const STARFLEET_MEDICAL: Hospital<'static> = Hospital {
    name: "Starfleet Medical",
    organization_id: "starfleet-medical",
    city: "Sausalito",
    state: "CA",
    zip: "94965",
};

pub const STARFLEET_PHARMACY: Hospital<'static> = Hospital {
    name: "Starfleet Pharmacy",
    organization_id: "starfleet-pharmacy",
    city: "Sausalito",
    state: "CA",
    zip: "94965",
};

const BORN: &str = "1966-03-14";

#[rustfmt::skip]
const ABILITIES: &[(Code, Code)] = &[
    (Code::loinc("57251-1", "Difficulty walking or climbing stairs"), Code::loinc("LA32-8", "No")),
    (Code::loinc("69859-7", "Difficulty dressing or bathing"), Code::loinc("LA32-8", "No")),
    (Code::loinc("69861-3", "Difficulty doing errands alone"), Code::loinc("LA32-8", "No")),
];

/// The people of the demonstration hospital: `demouser` has something of every kind.
pub fn starfleet_medical(today: &str) -> Vec<Person> {
    let mut chart = Chart::open_named(STARFLEET_SEED, "demo", &STARFLEET_MEDICAL, day(today));
    let begins = plus_days(chart.today, -24 * 365 - 200).to_string();
    let ailments = [
        (Ailment::Rhinitis, "1984-05"),
        (Ailment::Hypertension, "2011-02"),
        (Ailment::Hyperlipidemia, "2012-09"),
        (Ailment::Diabetes, "2015-06"),
    ]
    .map(|(ailment, month)| (ailment, format!("{month}-11")));
    let ailments = ailments.each_ref().map(|(ailment, onset)| (*ailment, onset.as_str()));
    let life = life::told(&mut chart, Sex::Female, BORN, &begins, &ailments);
    let name = demo();
    life::begin(&mut chart, &name, &life);
    checkup(&mut chart);
    vec![life::close(chart, &name, &life)]
}

/// The people of the demonstration pharmacy: `demouser` with what was dispensed and injected there.
pub fn starfleet_pharmacy(today: &str) -> Vec<Person> {
    let mut chart = Chart::open_named(STARFLEET_SEED, "demo", &STARFLEET_PHARMACY, day(today));
    // October, when there is influenza vaccine.
    let begins = jiff::civil::date(chart.today.year() - 22, 10, 12);
    let life = life::told(&mut chart, Sex::Female, BORN, &begins.to_string(), &[]);
    let name = demo();
    patients::write(&mut chart, &name, &life);
    let last = plus_days(chart.today, -QUIET_DAYS - 20);
    let mut next = begins;
    let mut before = None;
    while next <= last {
        counter(&mut chart, &life, next, before, plus_years(next, 1) > last);
        before = Some(next);
        next = plus_years(next, 1);
    }
    vec![life::close(chart, &name, &life)]
}

/// A person whose chart is still empty: a Patient that refers to nobody, so that any hospital can have them.
pub fn nodata(today: &str) -> Person {
    let mut chart = Chart::open_named(STARFLEET_SEED, "nodata", &STARFLEET_MEDICAL, day(today));
    let begins = plus_days(chart.today, -30).to_string();
    let life = life::told(&mut chart, Sex::Male, "1990-11-02", &begins, &[]);
    let name = Name { given: "Tolan", middle: "Reed", family: "Vesper", sex: Sex::Male, username: "nodata".to_owned() };
    patients::write(&mut chart, &name, &life);
    let patient = chart.resources[0].json.as_object_mut().expect("a resource is an object");
    patient.shift_remove("generalPractitioner");
    patient.shift_remove("managingOrganization");
    life::person(chart, &name, life.birth)
}

fn demo() -> Name {
    Name { given: "Iridessa", middle: "Maren", family: "Calderwood", sex: Sex::Female, username: "demouser".to_owned() }
}

/// A visit that adds what no other visit has: abilities and written instructions.
fn checkup(chart: &mut Chart<'_>) {
    let on = plus_days(chart.today, -QUIET_DAYS - 8);
    let visit = clinic(chart, on, Role::Internist);
    for (question, answer) in ABILITIES {
        social_history::function(chart, &visit, *question, *answer);
    }
    social_history::endurance(chart, &visit, 520.0);
    notes::instructions(
        chart,
        &visit,
        &Story {
            title: "Instructions",
            complaint: "Sent home with a plan for blood pressure and sugar.",
            finding: "Understands the plan and can repeat it.",
            plan: "Measure blood pressure every morning. Check the feet every evening. Call if the sugar stays above 250.",
        },
    );
    let lines =
        ["Please look at the eyes of our patient, who has had diabetes since 2015.", "The last look was a year ago."];
    notes::letter(chart, &visit, "Letter to the eye clinic", &lines);
}

/// One year at the counter of the pharmacy.
fn counter(chart: &mut Chart<'_>, life: &Life, on: Date, before: Option<Date>, last: bool) {
    let visit = clinic(chart, on, Role::Pharmacist);
    if before.is_none() {
        coverage::write(chart, &visit);
    }
    immunizations::write(chart, life, &visit, before);
    let taken = [
        (&drugs::LISINOPRIL_10, 2011),
        (&drugs::AMLODIPINE, 2014),
        (&drugs::METFORMIN_500, 2015),
        (&drugs::GLARGINE, 2021),
    ];
    for (drug, _) in taken.into_iter().filter(|(_, since)| on.year() >= *since) {
        let course = if last { Course::Active } else { Course::Completed };
        let order = medications::order(chart, &visit, drug, course, None);
        medications::dispense(chart, &order, drug, plus_minutes(visit.signed(), 15));
    }
    let short = [&drugs::PREDNISONE, &drugs::AMOXICILLIN];
    if on.year() % 4 == 0 {
        let drug = short[usize::from(on.year() % 8 == 0)];
        let order = medications::order(chart, &visit, drug, Course::Completed, None);
        medications::dispense(chart, &order, drug, plus_minutes(visit.signed(), 15));
    }
}

fn clinic(chart: &mut Chart<'_>, on: Date, role: Role) -> Visit {
    encounters::open(
        chart,
        Opening { day: on, class: Class::Ambulatory, kind: encounters::FOLLOW_UP, role, reason: &[], nights: 0 },
    )
}
