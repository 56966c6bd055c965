use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::{App, DEMO, EVERYTHING};

/// The ids of the matches of a page.
fn ids(bundle: &Value) -> Vec<String> {
    let entries = bundle["entry"].as_array().into_iter().flatten();
    entries
        .filter(|entry| entry["search"]["mode"] == "match")
        .map(|entry| entry["resource"]["id"].as_str().expect("an id").to_owned())
        .collect()
}

fn next(bundle: &Value) -> Option<String> {
    bundle["link"].as_array()?.iter().find(|link| link["relation"] == "next")?["url"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn nothing_is_shown_without_a_token() {
    let app = App::start().await;
    for header in [None, Some("Bearer guess"), Some("Basic abc"), Some("nonsense")] {
        let mut request = app.http.get(format!("{}/Patient", app.fhir(DEMO)));
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let answer = app.send(request).await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        assert_eq!(answer.json()["resourceType"], "OperationOutcome");
    }
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    app.later(3600);
    assert_eq!(app.read(DEMO, &tokens, "Patient").await.status, 401);
}

#[tokio::test]
async fn a_token_opens_one_hospital_and_one_patient() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let patient = tokens["patient"].as_str().expect("a patient");
    assert_eq!(app.read("riverbend", &tokens, "Patient").await.status, 401);
    assert_eq!(ids(&app.read(DEMO, &tokens, "Patient").await.json()), [patient]);
    assert_eq!(app.read(DEMO, &tokens, "Condition?patient=somebody-else").await.status, 403);
    assert_eq!(app.read(DEMO, &tokens, "Patient/somebody-else").await.status, 404);
    assert_eq!(app.read(DEMO, &tokens, "Spaceship").await.status, 404);
}

#[tokio::test]
async fn searches_are_as_strict_as_us_core_allows() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let patient = tokens["patient"].as_str().expect("a patient");
    for (query, status) in [
        ("Observation?patient={p}", 400),
        ("Observation?patient={p}&category=laboratory", 200),
        ("Observation?patient={p}&category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory", 200),
        ("MedicationRequest?patient={p}", 400),
        ("MedicationRequest?patient={p}&intent=order,plan&_include=MedicationRequest:medication", 200),
        ("CarePlan?patient={p}", 400),
        ("CarePlan?patient={p}&category=assess-plan", 200),
        ("Condition", 400),
        ("Condition?patient=Patient/{p}", 200),
        ("Condition?patient={p}&onset-date=whenever", 400),
        ("Condition?patient={p}&_count=x", 400),
        ("Provenance?patient={p}", 400),
        ("Practitioner?name=a", 200),
        ("DocumentReference/$docref?patient={p}", 200),
        ("DocumentReference/$docref", 400),
        ("Patient/$everything", 404),
    ] {
        let answer = app.read(DEMO, &tokens, &query.replace("{p}", patient)).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
        assert!(answer.header("content-type").starts_with("application/fhir+json"));
        let expected = if status == 200 { "Bundle" } else { "OperationOutcome" };
        assert_eq!(answer.json()["resourceType"], expected, "{query}");
    }
    let token = tokens["access_token"].as_str().expect("a token");
    let posted = app
        .send(
            app.http
                .post(format!("{}/Condition", app.fhir(DEMO)))
                .header("authorization", format!("Bearer {token}"))
                .body("{}"),
        )
        .await;
    assert_eq!((posted.status, posted.json()["resourceType"].as_str()), (405, Some("OperationOutcome")));
}

#[tokio::test]
async fn paging_walks_every_row_once() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let patient = tokens["patient"].as_str().expect("a patient");
    let mut bundle =
        app.read(DEMO, &tokens, &format!("Observation?patient={patient}&category=laboratory&_count=7")).await.json();
    let total = bundle["total"].as_u64().expect("a total") as usize;
    let mut seen = ids(&bundle);
    let mut last_link = None;
    while let Some(url) = next(&bundle) {
        assert!(url.starts_with(&app.fhir(DEMO)));
        bundle = app.read_url(&tokens, &url).await.json();
        assert!(ids(&bundle).len() <= 7);
        seen.extend(ids(&bundle));
        last_link = Some(url);
    }
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert!(total > 7, "{total}");
    assert_eq!((seen.len(), distinct.len()), (total, total));
    app.later(601);
    let expired = app.read_url(&tokens, &last_link.expect("more than a page")).await;
    assert_eq!((expired.status, expired.json()["resourceType"].as_str()), (410, Some("OperationOutcome")));
}

#[tokio::test]
async fn filters_narrow_what_is_found() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let patient = tokens["patient"].as_str().expect("a patient");
    let find = async |query: &str| app.read(DEMO, &tokens, &query.replace("{p}", patient)).await.json();
    let all = find("Encounter?patient={p}&_count=100").await;
    let total = all["total"].as_u64().expect("a total");
    let day = all["entry"][0]["resource"]["period"]["start"].as_str().expect("a start")[..10].to_owned();
    let (before, since) = (
        find(&format!("Encounter?patient={{p}}&date=lt{day}")).await,
        find(&format!("Encounter?patient={{p}}&date=ge{day}")).await,
    );
    assert!(since["total"].as_u64() >= Some(1));
    assert!(before["total"].as_u64().expect("a total") < total);
    let some: Vec<String> = ids(&all).into_iter().take(2).collect();
    assert_eq!(ids(&find(&format!("Encounter?_id={}", some.join(","))).await), some);
    assert_eq!(find("Encounter?patient={p}&_lastUpdated=ge2100-01-01").await["total"], 0);
    assert_eq!(find("Encounter?patient={p}&_lastUpdated=lt2100-01-01").await["total"], total);
    let warned = find("Encounter?patient={p}&colour=red&_count=1").await;
    let outcome = warned["entry"].as_array().expect("entries").last().expect("an entry");
    assert_eq!(
        (&outcome["search"]["mode"], &outcome["resource"]["issue"][0]["severity"]),
        (&json!("outcome"), &json!("warning"))
    );
}

