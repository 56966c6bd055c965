//! A search as it was asked: what is understood, what is ignored with a warning, what is refused.

use domain::Timestamp;

use super::dates;
use super::kinds::{Form, Kind, Param, kind};
use super::mark::Mark;
use super::matching::{Criterion, Test, Wanted, split};

pub const DEFAULT_COUNT: u32 = 50;
pub const LARGEST_COUNT: u32 = 500;
/// Parameters of one search, and values of all of them together.
const MOST: usize = 200;
const MOST_VALUES: usize = 2000;
/// Without effect on what is found.
const SILENT: [&str; 4] = ["_format", "_pretty", "access_token", "fhirVersion"];

/// Why a search is refused. Names are the caller's own and may be said back; values never are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("{0} is not a search parameter here")]
    Unknown(String),
    #[error("this modifier of {0} is not supported")]
    Modifier(String),
    #[error("{0} has a value that cannot be read")]
    Value(String),
    #[error("{0} with this value is not supported")]
    Unsupported(String),
    #[error("too many parameters or values")]
    TooMany,
    #[error("resources of this type are read by their id")]
    NotSearchable,
}

/// The order of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// In which resources came: the default, which never changes under a reader's feet.
    Arrival,
    Updated {
        descending: bool,
    },
    Date {
        param: u8,
        descending: bool,
    },
}

/// `_include=MedicationRequest:medication`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Include {
    pub param: u8,
    pub kind: Option<&'static Kind>,
}

/// A search through a reference.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub param: u8,
    pub search: Box<Search>,
}

/// A search that can be run.
#[derive(Debug, Clone)]
pub struct Search {
    pub(super) kind: &'static Kind,
    /// One id of each list.
    pub(super) ids: Vec<Vec<String>>,
    pub(super) updated: Vec<Vec<dates::Wanted>>,
    pub(super) criteria: Vec<Criterion>,
    pub(super) chains: Vec<Chain>,
    pub(super) includes: Vec<Include>,
    pub(super) provenance: bool,
    pub(super) sort: Sort,
    /// 0 only counts.
    pub(super) count: u32,
    pub(super) total: bool,
    pub(super) after: Option<Mark>,
    /// What was asked and understood, for the links.
    pub(super) understood: Vec<(String, String)>,
    pub(super) warnings: Vec<String>,
}

/// What a search is asked with.
pub struct Asked<'a> {
    pub pairs: &'a [(String, String)],
    /// `Prefer: handling=strict`: what is not understood is refused.
    pub strict: bool,
    pub now: Timestamp,
    /// The address of this server's FHIR.
    pub base: &'a str,
}

impl Search {
    /// # Errors
    /// What cannot be searched for; with `strict`, also what is not understood.
    pub fn parse(kind: &'static Kind, asked: &Asked<'_>) -> Result<Search, QueryError> {
        if !kind.searchable() {
            return Err(QueryError::NotSearchable);
        }
        let values: usize = asked.pairs.iter().map(|(_, value)| value.matches(',').count() + 1).sum();
        if asked.pairs.len() > MOST || values > MOST_VALUES {
            return Err(QueryError::TooMany);
        }
        let mut search = Search::all(kind);
        for (name, value) in asked.pairs {
            // A parameter without a value is as good as none.
            if value.is_empty() || SILENT.contains(&name.as_str()) {
                continue;
            }
            match search.take(name, value, asked) {
                Ok(()) if name != "_cursor" => search.understood.push((name.clone(), value.clone())),
                Ok(()) => {}
                Err(QueryError::Unknown(_)) if !asked.strict => search.warn(name, "is not a search parameter here"),
                Err(QueryError::Unsupported(_)) if !asked.strict => {
                    search.warn(name, "with this value is not supported")
                }
                Err(error) => return Err(error),
            }
        }
        Ok(search)
    }

