//! `POST /v1/admin/token`: the app-level token of the Admin API.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use engine::Engine;
use engine::tokens::IssueError;
use serde_json::{Value, json};

use super::credentials::Fields;
use crate::problem::Problem;
use crate::requests::Address;

pub(super) async fn issue(
    State(engine): State<Engine>,
    Address(address): Address,
    mut fields: Fields,
) -> Result<([(HeaderName, &'static str); 1], Json<Value>), Problem> {
    let (client_id, client_secret) = fields.client()?;
    let kind = fields.required("type");
    fields.checked()?;
    if kind != "client" {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "Unknown type: expected client.")
            .reason("UNKNOWN_TYPE")
            .keys("payload", vec!["type".to_owned()]));
    }
    let secret = client_secret.ok_or(IssueError::SecretRequired)?;
    let issued = engine.issue_client_token(&client_id, &secret, address).await?;
    let body = json!({ "client_token": issued.client_token.expose(), "expires_in": issued.expires_in });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)))
}
