//! Allergies and intolerances, or the statement that there are none.

use serde_json::{Value, json};

use super::calendar::{self, plus_days};
use super::catalogue::drugs;
use super::chart::Chart;
use super::codes::{Code, hl7};
use super::encounters::Visit;
use super::imperfections;
use super::life::Life;
use super::medications::{self, Course};

struct Allergen {
    code: Code,
    category: &'static str,
    intolerance: bool,
    criticality: &'static str,
    reaction: Code,
    severity: &'static str,
}

#[rustfmt::skip]
const ALLERGENS: &[Allergen] = &[
    Allergen { code: Code::rxnorm("7980", "penicillin G"), category: "medication", intolerance: false, criticality: "high", reaction: Code::snomed("126485001", "Urticaria"), severity: "moderate" },
    Allergen { code: Code::rxnorm("10831", "sulfamethoxazole / trimethoprim"), category: "medication", intolerance: false, criticality: "low", reaction: Code::snomed("271807003", "Eruption of skin"), severity: "mild" },
    Allergen { code: Code::rxnorm("2670", "codeine"), category: "medication", intolerance: true, criticality: "low", reaction: Code::snomed("422587007", "Nausea"), severity: "mild" },
    Allergen { code: Code::snomed("256349002", "Peanut"), category: "food", intolerance: false, criticality: "high", reaction: Code::snomed("39579001", "Anaphylaxis"), severity: "severe" },
    Allergen { code: Code::snomed("735029006", "Shellfish"), category: "food", intolerance: false, criticality: "high", reaction: Code::snomed("126485001", "Urticaria"), severity: "moderate" },
    Allergen { code: Code::snomed("3718001", "Cow's milk"), category: "food", intolerance: true, criticality: "low", reaction: Code::snomed("62315008", "Diarrhea"), severity: "mild" },
    Allergen { code: Code::snomed("256277009", "Grass pollen"), category: "environment", intolerance: false, criticality: "low", reaction: Code::snomed("70076002", "Rhinorrhea"), severity: "mild" },
    Allergen { code: Code::snomed("111088007", "Latex"), category: "environment", intolerance: false, criticality: "low", reaction: Code::snomed("271807003", "Eruption of skin"), severity: "mild" },
    Allergen { code: Code::snomed("288328004", "Bee venom"), category: "environment", intolerance: false, criticality: "high", reaction: Code::snomed("39579001", "Anaphylaxis"), severity: "severe" },
];

const NO_KNOWN_ALLERGY: Code = Code::snomed("716186003", "No known allergy");

/// Takes the allergy history at a person's first visit.
pub(super) fn write(chart: &mut Chart<'_>, life: &Life, visit: &Visit) {
    if !life.allergic {
        let id = chart.next_id("allergy");
        let mut body = body(chart, visit, NO_KNOWN_ALLERGY);
        body["type"] = json!("allergy");
        chart.add("AllergyIntolerance", &id, visit.signed(), "us-core-allergyintolerance", body);
        return;
    }
    let first = chart.days(0, ALLERGENS.len() as i64 - 1) as usize;
    // A step that is coprime with the length never meets the same allergen again.
    let found: Vec<&Allergen> =
        (0..chart.days(1, 2) as usize).map(|number| &ALLERGENS[(first + number * 4) % ALLERGENS.len()]).collect();
    for allergen in &found {
        allergy(chart, visit, allergen);
    }
    if found.iter().any(|allergen| allergen.severity == "severe") {
        medications::order(chart, visit, &drugs::EPINEPHRINE, Course::Completed, None);
    }
}

fn allergy(chart: &mut Chart<'_>, visit: &Visit, allergen: &Allergen) {
    let id = chart.next_id("allergy");
    let began = plus_days(visit.day(), -chart.days(0, 10));
    let onset = imperfections::remembered(chart, began);
    let mut body = body(chart, visit, allergen.code);
    body["type"] = json!(if allergen.intolerance { "intolerance" } else { "allergy" });
    body["category"] = json!([allergen.category]);
    body["criticality"] = json!(allergen.criticality);
    body["onsetDateTime"] = json!(onset);
    body["reaction"] = json!([{
        "substance": allergen.code.concept(),
        "manifestation": [allergen.reaction.concept()],
        "severity": allergen.severity,
    }]);
    chart.add("AllergyIntolerance", &id, visit.signed(), "us-core-allergyintolerance", body);
}

fn body(chart: &Chart<'_>, visit: &Visit, code: Code) -> Value {
    json!({
        "clinicalStatus": hl7("allergyintolerance-clinical", "active", "Active"),
        "verificationStatus": hl7("allergyintolerance-verification", "confirmed", "Confirmed"),
        "code": code.concept(),
        "patient": chart.subject(),
        "encounter": visit.reference(),
        "recordedDate": calendar::local(visit.at),
        "recorder": visit.role.reference(chart.seed),
    })
}
