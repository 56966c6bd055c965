//! What one stream of a pull asks for, and how it asks more simply when a server refuses.

use serde::{Deserialize, Serialize};

use super::capability::Capability;
use crate::platforms::Platform;

/// One collection of a record, e.g. all laboratory observations. Refusals and failures stay within it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    pub id: String,
    /// FHIR resource type.
    pub resource: String,
    pub page_size: u32,
    /// From the best phrasing of the question to the plainest.
    pub variants: Vec<Variant>,
}

/// One phrasing: a query, or several whose answers add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    pub legs: Vec<Query>,
    /// A refused leg is left out; otherwise the first leg decides whether this phrasing works at all.
    #[serde(default)]
    pub lenient: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Query {
    /// `{resource}/{id}`
    Read(String),
    /// `{resource}?patient={patient}&…`
    Search(Vec<(String, String)>),
    /// `{resource}?_id=…`, for what is not filed under a patient.
    Ids(Vec<String>),
    /// `{resource}/${operation}?patient={patient}`
    Operation(String),
}

impl Variant {
    pub(super) fn one(parameters: Vec<(String, String)>) -> Variant {
        Variant { legs: vec![Query::Search(parameters)], lenient: false }
    }
}

/// A stream as anybody is asked for it, before a platform and a server have their say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Template {
    pub id: &'static str,
    pub kind: &'static str,
    pub categories: &'static [&'static str],
    /// Ask without a category too.
    pub plain: bool,
    pub parameters: &'static [(&'static str, &'static str)],
}

pub(super) const fn plain(id: &'static str, kind: &'static str) -> Template {
    Template { id, kind, categories: &[], plain: true, parameters: &[] }
}

/// In the order in which people miss them most.
pub(super) const TEMPLATES: &[Template] = &[
    Template {
        categories: &["problem-list-item", "health-concern", "encounter-diagnosis"],
        ..plain("conditions", "Condition")
    },
    plain("allergies", "AllergyIntolerance"),
    plain("medication-requests", "MedicationRequest"),
    plain("medication-statements", "MedicationStatement"),
    plain("medication-dispenses", "MedicationDispense"),
    plain("immunizations", "Immunization"),
    Template { categories: OBSERVATION_CATEGORIES, plain: false, ..plain("observations", "Observation") },
    Template {
        categories: &["LAB", "LP29684-5", "LP29708-2", "LP7839-6"],
        ..plain("diagnostic-reports", "DiagnosticReport")
    },
    plain("encounters", "Encounter"),
    plain("procedures", "Procedure"),
    plain("service-requests", "ServiceRequest"),
    Template { categories: &["clinical-note"], ..plain("documents", "DocumentReference") },
    plain("care-plans", "CarePlan"),
    Template { parameters: &[("status", "active")], ..plain("care-teams", "CareTeam") },
    plain("goals", "Goal"),
    plain("coverages", "Coverage"),
    plain("devices", "Device"),
    plain("related-persons", "RelatedPerson"),
    plain("family-histories", "FamilyMemberHistory"),
    plain("questionnaire-responses", "QuestionnaireResponse"),
    plain("media", "Media"),
];

const OBSERVATION_CATEGORIES: &[&str] = &[
    "laboratory",
    "vital-signs",
    "social-history",
    "survey",
    "exam",
    "imaging",
    "procedure",
    "therapy",
    "activity",
    "clinical-test",
    "sdoh",
    "functional-status",
    "disability-status",
    "cognitive-status",
    "treatment-intervention-preference",
    "care-experience-preference",
    "observation-adi-documentation",
];

/// Status codes to list for servers that insist on the parameter.
const STATUSES: &[(&str, &str, &str)] = &[
    ("CarePlan", "status", "active,on-hold,revoked,completed,draft,unknown,entered-in-error"),
    ("CareTeam", "status", "active,proposed,suspended,inactive,entered-in-error"),
    (
        "DiagnosticReport",
        "status",
        "registered,partial,preliminary,final,amended,corrected,appended,cancelled,entered-in-error,unknown",
    ),
    ("DocumentReference", "status", "current,superseded,entered-in-error"),
    ("Encounter", "status", "planned,arrived,triaged,in-progress,onleave,finished,cancelled,entered-in-error,unknown"),
    (
        "Goal",
        "lifecycle-status",
        "proposed,planned,accepted,active,on-hold,completed,cancelled,rejected,entered-in-error",
    ),
    ("Immunization", "status", "completed,not-done,entered-in-error"),
    (
        "MedicationDispense",
        "status",
        "preparation,in-progress,cancelled,on-hold,completed,stopped,declined,unknown,entered-in-error",
    ),
    ("MedicationRequest", "status", "active,on-hold,cancelled,completed,stopped,draft,unknown,entered-in-error"),
    ("MedicationStatement", "status", "active,completed,intended,stopped,on-hold,unknown,not-taken,entered-in-error"),
    ("Observation", "status", "registered,preliminary,final,amended,corrected,cancelled,entered-in-error,unknown"),
    ("Procedure", "status", "preparation,in-progress,not-done,on-hold,stopped,completed,unknown,entered-in-error"),
    ("ServiceRequest", "status", "draft,active,on-hold,revoked,completed,unknown,entered-in-error"),
];

