//! CodeableConcept and Coding.

use super::Element;
use crate::codes;
use crate::drafts::SkipReason;

const ABSENT_REASON: &str = "http://terminology.hl7.org/CodeSystem/data-absent-reason";

const NULL_FLAVOR: &str = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor";

const ABSENT_EXTENSION: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

#[derive(Clone, Copy, Debug)]
pub struct Concept<'a>(pub Element<'a>);

#[derive(Clone, Copy, Debug)]
pub struct Coding<'a>(pub Element<'a>);

impl<'a> Coding<'a> {
    pub fn system(self) -> Option<&'a str> {
        self.0.str("system")
    }

    pub fn code(self) -> Option<&'a str> {
        self.0.str("code")
    }

    pub fn display(self) -> Option<&'a str> {
        self.0.str("display")
    }

    /// Whether it says something clinical, and not why nothing is said.
    pub fn is_clinical(self) -> bool {
        self.system() != Some(ABSENT_REASON) && (self.code().is_some() || self.display().is_some())
    }

    /// Whether HL7 version 3 says with it that there is no code.
    pub fn is_null_flavor(self) -> bool {
        self.system().is_some_and(|system| codes::same(system, NULL_FLAVOR))
    }

    fn is_chosen(self) -> bool {
        self.0.flag("userSelected") == Some(true)
    }
}

impl<'a> Concept<'a> {
    /// Clinical codings, those the user picked first.
    pub fn codings(self) -> impl Iterator<Item = Coding<'a>> + use<'a> {
        let all = move || self.0.each("coding").map(Coding).filter(|coding| coding.is_clinical());
        all().filter(|coding| coding.is_chosen()).chain(all().filter(|coding| !coding.is_chosen()))
    }

    /// The best text for a person to read; a bare code if there is nothing else.
    pub fn name(self) -> Option<&'a str> {
        self.label().or_else(|| self.codings().find_map(Coding::code))
    }

    /// The best text, never a bare code.
    pub fn label(self) -> Option<&'a str> {
        let display = |coding: Coding<'a>| coding.display();
        self.0
            .str("text")
            .or_else(|| self.codings().filter(|coding| coding.is_chosen()).find_map(display))
            .or_else(|| {
                self.codings().filter(|coding| coding.system().is_some_and(codes::is_standard)).find_map(display)
            })
            .or_else(|| self.codings().find_map(display))
    }

    /// Why it has no name: the source says so, or says nothing.
    pub fn missing(self) -> SkipReason {
        let reason = self.0.each("coding").any(|coding| coding.str("system") == Some(ABSENT_REASON));
        if reason || !self.0.extension(ABSENT_EXTENSION).is_absent() { SkipReason::NoValue } else { SkipReason::Empty }
    }

    pub fn text(self) -> Option<&'a str> {
        self.0.str("text")
    }

    /// The first code, of any system.
    pub fn code(self) -> Option<&'a str> {
        self.codings().find_map(Coding::code)
    }

    /// The code of one system, by its URI.
    pub fn code_of(self, system: &str) -> Option<&'a str> {
        self.codings()
            .filter(|coding| coding.system().is_some_and(|uri| codes::same(uri, system)))
            .find_map(Coding::code)
    }

    pub fn has_any(self, codes: &[&str]) -> bool {
        self.codings().filter_map(Coding::code).any(|code| codes.contains(&code))
    }
}
