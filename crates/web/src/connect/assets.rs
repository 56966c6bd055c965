//! Style, script and artwork, under addresses that change with their content.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::Engine;

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

static ASSETS: [Asset; 4] = [
    Asset { name: "connect.css", kind: "text/css; charset=utf-8", bytes: include_bytes!("../../assets/connect.css") },
    Asset {
        name: "connect.js",
        kind: "text/javascript; charset=utf-8",
        bytes: include_bytes!("../../assets/connect.js"),
    },
    Asset { name: "mark.svg", kind: "image/svg+xml", bytes: include_bytes!("../../assets/mark.svg") },
    Asset {
        name: "launch-connect-text.svg",
        kind: "image/svg+xml",
        bytes: include_bytes!("../../assets/launch-connect-text.svg"),
    },
];

static ADDRESSES: LazyLock<Vec<String>> = LazyLock::new(|| {
    ASSETS.iter().map(|asset| format!("/assets/{}/{}", fingerprint(asset.bytes), asset.name)).collect()
});

/// A cache key, not a security measure.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The address of a file in `assets/`.
pub fn address(name: &str) -> &'static str {
    ADDRESSES.iter().find(|address| address.ends_with(&format!("/{name}"))).map_or("", String::as_str)
}

pub fn router() -> Router<Engine> {
    Router::new()
        .route("/assets/{hash}/{name}", get(asset))
        .route("/images/data-source-type-icons/launch-connect-text.svg", get(launch_image))
}

async fn asset(Path((hash, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // During a rolling upgrade a page may ask for a neighbour's version.
    let same = hash == fingerprint(asset.bytes);
    serve(asset, if same { "public, max-age=31536000, immutable" } else { "no-cache" })
}

/// The address drop-in clients load behind the frame while it opens.
async fn launch_image() -> Response {
    serve(&ASSETS[3], "public, max-age=86400")
}

fn serve(asset: &'static Asset, caching: &'static str) -> Response {
    const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, caching),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CORP, "cross-origin"),
    ];
    (headers, asset.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_carry_the_content() {
        assert!(address("connect.css").starts_with("/assets/"));
        assert_eq!(address("connect.css").len(), "/assets/".len() + 16 + "/connect.css".len());
        assert_ne!(fingerprint(b"a"), fingerprint(b"b"));
    }
}
