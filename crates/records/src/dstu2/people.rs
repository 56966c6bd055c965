//! People, places, things and insurance.

use serde_json::{Value, json};

use super::edit::{Object, append, default, drop_all, each, list, recode, rename, rename_list, take, take_text};

pub fn patient(body: &mut Object) {
    rename_list(body, "careProvider", "generalPractitioner");
    // A person; animals keep no record here.
    drop_all(body, &["animal"]);
    each(body, "link", |link| recode(link, "type", &[("replace", "replaced-by")]));
}

const ROLE: &str = "http://hl7.org/fhir/1.0/StructureDefinition/extension-Practitioner.practitionerRole";

pub fn practitioner(body: &mut Object) {
    list(body, "name");
    let roles = match take(body, "practitionerRole") {
        Some(Value::Array(roles)) => roles,
        Some(one) => vec![one],
        None => return,
    };
    // R4 gives roles resources of their own; here they can only be contained.
    for (number, role) in roles.into_iter().enumerate() {
        let Value::Object(mut role) = role else { continue };
        let id = format!("role-{}", number + 1);
        let mut made = Object::new();
        made.insert("resourceType".to_owned(), json!("PractitionerRole"));
        made.insert("id".to_owned(), json!(id));
        rename(&mut role, "managingOrganization", "organization");
        rename_list(&mut role, "role", "code");
        for name in ["specialty", "location", "healthcareService"] {
            list(&mut role, name);
        }
        for name in ["period", "organization", "code", "specialty", "location", "healthcareService"] {
            if let Some(value) = take(&mut role, name) {
                made.insert(name.to_owned(), value);
            }
        }
        append(body, "contained", Value::Object(made));
        append(body, "extension", json!({ "url": ROLE, "valueReference": { "reference": format!("#{id}") } }));
    }
}

/// Organizations and locations: one type became several.
pub fn typed(body: &mut Object) {
    list(body, "type");
}

pub fn related_person(body: &mut Object) {
    list(body, "relationship");
    list(body, "name");
}

const DEVICE_STATUS: &[(&str, &str)] = &[("available", "active"), ("not-available", "inactive")];

pub fn device(body: &mut Object) {
    if let Some(udi) = take_text(body, "udi") {
        append(body, "udiCarrier", json!({ "carrierHRF": udi }));
    }
    drop_all(body, &["udi"]);
    recode(body, "status", DEVICE_STATUS);
    rename(body, "model", "modelNumber");
    rename(body, "expiry", "expirationDate");
    if let Some(version) = body.get("version").and_then(Value::as_str).map(str::to_owned) {
        body.insert("version".to_owned(), json!([{ "value": version }]));
    }
}

pub fn coverage(body: &mut Object) {
    rename_list(body, "issuer", "payor");
    default(body, "status", "active");
    if body.get("subscriberId").is_some_and(Value::is_object)
        && let Some(identifier) = take(body, "subscriberId")
    {
        if let Some(value) = identifier["value"].as_str() {
            default(body, "subscriberId", value);
        }
        append(body, "identifier", identifier);
    }
    list(body, "identifier");
    if body.get("type").is_some_and(|kind| kind.get("code").is_some())
        && let Some(coding) = take(body, "type")
    {
        body.insert("type".to_owned(), json!({ "coding": [coding] }));
    }
    for (old, class) in [("group", "group"), ("plan", "plan"), ("subPlan", "subplan")] {
        if let Some(value) = take_text(body, old) {
            append(body, "class", json!({ "type": super::tree::hl7("coverage-class", class), "value": value }));
        }
    }
    if let Some(dependent) = body.get("dependent").and_then(Value::as_u64) {
        body.insert("dependent".to_owned(), json!(dependent.to_string()));
    }
    // DSTU2 names no beneficiary: the subscriber is the one person it knows.
    if let Some(subscriber) = body.get("subscriber").cloned() {
        default(body, "beneficiary", subscriber);
    }
    list(body, "contract");
    drop_all(body, &["bin", "group", "plan", "subPlan", "sequence"]);
}
