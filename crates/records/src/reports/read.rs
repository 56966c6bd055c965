//! Rows read from stored bodies; every kind has its own members.

use serde_json::Value;

use super::clean::{LONG, SHORT, clean};
use super::{Basis, Cell, Column, Flag, Person, Row, Sense, Topic};

/// Fills in what is not known yet of whom the record is about; the newest demographics come first.
pub(super) fn person(kind: &str, record: &Value, person: &mut Person) {
    let of = match kind {
        "demographics" => record,
        "profile" => &record["demographics"],
        _ => {
            if person.name.is_none() {
                person.name = text(&record["patient"]["name"]);
            }
            return;
        }
    };
    if person.name.is_none() {
        person.name = name(&of["name"]);
    }
    if person.born.is_none() {
        person.born = instant(&of["dobDateTime"]).map(|at| at[..10].to_owned());
    }
    if person.gender.is_none() {
        person.gender = text(&of["gender"]);
    }
}

/// The rows of one record, with every cell its topic has a column for and the record has a value for.
pub(super) fn rows(topic: Topic, record: &Value) -> Vec<Row> {
    match topic {
        Topic::Results | Topic::KeyResults | Topic::AbnormalResults => results(topic, record),
        Topic::Vitals | Topic::LatestVitals => {
            each(topic, record, &record["results"], |column, record, one| match column {
                Column::Name => shown(text(&one["name"])),
                Column::Value => shown(text(&one["value"])),
                Column::Unit => shown(text(&one["unit"]).map(|unit| unit.replace(['[', ']'], ""))),
                _ => general(column, record),
            })
        }
        Topic::SocialHistory => each(topic, record, &record["entries"], |column, record, one| match column {
            Column::Question => shown(text(&one["codes"][0]["name"])),
            Column::Answer => shown(text(&one["name"])),
            Column::On => at(&one["dateTime"]),
            _ => general(column, record),
        }),
        Topic::Narratives => {
            let mut rows = each(topic, record, &record["entries"], |column, record, one| match column {
                Column::Name => shown(text(&one["title"])),
                Column::Text => shown(long(&one["text"])),
                _ => general(column, record),
            });
            // A section may have a title and nothing below it.
            rows.retain(|row| row.get(Column::Text).is_some());
            rows
        }
        _ => vec![row(topic, record, |column| match (topic, column) {
            (Topic::Demographics, Column::Name) => shown(name(&record["name"])),
            (Topic::Encounters, Column::Name) => shown(text(&record["visitType"])),
            (Topic::Plans | Topic::UpcomingPlans, Column::On) => at(&record["date"]),
            (Topic::Plans | Topic::UpcomingPlans, Column::Text) => {
                shown(long(&record["text"]).filter(|words| Some(words) != text(&record["name"]).as_ref()))
            }
            (Topic::Immunizations, Column::On) => at(&record["dates"][0]),
            (Topic::Medications | Topic::CurrentMedications, Column::Since) => at(&record["startDate"]),
            (Topic::Problems | Topic::CurrentProblems, Column::Since) => at(&record["dateTime"]),
            _ => general(column, record),
        })],
    }
}

/// Members with the same meaning in many kinds.
fn general(column: Column, record: &Value) -> Option<Cell> {
    match column {
        Column::Name => shown(text(&record["name"])),
        Column::BornOn => at(&record["dobDateTime"]),
        Column::Address => shown(address(&record["address"])),
        Column::Reactions => shown(list(&record["reactionsFull"], "name")),
        Column::Since => at(&record["dateRange"]["start"]),
        Column::Until => at(&record["endDate"]).or_else(|| at(&record["dateRange"]["end"])),
        Column::On => at(&record["dateTime"]),
        Column::Prescriber => shown(text(&record["provider"])),
        Column::Performer => {
            let performer = &record["performer"];
            shown(text(&performer["name"]).or_else(|| text(&performer["organizationName"])))
        }
        Column::Provider => {
            let provider = &record["provider"]["name"];
            shown(text(provider).or_else(|| name(provider)))
        }
        Column::Department => shown(text(&record["provider"]["departmentName"])),
        Column::Reasons => shown(list(&record["reasons"], "")),
        Column::Diagnoses => shown(list(&record["diagnoses"], "name")),
        Column::Text => shown(long(&record["text"])),
        Column::RecordedBy => shown(text(&record["organization"]["name"])),
        other => shown(text(&record[other.name()])),
    }
}

