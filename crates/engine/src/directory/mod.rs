//! The directory of providers: import, search, lookup.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ::directory::lists::{Format, List};
use ::directory::search::{IndexError, Point, Query, Why, zip};
use ::directory::{Brand, Category, Index};
use domain::SourceId;
use quick_cache::sync::Cache;
use store::brands::Edition;
use url::Url;

use crate::Engine;

mod import;
mod kept;

pub use ::directory::publishers::PUBLISHERS;
pub use import::{Changed, Feed, ImportError, Imported};

/// How often other processes' imports are looked for.
const REFRESH: Duration = Duration::from_secs(3);
/// Rows of one read.
const PAGE: u32 = 2_000;
/// Brands kept at hand, those seen last.
const AT_HAND: usize = 4_096;

/// What a person asks the directory for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Search<'a> {
    pub text: &'a str,
    /// A ZIP the person named; without one, a ZIP in the text is taken.
    pub near: Option<&'a str>,
    /// Only these; all when empty.
    pub categories: &'a [Category],
    pub limit: usize,
}

impl<'a> Search<'a> {
    pub fn of(text: &'a str, limit: usize) -> Search<'a> {
        Search { text, limit, ..Search::default() }
    }
}

/// One search result.
#[derive(Debug, Clone)]
pub struct Found {
    pub brand: Arc<Brand>,
    /// What matched when it was not the name, e.g. a portal's host.
    pub why: Option<String>,
    /// Byte ranges of the name that matched.
    pub matched: Vec<(usize, usize)>,
    /// To its nearest place, when both are known.
    pub kilometres: Option<f32>,
}

/// The directory as this process searches it; swapped as a whole.
pub(crate) struct Directory {
    loaded: RwLock<Arc<Loaded>>,
    /// Where indexes are kept between starts; in memory when there is no such place.
    folder: Option<PathBuf>,
    /// One load at a time.
    loading: tokio::sync::Mutex<()>,
}

struct Loaded {
    /// None before the first load.
    edition: Option<Edition>,
    index: Index,
    /// By ZIP.
    points: HashMap<String, Point>,
    /// Those seen last, by the id they were asked for, which may be one they had before.
    brands: Cache<SourceId, Arc<Brand>>,
}

impl Loaded {
    fn new(edition: Option<Edition>, index: Index, points: HashMap<String, Point>) -> Loaded {
        Loaded { edition, index, points, brands: Cache::new(AT_HAND) }
    }
}

impl Directory {
    pub fn new(folder: Option<PathBuf>) -> Directory {
        Directory {
            loaded: RwLock::new(Arc::new(Loaded::new(None, Index::default(), HashMap::new()))),
            folder,
            loading: tokio::sync::Mutex::default(),
        }
    }

    fn current(&self) -> Arc<Loaded> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn swap(&self, loaded: Loaded) {
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
    }
}

/// Addresses of a brand's FHIR bases, exactly as published.
pub(crate) fn endpoints(brand: &Brand) -> Vec<String> {
    brand.endpoints().map(|endpoint| endpoint.address.as_str().to_owned()).collect()
}

impl Engine {
    /// The best results, best first. A search never fails for what is typed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn search_directory(&self, search: &Search<'_>) -> Result<Vec<Found>, store::Error> {
        let loaded = self.inner.directory.current();
        let near = search.near.and_then(zip).or_else(|| zip(search.text)).and_then(|zip| loaded.points.get(zip));
        let query =
            Query { text: search.text, near: near.copied(), categories: search.categories, limit: search.limit };
        let mut found = Vec::new();
        for hit in loaded.index.search(&query) {
            // An import may have taken it away since.
            let Some(brand) = self.find_brand(hit.id).await? else { continue };
            let by_name = matches!(hit.why, Why::Name | Why::Listed);
            found.push(Found {
                brand,
                why: (!by_name).then_some(hit.text),
                matched: match by_name {
                    true => hit.matched.iter().map(|part| (part.start, part.end)).collect(),
                    false => Vec::new(),
                },
                kilometres: hit.kilometres,
            });
        }
        Ok(found)
    }

