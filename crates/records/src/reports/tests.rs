use domain::Timestamp;
use serde_json::{Value, json};

use super::*;

fn today() -> Timestamp {
    Timestamp::parse("2026-01-31T09:30:00Z").unwrap()
}

fn report(code: Code, records: &[(&str, Value)]) -> Report {
    let mut draft = Draft::new(code, today());
    for (kind, record) in records {
        draft.take(kind, record.to_string().as_bytes());
    }
    draft.finish(Vec::new())
}

fn section(report: &Report, topic: Topic) -> &Section {
    report.sections.iter().find(|section| section.topic == topic).expect("the section")
}

fn names(report: &Report, topic: Topic) -> Vec<String> {
    let rows = section(report, topic).rows.iter();
    rows.map(|row| match row.get(Column::Name) {
        Some(Cell::Text(name)) => name.clone(),
        other => panic!("{other:?}"),
    })
    .collect()
}

fn result(date: &str, name: &str, code: &str, value: &str, more: Value) -> (&'static str, Value) {
    let mut component = json!({
        "name": name, "value": value, "codes": [{ "code": code, "codeSystemName": "LOINC" }],
    });
    for (member, value) in more.as_object().unwrap() {
        component[member] = value.clone();
    }
    (
        "test_results",
        json!({
            "id": "65c00a10f1d2c3000a000001", "name": "Panel", "resultDateTime": format!("{date}T00:00:00.000Z"),
            "components": [component],
        }),
    )
}

#[test]
fn what_ended_is_not_current() {
    let issue = |name: &str, more: Value| {
        let mut record = json!({ "id": "65c00a10f1d2c3000a000001", "name": name });
        for (member, value) in more.as_object().unwrap() {
            record[member] = value.clone();
        }
        ("issues", record)
    };
    let report = report(
        Code::Highlights,
        &[
            issue("Asthma", json!({ "status": "Active" })),
            issue("Migraine", json!({ "status": "Recurrence" })),
            issue("Fracture", json!({ "status": "Resolved" })),
            issue("Cough", json!({ "status": "Inactive" })),
            issue("Unstated", json!({})),
            issue("Blank", json!({ "status": " " })),
            issue("Ended", json!({ "endDate": "2020-01-01T00:00:00.000Z" })),
            issue("Ends later", json!({ "endDate": "2026-02-01T00:00:00.000Z" })),
        ],
    );
    assert_eq!(names(&report, Topic::CurrentProblems), ["Asthma", "Migraine", "Unstated", "Blank", "Ends later"]);
}

#[test]
fn only_the_newest_of_an_analyte_is_unusual() {
    let records = [
        result("2026-01-20", "Hemoglobin A1c", "4548-4", "5.1", json!({})),
        result("2025-12-20", "Potassium", "2823-3", "5.9", json!({ "high": "5.1", "low": "3.5" })),
        result("2025-11-20", "HbA1c", "4548-4", "8.2", json!({ "flag": "H" })),
        result("2025-10-20", "Potassium", "2823-3", "3.1", json!({ "flag": "L" })),
        result("2025-09-20", "Rare thing", "99999-9", "1", json!({ "flag": "A" })),
    ];
    let highlights = report(Code::Highlights, &records);
    assert_eq!(names(&highlights, Topic::AbnormalResults), ["Potassium", "Rare thing"]);
    let digest = report(Code::Healthcheck, &records);
    assert_eq!(names(&digest, Topic::KeyResults), ["Hemoglobin A1c", "Potassium", "Rare thing"]);
    let all = report(Code::Unity, &records);
    assert_eq!(section(&all, Topic::Results).rows.len(), 5);
    assert_eq!(highlights.to_json()["sections"]["abnormalResults"][0]["flagBasis"], "range");
}

