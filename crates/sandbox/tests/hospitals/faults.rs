use serde_json::{Value, json};

use crate::app::{App, DEMO, EVERYTHING};

#[tokio::test]
async fn ordered_answers_arrive_and_then_stop() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let query = format!("Condition?patient={}", tokens["patient"].as_str().expect("a patient"));
    for (fault, status, header, value) in [
        ("status:401", 401, "www-authenticate", "Bearer"),
        ("status:403", 403, "www-authenticate", "Bearer"),
        ("status:404", 404, "retry-after", ""),
        ("status:429;retry_after=1", 429, "retry-after", "1"),
        ("status:429;retry_after_date=5", 429, "retry-after", "Mon, 21 Sep 2026"),
        ("status:429", 429, "retry-after", ""),
        ("status:503", 503, "retry-after", ""),
        ("one_bad_row", 500, "retry-after", ""),
        ("html_200", 200, "content-type", "text/html"),
    ] {
        app.order(DEMO, json!({"path": "Condition", "fault": fault, "times": 1})).await;
        let answer = app.read(DEMO, &tokens, &query).await;
        assert_eq!(answer.status, status, "{fault}");
        assert!(answer.header(header).starts_with(value), "{fault}: {}", answer.header(header));
        assert_eq!(app.read(DEMO, &tokens, &query).await.status, 200, "{fault} happens once");
    }
}

#[tokio::test]
async fn altered_answers_are_wrong_in_their_way() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let query = format!("Encounter?patient={}&_count=2", tokens["patient"].as_str().expect("a patient"));
    let next = |page: &Value| {
        page["link"]
            .as_array()
            .and_then(|links| links.iter().find(|link| link["relation"] == "next"))
            .map(|link| link["url"].as_str().expect("text").to_owned())
    };
    let altered = async |fault: &str| {
        app.order(DEMO, json!({"path": "Encounter", "fault": fault, "times": 1})).await;
        app.read(DEMO, &tokens, &query).await
    };
    assert!(serde_json::from_str::<Value>(&altered("truncated_json").await.text).is_err());
    assert_eq!(altered("wrong_types").await.json()["entry"][0]["resource"]["status"], 7);
    assert_eq!(next(&altered("paging_loop").await.json()), Some(format!("{}/{query}", app.fhir(DEMO))));
    assert!(next(&altered("next_other_host").await.json()).expect("a link").starts_with("https://elsewhere.example/"));
    assert!(next(&altered("next_relative").await.json()).expect("a link").starts_with("Encounter?_page="));
    assert_eq!(altered("total_is_page_size").await.json()["total"], 2);
    assert_eq!(altered("entered_in_error_stub").await.json()["entry"][0]["resource"]["status"], "entered-in-error");
    assert_eq!(altered("disappearing_row").await.json()["entry"].as_array().map(Vec::len), Some(1));
    assert_eq!(altered("warnings").await.json()["entry"][2]["search"]["mode"], "outcome");
    assert_eq!(altered("no_id").await.json()["entry"][0]["resource"].get("id"), None);
}

#[tokio::test]
async fn habits_of_the_fhir_server() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let patient = tokens["patient"].as_str().expect("a patient");
    for (habit, query, status) in [
        ("status_required", "CareTeam?patient={p}", 400),
        ("intent_list_refused", "MedicationRequest?patient={p}&intent=order,plan", 400),
        ("include_refused", "Condition?patient={p}&_revinclude=Provenance:target", 400),
        ("merged_patient", "Patient/{p}", 308),
    ] {
        app.order(DEMO, json!({"fault": habit, "times": 1})).await;
        let answer = app.read(DEMO, &tokens, &query.replace("{p}", patient)).await;
        assert_eq!(answer.status, status, "{habit}");
        if status == 308 {
            let moved = app.read_url(&tokens, answer.header("location")).await.json();
            assert_eq!(moved["id"], format!("{patient}-merged"));
            assert_eq!(app.read(DEMO, &tokens, &format!("Condition?patient={patient}-merged")).await.status, 200);
        }
    }
    app.order(DEMO, json!({"fault": "last_updated_ignored", "times": 1})).await;
    assert_ne!(
        app.read(DEMO, &tokens, &format!("Encounter?patient={patient}&_lastUpdated=ge2100-01-01")).await.json()["total"],
        0
    );
}

#[tokio::test]
async fn a_huge_bundle_is_huge() {
    let app = App::start().await;
    app.order(DEMO, json!({"path": "Observation", "fault": "huge", "times": 1})).await;
    let mut answer = app.http.get(format!("{}/Observation", app.fhir(DEMO))).send().await.expect("an answer");
    let (mut size, mut end) = (0, Vec::new());
    while let Some(chunk) = answer.chunk().await.expect("a chunk") {
        size += chunk.len();
        end = chunk.to_vec();
    }
    assert!(size > 50_000_000, "{size}");
    assert!(end.ends_with(b"]}"));
}

#[tokio::test]
async fn a_slow_answer_takes_its_time() {
    let app = App::start().await;
    app.order(DEMO, json!({"path": "metadata", "fault": "slow:300", "times": 1})).await;
    let begun = std::time::Instant::now();
    assert_eq!(app.get(&format!("/{DEMO}/fhir/r4/metadata")).await.status, 200);
    assert!(begun.elapsed().as_millis() >= 300);
}

#[tokio::test]
async fn faults_are_cleared_counted_and_checked() {
    let app = App::start().await;
    app.order(DEMO, json!([{"path": "metadata", "fault": "status:503"}, {"fault": "iss_wrong"}])).await;
    assert_eq!(app.get(&format!("/{DEMO}/fhir/r4/metadata")).await.status, 503);
    assert_eq!(app.get("/riverbend/fhir/r4/metadata").await.status, 200);
    app.send(app.http.delete(format!("{}/{DEMO}/faults", app.base))).await;
    assert_eq!(app.get(&format!("/{DEMO}/fhir/r4/metadata")).await.status, 200);
    assert_eq!(app.get(&format!("/{DEMO}/stats")).await.json()["requests"], json!({"metadata": 2}));
    let wrong = app
        .http
        .post(format!("{}/{DEMO}/faults", app.base))
        .header("content-type", "application/json")
        .body(r#"{"fault": "nonsense"}"#);
    assert_eq!(app.send(wrong).await.status, 400);
}
