use serde_json::{Value, json};

use crate::app::{App, DEMO, EVERYTHING, REDIRECT, VERIFIER, basic, claims, members};

#[tokio::test]
async fn a_code_becomes_tokens_and_an_identity() {
    let app = App::start().await;
    let code = app.code(DEMO, "secret", EVERYTHING, |_| true).await.redirected("code").expect("a code");
    let answer = app.redeem(DEMO, "secret", &code).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let tokens = answer.json();
    assert_eq!(
        members(&tokens),
        [
            "access_token",
            "expires_in",
            "id_token",
            "need_patient_banner",
            "patient",
            "refresh_token",
            "scope",
            "token_type"
        ]
    );
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"], &tokens["scope"]),
        (&json!("Bearer"), &json!(3600), &json!(EVERYTHING))
    );

    let id = claims(&tokens["id_token"]);
    let patient = tokens["patient"].as_str().expect("a patient");
    assert_eq!(id["iss"], format!("{}/{DEMO}", app.base));
    assert_eq!((&id["aud"], &id["nonce"]), (&json!("secret"), &json!("n-1")));
    assert_eq!(id["fhirUser"], format!("{}/Patient/{patient}", app.fhir(DEMO)));
    let set: jsonwebtoken::jwk::JwkSet =
        serde_json::from_str(&app.get(&format!("/{DEMO}/jwks")).await.text).expect("a key set");
    let key = jsonwebtoken::DecodingKey::from_jwk(&set.keys[0]).expect("a key");
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.validate_exp = false;
    validation.set_audience(&["secret"]);
    jsonwebtoken::decode::<Value>(tokens["id_token"].as_str().expect("a token"), &key, &validation)
        .expect("the signature holds");

    assert_eq!(app.read(DEMO, &tokens, &format!("Patient/{patient}")).await.json()["id"], patient);
}

