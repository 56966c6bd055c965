//! The drop-in browser client under every name integrators load it by.

use axum::Router;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::Engine;

static UMD: &[u8] = include_bytes!("../../../clients/js/dist/humanapi-connect-client.js");
static ESM: &[u8] = include_bytes!("../../../clients/js/dist/humanapi-connect-client.mjs");

/// The version of the file that is served, as its source says.
pub const VERSION: &str = "3.0.0";

/// Releases of the vendor's client that pages may still name; all are answered with ours.
const ANSWERED: [&str; 17] = [
    "1.2.3", "1.2.4", "1.3.0", "2.0.0", "2.0.2", "2.0.4", "2.1.0", "2.2.0", "2.2.1", "2.3.0", "2.3.1", "2.4.0",
    "2.4.1", "2.4.2", "2.4.3", "2.4.4", "2.4.5",
];

pub fn router() -> Router<Engine> {
    names().into_iter().fold(Router::new(), |router, (name, file)| {
        router.route(
            &name,
            get(move |RawQuery(query): RawQuery, headers: HeaderMap| async move {
                file.or_module(query.as_deref()).serve(&headers)
            }),
        )
    })
}

/// One of the two builds, under one of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct File {
    module: bool,
    /// Named by our exact version, which never changes.
    exact: bool,
}

fn names() -> Vec<(String, File)> {
    let major = VERSION.split('.').next().unwrap_or_default();
    let moving = ["latest", "1", "2", major].into_iter().chain(ANSWERED).map(|version| (version, false));
    moving
        .chain([(VERSION, true)])
        .flat_map(|(version, exact)| {
            [("js", false), ("mjs", true)].map(|(extension, module)| {
                (format!("/humanapi-connect-client@{version}.{extension}"), File { module, exact })
            })
        })
        .collect()
}

impl File {
    /// `?module` asks for the module under the script's name.
    fn or_module(self, query: Option<&str>) -> File {
        let asked =
            query.is_some_and(|query| query.split('&').any(|pair| pair == "module" || pair.starts_with("module=")));
        File { module: self.module || asked, ..self }
    }

    fn caching(self) -> &'static str {
        if self.exact {
            "public, max-age=31536000, immutable"
        } else {
            "public, max-age=600, stale-while-revalidate=86400"
        }
    }

    fn serve(self, headers: &HeaderMap) -> Response {
        const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
        let bytes = if self.module { ESM } else { UMD };
        let etag = format!("\"{}\"", crate::connect::fingerprint(bytes));
        let known =
            headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
                value.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
            });
        let head = [
            (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (header::CACHE_CONTROL, self.caching()),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CORP, "cross-origin"),
        ];
        let tag = [(header::ETAG, etag)];
        if known { (StatusCode::NOT_MODIFIED, head, tag).into_response() } else { (head, tag, bytes).into_response() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_use_is_answered() {
        let names = names();
        let find = |name: &str| names.iter().find(|(known, _)| known == name).map(|(_, file)| *file);
        for version in ["latest", "1", "2", "3", "1.2.4", "2.0.4", "2.4.3", "2.4.5"] {
            let name = format!("/humanapi-connect-client@{version}.js");
            assert_eq!(find(&name), Some(File { module: false, exact: false }), "{name}");
        }
        let ours = find(&format!("/humanapi-connect-client@{VERSION}.mjs"));
        assert_eq!(ours, Some(File { module: true, exact: true }));
        let script = File { module: false, exact: false };
        assert!(script.or_module(Some("x=1&module")).module && !script.or_module(Some("modules")).module);
    }

    #[test]
    fn the_built_file_says_the_same_version() {
        let text = String::from_utf8_lossy(UMD);
        assert!(text.contains(&format!("'{VERSION}'")));
    }
}
