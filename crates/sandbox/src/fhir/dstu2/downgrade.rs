//! What people have in R4, as it was written in DSTU2.

use serde_json::{Map, Value, json};

use super::{name_of, words};

type Body = Map<String, Value>;

/// Members that DSTU2 has no place for.
const NEWER: &[&str] = &["intent", "reportedBoolean", "created", "recorder", "achievementStatus", "sequence"];

/// One resource, and what it contains, in DSTU2.
pub fn resource(json: Value) -> Value {
    let Value::Object(mut body) = json else { return json };
    let kind = body.get("resourceType").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(Value::Array(contained)) = body.get_mut("contained") {
        contained.iter_mut().for_each(|inner| *inner = resource(inner.take()));
    }
    if let Some(Value::Object(meta)) = body.get_mut("meta") {
        meta.remove("profile");
    }
    match kind.as_str() {
        "Patient" => people(&mut body),
        "Practitioner" => {
            people(&mut body);
            lone(&mut body, "name");
        }
        "RelatedPerson" => {
            people(&mut body);
            lone(&mut body, "name");
            lone(&mut body, "relationship");
        }
        "Organization" | "Location" => lone(&mut body, "type"),
        "AllergyIntolerance" => allergy(&mut body),
        "Condition" => condition(&mut body),
        "MedicationRequest" => order(&mut body),
        "MedicationStatement" => statement(&mut body),
        "MedicationDispense" => dispense(&mut body),
        "Medication" => drop(body.remove("status")),
        "Immunization" => immunization(&mut body),
        "Observation" => observation(&mut body),
        "DiagnosticReport" => report(&mut body),
        "Encounter" => encounter(&mut body),
        "Procedure" => procedure(&mut body),
        "ServiceRequest" => diagnostic_order(&mut body),
        "DocumentReference" => document(&mut body),
        "CarePlan" => care_plan(&mut body),
        "Goal" => goal(&mut body),
        "Device" => device(&mut body),
        "FamilyMemberHistory" => family(&mut body),
        "Coverage" => coverage(&mut body),
        _ => {}
    }
    if kind != "DocumentReference" && kind != "Goal" {
        NEWER.iter().for_each(|name| drop(body.remove(*name)));
    }
    let mut whole = Value::Object(body);
    words::rewrite(&mut whole);
    whole["resourceType"] = json!(name_of(&kind).unwrap_or(&kind));
    whole
}

fn rename(body: &mut Body, from: &str, to: &str) {
    if let Some(value) = body.remove(from) {
        body.insert(to.to_owned(), value);
    }
}

/// The first of a list.
fn lone(body: &mut Body, name: &str) {
    if let Some(Value::Array(items)) = body.get_mut(name) {
        match items.is_empty() {
            true => drop(body.remove(name)),
            false => {
                let first = items.swap_remove(0);
                body.insert(name.to_owned(), first);
            }
        }
    }
}

fn rename_lone(body: &mut Body, from: &str, to: &str) {
    rename(body, from, to);
    lone(body, to);
}

/// A concept as its bare code.
fn bare(body: &mut Body, name: &str) -> Option<String> {
    let code = body.remove(name)?["coding"][0]["code"].as_str()?.to_owned();
    body.insert(name.to_owned(), json!(code));
    Some(code)
}

fn each(body: &mut Body, name: &str, visit: impl Fn(&mut Body)) {
    body.get_mut(name)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
        .for_each(visit);
}

/// Notes as one text.
fn note_text(body: &mut Body, to: &str) {
    let Some(Value::Array(notes)) = body.remove("note") else { return };
    let texts: Vec<&str> = notes.iter().filter_map(|note| note["text"].as_str()).collect();
    if !texts.is_empty() {
        body.insert(to.to_owned(), json!(texts.join("\n")));
    }
}

fn people(body: &mut Body) {
    rename(body, "generalPractitioner", "careProvider");
    each(body, "name", |name| {
        if let Some(family) = name.remove("family") {
            name.insert("family".to_owned(), json!([family]));
        }
    });
}