    /// A brand by its id, or by one it had before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find_brand(&self, id: SourceId) -> Result<Option<Arc<Brand>>, store::Error> {
        // What is read now goes with the edition that was current when it was read.
        let loaded = self.inner.directory.current();
        if let Some(known) = loaded.brands.get(&id) {
            return Ok(Some(known));
        }
        let Some(row) = store::brands::find(self.db(), id).await? else { return Ok(None) };
        let Some(brand) = read(row.source_id, &row.body) else { return Ok(None) };
        let brand = Arc::new(brand);
        loaded.brands.insert(id, brand.clone());
        Ok(Some(brand))
    }

    /// Which listings a brand was made of, and why each is of it: list, name there, reason.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn explain_brand(&self, id: SourceId) -> Result<Option<Explained>, store::Error> {
        let Some(brand) = self.find_brand(id).await? else { return Ok(None) };
        let evidence = store::brands::find_evidence(self.db(), brand.id).await?;
        let evidence = evidence.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default();
        let former = store::brands::former(self.db()).await?;
        let former = former.into_iter().filter(|(_, became)| *became == brand.id).map(|(id, _)| id).collect();
        Ok(Some(Explained { brand, evidence, former }))
    }

    pub fn count_brands(&self) -> usize {
        self.inner.directory.current().index.len()
    }

    /// Every FHIR base of the directory, once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn directory_endpoints(&self) -> Result<Vec<Url>, store::Error> {
        let mut all = Vec::new();
        self.each_brand(|brand| all.extend(brand.endpoints().map(|endpoint| endpoint.address.clone()))).await?;
        all.sort();
        all.dedup();
        Ok(all)
    }

    /// Reads the directory again when another process changed it; called every few seconds.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn refresh_directory(&self) -> Result<(), store::Error> {
        let _one = self.inner.directory.loading.lock().await;
        // Read first: an import in between is then seen as a change by the next refresh.
        let edition = store::brands::edition(self.db()).await?;
        if self.inner.directory.current().edition.as_ref() == Some(&edition) {
            return Ok(());
        }
        let points = self.points().await?;
        if let Some(index) = self.open_index(&edition).await? {
            self.inner.directory.swap(Loaded::new(Some(edition), index, points));
        }
        Ok(())
    }

    /// The index that is there, or a new one.
    async fn open_index(&self, edition: &Edition) -> Result<Option<Index>, store::Error> {
        let name = edition.clone().unwrap_or_else(|| "0".to_owned());
        if let Some(folder) = self.inner.directory.folder.clone() {
            let wanted = name.clone();
            match tokio::task::spawn_blocking(move || Index::open(&folder, &wanted)).await {
                Ok(Ok(index)) => return Ok(Some(index)),
                Ok(Err(IndexError::Missing)) | Err(_) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the search index is built anew"),
            }
        }
        let mut brands: Vec<Brand> = Vec::new();
        self.each_brand(|brand| brands.push(brand)).await?;
        let folder = self.inner.directory.folder.clone();
        let built = tokio::task::spawn_blocking(move || {
            brands.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
            build(folder.as_deref(), &name, &brands)
        });
        Ok(built.await.ok().flatten())
    }

    /// Where ZIPs are, as far as a list tells.
    async fn points(&self) -> Result<HashMap<String, Point>, store::Error> {
        let mut points = HashMap::new();
        for list in store::brands::lists(self.db()).await? {
            if list.format != kept::word(Format::Zipcodes) {
                continue;
            }
            let body = store::brands::find_list_body(self.db(), &list.name).await?;
            let read = tokio::task::spawn_blocking(move || body.and_then(|body| kept::open(&body)));
            let found: Option<List> = read.await.ok().flatten();
            let known = found.into_iter().flat_map(|list| list.points);
            points.extend(known.filter_map(|it| Some((it.zip?, Point { lat: it.lat as f32, lon: it.lon as f32 }))));
        }
        Ok(points)
    }

    async fn each_brand(&self, mut visit: impl FnMut(Brand)) -> Result<(), store::Error> {
        let mut after = None;
        loop {
            let rows = store::brands::list(self.db(), after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.source_id);
            rows.iter().filter_map(|row| read(row.source_id, &row.body)).for_each(&mut visit);
        }
    }

    /// Sees what other processes import, for as long as somebody holds the engine.
    pub(crate) fn follow_directory(&self) {
        let inner = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(REFRESH).await;
                let Some(inner) = inner.upgrade() else { return };
                if let Err(error) = (Engine { inner }).refresh_directory().await {
                    tracing::warn!(%error, "the directory could not be looked at");
                }
            }
        });
    }
}

/// How a brand came to be.
#[derive(Debug, Clone)]
pub struct Explained {
    pub brand: Arc<Brand>,
    pub evidence: Vec<::directory::merge::Evidence>,
    /// Ids that lead to it, too.
    pub former: Vec<SourceId>,
}

fn read(id: SourceId, body: &[u8]) -> Option<Brand> {
    let brand = serde_json::from_slice(body);
    if brand.is_err() {
        // Written by another version: the next import puts it right.
        tracing::warn!(source = %id, "a brand of the directory cannot be read");
    }
    brand.ok()
}

/// In the folder, or in memory where that cannot be.
fn build(folder: Option<&Path>, name: &str, brands: &[Brand]) -> Option<Index> {
    if let Some(folder) = folder {
        match Index::create(folder, name, brands) {
            Ok(index) => return Some(index),
            Err(error) => tracing::warn!(%error, "the search index is kept in memory"),
        }
    }
    Index::build(brands).inspect_err(|error| tracing::error!(%error, "the directory cannot be searched")).ok()
}
