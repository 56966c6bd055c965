//! Every row of the guide's ConceptMaps, through small documents that carry the code.
//!
//! `CF-` maps lead from C-CDA to FHIR: we must give the target. `FC-` maps lead back: of the C-CDA code they give we
//! must make one of the FHIR codes that lead to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use super::{converted, name, rows};

const SNOMED: &str = "2.16.840.1.113883.6.96";
const TEMPLATE: &str = "2.16.840.1.113883.10.20.22";

type Set = BTreeSet<String>;

pub fn compare(path: &Path, counts: &mut String, listing: &mut String) {
    let file = name(path);
    let Some(map) = file.strip_prefix("ConceptMap-").and_then(|rest| rest.split('.').next()) else { return };
    let forth = map.starts_with("CF-");
    // C-CDA code → FHIR codes.
    let mut wanted: BTreeMap<String, Set> = BTreeMap::new();
    let (mut rows, mut unmatched) = (0, 0);
    for row in rows::read(path) {
        rows += 1;
        match (forth, row.target) {
            (true, target) => wanted.entry(row.code).or_default().extend(target),
            (false, Some(target)) => {
                wanted.entry(target).or_default().insert(row.code);
            }
            (false, None) => unmatched += 1,
        }
    }
    let (mut same, mut other) = (0, 0);
    for (code, expected) in &wanted {
        let Some(ours) = probe(&map[3..], code) else {
            let _ = writeln!(counts, "map {map}: no probe");
            return;
        };
        if if forth { ours == *expected } else { !ours.is_empty() && ours.is_subset(expected) } {
            same += 1;
        } else {
            other += 1;
            let told = |set: &Set| set.iter().map(String::as_str).collect::<Vec<_>>().join(" or ");
            let _ = writeln!(listing, "map {map}: {code}: guide [{}], ours [{}]", told(expected), told(&ours));
        }
    }
    let _ = writeln!(
        counts,
        "map {map}: {rows} rows, {unmatched} lead nowhere; {} codes, {same} same, {other} other",
        wanted.len()
    );
}

