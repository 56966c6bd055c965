//! The portal's login page and its second step.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::authorize::visit_of;
use super::form::Form;
use super::visits::{Step, Visit};
use crate::pages::{self, Notice};
use crate::roster::{Account, PASSWORD, SECOND_STEP_CODE};
use crate::world::Here;

/// What comes of a user name and a password.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Wrong,
    Locked,
    Maintenance,
    SecondStep,
    Welcome,
}

/// Shows the login page, with what went wrong before.
pub fn page(here: &Here, id: &str, visit: &Visit, complaint: Option<&'static str>) -> Response {
    let status = if complaint.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    pages::render(
        status,
        &pages::Login {
            site: pages::Brand::of(here),
            visit: id,
            csrf: &visit.csrf,
            client: &visit.request.client.name,
            complaint,
        },
    )
}

/// The posted user name and password.
pub async fn post(here: Here, headers: HeaderMap, body: String) -> Response {
    let form = Form::parse(&body);
    let Some((id, visit)) = visit_of(&here, &headers, &form) else { return pages::notice(&here, Notice::Expired) };
    let username = form.get("username").unwrap_or_default().trim().to_lowercase();
    let password = form.get("password").unwrap_or_default().to_owned();
    let locked = here.site.visits().locked(&username, here.now);
    let account = find(&here, &username).await;
    let (step, account) = match (judge(&username, &password, account.is_some(), locked), account) {
        (Verdict::Welcome, Some(account)) => (Step::Consent(account), account),
        (Verdict::SecondStep, Some(account)) => (Step::Code(account), account),
        (Verdict::Locked, _) => return pages::notice(&here, Notice::Locked),
        (Verdict::Maintenance, _) => return pages::notice(&here, Notice::Maintenance),
        _ => {
            here.site.visits().failed(&username, here.now);
            return page(&here, &id, &visit, Some("The user name or the password is not right."));
        }
    };
    tracing::debug!(hospital = here.site.hospital.slug, ?account, "logged in");
    let mut visits = here.site.visits();
    visits.succeeded(&username);
    visits.advance(&id, step);
    drop(visits);
    pages::to_visit(&here, &id)
}

/// The posted code of the second step.
pub async fn post_code(here: Here, headers: HeaderMap, body: String) -> Response {
    let form = Form::parse(&body);
    let Some((id, visit)) = visit_of(&here, &headers, &form) else { return pages::notice(&here, Notice::Expired) };
    let Step::Code(account) = visit.step else { return pages::to_visit(&here, &id) };
    if form.get("code").map(str::trim) != Some(SECOND_STEP_CODE) {
        return second_step(&here, &id, &visit, Some("That code is not right."));
    }
    here.site.visits().advance(&id, Step::Consent(account));
    pages::to_visit(&here, &id)
}

/// Shows the page that asks for the code.
pub fn second_step(here: &Here, id: &str, visit: &Visit, complaint: Option<&'static str>) -> Response {
    let status = if complaint.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    pages::render(status, &pages::SecondStep { site: pages::Brand::of(here), visit: id, csrf: &visit.csrf, complaint })
}

/// Meeting people until the name is found takes processor time, so it leaves the event loop.
async fn find(here: &Here, username: &str) -> Option<Account> {
    let (site, username) = (here.site.clone(), username.to_owned());
    tokio::task::spawn_blocking(move || site.roster.find(&username)).await.ok().flatten()
}

fn judge(username: &str, password: &str, known: bool, locked: bool) -> Verdict {
    match username {
        _ if password != PASSWORD => {
            if locked {
                Verdict::Locked
            } else {
                Verdict::Wrong
            }
        }
        "locked" => Verdict::Locked,
        "maintenance" => Verdict::Maintenance,
        "wrongpassword" => Verdict::Wrong,
        _ if locked => Verdict::Locked,
        _ if !known => Verdict::Wrong,
        "mfa" => Verdict::SecondStep,
        _ => Verdict::Welcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_end_as_their_names_say() {
        let table = [
            ("ada", "password", true, false, Verdict::Welcome),
            ("ada", "Password", true, false, Verdict::Wrong),
            ("ada", "password", true, true, Verdict::Locked),
            ("ada", "wrong", true, true, Verdict::Locked),
            ("nobody", "password", false, false, Verdict::Wrong),
            ("wrongpassword", "password", false, true, Verdict::Wrong),
            ("locked", "password", false, false, Verdict::Locked),
            ("locked", "guess", false, false, Verdict::Wrong),
            ("maintenance", "password", false, false, Verdict::Maintenance),
            ("mfa", "password", true, false, Verdict::SecondStep),
            ("nodata", "password", true, false, Verdict::Welcome),
        ];
        for (username, password, known, locked, expected) in table {
            assert_eq!(judge(username, password, known, locked), expected, "{username} {password}");
        }
    }
}
