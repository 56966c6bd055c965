//! Revocation, RFC 7009.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::clients::authenticate;
use super::form::Form;
use super::refusal::{Refusal, uncached};
use crate::world::Here;

/// Answers 200 for unknown tokens too.
pub async fn post(here: Here, headers: HeaderMap, body: String) -> Result<Response, Refusal> {
    let form = Form::parse(&body);
    let client = authenticate(&here, &headers, &form).await?;
    let token = form.get("token").ok_or_else(|| Refusal::request("token is missing"))?;
    here.site.grants().revoke(token, &client.client_id)?;
    Ok(uncached(StatusCode::OK.into_response()))
}
