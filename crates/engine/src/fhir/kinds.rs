//! The resource types we serve, and how each can be searched.
//!
//! What the US Core 6.1 profiles ask of a server, and the same for types beside them. The
//! CapabilityStatement is written from this table, so it says what is so.

/// How the value of a search parameter is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Token,
    Date,
    Reference,
    Text,
}

/// A search parameter, and the places it looks at.
#[derive(Debug)]
pub struct Param {
    pub name: &'static str,
    pub form: Form,
    /// Members joined by `/`; `extension:NAME` is the extension whose address ends in that name.
    pub paths: &'static [&'static str],
    /// The one type a reference is followed to: it can be searched through, as in `practitioner.name`.
    pub chain: Option<&'static str>,
}

/// A resource type.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub params: &'static [Param],
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        self.name == other.name
    }
}

impl Eq for Kind {}

impl Form {
    /// As a CapabilityStatement calls it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Form::Token => "token",
            Form::Date => "date",
            Form::Reference => "reference",
            Form::Text => "string",
        }
    }
}

impl Kind {
    pub(super) fn param(&self, name: &str) -> Option<(usize, &'static Param)> {
        self.params.iter().enumerate().find(|(_, param)| param.name == name)
    }

    /// Documents are read one by one: what is in them is not looked at.
    pub fn searchable(&self) -> bool {
        self.name != "Binary"
    }

    /// The place in [`KINDS`], which is also the order of `$everything`.
    pub(super) fn place(&self) -> usize {
        KINDS.iter().position(|kind| kind.name == self.name).unwrap_or(KINDS.len())
    }
}

/// The type of this name.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

