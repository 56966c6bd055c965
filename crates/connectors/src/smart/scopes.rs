//! SMART scopes: both dialects, what to ask for, and what was not granted.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::discovery::SmartConfiguration;
use super::version::Version;
use crate::platforms::{Platform, Style};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// `patient/Observation.read`
    V1,
    /// `patient/Observation.rs`
    V2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    Patient,
    User,
    System,
}

/// Create, read, update, delete, search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rights(u8);

impl Rights {
    const LETTERS: [(char, u8); 5] = [('c', 1), ('r', 2), ('u', 4), ('d', 8), ('s', 16)];
    pub const READ: Rights = Rights(2);
    pub const SEARCH: Rights = Rights(16);
    pub const READ_SEARCH: Rights = Rights(18);
    pub const WRITE: Rights = Rights(13);
    pub const ALL: Rights = Rights(31);

    fn parse(text: &str) -> Option<Rights> {
        match text {
            "read" => return Some(Rights::READ_SEARCH),
            "write" => return Some(Rights::WRITE),
            "*" => return Some(Rights::ALL),
            _ => {}
        }
        let mut rest = text;
        let mut bits = 0;
        for (letter, bit) in Rights::LETTERS {
            if let Some(behind) = rest.strip_prefix(letter) {
                bits |= bit;
                rest = behind;
            }
        }
        (rest.is_empty() && bits != 0).then_some(Rights(bits))
    }

    fn contain(self, other: Rights) -> bool {
        self.0 & other.0 == other.0
    }

    fn render(self, dialect: Dialect) -> String {
        match dialect {
            Dialect::V1 if self == Rights::ALL => "*".to_owned(),
            Dialect::V1 if self.0 & Rights::READ_SEARCH.0 != 0 => "read".to_owned(),
            Dialect::V1 => "write".to_owned(),
            Dialect::V2 => {
                Rights::LETTERS.iter().filter(|(_, bit)| self.0 & bit != 0).map(|(letter, _)| letter).collect()
            }
        }
    }
}

/// One scope. Both dialects of the same right compare equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Resource {
        context: Context,
        kind: String,
        rights: Rights,
        query: Option<String>,
    },
    /// `openid`, `launch/patient`, `offline_access` and whatever else there is.
    Other(String),
}

impl Scope {
    pub fn parse(text: &str) -> Scope {
        Scope::resource(text).unwrap_or_else(|| Scope::Other(text.to_owned()))
    }

    fn resource(text: &str) -> Option<Scope> {
        let (context, rest) = text.split_once('/')?;
        let context = match context {
            "patient" => Context::Patient,
            "user" => Context::User,
            "system" => Context::System,
            _ => return None,
        };
        let (target, query) = match rest.split_once('?') {
            Some((target, query)) => (target, Some(query.to_owned())),
            None => (rest, None),
        };
        let (kind, rights) = target.split_once('.')?;
        let named = kind == "*" || (!kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric()));
        let rights = Rights::parse(rights).filter(|_| named)?;
        Some(Scope::Resource { context, kind: kind.to_owned(), rights, query })
    }

    pub fn render(&self, dialect: Dialect) -> String {
        match self {
            Scope::Other(text) => text.clone(),
            Scope::Resource { context, kind, rights, query } => {
                let context = match context {
                    Context::Patient => "patient",
                    Context::User => "user",
                    Context::System => "system",
                };
                let mut text = format!("{context}/{kind}.{}", rights.render(dialect));
                if let (Dialect::V2, Some(query)) = (dialect, query) {
                    text.push('?');
                    text.push_str(query);
                }
                text
            }
        }
    }
}

/// The scopes of a request or an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    pub fn parse(text: &str) -> Scopes {
        Scopes(text.split_ascii_whitespace().map(Scope::parse).collect())
    }

    pub fn render(&self, dialect: Dialect) -> String {
        self.0.iter().rev().map(|scope| scope.render(dialect)).collect::<Vec<_>>().join(" ")
    }

    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&Scope::Other(name.to_owned()))
    }

    /// Whether any resource right is named. Some products answer with none although data can be read.
    pub fn name_resources(&self) -> bool {
        self.0.iter().any(|scope| matches!(scope, Scope::Resource { .. }))
    }

    /// How much of a type may be read.
    pub fn reading(&self, wanted: &str) -> Reading {
        let mut part = Vec::new();
        for scope in &self.0 {
            let Scope::Resource { kind, rights, query, .. } = scope else { continue };
            if (kind != wanted && kind != "*") || !rights.contain(Rights::READ) {
                continue;
            }
            match query {
                None => return Reading::All,
                Some(query) => part.push(query.clone()),
            }
        }
        if part.is_empty() { Reading::Nothing } else { Reading::Part(part) }
    }

    /// Types that were asked for and may not be read at all.
    pub fn refused_kinds(&self, granted: &Scopes) -> Vec<String> {
        if !granted.name_resources() {
            return Vec::new();
        }
        let asked = self.0.iter().filter_map(|scope| match scope {
            Scope::Resource { kind, .. } => Some(kind.as_str()),
            Scope::Other(_) => None,
        });
        let mut kinds: BTreeSet<&str> = asked.collect();
        if kinds.remove("*") {
            kinds.extend(KINDS);
        }
        kinds.into_iter().filter(|kind| granted.reading(kind) == Reading::Nothing).map(str::to_owned).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Dialect::V2))
    }
}

