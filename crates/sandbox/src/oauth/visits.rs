//! One visit of one browser to a login page, from the redirect in to the redirect out.

use std::collections::HashMap;

use super::authorize::Request;
use crate::roster::Account;

/// How long a visit may take, in seconds.
const LIFETIME: i64 = 900;
/// Wrong passwords in a row that lock a user name, and for how long.
const ATTEMPTS: u32 = 5;
const LOCK: i64 = 900;

/// Where a visit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Login,
    Code(Account),
    Consent(Account),
}

#[derive(Clone, Debug)]
pub struct Visit {
    pub request: Request,
    pub step: Step,
    /// Ties the forms to the page that showed them.
    pub csrf: String,
    /// Ties the visit to the browser that opened it.
    browser: String,
    opened: i64,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: i64,
}

/// All open visits of one hospital.
#[derive(Debug, Default)]
pub struct Visits {
    open: HashMap<String, Visit>,
    failures: HashMap<String, Failures>,
}

impl Visits {
    pub fn open(&mut self, id: String, browser: String, csrf: String, request: Request, now: i64) -> Visit {
        self.open.retain(|_, visit| visit.opened + LIFETIME > now);
        let visit = Visit { request, step: Step::Login, csrf, browser, opened: now };
        self.open.insert(id, visit.clone());
        visit
    }

    /// The visit, if this browser opened it and it is not too old.
    pub fn find(&self, id: &str, browser: &str, now: i64) -> Option<&Visit> {
        self.open.get(id).filter(|visit| visit.browser == browser && visit.opened + LIFETIME > now)
    }

    pub fn advance(&mut self, id: &str, step: Step) {
        if let Some(visit) = self.open.get_mut(id) {
            visit.step = step;
        }
    }

    pub fn close(&mut self, id: &str) {
        self.open.remove(id);
    }

    pub fn locked(&self, username: &str, now: i64) -> bool {
        self.failures.get(username).is_some_and(|failures| failures.count >= ATTEMPTS && failures.last + LOCK > now)
    }

    pub fn failed(&mut self, username: &str, now: i64) {
        let failures = self.failures.entry(username.to_owned()).or_insert(Failures { count: 0, last: now });
        failures.count = if failures.last + LOCK > now { failures.count + 1 } else { 1 };
        failures.last = now;
    }

    pub fn succeeded(&mut self, username: &str) {
        self.failures.remove(username);
    }
}
