//! The resource types there are, how each can be searched, and what each search must name.

/// How the value of a search parameter is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    Token,
    Date,
    Reference,
    Text,
}

/// A search parameter and where it looks; alternatives are separated by `|`.
#[derive(Debug)]
pub struct Param {
    pub name: &'static str,
    pub compare: Compare,
    pub path: &'static str,
}

/// A resource type.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    /// Staff and places, which belong to no patient.
    pub shared: bool,
    /// A search names at least one of these, unless it names `_id`.
    pub needs: &'static [&'static str],
    pub params: &'static [Param],
    pub includes: &'static [Include],
}

/// `_include=MedicationRequest:medication`.
#[derive(Debug)]
pub struct Include {
    pub name: &'static str,
    pub path: &'static str,
}

impl Kind {
    pub fn param(&self, name: &str) -> Option<&'static Param> {
        self.params.iter().find(|param| param.name == name)
    }

    /// A type that can only be reached through others.
    pub fn searchable(&self) -> bool {
        !matches!(self.name, "Provenance" | "Binary")
    }
}

pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

const fn token(name: &'static str, path: &'static str) -> Param {
    Param { name, compare: Compare::Token, path }
}

const fn date(name: &'static str, path: &'static str) -> Param {
    Param { name, compare: Compare::Date, path }
}

const fn reference(name: &'static str, path: &'static str) -> Param {
    Param { name, compare: Compare::Reference, path }
}

const fn text(name: &'static str, path: &'static str) -> Param {
    Param { name, compare: Compare::Text, path }
}

const fn own(name: &'static str, label: &'static str, params: &'static [Param]) -> Kind {
    Kind { name, label, shared: false, needs: &[], params, includes: &[] }
}

const fn shared(name: &'static str, label: &'static str, params: &'static [Param]) -> Kind {
    Kind { name, label, shared: true, needs: &[], params, includes: &[] }
}

const MEDICATION: &[Include] = &[Include { name: "medication", path: "medicationReference.reference" }];

/// Every type the hospitals serve, in the order in which a person is asked about them.
#[rustfmt::skip]
pub static KINDS: &[Kind] = &[
    own("Patient", "Your name, birth date and address", &[token("identifier", "identifier"), text("name", "name"), text("family", "name.family"), text("given", "name.given"), date("birthdate", "birthDate"), token("gender", "gender")]),
    own("AllergyIntolerance", "Allergies", &[token("clinical-status", "clinicalStatus")]),
    own("Condition", "Conditions and diagnoses", &[token("category", "category"), token("clinical-status", "clinicalStatus"), token("code", "code"), date("onset-date", "onsetDateTime|onsetPeriod"), date("recorded-date", "recordedDate"), date("abatement-date", "abatementDateTime|abatementPeriod"), reference("encounter", "encounter.reference")]),
    Kind { needs: &["intent"], includes: MEDICATION, ..own("MedicationRequest", "Prescriptions", &[token("intent", "intent"), token("status", "status"), date("authoredon", "authoredOn"), reference("encounter", "encounter.reference")]) },
    Kind { includes: MEDICATION, ..own("MedicationDispense", "Medicines handed out", &[token("status", "status"), token("type", "type")]) },
    Kind { includes: MEDICATION, ..own("MedicationStatement", "Medicines you reported", &[token("status", "status")]) },
    own("Immunization", "Immunizations", &[date("date", "occurrenceDateTime"), token("status", "status")]),
    Kind { needs: &["category", "code"], ..own("Observation", "Test results, vital signs and social history", &[token("category", "category"), token("code", "code"), date("date", "effectiveDateTime|effectivePeriod|effectiveInstant"), token("status", "status")]) },
    own("DiagnosticReport", "Laboratory and imaging reports", &[token("category", "category"), token("code", "code"), date("date", "effectiveDateTime|effectivePeriod"), token("status", "status")]),
    own("Encounter", "Visits", &[date("date", "period"), token("class", "class"), token("type", "type"), token("status", "status"), token("identifier", "identifier"), reference("location", "location.location.reference"), token("discharge-disposition", "hospitalization.dischargeDisposition")]),
    own("Procedure", "Procedures", &[date("date", "performedDateTime|performedPeriod"), token("status", "status"), token("code", "code")]),
    own("ServiceRequest", "Orders and referrals", &[token("category", "category"), token("code", "code"), date("authored", "authoredOn"), token("status", "status")]),
    own("DocumentReference", "Notes and documents", &[token("type", "type"), token("category", "category"), date("date", "date"), token("status", "status"), date("period", "context.period")]),
    own("Binary", "The contents of documents", &[]),
    Kind { needs: &["category"], ..own("CarePlan", "Care plans", &[token("category", "category"), token("status", "status"), date("date", "period")]) },
    own("CareTeam", "Your care team", &[token("status", "status"), token("role", "participant.role")]),
    own("Goal", "Goals", &[token("lifecycle-status", "lifecycleStatus"), date("target-date", "target.dueDate"), token("description", "description")]),
    own("Coverage", "Insurance", &[token("status", "status"), token("type", "type")]),
    own("Device", "Implanted devices", &[token("type", "type"), token("status", "status")]),
    own("FamilyMemberHistory", "Family history", &[token("status", "status"), token("relationship", "relationship")]),
    own("QuestionnaireResponse", "Answers to questionnaires", &[token("status", "status"), date("authored", "authored")]),
    own("RelatedPerson", "People related to you", &[text("name", "name")]),
    own("Media", "Images", &[token("status", "status")]),
    own("Specimen", "Specimens", &[token("type", "type")]),
    own("Provenance", "Who recorded what", &[]),
    shared("Medication", "Descriptions of medicines", &[token("code", "code"), token("status", "status")]),
    shared("Practitioner", "Clinicians", &[text("name", "name"), token("identifier", "identifier")]),
    shared("PractitionerRole", "What clinicians do", &[reference("practitioner", "practitioner.reference"), token("specialty", "specialty")]),
    shared("Organization", "Organizations", &[text("name", "name"), text("address", "address")]),
    shared("Location", "Buildings and rooms", &[text("name", "name"), text("address", "address")]),
];
