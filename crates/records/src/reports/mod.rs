//! Reports: a person's stored records as one document to read, to print or to work with.
//!
//! A [`Draft`] says which kinds it wants, takes the stored bodies of each in the order of the list,
//! and becomes a [`Report`]: words of the record only, no sentence of ours. It keeps rows, never bodies,
//! and says how many rows it had to leave out.

mod clean;
mod digest;
mod json;
mod read;
mod timeline;
mod topics;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use domain::Timestamp;
use serde_json::Value;

pub use clean::{LONG, SHORT, clean};
pub use timeline::Timeline;
pub use topics::{Column, Form, Topic};

/// Which report; its wire name is [`Code::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The whole record as a document.
    Unity,
    /// Where the person stands today.
    Healthcheck,
    /// The few things that matter first.
    Highlights,
    /// Every stored record, as the API gives it.
    CcdRaw,
    /// What happened, by year.
    Timeline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Json,
    Html,
    Pdf,
}

impl Code {
    pub const ALL: [Code; 5] = [Code::Unity, Code::Healthcheck, Code::Highlights, Code::CcdRaw, Code::Timeline];

    pub fn name(self) -> &'static str {
        match self {
            Code::Unity => "unity",
            Code::Healthcheck => "healthcheck",
            Code::Highlights => "highlights",
            Code::CcdRaw => "ccdraw",
            Code::Timeline => "timeline",
        }
    }

    /// The six digits in the middle of its ids; never reused.
    pub fn number(self) -> u32 {
        match self {
            Code::Unity => 100_001,
            Code::Healthcheck => 100_002,
            Code::Highlights => 100_003,
            Code::CcdRaw => 100_004,
            Code::Timeline => 100_005,
        }
    }

    pub fn formats(self) -> &'static [Format] {
        match self {
            Code::Unity | Code::Healthcheck | Code::Highlights => &[Format::Json, Format::Html, Format::Pdf],
            Code::CcdRaw | Code::Timeline => &[Format::Json],
        }
    }

    /// The sections of a document, in the order they are read; none for what is not a document.
    pub fn topics(self) -> &'static [Topic] {
        match self {
            Code::Unity => &[
                Topic::Demographics,
                Topic::Problems,
                Topic::Allergies,
                Topic::Medications,
                Topic::Immunizations,
                Topic::Results,
                Topic::Vitals,
                Topic::Procedures,
                Topic::Encounters,
                Topic::Plans,
                Topic::SocialHistory,
                Topic::FunctionalStatuses,
                Topic::Instructions,
                Topic::Narratives,
                Topic::Documents,
            ],
            Code::Healthcheck => &[
                Topic::Demographics,
                Topic::CurrentProblems,
                Topic::CurrentAllergies,
                Topic::CurrentMedications,
                Topic::LatestVitals,
                Topic::KeyResults,
                Topic::Immunizations,
            ],
            Code::Highlights => &[
                Topic::CurrentProblems,
                Topic::CurrentAllergies,
                Topic::CurrentMedications,
                Topic::AbnormalResults,
                Topic::UpcomingPlans,
            ],
            Code::CcdRaw | Code::Timeline => &[],
        }
    }
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Html => "html",
            Format::Pdf => "pdf",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Format, UnknownFormat> {
        [Format::Json, Format::Html, Format::Pdf].into_iter().find(|format| format.name() == text).ok_or(UnknownFormat)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such format")]
pub struct UnknownFormat;

/// A document about one person.
#[derive(Debug, Clone)]
pub struct Report {
    pub code: Code,
    pub generated_at: Timestamp,
    pub person: Person,
    pub sources: Vec<Source>,
    pub sections: Vec<Section>,
}

/// Who the record says it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    pub name: Option<String>,
    /// `YYYY-MM-DD`
    pub born: Option<String>,
    pub gender: Option<String>,
}

/// Where the record comes from, and how fresh that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub standing: Standing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Connected, and read through to the end at this instant.
    ReadAt(String),
    /// Connected, and something needs doing before it is read again; when it was last read, if ever.
    Troubled { read_at: Option<String> },
    /// Connected, and not read through yet.
    Reading,
    /// What was read before stayed.
    Disconnected,
}

