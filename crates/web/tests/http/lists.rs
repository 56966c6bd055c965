//! Lists: counted, cut into pages, filtered and ordered.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::answer::masked;
use crate::town::Town;
use crate::wire::Ask;

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

/// What a collection is sorted by, newest first; the newest of several.
fn sorted_by(kind: &str, row: &Value) -> Option<String> {
    let newest = |texts: Vec<&Value>| texts.into_iter().filter_map(Value::as_str).max().map(str::to_owned);
    match kind {
        "allergies" => newest(vec![&row["dateRange"]["start"]]),
        "immunizations" => newest(row["dates"].as_array().into_iter().flatten().collect()),
        "medications" => newest(vec![&row["startDate"]]),
        "plans_of_care" => newest(vec![&row["date"]]),
        "test_results" => newest(vec![&row["resultDateTime"]]),
        _ => newest(vec![&row["dateTime"]]),
    }
}

fn lists() -> impl Iterator<Item = &'static str> {
    records::KINDS.iter().filter(|kind| kind.form == records::Form::List).map(|kind| kind.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_is_as_long_as_it_says_and_holds_nothing_twice() {
    let town = Town::open().await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    for kind in lists().chain(["timeline"]) {
        let path = format!("/v1/human/medical/{kind}");
        let whole = grace.get(&format!("{path}?limit=500")).await;
        let rows = whole.rows();
        assert_eq!((rows.len(), whole.header("link")), (whole.total(), None), "{kind}");
        for limit in ["", "?limit=7", "?limit=1"] {
            if limit == "?limit=1" && rows.len() > 30 {
                continue;
            }
            assert_eq!(grace.all(&format!("{path}{limit}")).await, rows, "{kind}{limit}");
        }
        let unique: BTreeSet<String> = ids(&rows).into_iter().collect();
        assert_eq!(unique.len(), rows.len(), "{kind} twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn newest_first_undated_last_and_ties_by_id() {
    let town = Town::open().await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    for kind in lists().filter(|kind| !["demographics", "social_history"].contains(kind)).chain(["timeline"]) {
        let rows = grace.all(&format!("/v1/human/medical/{kind}?limit=500")).await;
        // An undated row is less than any date.
        let keys: Vec<(Option<String>, String)> =
            rows.iter().zip(ids(&rows)).map(|(row, id)| (sorted_by(kind, row), id)).collect();
        let mut sorted = keys.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        assert_eq!(keys, sorted, "{kind}");
    }
    for kind in ["demographics", "social_history"] {
        let rows = grace.all(&format!("/v1/human/medical/{kind}")).await;
        let created: Vec<&str> = rows.iter().filter_map(|row| row["createdAt"].as_str()).collect();
        assert!(created.is_sorted(), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_element_is_the_object_at_its_own_address() {
    let town = Town::open().await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    let token = grace.access_token().await;
    for kind in lists().chain(["organizations"]) {
        let rows = grace.get(&format!("/v1/human/medical/{kind}?limit=5")).await.rows();
        assert!(!rows.is_empty(), "{kind}");
        for (row, id) in rows.iter().zip(ids(&rows)) {
            for slash in ["", "/"] {
                let one = town.send(Ask::get(format!("/v1/human/medical/{kind}/{id}{slash}")).bearer(&token)).await;
                assert_eq!((one.status, &one.json()), (200, row), "{kind}");
                assert_eq!(one.header("content-type"), Some("application/json; charset=utf-8"));
            }
            for href in [&row["organization"]["href"], &row["ccd"]["href"]] {
                if let Some(href) = href.as_str() {
                    let there = town.send(Ask::get(format!("/v1/human{href}")).bearer(&token)).await;
                    assert_eq!(there.status, 200, "{kind} → {href}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_offsets() {
    let town = Town::open().await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    let vitals = "/v1/human/medical/vitals";
    let all = grace.all(vitals).await;
    let total = all.len();
    assert!((51..500).contains(&total));
    let table = [
        ("", 0..50),
        ("limit=&offset=", 0..50),
        ("limit=1", 0..1),
        ("limit=500", 0..total),
        ("limit=501", 0..total),
        ("limit=18446744073709551615", 0..total),
        ("offset=10&limit=5", 10..15),
        ("limit=5&offset=10&limit=9", 10..15),
        ("offset=70", 70..total),
        ("offset=75", 75.min(total)..total),
        ("offset=100000", total..total),
        ("offset=4294967296", total..total),
        ("offset=9223372036854775807&limit=500", total..total),
        ("nonsense=1&_sort=-date&limit=2&%ff=%00", 0..2),
    ];
    for (query, range) in table {
        let page = grace.get(&format!("{vitals}?{query}")).await;
        assert_eq!(page.rows(), all[range.clone()], "{query}");
        assert_eq!(page.total(), total, "{query}");
        let link = page.header("link").unwrap_or_default();
        assert_eq!(link.contains("rel=\"next\""), range.end < total, "{query}: {link}");
        assert_eq!(link.contains("rel=\"prev\""), range.start > 0, "{query}: {link}");
    }
    let bad = [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=1e3", "limit"),
        ("limit=%00", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("offset=-1", "offset"),
        ("offset=x", "offset"),
        ("offset=9223372036854775808", "offset"),
        ("created_since=yesterday", "created_since"),
        ("created_before=2026-13-01T00:00:00Z", "created_before"),
        ("updated_since=2026-01-31", "updated_since"),
        ("updated_before=20260131", "updated_before"),
        ("start_date=2026-1-1", "start_date"),
        ("end_date=2026-02-30", "end_date"),
        ("start_date=99999-01-01", "start_date"),
        ("end_date=20260131T000000Z", "end_date"),
    ];
    for (query, name) in bad {
        let refused = grace.get(&format!("{vitals}?{query}")).await;
        assert_eq!(refused.status, 400, "{query}: {refused:?}");
        assert_eq!(refused.envelope()["validation"], json!({ "source": "query", "keys": [name] }), "{query}");
        assert!(refused.is_cors());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn since_is_inclusive_and_before_is_not() {
    let town = Town::open().await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    let path = "/v1/human/medical/medications";
    let total = grace.get(path).await.total();
    let count = async |query: String| grace.get(&format!("{path}?limit=1&{query}")).await.total();
    assert!(total > 0);
    for name in ["created", "updated"] {
        for now in [
            "20260131T093000Z",
            "2026-01-31T09:30:00Z",
            "2026-01-31T09:30:00.000Z",
            "2026-01-31T10:30:00%2B01:00",
            "2026-01-31T10:30:00+01:00",
        ] {
            assert_eq!(count(format!("{name}_since={now}")).await, total, "{name} {now}");
            assert_eq!(count(format!("{name}_before={now}")).await, 0, "{name} {now}");
        }
        assert_eq!(count(format!("{name}_since=2026-01-31T09:30:00.001Z")).await, 0);
        assert_eq!(count(format!("{name}_before=2026-01-31T09:30:00.001Z")).await, total);
        assert_eq!(count(format!("{name}_since=20260131T093000Z&{name}_before=20260131T093000Z")).await, 0);
        assert_eq!(count(format!("{name}_since=0001-01-01T00:00:00Z&{name}_before=9999-12-30T00:00:00Z")).await, total);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_days_includes_both_ends() {
    let town = Town::open().await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    for kind in [
        "allergies",
        "encounters",
        "issues",
        "procedures",
        "vitals",
        "narratives",
        "ccds",
        "immunizations",
        "plans_of_care",
        "test_results",
    ] {
        let path = format!("/v1/human/medical/{kind}");
        let all = grace.all(&format!("{path}?limit=500")).await;
        let dated: Vec<(String, &Value)> =
            all.iter().filter_map(|row| Some((sorted_by(kind, row)?[..10].to_owned(), row))).collect();
        let Some((newest, _)) = dated.first() else { panic!("{kind} has no date") };
        let (middle, _) = &dated[dated.len() / 2];
        let spans = [
            (format!("start_date={newest}&end_date={newest}"), newest.as_str(), newest.as_str()),
            (format!("start_date={middle}&end_date={newest}"), middle, newest),
            (format!("start_date={middle}"), middle, "9999"),
            (format!("end_date={middle}"), "0000", middle),
        ];
        for (query, from, to) in spans {
            let found = grace.all(&format!("{path}?limit=500&{query}")).await;
            let expected: Vec<&Value> =
                dated.iter().filter(|(day, _)| (from..=to).contains(&day.as_str())).map(|(_, row)| *row).collect();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{kind}?{query}");
        }
        assert_eq!(grace.get(&format!("{path}?start_date={newest}&end_date=1900-01-01")).await.total(), 0, "{kind}");
    }
    // Who somebody is has no date to be tested. The hospital tells it; its summary speaks of the same person.
    assert_eq!(grace.get("/v1/human/medical/demographics?end_date=1900-01-01").await.total(), 1);
    assert_eq!(grace.get("/v1/human/medical/organizations?end_date=1900-01-01").await.total(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_named_by_id_or_by_lower_case_name() {
    let town = Town::open().await;
    let ada = town
        .human("ada")
        .connects(&town.hospital("Riverbend"))
        .await
        .connects(&town.hospital("Starfleet Medical"))
        .await;
    let sources = ada.get("/v1/human/sources").await.rows();
    assert_eq!(sources.len(), 2);
    let path = "/v1/human/medical/immunizations";
    let total = ada.get(path).await.total();
    let mut sum = 0;
    for source in &sources {
        let (id, name) =
            (source["source"].as_str().expect("an id"), source["sourceName"].as_str().expect("a name").to_lowercase());
        let rows = ada.all(&format!("{path}?source={id}")).await;
        assert!(
            !rows.is_empty() && rows.iter().all(|row| row["source"] == id && row["organization"]["id"] == id),
            "{name}"
        );
        for by in [name.replace(' ', "%20"), name.replace(' ', "+"), name.replace(' ', "")] {
            assert_eq!(ada.all(&format!("{path}?source={by}")).await, rows, "{by}");
            assert_eq!(
                ada.get(&format!("/v1/human/sources?source={by}")).await.rows(),
                std::slice::from_ref(source),
                "{by}"
            );
            assert_eq!(ada.get(&format!("/v1/human/medical/organizations?source={by}")).await.total(), 1, "{by}");
        }
        assert_eq!(
            ada.get(&format!("{path}?source={id}&end_date=1900-01-01")).await.total(),
            0,
            "filters are joined by and"
        );
        sum += rows.len();
    }
    assert_eq!(sum, total);
    for nobody in ["fitbit", "5dc2527186aaf9de560e5841", "%00", "'%20OR%201=1--", "%25", "_"] {
        let none = ada.get(&format!("{path}?source={nobody}")).await;
        assert_eq!((none.text(), none.total()), ("[]", 0), "{nobody}");
    }
    assert_eq!(ada.get("/v1/human/sources?limit=1&offset=1").await.rows(), [sources[1].clone()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_did_not_change_is_not_sent_again() {
    let town = Town::open().await;
    let ada = town.human("ada").connects(&town.hospital("Riverbend")).await;
    let token = ada.access_token().await;
    for path in ["/v1/human/medical/vitals", "/v1/human/sources", "/v1/human/medical/organizations"] {
        let first = town.send(Ask::get(path).bearer(&token)).await;
        let etag = first.header("etag").expect("an etag").to_owned();
        for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let again = town.send(Ask::get(path).bearer(&token).header("if-none-match", &known)).await;
            assert_eq!(
                (again.status, again.body.len(), again.header("etag")),
                (304, 0, Some(etag.as_str())),
                "{known}"
            );
            assert!(again.is_cors());
        }
        let other = town.send(Ask::get(path).bearer(&token).header("if-none-match", "\"other\"")).await;
        assert_eq!((other.status, &other.body), (200, &first.body));
        assert_eq!(town.send(Ask::get(path).header("if-none-match", &etag)).await.status, 401, "{path}");
    }
    let before = ada.get("/v1/human/sources").await;
    let ada = ada.connects(&town.hospital("Lakeside")).await;
    let after = ada.get("/v1/human/sources").await;
    assert_ne!(before.header("etag"), after.header("etag"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_leads_to_every_dated_record_of_five_collections() {
    let town = Town::open().await;
    let grace = town.human("grace").connects(&town.hospital("Starfleet Medical")).await;
    let timeline = "/v1/human/medical/timeline";
    let rows = grace.all(timeline).await;
    let mut pointed_at: BTreeSet<String> = BTreeSet::new();
    for row in &rows {
        let known = row["type"].as_str().expect("a type");
        let members: Vec<&str> = row.as_object().expect("an object").keys().map(String::as_str).collect();
        let told: &[&str] = match known {
            "encounters" => &["author", "name"],
            "vitals" | "narratives" => &["author"],
            "test_results" => &["author", "name"],
            "immunizations" => &["name"],
            _ => panic!("{known} is not covered"),
        };
        for member in ["id", "source", "createdAt", "updatedAt", "dateTime", "href", "organization"].iter().chain(told)
        {
            assert!(members.contains(member), "{known} without {member}");
        }
        assert!(pointed_at.insert(row["href"].as_str().expect("an address").to_owned()), "twice");
    }
    let mut there: BTreeSet<String> = BTreeSet::new();
    for kind in ["encounters", "test_results", "immunizations", "narratives", "vitals"] {
        for row in grace.all(&format!("/v1/human/medical/{kind}")).await {
            let dated = sorted_by(kind, &row).is_some();
            there.extend(dated.then(|| format!("/medical/{kind}/{}", row["id"].as_str().expect("an id"))));
        }
    }
    assert_eq!(pointed_at, there);
    let mut one_each: Vec<&Value> = Vec::new();
    // Ids differ from run to run, so rows of one moment are told apart by name.
    let mut oldest_first: Vec<&Value> = rows.iter().collect();
    oldest_first.sort_by_key(|row| (row["dateTime"].to_string(), row["name"].to_string()));
    for row in oldest_first {
        if !one_each.iter().any(|known| known["type"] == row["type"]) {
            one_each.push(row);
        }
    }
    insta::assert_json_snapshot!("the_oldest_of_each_type", masked(&json!(one_each)));
    let id = rows[0]["id"].as_str().expect("an id");
    for path in [format!("{timeline}/{id}"), format!("{timeline}/{id}/raw"), format!("{timeline}/nothing")] {
        assert_eq!(grace.get(&path).await.status, 404, "{path}");
    }
    let days: Vec<&str> = rows.iter().filter_map(|row| row["dateTime"].as_str()).map(|at| &at[..10]).collect();
    let (first, last) = (days[days.len() - 1], days[days.len() / 2]);
    let between = grace.all(&format!("{timeline}?start_date={first}&end_date={last}")).await;
    let expected = days.iter().filter(|day| (first..=last).contains(*day)).count();
    assert_eq!(between.len(), expected, "{first} to {last}");
    assert_eq!(grace.get(&format!("{timeline}?source=nobody")).await.text(), "[]");
}