/// What a C-CDA code becomes in the place the map is for; several where the context decides.
fn probe(map: &str, code: &str) -> Option<Set> {
    let loinc = "2.16.840.1.113883.6.1";
    Some(match map {
        "AddressUse" => ask(
            patient(&format!("<addr use=\"{code}\"><city>Harrow Bay</city></addr>"), ""),
            "Patient",
            "/address/0/use",
        ),
        "NameUse" => {
            let named =
                |given: &str| patient("", &format!("<name use=\"{code}\">{given}<family>Calloway</family></name>"));
            let mut found = ask(named("<given>Ines</given>"), "Patient", "/name/0/use");
            if code == "P" || code == "A" {
                found.extend(ask(named("<given qualifier=\"CL\">Ina</given>"), "Patient", "/name/0/use"));
            }
            found
        }
        "TelecomUse" => ask(
            patient(&format!("<telecom use=\"{code}\" value=\"tel:+1-555-0134\"/>"), ""),
            "Patient",
            "/telecom/0/use",
        ),
        "TelecomType" => {
            let rest = match code {
                "mailto" => "ines@calloway.example",
                "http" => "//calloway.example/",
                _ => "+1-555-0134",
            };
            let mut found =
                ask(patient(&format!("<telecom value=\"{code}:{rest}\"/>"), ""), "Patient", "/telecom/0/system");
            if code == "tel" {
                found.extend(ask(
                    patient(&format!("<telecom use=\"PG\" value=\"tel:{rest}\"/>"), ""),
                    "Patient",
                    "/telecom/0/system",
                ));
            }
            found
        }
        "AdministrativeGender" => ask(
            patient("", &format!("<administrativeGenderCode code=\"{code}\" codeSystem=\"2.16.840.1.113883.5.1\"/>")),
            "Patient",
            "/gender",
        ),
        "AllergyIntoleranceCategory" => ask(allergy("", code, ""), "AllergyIntolerance", "/category/0"),
        "AllergyIntoleranceType" => ask(allergy("", code, ""), "AllergyIntolerance", "/type"),
        "AllergyStatus" => {
            let inner = nested("REFR", "28", "33999-4", loinc, code, SNOMED);
            ask(allergy("", "419199007", &inner), "AllergyIntolerance", "/clinicalStatus/coding/0/code")
        }
        "Criticality" => {
            let inner = nested("SUBJ", "145", "82606-5", loinc, code, "2.16.840.1.113883.5.1063");
            ask(allergy("", "419199007", &inner), "AllergyIntolerance", "/criticality")
        }
        "Severity" => {
            let severity = nested("SUBJ", "8", "SEV", "2.16.840.1.113883.5.4", code, SNOMED);
            let reaction = format!(
                "<entryRelationship typeCode=\"MFST\" inversionInd=\"true\"><observation classCode=\"OBS\" moodCode=\"EVN\"><templateId root=\"{TEMPLATE}.4.9\"/><code code=\"ASSERTION\"/><value xsi:type=\"CD\" code=\"247472004\" codeSystem=\"{SNOMED}\"/>{severity}</observation></entryRelationship>"
            );
            ask(allergy("", "419199007", &reaction), "AllergyIntolerance", "/reaction/0/severity")
        }
        "NoKnownAllergies" => {
            ask(allergy("negationInd=\"true\"", code, ""), "AllergyIntolerance", "/code/coding/0/code")
        }
        "ConditionClinicalStatus" => ask(problem(code, ""), "Condition", "/clinicalStatus/coding/0/code"),
        "ProblemStatus" => ask(
            problem("active", &nested("REFR", "6", "33999-4", loinc, code, SNOMED)),
            "Condition",
            "/clinicalStatus/coding/0/code",
        ),
        "ProblemCategory" => ask(category(code), "Condition", "/category/0/coding/0/code"),
        "EncounterStatus" => {
            let entry =
                act("encounter", "ENC", "49", code, "<code code=\"99213\" codeSystem=\"2.16.840.1.113883.6.12\"/>");
            ask(section("2.22.1", "46240-8", &entry), "Encounter", "/status")
        }
        "ImmunizationStatus" => {
            let given = |negated| section("2.2.1", "11369-6", &immunization(code, negated, ""));
            let mut found = ask(given(""), "Immunization", "/status");
            if code == "completed" {
                found.extend(ask(given("negationInd=\"true\""), "Immunization", "/status"));
            }
            found
        }
        "ImmunizationRefusal" => {
            let reason = format!(
                "<entryRelationship typeCode=\"RSON\"><observation classCode=\"OBS\" moodCode=\"EVN\"><templateId root=\"{TEMPLATE}.4.53\"/><id root=\"2.25.93\"/><code code=\"{code}\" codeSystem=\"2.16.840.1.113883.5.8\"/><statusCode code=\"completed\"/></observation></entryRelationship>"
            );
            let entry = immunization("completed", "negationInd=\"true\"", &reason);
            ask(section("2.2.1", "11369-6", &entry), "Immunization", "/statusReason/coding/0/code")
        }
        "ImmunizationSite" => {
            let site = format!("<approachSiteCode code=\"{code}\" codeSystem=\"{SNOMED}\"/>");
            ask(
                section("2.2.1", "11369-6", &immunization("completed", "", &site)),
                "Immunization",
                "/site/coding/0/code",
            )
        }
        "MedicationStatus" => ask(medication("INT", code), "MedicationRequest", "/status"),
        "MedActivityMood" => ask(medication(code, "active"), "MedicationRequest", "/intent"),
        "ProcedureStatus" => {
            let entry = act(
                "procedure",
                "PROC",
                "14",
                code,
                &format!("<code code=\"80146002\" codeSystem=\"{SNOMED}\"/><effectiveTime value=\"20240301\"/>"),
            );
            ask(section("2.7.1", "47519-4", &entry), "Procedure", "/status")
        }
        "ResultReportStatus" => ask(
            result(code, "completed", "<value xsi:type=\"PQ\" value=\"13.2\" unit=\"g/dL\"/>"),
            "DiagnosticReport",
            "/status",
        ),
        "ResultStatus" | "ObservationStatus" => ask(
            result("completed", code, "<value xsi:type=\"PQ\" value=\"13.2\" unit=\"g/dL\"/>"),
            "Observation",
            "/status",
        ),
        "NullFlavorDataAbsentReason" | "DataAbsentReasonNullFlavor" => {
            let value = format!("<value xsi:type=\"PQ\" nullFlavor=\"{code}\"/>");
            ask(result("completed", "completed", &value), "Observation", "/dataAbsentReason/coding/0/code")
        }
        _ => return None,
    })
}

