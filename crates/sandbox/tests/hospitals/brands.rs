use serde_json::json;

use crate::app::App;

#[tokio::test]
async fn the_directory_is_fetched_once_and_then_not_modified() {
    let app = App::start().await;
    let first = app.get("/brands.json").await;
    assert_eq!((first.status, first.header("access-control-allow-origin")), (200, "*"));
    assert_eq!((&first.json()["resourceType"], &first.json()["type"]), (&json!("Bundle"), &json!("collection")));
    let tag = first.header("etag");
    assert!(tag.starts_with("W/\""));
    let again = app.send(app.http.get(format!("{}/brands.json", app.base)).header("if-none-match", tag)).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    app.order("brands", json!({"fault": "status:503", "times": 1})).await;
    assert_eq!(app.get("/brands.json").await.status, 503);
}

#[tokio::test]
async fn the_directory_has_what_makes_directories_hard() {
    let app = App::start().await;
    let bundle = app.get("/brands.json").await.json();
    let organizations: Vec<_> = bundle["entry"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| &entry["resource"])
        .filter(|resource| resource["resourceType"] == "Organization")
        .collect();
    let named =
        |name: &str| organizations.iter().find(|resource| resource["name"] == name).unwrap_or_else(|| panic!("{name}"));
    let logo = |name: &str| {
        named(name)["extension"][0]["extension"]
            .as_array()
            .and_then(|parts| parts.iter().find(|part| part["url"] == "brandLogo"))
            .map(|part| part["valueUrl"].as_str().expect("text").to_owned())
    };
    assert_eq!(logo("Riverbend Clinic"), Some(format!("{}/riverbend/logo.svg", app.base)));
    assert!(logo("Saint Alder Children's Hospital").is_some_and(|url| url.starts_with("data:image/svg+xml;base64,")));
    assert_eq!(logo("Harborview Laboratories"), None);
    assert_eq!(named("Millrace Family Practice")["endpoint"], named("Northgate Health System")["endpoint"]);
    assert_eq!(named("Northgate East Heart Suite")["partOf"]["reference"], "Organization/northgate-site-0");
    assert_eq!(named("Lakeside Medical Center")["extension"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn pages_and_pictures_are_served() {
    let app = App::start().await;
    let front = app.get("/").await;
    assert!(
        front.text.contains("Riverbend Clinic")
            && front.text.contains("demouser")
            && front.text.contains("paging_loop")
    );
    assert!(!front.text.contains("<script"));
    for (path, kind) in [
        ("/riverbend", "text/html"),
        ("/riverbend/", "text/html"),
        ("/riverbend/logo.svg", "image/svg+xml"),
        ("/riverbend/portal.css", "text/css"),
        ("/assets/sandbox.css", "text/css"),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").starts_with(kind), "{path}");
    }
    assert_eq!(app.get("/nowhere/jwks").await.status, 404);
}
