//! From the provider's redirect to a grant that opens one person's record.

use connectors::http::{Answer, Request, under};
use connectors::smart::authorize::CallbackError as RedirectError;
use connectors::smart::id_token::{Expected, Identity, Keys, verify};
use connectors::smart::patient::{ContextMissing, Whose, is_id, of_introspection, of_search, search, whose};
use connectors::smart::scopes::Scopes;
use connectors::smart::tokens::{Code, TokenError, Tokens, exchange, introspect};
use domain::{Actor, Secret, Trouble};

use super::{Attempt, Callback};
use crate::Engine;
use crate::connections::Account;
use crate::grants::Grant;
use crate::http::SendError;
use crate::providers::{Membership, trouble};

/// What a login gave.
pub(super) struct Redeemed {
    pub account: Account,
    pub grant: Grant,
}

/// What it gave instead.
pub(super) enum Denied {
    /// The provider did not understand what was asked for; other words may help.
    Phrase(Trouble),
    Trouble(Trouble),
}

impl From<Trouble> for Denied {
    fn from(trouble: Trouble) -> Denied {
        Denied::Trouble(trouble)
    }
}

impl From<SendError> for Denied {
    fn from(error: SendError) -> Denied {
        Denied::Trouble(error.trouble())
    }
}

impl From<TokenError> for Denied {
    fn from(error: TokenError) -> Denied {
        match error {
            TokenError::InvalidScope => Denied::Phrase(trouble!(error)),
            error => Denied::Trouble(trouble!(error)),
        }
    }
}

impl Engine {
    pub(super) async fn redeem(
        &self,
        membership: &Membership,
        attempt: &Attempt,
        callback: &Callback,
    ) -> Result<Redeemed, Denied> {
        if callback.ambiguous {
            return Err(Trouble::new("answer_ambiguous", Actor::Provider).into());
        }
        let code = callback.redirected.clone().code(&attempt.smart).map_err(|error| match error {
            RedirectError::InvalidScope => Denied::Phrase(trouble!(error)),
            error => Denied::Trouble(trouble!(error)),
        })?;
        let mut tokens = self.exchange(membership, attempt, &code).await?;
        let identity = self.identity(membership, attempt, &tokens).await?;
        let patient = self.patient(membership, attempt, &tokens, identity.as_ref()).await?;
        let patient = self.confirm(membership, attempt, &tokens, patient).await?;
        // It has served, and it names the person.
        tokens.id_token = None;
        let account = Account {
            source: attempt.source,
            source_name: attempt.source_name.clone(),
            endpoint: attempt.endpoint.clone(),
            patient,
        };
        let grant = Grant::new(tokens, attempt.scope.clone(), attempt.endpoint.clone(), self.now());
        Ok(Redeemed { account, grant })
    }

    async fn exchange(
        &self,
        membership: &Membership,
        attempt: &Attempt,
        code: &Secret<String>,
    ) -> Result<Tokens, Denied> {
        let client = self.client_at(&membership.registration, &attempt.smart);
        let code = Code { code, redirect_uri: &attempt.redirect_uri, verifier: attempt.verifier.as_ref() };
        let request = exchange(&attempt.smart, &client, code, &self.moment()).map_err(|error| trouble!(error))?;
        let answer = self.inner.http.send(&request).await?;
        let tokens = Tokens::read(&answer, &attempt.scope);
        if tokens.as_ref().is_err_and(|error| error.suspects_discovery()) {
            self.inner.providers.forget(&membership.base);
        }
        Ok(tokens?)
    }

    /// Who logged in, when the provider says so in a way that can be checked.
    async fn identity(
        &self,
        membership: &Membership,
        attempt: &Attempt,
        tokens: &Tokens,
    ) -> Result<Option<Identity>, Denied> {
        let (Some(token), Some(issuer), Some(jwks)) =
            (&tokens.id_token, &attempt.smart.issuer, &attempt.smart.jwks_uri)
        else {
            return Ok(None);
        };
        let answer = self.inner.http.send(&Keys::request(jwks)).await?;
        let keys = Keys::read(&answer).ok_or_else(|| Trouble::new("id_token_keys", Actor::Provider))?;
        let client_id = &membership.registration.client_id;
        let expected = Expected { issuer, client_id, nonce: &attempt.nonce, now: self.now() };
        Ok(Some(verify(token, &keys, expected).map_err(|error| trouble!(error))?))
    }

