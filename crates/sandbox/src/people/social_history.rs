//! Smoking, drinking, work, mood and pregnancy: what people say about themselves.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::calendar::{local, plus_years};
use super::catalogue::diseases::Ailment;
use super::chart::{Chart, mix};
use super::codes::{Code, concept, hl7, number, object, quantity, reference, us_core_category};
use super::encounters::Visit;
use super::life::Life;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Smoking {
    Never,
    Former { quit: i16 },
    Daily,
}

const SMOKING: Code = Code::loinc("72166-2", "Tobacco smoking status");
const ALCOHOL: Code = Code::loinc("74013-4", "Alcoholic drinks per day");
const OCCUPATION: Code = Code::loinc("11341-5", "History of Occupation");
const PREGNANCY_STATUS: Code = Code::loinc("82810-3", "Pregnancy status");
const DELIVERY_DATE: Code = Code::loinc("11778-8", "Delivery date Estimated");
const PHQ2_SCORE: Code = Code::loinc("55758-7", "Patient Health Questionnaire 2 item (PHQ-2) total score [Reported]");
const PHQ2_ITEMS: [Code; 2] = [
    Code::loinc("44250-9", "Little interest or pleasure in doing things in last 2 weeks"),
    Code::loinc("44255-8", "Feeling down, depressed, or hopeless in last 2 weeks"),
];
const PHQ2_ANSWERS: [Code; 4] = [
    Code::loinc("LA6568-5", "Not at all"),
    Code::loinc("LA6569-3", "Several days"),
    Code::loinc("LA6570-1", "More than half the days"),
    Code::loinc("LA6571-9", "Nearly every day"),
];

const OCCUPATIONS: &[&str] = &[
    "Baker",
    "Bookkeeper",
    "Bus driver",
    "Carpenter",
    "Electrician",
    "Florist",
    "Gardener",
    "Librarian",
    "Nurse",
    "Plumber",
    "Postal carrier",
    "Primary school teacher",
    "Software developer",
    "Surveyor",
    "Veterinary assistant",
    "Welder",
];

impl Smoking {
    pub fn draw(chart: &mut Chart<'_>, birth: Date) -> Smoking {
        match chart.days(0, 99) {
            0..65 => Smoking::Never,
            65..87 => Smoking::Former { quit: birth.year() + chart.days(24, 45) as i16 },
            _ => Smoking::Daily,
        }
    }

    fn in_year(self, year: i16) -> Code {
        match self {
            Smoking::Never => Code::snomed("266919005", "Never smoked tobacco"),
            Smoking::Former { quit } if year >= quit => Code::snomed("8517006", "Ex-smoker"),
            Smoking::Former { .. } | Smoking::Daily => Code::snomed("449868002", "Smokes tobacco daily"),
        }
    }
}

/// Asks about habits at a yearly visit, `number` counted from one; adults only.
pub(super) fn write(chart: &mut Chart<'_>, life: &Life, visit: &Visit, number: usize) {
    if life.age_on(visit.day()) < 18 {
        return;
    }
    if number % 2 == 1 {
        let status = life.smoking.in_year(visit.day().year());
        observe(
            chart,
            visit,
            "us-core-smokingstatus",
            social(),
            SMOKING,
            json!({ "valueCodeableConcept": status.concept() }),
        );
        mood(chart, life, visit);
    }
    if number % 4 == 1 {
        let drinks = (mix(life.constitution, 5) % 5) as f64 * 0.5;
        let value = quantity(super::codes::number(drinks, 1), "drinks per day", "{drinks}/d");
        observe(chart, visit, "us-core-simple-observation", social(), ALCOHOL, json!({ "valueQuantity": value }));
    }
    if number == 1 {
        occupation(chart, life, visit);
    }
}

