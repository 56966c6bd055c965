use sandbox::hospitals::Speaks;
use serde_json::{Value, json};

use crate::app::{App, DEMO};

#[tokio::test]
async fn every_hospital_says_where_things_are() {
    let app = App::start().await;
    for hospital in sandbox::hospitals::HOSPITALS.iter().filter(|hospital| hospital.speaks == Speaks::R4) {
        let answer = app.get(&format!("/{}/fhir/r4/.well-known/smart-configuration", hospital.slug)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let found = answer.json();
        assert_eq!(found["issuer"], format!("{}/{}", app.base, hospital.slug));
        assert_eq!(found["code_challenge_methods_supported"], json!(["S256"]));
        for name in [
            "authorization_endpoint",
            "token_endpoint",
            "revocation_endpoint",
            "introspection_endpoint",
            "jwks_uri",
            "user_access_brand_bundle",
        ] {
            assert!(found[name].as_str().expect("an address").starts_with(&app.base), "{name}");
        }
        let has = |capability: &str| found["capabilities"].as_array().expect("a list").contains(&json!(capability));
        assert!(has("launch-standalone") && has("context-standalone-patient") && has("permission-patient"));
        assert_eq!(has("permission-v2"), hospital.slug != "cedar-mesa");
    }
}

#[tokio::test]
async fn metadata_names_resources_searches_and_the_old_addresses() {
    let app = App::start().await;
    let found = app.get(&format!("/{DEMO}/fhir/r4/metadata")).await.json();
    assert_eq!((&found["resourceType"], &found["fhirVersion"]), (&json!("CapabilityStatement"), &json!("4.0.1")));
    let rest = &found["rest"][0];
    let oauth = rest["security"]["extension"][0]["extension"].as_array().expect("addresses");
    assert!(oauth.contains(&json!({"url": "token", "valueUri": format!("{}/{DEMO}/token", app.base)})));
    let observation = rest["resource"]
        .as_array()
        .expect("types")
        .iter()
        .find(|row| row["type"] == "Observation")
        .expect("observations");
    assert!(
        observation["searchParam"]
            .as_array()
            .expect("parameters")
            .contains(&json!({"name": "category", "type": "token"}))
    );
}

#[tokio::test]
async fn discovery_fails_as_ordered() {
    let app = App::start().await;
    let path = format!("/{DEMO}/fhir/r4/.well-known/smart-configuration");
    let ordered = async |habit: &str| app.order(DEMO, json!({"fault": habit, "times": 1})).await;
    ordered("well_known_404").await;
    assert_eq!(app.get(&path).await.status, 404);
    ordered("relative_urls").await;
    assert_eq!(app.get(&path).await.json()["token_endpoint"], "../../token");
    ordered("missing_capability").await;
    let fewer: Value = app.get(&path).await.json();
    assert!(!fewer["capabilities"].as_array().expect("a list").contains(&json!("launch-standalone")));
    app.order(DEMO, json!({"fault": "well_known_at_root"})).await;
    assert_eq!(app.get(&path).await.status, 404);
    assert_eq!(app.get("/.well-known/smart-configuration").await.json()["issuer"], format!("{}/{DEMO}", app.base));
}
