//! Running a search: what matches, in which order, one page of it, and what belongs to the page.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;

use super::bundle::{Bundle, Mode};
use super::dates::{Span, Wanted};
use super::holdings::{Row, id_of};
use super::kinds::{Kind, kind};
use super::mark::Mark;
use super::matching::{Criterion, among};
use super::query::{Search, Sort};
use super::values::{Said, Target, Values, Words};
use super::{FhirError, ROOT, View};
use crate::Engine;
use crate::tokens::Access;

/// Bytes of resources on one page; one more is begun only below it.
pub(super) const PAGE: usize = 16 * 1024 * 1024;

/// A resource that matches, and where it is in the order.
#[derive(Debug, Clone)]
struct Match {
    sort: i64,
    row: u32,
    id: Arc<str>,
}

/// What a resource must be. All parts hold.
#[derive(Clone)]
struct Sieve {
    ids: Vec<Vec<String>>,
    updated: Vec<Vec<Wanted>>,
    criteria: Vec<Criterion>,
    sort: Sort,
}

impl Sieve {
    /// Where the resource is in the order, when it passes.
    fn sift(&self, row: &Row, id: &str, values: &Values) -> Option<i64> {
        let changed = Span::at(row.changed);
        let passes = self.ids.iter().all(|ids| ids.iter().any(|wanted| wanted == id))
            && self.updated.iter().all(|dates| dates.iter().any(|wanted| wanted.matches(changed)))
            && self.criteria.iter().all(|criterion| criterion.passes(values));
        passes.then(|| self.place(row, values))
    }

    /// Ascends as the order goes; what says nothing comes last either way.
    fn place(&self, row: &Row, values: &Values) -> i64 {
        let dates = |param: u8| {
            values.iter().filter(move |(of, _)| *of == param).filter_map(|(_, said)| match said {
                Said::Date(span) => Some(span.start),
                _ => None,
            })
        };
        match self.sort {
            Sort::Arrival => 0,
            Sort::Updated { descending: false } => row.changed,
            Sort::Updated { descending: true } => row.changed.saturating_neg(),
            Sort::Date { param, descending: false } => dates(param).min().unwrap_or(i64::MAX),
            Sort::Date { param, descending: true } => dates(param).max().map_or(i64::MAX, i64::saturating_neg),
        }
    }
}

impl Engine {
    /// One page of a search, as the bytes of a Bundle.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fhir_search(&self, access: &Access, search: &Search) -> Result<Bytes, FhirError> {
        let view = self.view(access).await?;
        let mut matches = view.matches(search).await?;
        let mut bundle = Bundle::new(&self.fhir_base());
        let total = matches.len();
        bundle.warn(&search.warnings);
        let path = format!("{ROOT}/{}", search.kind.name);
        let mut more = None;
        if search.count > 0 {
            matches.sort_unstable_by_key(|one| (one.sort, one.row));
            if let Some(after) = &search.after {
                matches.retain(|one| view.mark(one) > *after);
            }
            more = view.page(search, &matches, &mut bundle).await?;
        }
        let next = more.map(|mark| mark.written());
        let total = (search.total || search.count == 0).then_some(total as u64);
        Ok(bundle.written(total, &path, &search.understood, next.as_deref()))
    }
}

impl View {
    fn mark(&self, one: &Match) -> Mark {
        self.holdings.mark(&self.holdings.rows[one.row as usize], one.sort)
    }

    /// Everything a search finds, in the order of arrival.
    async fn matches(&self, search: &Search) -> Result<Vec<Match>, FhirError> {
        let mut sieve = Sieve {
            ids: search.ids.clone(),
            updated: search.updated.clone(),
            criteria: search.criteria.clone(),
            sort: search.sort,
        };
        for chain in &search.chains {
            let found = Box::pin(self.matches(&chain.search)).await?;
            let test = among(chain.search.kind.name, found.into_iter().map(|one| one.id));
            sieve.criteria.push(Criterion { param: chain.param, test });
        }
        self.sifted(search.kind, sieve).await
    }

