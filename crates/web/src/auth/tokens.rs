//! `POST /v1/connect/token`: session, id and access tokens for one end user.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use domain::TokenKind;
use domain::tokens::Refusal;
use engine::Engine;
use engine::tokens::{IssueError, Issued, TokenRequest};
use serde_json::{Value, json};

use super::credentials::Fields;
use crate::problem::Problem;
use crate::requests::Address;

/// The longest user key we keep; the contract asks for 255 bytes at least.
const LONGEST_USER_KEY: usize = 1024;

pub(super) async fn issue(
    State(engine): State<Engine>,
    Address(address): Address,
    mut fields: Fields,
) -> Result<([(HeaderName, &'static str); 1], Json<Value>), Problem> {
    let (client_id, client_secret) = fields.client()?;
    let client_user_id = fields.required("client_user_id");
    if client_user_id.len() > LONGEST_USER_KEY {
        fields.refuse("client_user_id");
    }
    let client_user_email = fields.optional("client_user_email");
    let extra_scopes = fields.list("extra_scopes");
    let kind = fields.optional("type");
    fields.checked()?;
    let request = TokenRequest {
        client_id,
        client_secret,
        client_user_id,
        client_user_email,
        kind: kind.as_deref().map(kind_named).transpose()?,
        extra_scopes,
        address,
    };
    let issued = engine.issue(request).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer(&issued))))
}

/// Two spellings of the id token are in use; case is exact.
fn kind_named(name: &str) -> Result<TokenKind, Problem> {
    match name {
        "session" => Ok(TokenKind::Session),
        "id" | "id_token" => Ok(TokenKind::Id),
        "access" => Ok(TokenKind::Access),
        _ => Err(Problem::new(StatusCode::BAD_REQUEST, "Unknown type: expected session, id or access.")
            .reason("UNKNOWN_TYPE")
            .keys("payload", vec!["type".to_owned()])),
    }
}

fn answer(issued: &Issued) -> Value {
    match issued {
        Issued::Session { session_token, human_id, expires_in } => json!({
            "session_token": session_token.expose(),
            "human_id": human_id,
            "expires_in": expires_in,
        }),
        Issued::Id { id_token, id_refresh_token, human_id, expires_in } => json!({
            "id_token": id_token.expose(),
            "id_refresh_token": id_refresh_token.expose(),
            "expires_in": expires_in,
            "id_token_expires_in": expires_in,
            "token_type": "Bearer",
            "human_id": human_id,
        }),
        Issued::Access { access_token, refresh_token, human_id, expires_in } => json!({
            "access_token": access_token.expose(),
            "expires_in": expires_in,
            "token_type": "Bearer",
            "refresh_token": refresh_token.expose(),
            "human_id": human_id,
        }),
    }
}

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Problem {
        let unauthorized = |message: &str, reason| {
            Problem::new(StatusCode::UNAUTHORIZED, message)
                .reason(reason)
                .header(header::WWW_AUTHENTICATE, "Basic realm=\"tributary\"")
        };
        let forbidden = |message: String, reason| Problem::new(StatusCode::FORBIDDEN, message).reason(reason);
        match error {
            IssueError::UnknownClient => unauthorized("No app has this client_id.", "BAD_CLIENT"),
            IssueError::WrongSecret => unauthorized("The client_secret is wrong.", "BAD_SECRET"),
            IssueError::SecretRequired => unauthorized("This request needs the client_secret.", "SECRET_REQUIRED"),
            IssueError::TypeRequired => {
                Problem::new(StatusCode::BAD_REQUEST, "This app must name the type: session, id or access.")
                    .reason("INVALID_BODY")
                    .keys("payload", vec!["type".to_owned()])
            }
            IssueError::AppDisabled => forbidden("This app is disabled.".to_owned(), "APP_DISABLED"),
            IssueError::AdminApiOff => {
                forbidden("The Admin API is not enabled for this app.".to_owned(), "ADMIN_API_DISABLED")
            }
            IssueError::Refused(refusal) => match refusal {
                Refusal::SessionNotAllowed => forbidden(refusal.to_string(), "SESSION_NOT_ALLOWED"),
                Refusal::NoConnectedSource => forbidden(refusal.to_string(), "NO_CONNECTED_SOURCE"),
                Refusal::UserDeleted => forbidden(refusal.to_string(), "USER_DELETED"),
                Refusal::UserUnknown => Problem::new(StatusCode::NOT_FOUND, refusal.to_string()).reason("USER_UNKNOWN"),
            },
            IssueError::Limited(limited) => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests; wait and try again.")
                    .reason("RATE_LIMITED")
                    .retry_after(limited.retry_after)
            }
            IssueError::Store(error) => Problem::internal(&error),
            IssueError::Sealing(error) => Problem::internal(&error),
        }
    }
}