const fn param(name: &'static str, form: Form, paths: &'static [&'static str]) -> Param {
    Param { name, form, paths, chain: None }
}

const fn token(name: &'static str, paths: &'static [&'static str]) -> Param {
    param(name, Form::Token, paths)
}

const fn date(name: &'static str, paths: &'static [&'static str]) -> Param {
    param(name, Form::Date, paths)
}

const fn reference(name: &'static str, paths: &'static [&'static str]) -> Param {
    param(name, Form::Reference, paths)
}

const fn text(name: &'static str, paths: &'static [&'static str]) -> Param {
    param(name, Form::Text, paths)
}

const fn of(name: &'static str, params: &'static [Param]) -> Kind {
    Kind { name, params }
}

const IDENTIFIER: Param = token("identifier", &["identifier"]);
const STATUS: Param = token("status", &["status"]);
const CODE: Param = token("code", &["code"]);
const TYPE: Param = token("type", &["type"]);
const CATEGORY: Param = token("category", &["category"]);
const INTENT: Param = token("intent", &["intent"]);
const ENCOUNTER: Param = reference("encounter", &["encounter"]);
/// Both names lead to the subject; `patient` only where the subject is one.
const PATIENT: Param = reference("patient", &["subject"]);
const SUBJECT: Param = reference("subject", &["subject"]);
const OWN_PATIENT: Param = reference("patient", &["patient"]);
const EFFECTIVE: &[&str] = &["effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming"];
const MEDICATION: Param = reference("medication", &["medicationReference"]);
const MEDICATION_CODE: Param = token("code", &["medicationCodeableConcept"]);
const ADDRESS: Param = text("address", &["address"]);
const CITY: Param = text("address-city", &["address/city"]);
const STATE: Param = text("address-state", &["address/state"]);
const POSTAL_CODE: Param = text("address-postalcode", &["address/postalCode"]);
const NAME: Param = text("name", &["name"]);
const FAMILY: Param = text("family", &["name/family"]);
const GIVEN: Param = text("given", &["name/given"]);
const GENDER: Param = token("gender", &["gender"]);
const BIRTHDATE: Param = date("birthdate", &["birthDate"]);
/// Of buildings and companies, which are also known by other names.
const KNOWN_AS: Param = text("name", &["name", "alias"]);
const PRACTITIONER: Param = Param { chain: Some("Practitioner"), ..reference("practitioner", &["practitioner"]) };

/// The person, their care, and what it refers to.
#[rustfmt::skip]
pub static KINDS: &[Kind] = &[
    of("Patient", &[IDENTIFIER, NAME, FAMILY, GIVEN, BIRTHDATE, GENDER, date("death-date", &["deceasedDateTime"]), ADDRESS, CITY, STATE, POSTAL_CODE]),
    of("AllergyIntolerance", &[OWN_PATIENT, IDENTIFIER, token("clinical-status", &["clinicalStatus"]), token("verification-status", &["verificationStatus"]), CATEGORY, token("code", &["code", "reaction/substance"]), date("date", &["recordedDate"])]),
    of("Condition", &[PATIENT, SUBJECT, IDENTIFIER, CATEGORY, token("clinical-status", &["clinicalStatus"]), token("verification-status", &["verificationStatus"]), CODE, ENCOUNTER, date("onset-date", &["onsetDateTime", "onsetPeriod"]), date("abatement-date", &["abatementDateTime", "abatementPeriod"]), date("recorded-date", &["recordedDate"]), date("asserted-date", &["extension:condition-assertedDate/valueDateTime"])]),
    of("MedicationRequest", &[PATIENT, SUBJECT, IDENTIFIER, INTENT, STATUS, MEDICATION_CODE, MEDICATION, ENCOUNTER, date("authoredon", &["authoredOn"]), reference("requester", &["requester"])]),
    of("MedicationDispense", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, TYPE, MEDICATION_CODE, MEDICATION, date("whenhandedover", &["whenHandedOver"]), reference("prescription", &["authorizingPrescription"])]),
    of("MedicationStatement", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, CATEGORY, MEDICATION_CODE, MEDICATION, date("effective", &["effectiveDateTime", "effectivePeriod"])]),
    of("MedicationAdministration", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, MEDICATION_CODE, MEDICATION, date("effective-time", &["effectiveDateTime", "effectivePeriod"])]),
    of("Medication", &[IDENTIFIER, CODE, STATUS]),
    of("Immunization", &[OWN_PATIENT, IDENTIFIER, STATUS, token("vaccine-code", &["vaccineCode"]), date("date", &["occurrenceDateTime"])]),
    of("Observation", &[PATIENT, SUBJECT, IDENTIFIER, CATEGORY, CODE, STATUS, ENCOUNTER, date("date", EFFECTIVE), reference("has-member", &["hasMember"])]),
    of("DiagnosticReport", &[PATIENT, SUBJECT, IDENTIFIER, CATEGORY, CODE, STATUS, ENCOUNTER, date("date", &["effectiveDateTime", "effectivePeriod"]), date("issued", &["issued"]), reference("result", &["result"])]),
    of("Encounter", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, token("class", &["class"]), TYPE, date("date", &["period"]), reference("location", &["location/location"]), token("discharge-disposition", &["hospitalization/dischargeDisposition"])]),
    of("Procedure", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, CATEGORY, CODE, ENCOUNTER, date("date", &["performedDateTime", "performedPeriod"])]),
    of("ServiceRequest", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, INTENT, CATEGORY, CODE, ENCOUNTER, date("authored", &["authoredOn"])]),
    of("DocumentReference", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, TYPE, CATEGORY, date("date", &["date"]), date("period", &["context/period"]), reference("encounter", &["context/encounter"])]),
    of("Composition", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, TYPE, CATEGORY, ENCOUNTER, date("date", &["date"]), text("title", &["title"])]),
    of("CarePlan", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, INTENT, CATEGORY, ENCOUNTER, date("date", &["period"])]),
    of("CareTeam", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, CATEGORY, token("role", &["participant/role"]), reference("participant", &["participant/member"]), date("date", &["period"])]),
    of("Goal", &[PATIENT, SUBJECT, IDENTIFIER, token("lifecycle-status", &["lifecycleStatus"]), token("achievement-status", &["achievementStatus"]), CATEGORY, token("description", &["description"]), date("target-date", &["target/dueDate"]), date("start-date", &["startDate"])]),
    of("Coverage", &[reference("patient", &["beneficiary"]), reference("beneficiary", &["beneficiary"]), IDENTIFIER, STATUS, TYPE]),
    of("Device", &[OWN_PATIENT, IDENTIFIER, STATUS, TYPE]),
    of("FamilyMemberHistory", &[OWN_PATIENT, IDENTIFIER, STATUS, token("relationship", &["relationship"]), token("code", &["condition/code"]), date("date", &["date"])]),
    of("QuestionnaireResponse", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, ENCOUNTER, date("authored", &["authored"]), reference("questionnaire", &["questionnaire"])]),
    of("RelatedPerson", &[OWN_PATIENT, IDENTIFIER, NAME, GENDER, BIRTHDATE, token("relationship", &["relationship"])]),
    of("Specimen", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, TYPE, date("collected", &["collection/collectedDateTime", "collection/collectedPeriod"])]),
    of("Media", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, TYPE, ENCOUNTER, date("created", &["createdDateTime", "createdPeriod"])]),
    of("ImagingStudy", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, ENCOUNTER, date("started", &["started"])]),
    of("NutritionOrder", &[OWN_PATIENT, IDENTIFIER, STATUS, ENCOUNTER, date("datetime", &["dateTime"])]),
    of("Appointment", &[IDENTIFIER, STATUS, date("date", &["start"])]),
    of("Communication", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, CATEGORY, ENCOUNTER, date("sent", &["sent"])]),
    of("DeviceRequest", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, INTENT, ENCOUNTER, date("authored-on", &["authoredOn"])]),
    of("DeviceUseStatement", &[PATIENT, SUBJECT, IDENTIFIER, reference("device", &["device"])]),
    of("Consent", &[OWN_PATIENT, IDENTIFIER, STATUS, CATEGORY, date("date", &["dateTime"])]),
    of("EpisodeOfCare", &[OWN_PATIENT, IDENTIFIER, STATUS, TYPE, date("date", &["period"])]),
    of("ExplanationOfBenefit", &[OWN_PATIENT, IDENTIFIER, STATUS, date("created", &["created"]), date("service-date", &["billablePeriod"]), TYPE]),
    of("Claim", &[OWN_PATIENT, IDENTIFIER, STATUS, date("created", &["created"])]),
    of("ClinicalImpression", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, ENCOUNTER, date("date", &["date"])]),
    of("RiskAssessment", &[PATIENT, SUBJECT, IDENTIFIER, ENCOUNTER, date("date", &["occurrenceDateTime", "occurrencePeriod"])]),
    of("Flag", &[PATIENT, SUBJECT, IDENTIFIER, ENCOUNTER, date("date", &["period"])]),
    of("List", &[PATIENT, SUBJECT, IDENTIFIER, STATUS, CODE, ENCOUNTER, date("date", &["date"])]),
    of("Provenance", &[reference("target", &["target"]), date("recorded", &["recorded"]), reference("agent", &["agent/who"])]),
    of("Practitioner", &[IDENTIFIER, NAME, FAMILY, GIVEN]),
    of("PractitionerRole", &[IDENTIFIER, token("specialty", &["specialty"]), token("role", &["code"]), PRACTITIONER, reference("organization", &["organization"]), reference("location", &["location"]), reference("endpoint", &["endpoint"])]),
    of("Organization", &[IDENTIFIER, KNOWN_AS, TYPE, ADDRESS, CITY, STATE, POSTAL_CODE]),
    of("Location", &[IDENTIFIER, KNOWN_AS, STATUS, TYPE, ADDRESS, CITY, STATE, POSTAL_CODE]),
    of("Binary", &[]),
    of("Account", &[]), of("ActivityDefinition", &[]), of("AdverseEvent", &[]), of("AppointmentResponse", &[]),
    of("AuditEvent", &[]), of("Basic", &[]), of("BiologicallyDerivedProduct", &[]), of("BodyStructure", &[]),
    of("Bundle", &[]), of("ChargeItem", &[]), of("ClaimResponse", &[]), of("CodeSystem", &[]),
    of("CommunicationRequest", &[]), of("Contract", &[]), of("CoverageEligibilityRequest", &[]),
    of("CoverageEligibilityResponse", &[]), of("DetectedIssue", &[]), of("DeviceDefinition", &[]),
    of("DeviceMetric", &[]), of("DocumentManifest", &[]), of("Endpoint", &[]), of("EnrollmentRequest", &[]),
    of("EnrollmentResponse", &[]), of("Evidence", &[]), of("Group", &[]), of("GuidanceResponse", &[]),
    of("HealthcareService", &[]), of("ImmunizationEvaluation", &[]), of("ImmunizationRecommendation", &[]),
    of("InsurancePlan", &[]), of("Invoice", &[]), of("Library", &[]), of("Linkage", &[]), of("Measure", &[]),
    of("MeasureReport", &[]), of("MedicationKnowledge", &[]), of("MolecularSequence", &[]),
    of("OrganizationAffiliation", &[]), of("PaymentNotice", &[]), of("PaymentReconciliation", &[]),
    of("Person", &[]), of("PlanDefinition", &[]), of("Questionnaire", &[]), of("RequestGroup", &[]),
    of("ResearchStudy", &[]), of("ResearchSubject", &[]), of("Schedule", &[]), of("Slot", &[]), of("Substance", &[]),
    of("SupplyDelivery", &[]), of("SupplyRequest", &[]), of("Task", &[]), of("ValueSet", &[]),
    of("VisionPrescription", &[]),
];