#[tokio::test]
async fn a_code_is_refused_for_every_reason() {
    let app = App::start().await;
    let path = format!("/{DEMO}/token");
    let good = |code: &str| -> Vec<(String, String)> {
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("client_id", "public"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    };
    for (name, value, status, error) in [
        ("code", "guess", 400, "invalid_grant"),
        ("code", "", 400, "invalid_request"),
        ("redirect_uri", "https://app.example/other", 400, "invalid_grant"),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXX", 400, "invalid_grant"),
        ("code_verifier", "", 400, "invalid_request"),
        ("grant_type", "client_credentials", 400, "unsupported_grant_type"),
        ("grant_type", "", 400, "invalid_request"),
        ("client_id", "stranger", 401, "invalid_client"),
        ("client_id", "secret", 401, "invalid_client"),
        ("client_id", "", 401, "invalid_client"),
    ] {
        let code = app.code(DEMO, "public", "patient/Patient.rs", |_| true).await.redirected("code").expect("a code");
        let form: Vec<_> = good(&code)
            .into_iter()
            .map(|(key, old)| if key == name { (key, value.to_owned()) } else { (key, old) })
            .collect();
        let form: Vec<(&str, &str)> = form.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let answer = app.post(&path, &form, &[]).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(error)), "{name}={value}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let code = app.code(DEMO, "public", "patient/Patient.rs", |_| true).await.redirected("code").expect("a code");
    app.later(61);
    assert_eq!(app.redeem(DEMO, "public", &code).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn a_client_authenticates_only_as_registered() {
    let app = App::start().await;
    let path = format!("/{DEMO}/token");
    let (wrong, public) = (basic("secret", "guess"), basic("public", "x"));
    for (form, header) in [
        (vec![("client_id", "secret"), ("client_secret", "s3:cret")], None),
        (vec![], Some(wrong.as_str())),
        (vec![], Some(public.as_str())),
        (vec![], Some("Bearer abc")),
    ] {
        let code = app.code(DEMO, "secret", "patient/Patient.rs", |_| true).await.redirected("code").expect("a code");
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        fields.extend(form.clone());
        let headers: Vec<(&str, &str)> = header.map(|value| ("authorization", value)).into_iter().collect();
        let answer = app.post(&path, &fields, &headers).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (401, Some("invalid_client")),
            "{form:?} {header:?}"
        );
        assert!(answer.header("www-authenticate").starts_with("Basic"));
    }
}

#[tokio::test]
async fn a_replayed_code_revokes_what_it_gave() {
    let app = App::start().await;
    let code = app.code(DEMO, "public", EVERYTHING, |_| true).await.redirected("code").expect("a code");
    let tokens = app.redeem(DEMO, "public", &code).await.json();
    assert_eq!(app.read(DEMO, &tokens, "Patient").await.status, 200);
    assert_eq!(app.redeem(DEMO, "public", &code).await.json()["error"], "invalid_grant");
    assert_eq!(app.read(DEMO, &tokens, "Patient").await.status, 401);
    assert_eq!(
        app.refresh(DEMO, tokens["refresh_token"].as_str().expect("a token")).await.json()["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_replay_ends_the_family() {
    let app = App::start().await;
    let first = app.connect(DEMO, "public", EVERYTHING).await;
    let second = app.refresh(DEMO, first["refresh_token"].as_str().expect("a token")).await.json();
    assert_eq!(second["patient"], first["patient"]);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(app.read(DEMO, &second, "Patient").await.status, 200);
    assert_eq!(
        app.refresh(DEMO, first["refresh_token"].as_str().expect("a token")).await.json()["error"],
        "invalid_grant"
    );
    assert_eq!(
        app.refresh(DEMO, second["refresh_token"].as_str().expect("a token")).await.json()["error"],
        "invalid_grant"
    );
    assert_eq!(app.read(DEMO, &second, "Patient").await.status, 401);
}

#[tokio::test]
async fn a_refresh_may_narrow_but_not_widen() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", "launch/patient offline_access patient/Patient.rs patient/Goal.rs").await;
    let ask = async |scope: &str| {
        let token = tokens["refresh_token"].as_str().expect("a token");
        app.post(
            &format!("/{DEMO}/token"),
            &[("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "public"), ("scope", scope)],
            &[],
        )
        .await
        .json()
    };
    assert_eq!(ask("patient/Observation.rs").await["error"], "invalid_scope");
    let narrow = ask("patient/Goal.rs").await;
    assert_eq!(narrow["scope"], "patient/Goal.rs");
    assert_eq!(app.read(DEMO, &narrow, "Patient").await.status, 403);
}

#[tokio::test]
async fn refresh_needs_offline_access_and_a_hospital_that_gives_it() {
    let app = App::start().await;
    assert!(app.connect(DEMO, "public", "openid patient/*.rs").await.get("refresh_token").is_none());
    let unticked = app
        .code(DEMO, "public", EVERYTHING, |value| value != "offline_access")
        .await
        .redirected("code")
        .expect("a code");
    let tokens = app.redeem(DEMO, "public", &unticked).await.json();
    assert_eq!(
        (tokens.get("refresh_token"), tokens["scope"].as_str().expect("a scope").contains("offline_access")),
        (None, false)
    );
    assert!(app.connect("bluestem", "public", EVERYTHING).await.get("refresh_token").is_none());
    assert!(app.connect("bluestem", "secret", EVERYTHING).await.get("refresh_token").is_some());
}

#[tokio::test]
async fn cedar_mesa_is_old_short_and_keeps_its_refresh_token() {
    let app = App::start().await;
    let tokens =
        app.connect("cedar-mesa", "public", "launch/patient offline_access patient/Patient.read patient/Goal.rs").await;
    assert_eq!(
        (&tokens["expires_in"], &tokens["scope"]),
        (&json!(570), &json!("launch/patient offline_access patient/Patient.read"))
    );
    app.later(571);
    assert_eq!(app.read("cedar-mesa", &tokens, "Patient").await.status, 401);
    let again = app.refresh("cedar-mesa", tokens["refresh_token"].as_str().expect("a token")).await.json();
    assert!(again.get("refresh_token").is_none());
    assert_eq!(app.read("cedar-mesa", &again, "Patient").await.status, 200);
    assert_eq!(app.refresh("cedar-mesa", tokens["refresh_token"].as_str().expect("a token")).await.status, 200);
}

#[tokio::test]
async fn revocation_and_introspection_agree() {
    let app = App::start().await;
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    let refresh = tokens["refresh_token"].as_str().expect("a token").to_owned();
    let about = async |token: &str, client: &str| {
        app.post(&format!("/{DEMO}/introspect"), &[("token", token), ("client_id", client)], &[]).await.json()
    };
    let access = tokens["access_token"].as_str().expect("a token");
    let known = about(access, "public").await;
    assert_eq!(
        (&known["active"], &known["patient"], &known["client_id"]),
        (&json!(true), &tokens["patient"], &json!("public"))
    );
    assert_eq!(about("guess", "public").await, json!({"active": false}));
    let unknown = app.post(&format!("/{DEMO}/revoke"), &[("token", "guess"), ("client_id", "public")], &[]).await;
    assert_eq!(unknown.status, 200);
    app.post(&format!("/{DEMO}/revoke"), &[("token", &refresh), ("client_id", "public")], &[]).await;
    assert_eq!(about(access, "public").await, json!({"active": false}));
    assert_eq!(app.read(DEMO, &tokens, "Patient").await.status, 401);
    assert_eq!(app.refresh(DEMO, &refresh).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn habits_change_the_token_answer() {
    let app = App::start().await;
    for (habit, check) in [
        ("no_patient", Box::new(|tokens: &Value| tokens.get("patient").is_none()) as Box<dyn Fn(&Value) -> bool>),
        ("no_refresh", Box::new(|tokens: &Value| tokens.get("refresh_token").is_none())),
        ("no_expires_in", Box::new(|tokens: &Value| tokens.get("expires_in").is_none())),
        ("no_scope", Box::new(|tokens: &Value| tokens.get("scope").is_none())),
        ("no_id_token", Box::new(|tokens: &Value| tokens.get("id_token").is_none())),
        ("token_lowercase", Box::new(|tokens: &Value| tokens["token_type"] == "bearer")),
        ("id_token_wrong_nonce", Box::new(|tokens: &Value| claims(&tokens["id_token"])["nonce"] != "n-1")),
        ("id_token_wrong_audience", Box::new(|tokens: &Value| claims(&tokens["id_token"])["aud"] != "public")),
        (
            "fhir_user_related",
            Box::new(|tokens: &Value| {
                claims(&tokens["id_token"])["fhirUser"].as_str().expect("text").contains("RelatedPerson")
            }),
        ),
        ("scope_v1_only", Box::new(|tokens: &Value| !tokens["scope"].as_str().expect("text").contains("patient/*"))),
        ("wildcard_trimmed", Box::new(|tokens: &Value| !tokens["scope"].as_str().expect("text").contains("patient/*"))),
    ] {
        app.order(DEMO, json!({"fault": habit, "times": 1})).await;
        let tokens = app.connect(DEMO, "public", EVERYTHING).await;
        assert!(check(&tokens), "{habit}: {tokens}");
    }
    app.order(DEMO, json!({"fault": "invalid_client", "times": 1})).await;
    assert_eq!(app.connect(DEMO, "public", EVERYTHING).await["error"], "invalid_client");
    let tokens = app.connect(DEMO, "public", EVERYTHING).await;
    app.order(DEMO, json!({"fault": "refresh_not_rotated", "times": 1})).await;
    assert!(
        app.refresh(DEMO, tokens["refresh_token"].as_str().expect("a token"))
            .await
            .json()
            .get("refresh_token")
            .is_none()
    );
    app.order(DEMO, json!({"fault": "refresh_dead", "times": 1})).await;
    assert_eq!(
        app.refresh(DEMO, tokens["refresh_token"].as_str().expect("a token")).await.json()["error"],
        "invalid_grant"
    );
}
