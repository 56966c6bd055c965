//! What a search looks at, taken out of a resource once.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::dates::Span;
use super::kinds::{Form, Kind};

/// More than this of one resource is not looked at: no honest resource says so many things.
const MOST: usize = 1000;

/// One thing a resource says under one of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Token { system: System, code: Arc<str> },
    Date(Span),
    Reference(Target),
    Text { exact: Arc<str>, folded: Arc<str> },
}

/// Whose word a code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum System {
    Named(Arc<str>),
    None,
    /// FHIR's own, which a plain code does not name.
    Implied,
}

/// What is referred to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Target {
    Here {
        kind: Arc<str>,
        id: Arc<str>,
    },
    /// At another server, in no server, or a canonical address.
    Elsewhere(Arc<str>),
}

/// Everything a resource says, by the place of the parameter in its kind.
pub(super) type Values = Box<[(u8, Said)]>;

/// Texts that were met before, so that ten thousand laboratory values share one name of LOINC.
#[derive(Default)]
pub(super) struct Words(HashSet<Arc<str>>);

impl Words {
    fn share(&mut self, text: &str) -> Arc<str> {
        match self.0.get(text) {
            Some(known) => known.clone(),
            None => {
                let fresh: Arc<str> = text.into();
                self.0.insert(fresh.clone());
                fresh
            }
        }
    }
}

/// Reads what can be searched for. `base` is where the resource comes from: absolute references to there
/// are as good as relative ones.
pub(super) fn values(kind: &Kind, resource: &Value, base: Option<&str>, words: &mut Words) -> Values {
    let mut all: Vec<(u8, Said)> = Vec::new();
    for (place, param) in kind.params.iter().enumerate() {
        for path in param.paths {
            let mut found: Vec<&Value> = Vec::new();
            collect(resource, path, &mut found);
            for value in found {
                let from = all.len();
                match param.form {
                    Form::Token => tokens(value, words, &mut |said| all.push((place as u8, said))),
                    Form::Date => all.extend(Span::of(value).map(|span| (place as u8, Said::Date(span)))),
                    Form::Text => texts(value, &mut |text| all.push((place as u8, said(text, words)))),
                    Form::Reference => {
                        let target = target(value, base, words);
                        // `patient` leads to people only.
                        let fits = |target: &Target| match target {
                            Target::Here { kind, .. } => param.name != "patient" || &**kind == "Patient",
                            Target::Elsewhere(_) => true,
                        };
                        all.extend(target.filter(fits).map(|target| (place as u8, Said::Reference(target))));
                    }
                }
                // The same said twice is one.
                if all[from..].len() == 1 && all[..from].contains(&all[from]) {
                    all.pop();
                }
                if all.len() > MOST {
                    return all.into();
                }
            }
        }
    }
    all.into()
}

/// About how many bytes the values of a resource take.
pub(super) fn weight(values: &Values) -> u64 {
    let said = |one: &Said| match one {
        Said::Text { exact, folded } => (exact.len() + folded.len()) as u64,
        Said::Reference(Target::Here { id, .. }) => id.len() as u64,
        Said::Reference(Target::Elsewhere(address)) => address.len() as u64,
        Said::Token { .. } | Said::Date(_) => 0,
    };
    values.iter().map(|(_, one)| size_of::<(u8, Said)>() as u64 + said(one)).sum()
}

/// Everything at a path, through arrays.
fn collect<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    if let Value::Array(items) = value {
        items.iter().take(MOST).for_each(|item| collect(item, path, found));
        return;
    }
    if path.is_empty() {
        found.push(value);
        return;
    }
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    if let Some(wanted) = name.strip_prefix("extension:") {
        let extensions = value["extension"].as_array().into_iter().flatten();
        let is = |one: &&Value| one["url"].as_str().and_then(|url| url.rsplit('/').next()) == Some(wanted);
        extensions.filter(is).for_each(|one| collect(one, rest, found));
    } else if let Some(member) = value.get(name) {
        collect(member, rest, found);
    }
}

fn tokens(value: &Value, words: &mut Words, push: &mut impl FnMut(Said)) {
    let mut token = |system: System, code: &str, words: &mut Words| {
        push(Said::Token { system, code: words.share(code) });
    };
    let named = |value: &Value, words: &mut Words| match value["system"].as_str().filter(|system| !system.is_empty()) {
        Some(system) => System::Named(words.share(system)),
        None => System::None,
    };
    match value {
        Value::String(code) => token(System::Implied, code, words),
        Value::Bool(is) => token(System::Implied, if *is { "true" } else { "false" }, words),
        Value::Object(object) => {
            let codings = object.get("coding").and_then(Value::as_array);
            for coding in codings.into_iter().flatten().take(MOST) {
                if let Some(code) = coding["code"].as_str() {
                    let system = named(coding, words);
                    token(system, code, words);
                }
            }
            // A Coding has a code, an Identifier a value.
            let own = object.get("code").or_else(|| object.get("value")).and_then(Value::as_str);
            if let Some(code) = own {
                let system = named(value, words);
                token(system, code, words);
            }
        }
        _ => {}
    }
}

/// The words of a name or an address, or the text itself.
fn texts(value: &Value, push: &mut impl FnMut(&str)) {
    const PARTS: [&str; 11] =
        ["text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country"];
    match value {
        Value::String(text) => push(text),
        Value::Object(object) => {
            for part in PARTS {
                match object.get(part) {
                    Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).for_each(&mut *push),
                    Some(Value::String(text)) => push(text),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn said(text: &str, words: &mut Words) -> Said {
    Said::Text { exact: words.share(text), folded: words.share(&fold(text)) }
}

/// Without case and accents.
pub(super) fn fold(text: &str) -> String {
    text.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect()
}

fn target(value: &Value, base: Option<&str>, words: &mut Words) -> Option<Target> {
    let text = value.as_str().or_else(|| value["reference"].as_str())?;
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    Some(match here(relative(text, base)) {
        Some((kind, id)) => Target::Here { kind: words.share(kind), id: words.share(id) },
        None => Target::Elsewhere(words.share(text)),
    })
}

/// The address without the server it starts with, when that is `base`.
pub(super) fn relative<'a>(text: &'a str, base: Option<&str>) -> &'a str {
    let rest = base.and_then(|base| text.strip_prefix(base.trim_end_matches('/'))?.strip_prefix('/'));
    rest.unwrap_or(text)
}

/// Type and id of a relative reference, which may name a version.
pub(super) fn here(text: &str) -> Option<(&str, &str)> {
    let (kind, rest) = text.split_once('/')?;
    let id = rest.split_once("/_history/").map_or(rest, |(id, _)| id);
    let is_kind = kind.starts_with(|first: char| first.is_ascii_uppercase())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_id = !id.is_empty()
        && id.len() <= 255
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'));
    (is_kind && is_id).then_some((kind, id))
}
