//! What became of every entry of every section.

/// One line per section of a document, in document order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    pub sections: Vec<SectionReport>,
}

/// A section and the fate of each of its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SectionReport {
    /// LOINC code of the section, when it has one.
    pub code: Option<String>,
    pub title: Option<String>,
    /// Name of the entry in `SECTIONS` that read it; `None` when only its narrative was kept.
    pub reader: Option<&'static str>,
    /// Exactly one for each `entry` element.
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Template id root of the entry's act, else its element name.
    pub what: String,
    pub fate: Fate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Keys such as `AllergyIntolerance/…` of the resources made from it.
    Mapped(Vec<String>),
    Lost(LossReason),
}

/// Why an entry, or a part of it, became no resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
