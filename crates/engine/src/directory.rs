//! The directory of providers: import, search, lookup.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use ::directory::search::{IndexError, Query, Why};
use ::directory::{Brand, Index};
use connectors::http::Request;
use domain::SourceId;
use store::Batch;
use store::brands::Generation;
use url::Url;

use crate::Engine;
use crate::http::SendError;

/// How often other processes' imports are looked for.
const REFRESH: Duration = Duration::from_secs(3);
/// Rows of one read.
const PAGE: u32 = 500;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("could not read {0}")]
    Unreadable(String),
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub brands: u64,
    pub endpoints: u64,
    /// The bundle was the same as last time.
    pub unchanged: bool,
}

/// One search result.
#[derive(Debug, Clone)]
pub struct Found {
    pub brand: Arc<Brand>,
    /// What matched when it was not the name, e.g. a portal's host.
    pub why: Option<String>,
    /// Byte ranges of the name that matched.
    pub matched: Vec<(usize, usize)>,
}

/// The directory in memory; swapped as a whole.
#[derive(Default)]
pub(crate) struct Directory(RwLock<Arc<Loaded>>);

#[derive(Default)]
struct Loaded {
    generation: Generation,
    index: Index,
    by_id: HashMap<SourceId, Arc<Brand>>,
}

impl Directory {
    fn current(&self) -> Arc<Loaded> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn swap(&self, loaded: Loaded) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(loaded);
    }
}

/// Addresses of a brand's FHIR bases, exactly as published.
pub(crate) fn endpoints(brand: &Brand) -> Vec<String> {
    brand.endpoints().map(|endpoint| endpoint.address.as_str().to_owned()).collect()
}

