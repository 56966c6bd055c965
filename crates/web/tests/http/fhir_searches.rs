//! FHIR out: searches over real records, as US Core asks for them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fhir::{Reader, next_of, of_mode};
use crate::town::Town;
use crate::wire::Ask;

/// What the US Core 6.1 profiles require or recommend: combinations of parameters, separated by blanks.
const REQUIRED: &[(&str, &[&str])] = &[
    ("AllergyIntolerance", &["patient", "patient clinical-status"]),
    (
        "CarePlan",
        &["patient category", "patient category status", "patient category status date", "patient category date"],
    ),
    ("CareTeam", &["patient status", "role", "patient role"]),
    (
        "Condition",
        &[
            "patient category",
            "patient",
            "patient recorded-date",
            "patient asserted-date",
            "patient category clinical-status",
            "patient onset-date",
            "patient abatement-date",
            "patient clinical-status",
            "patient category encounter",
            "patient code",
        ],
    ),
    ("Coverage", &["patient"]),
    ("Device", &["patient", "patient type", "patient status"]),
    (
        "DiagnosticReport",
        &[
            "patient category",
            "patient",
            "patient code date",
            "patient status",
            "patient category date",
            "patient code",
        ],
    ),
    (
        "DocumentReference",
        &[
            "patient",
            "_id",
            "patient type",
            "patient status",
            "patient type period",
            "patient category date",
            "patient category",
        ],
    ),
    (
        "Encounter",
        &[
            "patient",
            "_id",
            "identifier",
            "patient type",
            "class patient",
            "patient status",
            "date patient",
            "patient location",
            "patient discharge-disposition",
        ],
    ),
    ("Goal", &["patient", "patient target-date", "patient description", "patient lifecycle-status"]),
    ("Immunization", &["patient", "patient date", "patient status"]),
    ("Location", &["name", "address", "address-city", "address-state", "address-postalcode"]),
    ("MedicationDispense", &["patient", "patient status type", "patient status"]),
    (
        "MedicationRequest",
        &["patient intent", "patient intent encounter", "patient intent status", "patient intent authoredon"],
    ),
    (
        "Observation",
        &["patient category", "patient code date", "patient category status", "patient category date", "patient code"],
    ),
    ("Organization", &["name", "address"]),
    (
        "Patient",
        &[
            "_id",
            "identifier",
            "name",
            "birthdate family",
            "family gender",
            "birthdate name",
            "gender name",
            "death-date family",
        ],
    ),
    ("Practitioner", &["_id", "name", "identifier"]),
    ("PractitionerRole", &["specialty", "practitioner"]),
    ("Procedure", &["patient", "patient code date", "patient status", "patient date"]),
    ("QuestionnaireResponse", &["patient", "_id", "patient questionnaire", "patient authored", "patient status"]),
    ("RelatedPerson", &["patient", "_id", "name", "patient name"]),
    (
        "ServiceRequest",
        &[
            "patient",
            "_id",
            "patient category authored",
            "patient status",
            "patient category",
            "patient code authored",
            "patient code",
        ],
    ),
    ("Specimen", &["patient", "_id"]),
];

/// Everything at a path through arrays.
fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for name in path.split('.') {
        let flat = found.into_iter().flat_map(|one| match one {
            Value::Array(items) => items.iter().collect(),
            one => vec![one],
        });
        found = flat.filter_map(|one| one.get(name)).collect();
    }
    let flat = found.into_iter().flat_map(|one| match one {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    });
    flat.collect()
}

