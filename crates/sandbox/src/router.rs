//! Every address the sandbox answers to.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router, middleware};
use serde_json::{Value, json};

use crate::faults::{Faults, Order};
use crate::fhir::outcome::Refusal;
use crate::fhir::{capability, dstu2, read, search};
use crate::oauth::{authorize, consent, discovery, introspect, login, revoke, tokens};
use crate::world::{Here, World};
use crate::{brands, gate, pages};

pub fn router(world: Arc<World>) -> Router {
    let fhir = Router::new()
        .route("/{slug}/fhir/r4/.well-known/smart-configuration", get(discovery::smart))
        .route("/{slug}/fhir/r4/metadata", get(capability::get))
        .route("/{slug}/fhir/r4/{kind}", get(search::get))
        .route("/{slug}/fhir/r4/{kind}/{id}", get(read::get))
        .route("/{slug}/fhir/dstu2/.well-known/smart-configuration", any(unknown_fhir))
        .route("/{slug}/fhir/dstu2/metadata", get(dstu2::metadata))
        .route("/{slug}/fhir/dstu2/{kind}", get(dstu2::search))
        .route("/{slug}/fhir/dstu2/{kind}/{id}", get(dstu2::read))
        .method_not_allowed_fallback(read_only)
        .route("/{slug}/fhir/dstu2", any(unknown_fhir))
        .route("/{slug}/fhir/dstu2/{kind}/{id}/{*rest}", any(unknown_fhir))
        .route("/{slug}/fhir/r4", any(unknown_fhir))
        .route("/{slug}/fhir/r4/{kind}/{id}/{*rest}", any(unknown_fhir));
    let oauth = Router::new()
        .route("/{slug}/.well-known/openid-configuration", get(discovery::openid))
        .route("/{slug}/jwks", get(discovery::jwks))
        .route("/{slug}/authorize", get(authorize::get).post(authorize::post))
        .route("/{slug}/login", post(login::post))
        .route("/{slug}/code", post(login::post_code))
        .route("/{slug}/visit/{id}", get(consent::get))
        .route("/{slug}/consent", post(consent::post))
        .route("/{slug}/token", post(tokens::post))
        .route("/{slug}/revoke", post(revoke::post))
        .route("/{slug}/introspect", post(introspect::post));
    let tests = Router::new()
        .route("/{slug}/faults", post(order).delete(clear))
        .route("/{slug}/stats", get(stats))
        .route("/brands/faults", post(order_brands).delete(clear_brands));
    Router::new()
        .route("/", get(pages::sandbox))
        .route("/assets/sandbox.css", get(pages::sandbox_css))
        .route("/brands.json", get(brands::get))
        .route("/.well-known/smart-configuration", get(discovery::smart_at_root))
        .route("/{slug}", get(pages::hospital))
        .route("/{slug}/", get(pages::hospital))
        .route("/{slug}/logo.svg", get(pages::logo))
        .route("/{slug}/portal.css", get(pages::portal_css))
        .merge(fhir)
        .merge(oauth)
        .merge(tests)
        .layer(middleware::from_fn_with_state(world.clone(), gate::pass))
        .with_state(world)
}

async fn read_only(_: HeaderMap) -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "not-supported", "this server is for reading only")
}

async fn unknown_fhir() -> Refusal {
    Refusal::not_supported("this server has nothing at this address")
}

async fn order(here: Here, Json(orders): Json<Value>) -> Response {
    place(&mut here.site.faults(), orders)
}

async fn clear(here: Here) -> StatusCode {
    here.site.faults().clear();
    StatusCode::NO_CONTENT
}

async fn stats(here: Here) -> Json<Value> {
    Json(json!({"requests": here.site.faults().asked()}))
}

async fn order_brands(State(world): State<Arc<World>>, Json(orders): Json<Value>) -> Response {
    place(&mut locked(&world.directory), orders)
}

async fn clear_brands(State(world): State<Arc<World>>) -> StatusCode {
    locked(&world.directory).clear();
    StatusCode::NO_CONTENT
}

/// One order or a list of them.
fn place(faults: &mut Faults, orders: Value) -> Response {
    let orders = if orders.is_array() { orders } else { json!([orders]) };
    let orders: Vec<Order> = match serde_json::from_value(orders) {
        Ok(orders) => orders,
        Err(error) => return refuse(error.to_string()),
    };
    for order in orders {
        if let Err(name) = faults.order(order) {
            return refuse(format!("unknown fault {name}"));
        }
    }
    StatusCode::NO_CONTENT.into_response()
}

fn refuse(reason: String) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": reason}))).into_response()
}

fn locked(faults: &Mutex<Faults>) -> std::sync::MutexGuard<'_, Faults> {
    faults.lock().expect("no holder of the faults panics")
}
