//! Reading records: pages of bytes composed when they were written.

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use domain::{HumanId, RecordId, Timestamp};
use quick_cache::Weighter;
use store::records::{Body, Filter, Order};

use crate::Engine;
use crate::sealing::{Aad, DataKey, SealingError};
use crate::tokens::Access;

pub(crate) mod raw;
#[cfg(test)]
mod tests;
pub(crate) mod twins;

/// Filters of a list, as closed-open spans with open ends at [`Timestamp::MIN`] and [`Timestamp::MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListQuery {
    pub limit: u32,
    pub offset: u64,
    pub created: (Timestamp, Timestamp),
    pub updated: (Timestamp, Timestamp),
    /// Only for kinds a date range tests.
    pub dates: Option<(Timestamp, Timestamp)>,
    /// A source id or a lower-case source name.
    pub source: Option<String>,
}

/// One page: `[` records joined by `,` `]`, and how many match in all.
#[derive(Debug, Clone)]
pub struct Page {
    pub body: Bytes,
    pub total: u64,
    /// Strong validator of these bytes and the total, with its quotes.
    pub etag: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Sealing(#[from] SealingError),
}

/// What a page shows. A person who was deleted and came back counts revisions anew, under another key.
#[derive(Clone, PartialEq, Eq, Hash)]
struct PageKey {
    human_id: HumanId,
    wrapped_key: Vec<u8>,
    revision: i64,
    kind: &'static str,
    query: ListQuery,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<PageKey, Page> for ByBytes {
    fn weight(&self, key: &PageKey, page: &Page) -> u64 {
        const ENTRY: u64 = 512;
        let filter = key.query.source.as_ref().map_or(0, String::len);
        ENTRY + filter as u64 + page.body.len() as u64
    }
}

/// Pages read last, by person and revision: a change makes them unreachable.
pub(crate) struct PageCache(quick_cache::sync::Cache<PageKey, Page, ByBytes>);

impl Default for PageCache {
    fn default() -> PageCache {
        const BYTES: u64 = 32 * 1024 * 1024;
        PageCache(quick_cache::sync::Cache::with_weighter(4096, BYTES, ByBytes))
    }
}

impl Page {
    /// A page of items that are JSON already.
    pub(crate) fn of<T: AsRef<[u8]>>(items: &[T], total: u64) -> Page {
        let mut body = Vec::with_capacity(2 + items.iter().map(|item| item.as_ref().len() + 1).sum::<usize>());
        body.push(b'[');
        for item in items {
            if body.len() > 1 {
                body.push(b',');
            }
            body.extend_from_slice(item.as_ref());
        }
        body.push(b']');
        let mut hash = Context::new(&SHA256);
        hash.update(&total.to_be_bytes());
        hash.update(&body);
        let etag = format!("\"{}\"", hex::encode(&hash.finish().as_ref()[..16]));
        Page { body: body.into(), total, etag }
    }

    /// The part of a list that `query` asks for.
    pub(crate) fn cut<T: AsRef<[u8]>>(items: &[T], query: &ListQuery) -> Page {
        let start = usize::try_from(query.offset).unwrap_or(usize::MAX).min(items.len());
        let end = start.saturating_add(query.limit as usize).min(items.len());
        Page::of(&items[start..end], items.len() as u64)
    }
}

/// The row part of where a record's body is sealed.
pub(crate) fn record_row(kind: &str, id: RecordId) -> String {
    format!("{kind}/{id}")
}

/// Where a record's body is sealed; `row` is its [`record_row`].
pub(crate) fn record_aad(row: &str) -> Aad<'_> {
    Aad { table: "records", row, column: "body" }
}

fn open(key: &DataKey, kind: &str, record: &Body) -> Result<Vec<u8>, SealingError> {
    key.open(record_aad(&record_row(kind, record.id)), &record.body)
}

impl Engine {
    /// One page of a kind.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn list_records(
        &self,
        access: &Access,
        kind: &'static ::records::Kind,
        query: &ListQuery,
    ) -> Result<Page, ReadError> {
        let place = PageKey {
            human_id: access.human_id,
            wrapped_key: access.wrapped_key.clone(),
            revision: access.revision,
            kind: kind.id,
            query: query.clone(),
        };
        if let Some(page) = self.inner.pages.0.get(&place) {
            return Ok(page);
        }
        let page = self.read_page(access, kind, query).await?;
        self.inner.pages.0.insert(place, page.clone());
        Ok(page)
    }

    async fn read_page(
        &self,
        access: &Access,
        kind: &'static ::records::Kind,
        query: &ListQuery,
    ) -> Result<Page, ReadError> {
        let sources = match &query.source {
            Some(source) => Some(self.sources_called(access, source).await?),
            None => None,
        };
        if sources.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Page::of::<&[u8]>(&[], 0));
        }
        let filter = Filter {
            human_id: access.human_id,
            kind: kind.id.to_owned(),
            created: query.created.0..query.created.1,
            updated: query.updated.0..query.updated.1,
            dates: query.dates.map(|(from, to)| from..to),
            sources,
            order: match kind.order {
                ::records::Order::NewestFirst => Order::NewestFirst,
                ::records::Order::OldestCreatedFirst => Order::CreatedFirst,
            },
        };
        let sealed = match u32::try_from(query.offset) {
            Ok(offset) => store::records::page(self.db(), &filter, offset, query.limit).await?,
            Err(_) => Vec::new(),
        };
        // A short first page tells the total by itself.
        let total = match sealed.len() as u64 {
            found if query.offset == 0 && found < u64::from(query.limit) => found,
            _ => store::records::count(self.db(), &filter).await?,
        };
        let key = self.data_key(access.human_id, &access.wrapped_key)?;
        let records = sealed.iter().map(|record| open(&key, kind.id, record)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(&records, total))
    }

    /// One record, unless hidden.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn find_record(
        &self,
        access: &Access,
        kind: &'static ::records::Kind,
        id: RecordId,
    ) -> Result<Option<Bytes>, ReadError> {
        let record = store::records::find(self.db(), access.human_id, kind.id, id).await?;
        self.open_record(access, kind, record)
    }

    /// The newest record of a kind that is one object (`medical/profile`).
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn newest_record(
        &self,
        access: &Access,
        kind: &'static ::records::Kind,
    ) -> Result<Option<Bytes>, ReadError> {
        let record = store::records::newest(self.db(), access.human_id, kind.id).await?;
        self.open_record(access, kind, record)
    }

    fn open_record(
        &self,
        access: &Access,
        kind: &'static ::records::Kind,
        record: Option<Body>,
    ) -> Result<Option<Bytes>, ReadError> {
        let Some(record) = record else { return Ok(None) };
        let key = self.data_key(access.human_id, &access.wrapped_key)?;
        Ok(Some(open(&key, kind.id, &record)?.into()))
    }
}
