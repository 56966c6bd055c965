//! Of whom resources speak, and who keeps them.

use serde::Deserialize;
use serde_json::Value;

use crate::ccda::Subject;
use crate::landed::Landed;
use crate::medical::KINDS;

/// Types that are about nobody in particular, but may come along with a record.
const COMPANIONS: &[&str] = &[
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Location",
    "Medication",
    "Substance",
    "HealthcareService",
    "Endpoint",
    "OperationOutcome",
    "Parameters",
];
/// Personal types that no kind is read from.
const PERSONAL: &[&str] = &[
    "Account",
    "Basic",
    "Binary",
    "BodyStructure",
    "Claim",
    "ClaimResponse",
    "ClinicalImpression",
    "Communication",
    "Composition",
    "Consent",
    "Coverage",
    "Device",
    "DeviceRequest",
    "DeviceUseStatement",
    "EpisodeOfCare",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Flag",
    "ImagingStudy",
    "ImmunizationRecommendation",
    "List",
    "Media",
    "MedicationAdministration",
    "MedicationOrder",
    "NutritionOrder",
    "Provenance",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RiskAssessment",
    "ServiceRequest",
    "Specimen",
    "Task",
    "VisionPrescription",
];

/// The organization that keeps a person's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    Named(String),
    /// Named by the resource with this key, which may be in another piece.
    Referred(String),
}

/// What the resources of a piece say beside what is in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Everybody there is a `Patient` of.
    pub people: Vec<Subject>,
    pub keeper: Option<Keeper>,
    /// Key and name.
    pub organizations: Vec<(String, String)>,
    /// Something in it is about a person.
    pub personal: bool,
    /// Something in it neither is about a person nor comes along with such.
    pub foreign: bool,
}

impl Told {
    pub fn of(resources: &[Landed]) -> Told {
        let mut told = Told::default();
        for landed in resources {
            let personal = is_personal(&landed.kind);
            told.personal |= personal;
            told.foreign |= !personal && !COMPANIONS.contains(&landed.kind.as_str());
            match landed.kind.as_str() {
                "Patient" => told.patient(&landed.json),
                "Organization" => {
                    let organization: Value = serde_json::from_slice(&landed.json).unwrap_or_default();
                    if let Some(name) = organization["name"].as_str().map(str::trim).filter(|name| !name.is_empty()) {
                        told.organizations.push((landed.key(), name.to_owned()));
                    }
                }
                _ => {}
            }
        }
        told
    }

    fn patient(&mut self, json: &[u8]) {
        let patient: Value = serde_json::from_slice(json).unwrap_or_default();
        self.people.extend(subject(json));
        let manager = &patient["managingOrganization"];
        let text = |member: &str| manager[member].as_str().map(str::trim).filter(|text| !text.is_empty());
        if self.keeper.is_none() {
            self.keeper = match (text("reference"), text("display")) {
                (_, Some(name)) => Some(Keeper::Named(name.to_owned())),
                (Some(reference), None) => self.contained(&patient, reference),
                (None, None) => None,
            };
        }
    }

    fn contained(&self, patient: &Value, reference: &str) -> Option<Keeper> {
        if let Some(id) = reference.strip_prefix('#') {
            let inner = patient["contained"].as_array()?.iter().find(|inner| inner["id"] == id)?;
            return Some(Keeper::Named(inner["name"].as_str()?.trim().to_owned()));
        }
        let mut parts = reference.rsplit('/');
        let (id, kind) = (parts.next()?, parts.next()?);
        Some(Keeper::Referred(format!("{kind}/{id}")))
    }
}

fn is_personal(kind: &str) -> bool {
    let read = || KINDS.iter().any(|known| known.resources.contains(&kind));
    !COMPANIONS.contains(&kind) && (PERSONAL.contains(&kind) || read())
}

/// Whom a `Patient` is, for comparing; `None` when another took its place or it says nothing of them.
pub fn subject(json: &[u8]) -> Option<Subject> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Patient {
        #[serde(default)]
        name: Vec<Value>,
        #[serde(default)]
        birth_date: Option<String>,
        #[serde(default)]
        link: Vec<Value>,
    }
    let patient: Patient = serde_json::from_slice(json).ok()?;
    if patient.link.iter().any(|link| link["type"] == "replaced-by") {
        return None;
    }
    let names =
        ["official", "usual"].iter().find_map(|wanted| patient.name.iter().find(|name| name["use"] == **wanted));
    let name = names.or_else(|| patient.name.iter().find(|name| name["use"] != "old")).or(patient.name.first());
    // DSTU2 lists family names.
    let first = |value: &Value| value.as_str().or_else(|| value[0].as_str()).map(str::to_owned);
    let subject = Subject {
        family: name.and_then(|name| first(&name["family"])),
        given: name.and_then(|name| first(&name["given"])),
        birth_date: patient.birth_date,
    };
    (subject != Subject::default()).then_some(subject)
}