/// How a bundle is named in errors: without anything that may be secret in its address.
fn named(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

impl Engine {
    /// Fetches a User-access Brands Bundle and replaces what it said before, or changes nothing.
    ///
    /// # Errors
    /// When it cannot be fetched, is not such a bundle, or cannot be stored.
    pub async fn import_bundle_url(&self, url: &Url) -> Result<Imported, ImportError> {
        let known = store::brands::find_bundle(self.db(), url.as_str()).await?;
        let mut request = Request::get(url.clone()).header("accept", "application/fhir+json, application/json");
        request.max_bytes = ::directory::brands::MAX_BYTES;
        request.timeout = Duration::from_secs(120);
        if let Some(etag) = known.as_ref().and_then(|bundle| bundle.etag.clone()) {
            request = request.header("if-none-match", etag);
        }
        let unreadable = |why: &str| ImportError::Unreadable(format!("{}: {why}", named(url)));
        let answer =
            self.inner.http.send_whole(&request).await.map_err(|error: SendError| unreadable(&error.to_string()))?;
        match answer.status {
            304 => {
                let brands = known.map_or(0, |bundle| bundle.brands);
                return Ok(Imported { brands, endpoints: self.count_endpoints(url.as_str()).await?, unchanged: true });
            }
            200 => {}
            status => return Err(unreadable(&format!("the server answered {status}"))),
        }
        let etag = answer.header("etag").filter(|etag| etag.len() <= 256).map(str::to_owned);
        self.import_bundle(url.as_str(), etag, answer.body).await
    }

    /// Reads a bundle from a file; the file's full path is its name from then on.
    ///
    /// # Errors
    /// When it cannot be read, is not such a bundle, or cannot be stored.
    pub async fn import_bundle_file(&self, path: &Path) -> Result<Imported, ImportError> {
        let unreadable = |_| ImportError::Unreadable(path.display().to_string());
        let full = tokio::fs::canonicalize(path).await.map_err(unreadable)?;
        let size = tokio::fs::metadata(&full).await.map_err(unreadable)?.len();
        if size > ::directory::brands::MAX_BYTES as u64 {
            return Err(ImportError::Invalid(format!("{} is larger than 256 MiB", path.display())));
        }
        let bytes = tokio::fs::read(&full).await.map_err(unreadable)?;
        self.import_bundle(&format!("file:{}", full.display()), None, bytes).await
    }

    async fn import_bundle(&self, name: &str, etag: Option<String>, json: Vec<u8>) -> Result<Imported, ImportError> {
        let parsed = tokio::task::spawn_blocking(move || {
            let import = ::directory::brands::parse(&json).map_err(|error| ImportError::Invalid(error.to_string()))?;
            for ignored in import.ignored.iter().take(20) {
                tracing::info!(%ignored, "part of a bundle was left out");
            }
            let endpoints = import.brands.iter().map(|brand| brand.endpoints().count() as u64).sum();
            let rows = import.brands.iter().map(|brand| Ok((brand.id, serde_json::to_vec(brand)?)));
            let rows: Vec<(SourceId, Vec<u8>)> = rows
                .collect::<Result<_, serde_json::Error>>()
                .map_err(|error| ImportError::Invalid(error.to_string()))?;
            Ok::<_, ImportError>((rows, endpoints))
        });
        let (rows, endpoints) =
            parsed.await.map_err(|_| ImportError::Invalid("the bundle cannot be read".to_owned()))??;
        let mut batch = Batch::new();
        store::brands::replace_bundle(&mut batch, name, etag.as_deref(), &rows, self.now());
        self.db().commit(batch).await?;
        self.load_directory().await?;
        Ok(Imported { brands: rows.len() as u64, endpoints, unchanged: false })
    }

    pub fn search_directory(&self, query: &str, limit: usize) -> Vec<Found> {
        let loaded = self.inner.directory.current();
        let hits = loaded.index.search(&Query { text: query, limit, ..Query::default() });
        let found = hits.into_iter().filter_map(|hit| {
            let by_name = matches!(hit.why, Why::Name | Why::Listed);
            Some(Found {
                brand: loaded.by_id.get(&hit.id)?.clone(),
                why: (!by_name).then(|| hit.text.clone()),
                matched: if by_name {
                    hit.matched.iter().map(|part| (part.start, part.end)).collect()
                } else {
                    Vec::new()
                },
            })
        });
        found.collect()
    }

    pub fn find_brand(&self, id: SourceId) -> Option<Arc<Brand>> {
        self.inner.directory.current().by_id.get(&id).cloned()
    }

    pub fn count_brands(&self) -> usize {
        self.inner.directory.current().index.len()
    }

    /// Re-reads the directory when another process changed it; called every few seconds.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn refresh_directory(&self) -> Result<(), store::Error> {
        let generation = store::brands::generation(self.db()).await?;
        if generation == self.inner.directory.current().generation {
            return Ok(());
        }
        self.load_directory().await
    }

    async fn load_directory(&self) -> Result<(), store::Error> {
        // Read first: an import in between is then seen as a change by the next refresh.
        let generation = store::brands::generation(self.db()).await?;
        let mut brands: Vec<Brand> = Vec::new();
        self.each_brand(|_, brand| brands.push(brand)).await?;
        let loaded = tokio::task::spawn_blocking(move || {
            brands.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
            let index = Index::build(&brands)?;
            let by_id = brands.into_iter().map(|brand| (brand.id, Arc::new(brand))).collect();
            Ok::<_, IndexError>(Loaded { generation, index, by_id })
        });
        match loaded.await {
            Ok(Ok(loaded)) => self.inner.directory.swap(loaded),
            // What was loaded before goes on being searched.
            Ok(Err(error)) => tracing::warn!(%error, "the directory cannot be made searchable"),
            Err(_) => {}
        }
        Ok(())
    }

    async fn count_endpoints(&self, bundle: &str) -> Result<u64, store::Error> {
        let mut count = 0;
        self.each_brand(|from, brand| count += if from == bundle { brand.endpoints().count() as u64 } else { 0 })
            .await?;
        Ok(count)
    }

    /// Every stored brand with the bundle it is from.
    async fn each_brand(&self, mut visit: impl FnMut(&str, Brand)) -> Result<(), store::Error> {
        let mut after = None;
        loop {
            let rows = store::brands::list(self.db(), after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.source_id);
            for row in &rows {
                match serde_json::from_slice(&row.body) {
                    Ok(brand) => visit(&row.bundle, brand),
                    // Written by another version: the next import puts it right.
                    Err(_) => tracing::warn!(source = %row.source_id, "a brand of the directory cannot be read"),
                }
            }
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
