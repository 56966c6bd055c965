//! Codes as the contract writes them: FHIR system URIs become OIDs with labels.

use std::borrow::Cow;

use serde::Serialize;

use crate::fhir::{Coding, Concept};

pub const SNOMED: &str = "http://snomed.info/sct";
pub const LOINC: &str = "http://loinc.org";
pub const RXNORM: &str = "http://www.nlm.nih.gov/research/umls/rxnorm";
pub const NDC: &str = "http://hl7.org/fhir/sid/ndc";
pub const CVX: &str = "http://hl7.org/fhir/sid/cvx";
pub const GPI: &str = "urn:oid:2.16.840.1.113883.6.68";

/// The label of SNOMED CT among facts about a person's life; sent without OID.
pub const SNOMED_LIFE: &str = "SNOMED-CT";
/// The label of the CDC race and ethnicity codes; sent without OID.
pub const RACE: &str = "RACE&ETHNICITY-CDC";

/// One entry of a `codes` array.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    pub name: Option<String>,
    pub code: Option<String>,
    pub code_system: Option<String>,
    pub code_system_name: Option<String>,
    /// True when derived here, false when given by the source; absent in nested codes.
    pub inferred: Option<bool>,
}

impl Code {
    /// System and code, for finding records by code.
    pub fn pair(&self) -> Option<(String, String)> {
        let system = self.code_system.as_ref().or(self.code_system_name.as_ref())?;
        Some((system.clone(), self.code.clone()?))
    }

    /// A code about a person's life, sent with a label only.
    pub fn labelled(code: &str, label: &str, inferred: bool) -> Code {
        Code {
            code: Some(code.to_owned()),
            code_system_name: Some(label.to_owned()),
            inferred: Some(inferred),
            ..Code::default()
        }
    }

    /// A SNOMED CT code derived here.
    pub fn snomed(name: &str, code: &str) -> Code {
        Code { name: Some(name.to_owned()), inferred: Some(true), ..written(Some(SNOMED), Some(code)) }
    }

    fn given(self) -> Code {
        Code { inferred: Some(false), ..self }
    }
}

/// The codes of a concept; text without a code is an entry of its own.
pub fn plain(concept: Concept<'_>) -> Vec<Code> {
    let codes: Vec<Code> = concept.codings().map(|coding| of_coding(coding, concept.label())).collect();
    match (codes.is_empty(), concept.text()) {
        (true, Some(text)) => vec![Code { name: Some(text.to_owned()), ..Code::default() }],
        _ => codes,
    }
}

/// The same, marked as given by the source.
pub fn given(concept: Concept<'_>) -> Vec<Code> {
    plain(concept).into_iter().map(Code::given).collect()
}

/// One coding, named by itself or by its concept.
pub fn of_coding(coding: Coding<'_>, name: Option<&str>) -> Code {
    Code { name: coding.display().or(name).map(str::to_owned), ..written(coding.system(), coding.code()) }
}

fn written(system: Option<&str>, code: Option<&str>) -> Code {
    let (oid, label) = system.map(translate).unzip();
    Code {
        code: code.map(str::to_owned),
        code_system: oid.map(Cow::into_owned),
        code_system_name: label.flatten().map(str::to_owned),
        ..Code::default()
    }
}

/// The OID of a system URI and its label. Unknown URIs stay as they are, without a label.
pub fn translate(uri: &str) -> (Cow<'_, str>, Option<&'static str>) {
    if let Some((_, oid, label)) = SYSTEMS.iter().find(|(known, ..)| *known == uri) {
        return (Cow::Borrowed(oid), Some(label));
    }
    if let Some(oid) = uri.strip_prefix("urn:oid:") {
        return (Cow::Borrowed(oid), label_of(oid));
    }
    if let Some(table) = uri.strip_prefix("http://terminology.hl7.org/CodeSystem/v3-")
        && let Some((_, number)) = V3.iter().find(|(name, _)| *name == table)
    {
        return (Cow::Owned(format!("2.16.840.1.113883.5.{number}")), None);
    }
    if let Some(table) = uri.strip_prefix("http://terminology.hl7.org/CodeSystem/v2-")
        && let Some((_, number)) = V2.iter().find(|(name, _)| *name == table)
    {
        return (Cow::Owned(format!("2.16.840.1.113883.18.{number}")), None);
    }
    (Cow::Borrowed(uri), None)
}