fn allergy(body: &mut Body) {
    rename(body, "code", "substance");
    let verification = bare(body, "verificationStatus");
    let clinical = bare(body, "clinicalStatus");
    body.remove("verificationStatus");
    body.remove("clinicalStatus");
    let status = match (verification.as_deref(), clinical.as_deref()) {
        (Some(said @ ("refuted" | "entered-in-error" | "unconfirmed")), _) => said.to_owned(),
        (_, Some(said @ ("inactive" | "resolved"))) => said.to_owned(),
        (Some(_), _) => "confirmed".to_owned(),
        _ => "active".to_owned(),
    };
    body.insert("status".to_owned(), json!(status));
    lone(body, "category");
    rename(body, "onsetDateTime", "onset");
    body.remove("encounter");
    let criticality = match body.get("criticality").and_then(Value::as_str) {
        Some("high") => "CRITH",
        Some("low") => "CRITL",
        _ => "CRITU",
    };
    body.insert("criticality".to_owned(), json!(criticality));
    lone(body, "note");
}

fn condition(body: &mut Body) {
    rename(body, "subject", "patient");
    rename(body, "recordedDate", "dateRecorded");
    bare(body, "clinicalStatus");
    bare(body, "verificationStatus");
    lone(body, "category");
    note_text(body, "notes");
}

fn dosages(body: &mut Body, name: &str, dose: &str) {
    each(body, name, |dosage| {
        let Some(Value::Array(mut amounts)) = dosage.remove("doseAndRate") else { return };
        if let Some(Value::Object(amount)) = amounts.first_mut() {
            for (from, to) in [("doseQuantity", format!("{dose}Quantity")), ("doseRange", format!("{dose}Range"))] {
                if let Some(value) = amount.remove(from) {
                    dosage.insert(to, value);
                }
            }
        }
    });
}

fn order(body: &mut Body) {
    rename(body, "subject", "patient");
    rename(body, "authoredOn", "dateWritten");
    rename(body, "requester", "prescriber");
    rename_lone(body, "reasonCode", "reasonCodeableConcept");
    if body.contains_key("reasonCodeableConcept") {
        body.remove("reasonReference");
    }
    lone(body, "reasonReference");
    body.remove("category");
    note_text(body, "note");
    dosages(body, "dosageInstruction", "dose");
}

fn statement(body: &mut Body) {
    rename(body, "subject", "patient");
    rename_lone(body, "reasonCode", "reasonForUseCodeableConcept");
    body.remove("category");
    note_text(body, "note");
    body.insert("wasNotTaken".to_owned(), json!(false));
    dosages(body, "dosage", "quantity");
}

fn dispense(body: &mut Body) {
    rename(body, "subject", "patient");
    if let Some(mut performers) = body.remove("performer") {
        body.insert("dispenser".to_owned(), performers[0]["actor"].take());
    }
    note_text(body, "note");
    dosages(body, "dosageInstruction", "dose");
}

fn immunization(body: &mut Body) {
    rename(body, "occurrenceDateTime", "date");
    let refused = body.get("status").is_some_and(|status| status == "not-done");
    body.insert("wasNotGiven".to_owned(), json!(refused));
    body.insert("status".to_owned(), json!("completed"));
    let first_hand = body.remove("primarySource").is_none_or(|primary| primary == true);
    body.insert("reported".to_owned(), json!(!first_hand));
    if let Some(reason) = body.remove("statusReason") {
        body.insert("explanation".to_owned(), json!({"reasonNotGiven": [reason]}));
    }
    if let Some(mut performers) = body.remove("performer") {
        body.insert("performer".to_owned(), performers[0]["actor"].take());
    }
    if let Some(Value::Array(mut protocols)) = body.remove("protocolApplied") {
        for protocol in protocols.iter_mut().filter_map(Value::as_object_mut) {
            rename(protocol, "doseNumberPositiveInt", "doseSequence");
            rename(protocol, "seriesDosesPositiveInt", "seriesDoses");
        }
        body.insert("vaccinationProtocol".to_owned(), json!(protocols));
    }
}

fn observation(body: &mut Body) {
    lone(body, "category");
    lone(body, "interpretation");
    note_text(body, "comments");
    each(body, "component", |component| drop(component.remove("interpretation")));
    let mut related: Vec<Value> = Vec::new();
    for (member, kind) in [("hasMember", "has-member"), ("derivedFrom", "derived-from")] {
        for target in body.remove(member).as_ref().and_then(Value::as_array).into_iter().flatten() {
            related.push(json!({"type": kind, "target": target}));
        }
    }
    if !related.is_empty() {
        body.insert("related".to_owned(), json!(related));
    }
    body.remove("basedOn");
}

fn report(body: &mut Body) {
    lone(body, "category");
    lone(body, "performer");
    rename(body, "basedOn", "request");
    rename(body, "conclusionCode", "codedDiagnosis");
    body.remove("resultsInterpreter");
}

