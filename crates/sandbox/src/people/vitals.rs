//! Vital signs, following a body through growth, weight gain, disease and treatment.

use jiff::civil::Date;
use serde_json::Value;

use super::calendar::{local, years_between};
use super::catalogue::diseases::Ailment;
use super::chart::Chart;
use super::codes::{Code, concept, hl7, number, object, quantity};
use super::encounters::Visit;
use super::imperfections;
use super::life::Life;
use super::names::Sex;

/// What stays with a person: the adult height and the base lines of the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    /// Adult height in centimeters.
    pub height: f64,
    /// Body mass index at twenty, and what each ten years add.
    pub bmi: f64,
    pub gain: f64,
    pub systolic: f64,
    pub pulse: f64,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Extent {
    /// At the yearly visit.
    Full,
    /// At a visit for a disease: blood pressure, pulse, weight.
    Brief,
    /// At a visit for an illness, with this much fever.
    Acute { fever: f64 },
}

const BLOOD_PRESSURE: Code = Code::loinc("85354-9", "Blood pressure panel with all children optional");
const SYSTOLIC: Code = Code::loinc("8480-6", "Systolic blood pressure");
const DIASTOLIC: Code = Code::loinc("8462-4", "Diastolic blood pressure");
const HEART_RATE: Code = Code::loinc("8867-4", "Heart rate");
const RESPIRATORY_RATE: Code = Code::loinc("9279-1", "Respiratory rate");
const TEMPERATURE: Code = Code::loinc("8310-5", "Body temperature");
const OXYGEN: [Code; 2] = [
    Code::loinc("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
    Code::loinc("2708-6", "Oxygen saturation in Arterial blood"),
];
const HEIGHT: Code = Code::loinc("8302-2", "Body height");
const WEIGHT: Code = Code::loinc("29463-7", "Body weight");
const BMI: Code = Code::loinc("39156-5", "Body mass index (BMI) [Ratio]");

impl Body {
    pub fn draw(chart: &mut Chart<'_>, sex: Sex) -> Body {
        let middle = if sex == Sex::Female { 163.0 } else { 176.0 };
        Body {
            height: middle + chart.between(-9.0, 9.0),
            bmi: chart.between(19.5, 25.0),
            gain: chart.between(0.2, 1.4),
            systolic: chart.between(104.0, 118.0),
            pulse: chart.between(60.0, 78.0),
        }
    }

    fn height_at(&self, age: f64) -> f64 {
        if age >= 17.0 {
            return self.height;
        }
        // Growth is fast in the first two years and nearly even until the end of puberty.
        let at_two = self.height * 0.5;
        if age < 2.0 {
            50.0 + (at_two - 50.0) * (age / 2.0)
        } else {
            at_two + (self.height - at_two) * (age - 2.0) / 15.0
        }
    }

    fn bmi_at(&self, age: f64) -> f64 {
        if age < 20.0 {
            15.8 + (self.bmi - 15.8) * ((age - 4.0).max(0.0) / 16.0)
        } else {
            self.bmi + self.gain * (age - 20.0) / 10.0
        }
    }
}

/// Measures a person at a visit.
pub(super) fn write(chart: &mut Chart<'_>, life: &Life, visit: &Visit, extent: Extent) {
    let day = visit.day();
    let age = f64::from(day.year() - life.birth.year()) + f64::from(day.month() - life.birth.month()) / 12.0;
    let fever = if let Extent::Acute { fever } = extent { fever } else { 0.0 };
    if age >= 3.0 {
        blood_pressure(chart, life, visit, age);
    }
    let pulse = life.body.pulse + fever * 9.0 + (20.0 - age).max(0.0) * 2.0 + chart.between(-6.0, 6.0);
    measure(chart, visit, "us-core-heart-rate", &[HEART_RATE], number(pulse, 0), "beats/minute", "/min");
    if extent != Extent::Brief {
        let breaths = 14.0 + fever * 2.0 + (12.0 - age).max(0.0) * 0.8 + chart.between(-2.0, 3.0);
        measure(
            chart,
            visit,
            "us-core-respiratory-rate",
            &[RESPIRATORY_RATE],
            number(breaths, 0),
            "breaths/minute",
            "/min",
        );
        let temperature = 36.7 + fever + chart.between(-0.3, 0.3);
        measure(chart, visit, "us-core-body-temperature", &[TEMPERATURE], number(temperature, 1), "degrees C", "Cel");
        let saturation = 98.5 - fever * 1.2 - chart.between(0.0, 2.0);
        measure(chart, visit, "us-core-pulse-oximetry", &OXYGEN, number(saturation, 0), "%", "%");
    }
    if matches!(extent, Extent::Acute { .. }) {
        return;
    }
    let height = life.body.height_at(age);
    let mut bmi = life.body.bmi_at(age) + chart.between(-0.4, 0.4);
    if life.months_with(Ailment::Obesity, day).is_some() {
        bmi = bmi.max(30.4) + 1.2;
    }
    let weight = bmi * (height / 100.0).powi(2);
    measure(chart, visit, "us-core-body-weight", &[WEIGHT], number(weight, 1), "kg", "kg");
    if extent == Extent::Full {
        measure(chart, visit, "us-core-body-height", &[HEIGHT], number(height, 1), "cm", "cm");
        measure(chart, visit, "us-core-bmi", &[BMI], number(bmi, 1), "kg/m2", "kg/m2");
    }
}

/// Systolic and diastolic pressure: it rises with age and hypertension and falls during the first year of treatment.
fn pressure(chart: &mut Chart<'_>, life: &Life, day: Date, age: f64) -> (f64, f64) {
    let mut systolic = life.body.systolic + (age - 25.0).max(0.0) * 0.22 - (18.0 - age).max(0.0) * 0.9;
    if let Some(months) = life.months_with(Ailment::Hypertension, day) {
        systolic += 30.0 - 22.0 * (months as f64 / 12.0).min(1.0);
    }
    systolic += chart.between(-6.0, 6.0);
    (systolic, systolic * 0.62 + chart.between(-2.0, 4.0))
}

fn blood_pressure(chart: &mut Chart<'_>, life: &Life, visit: &Visit, age: f64) {
    let (systolic, diastolic) = pressure(chart, life, visit.day(), age);
    let id = chart.next_id("obs");
    let mut body = body(chart, visit, &[BLOOD_PRESSURE], "Blood pressure");
    let part = |code: Code, value: f64| object! { "code": code.concept(), "valueQuantity": quantity(number(value, 0), "mmHg", "mm[Hg]") };
    body["component"] = Value::from([part(SYSTOLIC, systolic), part(DIASTOLIC, diastolic)]);
    if years_between(life.birth, visit.day()) >= 18 && systolic >= 140.0 {
        body["interpretation"] = Value::from([hl7("v3-ObservationInterpretation", "H", "High")]);
    }
    chart.add("Observation", &id, visit.signed(), "us-core-blood-pressure", body);
}

fn measure(chart: &mut Chart<'_>, visit: &Visit, profile: &str, codes: &[Code], value: Value, unit: &str, ucum: &str) {
    let id = chart.next_id("obs");
    let mut body = body(chart, visit, codes, codes[0].display);
    if chart.chance(imperfections::NOT_TAKEN) {
        body["dataAbsentReason"] = hl7("data-absent-reason", "not-performed", "Not Performed");
    } else {
        body["valueQuantity"] = quantity(value, unit, ucum);
    }
    chart.add("Observation", &id, visit.signed(), profile, body);
}

fn body(chart: &Chart<'_>, visit: &Visit, codes: &[Code], text: &str) -> Value {
    object! {
        "status": "final",
        "category": [hl7("observation-category", "vital-signs", "Vital Signs")],
        "code": concept(codes, text),
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "effectiveDateTime": local(visit.at),
        "performer": [visit.role.reference(chart.seed)],
    }
}
