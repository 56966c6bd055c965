//! Which FHIR a server speaks, as far as it changes what we say and read.

use domain::Actor;

use crate::platforms::Platform;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// FHIR 1.0: other names of types, another media type, and no SMART configuration file.
    Dstu2,
    /// R4, its corrections, and servers that do not say.
    #[default]
    R4,
}

/// The server speaks a FHIR that the record mapping does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server speaks a version of FHIR that is not read")]
pub struct Unsupported;

impl Unsupported {
    pub fn who_must_act(self) -> Actor {
        Actor::Provider
    }

    pub fn code(self) -> &'static str {
        "fhir_version_unsupported"
    }
}

impl Version {
    /// Reads `fhirVersion` of a capability statement. STU3 (3.0, and the ballots from 1.1 on) and
    /// what comes after R4 name and shape the same things differently, and are not guessed at.
    ///
    /// # Errors
    /// [`Unsupported`] for every other version that is named.
    pub fn of(fhir_version: &str) -> Result<Version, Unsupported> {
        let mut parts = fhir_version.trim().split('.');
        match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
            ("", _) | ("4", _) => Ok(Version::R4),
            ("1", "0") => Ok(Version::Dstu2),
            _ => Err(Unsupported),
        }
    }

    /// What to ask for on a platform. Media types of FHIR changed their name after DSTU2.
    pub fn accept(self, platform: &Platform) -> &'static str {
        match self {
            Version::Dstu2 => DSTU2_JSON,
            Version::R4 => platform.accept,
        }
    }

    /// What to ask for when the answer should be a resource, whatever the platform.
    pub fn json(self) -> &'static str {
        match self {
            Version::Dstu2 => DSTU2_JSON,
            Version::R4 => "application/fhir+json",
        }
    }
}

const DSTU2_JSON: &str = "application/json+fhir, application/json;q=0.5";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_refused_or_taken_for_r4() {
        for (text, version) in [
            ("4.0.1", Ok(Version::R4)),
            ("4.0.0", Ok(Version::R4)),
            ("4.3.0", Ok(Version::R4)),
            ("", Ok(Version::R4)),
            ("1.0.2", Ok(Version::Dstu2)),
            ("1.0.1", Ok(Version::Dstu2)),
            ("0.0.82", Err(Unsupported)),
            ("1.8.0", Err(Unsupported)),
            ("3.0.2", Err(Unsupported)),
            ("5.0.0", Err(Unsupported)),
            ("nonsense", Err(Unsupported)),
        ] {
            assert_eq!(Version::of(text), version, "{text}");
        }
        assert_eq!((Unsupported.code(), Unsupported.who_must_act()), ("fhir_version_unsupported", Actor::Provider));
    }
}
