//! Oracle Health (Millennium, Soarian): no wildcards, identity in the id token, small pages.

use super::{Docref, PatientFrom, Platform, Style};

pub static ORACLE: Platform = Platform {
    id: "oracle",
    name: "Oracle Health",
    hosts: &["cerner.com"],
    style: Style::Explicit,
    extra_scopes: &["user/Organization.read", "user/Location.read", "user/Practitioner.read"],
    patient_from: &[PatientFrom::Token, PatientFrom::FhirUser, PatientFrom::Introspection],
    page_caps: &[("DiagnosticReport", 50), ("DocumentReference", 50), ("Patient", 20)],
    no_provenance: &["Goal", "Procedure"],
    last_updated: &[
        "AllergyIntolerance",
        "Condition",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "Immunization",
        "MedicationRequest",
        "Procedure",
        "ServiceRequest",
    ],
    category_only: &["CarePlan"],
    docref: Docref::Always,
    ..Platform::DEFAULT
};
