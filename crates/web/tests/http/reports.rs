//! The record as documents: who gets them, in which forms, and what strange records do to them.

use domain::Timestamp;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::answer::{Answer, masked};
use crate::person::Person;
use crate::town::Town;
use crate::wire::Ask;

const REPORTS: &str = "/v1/human/medical/reports";
const DOCUMENTS: [&str; 3] = ["unity", "healthcheck", "highlights"];

async fn grace(town: &Town) -> Person<'_> {
    town.human("grace").connects(&town.hospital("Starfleet Medical")).await
}

async fn id(person: &Person<'_>, name: &str) -> String {
    let rows = person.get(REPORTS).await.rows();
    let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    row["id"].as_str().expect("an id").to_owned()
}

async fn read(person: &Person<'_>, name: &str, format: &str) -> Answer {
    let id = id(person, name).await;
    let answer = person.get(&format!("{REPORTS}/{id}/raw?format={format}")).await;
    assert_eq!(answer.status, 200, "{name} {format}: {answer:?}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn grace_finds_her_reports() {
    let town = Town::open().await;
    let grace = grace(&town).await;
    let answer = grace.get(REPORTS).await;
    assert_eq!(answer.total(), 5);
    let rows = answer.rows();
    for row in &rows {
        let parts: Vec<&str> = row["id"].as_str().expect("an id").split('-').collect();
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [24, 6, 24], "{row}");
        assert!(parts[0].bytes().all(|byte| byte.is_ascii_hexdigit()) && digits(parts[1]) && digits(parts[2]), "{row}");
    }
    let shown: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!([
                row["name"],
                row["formats"],
                row["createdAt"],
                row["updatedAt"],
                row["id"].as_str().map(|id| &id[25..31])
            ])
        })
        .collect();
    assert_json_snapshot!("reports", shown);
    assert_eq!(rows, grace.get(REPORTS).await.rows(), "ids stay");
    assert_eq!(grace.get(&format!("{REPORTS}?limit=2&offset=4")).await.rows(), rows[4..]);
    assert_eq!(grace.get(&format!("{REPORTS}?updated_since=2027-01-01T00:00:00Z")).await.rows(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_comes_in_its_formats_and_no_other() {
    let town = Town::open().await;
    let grace = grace(&town).await;
    let media =
        [("json", "application/json; charset=utf-8"), ("html", "text/html; charset=utf-8"), ("pdf", "application/pdf")];
    for row in grace.get(REPORTS).await.rows() {
        let at = format!("{REPORTS}/{}/raw", row["id"].as_str().expect("an id"));
        for (format, media) in media {
            let answer = grace.get(&format!("{at}?format={format}")).await;
            if row["formats"].as_array().expect("formats").contains(&json!(format)) {
                assert_eq!((answer.status, answer.header("content-type")), (200, Some(media)), "{row}");
                assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
                assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
                let etag = answer.header("etag").expect("an etag").to_owned();
                let token = grace.access_token().await;
                let again = Ask::get(format!("{at}?format={format}")).bearer(&token).header("if-none-match", etag);
                let again = town.send(again).await;
                assert_eq!((again.status, again.body.len()), (304, 0), "{row} {format}");
            } else {
                assert_eq!(answer.status, 400, "{row} {format}");
                answer.envelope();
            }
        }
        let (plain, asked) = (grace.get(&at).await, grace.get(&format!("{at}?format=json")).await);
        assert_eq!(plain.body, asked.body, "JSON unless another format is asked for");
        assert_eq!(grace.get(&format!("{at}?format=")).await.status, 200);
        for unknown in ["xml", "PDF", "html,pdf", "%00", "json%20"] {
            assert_eq!(grace.get(&format!("{at}?format={unknown}")).await.status, 400, "{unknown}");
        }
    }
    let timeline = id(&grace, "timeline").await;
    let refused = grace.get(&format!("{REPORTS}/{timeline}/raw?format=pdf")).await;
    assert_json_snapshot!("a_timeline_is_no_pdf", refused.shown()["body"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_its_persons_alone() {
    let town = Town::open().await;
    let grace = grace(&town).await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    for row in grace.get(REPORTS).await.rows() {
        let id = row["id"].as_str().expect("an id");
        for other in [id.to_owned(), id.to_uppercase(), id.replace('-', ""), format!("{id}0"), format!("0{}", &id[1..])]
        {
            let answer = ada.get(&format!("{REPORTS}/{other}/raw?format=html")).await;
            assert_eq!(answer.status, 404, "{answer:?}");
            answer.envelope();
        }
        assert_eq!(town.get(&format!("{REPORTS}/{id}/raw")).await.status, 401);
        assert_eq!(grace.get(&format!("{REPORTS}/{id}")).await.status, 404, "raw only");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn graces_highlights_and_timeline() {
    let town = Town::open().await;
    let grace = grace(&town).await;
    let highlights = read(&grace, "highlights", "json").await.json();
    assert_json_snapshot!("highlights", masked(&highlights));
    let digest = read(&grace, "healthcheck", "json").await.json();
    assert_json_snapshot!("healthcheck", masked(&digest));
    let timeline = read(&grace, "timeline", "json").await.json();
    let mut items = 0;
    for (year, rows) in timeline.as_object().expect("years") {
        for row in rows.as_array().expect("items") {
            assert!(row["dateTime"].as_str().expect("a date").starts_with(year.as_str()), "{row}");
            assert!(row["objectType"].is_string());
            items += 1;
        }
    }
    let mut expected = 0;
    for kind in ["encounters", "test_results", "immunizations", "narratives", "vitals"] {
        expected += grace.get(&format!("/v1/human/medical/{kind}?limit=1")).await.total();
    }
    assert_eq!(items, expected, "all of Grace's have a date");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_record_is_what_the_lists_give() {
    let town = Town::open().await;
    let grace = grace(&town).await;
    let all = read(&grace, "ccdraw", "json").await.json();
    assert_eq!(all["sources"][0]["sourceName"], "Starfleet Medical");
    for kind in records::KINDS {
        let at = format!("/v1/human/medical/{}", kind.id);
        let listed = match kind.form {
            records::Form::Single => grace.get(&at).await.json(),
            _ => Value::Array(grace.all(&at).await),
        };
        assert_eq!(all["records"][kind.id], listed, "{}", kind.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_needs_nothing_and_does_nothing() {
    let town = Town::open().await;
    let grace = grace(&town).await;
    for name in DOCUMENTS {
        let page = read(&grace, name, "html").await;
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("sandbox"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let text = page.text();
        for outside in ["src=", "http://", "https://", "url(", "@import", "<script", "style=\"", "<link"] {
            assert!(!text.contains(outside), "{name}: {outside}");
        }
        for part in [
            "<html lang=\"en\">",
            "<main",
            "<nav",
            "<header",
            "<footer",
            "scope=\"col\"",
            "scope=\"row\"",
            "Starfleet Medical",
        ] {
            assert!(text.contains(part), "{name}: {part}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_known_is_said_to_be_unknown() {
    let town = Town::open().await;
    let mut hedy = town.human("hedy");
    let back = hedy.returns_from(&town.hospital("Riverbend")).await;
    hedy.browser.open(&back).await;
    // Connected, and nothing is read yet.
    let answer = hedy.get(REPORTS).await;
    assert_eq!((answer.text(), answer.total()), ("[]", 0));
    let mut starfleet = town.hospital("Starfleet Medical");
    starfleet.login = "nodata".to_owned();
    let empty = town.human("ada").connects(&starfleet).await;
    if empty.get(REPORTS).await.total() > 0 {
        let page = read(&empty, "highlights", "html").await;
        assert!(page.text().contains("That does not mean there is none."), "{}", page.text());
        assert!(read(&empty, "highlights", "pdf").await.body.starts_with(b"%PDF-"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_holds_its_text() {
    let town = Town::open().await;
    let grace = grace(&town).await;
    for name in DOCUMENTS {
        let pdf = read(&grace, name, "pdf").await;
        assert!(pdf.body.starts_with(b"%PDF-1.7") && pdf.body.trim_ascii_end().ends_with(b"%%EOF"), "{name}");
        assert_eq!(pdf.header("content-disposition"), Some(format!("inline; filename=\"{name}.pdf\"").as_str()));
    }
    // What a reader of PDF finds in it, where one is installed.
    let medicines = read(&grace, "highlights", "json").await.json()["sections"]["currentMedications"].clone();
    let Some(text) = pdftotext(&read(&grace, "highlights", "pdf").await.body) else {
        eprintln!("pdftotext is not installed: the text of the PDF was not read");
        return;
    };
    for row in medicines.as_array().expect("rows") {
        for word in row["name"].as_str().expect("a name").split_whitespace() {
            assert!(text.contains(word), "{word} in {text}");
        }
    }
    assert!(text.contains("Page 1 of"), "{text}");
}

fn pdftotext(pdf: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().ok()?;
    let path = folder.path().join("report.pdf");
    std::fs::write(&path, pdf).ok()?;
    let out = std::process::Command::new("pdftotext").arg("-raw").arg(&path).arg("-").output().ok()?;
    assert!(out.status.success());
    String::from_utf8(out.stdout).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_current_changes_with_the_day() {
    let town = Town::open().await;
    let grace = grace(&town).await;
    let first = read(&grace, "highlights", "json").await;
    let same = read(&grace, "highlights", "json").await;
    assert_eq!((first.header("etag"), &first.body), (same.header("etag"), &same.body));
    town.later(86_400 * 365);
    let later = read(&grace, "highlights", "json").await;
    assert_ne!(first.header("etag"), later.header("etag"));
    let made = later.json()["generatedAt"].as_str().map(Timestamp::parse).expect("an instant").expect("an instant");
    assert!(made.to_iso().starts_with("2027-01-31"));
    assert_eq!(later.json()["sections"]["upcomingPlans"], json!([]));
}
