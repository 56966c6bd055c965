//! Laboratory results, grouped under the reports that cite them.

use serde_json::Value;

use super::calendar::{local, plus_minutes, utc};
use super::catalogue::analytes::{Analyte, Panel};
use super::chart::{Chart, mix};
use super::codes::{Code, concept, hl7, number, object, quantity, reference};
use super::encounters::Visit;
use super::life::Life;
use super::staff;

/// The last year in which the laboratory reported a good filtration rate only as "more than sixty".
const CAPPED_FILTRATION_UNTIL: i16 = 2016;
const FILTRATION: &str = "33914-3";

const URINALYSIS: Code = Code::loinc("24356-8", "Urinalysis complete panel - Urine");
const STREP: Code = Code::loinc("78012-2", "Streptococcus pyogenes Ag [Presence] in Throat by Rapid immunoassay");
const HCG: Code = Code::loinc("2106-3", "Choriogonadotropin (pregnancy test) [Presence] in Urine");
const NEGATIVE: Code = Code::snomed("260385009", "Negative");
const POSITIVE: Code = Code::snomed("10828004", "Positive");

/// Orders a panel for what is due; returns the ServiceRequest's id.
pub(super) fn order(chart: &mut Chart<'_>, visit: &Visit, code: Code) -> String {
    let id = chart.next_id("sreq");
    chart.add(
        "ServiceRequest",
        &id,
        visit.signed(),
        "us-core-servicerequest",
        object! {
            "status": "completed",
            "intent": "order",
            "category": [Code::snomed("108252007", "Laboratory procedure").concept()],
            "code": code.concept(),
            "subject": chart.subject(),
            "encounter": visit.reference(),
            "occurrenceDateTime": local(visit.at),
            "authoredOn": local(visit.at),
            "requester": visit.role.reference(chart.seed),
        },
    );
    id
}

/// Measures a panel and writes its report.
pub(super) fn panel(chart: &mut Chart<'_>, life: &Life, visit: &Visit, panel: &Panel, order: Option<&str>) {
    let results = panel.analytes.iter().map(|analyte| measured(chart, life, visit, analyte)).collect();
    report(chart, visit, panel.loinc, panel.text, results, order);
}

/// A urinalysis: colors and counts as text, findings as codes.
pub(super) fn urinalysis(chart: &mut Chart<'_>, visit: &Visit, infected: bool) {
    let color = chart.pick(&["Yellow", "Yellow", "Straw", "Amber"]);
    let gravity = number(chart.between(1.006, 1.028), 3);
    let acidity = number(chart.between(5.0, 7.5), 1);
    let finding = if infected { POSITIVE } else { NEGATIVE };
    let results = vec![
        observed(chart, visit, Code::loinc("5778-6", "Color of Urine"), object! { "valueString": color }),
        observed(
            chart,
            visit,
            Code::loinc("5767-9", "Appearance of Urine"),
            object! { "valueString": if infected { "Cloudy" } else { "Clear" } },
        ),
        observed(
            chart,
            visit,
            Code::loinc("5811-5", "Specific gravity of Urine by Test strip"),
            object! { "valueQuantity": quantity(gravity, "1", "1") },
        ),
        observed(
            chart,
            visit,
            Code::loinc("5803-2", "pH of Urine by Test strip"),
            object! { "valueQuantity": quantity(acidity, "[pH]", "[pH]") },
        ),
        observed(
            chart,
            visit,
            Code::loinc("20454-5", "Protein [Presence] in Urine by Test strip"),
            object! { "valueCodeableConcept": NEGATIVE.concept() },
        ),
        observed(
            chart,
            visit,
            Code::loinc("25428-4", "Glucose [Presence] in Urine by Test strip"),
            object! { "valueCodeableConcept": NEGATIVE.concept() },
        ),
        observed(
            chart,
            visit,
            Code::loinc("5802-4", "Nitrite [Presence] in Urine by Test strip"),
            object! { "valueCodeableConcept": finding.concept() },
        ),
        observed(
            chart,
            visit,
            Code::loinc("5799-2", "Leukocyte esterase [Presence] in Urine by Test strip"),
            object! { "valueCodeableConcept": finding.concept() },
        ),
    ];
    report(chart, visit, URINALYSIS, "Urinalysis", results, None);
}