const HL7: &str = "http://terminology.hl7.org/CodeSystem";
const US_CORE: &str = "http://hl7.org/fhir/us/core/CodeSystem";

/// The few servers that do not take a bare category code want its system.
fn category_system(kind: &str, code: &str) -> Option<String> {
    let system = match (kind, code) {
        ("Condition", "health-concern") => format!("{US_CORE}/condition-category"),
        ("Condition", _) => format!("{HL7}/condition-category"),
        (
            "Observation",
            "sdoh"
            | "functional-status"
            | "disability-status"
            | "cognitive-status"
            | "treatment-intervention-preference"
            | "care-experience-preference"
            | "observation-adi-documentation",
        ) => {
            format!("{US_CORE}/us-core-category")
        }
        ("Observation", "clinical-test") => format!("{US_CORE}/us-core-clinical-result-observation-category"),
        ("Observation", _) => format!("{HL7}/observation-category"),
        ("DiagnosticReport", "LAB") => format!("{HL7}/v2-0074"),
        ("DiagnosticReport", _) => "http://loinc.org".to_owned(),
        ("DocumentReference", _) => format!("{US_CORE}/us-core-documentreference-category"),
        ("CarePlan", "assess-plan") => format!("{US_CORE}/careplan-category"),
        ("CarePlan", code) if code.bytes().all(|byte| byte.is_ascii_digit()) => "http://snomed.info/sct".to_owned(),
        _ => return None,
    };
    Some(system)
}

pub(super) fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// All phrasings of a search, best first.
pub(super) fn ladder(
    platform: &Platform,
    capability: &Capability,
    template: &Template,
    category: Option<&str>,
) -> Vec<Variant> {
    let kind = template.kind;
    let provenance = pair("_revinclude", "Provenance:target");
    let traced = capability.rev_includes(kind, &provenance.1) && !platform.no_provenance.contains(&kind);
    let statuses = STATUSES.iter().find(|(of, ..)| *of == kind).map(|(_, name, codes)| pair(name, *codes));
    if kind == "MedicationRequest" {
        return medication_requests(traced.then_some(provenance), statuses);
    }
    let fixed = || template.parameters.iter().map(|(name, value)| pair(name, *value));
    let mut base: Vec<(String, String)> = category.map(|code| pair("category", code)).into_iter().collect();
    let unfiltered = base.clone();
    base.extend(fixed());
    let mut all = Vec::new();
    if traced {
        all.push(Variant::one([base.clone(), vec![provenance]].concat()));
    }
    all.push(Variant::one(base.clone()));
    if let Some(system) = category.and_then(|code| Some(format!("{}|{code}", category_system(kind, code)?))) {
        all.push(Variant::one([vec![pair("category", system)], fixed().collect()].concat()));
    }
    if let Some(statuses) = statuses {
        all.push(Variant::one([unfiltered, vec![statuses]].concat()));
    }
    if !template.parameters.is_empty() {
        all.push(Variant::one(Vec::new()));
    }
    all
}

fn medication_requests(provenance: Option<(String, String)>, statuses: Option<(String, String)>) -> Vec<Variant> {
    let include = pair("_include", "MedicationRequest:medication");
    let both = pair("intent", "order,plan");
    let statuses: Vec<(String, String)> = statuses.into_iter().collect();
    let each = |rest: &[(String, String)]| Variant {
        legs: [
            "order",
            "plan",
            "proposal",
            "original-order",
            "reflex-order",
            "filler-order",
            "instance-order",
            "option",
        ]
        .map(|intent| Query::Search([vec![pair("intent", intent)], rest.to_vec()].concat()))
        .to_vec(),
        lenient: false,
    };
    let mut all = Vec::new();
    if let Some(provenance) = provenance {
        all.push(Variant::one(vec![both.clone(), include.clone(), provenance]));
    }
    all.push(Variant::one(vec![both.clone(), include.clone()]));
    all.push(each(std::slice::from_ref(&include)));
    all.push(each(&[statuses.clone(), vec![include]].concat()));
    all.push(each(&statuses));
    all.push(Variant::one(vec![both]));
    all.push(Variant::one(Vec::new()));
    all
}
