//! Lists of providers, read and merged: everything they bring in one commit, or nothing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::directory::lists::{Format, List, MAX_BYTES};
use ::directory::merge::{Known, Merged, Rule, merge};
use ::directory::report::Report;
use ::directory::{Brand, Listing};
use connectors::http::Request;
use domain::SourceId;
use store::Batch;
use store::brands::ListRow;
use url::Url;

use super::kept;
use crate::Engine;
use crate::http::SendError;

/// How often an import is merged again when another one was faster.
const TRIES: usize = 3;
/// A list that loses more than this part of its listings is more likely cut off than right.
const HALF: u64 = 2;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("could not read {0}")]
    Unreadable(String),
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Where a list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    Url(Url),
    /// The file's full path is its name from then on.
    File(PathBuf),
}

/// What lists brought.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Those that were the same as last time.
    pub unchanged: Vec<String>,
    /// What was read, left out and made; none when every list is unchanged.
    pub changed: Option<Changed>,
}

#[derive(Debug, Clone)]
pub struct Changed {
    /// Of the lists that were read now, and of all brands there are.
    pub report: Report,
    /// Brands that are new, became others, and are gone.
    pub new: u64,
    pub updated: u64,
    pub gone: u64,
}

/// What is stored under ids.
type Bodies = HashMap<SourceId, Vec<u8>>;

/// A list on its way into the directory.
struct Read {
    row: ListRow,
    list: List,
}

impl Engine {
    /// Reads lists and makes the directory of them and of all that were read before. A list that has lost more than
    /// half of what it held is refused, unless that is known to be right (`shrunk`).
    ///
    /// # Errors
    /// When one of them cannot be fetched or is of no known form, or they cannot be stored: then nothing changes.
    pub async fn import_lists(&self, from: &[Feed], shrunk: bool) -> Result<Imported, ImportError> {
        let (mut read, mut unchanged) = (Vec::new(), Vec::new());
        for one in from {
            match self.read_list(one, shrunk).await? {
                Some(list) => read.push(list),
                None => unchanged.push(named(one)),
            }
        }
        let changed = if read.is_empty() { None } else { Some(self.store_lists(read).await?) };
        Ok(Imported { unchanged, changed })
    }

