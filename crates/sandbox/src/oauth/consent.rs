//! The page on which a person says what they share.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::authorize::{browser_of, send_back, visit_of};
use super::form::{Form, random_text};
use super::grants::Grant;
use super::login;
use super::scopes::{ResourceScope, Scope};
use super::visits::{Step, Visit};
use crate::fhir::kinds::{KINDS, Kind};
use crate::pages::{self, Choice, Notice};
use crate::roster::Account;
use crate::world::Here;

/// The page where a visit stands.
pub async fn get(here: Here, Path((_, id)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let visit = browser_of(&headers).and_then(|browser| here.site.visits().find(&id, &browser, here.now).cloned());
    match visit {
        None => pages::notice(&here, Notice::Expired),
        Some(visit) => match visit.step {
            Step::Login => login::page(&here, &id, &visit, None),
            Step::Code(_) => login::second_step(&here, &id, &visit, None),
            Step::Consent(account) => page(&here, &id, &visit, account),
        },
    }
}

/// The person's answer.
pub async fn post(here: Here, headers: HeaderMap, body: String) -> Response {
    let form = Form::parse(&body);
    let Some((id, visit)) = visit_of(&here, &headers, &form) else { return pages::notice(&here, Notice::Expired) };
    let Step::Consent(account) = visit.step else { return pages::to_visit(&here, &id) };
    here.site.visits().close(&id);
    if here.site.faults().habit("never_returns") {
        return pages::notice(&here, Notice::Stuck);
    }
    let request = visit.request;
    let scopes = granted(&request.scopes, &form.all("share"));
    if form.get("answer") != Some("allow")
        || scopes.iter().all(|scope| scope.resource().is_none() && *scope != Scope::OpenId)
    {
        let error = [("error", "access_denied"), ("error_description", "the person did not agree")];
        return send_back(&here, &request.redirect_uri, Some(&request.state), &error);
    }
    let code = random_text();
    let grant = Grant::new(&request.client.id, account, scopes, request.nonce);
    here.site.grants().allow(code.clone(), grant, &request.redirect_uri, &request.challenge, here.now);
    send_back(&here, &request.redirect_uri, Some(&request.state), &[("code", &code)])
}

fn page(here: &Here, id: &str, visit: &Visit, account: Account) -> Response {
    let chart = here.site.roster.chart(account);
    let person = &chart.person;
    let mut answer = pages::render(
        StatusCode::OK,
        &pages::Consent {
            site: pages::Brand::of(here),
            visit: id,
            csrf: &visit.csrf,
            client: &visit.request.client.name,
            person: format!("{} {}", person.given, person.family),
            choices: choices(&visit.request.scopes),
        },
    );
    pages::allow_leaving_to(&mut answer, &visit.request.redirect_uri);
    answer
}

/// One tick box per thing that can be withheld; a wildcard is spelled out.
fn choices(scopes: &[Scope]) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    let mut offer = |value: String, label: String| {
        if !choices.iter().any(|choice| choice.value == value) {
            choices.push(Choice { value, label });
        }
    };
    for scope in scopes.iter().filter_map(Scope::resource) {
        for kind in kinds_of(scope) {
            offer(scope.narrowed(kind.name).to_string(), label(kind, scope));
        }
    }
    if scopes.contains(&Scope::OfflineAccess) {
        offer(Scope::OfflineAccess.to_string(), "Keep reading new records until you stop it".to_owned());
    }
    choices
}

fn kinds_of(scope: &ResourceScope) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| scope.kind == "*" || scope.kind == kind.name)
}

fn label(kind: &Kind, scope: &ResourceScope) -> String {
    let only: Vec<&str> = scope.query.iter().map(|(_, value)| value.rsplit('|').next().unwrap_or(value)).collect();
    if only.is_empty() { kind.label.to_owned() } else { format!("{}: only {}", kind.label, only.join(", ")) }
}

/// A wildcard stays whole when every box is ticked, else it becomes the list of ticked types.
fn granted(asked: &[Scope], ticked: &[&str]) -> Vec<Scope> {
    let is_ticked = |text: &str| ticked.contains(&text);
    let mut granted = Vec::new();
    for scope in asked {
        match scope {
            Scope::Resource(resource) => {
                let kept: Vec<ResourceScope> = kinds_of(resource)
                    .map(|kind| resource.narrowed(kind.name))
                    .filter(|narrow| is_ticked(&narrow.to_string()))
                    .collect();
                if kept.len() == kinds_of(resource).count() {
                    granted.push(scope.clone());
                } else {
                    granted.extend(kept.into_iter().map(Scope::Resource));
                }
            }
            Scope::OfflineAccess if !is_ticked("offline_access") => {}
            other => granted.push(other.clone()),
        }
    }
    granted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::scopes::join;

    #[test]
    fn what_is_unticked_is_not_granted() {
        let asked = Scope::parse_list("openid offline_access patient/Observation.rs patient/Goal.read");
        assert_eq!(join(&granted(&asked, &["patient/Goal.read"])), "openid patient/Goal.read");
        assert_eq!(
            join(&granted(&asked, &["patient/Goal.read", "patient/Observation.rs", "offline_access"])),
            join(&asked)
        );
    }

    #[test]
    fn a_wildcard_is_spelled_out_once_something_is_unticked() {
        let asked = Scope::parse_list("patient/*.rs");
        let all = choices(&asked);
        let ticked: Vec<&str> = all.iter().map(|choice| choice.value.as_str()).collect();
        assert_eq!(join(&granted(&asked, &ticked)), "patient/*.rs");
        let fewer = granted(&asked, &ticked[1..]);
        assert_eq!(fewer.len(), KINDS.len() - 1);
    }
}