/// The system URI of an OID, when it is known.
pub fn uri(oid: &str) -> Option<Cow<'static, str>> {
    if let Some((_, uri)) = OTHER_OIDS.iter().chain(IDENTIFIERS).find(|(known, _)| *known == oid) {
        return Some(Cow::Borrowed(uri));
    }
    if let Some((uri, ..)) = SYSTEMS.iter().find(|(uri, known, _)| *known == oid && !uri.is_empty()) {
        return Some(Cow::Borrowed(uri));
    }
    let hl7 = oid.strip_prefix("2.16.840.1.113883.")?;
    let (arc, number) = hl7.split_once('.')?;
    match arc {
        "5" => V3.iter().find(|(_, known)| *known == number).map(|(name, _)| ("v3", Cow::Borrowed(*name))),
        "18" => V2.iter().find(|(_, known)| *known == number).map(|(name, _)| ("v2", Cow::Borrowed(*name))),
        // The tables themselves, by their number.
        "12" if number.len() <= 4 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(("v2", Cow::Owned(format!("{number:0>4}"))))
        }
        _ => None,
    }
    .map(|(version, name)| Cow::Owned(format!("http://terminology.hl7.org/CodeSystem/{version}-{name}")))
}

/// Whether two system URIs name the same system.
pub fn same(one: &str, other: &str) -> bool {
    one == other || translate(one).0 == translate(other).0
}

/// Whether the display of this system is fit to be read by a person.
pub fn is_standard(uri: &str) -> bool {
    translate(uri).1.is_some()
}

fn label_of(oid: &str) -> Option<&'static str> {
    if let Some((.., label)) = SYSTEMS.iter().find(|(_, known, _)| *known == oid) {
        return Some(label);
    }
    let epic = oid.strip_prefix("1.2.840.114350.1.13.")?;
    EPIC.iter().find(|(ending, _)| epic.ends_with(ending)).map(|(_, label)| *label)
}

const EPIC: &[(&str, &str)] =
    &[(".7.4.698084.30", "Epic.EncounterType"), (".7.2.696580", "Epic.EAP.ID"), (".7.2.768282", "Epic.LRR.ID")];