#[tokio::test]
async fn included_resources_come_along() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let patient = tokens["patient"].as_str().expect("a patient");
    let bundle =
        app.read(DEMO, &tokens, &format!("Condition?patient={patient}&_revinclude=Provenance:target")).await.json();
    let provenance: Vec<&Value> = bundle["entry"]
        .as_array()
        .expect("entries")
        .iter()
        .filter(|entry| entry["resource"]["resourceType"] == "Provenance")
        .collect();
    assert!(provenance.iter().all(|entry| entry["search"]["mode"] == "include"));
    let without = app.connect(DEMO, "public", "launch/patient patient/Condition.rs").await;
    let bundle =
        app.read(DEMO, &without, &format!("Condition?patient={patient}&_revinclude=Provenance:target")).await.json();
    assert!(
        bundle["entry"]
            .as_array()
            .expect("entries")
            .iter()
            .all(|entry| entry["resource"]["resourceType"] == "Condition")
    );
}

#[tokio::test]
async fn what_was_unticked_is_forbidden() {
    let app = App::start().await;
    let code = app
        .code(DEMO, "public", EVERYTHING, |value| !value.contains("Observation"))
        .await
        .redirected("code")
        .expect("a code");
    let tokens = app.redeem(DEMO, "public", &code).await.json();
    assert!(!tokens["scope"].as_str().expect("a scope").contains("Observation"));
    let patient = tokens["patient"].as_str().expect("a patient");
    let refused = app.read(DEMO, &tokens, &format!("Observation?patient={patient}&category=laboratory")).await;
    assert_eq!(refused.status, 403);
    assert!(refused.header("www-authenticate").contains("insufficient_scope"));
    assert_eq!(app.read(DEMO, &tokens, &format!("Condition?patient={patient}")).await.status, 200);
}

#[tokio::test]
async fn a_granular_scope_shows_only_its_category() {
    let app = App::start().await;
    let scope = "launch/patient patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory";
    let tokens = app.connect(DEMO, "public", scope).await;
    assert_eq!(tokens["scope"], scope);
    let patient = tokens["patient"].as_str().expect("a patient");
    let total = async |category: &str| {
        app.read(DEMO, &tokens, &format!("Observation?patient={patient}&category={category}")).await.json()["total"]
            .as_u64()
    };
    assert!(total("laboratory").await > Some(0));
    assert_eq!(total("vital-signs").await, Some(0));
}

#[tokio::test]
async fn documents_come_raw_or_wrapped() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let patient = tokens["patient"].as_str().expect("a patient");
    let documents = app.read(DEMO, &tokens, &format!("DocumentReference?patient={patient}")).await.json();
    let attachments = documents["entry"]
        .as_array()
        .expect("documents")
        .iter()
        .flat_map(|entry| entry["resource"]["content"].as_array().expect("content").iter());
    let url = attachments.filter_map(|content| content["attachment"]["url"].as_str()).next().expect("an attachment");
    let binary = &url[url.find("Binary/").expect("a Binary")..];
    let wrapped = app.http.get(format!("{}/{binary}", app.fhir(DEMO))).header("accept", "application/fhir+json");
    let wrapped = app
        .send(wrapped.header("authorization", format!("Bearer {}", tokens["access_token"].as_str().expect("a token"))))
        .await
        .json();
    assert_eq!(wrapped["resourceType"], "Binary");
    let raw = app.read(DEMO, &tokens, binary).await;
    assert!(raw.header("content-type").starts_with(wrapped["contentType"].as_str().expect("a type")));
    assert_eq!(app.read(DEMO, &tokens, "Binary/none").await.status, 404);
    let newest = app.read(DEMO, &tokens, &format!("DocumentReference/$docref?patient={patient}")).await.json();
    assert_eq!(newest["total"], 1);
}

#[tokio::test]
async fn nodata_is_a_patient_and_nothing_else() {
    let app = App::start().await;
    let mut visit = app.visit("lakeside", "public", EVERYTHING).await;
    visit.submit(&app, "login", &[("username", "nodata"), ("password", "password")]).await;
    visit.follow(&app).await;
    let boxes = visit.page.inputs("share");
    let mut form: Vec<(&str, &str)> = boxes.iter().map(|value| ("share", value.as_str())).collect();
    form.push(("answer", "allow"));
    visit.submit(&app, "consent", &form).await;
    let tokens = app.redeem("lakeside", "public", &visit.page.redirected("code").expect("a code")).await.json();
    let patient = tokens["patient"].as_str().expect("a patient");
    let found = app.read("lakeside", &tokens, "Patient").await.json();
    assert_eq!(found["total"], 1);
    let hospital =
        found["entry"][0]["resource"]["managingOrganization"]["reference"].as_str().expect("a reference").to_owned();
    let organization = app.read("lakeside", &tokens, &hospital).await.json();
    assert_eq!(
        (hospital.as_str(), &organization["name"]),
        ("Organization/lakeside", &json!("Lakeside Medical Center"))
    );
    for kind in ["Condition", "AllergyIntolerance", "Encounter", "Immunization", "DocumentReference"] {
        assert_eq!(
            app.read("lakeside", &tokens, &format!("{kind}?patient={patient}")).await.json()["total"],
            0,
            "{kind}"
        );
    }
}
