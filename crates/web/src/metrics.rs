//! Counters for operators, in Prometheus' text form. No label ever holds a person, an app or a query.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;

/// Upper bounds of the latency buckets, in milliseconds.
const BOUNDS: [u64; 9] = [1, 5, 10, 50, 100, 500, 1000, 5000, 30_000];

#[derive(Default)]
struct Route {
    by_class: [AtomicU64; 6],
    buckets: [AtomicU64; BOUNDS.len() + 1],
    sum_us: AtomicU64,
}

/// Requests by route, status class and duration.
#[derive(Default)]
pub struct Metrics {
    routes: RwLock<BTreeMap<String, Route>>,
}

impl Metrics {
    pub(crate) fn count(&self, route: &str, status: StatusCode, took: Duration) {
        if let Ok(routes) = self.routes.read()
            && let Some(known) = routes.get(route)
        {
            return known.add(status, took);
        }
        // Routes are patterns from our own table, so this map cannot grow without bound.
        if let Ok(mut routes) = self.routes.write() {
            routes.entry(route.to_owned()).or_default().add(status, took);
        }
    }

    pub(crate) fn render(&self) -> String {
        let mut text = String::from(
            "# HELP tributary_http_requests_total Requests answered, by route and status class.\n# TYPE tributary_http_requests_total counter\n",
        );
        let Ok(routes) = self.routes.read() else { return text };
        for (route, counts) in routes.iter() {
            for (class, count) in counts.by_class.iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let _ = writeln!(
                        text,
                        "tributary_http_requests_total{{route=\"{route}\",status=\"{class}xx\"}} {count}"
                    );
                }
            }
        }
        text.push_str(
            "# HELP tributary_http_request_seconds Time to answer.\n# TYPE tributary_http_request_seconds histogram\n",
        );
        for (route, counts) in routes.iter() {
            let mut cumulative = 0;
            for (at, bucket) in counts.buckets.iter().enumerate() {
                cumulative += bucket.load(Ordering::Relaxed);
                let bound = BOUNDS.get(at).map_or("+Inf".to_owned(), |ms| (*ms as f64 / 1000.0).to_string());
                let _ = writeln!(
                    text,
                    "tributary_http_request_seconds_bucket{{route=\"{route}\",le=\"{bound}\"}} {cumulative}"
                );
            }
            let sum = counts.sum_us.load(Ordering::Relaxed) as f64 / 1e6;
            let _ = writeln!(text, "tributary_http_request_seconds_sum{{route=\"{route}\"}} {sum}");
            let _ = writeln!(text, "tributary_http_request_seconds_count{{route=\"{route}\"}} {cumulative}");
        }
        text
    }
}

impl Route {
    fn add(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).min(5);
        self.by_class[class].fetch_add(1, Ordering::Relaxed);
        let ms = took.as_millis() as u64;
        let bucket = BOUNDS.iter().position(|bound| ms <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_route_and_class() {
        let metrics = Metrics::default();
        metrics.count("/v1/human", StatusCode::OK, Duration::from_millis(3));
        metrics.count("/v1/human", StatusCode::UNAUTHORIZED, Duration::from_millis(700));
        let text = metrics.render();
        assert!(text.contains("tributary_http_requests_total{route=\"/v1/human\",status=\"2xx\"} 1"), "{text}");
        assert!(text.contains("le=\"0.005\"} 1"), "{text}");
        assert!(text.contains("le=\"+Inf\"} 2"), "{text}");
    }
}
