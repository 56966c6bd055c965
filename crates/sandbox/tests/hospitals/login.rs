use serde_json::json;

use crate::app::{App, DEMO, EVERYTHING, REDIRECT, STATE};

#[tokio::test]
async fn ada_signs_in_and_shares_her_record() {
    let app = App::start().await;
    let mut visit = app.visit("riverbend", "public", EVERYTHING).await;
    assert_eq!(visit.page.status, 200);
    assert_eq!(visit.page.header("x-frame-options"), "DENY");
    assert!(visit.page.header("content-security-policy").contains("default-src 'none'"));
    assert!(!visit.page.text.contains("<script") && !visit.page.text.contains("style="));
    assert!(visit.page.text.contains("MyRiverbend") && visit.page.text.contains("Ada&#39;s Notebook"));

    let (login, name) = app.sandbox.logins("riverbend", 1).remove(0);
    visit.submit(&app, "login", &[("username", &login), ("password", "password")]).await;
    visit.follow(&app).await;
    assert!(visit.page.text.contains(&name), "{}", visit.page.text);

    let boxes = visit.page.inputs("share");
    let mut form: Vec<(&str, &str)> = boxes.iter().map(|value| ("share", value.as_str())).collect();
    form.push(("answer", "allow"));
    visit.submit(&app, "consent", &form).await;
    assert_eq!(visit.page.status, 303);
    assert!(visit.page.header("location").starts_with(REDIRECT));
    assert_eq!(visit.page.redirected("state").as_deref(), Some(STATE));
    assert_eq!(visit.page.redirected("iss"), Some(format!("{}/riverbend", app.base)));
    assert!(visit.page.redirected("code").is_some());
}

#[tokio::test]
async fn a_request_with_a_bad_address_never_redirects() {
    let app = App::start().await;
    for (name, value) in [
        ("client_id", "stranger"),
        ("redirect_uri", "https://app.example/callback/"),
        ("redirect_uri", "https://thief.example/"),
    ] {
        let request: Vec<_> = app
            .request(DEMO, "public", EVERYTHING)
            .into_iter()
            .map(|(key, old)| if key == name { (key, value.to_owned()) } else { (key, old) })
            .collect();
        let page =
            app.get(&format!("/{DEMO}/authorize?{}", serde_urlencoded::to_string(request).expect("a query"))).await;
        assert_eq!((page.status, page.header("location")), (400, ""), "{name}={value}");
        assert!(page.text.contains("<h1>This link does not work</h1>"));
    }
}

#[tokio::test]
async fn other_mistakes_go_back_to_the_application() {
    let app = App::start().await;
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("state", "short", "invalid_request"),
        ("aud", "https://elsewhere.example/fhir", "invalid_request"),
        ("aud", "", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("scope", "system/*.rs", "invalid_scope"),
    ] {
        let request: Vec<_> = app
            .request(DEMO, "public", EVERYTHING)
            .into_iter()
            .map(|(key, old)| if key == name { (key, value.to_owned()) } else { (key, old) })
            .collect();
        let page =
            app.get(&format!("/{DEMO}/authorize?{}", serde_urlencoded::to_string(request).expect("a query"))).await;
        assert_eq!(page.status, 303, "{name}={value}");
        assert_eq!(page.redirected("error").as_deref(), Some(error), "{name}={value}");
        assert_eq!(page.redirected("iss"), Some(format!("{}/{DEMO}", app.base)));
        assert_eq!(page.redirected("state").as_deref(), Some(if name == "state" { value } else { STATE }));
    }
}

#[tokio::test]
async fn saying_no_is_an_answer() {
    let app = App::start().await;
    let mut visit = app.visit(DEMO, "public", EVERYTHING).await;
    visit.submit(&app, "login", &[("username", "demouser"), ("password", "password")]).await;
    visit.follow(&app).await;
    visit.submit(&app, "consent", &[("answer", "deny")]).await;
    assert_eq!(visit.page.redirected("error").as_deref(), Some("access_denied"));
    assert_eq!(visit.page.redirected("state").as_deref(), Some(STATE));
    assert_eq!(visit.page.redirected("iss"), Some(format!("{}/{DEMO}", app.base)));
}