    /// Looks at every list that came from an address again.
    ///
    /// # Errors
    /// When the database does not answer. A list that cannot be had stays as it is.
    pub async fn refresh_lists(&self, every: Duration) -> Result<(), store::Error> {
        for row in store::brands::lists(self.db()).await? {
            let Ok(url) = Url::parse(&row.name) else { continue };
            if !matches!(url.scheme(), "http" | "https") || row.checked_at + every > self.now() {
                continue;
            }
            match self.import_lists(&[Feed::Url(url.clone())], false).await {
                Ok(Imported { changed: Some(_), .. }) => tracing::info!(host = url.host_str(), "directory read again"),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(host = url.host_str(), %error, "a list could not be read; what is known stays");
                    // Asked again in its turn, and not at once.
                    self.mark_checked(&row.name).await?;
                }
            }
        }
        Ok(())
    }

    /// `None` when the list is as it was.
    async fn read_list(&self, from: &Feed, shrunk: bool) -> Result<Option<Read>, ImportError> {
        let (name, etag, bytes) = match from {
            Feed::Url(url) => match self.fetch_list(url).await? {
                Some((etag, bytes)) => (url.to_string(), etag, bytes),
                None => return Ok(None),
            },
            Feed::File(path) => {
                let (name, bytes) = read_file(path).await?;
                (name, None, bytes)
            }
        };
        let shown = named(from);
        let now = self.now();
        let list = tokio::task::spawn_blocking(move || List::read(&name, &bytes)).await;
        let list = list.map_err(|_| ImportError::Invalid(format!("{shown} cannot be read")))?;
        let list = list.map_err(|error| ImportError::Invalid(format!("{shown}: {error}")))?;
        let listings = list.listings.len() as u64;
        let known = store::brands::find_list(self.db(), &list.name).await?;
        if let Some(known) = known.filter(|known| !shrunk && listings.saturating_mul(HALF) < known.listings) {
            let text = format!("{} held {} listings and now holds {listings}", named(from), known.listings);
            return Err(ImportError::Invalid(format!("{text}; if that is right, import it with --shrunk")));
        }
        // Servers without tags give the same list every day, and to merge it again would change nothing.
        if matches!(from, Feed::Url(_)) && self.is_kept(&list).await? {
            self.mark_checked(&list.name).await?;
            return Ok(None);
        }
        let row = ListRow {
            name: list.name.clone(),
            format: kept::word(list.format),
            etag,
            imported_at: now,
            checked_at: now,
            listings,
        };
        Ok(Some(Read { row, list }))
    }

    /// Whether just this list is what is stored.
    async fn is_kept(&self, list: &List) -> Result<bool, store::Error> {
        let body = store::brands::find_list_body(self.db(), &list.name).await?;
        let known = tokio::task::spawn_blocking(move || body.and_then(|body| kept::open(&body))).await;
        Ok(known.ok().flatten().is_some_and(|known| known == *list))
    }

    async fn mark_checked(&self, name: &str) -> Result<(), store::Error> {
        let mut batch = Batch::new();
        store::brands::mark_checked(&mut batch, name, self.now());
        self.db().commit(batch).await.map(drop)
    }

    async fn fetch_list(&self, url: &Url) -> Result<Option<(Option<String>, Vec<u8>)>, ImportError> {
        let known = store::brands::find_list(self.db(), url.as_str()).await?;
        let mut request = Request::get(url.clone()).header("accept", "application/fhir+json, application/json, */*");
        request.max_bytes = MAX_BYTES;
        request.timeout = Duration::from_secs(120);
        // A list that cannot be read any more is asked for as if for the first time.
        let body = match &known {
            Some(_) => store::brands::find_list_body(self.db(), url.as_str()).await?,
            None => None,
        };
        if let Some(etag) = known.and_then(|list| list.etag)
            && body.is_some_and(|body| kept::open(&body).is_some())
        {
            request = request.header("if-none-match", etag);
        }
        let unreadable = |why: &str| ImportError::Unreadable(format!("{}: {why}", address(url)));
        let answer =
            self.inner.http.send_whole(&request).await.map_err(|error: SendError| unreadable(&error.to_string()))?;
        match answer.status {
            304 => {
                self.mark_checked(url.as_str()).await?;
                Ok(None)
            }
            200 => {
                let etag = answer.header("etag").filter(|etag| etag.len() <= 256).map(str::to_owned);
                Ok(Some((etag, answer.body)))
            }
            status => Err(unreadable(&format!("the server answered {status}"))),
        }
    }

    async fn store_lists(&self, read: Vec<Read>) -> Result<Changed, ImportError> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match self.store_lists_once(&read).await {
                Err(ImportError::Store(store::Error::Conflict)) if tries > 0 => {}
                done => {
                    let changed = done?;
                    self.refresh_directory().await?;
                    return Ok(changed);
                }
            }
        }
    }

    async fn store_lists_once(&self, read: &[Read]) -> Result<Changed, ImportError> {
        let edition = store::brands::edition(self.db()).await?;
        let (mut lists, earlier) = self.other_lists(read).await?;
        let replaced = read.iter().map(|one| one.list.clone());
        lists.extend(replaced);
        let mut before = Bodies::new();
        let mut after = None;
        loop {
            let rows = store::brands::list(self.db(), after, super::PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.source_id);
            before.extend(rows.into_iter().map(|row| (row.source_id, row.body)));
        }
        let explained: Bodies = store::brands::evidence(self.db()).await?.into_iter().collect();
        let (now, fresh) = (self.now(), read.iter().map(|one| one.list.name.clone()).collect::<HashSet<_>>());
        let work = tokio::task::spawn_blocking(move || {
            let known: Vec<Known> = before
                .values()
                .filter_map(|body| serde_json::from_slice::<Brand>(body).ok())
                .map(|brand| Known::from(&brand))
                .collect();
            let merged = merge(&lists, &known);
            let mut report = Report::of(&lists, &merged);
            report.lists.retain(|list| fresh.contains(&list.name));
            let mut batch = Batch::new();
            let counted = put(&mut batch, &merged, (&before, &explained), now);
            (batch, report, counted)
        });
        let broken = |_| ImportError::Invalid("the lists cannot be merged".to_owned());
        let (mut batch, report, [new, updated, gone]) = work.await.map_err(broken)?;
        for one in read.iter().map(|one| (&one.row, &one.list)).chain(earlier.iter().map(|(row, list)| (row, list))) {
            store::brands::put_list(&mut batch, one.0, &kept::seal(one.1));
        }
        store::brands::forget_earlier(&mut batch);
        store::brands::next_edition(&mut batch, &edition);
        self.db().commit(batch).await?;
        Ok(Changed { report, new, updated, gone })
    }

    /// What was read before and is not replaced now; and of that, what an earlier release kept in its own way.
    async fn other_lists(&self, read: &[Read]) -> Result<(Vec<List>, Vec<(ListRow, List)>), ImportError> {
        let is_read = |name: &str| read.iter().any(|one| one.row.name == name);
        let mut lists = Vec::new();
        for row in store::brands::lists(self.db()).await? {
            if is_read(&row.name) {
                continue;
            }
            let Some(body) = store::brands::find_list_body(self.db(), &row.name).await? else { continue };
            match tokio::task::spawn_blocking(move || kept::open(&body)).await.ok().flatten() {
                Some(list) => lists.push(list),
                None => {
                    let text = format!("{} was stored by another release; import it again, with these", row.name);
                    return Err(ImportError::Invalid(text));
                }
            }
        }
        let mut bundles: BTreeMap<String, Vec<Listing>> = BTreeMap::new();
        for (bundle, body) in store::brands::earlier(self.db()).await? {
            if !is_read(&bundle)
                && let Ok(brand) = serde_json::from_slice::<Brand>(&body)
                && let Ok(listing) = serde_json::from_slice::<Listing>(&body)
            {
                let listing = Listing { key: brand.id.to_hex(), id: Some(brand.id), ..listing };
                bundles.entry(bundle).or_default().push(listing);
            }
        }
        let now = self.now();
        let earlier: Vec<(ListRow, List)> = bundles
            .into_iter()
            .map(|(name, listings)| {
                let row = ListRow {
                    name: name.clone(),
                    format: kept::word(Format::Bundle),
                    etag: None,
                    imported_at: now,
                    checked_at: now,
                    listings: listings.len() as u64,
                };
                (row, List::of_listings(name, Format::Bundle, listings))
            })
            .collect();
        lists.extend(earlier.iter().map(|(_, list)| list.clone()));
        Ok((lists, earlier))
    }
}