/// What a resource says under a parameter, in the words of a query.
fn said(resource: &Value, param: &str) -> Vec<String> {
    let texts = |path: &str| at(resource, path).iter().filter_map(|one| one.as_str()).map(str::to_owned).collect();
    let pair = |one: &Value, code: &str| {
        Some(format!("{}|{}", one["system"].as_str().unwrap_or_default(), one[code].as_str()?))
    };
    let codes = |path: &str| at(resource, path).iter().filter_map(|one| pair(one, "code")).collect::<Vec<_>>();
    match param {
        "_id" => texts("id"),
        "patient" => ["subject.reference", "patient.reference", "beneficiary.reference"].map(texts).concat(),
        "encounter" => texts("encounter.reference"),
        "practitioner" => texts("practitioner.reference"),
        "location" => texts("location.location.reference"),
        "status" | "intent" | "gender" => texts(param),
        "lifecycle-status" => texts("lifecycleStatus"),
        "identifier" => at(resource, "identifier").iter().filter_map(|one| pair(one, "value")).collect(),
        "class" => codes("class"),
        "clinical-status" => codes("clinicalStatus.coding"),
        "role" => codes("participant.role.coding"),
        "discharge-disposition" => codes("hospitalization.dischargeDisposition.coding"),
        "category" | "code" | "type" | "specialty" | "description" => codes(&format!("{param}.coding")),
        "name" if resource["resourceType"] == "Location" || resource["resourceType"] == "Organization" => texts("name"),
        "name" | "family" => texts("name.family"),
        "address" | "address-city" => texts("address.city"),
        "address-state" => texts("address.state"),
        "address-postalcode" => texts("address.postalCode"),
        "questionnaire" => texts("questionnaire"),
        _ => Vec::new(),
    }
}

/// When, for a parameter that is a date.
fn dates(resource: &Value, param: &str) -> Vec<String> {
    let paths: &[&str] = match param {
        "birthdate" => &["birthDate"],
        "recorded-date" => &["recordedDate"],
        "onset-date" => &["onsetDateTime"],
        "abatement-date" => &["abatementDateTime"],
        "authoredon" | "authored" => &["authoredOn", "authored"],
        "target-date" => &["target.dueDate"],
        "period" => &["context.period.start"],
        "date" => &["effectiveDateTime", "performedDateTime", "occurrenceDateTime", "date", "period.start"],
        "death-date" => &["deceasedDateTime"],
        _ => &[],
    };
    let found = paths.iter().flat_map(|path| at(resource, path));
    found.filter_map(|one| one.as_str()).map(str::to_owned).collect()
}