#[derive(Debug, Clone)]
pub struct Section {
    pub topic: Topic,
    pub rows: Vec<Row>,
    /// Rows the record has and this document has no room for.
    pub left_out: u64,
}

/// One thing of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The record it was read from.
    pub id: String,
    pub cells: Vec<(Column, Cell)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    /// An instant as the record has it; people are shown the day.
    At(String),
    Flag(Flag),
}

/// What is unusual about a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    pub sense: Sense,
    pub basis: Basis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    High,
    Low,
    Abnormal,
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The source.
    Stated,
    /// The source says nothing, but its own range does.
    Range,
}

impl Row {
    pub fn get(&self, column: Column) -> Option<&Cell> {
        self.cells.iter().find(|(name, _)| *name == column).map(|(_, cell)| cell)
    }

    fn weight(&self) -> usize {
        let text = |cell: &Cell| match cell {
            Cell::Text(text) | Cell::At(text) => text.len(),
            Cell::Flag(_) => 0,
        };
        64 + self.cells.iter().map(|(_, cell)| 32 + text(cell)).sum::<usize>()
    }
}

/// Most bytes of rows in one document, so that no record fills the memory.
const ROOM: usize = 6 * 1024 * 1024;
/// Most rows of one section.
const ROWS: usize = 5000;

/// A report that still takes records.
pub struct Draft {
    code: Code,
    now: Timestamp,
    person: Person,
    sections: Vec<Filling>,
    organizations: Vec<String>,
    room: usize,
}

struct Filling {
    section: Section,
    /// What was seen already, where only the newest of each counts.
    seen: HashSet<String>,
}

impl Draft {
    pub fn new(code: Code, now: Timestamp) -> Draft {
        let filling = |topic: &Topic| Filling {
            section: Section { topic: *topic, rows: Vec::new(), left_out: 0 },
            seen: HashSet::new(),
        };
        let sections = code.topics().iter().map(filling).collect();
        Draft { code, now, person: Person::default(), sections, organizations: Vec::new(), room: ROOM }
    }

    /// The kinds it is made of, to be taken in this order.
    pub fn kinds(&self) -> Vec<&'static str> {
        let mut kinds = vec!["demographics", "profile"];
        for filling in &self.sections {
            if !kinds.contains(&filling.section.topic.kind()) {
                kinds.push(filling.section.topic.kind());
            }
        }
        kinds
    }

    /// One stored body of a kind. What is not an object is passed over.
    pub fn take(&mut self, kind: &str, body: &[u8]) {
        let Ok(record) = serde_json::from_slice::<Value>(body) else { return };
        read::person(kind, &record, &mut self.person);
        if let Some(name) = record["organization"]["name"].as_str() {
            let name = clean(name, SHORT);
            if !name.is_empty() && !self.organizations.contains(&name) && self.organizations.len() < 500 {
                self.organizations.push(name);
            }
        }
        for filling in self.sections.iter_mut().filter(|filling| filling.section.topic.kind() == kind) {
            let topic = filling.section.topic;
            for row in digest::rows(topic, &record, self.now, &mut filling.seen) {
                let weight = row.weight();
                if filling.section.rows.len() < ROWS && weight <= self.room {
                    self.room -= weight;
                    filling.section.rows.push(row);
                } else {
                    filling.section.left_out += 1;
                }
            }
        }
    }

    /// Nothing more comes. `connected` are the sources that are connected now.
    pub fn finish(self, connected: Vec<Source>) -> Report {
        let mut sources = connected;
        for name in self.organizations {
            if !sources.iter().any(|source| source.name == name) {
                sources.push(Source { name, standing: Standing::Disconnected });
            }
        }
        let mut sections: Vec<Section> = self.sections.into_iter().map(|filling| filling.section).collect();
        // What comes first is read first.
        for section in sections.iter_mut().filter(|section| section.topic == Topic::UpcomingPlans) {
            section.rows.reverse();
        }
        Report { code: self.code, generated_at: self.now, person: self.person, sources, sections }
    }
}
