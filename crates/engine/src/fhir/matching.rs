//! Whether what a resource says is what a search wants.

use std::collections::HashSet;
use std::sync::Arc;

use super::dates;
use super::values::{Said, System, Target, Values, fold, here, relative};

/// One value of a search parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `code`, `|code`, `system|code` and `system|`.
    Token {
        system: Whose,
        code: Option<String>,
    },
    Date(dates::Wanted),
    /// The id of any type, or of one.
    Reference {
        kind: Option<String>,
        id: String,
    },
    Address(String),
    Starts(String),
    Contains(String),
    Exactly(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    Anyone,
    Nobody,
    Of(String),
}

/// What a parameter must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Any(Vec<Wanted>),
    /// `:not`, which what says nothing passes too.
    None(Vec<Wanted>),
    Missing(bool),
    /// One of the resources another search found.
    Among(HashSet<Target>),
}

/// A parameter, by its place in the kind, and its test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Criterion {
    pub param: u8,
    pub test: Test,
}

impl Criterion {
    pub(super) fn passes(&self, values: &Values) -> bool {
        let mut said = values.iter().filter(|(param, _)| *param == self.param).map(|(_, said)| said);
        match &self.test {
            Test::Any(wanted) => said.any(|said| wanted.iter().any(|wanted| wanted.is(said))),
            Test::None(wanted) => !said.any(|said| wanted.iter().any(|wanted| wanted.is(said))),
            Test::Missing(missing) => said.next().is_none() == *missing,
            Test::Among(targets) => {
                said.any(|said| matches!(said, Said::Reference(target) if targets.contains(target)))
            }
        }
    }
}

impl Wanted {
    /// `system|code` and its shorter forms; `None` when it names neither.
    pub(super) fn token(text: &str) -> Option<Wanted> {
        let (system, code) = match split(text, '|').as_slice() {
            [code] => (Whose::Anyone, unescaped(code)),
            [system, code] => {
                let system = unescaped(system);
                (if system.is_empty() { Whose::Nobody } else { Whose::Of(system) }, unescaped(code))
            }
            _ => return None,
        };
        if code.is_empty() && !matches!(system, Whose::Of(_)) {
            return None;
        }
        Some(Wanted::Token { system, code: Some(code).filter(|code| !code.is_empty()) })
    }

    /// An id, `Type/id` or an address; `kind` when a modifier or the parameter names the type. `ours` is
    /// where this server is.
    pub(super) fn reference(text: &str, kind: Option<&str>, ours: &str) -> Option<Wanted> {
        let text = unescaped(text);
        let text = relative(&text, Some(ours));
        if text.contains(':') {
            return Some(Wanted::Address(text.to_owned()));
        }
        let (named, id) = match text.contains('/') {
            true => here(text).map(|(kind, id)| (Some(kind), id))?,
            false => here(&format!("Any/{text}")).map(|_| (None, text))?,
        };
        if let (Some(kind), Some(named)) = (kind, named)
            && kind != named
        {
            return None;
        }
        Some(Wanted::Reference { kind: named.or(kind).map(str::to_owned), id: id.to_owned() })
    }

    fn is(&self, said: &Said) -> bool {
        match (self, said) {
            (Wanted::Token { system, code }, Said::Token { system: of, code: said }) => {
                let fits = match (system, of) {
                    (Whose::Anyone, _) | (_, System::Implied) | (Whose::Nobody, System::None) => true,
                    (Whose::Of(wanted), System::Named(named)) => **wanted == **named,
                    (Whose::Nobody, System::Named(_)) | (Whose::Of(_), System::None) => false,
                };
                fits && code.as_ref().is_none_or(|code| **code == **said)
            }
            (Wanted::Date(wanted), Said::Date(found)) => wanted.matches(*found),
            (Wanted::Reference { kind, id }, Said::Reference(Target::Here { kind: of, id: said })) => {
                **id == **said && kind.as_ref().is_none_or(|kind| **kind == **of)
            }
            (Wanted::Address(address), Said::Reference(Target::Elsewhere(said))) => {
                **address == **said || said.split_once('|').is_some_and(|(said, _)| said == address)
            }
            (Wanted::Starts(text), Said::Text { folded, .. }) => folded.starts_with(text.as_str()),
            (Wanted::Contains(text), Said::Text { folded, .. }) => folded.contains(text.as_str()),
            (Wanted::Exactly(text), Said::Text { exact, .. }) => **text == **exact,
            _ => false,
        }
    }

    pub(super) fn starts(text: &str) -> Wanted {
        Wanted::Starts(fold(&unescaped(text)))
    }

    pub(super) fn contains(text: &str) -> Wanted {
        Wanted::Contains(fold(&unescaped(text)))
    }

    pub(super) fn exactly(text: &str) -> Wanted {
        Wanted::Exactly(unescaped(text))
    }
}

/// The parts of a value that are not joined by an escaped `by`; escapes stay.
pub(super) fn split(text: &str, by: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut escaped) = (0, false);
    for (at, letter) in text.char_indices() {
        if !escaped && letter == by {
            parts.push(&text[from..at]);
            from = at + letter.len_utf8();
        }
        escaped = !escaped && letter == '\\';
    }
    parts.push(&text[from..]);
    parts
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => out.extend(letters.next()),
            _ => out.push(letter),
        }
    }
    out
}

/// What a chained search found, as targets of a reference.
pub(super) fn among(kind: &str, ids: impl Iterator<Item = Arc<str>>) -> Test {
    let kind: Arc<str> = kind.into();
    Test::Among(ids.map(|id| Target::Here { kind: kind.clone(), id }).collect())
}
