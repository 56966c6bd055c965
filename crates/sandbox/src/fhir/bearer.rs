//! The token a FHIR request carries, and what it may see.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use serde_json::Value;

use super::kinds::{self, Kind};
use super::matching;
use super::outcome::Refusal;
use crate::oauth::grants::GrantId;
use crate::oauth::scopes::{ResourceScope, Right, Scope};
use crate::people::Resource;
use crate::roster::Chart;
use crate::world::Here;

/// One patient's record as one token shows it.
pub struct View {
    pub grant: GrantId,
    pub chart: Arc<Chart>,
    scopes: Vec<ResourceScope>,
}

impl View {
    /// The view of a request, or 401.
    pub async fn open(here: &Here, headers: &HeaderMap) -> Result<View, Refusal> {
        let value = headers.get(header::AUTHORIZATION).ok_or_else(|| Refusal::login("an access token is required"))?;
        let (scheme, token) = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .ok_or_else(|| Refusal::login("the Authorization header is not Bearer"))?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::login("the Authorization header is not Bearer"));
        }
        let (grant, account, scopes) = {
            let grants = here.site.grants();
            let access = grants
                .access(token.trim(), here.now)
                .ok_or_else(|| Refusal::login("the access token is unknown, expired or revoked"))?;
            let scopes = access.scopes.iter().filter_map(Scope::resource).cloned().collect();
            (access.grant, grants.grant(access.grant).account, scopes)
        };
        let site = here.site.clone();
        let chart = tokio::task::spawn_blocking(move || site.roster.chart(account))
            .await
            .map_err(|_| Refusal::login("the record cannot be opened"))?;
        Ok(View { grant, chart, scopes })
    }

    /// Refuses types for which the token has no such right.
    pub fn require(&self, kind: &Kind, right: Right) -> Result<(), Refusal> {
        let granted = self.scopes.iter().any(|scope| scope.allows(kind.name, right));
        if granted {
            Ok(())
        } else {
            Err(Refusal::forbidden(format!("the token has no scope to {} {}", word(right), kind.name)))
        }
    }

    /// Whether one resource may be seen, granular scopes included.
    pub fn shows(&self, kind: &str, resource: &Value, right: Right) -> bool {
        let Some(kind) = kinds::find(kind) else { return false };
        self.scopes.iter().filter(|scope| scope.allows(kind.name, right)).any(|scope| {
            let fits = |(name, value): &(String, String)| {
                kind.param(name).is_some_and(|param| matching::matches(resource, param, value))
            };
            scope.query.iter().all(fits)
        })
    }

    /// All resources of a type that belong to this patient or to everyone.
    pub fn all<'a>(&'a self, here: &'a Here, kind: &'static Kind) -> impl Iterator<Item = &'a Resource> {
        let staff = here.site.roster.staff().iter().filter(move |resource| resource.kind == kind.name);
        self.chart.of_kind(kind.name).chain(staff)
    }

    pub fn find<'a>(&'a self, here: &'a Here, kind: &'static Kind, id: &str) -> Option<&'a Resource> {
        self.chart.find(kind.name, id).or_else(|| {
            here.site.roster.staff().iter().find(|resource| resource.kind == kind.name && resource.id == id)
        })
    }
}

fn word(right: Right) -> &'static str {
    match right {
        Right::Read => "read",
        Right::Search => "search",
    }
}
