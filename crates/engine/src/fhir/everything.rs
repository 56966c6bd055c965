//! `$everything`: all there is of a person, or what one connection has of them.

use std::sync::Arc;

use bytes::Bytes;
use domain::Timestamp;

use super::bundle::{Bundle, Mode};
use super::dates::Span;
use super::holdings::id_of;
use super::kinds::{KINDS, Kind, kind};
use super::mark::Mark;
use super::query::{Asked, LARGEST_COUNT, QueryError};
use super::search::PAGE;
use super::shelves::Shelf;
use super::{FhirError, ROOT};
use crate::Engine;
use crate::tokens::Access;

/// What `$everything` was asked with.
#[derive(Debug, Clone)]
pub struct Everything {
    pub(super) since: Option<Timestamp>,
    /// Empty is all.
    pub(super) kinds: Vec<&'static Kind>,
    count: u32,
    after: Option<Mark>,
    understood: Vec<(String, String)>,
    warnings: Vec<String>,
}

impl Everything {
    /// # Errors
    /// Values that cannot be read; when strict, also parameters that are not known.
    pub fn parse(asked: &Asked<'_>) -> Result<Everything, QueryError> {
        let mut all = Everything {
            since: None,
            kinds: Vec::new(),
            count: LARGEST_COUNT,
            after: None,
            understood: Vec::new(),
            warnings: Vec::new(),
        };
        for (name, value) in asked.pairs.iter().filter(|(_, value)| !value.is_empty()) {
            let unreadable = || QueryError::Value(name.clone());
            match name.as_str() {
                "_since" => all.since = Some(instant(value).ok_or_else(unreadable)?),
                "_type" => all.kinds.extend(kinds(value).ok_or_else(unreadable)?),
                "_count" => {
                    let count: u64 = value.parse().map_err(|_| unreadable())?;
                    all.count = u32::try_from(count).unwrap_or(LARGEST_COUNT).min(LARGEST_COUNT);
                }
                "_cursor" => all.after = Some(Mark::parse(value).ok_or_else(unreadable)?),
                "_format" | "_pretty" | "access_token" | "fhirVersion" => continue,
                _ if asked.strict => return Err(QueryError::Unknown(name.chars().take(64).collect())),
                _ if all.warnings.len() < 20 => {
                    let name: String = name.chars().filter(|letter| !letter.is_control()).take(64).collect();
                    all.warnings.push(format!("{name} is not a parameter here and was ignored"));
                    continue;
                }
                _ => continue,
            }
            if name != "_cursor" {
                all.understood.push((name.clone(), value.clone()));
            }
        }
        Ok(all)
    }

    pub(super) fn wants(&self, kind: &Kind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// An instant, or the beginning of a day.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    Span::parse(&text.replace(' ', "+")).map(|span| Timestamp(span.start))
}

pub(super) fn kinds(list: &str) -> Option<Vec<&'static Kind>> {
    list.split(',').map(kind).collect()
}

impl Engine {
    /// One page of everything, as the bytes of a Bundle. With the id of a Patient: of the connection it came
    /// through; `None` when there is no such Patient.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fhir_everything(
        &self,
        access: &Access,
        patient: Option<&str>,
        asked: &Everything,
    ) -> Result<Option<Bytes>, FhirError> {
        let view = self.view(access).await?;
        let place = match patient {
            None => None,
            Some(id) => match view.find(&KINDS[0], id).await? {
                Some(row) => Some(view.holdings.rows[row as usize].place),
                None => return Ok(None),
            },
        };
        let path = patient
            .map_or_else(|| format!("{ROOT}/Patient/$everything"), |id| format!("{ROOT}/Patient/{id}/$everything"));
        let rows = &view.holdings.rows;
        let mut wanted: Vec<u32> = (0..rows.len() as u32)
            .filter(|at| {
                let row = &rows[*at as usize];
                place.is_none_or(|place| place == row.place)
                    && asked.since.is_none_or(|since| row.changed >= since.0)
                    && asked.wants(&KINDS[row.kind as usize])
            })
            .collect();
        let total = wanted.len() as u64;
        wanted.sort_by_key(|at| rows[*at as usize].kind);
        if let Some(after) = &asked.after {
            wanted.retain(|at| view.holdings.mark(&rows[*at as usize], 0) > *after);
        }
        let mut bundle = Bundle::new(&self.fhir_base());
        bundle.warn(&asked.warnings);
        let (mut bytes, mut last) = (0, None);
        let mut shelf: Option<(&Kind, Arc<Shelf>)> = None;
        for (at, row) in wanted.iter().enumerate().take(asked.count as usize) {
            if bytes >= PAGE {
                break;
            }
            let kind = &KINDS[rows[*row as usize].kind as usize];
            if kind.searchable() && shelf.as_ref().is_none_or(|(of, _)| *of != kind) {
                // Opens the type once for all pages.
                shelf = Some((kind, view.shelf(kind).await?));
            }
            let of_kind = shelf.as_ref().filter(|(of, _)| *of == kind).map(|(_, shelf)| shelf.as_ref());
            if let Some(body) = view.body(of_kind, *row).await?
                && let Some(id) = id_of(&body)
            {
                bytes += body.len();
                bundle.push(kind, &id, &body, Mode::Match);
            }
            last = Some(at);
        }
        let more = last.filter(|at| at + 1 < wanted.len());
        let next = more.map(|at| view.holdings.mark(&rows[wanted[at] as usize], 0).written());
        Ok(Some(bundle.written(Some(total), &path, &asked.understood, next.as_deref())))
    }
}
