//! A report in the words of one language, laid out but not yet drawn: what HTML and PDF have in common.

use records::reports::{Cell as Fact, Column, Form, Report, Row, Section, Source, Standing};

use super::words;
use crate::i18n::Texts;

pub(super) struct Sheet {
    pub texts: &'static Texts,
    pub title: String,
    pub about: String,
    /// Whose record it is.
    pub subject: String,
    /// What else is known of them, in one line; may be empty.
    pub details: String,
    pub generated: Cell,
    pub sources: Vec<Line>,
    /// What the reader has to keep in mind.
    pub caution: String,
    pub sections: Vec<Part>,
}

/// A name and what is said of it.
pub(super) struct Line {
    pub name: String,
    pub says: String,
}

pub(super) struct Part {
    /// Anchor within the document.
    pub anchor: &'static str,
    pub title: String,
    pub body: Body,
    /// What it had no room for.
    pub more: Option<String>,
}

pub(super) enum Body {
    Nothing(String),
    /// Label and value, thing by thing.
    Facts(Vec<Vec<(String, Cell)>>),
    Table {
        columns: Vec<String>,
        rows: Vec<Vec<Cell>>,
    },
    Notes(Vec<Note>),
}

pub(super) struct Note {
    pub title: String,
    pub byline: String,
    /// Paragraphs, by line.
    pub text: Vec<String>,
}

#[derive(Clone)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Day {
        iso: String,
        shown: String,
    },
    /// Something to look at.
    Warning(String),
}

impl Cell {
    pub(super) fn text(&self) -> &str {
        match self {
            Cell::Empty => "",
            Cell::Text(text) | Cell::Warning(text) | Cell::Day { shown: text, .. } => text,
        }
    }
}

impl Sheet {
    pub(super) fn new(report: &Report, texts: &'static Texts) -> Sheet {
        let person = &report.person;
        let mut details = Vec::new();
        if let Some(born) = &person.born {
            details.push(texts.t1("report-born", "date", day(texts, born)));
        }
        details.extend(person.gender.clone());
        Sheet {
            texts,
            title: texts.t(words::title(report.code).0),
            about: texts.t(words::about(report.code).0),
            subject: person.name.clone().unwrap_or_else(|| texts.t("report-nobody")),
            details: details.join(" · "),
            generated: instant(texts, &report.generated_at.to_iso()),
            sources: report.sources.iter().map(|source| line(texts, source)).collect(),
            caution: texts.t("report-caution"),
            sections: report.sections.iter().map(|section| part(texts, section)).collect(),
        }
    }
}

fn line(texts: &Texts, source: &Source) -> Line {
    let says = match &source.standing {
        Standing::ReadAt(at) => texts.t1("report-source-read", "when", instant(texts, at).text()),
        Standing::Troubled { read_at: Some(at) } => texts.t1("report-source-stale", "when", instant(texts, at).text()),
        Standing::Troubled { read_at: None } => texts.t("report-source-never"),
        Standing::Reading => texts.t("report-source-reading"),
        Standing::Disconnected => texts.t("report-source-gone"),
    };
    Line { name: source.name.clone(), says }
}

fn part(texts: &Texts, section: &Section) -> Part {
    let topic = section.topic;
    let body = if section.rows.is_empty() {
        Body::Nothing(texts.t(words::nothing(topic).0))
    } else {
        match topic.form() {
            Form::Facts => Body::Facts(section.rows.iter().map(|row| facts(texts, section, row)).collect()),
            Form::Notes => Body::Notes(section.rows.iter().map(|row| note(texts, row)).collect()),
            Form::Table => table(texts, section),
        }
    };
    let more = (section.left_out > 0).then(|| texts.t1("report-more", "count", section.left_out));
    Part { anchor: topic.name(), title: texts.t(words::heading(topic).0), body, more }
}

/// Columns that no row has anything for are left away; a result's unit stands beside its value.
fn table(texts: &Texts, section: &Section) -> Body {
    let has = |column: Column| section.rows.iter().any(|row| row.get(column).is_some());
    let shown: Vec<Column> =
        section.topic.columns().iter().copied().filter(|column| *column != Column::Unit && has(*column)).collect();
    let columns = shown.iter().map(|column| texts.t(words::column(section.topic, *column).0)).collect();
    let rows = section.rows.iter().map(|row| shown.iter().map(|column| cell(texts, row, *column)).collect()).collect();
    Body::Table { columns, rows }
}

fn facts(texts: &Texts, section: &Section, row: &Row) -> Vec<(String, Cell)> {
    let label = |column: Column| texts.t(words::column(section.topic, column).0);
    row.cells.iter().map(|(column, _)| (label(*column), cell(texts, row, *column))).collect()
}

fn note(texts: &Texts, row: &Row) -> Note {
    let text = |column| cell(texts, row, column).text().to_owned();
    let byline = [Column::On, Column::Author, Column::RecordedBy].map(text);
    Note {
        title: Some(text(Column::Name)).filter(|title| !title.is_empty()).unwrap_or_else(|| texts.t("report-untitled")),
        byline: byline.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "),
        text: text(Column::Text).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
    }
}

fn cell(texts: &Texts, row: &Row, column: Column) -> Cell {
    match (column, row.get(column)) {
        (_, None) => Cell::Empty,
        (Column::Value, Some(Fact::Text(value))) => match row.get(Column::Unit) {
            Some(Fact::Text(unit)) if !value.ends_with(unit.as_str()) => Cell::Text(format!("{value} {unit}")),
            _ => Cell::Text(value.clone()),
        },
        (_, Some(Fact::Text(text))) => Cell::Text(text.clone()),
        (_, Some(Fact::At(at))) => Cell::Day { iso: at.clone(), shown: day(texts, at) },
        (_, Some(Fact::Flag(flag))) => Cell::Warning(texts.t(words::flag(flag).0)),
    }
}

/// The day of an instant or a date: `31 Jan 2026`.
fn day(texts: &Texts, at: &str) -> String {
    let (Some(year), Some(month), Some(day)) = (at.get(..4), words::month(at), at.get(8..10)) else {
        return at.to_owned();
    };
    // Years are not counted in thousands.
    texts.t3("report-day", &("month", texts.t(month.0).as_str()), &("year", year), &day.parse().unwrap_or_default())
}

/// `31 Jan 2026, 09:30 UTC`.
fn instant(texts: &Texts, at: &str) -> Cell {
    let shown = texts.t2("report-instant", "day", day(texts, at), "time", at.get(11..16).unwrap_or_default());
    Cell::Day { iso: at.to_owned(), shown }
}