/// URI, OID, label. The first row of an OID gives its label.
const SYSTEMS: &[(&str, &str, &str)] = &[
    ("http://snomed.info/sct", "2.16.840.1.113883.6.96", "SNOMED CT"),
    ("http://loinc.org", "2.16.840.1.113883.6.1", "LOINC"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88", "RxNorm"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "2.16.840.1.113883.6.90", "ICD-10-CM"),
    ("http://hl7.org/fhir/sid/cvx", "2.16.840.1.113883.12.292", "CVX"),
    ("http://www.ama-assn.org/go/cpt", "2.16.840.1.113883.6.12", "CPT-4"),
    ("http://hl7.org/fhir/sid/ndc", "2.16.840.1.113883.6.69", "NDC"),
    ("http://hl7.org/fhir/sid/icd-10", "2.16.840.1.113883.6.3", "ICD-10"),
    ("http://www.cms.gov/Medicare/Coding/ICD10", "2.16.840.1.113883.6.4", "ICD-10-PCS"),
    ("http://terminology.hl7.org/CodeSystem/icd10PCS", "2.16.840.1.113883.6.4", "ICD-10-PCS"),
    ("http://hl7.org/fhir/sid/icd-10-pcs", "2.16.840.1.113883.6.4", "ICD-10-PCS"),
    ("http://hl7.org/fhir/sid/icd-9-cm", "2.16.840.1.113883.6.103", "ICD-9CM"),
    ("", "2.16.840.1.113883.6.104", "ICD-9CM"),
    ("", "2.16.840.1.113883.6.2", "ICD-9CM"),
    ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "2.16.840.1.113883.6.285", "HCPCS"),
    ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "2.16.840.1.113883.6.285", "HCPCS"),
    ("", "2.16.840.1.113883.6.14", "HCPCS"),
    ("http://www.ada.org/cdt", "2.16.840.1.113883.6.13", "CDT"),
    ("http://terminology.hl7.org/CodeSystem/CVX", "2.16.840.1.113883.12.292", "CVX"),
    ("", "2.16.840.1.113883.6.59", "CVX"),
    ("http://hl7.org/fhir/sid/mvx", "2.16.840.1.113883.12.227", "MVX"),
    ("", "2.16.840.1.113883.6.60", "MVX"),
    ("http://hl7.org/fhir/ndfrt", "2.16.840.1.113883.3.26.1.5", "NDF-RT"),
    ("http://terminology.hl7.org/CodeSystem/nciVersionOfNDF-RT", "2.16.840.1.113883.3.26.1.5", "NDF-RT"),
    ("", "2.16.840.1.113883.6.209", "NDF-RT"),
    ("http://va.gov/terminology/medrt", "2.16.840.1.113883.6.345", "MED-RT"),
    ("http://fdasis.nlm.nih.gov", "2.16.840.1.113883.4.9", "FDA Unique Ingredient Identifier (UNII)"),
    ("http://unitsofmeasure.org", "2.16.840.1.113883.6.8", "UCUM"),
    ("http://hl7.org/fhir/sid/icf", "2.16.840.1.113883.6.254", "ICF"),
    ("http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl", "2.16.840.1.113883.3.26.1.1", "NCI Thesaurus"),
    ("http://nucc.org/provider-taxonomy", "2.16.840.1.113883.6.101", "NUCC Health Care Provider Taxonomy"),
    ("urn:oid:2.16.840.1.113883.6.238", "2.16.840.1.113883.6.238", "RACE&ETHNICITY-CDC"),
    ("http://terminology.hl7.org/CodeSystem/PHRaceAndEthnicityCDC", "2.16.840.1.113883.6.238", "RACE&ETHNICITY-CDC"),
    ("http://terminology.hl7.org/CodeSystem/v2-0005", "2.16.840.1.113883.6.238", "RACE&ETHNICITY-CDC"),
    ("urn:ietf:bcp:47", "2.16.840.1.113883.6.121", "Language"),
    ("http://www.whocc.no/atc", "2.16.840.1.113883.6.73", "ATC"),
    ("http://terminology.hl7.org/CodeSystem/umls", "2.16.840.1.113883.6.86", "UMLS"),
    ("http://terminology.hl7.org/CodeSystem/medcin", "2.16.840.1.113883.6.26", "MEDCIN"),
    ("http://dicom.nema.org/resources/ontology/DCM", "1.2.840.10008.2.16.4", "DICOM DCM"),
    ("http://terminology.hl7.org/CodeSystem/v2-0456", "2.16.840.1.113883.6.301.3", "NUBC Revenue Codes"),
    ("https://www.nubc.org/CodeSystem/PatDischargeStatus", "2.16.840.1.113883.6.301.5", "NUBC Discharge Status"),
    (
        "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set",
        "2.16.840.1.113883.15.5",
        "Place of Service",
    ),
    ("http://terminology.hl7.org/CodeSystem/POS", "2.16.840.1.113883.6.50", "Place of Service"),
    (
        "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/HospitalAcqCond/Coding",
        "2.16.840.1.113883.6.301.11",
        "Present on Admission",
    ),
    ("https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html", "2.16.840.1.113883.6.259", "HSLOC"),
    ("https://nahdo.org/sopt", "2.16.840.1.113883.3.221.5", "Source of Payment Typology"),
    ("https://www.usps.com/", "2.16.840.1.113883.6.350", "USPS state"),
    ("http://terminology.hl7.org/CodeSystem/FIPS52", "2.16.840.1.113883.6.92", "FIPS 5-2"),
    ("", "2.16.840.1.113883.3.247.1.1", "Intelligent Medical Objects ProblemIT"),
    ("", "2.16.840.1.113883.6.253", "Medispan Drug Descriptor ID"),
    ("", "2.16.840.1.113883.6.68", "Medi-Span Generic Product Identifier"),
    ("", "2.16.840.1.113883.6.162", "Med-File (Medi-Span)"),
];

