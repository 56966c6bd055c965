//! The code systems and the small FHIR data types every resource is made of.

use serde_json::{Value, json};

/// An object that takes its values as they are; `json!` would copy every nested one, and most of a record is nested.
macro_rules! object {
    ($($key:literal: $value:expr),* $(,)?) => {{
        let mut fields = serde_json::Map::with_capacity([$($key),*].len());
        $(fields.insert($key.to_owned(), serde_json::Value::from($value));)*
        serde_json::Value::Object(fields)
    }};
}
pub(super) use object;

pub(super) const SNOMED: &str = "http://snomed.info/sct";
pub(super) const LOINC: &str = "http://loinc.org";
pub(super) const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
pub(super) const CVX: &str = "http://hl7.org/fhir/sid/cvx";
pub(super) const ICD10: &str = "http://hl7.org/fhir/sid/icd-10-cm";
pub(super) const CPT: &str = "http://www.ama-assn.org/go/cpt";
pub(super) const UCUM: &str = "http://unitsofmeasure.org";

/// One code of a public code system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub system: &'static str,
    pub code: &'static str,
    pub display: &'static str,
}

impl Code {
    pub const fn snomed(code: &'static str, display: &'static str) -> Code {
        Code { system: SNOMED, code, display }
    }

    pub const fn loinc(code: &'static str, display: &'static str) -> Code {
        Code { system: LOINC, code, display }
    }

    pub const fn rxnorm(code: &'static str, display: &'static str) -> Code {
        Code { system: RXNORM, code, display }
    }

    pub const fn cvx(code: &'static str, display: &'static str) -> Code {
        Code { system: CVX, code, display }
    }

    pub const fn icd10(code: &'static str, display: &'static str) -> Code {
        Code { system: ICD10, code, display }
    }

    pub const fn cpt(code: &'static str, display: &'static str) -> Code {
        Code { system: CPT, code, display }
    }

    pub fn coding(&self) -> Value {
        coding(self.system, self.code, self.display)
    }

    pub fn concept(&self) -> Value {
        concept(&[*self], self.display)
    }
}

pub(super) fn coding(system: &str, code: &str, display: &str) -> Value {
    object! { "system": system, "code": code, "display": display }
}

/// One concept in as many code systems as are known, with the words a clinician would read.
pub(super) fn concept(codes: &[Code], text: &str) -> Value {
    object! { "coding": codes.iter().map(Code::coding).collect::<Vec<_>>(), "text": text }
}

/// A concept of one of HL7's own terminologies, named by the last part of its address.
pub(super) fn hl7(system: &str, code: &str, display: &str) -> Value {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    object! { "coding": [coding(&system, code, display)] }
}

/// A concept of the categories that US Core defines itself.
pub(super) fn us_core_category(code: &str, display: &str) -> Value {
    object! { "coding": [coding("http://hl7.org/fhir/us/core/CodeSystem/us-core-category", code, display)] }
}

/// The canonical address of a US Core profile.
pub(super) fn us_core(profile: &str) -> String {
    format!("http://hl7.org/fhir/us/core/StructureDefinition/{profile}")
}

/// A number with as many decimals as a clinician would chart.
pub(super) fn number(value: f64, decimals: i32) -> Value {
    if decimals == 0 {
        return json!(value.round() as i64);
    }
    let scale = 10f64.powi(decimals);
    json!((value * scale).round() / scale)
}

/// A quantity in UCUM.
pub(super) fn quantity(value: Value, unit: &str, ucum: &str) -> Value {
    object! { "value": value, "unit": unit, "system": UCUM, "code": ucum }
}

pub(super) fn reference(kind: &str, id: &str) -> Value {
    object! { "reference": format!("{kind}/{id}") }
}

pub(super) fn reference_named(kind: &str, id: &str, display: &str) -> Value {
    object! { "reference": format!("{kind}/{id}"), "display": display }
}