    /// Everything of a type.
    pub(super) fn all(kind: &'static Kind) -> Search {
        Search {
            kind,
            ids: Vec::new(),
            updated: Vec::new(),
            criteria: Vec::new(),
            chains: Vec::new(),
            includes: Vec::new(),
            provenance: false,
            sort: Sort::Arrival,
            count: DEFAULT_COUNT,
            total: true,
            after: None,
            understood: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn warn(&mut self, name: &str, why: &str) {
        self.warnings.push(format!("{} {why} and was ignored", short(name)));
    }

    fn take(&mut self, name: &str, value: &str, asked: &Asked<'_>) -> Result<(), QueryError> {
        let unreadable = || QueryError::Value(short(name));
        let unsupported = || QueryError::Unsupported(short(name));
        match name {
            "_id" => {
                let ids: Vec<String> = split(value, ',').into_iter().map(str::to_owned).collect();
                self.ids.push(ids);
            }
            "_lastUpdated" => {
                self.updated.push(parse_dates(value, asked.now).ok_or_else(unreadable)?);
            }
            "_count" => {
                let count: u64 = value.parse().map_err(|_| unreadable())?;
                self.count = u32::try_from(count).unwrap_or(LARGEST_COUNT).min(LARGEST_COUNT);
            }
            "_summary" => match value {
                "count" => self.count = 0,
                "false" => {}
                _ => return Err(unsupported()),
            },
            "_total" => match value {
                "none" => self.total = false,
                "accurate" | "estimate" => {}
                _ => return Err(unreadable()),
            },
            "_sort" => self.sort = self.parse_sort(value).ok_or_else(unsupported)?,
            "_include" => {
                let include = self.parse_include(value).ok_or_else(unsupported)?;
                self.includes.push(include);
            }
            "_revinclude" if value == "Provenance:target" => self.provenance = true,
            "_revinclude" => return Err(unsupported()),
            "_cursor" => self.after = Some(Mark::parse(value).ok_or_else(unreadable)?),
            _ => return self.filter(name, value, asked),
        }
        Ok(())
    }

    fn filter(&mut self, name: &str, value: &str, asked: &Asked<'_>) -> Result<(), QueryError> {
        let unknown = || QueryError::Unknown(short(name));
        if let Some((through, inner)) = name.split_once('.') {
            return self.chain(through, inner, value, asked).unwrap_or_else(|| Err(unknown()));
        }
        let (base, modifier) = name.split_once(':').map_or((name, None), |(base, modifier)| (base, Some(modifier)));
        let (place, param) = self.kind.param(base).ok_or_else(unknown)?;
        let test = test(param, modifier, value, asked)?;
        self.criteria.push(Criterion { param: place as u8, test });
        Ok(())
    }

    /// `practitioner.name` or `practitioner:Practitioner.name`.
    fn chain(&mut self, through: &str, inner: &str, value: &str, asked: &Asked<'_>) -> Option<Result<(), QueryError>> {
        let (base, of) = through.split_once(':').map_or((through, None), |(base, of)| (base, Some(of)));
        let (place, param) = self.kind.param(base)?;
        let to = kind(param.chain.filter(|to| of.is_none_or(|of| of == *to))?)?;
        // One step, to a parameter of its own.
        if inner.contains('.') || (inner != "_id" && inner.starts_with('_')) {
            return None;
        }
        let mut search = Search::all(to);
        if let Err(error) = search.take(inner, value, asked) {
            return Some(Err(error));
        }
        self.chains.push(Chain { param: place as u8, search: Box::new(search) });
        Some(Ok(()))
    }

    fn parse_sort(&self, value: &str) -> Option<Sort> {
        let (name, descending) = value.strip_prefix('-').map_or((value, false), |name| (name, true));
        if name == "_lastUpdated" {
            return Some(Sort::Updated { descending });
        }
        let (place, param) = self.kind.param(name)?;
        (param.form == Form::Date).then_some(Sort::Date { param: place as u8, descending })
    }

    fn parse_include(&self, value: &str) -> Option<Include> {
        let mut parts = value.split(':');
        let (own, name, of) = (parts.next()?, parts.next()?, parts.next());
        let (place, param) = self.kind.param(name).filter(|_| own == self.kind.name && parts.next().is_none())?;
        let of = match of {
            Some(of) => Some(kind(of)?),
            None => None,
        };
        (param.form == Form::Reference).then_some(Include { param: place as u8, kind: of })
    }
}

fn test(param: &'static Param, modifier: Option<&str>, value: &str, asked: &Asked<'_>) -> Result<Test, QueryError> {
    let refused = || QueryError::Modifier(param.name.to_owned());
    let unreadable = || QueryError::Value(param.name.to_owned());
    if modifier == Some("missing") {
        return match value {
            "true" => Ok(Test::Missing(true)),
            "false" => Ok(Test::Missing(false)),
            _ => Err(unreadable()),
        };
    }
    let all = |read: &dyn Fn(&str) -> Option<Wanted>| -> Result<Vec<Wanted>, QueryError> {
        split(value, ',').into_iter().map(|one| read(one).ok_or_else(unreadable)).collect()
    };
    Ok(match (param.form, modifier) {
        (Form::Token, None) => Test::Any(all(&Wanted::token)?),
        (Form::Token, Some("not")) => Test::None(all(&Wanted::token)?),
        (Form::Date, None) => Test::Any(all(&|one| dates::Wanted::parse(&plus(one), asked.now).map(Wanted::Date))?),
        (Form::Text, None) => Test::Any(all(&|one| Some(Wanted::starts(one)))?),
        (Form::Text, Some("contains")) => Test::Any(all(&|one| Some(Wanted::contains(one)))?),
        (Form::Text, Some("exact")) => Test::Any(all(&|one| Some(Wanted::exactly(one)))?),
        (Form::Reference, None) => {
            let of = (param.name == "patient").then_some("Patient");
            Test::Any(all(&|one| Wanted::reference(one, of, asked.base))?)
        }
        (Form::Reference, Some(of)) => {
            let of = kind(of).ok_or_else(refused)?.name;
            Test::Any(all(&|one| Wanted::reference(one, Some(of), asked.base))?)
        }
        _ => return Err(refused()),
    })
}

fn parse_dates(value: &str, now: Timestamp) -> Option<Vec<dates::Wanted>> {
    split(value, ',').into_iter().map(|one| dates::Wanted::parse(&plus(one), now)).collect()
}

/// A `+` of an offset arrives as a blank.
fn plus(text: &str) -> String {
    text.replace(' ', "+")
}

/// A name that may be said back.
fn short(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(64).collect()
}
