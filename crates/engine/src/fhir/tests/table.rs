//! Every search parameter of every type: finds what says it, and nothing else.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Ada, KINDS};

/// Types, parameter, what the one resource to be found says, a value that finds it, one that does not.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

const WITH_SUBJECT: &str = "Condition MedicationRequest MedicationDispense MedicationStatement MedicationAdministration \
    Observation DiagnosticReport Encounter Procedure ServiceRequest DocumentReference Composition \
    CarePlan CareTeam Goal QuestionnaireResponse Specimen Media ImagingStudy Communication DeviceRequest \
    DeviceUseStatement ClinicalImpression RiskAssessment Flag List";
const WITH_PATIENT: &str = "AllergyIntolerance Immunization Device FamilyMemberHistory RelatedPerson NutritionOrder Consent \
    EpisodeOfCare ExplanationOfBenefit Claim";
const WITH_IDENTIFIER: &str = "Patient AllergyIntolerance Condition MedicationRequest MedicationDispense MedicationStatement \
    MedicationAdministration Medication Immunization Observation DiagnosticReport Encounter Procedure \
    ServiceRequest DocumentReference CarePlan CareTeam Goal Coverage Device FamilyMemberHistory \
    RelatedPerson Specimen Media ImagingStudy NutritionOrder Appointment Communication DeviceRequest \
    DeviceUseStatement Consent EpisodeOfCare ExplanationOfBenefit Claim ClinicalImpression \
    RiskAssessment Flag List Practitioner PractitionerRole Organization Location";
const WITH_ONE_IDENTIFIER: &str = "Composition QuestionnaireResponse";
const WITH_STATUS: &str = "MedicationRequest MedicationDispense MedicationStatement MedicationAdministration Medication \
    Immunization Observation DiagnosticReport Encounter Procedure ServiceRequest DocumentReference \
    Composition CarePlan CareTeam Coverage Device FamilyMemberHistory QuestionnaireResponse Specimen \
    Media ImagingStudy NutritionOrder Appointment Communication DeviceRequest Consent EpisodeOfCare \
    ExplanationOfBenefit Claim ClinicalImpression List Location";
const WITH_ENCOUNTER: &str = "Condition MedicationRequest Observation DiagnosticReport Procedure ServiceRequest Composition \
    CarePlan QuestionnaireResponse Media ImagingStudy NutritionOrder Communication DeviceRequest \
    ClinicalImpression RiskAssessment Flag List";
const WITH_CODE: &str =
    "AllergyIntolerance Condition Medication Observation DiagnosticReport Procedure ServiceRequest List";
const WITH_CATEGORIES: &str = "Condition Observation DiagnosticReport ServiceRequest DocumentReference Composition CarePlan \
    CareTeam Goal Communication Consent";
const WITH_TYPE: &str =
    "MedicationDispense DocumentReference Composition Coverage Device Specimen Media ExplanationOfBenefit";
const WITH_TYPES: &str = "Encounter EpisodeOfCare Organization Location";
const WITH_MEDICATION: &str = "MedicationRequest MedicationDispense MedicationStatement MedicationAdministration";
const WITH_ADDRESS: &str = "Organization Location";
const WITH_HUMAN_NAME: &str = "Patient Practitioner RelatedPerson";
const WITH_FAMILY: &str = "Patient Practitioner";
const WITH_GENDER: &str = "Patient RelatedPerson";

