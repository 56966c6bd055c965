//! The scope grammar of SMART, versions 1 and 2, as values that can be compared.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fhir::kinds;

/// One scope that this server understands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Scope {
    OpenId,
    FhirUser,
    Profile,
    LaunchPatient,
    OfflineAccess,
    OnlineAccess,
    Resource(ResourceScope),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Dialect {
    V1,
    V2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Context {
    Patient,
    User,
}

/// What may be done; writing is never granted here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Read,
    Search,
}

/// `patient/Observation.rs?category=…` taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ResourceScope {
    pub context: Context,
    /// A resource type, or `*`.
    pub kind: String,
    pub read: bool,
    pub search: bool,
    pub dialect: Dialect,
    /// Pairs that a resource must match.
    pub query: Vec<(String, String)>,
}

impl Scope {
    /// What is not known, or grants nothing that this server has, is dropped.
    pub fn parse(text: &str) -> Option<Scope> {
        Some(match text {
            "openid" => Scope::OpenId,
            "fhirUser" => Scope::FhirUser,
            "profile" => Scope::Profile,
            "launch/patient" => Scope::LaunchPatient,
            "offline_access" => Scope::OfflineAccess,
            "online_access" => Scope::OnlineAccess,
            _ => Scope::Resource(ResourceScope::parse(text)?),
        })
    }

    /// All scopes of a list that are understood, each once.
    pub fn parse_list(text: &str) -> Vec<Scope> {
        let mut scopes = Vec::new();
        for scope in text.split_ascii_whitespace().filter_map(Scope::parse) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }

    pub fn resource(&self) -> Option<&ResourceScope> {
        match self {
            Scope::Resource(scope) => Some(scope),
            _ => None,
        }
    }

    /// Whether holding `self` includes holding `other`.
    pub fn covers(&self, other: &Scope) -> bool {
        match (self, other) {
            (Scope::Resource(mine), Scope::Resource(other)) => mine.covers(other),
            _ => self == other,
        }
    }
}

impl ResourceScope {
    fn parse(text: &str) -> Option<ResourceScope> {
        let (context, rest) = text.split_once('/')?;
        let context = match context {
            "patient" => Context::Patient,
            "user" => Context::User,
            _ => return None,
        };
        let (head, query) = rest.split_once('?').map_or((rest, None), |(head, query)| (head, Some(query)));
        let (kind, rights) = head.split_once('.')?;
        if kind != "*" && kinds::find(kind).is_none() {
            return None;
        }
        let (dialect, read, search) = rights_of(rights)?;
        let query: Vec<(String, String)> = match query {
            Some(_) if dialect == Dialect::V1 || kind == "*" => return None,
            Some(query) => serde_urlencoded::from_str(query).ok()?,
            None => Vec::new(),
        };
        let filterable = |name: &str| kinds::find(kind).is_some_and(|kind| kind.param(name).is_some());
        if !(read || search) || query.iter().any(|(name, value)| value.is_empty() || !filterable(name)) {
            return None;
        }
        Some(ResourceScope { context, kind: kind.to_owned(), read, search, dialect, query })
    }

    /// The same rights on one type.
    pub fn narrowed(&self, kind: &str) -> ResourceScope {
        ResourceScope { kind: kind.to_owned(), ..self.clone() }
    }

    pub fn allows(&self, kind: &str, right: Right) -> bool {
        let granted = match right {
            Right::Read => self.read,
            Right::Search => self.search,
        };
        granted && (self.kind == "*" || self.kind == kind)
    }

    fn covers(&self, other: &ResourceScope) -> bool {
        self.context == other.context
            && (self.kind == "*" || self.kind == other.kind)
            && (self.read || !other.read)
            && (self.search || !other.search)
            && self.query.iter().all(|pair| other.query.contains(pair))
    }
}

/// Version 2 writes rights as letters of `cruds` in that order; version 1 as words.
fn rights_of(text: &str) -> Option<(Dialect, bool, bool)> {
    match text {
        "read" | "*" => return Some((Dialect::V1, true, true)),
        "write" => return Some((Dialect::V1, false, false)),
        _ => {}
    }
    let mut order = "cruds".chars();
    let in_order = !text.is_empty() && text.chars().all(|letter| order.any(|next| next == letter));
    in_order.then(|| (Dialect::V2, text.contains('r'), text.contains('s')))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::OpenId => f.write_str("openid"),
            Scope::FhirUser => f.write_str("fhirUser"),
            Scope::Profile => f.write_str("profile"),
            Scope::LaunchPatient => f.write_str("launch/patient"),
            Scope::OfflineAccess => f.write_str("offline_access"),
            Scope::OnlineAccess => f.write_str("online_access"),
            Scope::Resource(scope) => scope.fmt(f),
        }
    }
}

impl fmt::Display for ResourceScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = match self.context {
            Context::Patient => "patient",
            Context::User => "user",
        };
        let rights = match (self.dialect, self.read, self.search) {
            (Dialect::V1, ..) => "read",
            (Dialect::V2, true, true) => "rs",
            (Dialect::V2, true, false) => "r",
            (Dialect::V2, false, _) => "s",
        };
        write!(f, "{context}/{}.{rights}", self.kind)?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

/// A list as OAuth writes it.
pub fn join(scopes: &[Scope]) -> String {
    scopes.iter().map(Scope::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_written_in_their_dialect() {
        let table = [
            ("openid", Some("openid")),
            ("patient/Observation.read", Some("patient/Observation.read")),
            ("patient/*.*", Some("patient/*.read")),
            ("patient/*.rs", Some("patient/*.rs")),
            ("patient/Observation.cruds", Some("patient/Observation.rs")),
            ("patient/Binary.r", Some("patient/Binary.r")),
            ("user/Practitioner.read", Some("user/Practitioner.read")),
            (
                "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
                Some(
                    "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
                ),
            ),
            ("patient/Observation.read?category=laboratory", None),
            ("patient/Observation.rs?colour=red", None),
            ("patient/Observation.sr", None),
            ("patient/Observation.write", None),
            ("patient/Observation.cud", None),
            ("patient/Observation.", None),
            ("patient/Spaceship.rs", None),
            ("system/Patient.rs", None),
            ("patient", None),
        ];
        for (text, expected) in table {
            assert_eq!(Scope::parse(text).map(|scope| scope.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn wider_scopes_cover_narrower_ones_in_either_dialect() {
        let table = [
            ("patient/*.rs", "patient/Goal.read", true),
            ("patient/*.read", "patient/Goal.rs", true),
            ("patient/Goal.r", "patient/Goal.rs", false),
            ("patient/Goal.rs", "patient/*.rs", false),
            ("patient/*.rs", "user/Goal.rs", false),
            ("patient/Observation.rs?category=laboratory", "patient/Observation.rs", false),
            ("patient/Observation.rs", "patient/Observation.rs?category=laboratory", true),
            ("openid", "fhirUser", false),
        ];
        for (wide, narrow, expected) in table {
            let covers = Scope::parse(wide).expect("known").covers(&Scope::parse(narrow).expect("known"));
            assert_eq!(covers, expected, "{wide} covers {narrow}");
        }
    }
}
