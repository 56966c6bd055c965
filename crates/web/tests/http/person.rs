//! An integrator's user, who connects hospitals in a browser and whose data an app then reads.

use serde_json::{Value, json};
use url::Url;

use crate::answer::Answer;
use crate::browser::{Browser, Page, target};
use crate::town::{Client, Hospital, Town};
use crate::wire::Ask;

pub struct Person<'a> {
    town: &'a Town,
    client: &'a Client,
    pub user: String,
    pub browser: Browser,
    /// The address of the visit they last opened.
    pub visit: Option<Url>,
}

impl<'a> Person<'a> {
    pub fn new(town: &'a Town, client: &'a Client, user: &str) -> Person<'a> {
        Person { town, client, user: user.to_owned(), browser: Browser::default(), visit: None }
    }

    /// The same person at another app.
    pub fn at(self, client: &'a Client) -> Person<'a> {
        Person { client, ..self }
    }

    /// What the app is told when it asks for a token.
    pub async fn asks(&self, kind: &str) -> Answer {
        let body = json!({
            "client_id": self.client.id(), "client_secret": self.client.secret(),
            "client_user_id": self.user, "type": kind,
        });
        self.town.token(&body).await
    }

    pub async fn session_token(&self) -> String {
        self.asks("session").await.member("session_token")
    }

    pub async fn id_token(&self) -> String {
        self.asks("id").await.member("id_token")
    }

    pub async fn access_token(&self) -> String {
        self.asks("access").await.member("access_token")
    }

    /// Opens the widget with a token.
    pub async fn opens(&mut self, token: &str) -> Page {
        let at = Url::parse(&format!("{}/connect?token={token}", self.town.origin)).expect("a URL");
        let page = self.browser.open(&at).await;
        assert_eq!(page.answer.status, 200, "{}", page.words());
        let ticket = page.at.path_segments().and_then(|mut parts| parts.nth(1)).expect("a page of a visit");
        self.visit = Some(page.at.join(&format!("/connect/{ticket}/")).expect("a URL"));
        page
    }

    /// One of the visit's pages.
    pub async fn looks_at(&mut self, page: &str) -> Page {
        let at = self.page(page);
        let page = self.browser.open(&at).await;
        assert_eq!(page.answer.status, 200, "{at}: {}", page.words());
        page
    }

    pub fn page(&self, page: &str) -> Url {
        self.visit.as_ref().expect("an open visit").join(page).expect("a URL")
    }

    /// From the search to the hospital's login page, which is not opened yet.
    pub async fn chooses(&mut self, hospital: &Hospital) -> Url {
        let mut search = self.page("search");
        search.query_pairs_mut().append_pair("q", hospital.name);
        let found = self.browser.open(&search).await;
        let page = self.browser.submit(&found.form("/choose")).await;
        assert!(page.at.path().ends_with("/signin"), "{}: {}", page.at, page.words());
        let go = self.page("go?display=page");
        // As browsers say of a link on a page of ours.
        let left = self.browser.ask(&go, Ask::get(target(&go)).header("sec-fetch-site", "same-origin")).await;
        Url::parse(left.location()).expect("the hospital's address")
    }

    /// At the hospital, up to the address that leads back to us.
    pub async fn signs_in(&mut self, away: &Url, login: &str, answer: &str) -> Url {
        let home = format!("{}/connect/callback", self.town.origin);
        let page = self.browser.open_until(away, &home).await;
        let page = match page.at.as_str().starts_with(&home) {
            true => return page.at,
            false => page.form("/login").fill("username", login).fill("password", "password"),
        };
        let page = self.browser.submit(&page).await;
        self.browser.submit_until(&page.form("/consent").press(answer), &home).await.at
    }

    /// Opens the widget and comes back from the hospital; the callback is not opened yet.
    pub async fn returns_from(&mut self, hospital: &Hospital) -> Url {
        let token = self.session_token().await;
        self.opens(&token).await;
        let away = self.chooses(hospital).await;
        self.signs_in(&away, &hospital.login, "allow").await
    }

    /// The whole way, until the records are read.
    pub async fn connects(mut self, hospital: &Hospital) -> Person<'a> {
        let session = self.asks("session").await;
        let token = match session.status {
            200 => session.member("session_token"),
            _ => self.id_token().await,
        };
        self.opens(&token).await;
        let away = self.chooses(hospital).await;
        let back = self.signs_in(&away, &hospital.login, "allow").await;
        let page = self.browser.open(&back).await;
        assert!(page.at.path().contains("/progress/"), "{}: {}", page.at, page.words());
        self.town.run_jobs().await;
        self
    }

    /// Disconnects everything on the page of connected providers.
    pub async fn disconnects(&mut self) {
        let token = self.id_token().await;
        self.opens(&token).await;
        loop {
            let page = self.looks_at("connected").await;
            let mut links = page.answer.text().split("href=\"").filter_map(|rest| rest.split('"').next());
            let Some(link) = links.find(|to| to.contains("/disconnect/")) else { return };
            let at = page.at.join(link).expect("a URL");
            let confirm = self.browser.open(&at).await;
            let (_, connection) = confirm.at.path().rsplit_once('/').expect("a connection");
            self.browser.submit(&confirm.form(connection)).await;
        }
    }

    pub async fn is_deleted(&self) {
        self.town.engine.delete_human(self.client.app.client_id, &self.user).await.expect("a user to delete");
    }

    /// Reads with a fresh access token.
    pub async fn get(&self, target: &str) -> Answer {
        let token = self.access_token().await;
        self.town.send(Ask::get(target).bearer(&token)).await
    }

    /// Every row of a list, by following `next` to the end.
    pub async fn all(&self, target: &str) -> Vec<Value> {
        let token = self.access_token().await;
        let mut rows = Vec::new();
        let mut next = Some(target.to_owned());
        while let Some(at) = next {
            let page = self.town.send(Ask::get(&at).bearer(&token)).await;
            rows.extend(page.rows());
            assert!(rows.len() <= page.total(), "{target}: more rows than {}", page.total());
            next = next_of(page.header("link"), &self.town.origin);
            assert!(next.is_some() || rows.len() == page.total(), "{target}: {} of {}", rows.len(), page.total());
        }
        rows
    }
}

/// Published clients take the first address of the header as the next page, if it is named so.
fn next_of(link: Option<&str>, origin: &str) -> Option<String> {
    let (at, rest) = link?.strip_prefix('<')?.split_once('>')?;
    rest.starts_with("; rel=\"next\"").then(|| at.strip_prefix(origin).expect("an address of ours").to_owned())
}
