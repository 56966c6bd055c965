//! Which resources are DSTU2: told by members and shapes that only one of the two versions has.

use super::scan::{blank, holds, kind, members};

/// What the value of a member looks like.
#[derive(Clone, Copy)]
enum Shape {
    Any,
    Object,
    List,
    Text,
    /// The value contains this, as written.
    Holds(&'static str),
    /// A member of this name, somewhere in the value, is a list.
    Within(&'static str),
}

use Shape::{Any, Holds, List, Object, Text, Within};

type Signs = &'static [(&'static str, Shape)];

struct Rule {
    kind: &'static str,
    /// Any of these is DSTU2.
    old: Signs,
    /// Any of these is something newer: no need to look further.
    new: Signs,
    /// The verdict when there is neither.
    otherwise: bool,
}

const fn rule(kind: &'static str, old: Signs, new: Signs) -> Rule {
    Rule { kind, old, new, otherwise: false }
}

/// A type that R4 does not have.
const fn gone(kind: &'static str) -> Rule {
    Rule { kind, old: &[], new: &[], otherwise: true }
}

#[rustfmt::skip]
const RULES: &[Rule] = &[
    rule("AllergyIntolerance", &[("substance", Any), ("status", Any), ("category", Text), ("lastOccurence", Any), ("onset", Any), ("reporter", Any), ("criticality", Holds("CRIT"))], &[("clinicalStatus", Object), ("code", Object)]),
    rule("Appointment", &[("type", Any), ("reason", Any)], &[("appointmentType", Any), ("reasonCode", Any), ("serviceType", Any)]),
    rule("Binary", &[("content", Any)], &[("data", Any)]),
    Rule { otherwise: true, ..rule("CarePlan", &[], &[("intent", Any)]) },
    rule("Condition", &[("patient", Any), ("dateRecorded", Any), ("clinicalStatus", Text), ("verificationStatus", Text), ("category", Object), ("notes", Any)], &[("clinicalStatus", Object), ("verificationStatus", Object)]),
    rule("Coverage", &[("issuer", Any), ("bin", Any), ("subscriberId", Object), ("plan", Any), ("subPlan", Any), ("group", Any)], &[("beneficiary", Any), ("payor", Any)]),
    rule("Device", &[("udi", Any), ("model", Any), ("expiry", Any), ("version", Text), ("status", Holds("available"))], &[("udiCarrier", Any), ("deviceName", Any)]),
    gone("DiagnosticOrder"),
    rule("DiagnosticReport", &[("category", Object), ("performer", Object), ("codedDiagnosis", Any), ("image", Any), ("request", Any)], &[("category", List), ("basedOn", Any), ("performer", List)]),
    rule("DocumentReference", &[("class", Any), ("created", Any), ("indexed", Any), ("confidentiality", Any), ("docStatus", Object)], &[("category", Any), ("date", Any)]),
    rule("Encounter", &[("class", Text), ("patient", Any), ("indication", Any), ("incomingReferral", Any), ("reason", Any)], &[("class", Object), ("subject", Any)]),
    rule("FamilyMemberHistory", &[("gender", Any), ("note", Object), ("ageQuantity", Any), ("deceasedQuantity", Any), ("condition", Holds("\"onsetQuantity\""))], &[("sex", Any)]),
    rule("Goal", &[("status", Any), ("description", Text), ("targetDate", Any), ("targetQuantity", Any), ("author", Any)], &[("lifecycleStatus", Any)]),
    rule("Immunization", &[("date", Any), ("wasNotGiven", Any), ("reported", Any), ("explanation", Any), ("vaccinationProtocol", Any), ("requester", Any), ("performer", Object)], &[("occurrenceDateTime", Any), ("occurrenceString", Any)]),
    rule("Location", &[("type", Object)], &[("type", List)]),
    rule("Media", &[("type", Text), ("subtype", Any)], &[("status", Any), ("type", Object)]),
    rule("Medication", &[("product", Any), ("package", Any), ("isBrand", Any)], &[("form", Any), ("ingredient", Any)]),
    rule("MedicationAdministration", &[("patient", Any), ("practitioner", Any), ("prescription", Any), ("wasNotGiven", Any), ("effectiveTimeDateTime", Any), ("effectiveTimePeriod", Any)], &[("subject", Any)]),
    rule("MedicationDispense", &[("patient", Any), ("dispenser", Any), ("note", Text)], &[("subject", Any)]),
    gone("MedicationOrder"),
    gone("MedicationPrescription"),
    rule("MedicationStatement", &[("patient", Any), ("wasNotTaken", Any), ("note", Text), ("reasonForUseCodeableConcept", Any), ("reasonForUseReference", Any)], &[("subject", Any)]),
    rule("Observation", &[("category", Object), ("comments", Any), ("related", Any), ("interpretation", Object)], &[("category", List)]),
    rule("Organization", &[("type", Object)], &[("type", List)]),
    rule("Patient", &[("careProvider", Any), ("animal", Any), ("name", Within("family")), ("extension", Holds("/argo-"))], &[("generalPractitioner", Any)]),
    rule("Practitioner", &[("practitionerRole", Any), ("name", Object)], &[("name", List)]),
    rule("Procedure", &[("notPerformed", Any), ("reasonNotPerformed", Any), ("reasonCodeableConcept", Any), ("reasonReference", Object), ("notes", Any), ("request", Any), ("used", Any), ("performer", Holds("\"role\"")), ("status", Holds("aborted"))], &[("basedOn", Any), ("statusReason", Any), ("note", Any)]),
    gone("ProcedureRequest"),
    gone("ReferralRequest"),
    rule("RelatedPerson", &[("relationship", Object), ("name", Object)], &[("relationship", List), ("name", List)]),
    rule("Specimen", &[("treatment", Any), ("collection", Holds("\"comment\""))], &[("processing", Any)]),
];

/// Whether the bytes are a DSTU2 resource. Looks no further than the first member that tells.
pub fn is_old(json: &[u8]) -> bool {
    let Some(kind) = kind(json) else { return false };
    let Some(rule) = RULES.iter().find(|rule| rule.kind.as_bytes() == kind) else { return false };
    if rule.old.is_empty() && rule.new.is_empty() {
        return true;
    }
    for (name, value) in members(json) {
        let shown = |signs: Signs| signs.iter().any(|(sign, shape)| sign.as_bytes() == name && shape.fits(value));
        if shown(rule.old) {
            return true;
        }
        if shown(rule.new) {
            return false;
        }
    }
    rule.otherwise
}

impl Shape {
    fn fits(self, value: &[u8]) -> bool {
        match self {
            Any => true,
            Object => value.starts_with(b"{"),
            List => value.starts_with(b"["),
            Text => value.starts_with(b"\""),
            Holds(part) => holds(value, part),
            Within(member) => lists(value, member),
        }
    }
}

/// Whether `"member": [` stands somewhere.
fn lists(value: &[u8], member: &str) -> bool {
    let quoted = format!("\"{member}\"");
    value.windows(quoted.len()).enumerate().any(|(at, window)| {
        let colon = blank(value, at + quoted.len());
        window == quoted.as_bytes()
            && value.get(colon) == Some(&b':')
            && value.get(blank(value, colon + 1)) == Some(&b'[')
    })
}
