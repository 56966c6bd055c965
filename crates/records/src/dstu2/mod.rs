//! FHIR DSTU2 (1.0.2) rewritten to R4, told apart by the shape of the resource itself.
//!
//! Servers that speak nothing newer, and files people saved years ago, come in this form. What is
//! R4 already passes untouched, byte for byte. What R4 has no place for is kept in an extension
//! where HL7 defines one, else left out.

mod care;
mod conditions;
mod documents;
mod dosage;
mod edit;
mod immunizations;
mod medications;
mod orders;
mod people;
mod results;
mod scan;
mod shapes;
mod tree;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use edit::Object;

/// Types that R4 knows under another name.
const RENAMED: &[(&str, &str)] = &[
    ("MedicationOrder", "MedicationRequest"),
    ("MedicationPrescription", "MedicationRequest"),
    ("DiagnosticOrder", "ServiceRequest"),
    ("ProcedureRequest", "ServiceRequest"),
    ("ReferralRequest", "ServiceRequest"),
];

/// The name of a DSTU2 type in R4; every other name as it is.
pub fn r4_kind(kind: &str) -> &str {
    RENAMED.iter().find(|(old, _)| *old == kind).map_or(kind, |(_, new)| new)
}

/// The DSTU2 names of types that have this name in R4, the name itself not among them.
pub fn old_kinds(kind: &str) -> impl Iterator<Item = &'static str> {
    RENAMED.iter().filter(move |(_, new)| *new == kind).map(|(old, _)| *old)
}

/// A resource or a bundle in R4. What is R4, or no FHIR at all, comes back as it is.
pub fn upgrade(json: &[u8]) -> Cow<'_, [u8]> {
    match scan::kind(json) {
        Some(b"Bundle") => bundle(json).map_or(Cow::Borrowed(json), Cow::Owned),
        _ => resource(json),
    }
}

/// The same for a single resource; the entries of a bundle are left alone.
pub fn resource(json: &[u8]) -> Cow<'_, [u8]> {
    if !shapes::is_old(json) {
        return Cow::Borrowed(json);
    }
    rewritten(json).map_or(Cow::Borrowed(json), Cow::Owned)
}

fn rewritten(json: &[u8]) -> Option<Vec<u8>> {
    let kept = scan::protect_decimals(json);
    let mut body: Object = serde_json::from_slice(kept.as_deref().unwrap_or(json)).ok()?;
    convert(&mut body);
    let bytes = serde_json::to_vec(&body).ok()?;
    Some(if kept.is_some() { scan::restore_decimals(&bytes) } else { bytes })
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(borrow, default)]
    entry: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow, default, rename = "fullUrl")]
    url: Option<&'a RawValue>,
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
}

/// The bundle with its old entries replaced where they stand; `None` when there are none.
fn bundle(json: &[u8]) -> Option<Vec<u8>> {
    let entries = serde_json::from_slice::<Bundle<'_>>(json).ok()?.entry;
    let start = json.as_ptr() as usize;
    let place = |raw: &RawValue| raw.get().as_ptr() as usize - start;
    let (mut out, mut copied) = (Vec::new(), 0);
    let mut replace = |raw: &RawValue, with: &[u8]| {
        let at = place(raw);
        // A name may come after the resource it names: then the name is left as it is.
        if at >= copied {
            out.extend_from_slice(&json[copied..at]);
            out.extend_from_slice(with);
            copied = at + raw.get().len();
        }
    };
    for raw in entries {
        let Ok(Entry { url, resource: Some(inner) }) = serde_json::from_str::<Entry<'_>>(raw.get()) else { continue };
        let Cow::Owned(new) = upgrade(inner.get().as_bytes()) else { continue };
        let named = url.and_then(|raw| Some((raw, serde_json::from_str::<Value>(raw.get()).ok()?)));
        let named = named.and_then(|(raw, url)| Some((raw, tree::renamed_reference(url.as_str()?)?)));
        let mut parts: Vec<(&RawValue, Vec<u8>)> = vec![(inner, new)];
        if let Some((raw, url)) = named {
            parts.push((raw, Value::String(url).to_string().into_bytes()));
        }
        parts.sort_by_key(|(raw, _)| place(raw));
        parts.iter().for_each(|(raw, with)| replace(raw, with));
    }
    if copied == 0 {
        return None;
    }
    out.extend_from_slice(&json[copied..]);
    Some(out)
}

/// Rewrites one resource and what it contains.
fn convert(body: &mut Object) {
    edit::each(body, "contained", convert);
    tree::renew(body);
    if let Some(meta) = body.get_mut("meta").and_then(Value::as_object_mut) {
        // Profiles of DSTU2 say nothing of an R4 resource.
        meta.shift_remove("profile");
    }
    let Some(kind) = body.get("resourceType").and_then(Value::as_str).map(str::to_owned) else { return };
    let Some((_, change)) = CHANGES.iter().find(|(known, _)| *known == kind) else { return };
    change(body);
    body.insert("resourceType".to_owned(), Value::String(r4_kind(&kind).to_owned()));
}

type Change = fn(&mut Object);

const CHANGES: &[(&str, Change)] = &[
    ("AllergyIntolerance", conditions::allergy),
    ("Appointment", care::appointment),
    ("Binary", documents::binary),
    ("CarePlan", care::care_plan),
    ("Condition", conditions::condition),
    ("Coverage", people::coverage),
    ("Device", people::device),
    ("DiagnosticOrder", orders::diagnostic_order),
    ("DiagnosticReport", results::report),
    ("DocumentReference", documents::reference),
    ("Encounter", care::encounter),
    ("FamilyMemberHistory", conditions::family_history),
    ("Goal", care::goal),
    ("Immunization", immunizations::immunization),
    ("Location", people::typed),
    ("Media", documents::media),
    ("Medication", medications::medication),
    ("MedicationAdministration", medications::administration),
    ("MedicationDispense", medications::dispense),
    ("MedicationOrder", medications::order),
    ("MedicationPrescription", medications::order),
    ("MedicationStatement", medications::statement),
    ("Observation", results::observation),
    ("Organization", people::typed),
    ("Patient", people::patient),
    ("Practitioner", people::practitioner),
    ("Procedure", care::procedure),
    ("ProcedureRequest", orders::procedure_request),
    ("ReferralRequest", orders::referral_request),
    ("RelatedPerson", people::related_person),
    ("Specimen", results::specimen),
];