/// OIDs that share the URI of another, or whose URI is also written under another OID.
const OTHER_OIDS: &[(&str, &str)] = &[
    ("2.16.840.1.113883.6.104", "http://hl7.org/fhir/sid/icd-9-cm"),
    ("2.16.840.1.113883.6.2", "http://hl7.org/fhir/sid/icd-9-cm"),
    ("2.16.840.1.113883.6.14", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
    ("2.16.840.1.113883.6.59", "http://hl7.org/fhir/sid/cvx"),
    ("2.16.840.1.113883.6.60", "http://hl7.org/fhir/sid/mvx"),
    ("2.16.840.1.113883.6.209", "http://hl7.org/fhir/ndfrt"),
    ("2.16.840.1.113883.3.26.1.5", "http://terminology.hl7.org/CodeSystem/nciVersionOfNDF-RT"),
];

/// Systems of identifiers, not of codes.
const IDENTIFIERS: &[(&str, &str)] = &[
    ("2.16.840.1.113883.4.6", "http://hl7.org/fhir/sid/us-npi"),
    ("2.16.840.1.113883.4.1", "http://hl7.org/fhir/sid/us-ssn"),
    ("2.16.840.1.113883.4.927", "http://hl7.org/fhir/sid/us-mbi"),
    ("2.16.840.1.113883.4.873", "urn:ietf:rfc:3986"),
];

/// HL7 version 3 tables under 2.16.840.1.113883.5.
const V3: &[(&str, &str)] = &[
    ("ActCode", "4"),
    ("ActStatus", "14"),
    ("ActMood", "1001"),
    ("ActClass", "6"),
    ("ActReason", "8"),
    ("ActPriority", "7"),
    ("ActSite", "1052"),
    ("AdministrativeGender", "1"),
    ("MaritalStatus", "2"),
    ("Race", "104"),
    ("Ethnicity", "50"),
    ("ReligiousAffiliation", "1076"),
    ("RouteOfAdministration", "112"),
    ("RoleCode", "111"),
    ("ParticipationType", "90"),
    ("ParticipationFunction", "88"),
    ("ObservationInterpretation", "83"),
    ("ObservationMethod", "84"),
    ("NullFlavor", "1008"),
    ("Confidentiality", "25"),
    ("LanguageAbilityMode", "60"),
    ("LanguageAbilityProficiency", "61"),
    ("EntityNameUse", "45"),
    ("AddressUse", "1119"),
    ("TimingEvent", "139"),
];

/// HL7 version 2 tables under 2.16.840.1.113883.18.
const V2: &[(&str, &str)] = &[
    ("0001", "2"),
    ("0002", "179"),
    ("0007", "9"),
    ("0074", "29"),
    ("0085", "34"),
    ("0092", "36"),
    ("0123", "51"),
    ("0131", "58"),
    ("0203", "108"),
    ("0360", "220"),
    ("0443", "283"),
    ("0487", "311"),
    ("0916", "422"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_become_oids_with_labels() {
        for (uri, oid, label) in [
            ("http://loinc.org", "2.16.840.1.113883.6.1", Some("LOINC")),
            ("urn:oid:2.16.840.1.113883.6.1", "2.16.840.1.113883.6.1", Some("LOINC")),
            (
                "urn:oid:2.16.840.1.113883.3.247.1.1",
                "2.16.840.1.113883.3.247.1.1",
                Some("Intelligent Medical Objects ProblemIT"),
            ),
            (
                "urn:oid:1.2.840.114350.1.13.5325.2.7.2.768282",
                "1.2.840.114350.1.13.5325.2.7.2.768282",
                Some("Epic.LRR.ID"),
            ),
            ("urn:oid:1.2.3", "1.2.3", None),
            ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "2.16.840.1.113883.5.4", None),
            ("http://terminology.hl7.org/CodeSystem/v2-0074", "2.16.840.1.113883.18.29", None),
            ("https://clinic.example/codes", "https://clinic.example/codes", None),
        ] {
            assert_eq!(translate(uri), (Cow::Borrowed(oid), label), "{uri}");
        }
        for (oid, expected) in [
            ("2.16.840.1.113883.6.96", Some("http://snomed.info/sct")),
            ("2.16.840.1.113883.6.104", Some("http://hl7.org/fhir/sid/icd-9-cm")),
            ("2.16.840.1.113883.6.59", Some("http://hl7.org/fhir/sid/cvx")),
            ("2.16.840.1.113883.12.292", Some("http://hl7.org/fhir/sid/cvx")),
            ("2.16.840.1.113883.5.83", Some("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")),
            ("2.16.840.1.113883.18.29", Some("http://terminology.hl7.org/CodeSystem/v2-0074")),
            ("2.16.840.1.113883.12.112", Some("http://terminology.hl7.org/CodeSystem/v2-0112")),
            ("2.16.840.1.113883.4.6", Some("http://hl7.org/fhir/sid/us-npi")),
            ("2.16.840.1.113883.3.247.1.1", None),
            ("1.2.3", None),
        ] {
            assert_eq!(uri(oid).as_deref(), expected, "{oid}");
        }
        assert!(same("urn:oid:2.16.840.1.113883.3.26.1.5", "http://hl7.org/fhir/ndfrt"));
    }
}
