//! What all patients' records refer to: the hospital, its clinicians and rooms, and the insurer.

use serde_json::{Value, json};

use super::chart::mix;
use super::codes::{Code, hl7, reference, reference_named, us_core};
use super::{Hospital, Resource, names};

/// A clinician by what they do; each hospital has one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    FamilyDoctor,
    Internist,
    Pediatrician,
    EmergencyDoctor,
    Surgeon,
    Obstetrician,
    Radiologist,
    Pharmacist,
}

struct Post {
    role: Role,
    id: &'static str,
    specialty: Code,
    /// From the provider taxonomy.
    taxonomy: (&'static str, &'static str),
    suffix: &'static str,
}

#[rustfmt::skip]
const POSTS: &[Post] = &[
    Post { role: Role::FamilyDoctor,    id: "family",    specialty: Code::snomed("419772000", "Family practice"),             taxonomy: ("207Q00000X", "Family Medicine Physician"),    suffix: "MD" },
    Post { role: Role::Internist,       id: "internal",  specialty: Code::snomed("419192003", "Internal medicine"),           taxonomy: ("207R00000X", "Internal Medicine Physician"),  suffix: "DO" },
    Post { role: Role::Pediatrician,    id: "pediatric", specialty: Code::snomed("394537008", "Pediatric specialty"),         taxonomy: ("208000000X", "Pediatrics Physician"),         suffix: "MD" },
    Post { role: Role::EmergencyDoctor, id: "emergency", specialty: Code::snomed("773568002", "Emergency medicine"),          taxonomy: ("207P00000X", "Emergency Medicine Physician"), suffix: "MD" },
    Post { role: Role::Surgeon,         id: "surgery",   specialty: Code::snomed("394609007", "General surgery"),             taxonomy: ("208600000X", "Surgery Physician"),            suffix: "MD" },
    Post { role: Role::Obstetrician,    id: "obstetric", specialty: Code::snomed("394585009", "Obstetrics and gynecology"),   taxonomy: ("207V00000X", "Obstetrics & Gynecology Physician"), suffix: "MD" },
    Post { role: Role::Radiologist,     id: "radiology", specialty: Code::snomed("394914008", "Radiology"),                   taxonomy: ("2085R0202X", "Diagnostic Radiology Physician"), suffix: "MD" },
    Post { role: Role::Pharmacist,      id: "pharmacy",  specialty: Code::snomed("46255001", "Pharmacist"),                   taxonomy: ("183500000X", "Pharmacist"),                   suffix: "PharmD" },
];

/// A part of the hospital: id, name, service delivery location type.
const ROOMS: &[(&str, &str, (&str, &str))] = &[
    (CLINIC, "Primary Care Clinic", ("OF", "Outpatient facility")),
    (EMERGENCY, "Emergency Department", ("ER", "Emergency room")),
    (WARD, "Inpatient Ward", ("HU", "Hospital unit")),
    (IMAGING, "Imaging Suite", ("RADDX", "Radiology diagnostics or therapeutics unit")),
];

pub(super) const CLINIC: &str = "loc-clinic";
pub(super) const EMERGENCY: &str = "loc-emergency";
pub(super) const WARD: &str = "loc-ward";
pub(super) const IMAGING: &str = "loc-imaging";

/// The insurer of everyone who has one.
pub(super) const PAYER: &str = "org-payer";
pub(super) const PAYER_NAME: &str = "Harborlight Mutual Health Plan";

/// When the staff were entered, before any patient's record begins.
const ENTERED: &str = "1990-01-02T14:00:00Z";

impl Role {
    fn post(self) -> &'static Post {
        POSTS.iter().find(|post| post.role == self).expect("every role has a post")
    }

    pub fn reference(self, seed: u64) -> Value {
        reference_named("Practitioner", &format!("prac-{}", self.post().id), &self.name(seed))
    }

    /// As it is printed: given, family, suffix.
    pub fn name(self, seed: u64) -> String {
        let (given, family) = names::clinician(seed, self as usize);
        format!("{given} {family}, {}", self.post().suffix)
    }

    pub fn role_reference(self) -> Value {
        reference("PractitionerRole", &format!("role-{}", self.post().id))
    }
}