    /// Whose record it is: the token answer first, then every other place the platform knows.
    async fn patient(
        &self,
        membership: &Membership,
        attempt: &Attempt,
        tokens: &Tokens,
        identity: Option<&Identity>,
    ) -> Result<String, Denied> {
        let fhir_user = identity.and_then(|identity| identity.fhir_user.as_deref());
        let mut from = 0;
        loop {
            let (next, on) = whose(membership.platform, tokens, fhir_user, from);
            from = on;
            match next {
                Whose::Known(id) => return Ok(id),
                Whose::Introspect => {
                    let client = self.client_at(&membership.registration, &attempt.smart);
                    let request = introspect(&attempt.smart, &client, &tokens.access, &self.moment())
                        .map_err(|error| trouble!(error))?;
                    let Some(request) = request else { continue };
                    if let Some(id) = self.inner.http.send(&request).await.ok().as_ref().and_then(of_introspection) {
                        return Ok(id);
                    }
                }
                Whose::Search => {
                    let request = with_tenant(search(membership.platform, &membership.base), membership, tokens);
                    let answer = self.inner.http.send(&request.bearer(&tokens.access)).await?;
                    if let Ok(id) = of_search(&answer) {
                        return Ok(id);
                    }
                }
                Whose::Unknown => return Err(trouble!(ContextMissing).into()),
            }
        }
    }

    /// Reads the person's own resource once, so that a grant that opens nothing is known at once.
    /// Answers the id to use: a merged record is known by another one.
    async fn confirm(
        &self,
        membership: &Membership,
        attempt: &Attempt,
        tokens: &Tokens,
        patient: String,
    ) -> Result<String, Denied> {
        let url = under(&membership.base, &format!("/Patient/{patient}"));
        let request = Request::get(url).header("accept", membership.platform.accept).bearer(&tokens.access);
        let Ok(answer) = self.inner.http.send_whole(&with_tenant(request, membership, tokens)).await else {
            // The grant is good; the sync waits for the server to come back.
            return Ok(patient);
        };
        match answer.status {
            200..300 => Ok(own_id(&answer).unwrap_or(patient)),
            401 => Err(Trouble::new("grant_unusable", Actor::Provider).into()),
            403 => self.withheld(attempt, tokens, patient),
            404 | 410 => Err(Trouble::new("patient_not_found", Actor::Provider).into()),
            _ => Ok(patient),
        }
    }

    /// The person's own resource is closed. That is fine as long as something else is open.
    fn withheld(&self, attempt: &Attempt, tokens: &Tokens, patient: String) -> Result<String, Denied> {
        let (asked, granted) = (Scopes::parse(&attempt.scope), Scopes::parse(&tokens.scope));
        if granted.name_resources() {
            return Ok(patient);
        }
        let nothing = trouble!(TokenError::NothingGranted);
        // Somebody who unticks everything unticks lasting access too; a server that does not know
        // the dialect drops only what is written in it.
        let dropped = asked.name_resources() && asked.has("offline_access") && granted.has("offline_access");
        Err(if dropped { Denied::Phrase(nothing) } else { Denied::Trouble(nothing) })
    }
}

fn with_tenant(mut request: Request, membership: &Membership, tokens: &Tokens) -> Request {
    if let Some((name, value)) = tokens.tenant(membership.platform) {
        request.url.query_pairs_mut().append_pair(name, &value);
    }
    request
}

fn own_id(answer: &Answer) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(answer.text_bytes()).ok()?;
    let id = json["id"].as_str().filter(|id| is_id(id) && json["resourceType"] == "Patient")?;
    Some(id.to_owned())
}
