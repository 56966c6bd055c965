//! A report as JSON: named sections with rows of plain members.

use serde_json::{Map, Value, json};

use super::{Basis, Cell, Person, Report, Row, Sense, Source, Standing, Topic};

impl Report {
    /// `{"report", "generatedAt", "person", "sources", "sections": {name: [row…]}, "leftOut": {name: count}}`
    pub fn to_json(&self) -> Value {
        let mut sections = Map::new();
        let mut left_out = Map::new();
        for section in &self.sections {
            let rows = section.rows.iter().map(|one| row(section.topic, one)).collect();
            sections.insert(section.topic.name().to_owned(), Value::Array(rows));
            if section.left_out > 0 {
                left_out.insert(section.topic.name().to_owned(), section.left_out.into());
            }
        }
        json!({
            "report": self.code.name(),
            "generatedAt": self.generated_at.to_iso(),
            "person": person(&self.person),
            "sources": self.sources.iter().map(source).collect::<Vec<Value>>(),
            "sections": sections,
            "leftOut": left_out,
        })
    }
}

fn person(person: &Person) -> Value {
    let members = [("name", &person.name), ("dateOfBirth", &person.born), ("gender", &person.gender)];
    let known = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.as_deref()?.into())));
    Value::Object(known.collect())
}

fn source(source: &Source) -> Value {
    let (status, read_at) = match &source.standing {
        Standing::ReadAt(at) => ("ok", Some(at)),
        Standing::Troubled { read_at } => ("error", read_at.as_ref()),
        Standing::Reading => ("inProgress", None),
        Standing::Disconnected => ("disconnected", None),
    };
    let mut one = json!({ "name": source.name, "status": status });
    if let Some(at) = read_at {
        one["synchedAt"] = at.as_str().into();
    }
    one
}

fn row(topic: Topic, row: &Row) -> Value {
    let mut members = Map::new();
    members.insert("id".to_owned(), row.id.as_str().into());
    members.insert("href".to_owned(), format!("/medical/{}/{}", topic.kind(), row.id).into());
    for (column, cell) in &row.cells {
        match cell {
            Cell::Text(text) | Cell::At(text) => {
                members.insert(column.name().to_owned(), text.as_str().into());
            }
            Cell::Flag(flag) => {
                let sense = match flag.sense {
                    Sense::High => "high",
                    Sense::Low => "low",
                    Sense::Abnormal => "abnormal",
                };
                let basis = match flag.basis {
                    Basis::Stated => "source",
                    Basis::Range => "range",
                };
                members.insert("flag".to_owned(), sense.into());
                members.insert("flagBasis".to_owned(), basis.into());
            }
        }
    }
    Value::Object(members)
}