/// What stands at a place in the resources of one type.
fn ask(fragment: String, kind: &str, pointer: &str) -> Set {
    let resources = converted("probe.xml", fragment.into_bytes());
    let of_kind = resources.iter().filter(|resource| resource["resourceType"] == kind);
    of_kind.filter_map(|resource| resource.pointer(pointer).and_then(Value::as_str)).map(str::to_owned).collect()
}

fn patient(role: &str, person: &str) -> String {
    format!(
        "<recordTarget><patientRole><id root=\"2.25.90\" extension=\"7\"/>{role}<patient>{person}</patient></patientRole></recordTarget>"
    )
}

fn section(template: &str, loinc: &str, entry: &str) -> String {
    format!(
        "<section><templateId root=\"{TEMPLATE}.{template}\"/><code code=\"{loinc}\" codeSystem=\"2.16.840.1.113883.6.1\"/><text>As in the entries.</text><entry>{entry}</entry></section>"
    )
}

/// An act with a status, which is a null flavor where it is in capitals.
fn act(element: &str, class: &str, template: &str, status: &str, inner: &str) -> String {
    format!(
        "<{element} classCode=\"{class}\" moodCode=\"EVN\"><templateId root=\"{TEMPLATE}.4.{template}\"/><id root=\"2.25.91\" extension=\"{template}\"/>{}{inner}</{element}>",
        state(status)
    )
}

fn state(status: &str) -> String {
    let name = if status.chars().all(char::is_uppercase) { "nullFlavor" } else { "code" };
    format!("<statusCode {name}=\"{status}\"/>")
}

fn nested(relation: &str, template: &str, code: &str, system: &str, value: &str, of: &str) -> String {
    format!(
        "<entryRelationship typeCode=\"{relation}\" inversionInd=\"true\"><observation classCode=\"OBS\" moodCode=\"EVN\"><templateId root=\"{TEMPLATE}.4.{template}\"/><id root=\"2.25.92\" extension=\"{template}\"/><code code=\"{code}\" codeSystem=\"{system}\"/><statusCode code=\"completed\"/><value xsi:type=\"CD\" code=\"{value}\" codeSystem=\"{of}\"/></observation></entryRelationship>"
    )
}

fn allergy(negated: &str, value: &str, inner: &str) -> String {
    let substance = if negated.is_empty() {
        "<participant typeCode=\"CSM\"><participantRole classCode=\"MANU\"><playingEntity classCode=\"MMAT\"><code code=\"7980\" codeSystem=\"2.16.840.1.113883.6.88\"/></playingEntity></participantRole></participant>"
    } else {
        "<participant typeCode=\"CSM\"><participantRole classCode=\"MANU\"><playingEntity classCode=\"MMAT\"><code nullFlavor=\"NA\"/></playingEntity></participantRole></participant>"
    };
    let observation = format!(
        "<entryRelationship typeCode=\"SUBJ\"><observation classCode=\"OBS\" moodCode=\"EVN\" {negated}><templateId root=\"{TEMPLATE}.4.7\"/><id root=\"2.25.91\" extension=\"a\"/><code code=\"ASSERTION\" codeSystem=\"2.16.840.1.113883.5.4\"/><statusCode code=\"completed\"/><effectiveTime><low value=\"2008\"/></effectiveTime><value xsi:type=\"CD\" code=\"{value}\" codeSystem=\"{SNOMED}\"/>{substance}{inner}</observation></entryRelationship>"
    );
    section("2.6.1", "48765-2", &act("act", "ACT", "30", "active", &observation))
}

