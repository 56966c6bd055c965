//! What happens to every request: an id, an address, a count, and the error envelope.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::Metrics;
use crate::problem::Problem;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-humanapi-request-id");

/// Where a request comes from, for limits; never stored, never logged.
#[derive(Debug, Clone, Copy)]
pub struct Address(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Address, Self::Rejection> {
        Ok(parts.extensions.get::<Address>().copied().unwrap_or(Address(Ipv4Addr::UNSPECIFIED.into())))
    }
}

pub(crate) async fn observe(
    State((metrics, proxies)): State<(Arc<Metrics>, usize)>,
    mut request: Request,
    next: Next,
) -> Response {
    #[allow(clippy::disallowed_methods)]
    let began = Instant::now();
    let id = request_id();
    let address = address(&request, proxies);
    request.extensions_mut().insert(Address(address));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.as_deref().unwrap_or("unmatched");

    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>().or_else(|| unworded(&response)) {
        let body = problem.body(&id).to_string();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        *response.body_mut() = if method == axum::http::Method::HEAD { Body::empty() } else { Body::from(body) };
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }

    let status = response.status();
    let took = began.elapsed();
    metrics.count(route, status, took);
    if status.is_server_error() {
        tracing::error!(request_id = id, %method, route, status = status.as_u16(), ms = took.as_millis() as u64, "answered");
    } else {
        tracing::debug!(request_id = id, %method, route, status = status.as_u16(), ms = took.as_millis() as u64, "answered");
    }
    response
}

/// What the framework refused in words of its own, or without any: callers know one shape, and its
/// words may quote what was sent.
fn unworded(response: &Response) -> Option<Problem> {
    let status = response.status();
    let media = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let worded =
        ["text/html", "application/json", "application/fhir+json"].iter().any(|known| media.starts_with(known));
    if worded || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    Some(match status {
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(status, "This address does not answer this method.").reason("METHOD_NOT_ALLOWED")
        }
        _ => Problem::new(status, "The request could not be read.").reason("INVALID_REQUEST"),
    })
}

/// A random UUID, version 4.
fn request_id() -> String {
    let random: u128 = rand::random();
    let bits = (random & !(0xf000_u128 << 64) & !(0xc000_u128 << 48)) | (0x4000_u128 << 64) | (0x8000_u128 << 48);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The peer's address, or the one the outermost trusted proxy saw.
fn address(request: &Request, proxies: usize) -> IpAddr {
    let peer =
        request.extensions().get::<ConnectInfo<SocketAddr>>().map_or(Ipv4Addr::UNSPECIFIED.into(), |info| info.0.ip());
    let Some(behind) = proxies.checked_sub(1) else { return peer };
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    forwarded.len().checked_sub(1 + behind).and_then(|at| forwarded[at].parse().ok()).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(forwarded: &str, proxies: usize) -> String {
        let mut request = Request::builder().header("x-forwarded-for", forwarded).body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 1))));
        address(&request, proxies).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(from("1.1.1.1, 2.2.2.2", 0), "10.0.0.1");
        assert_eq!(from("1.1.1.1, 2.2.2.2", 1), "2.2.2.2");
        assert_eq!(from("1.1.1.1, 2.2.2.2", 2), "1.1.1.1");
        assert_eq!(from("1.1.1.1", 3), "10.0.0.1");
        assert_eq!(from("garbage", 1), "10.0.0.1");
    }

    #[test]
    fn request_ids_are_version_4_uuids() {
        let id = request_id();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
        assert_ne!(id, request_id());
    }
}
