//! Which sentence says what of a report.

use records::reports::{Basis, Code, Column, Flag, Sense, Topic};

use crate::i18n::Key;

const MONTHS: [Key; 12] = [
    Key("report-month-1"),
    Key("report-month-2"),
    Key("report-month-3"),
    Key("report-month-4"),
    Key("report-month-5"),
    Key("report-month-6"),
    Key("report-month-7"),
    Key("report-month-8"),
    Key("report-month-9"),
    Key("report-month-10"),
    Key("report-month-11"),
    Key("report-month-12"),
];

/// Of `YYYY-MM-…`.
pub(super) fn month(date: &str) -> Option<Key> {
    let number: usize = date.get(5..7)?.parse().ok()?;
    MONTHS.get(number.checked_sub(1)?).copied()
}

pub(super) fn title(code: Code) -> Key {
    match code {
        Code::Unity | Code::CcdRaw => Key("report-unity"),
        Code::Healthcheck => Key("report-healthcheck"),
        Code::Highlights => Key("report-highlights"),
        Code::Timeline => Key("report-timeline"),
    }
}

/// What the document is, in a sentence.
pub(super) fn about(code: Code) -> Key {
    match code {
        Code::Unity | Code::CcdRaw | Code::Timeline => Key("report-unity-about"),
        Code::Healthcheck => Key("report-healthcheck-about"),
        Code::Highlights => Key("report-highlights-about"),
    }
}

pub(super) fn heading(topic: Topic) -> Key {
    match topic {
        Topic::Demographics => Key("report-demographics"),
        Topic::Problems => Key("report-problems"),
        Topic::CurrentProblems => Key("report-problems-current"),
        Topic::Allergies | Topic::CurrentAllergies => Key("report-allergies"),
        Topic::Medications => Key("report-medications"),
        Topic::CurrentMedications => Key("report-medications-current"),
        Topic::Immunizations => Key("report-immunizations"),
        Topic::Results => Key("report-results"),
        Topic::KeyResults => Key("report-results-key"),
        Topic::AbnormalResults => Key("report-results-abnormal"),
        Topic::Vitals => Key("report-vitals"),
        Topic::LatestVitals => Key("report-vitals-latest"),
        Topic::Procedures => Key("report-procedures"),
        Topic::Encounters => Key("report-encounters"),
        Topic::Plans => Key("report-plans"),
        Topic::UpcomingPlans => Key("report-plans-upcoming"),
        Topic::SocialHistory => Key("report-social"),
        Topic::FunctionalStatuses => Key("report-functional"),
        Topic::Instructions => Key("report-instructions"),
        Topic::Narratives => Key("report-narratives"),
        Topic::Documents => Key("report-documents"),
    }
}

/// What an empty section says. Where silence could be taken for good news, it says that it is not.
pub(super) fn nothing(topic: Topic) -> Key {
    match topic {
        Topic::Demographics => Key("report-none-demographics"),
        Topic::Problems | Topic::CurrentProblems => Key("report-none-problems"),
        Topic::Allergies | Topic::CurrentAllergies => Key("report-none-allergies"),
        Topic::Medications | Topic::CurrentMedications => Key("report-none-medications"),
        Topic::AbnormalResults => Key("report-none-abnormal"),
        Topic::UpcomingPlans => Key("report-none-upcoming"),
        _ => Key("report-none"),
    }
}

pub(super) fn column(topic: Topic, column: Column) -> Key {
    match column {
        Column::Name => match topic {
            Topic::Problems | Topic::CurrentProblems => Key("report-column-problem"),
            Topic::Allergies | Topic::CurrentAllergies => Key("report-column-substance"),
            Topic::Medications | Topic::CurrentMedications => Key("report-column-medicine"),
            Topic::Immunizations => Key("report-column-vaccine"),
            Topic::Results | Topic::KeyResults | Topic::AbnormalResults => Key("report-column-test"),
            Topic::Vitals | Topic::LatestVitals => Key("report-column-measure"),
            Topic::Encounters => Key("report-column-visit"),
            _ => Key("report-column-name"),
        },
        Column::BornOn => Key("report-column-born"),
        Column::Gender => Key("report-column-gender"),
        Column::Language => Key("report-column-language"),
        Column::MaritalStatus => Key("report-column-marital"),
        Column::Race => Key("report-column-race"),
        Column::Ethnicity => Key("report-column-ethnicity"),
        Column::Address => Key("report-column-address"),
        Column::Reactions => Key("report-column-reactions"),
        Column::Severity => Key("report-column-severity"),
        Column::Status => Key("report-column-status"),
        Column::Since => Key("report-column-since"),
        Column::Until => Key("report-column-until"),
        Column::Instructions => Key("report-column-directions"),
        Column::Prescriber => Key("report-column-prescriber"),
        Column::On => Key("report-column-date"),
        Column::Value => Key("report-column-result"),
        Column::Unit => Key("report-column-unit"),
        Column::Range => Key("report-column-range"),
        Column::Flag => Key("report-column-flag"),
        Column::Panel => Key("report-column-panel"),
        Column::Performer | Column::Provider => Key("report-column-provider"),
        Column::Department => Key("report-column-department"),
        Column::Reasons => Key("report-column-reasons"),
        Column::Diagnoses => Key("report-column-diagnoses"),
        Column::Kind => Key("report-column-kind"),
        Column::Question => Key("report-column-question"),
        Column::Answer => Key("report-column-answer"),
        Column::Author => Key("report-column-author"),
        Column::Text => Key("report-column-text"),
        Column::RecordedBy => Key("report-column-recorded"),
    }
}

pub(super) fn flag(flag: &Flag) -> Key {
    match (flag.basis, flag.sense) {
        (Basis::Stated, Sense::High) => Key("report-flag-high"),
        (Basis::Stated, Sense::Low) => Key("report-flag-low"),
        (Basis::Stated | Basis::Range, Sense::Abnormal) => Key("report-flag-abnormal"),
        (Basis::Range, Sense::High) => Key("report-flag-above"),
        (Basis::Range, Sense::Low) => Key("report-flag-below"),
    }
}
