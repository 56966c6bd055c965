//! Finding a provider: as a page, as the list alone while typing, and as JSON for other front ends.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{SourceId, Step};
use engine::Engine;
use engine::StoreError;
use engine::connect::ConnectError;
use engine::directory::Search;
use serde_json::json;

use super::cards::Card;
use super::failure::Failure;
use super::frame::Frame;
use super::given::Given;
use super::policy::private;
use super::visitor::Visitor;
use crate::i18n::{Key, Texts};
use crate::problem::Problem;

const RESULTS: usize = 20;
const LONGEST: usize = 200;

/// Words people begin with.
const KINDS: [(Key, Key); 5] = [
    (Key("kind-hospital"), Key("kind-hospital-query")),
    (Key("kind-clinic"), Key("kind-clinic-query")),
    (Key("kind-children"), Key("kind-children-query")),
    (Key("kind-laboratory"), Key("kind-laboratory-query")),
    (Key("kind-pharmacy"), Key("kind-pharmacy-query")),
];

/// What is under the input.
#[derive(Template)]
#[template(path = "connect/results.html")]
struct Results {
    frame: Frame,
    query: String,
    choose: String,
    unlisted: String,
    files: String,
    earlier: Vec<Card>,
    pinned: Vec<Card>,
    found: Vec<Card>,
    kinds: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "connect/search.html")]
struct SearchPage {
    frame: Frame,
    action: String,
    query: String,
    results: String,
}

#[derive(Template)]
#[template(path = "connect/unlisted.html")]
struct Unlisted {
    frame: Frame,
    query: String,
    again: String,
    files: String,
}

pub async fn search(mut visitor: Visitor, ask: Given) -> Result<Response, Failure> {
    let query = ask.get("q").map_or_else(|| visitor.visit.session.search.clone(), clean);
    if ask.get("fragment").is_some() {
        return Ok(visitor.show(&results(&visitor, query).await?));
    }
    if visitor.visit.session.step != Step::Search || visitor.visit.session.search != query {
        visitor.go(Step::Search, Some(&query)).await?;
    }
    let frame = visitor.frame(visitor.texts.t("search-title")).back(visitor.to("welcome"));
    let results = super::visitor::render(&results(&visitor, query.clone()).await?);
    Ok(visitor.show(&SearchPage { frame, action: visitor.to("search"), query, results }))
}

/// What a person can do whose provider is not in the directory.
pub async fn unlisted(visitor: Visitor, ask: Given) -> Response {
    let query = ask.get("q").map(clean).unwrap_or_default();
    let frame = visitor.frame(visitor.texts.t("unlisted-title")).back(visitor.to("search"));
    visitor.show(&Unlisted { frame, query, again: visitor.to("search"), files: visitor.to("files") })
}

/// The same search for other front ends, with a Connect token as bearer. It opens no visit and
/// changes none: a front end that wants the pages launches the widget.
pub async fn api(State(engine): State<Engine>, headers: HeaderMap, ask: Given) -> Result<Response, Failure> {
    let mut response = found(&engine, &headers, &ask).await?;
    private(&mut response);
    Ok(response)
}

async fn found(engine: &Engine, headers: &HeaderMap, ask: &Given) -> Result<Response, Failure> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match engine.check_connect_token(bearer).await {
        Ok(_) => {}
        Err(ConnectError::Closed { status, .. }) => {
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "This search needs a Connect token as bearer token.");
            return Ok(problem.reason(status.as_str()).header(header::WWW_AUTHENTICATE, "Bearer").into_response());
        }
        Err(ConnectError::AppDisabled { .. }) => {
            let problem = Problem::new(StatusCode::FORBIDDEN, "This app is disabled.");
            return Ok(problem.reason("APP_DISABLED").into_response());
        }
        Err(error) => return Err(Failure::new(error, Texts::choose(None, super::visitor::accepted(headers)))),
    }
    let Ok(limit) = ask.filled("limit").map_or(Ok(RESULTS), str::parse) else {
        let problem = Problem::new(StatusCode::BAD_REQUEST, "The limit must be a whole number.");
        return Ok(problem.reason("INVALID_QUERY").keys("query", vec!["limit".to_owned()]).into_response());
    };
    let query = ask.get("q").map(clean).unwrap_or_default();
    let near = ask.filled("near").map(clean);
    let found = find(engine, &query, near.as_deref(), limit.clamp(1, 50)).await.map_err(ConnectError::from);
    let found = found.map_err(|error| Failure::new(error, Texts::choose(None, super::visitor::accepted(headers))))?;
    let results: Vec<_> = found.iter().map(Card::to_json).collect();
    Ok(Json(json!({ "results": results })).into_response())
}

async fn results(visitor: &Visitor, query: String) -> Result<Results, Failure> {
    let typed = !query.is_empty();
    let texts = visitor.texts;
    let to = visitor.to("search");
    let kinds = KINDS.iter().map(|(label, query)| (texts.t(label.0), link(&to, &texts.t(query.0))));
    let failed = |error: StoreError| visitor.failure(error.into());
    Ok(Results {
        frame: visitor.frame(texts.t("search-title")),
        choose: visitor.to("choose"),
        unlisted: link(&visitor.to("unlisted"), &query),
        files: visitor.to("files"),
        earlier: if typed { vec![] } else { earlier(visitor) },
        pinned: if typed { vec![] } else { pinned(visitor).await.map_err(failed)? },
        found: find(&visitor.engine, &query, None, RESULTS).await.map_err(failed)?,
        kinds: if typed { vec![] } else { kinds.collect() },
        query,
    })
}

async fn find(engine: &Engine, query: &str, near: Option<&str>, limit: usize) -> Result<Vec<Card>, StoreError> {
    if query.is_empty() {
        return Ok(vec![]);
    }
    let found = engine.search_directory(&Search { near, ..Search::of(query, limit) }).await?;
    Ok(found.iter().map(Card::of).collect())
}

fn earlier(visitor: &Visitor) -> Vec<Card> {
    let mut cards: Vec<Card> = Vec::new();
    for linked in &visitor.visit.connections {
        let card = Card::plain(linked.connection.source, &linked.connection.source_name);
        if !cards.iter().any(|other| other.id == card.id) {
            cards.push(card);
        }
    }
    cards
}

/// The providers the app wants first, by id or by name.
async fn pinned(visitor: &Visitor) -> Result<Vec<Card>, StoreError> {
    let launch = &visitor.visit.session.launch;
    let mut cards: Vec<Card> = Vec::new();
    for wanted in launch.pinned_providers.iter().chain(&launch.preseeded_sources) {
        let card = match wanted.parse::<SourceId>() {
            Ok(id) => visitor.engine.find_brand(id).await?.map(|brand| Card::plain(brand.id, &brand.name)),
            Err(_) => {
                let found = visitor.engine.search_directory(&Search::of(wanted, 1)).await?;
                found.first().filter(|found| found.brand.name.eq_ignore_ascii_case(wanted)).map(Card::of)
            }
        };
        if let Some(card) = card.filter(|card| !cards.iter().any(|other| other.id == card.id)) {
            cards.push(Card { name: card.name.into_iter().map(|(text, _)| (text, false)).collect(), ..card });
        }
    }
    Ok(cards)
}

fn clean(query: &str) -> String {
    query.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

fn link(to: &str, query: &str) -> String {
    format!("{to}?{}", url::form_urlencoded::Serializer::new(String::new()).append_pair("q", query).finish())
}