fn results(topic: Topic, record: &Value) -> Vec<Row> {
    let mut rows = each(topic, record, &record["components"], |column, record, one| match column {
        Column::Name => shown(text(&one["name"]).or_else(|| text(&record["name"]))),
        Column::Value => shown(long(&one["value"])),
        Column::Unit => shown(text(&one["unit"]).filter(|unit| unit != "1")),
        Column::Range => shown(text(&one["refRange"])),
        Column::Flag => flag(one).map(Cell::Flag),
        Column::On => at(&record["resultDateTime"]),
        Column::Panel => shown(text(&record["name"])),
        _ => general(column, record),
    });
    rows.retain(|row| row.get(Column::Value).is_some());
    if topic == Topic::Results
        && let Some(words) = long(&record["impression"]).or_else(|| long(&record["narrative"]))
    {
        rows.push(row(topic, record, |column| match column {
            Column::Value => Some(Cell::Text(words.clone())),
            Column::On => at(&record["resultDateTime"]),
            _ => general(column, record).filter(|_| matches!(column, Column::Name | Column::RecordedBy)),
        }));
    }
    rows
}

/// What the source says of a result, else what its own range does.
pub(super) fn flag(component: &Value) -> Option<Flag> {
    if let Some(stated) = component["flag"].as_str().map(str::trim).filter(|flag| !flag.is_empty()) {
        let sense = match stated.to_ascii_uppercase().trim_end_matches('*') {
            "H" | "HH" | "HU" | "HX" | ">" | "HIGH" => Sense::High,
            "L" | "LL" | "LU" | "LX" | "<" | "LOW" => Sense::Low,
            "A" | "AA" | "ABN" | "ABNORMAL" | "CRITICAL" | "PANIC" => Sense::Abnormal,
            _ => return None,
        };
        return Some(Flag { sense, basis: Basis::Stated });
    }
    let number = |member: &str| component[member].as_str()?.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let value = number("value")?;
    let sense = if number("low").is_some_and(|low| value < low) {
        Sense::Low
    } else if number("high").is_some_and(|high| value > high) {
        Sense::High
    } else {
        return None;
    };
    Some(Flag { sense, basis: Basis::Range })
}

fn each(
    topic: Topic,
    record: &Value,
    members: &Value,
    cell: impl Fn(Column, &Value, &Value) -> Option<Cell>,
) -> Vec<Row> {
    let members = members.as_array().map(Vec::as_slice).unwrap_or_default();
    members.iter().map(|one| row(topic, record, |column| cell(column, record, one))).collect()
}

fn row(topic: Topic, record: &Value, cell: impl Fn(Column) -> Option<Cell>) -> Row {
    let cells = topic.columns().iter().filter_map(|column| Some((*column, cell(*column)?))).collect();
    Row { id: record["id"].as_str().unwrap_or_default().to_owned(), cells }
}

fn shown(text: Option<String>) -> Option<Cell> {
    text.map(Cell::Text)
}

fn at(value: &Value) -> Option<Cell> {
    instant(value).map(|at| Cell::At(at.to_owned()))
}

/// An instant in the one form bodies have them in.
pub(super) fn instant(value: &Value) -> Option<&str> {
    value.as_str().filter(|at| {
        at.len() == 24
            && at.ends_with('Z')
            && at.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                10 => byte == b'T',
                13 | 16 => byte == b':',
                19 => byte == b'.',
                23 => byte == b'Z',
                _ => byte.is_ascii_digit(),
            })
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(clean(text, SHORT).replace('\n', " ")).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn long(value: &Value) -> Option<String> {
    value.as_str().map(|text| clean(text, LONG)).filter(|text| !text.is_empty())
}

fn name(value: &Value) -> Option<String> {
    let given = value["given"].as_array().into_iter().flatten();
    let parts: Vec<String> =
        std::iter::once(&value["prefix"]).chain(given).chain([&value["family"]]).filter_map(text).collect();
    Some(clean(&parts.join(" "), SHORT)).filter(|name| !name.is_empty())
}

fn address(value: &Value) -> Option<String> {
    if value.is_string() {
        return text(value);
    }
    let street = value["street"].as_array().into_iter().flatten();
    let parts: Vec<String> =
        street.chain([&value["city"], &value["state"], &value["zip"], &value["country"]]).filter_map(text).collect();
    Some(clean(&parts.join(", "), SHORT)).filter(|address| !address.is_empty())
}

/// The texts of an array, or those of a member of its elements.
fn list(value: &Value, member: &str) -> Option<String> {
    let of = |one: &Value| if member.is_empty() { text(one) } else { text(&one[member]) };
    let parts: Vec<String> = value.as_array().into_iter().flatten().filter_map(of).take(50).collect();
    Some(clean(&parts.join("; "), SHORT * 4)).filter(|list| !list.is_empty())
}
