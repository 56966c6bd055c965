//! Veradigm and Altera: one address may serve two FHIR versions, the patient is a claim of the access token.

use super::{PatientFrom, Platform};

pub static VERADIGM: Platform = Platform {
    id: "veradigm",
    name: "Veradigm",
    hosts: &["allscripts.com", "allscriptscloud.com", "veradigm.com"],
    patient_from: &[
        PatientFrom::Token,
        PatientFrom::FhirUser,
        PatientFrom::AccessClaim("local_patient_id"),
        PatientFrom::Introspection,
        PatientFrom::Search,
    ],
    accept: "application/fhir+json; fhirVersion=4.0",
    ..Platform::DEFAULT
};