/// What differs from what is there: how many are new, updated, gone.
fn put(
    batch: &mut Batch,
    merged: &Merged,
    (before, explained): (&Bodies, &Bodies),
    now: domain::Timestamp,
) -> [u64; 3] {
    let [mut new, mut updated, mut gone] = [0; 3];
    let mut kept: HashSet<SourceId> = HashSet::with_capacity(merged.brands.len());
    for brand in &merged.brands {
        kept.insert(brand.id);
        let body = serde_json::to_vec(brand).expect("brands have a JSON form");
        match before.get(&brand.id) {
            Some(known) if *known == body => {}
            known => {
                if known.is_some() {
                    updated += 1
                } else {
                    new += 1
                }
                store::brands::put(batch, brand.id, &body, now);
            }
        }
        // One listing alone needs no explanation that its brand does not give.
        let evidence = merged.evidence.get(&brand.id).map(Vec::as_slice).unwrap_or_default();
        let body = serde_json::to_vec(evidence).expect("evidence has a JSON form");
        let known = explained.get(&brand.id);
        let alone = evidence.iter().all(|one| one.rule == Rule::Alone);
        if known != Some(&body) && !(alone && known.is_none()) {
            store::brands::put_evidence(batch, brand.id, &body);
        }
    }
    for id in before.keys().filter(|id| !kept.contains(id)) {
        gone += 1;
        store::brands::delete(batch, *id);
    }
    for (old, became) in &merged.former {
        store::brands::put_former(batch, *old, *became);
    }
    [new, updated, gone]
}

async fn read_file(path: &Path) -> Result<(String, Vec<u8>), ImportError> {
    let unreadable = |_| ImportError::Unreadable(path.display().to_string());
    let full = tokio::fs::canonicalize(path).await.map_err(unreadable)?;
    let size = tokio::fs::metadata(&full).await.map_err(unreadable)?.len();
    if size > MAX_BYTES as u64 {
        return Err(ImportError::Invalid(format!("{} is larger than 256 MiB", path.display())));
    }
    let bytes = tokio::fs::read(&full).await.map_err(unreadable)?;
    Ok((format!("file:{}", full.display()), bytes))
}

/// How a list is named in errors: without anything that may be secret in its address.
fn named(from: &Feed) -> String {
    match from {
        Feed::Url(url) => address(url),
        Feed::File(path) => path.display().to_string(),
    }
}

fn address(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}
