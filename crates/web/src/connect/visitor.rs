//! The person in front of a screen: their visit, found by the ticket in the address.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use domain::{ConnectionId, SourceId, Step};
use engine::Engine;
use engine::connect::{ConnectError, Linked, Visit};
use serde_json::{Value, json};

use super::failure::Failure;
use super::frame::{Frame, targets};
use super::given::Ticket;
use super::policy::Policy;
use crate::i18n::Texts;

pub struct Visitor {
    pub engine: Engine,
    pub visit: Visit,
    pub texts: &'static Texts,
}

impl FromRequestParts<Engine> for Visitor {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, engine: &Engine) -> Result<Visitor, Failure> {
        let accepted = accepted(&parts.headers).map(str::to_owned);
        let Ok(Ticket(ticket)) = Ticket::from_request_parts(parts, engine).await;
        match engine.visit(&ticket).await {
            Ok(visit) => Ok(Visitor::new(engine.clone(), visit, accepted.as_deref())),
            Err(error) => Err(Failure::new(error, Texts::choose(None, accepted.as_deref())).of_ticket(ticket)),
        }
    }
}

pub fn accepted(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

impl Visitor {
    pub fn new(engine: Engine, visit: Visit, accepted: Option<&str>) -> Visitor {
        let texts = Texts::choose(visit.session.launch.language.as_deref(), accepted);
        Visitor { engine, visit, texts }
    }

    /// The address of one of this visit's pages.
    pub fn to(&self, page: &str) -> String {
        format!("/connect/{}/{page}", self.visit.ticket)
    }

    /// The address of the screen a step is shown on.
    pub fn to_step(&self, step: &Step) -> String {
        self.to(&match step {
            Step::Welcome => "welcome".to_owned(),
            Step::Search => "search".to_owned(),
            Step::SignIn { .. } => "signin".to_owned(),
            Step::Trouble { .. } => "trouble".to_owned(),
            Step::Progress { connection } => format!("progress/{connection}"),
            Step::Connected => "connected".to_owned(),
        })
    }

    /// Remembers that this screen is shown.
    pub async fn stand(&mut self, step: Step) -> Result<(), Failure> {
        if self.visit.session.step != step {
            self.go(step, None).await?;
        }
        Ok(())
    }

    pub async fn go(&mut self, step: Step, search: Option<&str>) -> Result<(), Failure> {
        match self.engine.go(&self.visit, step, search).await {
            Ok(visit) => {
                self.visit = visit;
                Ok(())
            }
            Err(error) => Err(self.failure(error)),
        }
    }

    pub fn failure(&self, error: ConnectError) -> Failure {
        Failure::new(error, self.texts).within(self)
    }

    pub fn find_linked(&self, id: ConnectionId) -> Option<&Linked> {
        self.visit.connections.iter().find(|linked| linked.connection.id == id)
    }

    /// What a person calls a source; their own connection's name before the directory's.
    pub async fn source_name(&self, source: SourceId) -> String {
        let linked = self.visit.connections.iter().find(|linked| linked.connection.source == source);
        if let Some(linked) = linked {
            return linked.connection.source_name.clone();
        }
        // Without the directory the page still says what there is to say.
        let brand = self.engine.find_brand(source).await.ok().flatten();
        brand.map_or_else(|| self.texts.t("the-provider"), |brand| brand.name.clone())
    }

    /// A screen's frame with the X, and the messages the parent has not had yet.
    pub fn frame(&self, title: String) -> Frame {
        let launch = &self.visit.session.launch;
        let pending = self.engine.pending_messages(&self.visit);
        let bodies: Vec<&Value> = pending.iter().map(|message| &message.body).collect();
        let announced: Vec<_> = pending.iter().map(|message| &message.announced).collect();
        Frame::new(self.texts, Some(&self.visit.app), title)
            .close(self.to("close"))
            .tell("targets", json!(targets(Some(&self.visit.app), launch.callback_origin.as_deref())))
            .tell("ready", json!(true))
            .tell("messages", json!(bodies))
            .tell("announced", json!(announced))
            .tell("seen", json!(self.to("seen")))
    }

    pub fn show(&self, screen: &impl Template) -> Response {
        self.show_as(StatusCode::OK, screen)
    }

    pub fn show_as(&self, status: StatusCode, screen: &impl Template) -> Response {
        Policy::of_visit(&self.visit.app, &self.visit.session, self.engine.development()).page(status, render(screen))
    }
}

pub fn render(screen: &impl Template) -> String {
    screen.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a screen could not be rendered");
        String::new()
    })
}
