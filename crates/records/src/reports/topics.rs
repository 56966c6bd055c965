//! What a section is about, and what it says of each thing.

/// The subject of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    Demographics,
    Problems,
    CurrentProblems,
    Allergies,
    CurrentAllergies,
    Medications,
    CurrentMedications,
    Immunizations,
    Results,
    /// The newest of each analyte that is watched most, and every newest one that is unusual.
    KeyResults,
    /// The newest of each analyte, where that is unusual.
    AbnormalResults,
    Vitals,
    LatestVitals,
    Procedures,
    Encounters,
    Plans,
    UpcomingPlans,
    SocialHistory,
    FunctionalStatuses,
    Instructions,
    Narratives,
    Documents,
}

/// How a section is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A few facts of each thing, one below the other.
    Facts,
    Table,
    /// A heading and a text.
    Notes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    Name,
    BornOn,
    Gender,
    Language,
    MaritalStatus,
    Race,
    Ethnicity,
    Address,
    Reactions,
    Severity,
    Status,
    Since,
    Until,
    Instructions,
    Prescriber,
    On,
    Value,
    Unit,
    Range,
    Flag,
    Panel,
    Performer,
    Provider,
    Department,
    Reasons,
    Diagnoses,
    Kind,
    Question,
    Answer,
    Author,
    Text,
    /// The organization the record came from.
    RecordedBy,
}

impl Topic {
    /// The kind of record it is read from.
    pub fn kind(self) -> &'static str {
        match self {
            Topic::Demographics => "demographics",
            Topic::Problems | Topic::CurrentProblems => "issues",
            Topic::Allergies | Topic::CurrentAllergies => "allergies",
            Topic::Medications | Topic::CurrentMedications => "medications",
            Topic::Immunizations => "immunizations",
            Topic::Results | Topic::KeyResults | Topic::AbnormalResults => "test_results",
            Topic::Vitals | Topic::LatestVitals => "vitals",
            Topic::Procedures => "procedures",
            Topic::Encounters => "encounters",
            Topic::Plans | Topic::UpcomingPlans => "plans_of_care",
            Topic::SocialHistory => "social_history",
            Topic::FunctionalStatuses => "functional_statuses",
            Topic::Instructions => "instructions",
            Topic::Narratives => "narratives",
            Topic::Documents => "ccds",
        }
    }

    /// The member of a JSON report.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Demographics => "demographics",
            Topic::Problems => "problems",
            Topic::CurrentProblems => "currentProblems",
            Topic::Allergies | Topic::CurrentAllergies => "allergies",
            Topic::Medications => "medications",
            Topic::CurrentMedications => "currentMedications",
            Topic::Immunizations => "immunizations",
            Topic::Results => "testResults",
            Topic::KeyResults => "keyResults",
            Topic::AbnormalResults => "abnormalResults",
            Topic::Vitals => "vitals",
            Topic::LatestVitals => "latestVitals",
            Topic::Procedures => "procedures",
            Topic::Encounters => "encounters",
            Topic::Plans => "plans",
            Topic::UpcomingPlans => "upcomingPlans",
            Topic::SocialHistory => "socialHistory",
            Topic::FunctionalStatuses => "functionalStatuses",
            Topic::Instructions => "instructions",
            Topic::Narratives => "narratives",
            Topic::Documents => "documents",
        }
    }

    pub fn form(self) -> Form {
        match self {
            Topic::Demographics => Form::Facts,
            Topic::Instructions | Topic::Narratives => Form::Notes,
            _ => Form::Table,
        }
    }

    /// What it says of each thing, in the order of reading. The first one names the thing.
    pub fn columns(self) -> &'static [Column] {
        use Column::*;
        match self {
            Topic::Demographics => {
                &[Name, BornOn, Gender, Language, MaritalStatus, Race, Ethnicity, Address, RecordedBy]
            }
            Topic::Problems => &[Name, Status, Since, Until, RecordedBy],
            Topic::CurrentProblems => &[Name, Status, Since, RecordedBy],
            Topic::Allergies | Topic::CurrentAllergies => &[Name, Reactions, Severity, Status, Since, RecordedBy],
            Topic::Medications => &[Name, Instructions, Status, Since, Until, Prescriber, RecordedBy],
            Topic::CurrentMedications => &[Name, Instructions, Since, Prescriber, RecordedBy],
            Topic::Immunizations => &[Name, On, RecordedBy],
            Topic::Results => &[Name, Value, Unit, Range, Flag, On, Panel, RecordedBy],
            Topic::KeyResults | Topic::AbnormalResults => &[Name, Value, Unit, Range, Flag, On, RecordedBy],
            Topic::Vitals | Topic::LatestVitals => &[Name, Value, Unit, On, RecordedBy],
            Topic::Procedures => &[Name, On, Performer, Status, RecordedBy],
            Topic::Encounters => &[Name, On, Provider, Department, Reasons, Diagnoses, RecordedBy],
            Topic::Plans | Topic::UpcomingPlans => &[Name, On, Kind, Text, Provider, RecordedBy],
            Topic::SocialHistory => &[Question, Answer, On, RecordedBy],
            Topic::FunctionalStatuses => &[Name, On, Status, RecordedBy],
            Topic::Instructions | Topic::Narratives => &[Name, On, Author, RecordedBy, Text],
            Topic::Documents => &[On, Author, RecordedBy],
        }
    }
}

impl Column {
    /// The member of a JSON report.
    pub fn name(self) -> &'static str {
        match self {
            Column::Name => "name",
            Column::BornOn => "dateOfBirth",
            Column::Gender => "gender",
            Column::Language => "language",
            Column::MaritalStatus => "maritalStatus",
            Column::Race => "race",
            Column::Ethnicity => "ethnicity",
            Column::Address => "address",
            Column::Reactions => "reactions",
            Column::Severity => "severity",
            Column::Status => "status",
            Column::Since => "startDate",
            Column::Until => "endDate",
            Column::Instructions => "instructions",
            Column::Prescriber => "prescriber",
            Column::On => "dateTime",
            Column::Value => "value",
            Column::Unit => "unit",
            Column::Range => "refRange",
            Column::Flag => "flag",
            Column::Panel => "panel",
            Column::Performer => "performer",
            Column::Provider => "provider",
            Column::Department => "department",
            Column::Reasons => "reasons",
            Column::Diagnoses => "diagnoses",
            Column::Kind => "type",
            Column::Question => "question",
            Column::Answer => "answer",
            Column::Author => "author",
            Column::Text => "text",
            Column::RecordedBy => "organization",
        }
    }
}