    async fn sifted(&self, kind: &'static Kind, sieve: Sieve) -> Result<Vec<Match>, FhirError> {
        let shelf = self.shelf(kind).await?;
        if let Some(values) = &shelf.values {
            let found = shelf.items.iter().zip(values).filter_map(|(item, values)| {
                let sort = sieve.sift(&self.holdings.rows[item.row as usize], &item.id, values)?;
                Some(Match { sort, row: item.row, id: item.id.clone() })
            });
            return Ok(found.collect());
        }
        // Too large to be kept: gone through once more.
        let view = self.clone();
        let state = (Vec::new(), Words::default());
        let (mut found, _) = self
            .visit(self.windows(kind, |_| true), state, move |(found, words), row, body| {
                let Some(id) = id_of(body) else { return };
                let values = view.values(kind, row, body, words);
                if let Some(sort) = sieve.sift(&view.holdings.rows[row as usize], &id, &values) {
                    found.push(Match { sort, row, id });
                }
            })
            .await?;
        found.sort_unstable_by_key(|one: &Match| one.row);
        Ok(found)
    }

    /// Fills the bundle; answers where the page ends when there is more.
    async fn page(&self, search: &Search, matches: &[Match], bundle: &mut Bundle) -> Result<Option<Mark>, FhirError> {
        let mut on_page: Vec<(&Match, Bytes)> = Vec::new();
        let mut bytes = 0;
        let mut done = 0;
        let shelf = self.shelf(search.kind).await?;
        for one in matches.iter().take(search.count as usize) {
            if bytes >= PAGE {
                break;
            }
            if let Some(body) = self.body(Some(&shelf), one.row).await? {
                bytes += body.len();
                bundle.push(search.kind, &one.id, &body, Mode::Match);
                on_page.push((one, body));
            }
            done += 1;
        }
        self.include(search, &on_page, bundle).await?;
        Ok(matches.get(..done).filter(|_| done < matches.len()).and_then(<[Match]>::last).map(|one| self.mark(one)))
    }

    /// What the page's resources refer to, and what refers to them, each once.
    async fn include(
        &self,
        search: &Search,
        on_page: &[(&Match, Bytes)],
        bundle: &mut Bundle,
    ) -> Result<(), FhirError> {
        let mut there: HashSet<u32> = on_page.iter().map(|(one, _)| one.row).collect();
        let mut wanted: Vec<u32> = Vec::new();
        if !search.includes.is_empty() {
            let mut words = Words::default();
            for (one, body) in on_page {
                for (param, said) in &self.values(search.kind, one.row, body, &mut words) {
                    let Said::Reference(Target::Here { kind: of, id }) = said else { continue };
                    let asked = search
                        .includes
                        .iter()
                        .any(|include| include.param == *param && include.kind.is_none_or(|kind| *kind.name == **of));
                    let Some(of) = kind(of).filter(|_| asked) else { continue };
                    let row = self.find(of, id).await?;
                    wanted.extend(row.filter(|row| there.insert(*row)));
                }
            }
        }
        if search.provenance
            && let Some(provenance) = kind("Provenance")
            && let Some((target, _)) = provenance.param("target")
        {
            let of = on_page.iter().map(|(one, _)| one.id.clone());
            let criteria = vec![Criterion { param: target as u8, test: among(search.kind.name, of) }];
            let sieve = Sieve { ids: Vec::new(), updated: Vec::new(), criteria, sort: Sort::Arrival };
            let found = self.sifted(provenance, sieve).await?;
            wanted.extend(found.into_iter().map(|one| one.row).filter(|row| there.insert(*row)));
        }
        let mut bytes = 0;
        for row in wanted {
            if bytes >= PAGE {
                bundle.warn(&["Not everything that was to be included fits on this page".to_owned()]);
                break;
            }
            let of = &super::KINDS[self.holdings.rows[row as usize].kind as usize];
            if let Some(body) = self.body(None, row).await?
                && let Some(id) = id_of(&body)
            {
                bytes += body.len();
                bundle.push(of, &id, &body, Mode::Include);
            }
        }
        Ok(())
    }
}
