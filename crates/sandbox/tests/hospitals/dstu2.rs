//! The hospital that speaks DSTU2 and nothing newer.

use serde_json::{Value, json};

use crate::app::{Answer, App};

const OLD: &str = "tidewater";
const BASE: &str = "/tidewater/fhir/dstu2";

async fn get(app: &App, path: &str, accept: &str, token: Option<&str>) -> Answer {
    let mut request = app.http.get(format!("{}{path}", app.base)).header("accept", accept);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.send(request).await
}

/// A token for the first person, and what it was granted.
async fn token(app: &App, scope: &str, keep: impl Fn(&str) -> bool) -> Value {
    let back = app.code(OLD, "secret", scope, keep).await;
    let code = back.redirected("code").expect("a code");
    app.redeem(OLD, "secret", &code).await.json()
}

#[tokio::test]
async fn only_its_conformance_tells_where_to_log_in() {
    let app = App::start().await;
    for newer in ["/tidewater/fhir/r4/metadata", "/riverbend/fhir/dstu2/metadata"] {
        assert_eq!(app.get(newer).await.status, 404, "{newer}");
    }
    assert_eq!(app.get(&format!("{BASE}/.well-known/smart-configuration")).await.status, 404);
    let path = format!("{BASE}/metadata");
    assert_eq!(get(&app, &path, "application/fhir+json", None).await.status, 406);
    let found = get(&app, &path, "application/fhir+json, application/json+fhir;q=0.9", None).await;
    assert_eq!(found.header("content-type"), "application/json+fhir; charset=utf-8");
    let found = found.json();
    assert_eq!((&found["resourceType"], &found["fhirVersion"]), (&json!("Conformance"), &json!("1.0.2")));
    let oauth = found["rest"][0]["security"]["extension"][0]["extension"].as_array().expect("addresses");
    assert!(oauth.contains(&json!({"url": "authorize", "valueUri": format!("{}/{OLD}/authorize", app.base)})));
    let types: Vec<&str> =
        found["rest"][0]["resource"].as_array().expect("types").iter().filter_map(|one| one["type"].as_str()).collect();
    assert!(types.contains(&"MedicationOrder") && types.contains(&"DiagnosticOrder"));
    assert!(!types.contains(&"MedicationRequest") && !types.contains(&"CareTeam") && !types.contains(&"Provenance"));
}

#[tokio::test]
async fn it_answers_in_its_own_words_only() {
    let app = App::start().await;
    let granted = token(&app, "openid launch/patient patient/*.read", |_| true).await;
    let (token, patient) = (granted["access_token"].as_str().expect("a token"), &granted["patient"]);
    let patient = patient.as_str().expect("a patient");
    let ask = |path: String| {
        let app = &app;
        async move { get(app, &format!("{BASE}/{path}"), "application/json+fhir", Some(token)).await }
    };
    for (path, status) in [
        (format!("Patient/{patient}"), 200),
        (format!("MedicationOrder?patient={patient}&_include=MedicationOrder:medication"), 200),
        (format!("MedicationRequest?patient={patient}&intent=order"), 404),
        (format!("MedicationOrder?patient={patient}&intent=order"), 400),
        (format!("Condition?patient={patient}&_revinclude=Provenance:target"), 400),
        (format!("Condition?patient={patient}&colour=red"), 400),
        (format!("CareTeam?patient={patient}"), 404),
        (format!("Observation?patient={patient}"), 400),
        (format!("Observation?patient={patient}&category=laboratory"), 200),
    ] {
        assert_eq!(ask(path.clone()).await.status, status, "{path}");
    }
    let person = ask(format!("Patient/{patient}")).await.json();
    assert!(person["name"][0]["family"].is_array());
    let labs = ask(format!("Observation?patient={patient}&category=laboratory&_count=2")).await.json();
    let first = &labs["entry"][0];
    assert!(first["fullUrl"].as_str().expect("an address").starts_with(&format!("{}{BASE}/Observation/", app.base)));
    assert_eq!(first["resource"]["category"]["coding"][0]["system"], "http://hl7.org/fhir/observation-category");
    let orders = ask(format!("MedicationOrder?patient={patient}")).await.json();
    for entry in orders["entry"].as_array().expect("orders") {
        let order = &entry["resource"];
        assert_eq!(order["resourceType"], "MedicationOrder");
        assert!(
            order["patient"].is_object() && order["dateWritten"].is_string() && order["intent"].is_null(),
            "{order}"
        );
    }
}

#[tokio::test]
async fn what_is_granted_is_named_as_it_is_known_here() {
    let app = App::start().await;
    let asked = "launch/patient patient/MedicationOrder.read patient/Condition.read";
    let granted = token(&app, asked, |_| true).await;
    assert_eq!(granted["scope"], asked);
    let granted = token(&app, "launch/patient patient/*.read", |scope| scope.contains("Medication")).await;
    let scope = granted["scope"].as_str().expect("scopes");
    assert!(scope.contains("patient/MedicationOrder.read") && !scope.contains("MedicationRequest"), "{scope}");
}
