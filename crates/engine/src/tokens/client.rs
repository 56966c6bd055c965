//! The app-level token of the Admin API: a signed JWT that is not stored.

use std::net::IpAddr;

use domain::{Secret, TokenKind};
use jsonwebtoken::{Header, Validation};
use serde::{Deserialize, Serialize};

use super::{AdminAccess, AuthError, ClientToken, IssueError};
use crate::Engine;
use crate::keys::random;

const SCOPES: [&str; 2] = ["appuser:write", "appuser:read"];

#[derive(Serialize, Deserialize)]
struct Claims {
    ver: u32,
    jti: String,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    cid: String,
    scp: Vec<String>,
    sub: String,
}

impl Engine {
    /// The app-level token of the Admin API: an RS256 JWT that is not stored.
    ///
    /// # Errors
    /// Why the client may not have it.
    pub async fn issue_client_token(
        &self,
        client_id: &str,
        secret: &Secret<String>,
        address: IpAddr,
    ) -> Result<ClientToken, IssueError> {
        let known = self.find_client(client_id).await?;
        let app = &self.believe(known, Some(secret), address)?.app;
        if app.disabled_at.is_some() {
            return Err(IssueError::AppDisabled);
        }
        if !app.admin_api {
            return Err(IssueError::AdminApiOff);
        }
        let now = self.now();
        self.inner.limiters.tokens.take((app.client_id, false), now)?;
        let expires_in = TokenKind::Client.lifetime().as_secs();
        let claims = Claims {
            ver: 1,
            jti: hex::encode(random::<16>()),
            iss: self.origin().to_owned(),
            aud: self.origin().to_owned(),
            iat: now.seconds(),
            exp: (now + TokenKind::Client.lifetime()).seconds(),
            cid: app.client_id.to_hex(),
            scp: SCOPES.map(str::to_owned).to_vec(),
            sub: app.client_id.to_hex(),
        };
        let key = &self.inner.keys.client_tokens;
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(key.algorithm) };
        let token = jsonwebtoken::encode(&header, &claims, &key.encoding)
            .map_err(|_| crate::sealing::SealingError::DoesNotOpen)?;
        Ok(ClientToken { client_token: Secret::new(token), expires_in })
    }

    /// Recognises a client token.
    ///
    /// # Errors
    /// `Invalid` for anything but a live token of an app that may still use the Admin API.
    pub async fn authenticate_admin(&self, token: &str) -> Result<AdminAccess, AuthError> {
        let key = &self.inner.keys.client_tokens;
        let mut rules = Validation::new(key.algorithm);
        rules.set_issuer(&[self.origin()]);
        rules.set_audience(&[self.origin()]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The library would ask the system's clock.
        rules.validate_exp = false;
        let claims =
            jsonwebtoken::decode::<Claims>(token, &key.decoding, &rules).map_err(|_| AuthError::Invalid)?.claims;
        if claims.exp <= self.now().seconds() {
            return Err(AuthError::Invalid);
        }
        let client_id = claims.cid.parse().map_err(|_| AuthError::Invalid)?;
        match self.find_app(client_id).await? {
            Some(app) if app.disabled_at.is_none() && app.admin_api => {
                Ok(AdminAccess { client_id, scopes: claims.scp })
            }
            _ => Err(AuthError::Invalid),
        }
    }

    /// Public keys: of client tokens and of our client assertions at providers.
    pub fn jwks(&self) -> serde_json::Value {
        self.inner.keys.jwks().clone()
    }

    fn origin(&self) -> &str {
        self.inner.base_url.as_str().trim_end_matches('/')
    }
}
