//! A report as a page that needs nothing from anywhere.

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sheet::{Body, Cell, Sheet};

const STYLE: &str = include_str!("../../../assets/report.css");

/// Nothing is loaded, run, framed or sent; the one style is named by its hash.
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    )
});

#[derive(Template)]
#[template(path = "reports/report.html")]
struct Page<'a> {
    sheet: &'a Sheet,
    style: &'static str,
}

pub(super) fn draw(sheet: &Sheet) -> Vec<u8> {
    // Writing into memory has no way to fail.
    Page { sheet, style: STYLE }.render().unwrap_or_default().into_bytes()
}