fn ids(resources: &[Value]) -> BTreeSet<String> {
    resources.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Runs every required search; answers how many had something to find.
async fn searches_work(reader: &Reader<'_>) -> usize {
    let mut run = 0;
    for (kind, combinations) in REQUIRED {
        let all = reader.all(&format!("/{kind}?_count=500")).await;
        for combination in *combinations {
            let params: Vec<&str> = combination.split(' ').collect();
            let exact: Vec<&str> =
                params.iter().copied().filter(|param| all.iter().any(|one| !said(one, param).is_empty())).collect();
            let says_all =
                |one: &&Value| params.iter().all(|param| !said(one, param).is_empty() || !dates(one, param).is_empty());
            for sample in all.iter().filter(says_all).take(3) {
                let mut query = Vec::new();
                for param in &params {
                    match (said(sample, param).first(), dates(sample, param).first()) {
                        (Some(value), _) => query.push(format!("{param}={}", encoded(value))),
                        (_, Some(date)) => {
                            query.push(format!("{param}=ge{}", encoded(date)));
                            query.push(format!("{param}=le{}", encoded(date)));
                        }
                        _ => unreachable!("it says all"),
                    }
                }
                let target = format!("/{kind}?{}&_count=500", query.join("&"));
                let found = ids(&reader.all(&target).await);
                assert!(found.contains(sample["id"].as_str().expect("an id")), "{target}");
                let agrees = |one: &Value, param: &&&str| {
                    said(sample, param).first().is_none_or(|value| said(one, param).contains(value))
                };
                let agreeing = |one: &&Value| exact.iter().all(|param| agrees(one, &param));
                let on_time = |one: &&Value| {
                    params
                        .iter()
                        .all(|param| dates(sample, param).first().is_none_or(|date| dates(one, param).contains(date)))
                };
                let could: BTreeSet<String> = ids(&all.iter().filter(agreeing).cloned().collect::<Vec<_>>());
                let must = ids(&all.iter().filter(agreeing).filter(on_time).cloned().collect::<Vec<_>>());
                let by_name = params.iter().any(|param| ["name", "family", "address", "address-city"].contains(param));
                assert!(found.is_superset(&must), "{target}: {:?} are missing", must.difference(&found));
                // The beginning of a name is enough, so more may be found.
                assert!(by_name || found.is_subset(&could), "{target}: {:?} are wrong", found.difference(&could));
                run += 1;
            }
        }
    }
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn every_search_of_us_core_finds_what_it_should() {
    let town = Town::open().await.with_demo_user().await;
    let statement = town.get("/fhir/R4/metadata").await.json();
    for (kind, combinations) in REQUIRED {
        let resources = statement["rest"][0]["resource"].as_array().expect("resources");
        let declared = resources.iter().find(|one| one["type"] == *kind).expect("a type");
        for param in combinations.iter().flat_map(|combination| combination.split(' ')) {
            let names = declared["searchParam"].as_array().expect("parameters");
            assert!(names.iter().any(|one| one["name"] == param), "{kind}?{param}");
        }
    }
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let of_ada = searches_work(&Reader { town: &town, token: ada.access_token().await }).await;
    let of_demo = searches_work(&Reader { town: &town, token: "demo".to_owned() }).await;
    assert!(of_ada > 100 && of_demo > 60, "{of_ada} and {of_demo} searches had something to find");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_add_up_in_an_order_that_stays() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let reader = Reader { town: &town, token: ada.access_token().await };
    let all = reader.all("/Observation?_count=500").await;
    assert!(all.len() > 60, "{}", all.len());
    for order in ["", "&_sort=date", "&_sort=-date", "&_sort=-_lastUpdated"] {
        let mut whole = Vec::new();
        for count in [7, 50, 499] {
            let pages = reader.all(&format!("/Observation?_count={count}{order}")).await;
            assert_eq!(ids(&pages), ids(&all), "{count}{order}");
            assert_eq!(pages.len(), all.len(), "each comes once");
            assert!(whole.is_empty() || whole == pages, "{order}: the order is the same on pages of any size");
            whole = pages;
        }
    }
    let sorted = reader.all("/Observation?_sort=-date&_count=13").await;
    let days: Vec<&str> =
        sorted.iter().filter_map(|one| one["effectiveDateTime"].as_str()).map(|at| &at[..4]).collect();
    assert!(days.is_sorted_by(|one, next| one >= next), "{days:?}");

    let counted = reader.bundle("/Observation?_summary=count").await;
    assert_eq!((counted["total"].as_u64(), counted.get("entry")), (Some(all.len() as u64), None));
    assert_eq!(reader.bundle("/Observation?_count=0").await["total"], counted["total"]);
    assert_eq!(of_mode(&reader.bundle("/Observation").await, "match").len(), 50);
    assert_eq!(reader.bundle("/Observation?_total=none").await.get("total"), None);
    assert!(of_mode(&reader.bundle("/Observation?_count=99999999999999").await, "match").len() <= 500);

    let first = reader.bundle("/Observation?category=laboratory&_count=5").await;
    let next = next_of(&first, &town.origin).expect("more");
    // Posting is asking.
    let posted = Ask::new("POST", "/fhir/R4/Observation/_search").form(&[("category", "laboratory"), ("_count", "5")]);
    assert_eq!(reader.ask(posted).await.json()["entry"], first["entry"]);
    let again = (reader.bundle(&next).await, reader.bundle(&next).await);
    assert_eq!(again.0, again.1, "a link may be followed again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_referred_to_comes_along() {
    let town = Town::open().await.with_demo_user().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let reader = Reader { town: &town, token: ada.access_token().await };
    let mut provenances = 0;
    for kind in ["Condition", "Observation", "Patient", "MedicationRequest", "Encounter"] {
        let bundle = reader.bundle(&format!("/{kind}?_revinclude=Provenance:target&_count=500")).await;
        let here = ids(&of_mode(&bundle, "match"));
        for one in of_mode(&bundle, "include") {
            assert_eq!(one["resourceType"], "Provenance");
            let targets = at(&one, "target.reference").into_iter().filter_map(Value::as_str);
            assert!(targets.filter_map(|target| target.rsplit('/').next()).any(|id| here.contains(id)), "{one}");
            provenances += 1;
        }
    }
    assert!(provenances > 0);
    let all = reader.all("/MedicationRequest?_count=500").await;
    let wanted: BTreeSet<&str> =
        all.iter().flat_map(|one| at(one, "medicationReference.reference")).filter_map(Value::as_str).collect();
    let wanted = wanted.into_iter().filter(|reference| !reference.starts_with('#'));
    let bundle = reader.bundle("/MedicationRequest?_include=MedicationRequest:medication&_count=500").await;
    let medications: BTreeSet<String> =
        ids(&of_mode(&bundle, "include")).into_iter().map(|id| format!("Medication/{id}")).collect();
    assert_eq!(medications, wanted.map(str::to_owned).collect(), "each once");
    let with_people = reader.bundle("/Condition?_include=Condition:subject&_include=Condition:encounter").await;
    let people = of_mode(&with_people, "include");
    let people: Vec<&Value> = people.iter().filter(|one| one["resourceType"] == "Patient").collect();
    let once: BTreeSet<&str> = people.iter().filter_map(|one| one["id"].as_str()).collect();
    // The hospital tells who she is; its summary speaks of the same.
    assert_eq!((people.len(), once.len()), (1, 1), "each once");

    let careful = reader.bundle("/Condition?colour=red&_include=Condition:nothing&_elements=code&_count=1").await;
    let outcome = of_mode(&careful, "outcome");
    assert_eq!(outcome[0]["issue"].as_array().map(Vec::len), Some(3), "{outcome:?}");
    assert_eq!(careful["link"][0]["url"], format!("{}/fhir/R4/Condition?_count=1", town.origin), "what was understood");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hospitals_with_the_same_ids_stay_apart() {
    let town = Town::open().await;
    let of_one = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let before = Reader { town: &town, token: of_one.access_token().await };
    let (first, observations) = (before.all("/Patient").await, before.all("/Observation?_count=500").await);
    town.later(60);
    let ada = of_one.connects(&town.hospital("Lakeside")).await;
    let reader = Reader { town: &town, token: ada.access_token().await };
    let patients = reader.all("/Patient").await;
    // Each hospital tells who she is, and its summary speaks of the same.
    assert_eq!((first.len(), patients.len()), (1, 2));
    assert!(first.iter().all(|patient| patients.contains(patient)), "who came first is as before");
    let all = reader.all("/Observation?_count=500").await;
    assert_eq!(ids(&all).len(), all.len(), "no id twice");
    let mut found = 0;
    for patient in &patients {
        let id = patient["id"].as_str().expect("an id");
        assert_eq!(reader.get(&format!("/Patient/{id}")).await.json(), *patient);
        let own = reader.all(&format!("/Observation?patient={id}&_count=500")).await;
        assert!(own.iter().all(|one| one["subject"]["reference"] == format!("Patient/{id}")));
        found += own.len();
    }
    assert_eq!(found, all.len(), "each is of one of them");
    assert_eq!(all[..observations.len()], observations, "as before");
    // Every reference within the record leads to something of the same hospital, or nowhere.
    let everything = reader.all("/Patient/$everything").await;
    let names: Vec<String> = everything
        .iter()
        .map(|one| format!("{}/{}", one["resourceType"].as_str().expect("a type"), one["id"].as_str().expect("an id")))
        .collect();
    let unique: BTreeSet<&String> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
}