#[test]
fn flags_by_the_source_first_then_by_its_range() {
    let flag = |component: Value| read::flag(&component).map(|flag| (flag.sense, flag.basis));
    for (component, expected) in [
        (json!({ "value": "6", "flag": "H" }), Some((Sense::High, Basis::Stated))),
        (json!({ "value": "6", "flag": "LL*" }), Some((Sense::Low, Basis::Stated))),
        (json!({ "value": "x", "flag": "abnormal" }), Some((Sense::Abnormal, Basis::Stated))),
        (json!({ "value": "6", "flag": "N", "high": "5" }), None),
        (json!({ "value": "6", "high": "5" }), Some((Sense::High, Basis::Range))),
        (json!({ "value": "4", "low": "4.5", "flag": "" }), Some((Sense::Low, Basis::Range))),
        (json!({ "value": "4.5", "low": "4.5" }), None),
        (json!({ "value": "<5", "low": "6" }), None),
        (json!({ "value": "NaN", "low": "6" }), None),
        (json!({ "value": 7, "low": 8 }), None),
        (json!({}), None),
    ] {
        assert_eq!(flag(component.clone()), expected, "{component}");
    }
}

#[test]
fn plans_ahead_are_read_from_the_next_one_on() {
    let plan = |date: &str| {
        (
            "plans_of_care",
            json!({ "id": "65c00a10f1d2c3000a000001", "name": date, "date": format!("{date}T00:00:00.000Z") }),
        )
    };
    let report = report(Code::Highlights, &[plan("2026-10-15"), plan("2026-01-31"), plan("2026-01-30")]);
    assert_eq!(names(&report, Topic::UpcomingPlans), ["2026-01-31", "2026-10-15"]);
}

#[test]
fn nothing_stored_breaks_a_report() {
    let mut draft = Draft::new(Code::Unity, today());
    let mut timeline = Timeline::default();
    let strange = [
        "",
        "null",
        "[]",
        "7",
        "{",
        "{}",
        r#"{"id":7,"name":[],"components":{},"results":[null,7,{}],"entries":"x"}"#,
        r#"{"dates":[7],"dateTime":"2026","dobDateTime":"éééééééééééé","codes":[[]],"components":[{"codes":7,"value":[]}]}"#,
        r#"{"name":{"given":"Ada","family":[1]},"address":[1],"reactionsFull":7,"diagnoses":[7,{"name":{}}]}"#,
    ];
    for code in Code::ALL {
        for kind in Draft::new(code, today()).kinds() {
            for body in strange {
                draft.take(kind, body.as_bytes());
                timeline.take(kind, body.as_bytes());
            }
        }
    }
    draft.finish(Vec::new()).to_json();
    assert_eq!(timeline.finish(), b"{}");
}

#[test]
fn a_document_has_room_for_so_much_and_says_what_it_left_out() {
    let mut draft = Draft::new(Code::Unity, today());
    let note = json!({ "id": "65c00a10f1d2c3000a000001", "name": "n".repeat(10_000), "text": "t".repeat(100_000) });
    for _ in 0..1000 {
        draft.take("instructions", note.to_string().as_bytes());
    }
    let report = draft.finish(Vec::new());
    let notes = section(&report, Topic::Instructions);
    assert_eq!(notes.rows.len() as u64 + notes.left_out, 1000);
    assert!(notes.left_out > 500);
    assert_eq!(report.to_json()["leftOut"]["instructions"], notes.left_out);
    assert!(report.to_json().to_string().len() < 8 * 1024 * 1024);
}

#[test]
fn a_year_has_its_newest_first() {
    let mut timeline = Timeline::default();
    for (kind, date) in
        [("vitals", "2024-02-01"), ("encounters", "2025-03-01"), ("vitals", "2025-03-02"), ("ccds", "x")]
    {
        let body = json!({ "id": date, "dateTime": format!("{date}T00:00:00.000Z"), "visitType": "Office \"Visit\"" });
        timeline.take(kind, body.to_string().as_bytes());
    }
    let years: Value = serde_json::from_slice(&timeline.finish()).unwrap();
    assert_eq!(years.as_object().unwrap().keys().collect::<Vec<_>>(), ["2025", "2024"]);
    assert_eq!(years["2025"][0]["objectType"], "vitals");
    assert_eq!(years["2025"][1]["name"], "Office \"Visit\"");
    assert_eq!(years["2024"][0]["href"], "/medical/vitals/2024-02-01");
}