/// What a grant lets us read of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    All,
    /// Search filters such as `category=…|laboratory`; the union of them is shared.
    Part(Vec<String>),
    Nothing,
}

impl Reading {
    /// Whether a search for this category code is covered; `None` is a search for everything.
    pub fn covers(&self, category: Option<&str>) -> bool {
        match (self, category) {
            (Reading::All, _) => true,
            (Reading::Nothing, _) | (Reading::Part(_), None) => false,
            (Reading::Part(filters), Some(code)) => filters.iter().any(|filter| {
                let value = filter.strip_prefix("category=").unwrap_or_default();
                let value = value.split('&').next().unwrap_or_default().replace("%7C", "|");
                value.rsplit('|').next() == Some(code)
            }),
        }
    }
}

/// How one authorization request is phrased. Stored with it, so that a retry can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phrase {
    pub dialect: Dialect,
    pub style: Style,
}

impl Phrase {
    /// The first attempt. `pinned` is the dialect fixed by our registration, if any.
    pub fn first(platform: &Platform, pinned: Option<Dialect>, smart: &SmartConfiguration) -> Phrase {
        let spoken = if smart.can("permission-v2") { Dialect::V2 } else { Dialect::V1 };
        Phrase { dialect: pinned.or(platform.dialect).unwrap_or(spoken), style: platform.style }
    }

    /// After `invalid_scope`: the other dialect, then without wildcard, then the least.
    /// `refused` are the phrases tried so far, oldest first.
    pub fn after(platform: &Platform, pinned: Option<Dialect>, refused: &[Phrase]) -> Option<Phrase> {
        let first = *refused.first()?;
        let other = match first.dialect {
            Dialect::V1 => Dialect::V2,
            Dialect::V2 => Dialect::V1,
        };
        let fixed = pinned.or(platform.dialect).is_some();
        let dialects = [first.dialect, if fixed { first.dialect } else { other }];
        let styles: &[Style] = match first.style {
            Style::Wildcard => &[Style::Wildcard, Style::Explicit, Style::Minimal],
            Style::Explicit => &[Style::Explicit, Style::Minimal],
            Style::Minimal => &[Style::Minimal, Style::Wildcard],
        };
        let mut all = styles.iter().flat_map(|style| dialects.map(|dialect| Phrase { dialect, style: *style }));
        all.find(|phrase| !refused.contains(phrase))
    }

    /// The scopes to ask for.
    pub fn scopes(self, platform: &Platform, version: Version) -> Scopes {
        let mut all = Scopes::parse(platform.identity).0;
        all.extend(platform.extra_scopes.iter().map(|scope| Scope::parse(scope)));
        let kinds: &[&str] = match self.style {
            Style::Wildcard => &["*"],
            Style::Explicit => KINDS,
            Style::Minimal => MINIMAL,
        };
        let kinds = kinds.iter().flat_map(|kind| names(kind, version));
        all.extend(kinds.filter(|kind| platform.binary || *kind != "Binary").map(|kind| Scope::Resource {
            context: Context::Patient,
            kind: kind.to_owned(),
            rights: Rights::READ_SEARCH,
            query: None,
        }));
        Scopes(all)
    }

    /// The `scope` parameter of the authorization request.
    pub fn parameter(self, platform: &Platform, version: Version) -> String {
        self.scopes(platform, version).render(self.dialect)
    }
}

/// What a type is called in a version; nothing when it does not exist there.
fn names(kind: &'static str, version: Version) -> Vec<&'static str> {
    match (version, kind) {
        (Version::Dstu2, "CareTeam" | "PractitionerRole") => vec![],
        (Version::Dstu2, "MedicationRequest") => vec!["MedicationOrder"],
        (Version::Dstu2, "ServiceRequest") => vec!["DiagnosticOrder", "ProcedureRequest", "ReferralRequest"],
        _ => vec![kind],
    }
}

/// Every type we can make use of.
pub const KINDS: &[&str] = &[
    "AllergyIntolerance",
    "Binary",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "FamilyMemberHistory",
    "Goal",
    "Immunization",
    "Location",
    "Media",
    "Medication",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "QuestionnaireResponse",
    "RelatedPerson",
    "ServiceRequest",
    "Specimen",
];

const MINIMAL: &[&str] = &[
    "AllergyIntolerance",
    "Condition",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Immunization",
    "MedicationRequest",
    "Observation",
    "Patient",
    "Procedure",
];

#[cfg(test)]
#[path = "scopes_tests.rs"]
mod tests;
