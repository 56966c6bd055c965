//! What is asked of a server that speaks DSTU2: its types, its categories, its few parameters.

use super::streams::{Template, Variant, pair, plain};

/// In the order in which people miss them most. Ids are those of the R4 streams where there is one.
pub(super) const TEMPLATES: &[Template] = &[
    plain("conditions", "Condition"),
    plain("allergies", "AllergyIntolerance"),
    plain("medication-orders", "MedicationOrder"),
    plain("medication-statements", "MedicationStatement"),
    plain("medication-dispenses", "MedicationDispense"),
    plain("immunizations", "Immunization"),
    Template { categories: OBSERVATION_CATEGORIES, plain: false, ..plain("observations", "Observation") },
    plain("diagnostic-reports", "DiagnosticReport"),
    plain("encounters", "Encounter"),
    plain("procedures", "Procedure"),
    plain("diagnostic-orders", "DiagnosticOrder"),
    plain("procedure-requests", "ProcedureRequest"),
    plain("referral-requests", "ReferralRequest"),
    plain("documents", "DocumentReference"),
    // Care teams are care plans here.
    Template { categories: &["careteam"], ..plain("care-plans", "CarePlan") },
    plain("goals", "Goal"),
    plain("devices", "Device"),
    plain("related-persons", "RelatedPerson"),
    plain("family-histories", "FamilyMemberHistory"),
    plain("media", "Media"),
];

const OBSERVATION_CATEGORIES: &[&str] =
    &["laboratory", "vital-signs", "social-history", "survey", "exam", "imaging", "procedure", "therapy"];

/// All phrasings of a search, best first.
pub(super) fn ladder(template: &Template, category: Option<&str>) -> Vec<Variant> {
    let asked: Vec<(String, String)> = category.map(|code| pair("category", code)).into_iter().collect();
    let mut all = Vec::new();
    if template.kind.starts_with("Medication") {
        let include = pair("_include", format!("{}:medication", template.kind));
        all.push(Variant::one([asked.clone(), vec![include]].concat()));
    }
    all.push(Variant::one(asked));
    all
}
