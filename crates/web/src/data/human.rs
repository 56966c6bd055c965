//! `/v1/human`, its profile and its sources.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::Engine;
use engine::humans::HumanError;
use serde_json::{Map, Value, json};

use super::access::Reader;
use super::{list, medical};
use crate::problem::Problem;

/// The newest value of every wellness stream; a stream without values is an empty object.
const STREAMS: [&str; 10] = [
    "bloodGlucose",
    "bloodOxygen",
    "bloodPressure",
    "bmi",
    "bodyFat",
    "height",
    "heartRate",
    "weight",
    "activitySummary",
    "sleepSummary",
];

pub(super) async fn summary(State(engine): State<Engine>, Reader(access): Reader) -> Result<Response, Problem> {
    let mut body = identity(&engine, &access).await?;
    for stream in STREAMS {
        body.insert(stream.to_owned(), json!({}));
    }
    Ok(medical::json(Value::Object(body).to_string()))
}

pub(super) async fn profile(State(engine): State<Engine>, Reader(access): Reader) -> Result<Response, Problem> {
    let mut body = identity(&engine, &access).await?;
    body.insert("defaultTimeZone".to_owned(), json!({ "name": "UTC" }));
    Ok(medical::json(Value::Object(body).to_string()))
}

async fn identity(engine: &Engine, access: &engine::tokens::Access) -> Result<Map<String, Value>, Problem> {
    let profile = engine.profile(access).await?;
    let mut body = Map::new();
    body.insert("userId".to_owned(), json!(access.user_id));
    body.insert("humanId".to_owned(), json!(access.human_id));
    if let Some(email) = profile.email {
        body.insert("email".to_owned(), json!(email));
    }
    body.insert("createdAt".to_owned(), json!(access.created_at));
    Ok(body)
}

pub(super) async fn sources(
    State(engine): State<Engine>,
    Reader(access): Reader,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = list::query(raw.as_deref())?;
    let page = engine.list_sources(&access, &query).await?;
    Ok(list::answer(page, &query, engine.base_url(), "/v1/human/sources", raw.as_deref(), &headers))
}

impl From<HumanError> for Problem {
    fn from(error: HumanError) -> Problem {
        match error {
            HumanError::Unknown => {
                Problem::new(axum::http::StatusCode::NOT_FOUND, "No such user.").reason("USER_UNKNOWN")
            }
            HumanError::Store(error) => Problem::internal(&error),
            HumanError::Sealing(error) => Problem::internal(&error),
        }
    }
}