fn occupation(chart: &mut Chart<'_>, life: &Life, visit: &Visit) {
    let id = chart.next_id("obs");
    let occupation = chart.pick(OCCUPATIONS);
    let mut body = body(chart, visit, social(), OCCUPATION);
    let start = plus_years(life.birth, 18).min(visit.day());
    body["effectivePeriod"] = json!({ "start": start.year().to_string() });
    body["valueCodeableConcept"] = json!({ "text": occupation });
    chart.add("Observation", &id, visit.signed(), "us-core-observation-occupation", body);
}

/// The two questions about mood and their sum; a depression answers higher until it is treated for half a year.
pub(super) fn mood(chart: &mut Chart<'_>, life: &Life, visit: &Visit) {
    let most = match life.months_with(Ailment::Depression, visit.day()) {
        Some(0..6) => 3,
        Some(_) => 1,
        None => 0,
    };
    let mut sum = 0;
    let mut items = Vec::new();
    for item in PHQ2_ITEMS {
        let answer = if most == 0 { i64::from(chart.chance(120)) } else { chart.days(most - 1, most) };
        sum += answer;
        items.push(observe(
            chart,
            visit,
            "us-core-observation-screening-assessment",
            survey(),
            item,
            json!({ "valueCodeableConcept": PHQ2_ANSWERS[answer as usize].concept() }),
        ));
    }
    let members: Vec<Value> = items.iter().map(|id| reference("Observation", id)).collect();
    let value = json!({ "valueQuantity": quantity(json!(sum), "score", "{score}"), "hasMember": members });
    observe(chart, visit, "us-core-observation-screening-assessment", survey(), PHQ2_SCORE, value);
}

/// Records a pregnancy and when the child is expected.
pub(super) fn pregnancy(chart: &mut Chart<'_>, visit: &Visit, due: Date) {
    let pregnant = Code::snomed("77386006", "Pregnant");
    observe(
        chart,
        visit,
        "us-core-observation-pregnancystatus",
        social(),
        PREGNANCY_STATUS,
        json!({ "valueCodeableConcept": pregnant.concept() }),
    );
    observe(
        chart,
        visit,
        "us-core-simple-observation",
        social(),
        DELIVERY_DATE,
        json!({ "valueDateTime": due.to_string() }),
    );
}

/// How far a person manages everyday life, by a question that has a score.
pub(super) fn function(chart: &mut Chart<'_>, visit: &Visit, question: Code, answer: Code) {
    let categories = json!([
        hl7("observation-category", "survey", "Survey"),
        us_core_category("functional-status", "Functional Status"),
    ]);
    observe(
        chart,
        visit,
        "us-core-observation-screening-assessment",
        categories,
        question,
        json!({ "valueCodeableConcept": answer.concept() }),
    );
}

/// A distance somebody can walk, as a functional status with a number.
pub(super) fn endurance(chart: &mut Chart<'_>, visit: &Visit, meters: f64) {
    let categories = json!([us_core_category("functional-status", "Functional Status")]);
    let value = quantity(number(meters, 0), "m", "m");
    observe(
        chart,
        visit,
        "us-core-simple-observation",
        categories,
        Code::loinc("64098-7", "Six minute walk test"),
        json!({ "valueQuantity": value }),
    );
}

fn social() -> Value {
    json!([hl7("observation-category", "social-history", "Social History")])
}

fn survey() -> Value {
    json!([hl7("observation-category", "survey", "Survey")])
}

fn observe(chart: &mut Chart<'_>, visit: &Visit, profile: &str, category: Value, code: Code, value: Value) -> String {
    let id = chart.next_id("obs");
    let mut body = body(chart, visit, category, code);
    body["effectiveDateTime"] = json!(local(visit.at));
    let (Value::Object(whole), Value::Object(value)) = (&mut body, value) else {
        unreachable!("a resource is an object")
    };
    whole.extend(value);
    chart.add("Observation", &id, visit.signed(), profile, body);
    id
}

fn body(chart: &Chart<'_>, visit: &Visit, category: Value, code: Code) -> Value {
    object! {
        "status": "final",
        "category": category,
        "code": concept(&[code], code.display),
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "performer": [visit.role.reference(chart.seed)],
    }
}