pub(super) fn strep(chart: &mut Chart<'_>, visit: &Visit) {
    let result = observed(
        chart,
        visit,
        STREP,
        object! { "valueCodeableConcept": POSITIVE.concept(), "interpretation": [interpretation("A", "Abnormal")] },
    );
    report(chart, visit, STREP, "Rapid strep test", vec![result], None);
}

pub(super) fn pregnancy_test(chart: &mut Chart<'_>, visit: &Visit) {
    let result = observed(chart, visit, HCG, object! { "valueCodeableConcept": POSITIVE.concept() });
    report(chart, visit, HCG, "Urine pregnancy test", vec![result], None);
}

fn measured(chart: &mut Chart<'_>, life: &Life, visit: &Visit, analyte: &Analyte) -> String {
    let (mean, width) = analyte.usual;
    // Half of the spread is between people and stays with the person, the other half is between days.
    let number_of_code = analyte.loinc.code.bytes().fold(7, |sum, byte| sum * 31 + u64::from(byte));
    let own = (mix(life.constitution, number_of_code) % 2001) as f64 / 1000.0 - 1.0;
    let mut value = mean + width * 0.5 * (own + chart.between(-1.0, 1.0));
    for (ailment, untreated, treated) in analyte.moved_by {
        if let Some(months) = life.months_with(*ailment, visit.day()) {
            value += untreated + (treated - untreated) * (months as f64 / 12.0).min(1.0);
        }
    }
    let (low, high) = analyte.range;
    let mut found = quantity(number(value, analyte.decimals), analyte.unit, analyte.unit);
    if analyte.loinc.code == FILTRATION && value > 60.0 && visit.day().year() <= CAPPED_FILTRATION_UNTIL {
        found["value"] = Value::from(60);
        found["comparator"] = Value::from(">");
    }
    let (code, display) = if value < low {
        ("L", "Low")
    } else if value > high {
        ("H", "High")
    } else {
        ("N", "Normal")
    };
    observed(
        chart,
        visit,
        analyte.loinc,
        object! {
            "valueQuantity": found,
            "interpretation": [interpretation(code, display)],
            "referenceRange": [range(analyte, low, high)],
        },
    )
}

fn range(analyte: &Analyte, low: f64, high: f64) -> Value {
    let bound = |value: f64| quantity(number(value, analyte.decimals), analyte.unit, analyte.unit);
    let places = analyte.decimals as usize;
    if low == 0.0 {
        return object! { "high": bound(high), "text": format!("<= {high:.places$} {}", analyte.unit) };
    }
    if analyte.loinc.code == FILTRATION {
        return object! { "low": bound(low), "text": format!(">= {low:.places$} {}", analyte.unit) };
    }
    object! { "low": bound(low), "high": bound(high), "text": format!("{low:.places$} - {high:.places$} {}", analyte.unit) }
}

fn observed(chart: &mut Chart<'_>, visit: &Visit, code: Code, value: Value) -> String {
    let id = chart.next_id("obs");
    let resulted = plus_minutes(visit.signed(), 30);
    let mut body = object! {
        "status": "final",
        "category": [hl7("observation-category", "laboratory", "Laboratory")],
        "code": code.concept(),
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "effectiveDateTime": local(visit.at),
        "issued": utc(resulted),
        "performer": [staff::organization(chart.hospital)],
    };
    let (Value::Object(whole), Value::Object(value)) = (&mut body, value) else {
        unreachable!("a resource is an object")
    };
    whole.extend(value);
    chart.add("Observation", &id, resulted, "us-core-observation-lab", body);
    id
}

fn report(chart: &mut Chart<'_>, visit: &Visit, code: Code, text: &str, results: Vec<String>, order: Option<&str>) {
    let id = chart.next_id("report");
    let resulted = plus_minutes(visit.signed(), 35);
    let mut body = object! {
        "status": "final",
        "category": [hl7("v2-0074", "LAB", "Laboratory")],
        "code": concept(&[code], text),
        "subject": chart.subject(),
        "encounter": visit.reference(),
        "effectiveDateTime": local(visit.at),
        "issued": utc(resulted),
        "performer": [staff::organization(chart.hospital)],
        "result": results.iter().map(|id| reference("Observation", id)).collect::<Vec<_>>(),
    };
    if let Some(order) = order {
        body["basedOn"] = Value::from([reference("ServiceRequest", order)]);
    }
    chart.add("DiagnosticReport", &id, resulted, "us-core-diagnosticreport-lab", body);
}

fn interpretation(code: &str, display: &str) -> Value {
    hl7("v3-ObservationInterpretation", code, display)
}