fn encounter(body: &mut Body) {
    rename(body, "subject", "patient");
    let class = match body.get("class").and_then(|class| class["code"].as_str()) {
        Some("IMP") => "inpatient",
        Some("EMER") => "emergency",
        Some("VR") => "virtual",
        _ => "ambulatory",
    };
    body.insert("class".to_owned(), json!(class));
    rename(body, "reasonCode", "reason");
    rename(body, "reasonReference", "indication");
}

fn procedure(body: &mut Body) {
    let refused = body.get("status").is_some_and(|status| status == "not-done");
    body.insert("notPerformed".to_owned(), json!(refused));
    if refused {
        body.insert("status".to_owned(), json!("aborted"));
    }
    if let Some(reason) = body.remove("statusReason") {
        body.insert("reasonNotPerformed".to_owned(), json!([reason]));
    }
    rename_lone(body, "reasonCode", "reasonCodeableConcept");
    rename_lone(body, "reasonReference", "reasonReference");
    rename_lone(body, "basedOn", "request");
    rename(body, "note", "notes");
}

fn diagnostic_order(body: &mut Body) {
    let status = match body.get("status").and_then(Value::as_str) {
        Some("revoked") => "cancelled",
        Some("active") => "requested",
        Some("on-hold") => "suspended",
        _ => "completed",
    };
    body.insert("status".to_owned(), json!(status));
    rename(body, "requester", "orderer");
    rename(body, "reasonCode", "reason");
    if let Some(code) = body.remove("code") {
        body.insert("item".to_owned(), json!([{"code": code}]));
    }
    if let Some(at) = body.remove("authoredOn") {
        body.insert("event".to_owned(), json!([{"status": "requested", "dateTime": at}]));
    }
    for newer in ["category", "occurrenceDateTime", "reasonReference", "performer"] {
        body.remove(newer);
    }
}

fn document(body: &mut Body) {
    rename_lone(body, "category", "class");
    rename(body, "date", "indexed");
    each(body, "content", |content| {
        if let Some(format) = content.remove("format") {
            content.insert("format".to_owned(), json!([format]));
        }
    });
    if let Some(Value::Object(context)) = body.get_mut("context") {
        lone(context, "encounter");
    }
    body.remove("docStatus");
}

fn care_plan(body: &mut Body) {
    rename(body, "encounter", "context");
    if let Some(author) = body.remove("author") {
        body.insert("author".to_owned(), json!([author]));
    }
    body.remove("careTeam");
    lone(body, "note");
}

fn goal(body: &mut Body) {
    let status = match body.remove("lifecycleStatus").as_ref().and_then(Value::as_str) {
        Some("completed") => "achieved",
        Some("active") | None => "in-progress",
        Some(other) => other,
    }
    .to_owned();
    body.insert("status".to_owned(), json!(status));
    if let Some(description) = body.remove("description") {
        body.insert("description".to_owned(), description["text"].clone());
    }
    if let Some(targets) = body.remove("target") {
        body.insert("targetDate".to_owned(), targets[0]["dueDate"].clone());
    }
    rename(body, "expressedBy", "author");
    body.remove("achievementStatus");
}

fn device(body: &mut Body) {
    if let Some(carriers) = body.remove("udiCarrier") {
        body.insert("udi".to_owned(), carriers[0]["carrierHRF"].clone());
    }
    body.insert("status".to_owned(), json!("available"));
    for newer in ["distinctIdentifier", "serialNumber", "deviceName"] {
        body.remove(newer);
    }
}

fn family(body: &mut Body) {
    if let Some(sex) = body.remove("sex") {
        body.insert("gender".to_owned(), sex["coding"][0]["code"].clone());
    }
    rename(body, "deceasedAge", "deceasedQuantity");
    lone(body, "note");
    each(body, "condition", |condition| {
        rename(condition, "onsetAge", "onsetQuantity");
        lone(condition, "note");
    });
}

fn coverage(body: &mut Body) {
    rename_lone(body, "payor", "issuer");
    body.remove("beneficiary");
    body.remove("status");
    if let Some(number) = body.remove("subscriberId") {
        body.insert("subscriberId".to_owned(), json!({"value": number}));
    }
    if let Some(kind) = body.remove("type") {
        body.insert("type".to_owned(), kind["coding"][0].clone());
    }
    if let Some(classes) = body.remove("class") {
        let group =
            classes.as_array().into_iter().flatten().find(|class| class["type"]["coding"][0]["code"] == "group");
        if let Some(group) = group {
            body.insert("group".to_owned(), group["value"].clone());
        }
    }
    body.remove("relationship");
}
