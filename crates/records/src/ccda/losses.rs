//! What became of every entry of every section. As JSON it is kept with the document, so its shape is fixed:
//!
//! ```json
//! {"sections": [{"code": "30954-2", "title": "Results", "reader": "results", "entries": [
//!   {"what": "2.16.840.1.113883.10.20.22.4.1", "mapped": ["DiagnosticReport/5f…", "Observation/0c…"],
//!    "parts": [{"what": "2.16.840.1.113883.10.20.22.4.2", "reason": "nameless", "count": 2}]},
//!   {"what": "2.16.840.1.113883.10.20.22.4.2", "lost": "negated"}
//! ]}]}
//! ```
//!
//! `code`, `title`, `reader` and `parts` are left out where there is nothing to say. It holds no words of the document
//! but titles of sections.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::node::Node;

/// One line per section of a document, in document order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    pub sections: Vec<SectionReport>,
}

/// A section and the fate of each of its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionReport {
    /// LOINC code of the section, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Name of the reader in `SECTIONS`; `None` when only its narrative was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    /// Exactly one for each `entry` element.
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Template id root of the entry's act, else its element name.
    pub what: String,
    #[serde(flatten)]
    pub fate: Fate,
    /// The acts inside a mapped entry that became nothing beside those that did. An entry that is lost is lost with
    /// all its parts, so none are listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<LostPart>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Keys such as `AllergyIntolerance/…` of the resources made from it.
    Mapped(Vec<String>),
    Lost(LossReason),
}

/// Acts of one kind, inside one entry, that were lost for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostPart {
    /// Template id root of the act, else its element name.
    pub what: String,
    pub reason: LossReason,
    /// How many; at least one.
    pub count: u64,
}

/// Why an entry, or a part of it, became no resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// An `entry` without an act.
    Empty,
    /// The act as a whole is null: a placeholder for "no data".
    Null,
    /// States that nothing is known, where FHIR has no resource for that.
    NothingKnown,
    /// Neither code, text nor value says what it is.
    Nameless,
    /// Says that something is not so, where FHIR has no way to say that.
    Negated,
    /// The mood says it did not happen and is not planned.
    Mood,
    /// No mapping exists for acts of this template.
    Template,
    /// The section is kept as narrative only.
    Section,
    /// The same act, by its id, is told elsewhere in the document.
    Repeated,
}

/// `nothing_known`, as in the JSON.
impl fmt::Display for LossReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How much of a section, or of a document, became FHIR.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub entries: u64,
    pub mapped: u64,
    /// Entries that became nothing. With `mapped` they are all entries.
    pub lost: BTreeMap<LossReason, u64>,
    /// Acts inside mapped entries that became nothing.
    pub parts: BTreeMap<LossReason, u64>,
}

impl Losses {
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.sections.iter().for_each(|section| totals.add(&section.totals()));
        totals
    }
}

impl SectionReport {
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { entries: self.entries.len() as u64, ..Totals::default() };
        for entry in &self.entries {
            match &entry.fate {
                Fate::Mapped(_) => totals.mapped += 1,
                Fate::Lost(reason) => *totals.lost.entry(*reason).or_default() += 1,
            }
            for part in &entry.parts {
                *totals.parts.entry(part.reason).or_default() += part.count;
            }
        }
        totals
    }
}

impl Totals {
    pub fn add(&mut self, other: &Totals) {
        self.entries += other.entries;
        self.mapped += other.mapped;
        for (sum, more) in [(&mut self.lost, &other.lost), (&mut self.parts, &other.parts)] {
            more.iter().for_each(|(reason, count)| *sum.entry(*reason).or_default() += count);
        }
    }
}

/// Kinds of parts an entry lists; others are listed together.
const KINDS: usize = 32;
const OTHERS: &str = "others";

/// What an act is called in a report.
pub fn what(act: Node<'_>) -> String {
    brief(act.templates().next().unwrap_or(act.name()))
}

/// A text of a report: none is longer than 256 bytes.
pub fn brief(text: &str) -> String {
    text[..text.floor_char_boundary(256)].to_owned()
}

/// The parts of an entry by kind and reason. An act that was tried twice counts once.
pub fn counted(lost: &[(Node<'_>, LossReason)]) -> Vec<LostPart> {
    let (mut seen, mut parts) = (HashSet::new(), Vec::<LostPart>::new());
    for (act, reason) in lost.iter().filter(|(act, _)| seen.insert(act.place())) {
        let known =
            |parts: &[LostPart], what: &str| parts.iter().position(|part| part.what == what && part.reason == *reason);
        let mut what = what(*act);
        let mut at = known(&parts, &what);
        if at.is_none() && parts.len() >= KINDS {
            OTHERS.clone_into(&mut what);
            at = known(&parts, OTHERS);
        }
        match at.and_then(|at| parts.get_mut(at)) {
            Some(part) => part.count += 1,
            None => parts.push(LostPart { what, reason: *reason, count: 1 }),
        }
    }
    parts
}

#[cfg(test)]
mod tests;