#[tokio::test]
async fn logins_that_fail_show_why() {
    let app = App::start().await;
    for (username, password, status, words) in [
        ("wrongpassword", "password", 401, "is not right"),
        ("demouser", "guess", 401, "is not right"),
        ("nobody.known", "password", 401, "is not right"),
        ("locked", "password", 423, "account is locked"),
        ("maintenance", "password", 503, "maintenance"),
    ] {
        let mut visit = app.visit(DEMO, "public", EVERYTHING).await;
        visit.submit(&app, "login", &[("username", username), ("password", password)]).await;
        assert_eq!(visit.page.status, status, "{username}");
        assert!(visit.page.text.contains(words), "{username}: {}", visit.page.text);
        assert_eq!(visit.page.header("retry-after"), if username == "maintenance" { "3600" } else { "" });
    }
}

#[tokio::test]
async fn a_second_step_takes_one_code() {
    let app = App::start().await;
    let mut visit = app.visit(DEMO, "public", EVERYTHING).await;
    visit.submit(&app, "login", &[("username", "mfa"), ("password", "password")]).await;
    visit.follow(&app).await;
    assert!(visit.page.text.contains("six digits"));
    visit.submit(&app, "code", &[("code", "123456")]).await;
    assert_eq!(visit.page.status, 401);
    visit.submit(&app, "code", &[("code", "000000")]).await;
    visit.follow(&app).await;
    assert!(visit.page.text.contains("What you share"));
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_name_for_a_while() {
    let app = App::start().await;
    let mut visit = app.visit(DEMO, "public", EVERYTHING).await;
    for _ in 0..5 {
        visit.submit(&app, "login", &[("username", "demouser"), ("password", "guess")]).await;
        assert_eq!(visit.page.status, 401);
    }
    visit.submit(&app, "login", &[("username", "demouser"), ("password", "password")]).await;
    assert_eq!(visit.page.status, 423);
    app.later(901);
    let mut visit = app.visit(DEMO, "public", EVERYTHING).await;
    visit.submit(&app, "login", &[("username", "demouser"), ("password", "password")]).await;
    assert_eq!(visit.page.status, 303);
}

#[tokio::test]
async fn forms_from_elsewhere_and_old_pages_are_refused() {
    let app = App::start().await;
    let visit = app.visit(DEMO, "public", EVERYTHING).await;
    let (id, csrf) = (visit.page.inputs("visit").remove(0), visit.page.inputs("csrf").remove(0));
    let login = [("username", "demouser"), ("password", "password")];
    let no_cookie =
        app.post(&format!("/{DEMO}/login"), &[("visit", &id), ("csrf", &csrf), login[0], login[1]], &[]).await;
    assert_eq!(no_cookie.status, 400);
    let cookie = visit.page.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let no_csrf = app
        .post(
            &format!("/{DEMO}/login"),
            &[("visit", &id), ("csrf", "guess"), login[0], login[1]],
            &[("cookie", &cookie)],
        )
        .await;
    assert_eq!(no_csrf.status, 400);
    app.later(901);
    let too_late = app
        .post(&format!("/{DEMO}/login"), &[("visit", &id), ("csrf", &csrf), login[0], login[1]], &[("cookie", &cookie)])
        .await;
    assert_eq!(too_late.status, 400);
}

#[tokio::test]
async fn habits_change_the_way_back() {
    let app = App::start().await;
    app.order(DEMO, json!([{"fault": "iss_wrong", "times": 1}])).await;
    let back = app.code(DEMO, "public", EVERYTHING, |_| true).await;
    assert_eq!(back.redirected("iss").as_deref(), Some("https://elsewhere.example"));
    app.order(DEMO, json!({"fault": "iss_absent", "times": 1})).await;
    assert_eq!(app.code(DEMO, "public", EVERYTHING, |_| true).await.redirected("iss"), None);
    app.order(DEMO, json!({"fault": "never_returns", "times": 1})).await;
    assert_eq!(app.code(DEMO, "public", EVERYTHING, |_| true).await.status, 500);
}
