//! "Fieldnotes", a small integrator's site: what an integration needs, and nothing of ours but HTTP.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::Card;

struct Site {
    base_url: Url,
    client_id: String,
    client_secret: domain::Secret<String>,
    people: [String; 2],
    http: reqwest::Client,
}

const PAGE: &str = include_str!("site/index.html");
const COLLECTIONS: [(&str, &str); 8] = [
    ("issues", "Conditions"),
    ("medications", "Medications"),
    ("allergies", "Allergies"),
    ("immunizations", "Immunizations"),
    ("test_results", "Test results"),
    ("vitals", "Vitals"),
    ("encounters", "Visits"),
    ("procedures", "Procedures"),
];

pub fn router(card: &Card) -> Router {
    let site = Arc::new(Site {
        base_url: card.base_url.clone(),
        client_id: card.client_id.to_string(),
        client_secret: card.client_secret.clone(),
        people: [card.users.new.clone(), card.users.connected.clone()],
        http: reqwest::Client::new(),
    });
    let policy = format!(
        "default-src 'self'; script-src 'self' {0}; frame-src {0}; img-src 'self' data: {0}; style-src 'self'; base-uri 'none'",
        card.base_url.origin().ascii_serialization()
    );
    Router::new()
        .route("/", get(page))
        .route("/connected", get(page))
        .route(
            "/site.js",
            get(async || ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("site/site.js"))),
        )
        .route(
            "/site.css",
            get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("site/site.css"))),
        )
        .route("/api/token", post(token))
        .route("/api/records", get(records))
        .with_state(site)
        .layer(middleware::from_fn(move |request, next: Next| {
            let policy = policy.clone();
            async move {
                let mut response: Response = next.run(request).await;
                if let Ok(value) = HeaderValue::from_str(&policy) {
                    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, value);
                }
                response
            }
        }))
}

async fn page(State(site): State<Arc<Site>>) -> Html<String> {
    Html(
        PAGE.replace("{base_url}", site.base_url.as_str().trim_end_matches('/'))
            .replace("{new}", &site.people[0])
            .replace("{connected}", &site.people[1]),
    )
}

/// A real site knows its user from its own login; this one asks.
#[derive(Deserialize)]
struct Who {
    user: String,
}

/// The decision every integration makes: a session for someone new, an id token for someone connected.
async fn token(State(site): State<Arc<Site>>, Query(who): Query<Who>) -> Result<Json<Value>, Trouble> {
    let session = site.ask("session", &who.user).await?;
    if let Some(token) = session["session_token"].as_str() {
        return Ok(Json(json!({ "token": token })));
    }
    if session["reason"] == "SESSION_NOT_ALLOWED" {
        let id = site.ask("id", &who.user).await?;
        if let Some(token) = id["id_token"].as_str() {
            return Ok(Json(json!({ "token": token })));
        }
    }
    Err(Trouble(session["message"].as_str().unwrap_or("no token").to_owned()))
}

/// The person's records, read with an access token.
async fn records(State(site): State<Arc<Site>>, Query(who): Query<Who>) -> Result<Json<Value>, Trouble> {
    let answer = site.ask("access", &who.user).await?;
    let Some(token) = answer["access_token"].as_str() else {
        return Ok(Json(json!({ "collections": [], "sources": [] })));
    };
    let mut collections = Vec::new();
    for (id, title) in COLLECTIONS {
        let (total, rows) = site.read(token, &format!("medical/{id}?limit=5")).await?;
        collections.push(json!({ "id": id, "title": title, "total": total, "rows": rows }));
    }
    let (_, sources) = site.read(token, "sources").await?;
    Ok(Json(json!({ "collections": collections, "sources": sources })))
}

impl Site {
    async fn ask(&self, kind: &str, user: &str) -> Result<Value, Trouble> {
        let body = json!({
            "client_id": self.client_id, "client_secret": self.client_secret.expose(),
            "client_user_id": user, "client_user_email": user, "type": kind,
        });
        let answer = self
            .http
            .post(self.base_url.join("/v1/connect/token").map_err(|_| Trouble::unreachable())?)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .map_err(|_| Trouble::unreachable())?;
        json_of(answer).await
    }

    async fn read(&self, token: &str, path: &str) -> Result<(u64, Value), Trouble> {
        let url =
            self.base_url.join("/v1/human/").and_then(|base| base.join(path)).map_err(|_| Trouble::unreachable())?;
        let answer = self.http.get(url).bearer_auth(token).send().await.map_err(|_| Trouble::unreachable())?;
        let total =
            answer.headers().get("x-total-count").and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
        Ok((total, json_of(answer).await?))
    }
}

async fn json_of(answer: reqwest::Response) -> Result<Value, Trouble> {
    let bytes = answer.bytes().await.map_err(|_| Trouble::unreachable())?;
    serde_json::from_slice(&bytes).map_err(|_| Trouble::unreachable())
}

struct Trouble(String);

impl Trouble {
    fn unreachable() -> Trouble {
        Trouble("the platform did not answer".to_owned())
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        (StatusCode::BAD_GATEWAY, Json(json!({ "error": self.0 }))).into_response()
    }
}