#[rustfmt::skip]
const TABLE: &[Row] = &[
    (WITH_SUBJECT, "patient", r#"{"subject":{"reference":"Patient/one"}}"#, "one", "two"),
    (WITH_SUBJECT, "patient", r#"{"subject":{"reference":"https://ehr.example/r4/Patient/far"}}"#, "Patient/far", "Patient/near"),
    (WITH_SUBJECT, "subject", r#"{"subject":{"reference":"Group/three"}}"#, "Group/three", "Patient/three"),
    ("RelatedPerson", "patient", r#"{"patient":{"reference":"Patient/kin/_history/2"}}"#, "Patient/kin", "kin2"),
    (WITH_PATIENT, "patient", r#"{"patient":{"reference":"Patient/one"}}"#, "https://health.example/fhir/R4/Patient/one", "https://ehr.example/Patient/one"),
    ("Coverage", "patient", r#"{"beneficiary":{"reference":"Patient/one"}}"#, "one", "two"),
    ("Coverage", "beneficiary", r#"{"beneficiary":{"reference":"Patient/three"}}"#, "three", "four"),
    (WITH_IDENTIFIER, "identifier", r#"{"identifier":[{"system":"urn:mrn","value":"7"},{"value":"bare"}]}"#, "urn:mrn|7", "|7"),
    (WITH_IDENTIFIER, "identifier", r#"{"identifier":[{"value":"lonely"}]}"#, "|lonely", "urn:mrn|lonely"),
    (WITH_ONE_IDENTIFIER, "identifier", r#"{"identifier":{"system":"urn:mrn","value":"7"}}"#, "urn:mrn|", "urn:other|"),
    (WITH_STATUS, "status", r#"{"status":"here"}"#, "there,here", "Here"),
    (WITH_ENCOUNTER, "encounter", r#"{"encounter":{"reference":"Encounter/e1"}}"#, "Encounter/e1", "Encounter/e2"),
    ("DocumentReference", "encounter", r#"{"context":{"encounter":[{"reference":"Encounter/e0"},{"reference":"Encounter/e1"}]}}"#, "e1", "e2"),
    (WITH_CODE, "code", r#"{"code":{"coding":[{"system":"urn:a","code":"1"},{"system":"urn:b","code":"2"}]}}"#, "urn:b|2", "urn:b|1"),
    ("AllergyIntolerance", "code", r#"{"reaction":[{"substance":{"coding":[{"code":"nuts"}]}}]}"#, "nuts", "eggs"),
    ("FamilyMemberHistory", "code", r#"{"condition":[{"code":{"coding":[{"code":"gout"}]}}]}"#, "gout", "flu"),
    (WITH_MEDICATION, "code", r#"{"medicationCodeableConcept":{"coding":[{"system":"urn:rx","code":"5"}]}}"#, "5", "6"),
    (WITH_MEDICATION, "medication", r#"{"medicationReference":{"reference":"Medication/m"}}"#, "Medication/m", "Medication/n"),
    (WITH_CATEGORIES, "category", r#"{"category":[{"coding":[{"code":"x"}]},{"coding":[{"system":"urn:c","code":"laboratory"}]}]}"#, "urn:c|laboratory", "vital-signs"),
    ("MedicationStatement Procedure", "category", r#"{"category":{"coding":[{"system":"urn:c","code":"own"}]}}"#, "own", "other"),
    ("AllergyIntolerance", "category", r#"{"category":["food","medication"]}"#, "medication", "biologic"),
    (WITH_TYPE, "type", r#"{"type":{"coding":[{"system":"urn:t","code":"34133-9"}]}}"#, "urn:t|34133-9", "34133"),
    (WITH_TYPES, "type", r#"{"type":[{"coding":[{"system":"urn:t","code":"office"}]}]}"#, "office", "home"),
    ("Encounter", "class", r#"{"class":{"system":"urn:act","code":"AMB"}}"#, "urn:act|AMB", "IMP"),
    ("Encounter", "date", r#"{"period":{"start":"2024-03-05T10:00:00Z","end":"2024-03-07"}}"#, "2024-03", "lt2024-03-05"),
    ("Encounter", "location", r#"{"location":[{"location":{"reference":"Location/l"}}]}"#, "Location/l", "Location/k"),
    ("Encounter", "discharge-disposition", r#"{"hospitalization":{"dischargeDisposition":{"coding":[{"code":"home"}]}}}"#, "home", "exp"),
    ("AllergyIntolerance Condition", "clinical-status", r#"{"clinicalStatus":{"coding":[{"system":"urn:s","code":"active"}]}}"#, "active", "resolved"),
    ("AllergyIntolerance Condition", "verification-status", r#"{"verificationStatus":{"coding":[{"system":"urn:v","code":"confirmed"}]}}"#, "urn:v|confirmed", "refuted"),
    ("AllergyIntolerance", "date", r#"{"recordedDate":"2019-04-01"}"#, "2019", "2020"),
    ("Condition", "onset-date", r#"{"onsetPeriod":{"start":"2011-01-02"}}"#, "ge2012", "eb2011"),
    ("Condition", "onset-date", r#"{"onsetDateTime":"2001-05"}"#, "2001", "sa2001-05"),
    ("Condition", "abatement-date", r#"{"abatementDateTime":"2013-01-02"}"#, "le2013-01-02", "lt2013-01-02"),
    ("Condition", "recorded-date", r#"{"recordedDate":"2014-01-02T03:04:05+02:00"}"#, "2014-01-02T01:04:05Z", "2014-01-02T03:04:05Z"),
    ("Condition", "asserted-date", r#"{"extension":[{"url":"urn:x/other","valueDateTime":"2016"},{"url":"http://hl7.org/fhir/StructureDefinition/condition-assertedDate","valueDateTime":"2015-06-07"}]}"#, "2015-06-07", "2016"),
    ("MedicationRequest ServiceRequest CarePlan DeviceRequest", "intent", r#"{"intent":"order"}"#, "order", "plan"),
    ("MedicationRequest", "authoredon", r#"{"authoredOn":"2020-02-03"}"#, "gt2020-02-02", "gt2020-02-03"),
    ("MedicationRequest", "requester", r#"{"requester":{"reference":"Practitioner/d"}}"#, "d", "e"),
    ("MedicationDispense", "whenhandedover", r#"{"whenHandedOver":"2020-02-03"}"#, "2020", "2021"),
    ("MedicationDispense", "prescription", r#"{"authorizingPrescription":[{"reference":"MedicationRequest/r"}]}"#, "r", "s"),
    ("MedicationStatement", "effective", r#"{"effectivePeriod":{"start":"2018","end":"2019"}}"#, "ge2018", "2018"),
    ("MedicationAdministration", "effective-time", r#"{"effectiveDateTime":"2018-03-04"}"#, "2018", "2019"),
    ("Immunization", "vaccine-code", r#"{"vaccineCode":{"coding":[{"system":"urn:cvx","code":"140"}]}}"#, "urn:cvx|140", "urn:ndc|140"),
    ("Immunization", "date", r#"{"occurrenceDateTime":"2017-10-01"}"#, "2017-10", "2017-11"),
    ("Observation", "date", r#"{"effectiveDateTime":"2021-05-06T07:08:09Z"}"#, "2021-05-06", "ne2021"),
    ("Observation", "date", r#"{"effectiveInstant":"1999-05-06T07:08:09.100Z"}"#, "1999", "1998"),
    ("Observation", "date", r#"{"effectiveTiming":{"event":["1997-01-01"]}}"#, "1997", "1996"),
    ("Observation", "has-member", r#"{"hasMember":[{"reference":"Observation/part"}]}"#, "Observation/part", "Observation/whole"),
    ("DiagnosticReport", "date", r#"{"effectiveDateTime":"2021-05-06"}"#, "2021-05-06", "2021-05-07"),
    ("DiagnosticReport", "issued", r#"{"issued":"2021-05-08T00:00:00Z"}"#, "2021-05-08", "2021-05-09"),
    ("DiagnosticReport", "result", r#"{"result":[{"reference":"Observation/r"}]}"#, "r", "s"),
    ("Procedure", "date", r#"{"performedPeriod":{"start":"2016-01-01T08:00:00Z","end":"2016-01-01T09:00:00Z"}}"#, "2016-01-01", "2016-01-02"),
    ("ServiceRequest", "authored", r#"{"authoredOn":"2020-02-03"}"#, "2020-02", "2020-03"),
    ("DocumentReference", "date", r#"{"date":"2022-01-02T03:04:05.678Z"}"#, "2022-01-02T03:04:05.678Z", "2022-01-02T03:04:05.679Z"),
    ("DocumentReference", "period", r#"{"context":{"period":{"start":"2022-02-01","end":"2022-02-02"}}}"#, "2022-02", "2022-03"),
    ("Composition List FamilyMemberHistory ClinicalImpression", "date", r#"{"date":"2022-01-02"}"#, "2022-01-02", "2022-01-03"),
    ("Composition", "title", r#"{"title":"Überweisung"}"#, "uber", "ber"),
    ("CarePlan CareTeam EpisodeOfCare Flag", "date", r#"{"period":{"start":"2022-01-02","end":"2022-03-01"}}"#, "ap2022", "eb2022-01-02"),
    ("CareTeam", "role", r#"{"participant":[{"role":[{"coding":[{"code":"nurse"}]}]}]}"#, "nurse", "surgeon"),
    ("CareTeam", "participant", r#"{"participant":[{"member":{"reference":"Practitioner/d"}}]}"#, "Practitioner/d", "Patient/d"),
    ("Goal", "lifecycle-status", r#"{"lifecycleStatus":"active"}"#, "active", "completed"),
    ("Goal", "achievement-status", r#"{"achievementStatus":{"coding":[{"code":"improving"}]}}"#, "improving", "worsening"),
    ("Goal", "description", r#"{"description":{"coding":[{"system":"urn:g","code":"walk"}],"text":"Walk"}}"#, "urn:g|walk", "Walk"),
    ("Goal", "target-date", r#"{"target":[{"dueDate":"2027-01-01"}]}"#, "2027", "2026"),
    ("Goal", "start-date", r#"{"startDate":"2025-01-01"}"#, "2025", "2026"),
    ("FamilyMemberHistory", "relationship", r#"{"relationship":{"coding":[{"code":"MTH"}]}}"#, "MTH", "FTH"),
    ("RelatedPerson", "relationship", r#"{"relationship":[{"coding":[{"code":"WIFE"}]}]}"#, "WIFE", "MTH"),
    ("QuestionnaireResponse", "authored", r#"{"authored":"2023-02-03T04:05:06Z"}"#, "2023-02-03T04:05Z", "2023-02-03T04:06Z"),
    ("QuestionnaireResponse", "questionnaire", r#"{"questionnaire":"http://forms.example/q|2"}"#, "http://forms.example/q", "http://forms.example/r"),
    ("Specimen", "collected", r#"{"collection":{"collectedDateTime":"2023-02-03"}}"#, "2023", "2024"),
    ("Media", "created", r#"{"createdDateTime":"2023-02-03"}"#, "2023", "2024"),
    ("ImagingStudy", "started", r#"{"started":"2023-02-03T04:05:06Z"}"#, "2023", "2024"),
    ("NutritionOrder", "datetime", r#"{"dateTime":"2023-02-03"}"#, "2023", "2024"),
    ("Appointment", "date", r#"{"start":"2023-02-03T04:05:06Z"}"#, "2023", "2024"),
    ("Communication", "sent", r#"{"sent":"2023-02-03T04:05:06Z"}"#, "2023", "2024"),
    ("DeviceRequest", "authored-on", r#"{"authoredOn":"2023-02-03"}"#, "2023", "2024"),
    ("DeviceUseStatement", "device", r#"{"device":{"reference":"Device/d"}}"#, "Device/d", "Device/e"),
    ("Consent", "date", r#"{"dateTime":"2023-02-03"}"#, "2023", "2024"),
    ("ExplanationOfBenefit Claim", "created", r#"{"created":"2023-02-03"}"#, "2023", "2024"),
    ("ExplanationOfBenefit", "service-date", r#"{"billablePeriod":{"start":"2023-02-03","end":"2023-02-04"}}"#, "2023", "2024"),
    ("RiskAssessment", "date", r#"{"occurrenceDateTime":"2023-02-03"}"#, "2023", "2024"),
    ("Provenance", "target", r#"{"target":[{"reference":"Condition/c"},{"reference":"Goal/g"}]}"#, "Goal/g", "Condition/g"),
    ("Provenance", "recorded", r#"{"recorded":"2023-02-03T04:05:06Z"}"#, "2023", "2024"),
    ("Provenance", "agent", r#"{"agent":[{"who":{"reference":"Organization/o"}}]}"#, "Organization/o", "Practitioner/o"),
    (WITH_HUMAN_NAME, "name", r#"{"name":[{"text":"Dr. Zoë Ångström"},{"family":"O'Neil","given":["Mary","Ann"]}]}"#, "ANN", "Anna"),
    (WITH_FAMILY, "family", r#"{"name":[{"family":"Čapek","given":["Jo"]}]}"#, "cap", "jo"),
    (WITH_FAMILY, "given", r#"{"name":[{"family":"Quinn","given":["Bea","Zelda"]}]}"#, "zel", "quinn"),
    (WITH_GENDER, "birthdate", r#"{"birthDate":"1980-02-29"}"#, "1980-02-29", "1980-02-28"),
    (WITH_GENDER, "gender", r#"{"gender":"other"}"#, "other", "female"),
    ("Patient", "death-date", r#"{"deceasedDateTime":"2020-01-01"}"#, "2020", "2021"),
    ("Patient", "address", r#"{"address":[{"line":["9 Elm Row"],"country":"NZ"}]}"#, "9 elm", "elm"),
    ("Patient", "address-city", r#"{"address":[{"city":"Bath"}]}"#, "bat", "wells"),
    ("Patient", "address-state", r#"{"address":[{"state":"QX"}]}"#, "QX", "OR"),
    ("Patient", "address-postalcode", r#"{"address":[{"postalCode":"88888"}]}"#, "888", "9"),
    (WITH_ADDRESS, "name", r#"{"name":"North Wing","alias":["The Annex"]}"#, "the annex", "wing"),
    ("Practitioner", "name", r#"{"name":[{"prefix":["Prof."],"family":"Hua"}]}"#, "prof", "dr"),
    ("Organization", "address", r#"{"address":[{"line":["9 Elm Row"]}]}"#, "9 ELM", "8"),
    ("Organization", "address-city", r#"{"address":[{"city":"Bath"}]}"#, "bat", "wells"),
    ("Organization", "address-state", r#"{"address":[{"state":"QX"}]}"#, "qx", "OR"),
    ("Organization", "address-postalcode", r#"{"address":[{"postalCode":"88888"}]}"#, "888", "9"),
    ("Location", "address", r#"{"address":{"text":"9 Elm Row"}}"#, "9", "elm"),
    ("Location", "address-city", r#"{"address":{"city":"Bath"}}"#, "bat", "wells"),
    ("Location", "address-state", r#"{"address":{"state":"QX"}}"#, "qx", "OR"),
    ("Location", "address-postalcode", r#"{"address":{"postalCode":"88888"}}"#, "888", "9"),
    ("PractitionerRole", "specialty", r#"{"specialty":[{"coding":[{"system":"urn:nucc","code":"207Q"}]}]}"#, "urn:nucc|207Q", "207R"),
    ("PractitionerRole", "role", r#"{"code":[{"coding":[{"code":"doctor"}]}]}"#, "doctor", "nurse"),
    ("PractitionerRole", "practitioner", r#"{"practitioner":{"reference":"Practitioner/d"}}"#, "d", "e"),
    ("PractitionerRole", "organization", r#"{"organization":{"reference":"Organization/o"}}"#, "o", "p"),
    ("PractitionerRole", "location", r#"{"location":[{"reference":"Location/l"}]}"#, "l", "m"),
    ("PractitionerRole", "endpoint", r#"{"endpoint":[{"reference":"Endpoint/x"}]}"#, "x", "y"),
];

#[tokio::test]
async fn every_parameter_finds_what_says_it_and_nothing_else() {
    let ada = Ada::arrives().await;
    let riverbend = ada.house.connect(ada.human_id, 7, "Riverbend Clinic").await;
    let mut bodies = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.searchable()) {
        bodies.push(json!({ "resourceType": kind.name, "id": "bare" }).to_string());
    }
    for (at, (kinds, _, says, ..)) in TABLE.iter().enumerate() {
        for kind in kinds.split(' ') {
            let mut body: Map<String, Value> = serde_json::from_str(says).unwrap();
            body.insert("resourceType".to_owned(), json!(kind));
            body.insert("id".to_owned(), json!(format!("r{at}")));
            bodies.push(Value::Object(body).to_string());
        }
    }
    ada.brings(riverbend, &bodies.iter().map(String::as_str).collect::<Vec<_>>()).await;

    let mut wrong = Vec::new();
    for (at, (kinds, param, _, hit, miss)) in TABLE.iter().enumerate() {
        for kind in kinds.split(' ') {
            let found = ada.finds(kind, &[(param, hit)]).await;
            if found != [format!("r{at}")] {
                wrong.push(format!("{kind}?{param}={hit}: {found:?} and not r{at}"));
            }
            let found = ada.finds(kind, &[(param, miss)]).await;
            if found.contains(&format!("r{at}")) {
                wrong.push(format!("{kind}?{param}={miss}: found"));
            }
            let missing = format!("{param}:missing");
            let without = ada.finds(kind, &[(&missing, "true"), ("_count", "500")]).await;
            let with = ada.finds(kind, &[(&missing, "false"), ("_count", "500")]).await;
            let one = format!("r{at}");
            // A plan without an intent is none of R4's: it is read as one of before.
            let bare = kind == "CarePlan" || without.contains(&"bare".to_owned());
            if without.contains(&one) || !with.contains(&one) || !bare {
                wrong.push(format!("{kind}?{missing}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let tested: BTreeSet<(&str, &str)> =
        TABLE.iter().flat_map(|(kinds, param, ..)| kinds.split(' ').map(|kind| (kind, *param))).collect();
    let declared: BTreeSet<(&str, &str)> =
        KINDS.iter().flat_map(|kind| kind.params.iter().map(|param| (kind.name, param.name))).collect();
    assert_eq!(tested, declared, "every parameter is tested, and nothing that is not there");
}

#[tokio::test]
async fn values_are_joined_negated_escaped_and_followed() {
    let ada = Ada::arrives().await;
    let riverbend = ada.house.connect(ada.human_id, 7, "Riverbend Clinic").await;
    let observation = |id: &str, code: &str, date: &str| {
        json!({ "resourceType": "Observation", "id": id, "status": "final", "effectiveDateTime": date,
            "code": { "coding": [{ "system": "urn:a", "code": code }] } })
        .to_string()
    };
    let all = [
        observation("a", "1", "2024-01-01"),
        observation("b", "2", "2024-02-01"),
        observation("c", "a,b|c", "2024-03-01"),
        r#"{"resourceType":"Practitioner","id":"d","name":[{"family":"Hua"}],"identifier":[{"system":"urn:npi","value":"9"}]}"#.to_owned(),
        r#"{"resourceType":"Practitioner","id":"e","name":[{"family":"Ortiz"}]}"#.to_owned(),
        r#"{"resourceType":"PractitionerRole","id":"f","practitioner":{"reference":"Practitioner/d"}}"#.to_owned(),
        r#"{"resourceType":"PractitionerRole","id":"g","practitioner":{"reference":"Practitioner/e"}}"#.to_owned(),
    ];
    ada.brings(riverbend, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);
    let cases: [Case; 22] = [
        ("Observation", &[("code", "1,2")], &["a", "b"]),
        ("Observation", &[("code", "1"), ("code", "2")], &[]),
        ("Observation", &[("date", "ge2024-01-15"), ("date", "lt2024-03")], &["b"]),
        ("Observation", &[("date", "2024-01,2024-03")], &["a", "c"]),
        ("Observation", &[("code:not", "1")], &["b", "c"]),
        ("Observation", &[("code:not", "1,urn:a|2")], &["c"]),
        ("Observation", &[("code", r"urn:a|a\,b\|c")], &["c"]),
        ("Observation", &[("code", "a,b|c")], &[]),
        ("Observation", &[("status", "http://hl7.org/fhir/observation-status|final"), ("code", "2")], &["b"]),
        ("Observation", &[("_sort", "-date")], &["c", "b", "a"]),
        ("Observation", &[("_sort", "date"), ("_count", "2")], &["a", "b"]),
        ("Observation", &[("_id", "c,a,zz")], &["a", "c"]),
        ("Observation", &[("_lastUpdated", "2026-01-31")], &["a", "b", "c"]),
        ("Observation", &[("_lastUpdated", "gt2026-01-31T09:30:00.000Z")], &[]),
        ("Practitioner", &[("family:exact", "Hua")], &["d"]),
        ("Practitioner", &[("family:exact", "hua")], &[]),
        ("Practitioner", &[("name:contains", "RTI")], &["e"]),
        ("PractitionerRole", &[("practitioner.name", "hua")], &["f"]),
        ("PractitionerRole", &[("practitioner:Practitioner.identifier", "urn:npi|9")], &["f"]),
        ("PractitionerRole", &[("practitioner.identifier", "urn:npi|8")], &[]),
        ("PractitionerRole", &[("practitioner:Practitioner", "e")], &["g"]),
        ("PractitionerRole", &[("practitioner.name", "o"), ("_include", "PractitionerRole:practitioner")], &["g", "e"]),
    ];
    for (kind, query, expected) in cases {
        let mut found = ada.finds(kind, query).await;
        // What came together has no order of its own.
        if query.iter().all(|(name, _)| !matches!(*name, "_sort" | "_include")) {
            found.sort();
        }
        assert_eq!(found, expected, "{kind} {query:?}");
    }
}
