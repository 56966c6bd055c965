use domain::Timestamp;
use records::reports::{Code, Draft, Source, Standing};
use serde_json::json;

use super::sheet::Sheet;
use super::{html, pdf};
use crate::i18n::Texts;

fn sheet(code: Code, records: &[(&str, serde_json::Value)]) -> Sheet {
    let mut draft = Draft::new(code, Timestamp::parse("2026-01-31T09:30:00Z").unwrap());
    for (kind, record) in records {
        draft.take(kind, record.to_string().as_bytes());
    }
    let source = Source { name: "Riverbend <Clinic>".to_owned(), standing: Standing::Reading };
    Sheet::new(&draft.finish(vec![source]), Texts::choose(None, None))
}

fn problem(name: &str) -> (&'static str, serde_json::Value) {
    ("issues", json!({ "id": "65c00a10f1d2c3000a000001", "name": name, "status": "Active" }))
}

fn read(pdf: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.pdf");
    std::fs::write(&path, pdf).unwrap();
    let Ok(out) = std::process::Command::new("pdftotext").arg(&path).arg("-").output() else {
        eprintln!("pdftotext is not installed: the text of the PDF was not read");
        return None;
    };
    assert!(out.status.success());
    String::from_utf8(out.stdout).ok()
}

#[test]
fn what_people_are_called_is_text_and_nothing_else() {
    let long = "N".repeat(10_000);
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</style></title></main>{{ name }}",
        "&lt;b&gt; &amp; 'quoted'",
        "\u{202e}gpj.exe\u{2066}\u{0}\u{1b}[31m",
        "javascript:alert(1)",
        "\\) Tj ET Q",
        &long,
        "\u{200d}\u{fe0f}\u{301}\u{301}\u{301}",
        "\u{fdd0}\u{10ffff}\u{e000}",
    ];
    let records: Vec<_> = hostile.iter().map(|name| problem(name)).collect();
    for code in [Code::Unity, Code::Healthcheck, Code::Highlights] {
        let sheet = sheet(code, &records);
        let page = String::from_utf8(html::draw(&sheet)).unwrap();
        for markup in ["<script", "<img", "</main>{", "Riverbend <Clinic>", "\u{202e}", "\u{2066}", "\u{0}", "\u{1b}"] {
            assert!(!page.contains(markup), "{markup:?}");
        }
        assert_eq!(page.matches("</style>").count(), 1);
        assert!(page.contains("alert(1)") && page.contains("gpj.exe"), "shown as it is written");
        assert!(!page.contains(&"N".repeat(401)) && page.contains(&format!("{}…", "N".repeat(400))));
        let file = pdf::draw(&sheet).expect("a PDF");
        assert!(file.starts_with(b"%PDF-1.7"));
        if let Some(text) = read(&file) {
            assert!(text.contains("<script>alert(1)</script>") && text.contains("gpj.exe"), "{text}");
        }
    }
}

#[test]
fn names_of_every_script_are_drawn_or_spelled() {
    let names = ["Ελένη Παππά", "Наталья Ковальчук", "השם שלי", "ليلى السيد", "Nguyễn Thị Hằng", "張偉", "हिन्दी"];
    let mut records: Vec<_> = names.iter().map(|name| problem(name)).collect();
    records.push(("demographics", json!({ "id": "1", "name": { "given": ["偉"], "family": "張" } })));
    let sheet = sheet(Code::Highlights, &records);
    let file = pdf::draw(&sheet).expect("a PDF");
    let conforms = b"pdfuaid";
    assert!(file.windows(conforms.len()).any(|part| part == conforms), "it says that it is PDF/UA");
    let Some(text) = read(&file) else { return };
    // The letters that are copied are those of the record.
    for name in ["Ελένη Παππά", "Наталья Ковальчук", "Nguyễn Thị Hằng", "張偉"] {
        assert!(text.contains(name), "{name} in {text}");
    }
    assert!(text.contains("spelled in Latin letters"), "{text}");
    let page = String::from_utf8(html::draw(&sheet)).unwrap();
    assert!(names.iter().all(|name| page.contains(name)));
}

#[test]
fn nothing_known_is_said_in_every_section() {
    let sheet = sheet(Code::Unity, &[]);
    let page = String::from_utf8(html::draw(&sheet)).unwrap();
    assert_eq!(page.matches("class=\"nothing\"").count(), Code::Unity.topics().len());
    assert!(page.contains("The record does not say whose it is"));
    assert!(page.contains("Being read for the first time"));
    assert!(pdf::draw(&sheet).is_some());
}

#[test]
fn a_long_record_fills_many_pages() {
    let mut records: Vec<_> = (0..300).map(|number| problem(&format!("Problem {number}"))).collect();
    records.push(("instructions", json!({ "id": "2", "name": "Advice", "text": "Drink water. ".repeat(1500) })));
    let Some(text) = read(&pdf::draw(&sheet(Code::Unity, &records)).expect("a PDF")) else { return };
    assert!((0..300).all(|number| text.contains(&format!("Problem {number}"))));
    let pages = text.matches('\u{c}').count();
    assert!(pages > 8 && text.contains(&format!("Page {pages} of {pages}")), "{pages} pages");
}