pub(super) fn organization(hospital: &Hospital<'_>) -> Value {
    reference_named("Organization", hospital.organization_id, hospital.name)
}

/// Resources every patient's records refer to: the hospital's Organization, Practitioners, PractitionerRoles, Locations.
pub fn staff(seed: u64, hospital: &Hospital<'_>) -> Vec<Resource> {
    let mut resources = vec![
        organization_resource(seed, hospital.organization_id, hospital.name, ("prov", "Healthcare Provider"), hospital),
        organization_resource(seed ^ 1, PAYER, PAYER_NAME, ("pay", "Payer"), hospital),
    ];
    for post in POSTS {
        let number = post.role as usize;
        let (given, family) = names::clinician(seed, number);
        let address = [address(number * 31, hospital)];
        resources.push(resource("Practitioner", format!("prac-{}", post.id), "us-core-practitioner", json!({
            "identifier": [{ "use": "official", "system": "http://hl7.org/fhir/sid/us-npi", "value": npi(mix(seed, number as u64)) }],
            "active": true,
            "name": [{ "use": "official", "text": post.role.name(seed), "family": family, "given": [given], "suffix": [post.suffix] }],
            "telecom": [phone(1 + number)],
            "address": address,
            "qualification": [{ "code": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/v2-0360", "code": if post.suffix == "PharmD" { "RPH" } else { post.suffix } }], "text": post.suffix } }],
        })));
        resources.push(resource("PractitionerRole", format!("role-{}", post.id), "us-core-practitionerrole", json!({
            "active": true,
            "practitioner": post.role.reference(seed),
            "organization": organization(hospital),
            "code": [{ "coding": [{ "system": "http://nucc.org/provider-taxonomy", "code": post.taxonomy.0, "display": post.taxonomy.1 }] }],
            "specialty": [post.specialty.concept()],
            "location": [reference("Location", CLINIC)],
            "telecom": [phone(1 + number)],
        })));
    }
    for (number, (id, name, kind)) in ROOMS.iter().enumerate() {
        resources.push(resource(
            "Location",
            (*id).to_owned(),
            "us-core-location",
            json!({
                "status": "active",
                "name": format!("{} {name}", hospital.name),
                "mode": "instance",
                "type": [hl7("v3-RoleCode", kind.0, kind.1)],
                "telecom": [phone(40 + number)],
                "address": address(7, hospital),
                "managingOrganization": organization(hospital),
            }),
        ));
    }
    resources
}

fn organization_resource(seed: u64, id: &str, name: &str, kind: (&str, &str), hospital: &Hospital<'_>) -> Resource {
    resource(
        "Organization",
        id.to_owned(),
        "us-core-organization",
        json!({
            "identifier": [{ "system": "http://hl7.org/fhir/sid/us-npi", "value": npi(mix(seed, 77)) }],
            "active": true,
            "type": [hl7("organization-type", kind.0, kind.1)],
            "name": name,
            "telecom": [phone(0)],
            "address": [address(7, hospital)],
        }),
    )
}

fn resource(kind: &'static str, id: String, profile: &str, body: Value) -> Resource {
    let mut json = json!({ "resourceType": kind, "id": id, "meta": { "versionId": "1", "lastUpdated": ENTERED, "profile": [us_core(profile)] } });
    let (Value::Object(whole), Value::Object(body)) = (&mut json, body) else {
        unreachable!("a resource is an object")
    };
    whole.extend(body);
    Resource { kind, id, last_updated: ENTERED.to_owned(), json }
}

/// Numbers of the range that is reserved for fiction.
fn phone(number: usize) -> Value {
    json!({ "system": "phone", "value": format!("555-555-01{:02}", number % 100), "use": "work" })
}

fn address(draw: usize, hospital: &Hospital<'_>) -> Value {
    json!({ "use": "work", "line": [names::street(draw)], "city": hospital.city, "state": hospital.state, "postalCode": hospital.zip, "country": "US" })
}

/// A provider number that passes the public check digit: Luhn over the digits behind the prefix 80840.
fn npi(draw: u64) -> String {
    let body = format!("1{:08}", draw % 100_000_000);
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            if place % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        })
        .sum();
    format!("{body}{}", (10 - (sum + 24) % 10) % 10)
}