fn observed(inner: &str) -> String {
    format!(
        "<entryRelationship typeCode=\"SUBJ\"><observation classCode=\"OBS\" moodCode=\"EVN\"><templateId root=\"{TEMPLATE}.4.4\"/><id root=\"2.25.91\" extension=\"p\"/><code code=\"55607006\" codeSystem=\"{SNOMED}\"/><statusCode code=\"completed\"/><effectiveTime><low value=\"2019\"/></effectiveTime><value xsi:type=\"CD\" code=\"90560007\" codeSystem=\"{SNOMED}\"/>{inner}</observation></entryRelationship>"
    )
}

fn problem(status: &str, inner: &str) -> String {
    section("2.5.1", "11450-4", &act("act", "ACT", "3", status, &observed(inner)))
}

/// A diagnosis in the section with this code.
fn category(loinc: &str) -> String {
    match loinc {
        "46240-8" => {
            let diagnosis = act(
                "act",
                "ACT",
                "80",
                "completed",
                &format!("<code code=\"29308-4\" codeSystem=\"2.16.840.1.113883.6.1\"/>{}", observed("")),
            );
            let diagnosis = format!("<entryRelationship typeCode=\"COMP\">{diagnosis}</entryRelationship>");
            section(
                "2.22.1",
                loinc,
                &act("encounter", "ENC", "49", "completed", &format!("<effectiveTime value=\"20240301\"/>{diagnosis}")),
            )
        }
        "75310-3" => section("2.58", loinc, &act("act", "ACT", "132", "active", &observed(""))),
        _ => section("2.5.1", loinc, &act("act", "ACT", "3", "active", &observed(""))),
    }
}

fn immunization(status: &str, negated: &str, inner: &str) -> String {
    format!(
        "<substanceAdministration classCode=\"SBADM\" moodCode=\"EVN\" {negated}><templateId root=\"{TEMPLATE}.4.52\"/><id root=\"2.25.91\" extension=\"i\"/>{}<effectiveTime value=\"20231001\"/>{}<consumable><manufacturedProduct><templateId root=\"{TEMPLATE}.4.54\"/><manufacturedMaterial><code code=\"150\" codeSystem=\"2.16.840.1.113883.12.292\"/></manufacturedMaterial></manufacturedProduct></consumable>{}</substanceAdministration>",
        state(status),
        if inner.starts_with("<approach") { inner } else { "" },
        if inner.starts_with("<approach") { "" } else { inner },
    )
}

fn medication(mood: &str, status: &str) -> String {
    section(
        "2.1.1",
        "10160-0",
        &format!(
            "<substanceAdministration classCode=\"SBADM\" moodCode=\"{mood}\"><templateId root=\"{TEMPLATE}.4.16\"/><id root=\"2.25.91\" extension=\"m\"/>{}<effectiveTime xsi:type=\"IVL_TS\"><low value=\"20200101\"/></effectiveTime><consumable><manufacturedProduct><templateId root=\"{TEMPLATE}.4.23\"/><manufacturedMaterial><code code=\"197319\" codeSystem=\"2.16.840.1.113883.6.88\"/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>",
            state(status)
        ),
    )
}

fn result(report: &str, status: &str, value: &str) -> String {
    let code = "<code code=\"718-7\" codeSystem=\"2.16.840.1.113883.6.1\"/>";
    let observation =
        act("observation", "OBS", "2", status, &format!("{code}<effectiveTime value=\"20240131\"/>{value}"));
    section(
        "2.3.1",
        "30954-2",
        &act("organizer", "BATTERY", "1", report, &format!("{code}<component>{observation}</component>")),
    )
}
