//! Reports: a person's stored records as a document, made when it is asked for.
//!
//! What a report says is [`records::reports`]; how it looks is up to whoever asks. Here it gets its id, is
//! read page by page, and is kept for a while.

mod everything;
#[cfg(test)]
mod tests;

use ::records::reports::{Code, Draft, Format, Report, Source, Standing, Timeline};
use ::records::{Kind, Order as KindOrder};
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use domain::{HumanId, Timestamp};
use quick_cache::Weighter;
use serde_json::{Value, json};
use store::records::{Filter, Order};
use tokio::sync::Semaphore;

use crate::Engine;
use crate::records::{ListQuery, Page, ReadError, record_aad, record_row};
use crate::sealing::DataKey;
use crate::tokens::Access;

/// Records read at a time.
const PAGE: u32 = 100;
/// Documents made at a time: each may need some megabytes while it is made.
const AT_ONCE: usize = 2;
/// How often a record that keeps changing is read again from the start.
const ATTEMPTS: usize = 3;

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the record changed while it was read")]
    Changed,
    #[error("a report could not be made")]
    Making(#[from] tokio::task::JoinError),
}

impl From<store::Error> for ReportError {
    fn from(error: store::Error) -> ReportError {
        ReportError::Read(error.into())
    }
}

impl From<crate::sealing::SealingError> for ReportError {
    fn from(error: crate::sealing::SealingError) -> ReportError {
        ReportError::Read(error.into())
    }
}

/// What a report would be made of just now.
pub struct Edition {
    key: Key,
    sources: Vec<Source>,
    /// Weak validator, with its quotes and without `W/`.
    pub etag: String,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    human_id: HumanId,
    wrapped_key: Vec<u8>,
    revision: i64,
    code: Code,
    format: Format,
    /// What is current or ahead changes with the day.
    day: i64,
    /// How fresh the sources are changes without the records.
    sources: String,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Bytes> for ByBytes {
    fn weight(&self, key: &Key, body: &Bytes) -> u64 {
        const ENTRY: u64 = 256;
        ENTRY + (key.sources.len() + key.wrapped_key.len() + body.len()) as u64
    }
}

/// Reports made last: a change of the record, of its sources or of the day makes them unreachable.
pub(crate) struct Reports {
    kept: quick_cache::sync::Cache<Key, Bytes, ByBytes>,
    making: Semaphore,
}

impl Default for Reports {
    fn default() -> Reports {
        const BYTES: u64 = 24 * 1024 * 1024;
        Reports { kept: quick_cache::sync::Cache::with_weighter(256, BYTES, ByBytes), making: Semaphore::new(AT_ONCE) }
    }
}

impl Engine {
    /// `medical/reports`: one element per report; none as long as nothing is stored.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn list_reports(&self, access: &Access, query: &ListQuery) -> Result<Page, ReportError> {
        let counts = store::records::counts(self.db(), access.human_id).await?;
        if counts.iter().all(|(_, count)| *count == 0) {
            return Ok(Page::of::<&[u8]>(&[], 0));
        }
        let (sources, _) = self.report_sources(access).await?;
        let read = sources.iter().filter_map(|source| match &source.standing {
            Standing::ReadAt(at) | Standing::Troubled { read_at: Some(at) } => Timestamp::parse(at).ok(),
            _ => None,
        });
        let (created_at, updated_at) = (access.created_at, read.max().unwrap_or(access.created_at));
        let within = |at: Timestamp, span: (Timestamp, Timestamp)| span.0 <= at && at < span.1;
        if !within(created_at, query.created) || !within(updated_at, query.updated) {
            return Ok(Page::of::<&[u8]>(&[], 0));
        }
        let elements: Vec<String> = Code::ALL
            .into_iter()
            .map(|code| {
                let id = self.report_id(access, code);
                let element = json!({
                    "id": id,
                    "createdAt": created_at,
                    "updatedAt": updated_at,
                    "name": code.name(),
                    "formats": code.formats().iter().map(|format| format.name()).collect::<Vec<_>>(),
                    "href": format!("/medical/reports/{id}/raw"),
                });
                element.to_string()
            })
            .collect();
        Ok(Page::cut(&elements, query))
    }

    /// Which of the reader's own reports has this id; everything else is unknown.
    pub fn find_report(&self, access: &Access, id: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| self.report_id(access, *code) == id)
    }

    /// 24 hexadecimal digits, the report's six, 24 decimal ones: a keyed hash of person and report. The same
    /// for as long as the installation keeps its keys, and telling nothing about the person.
    fn report_id(&self, access: &Access, code: Code) -> String {
        let hash = self.hash_index("report", format!("{}/{}", access.human_id, code.number()).as_bytes());
        let tail = hash[12..28].iter().fold(0_u128, |tail, byte| tail << 8 | u128::from(*byte));
        format!("{}-{:06}-{:024}", hex::encode(&hash[..12]), code.number(), tail % 10_u128.pow(24))
    }

    /// What would be answered now, before anything of it is made.
    ///
    /// # Errors
    /// When the sources cannot be read.
    pub async fn report_edition(&self, access: &Access, code: Code, format: Format) -> Result<Edition, ReportError> {
        const DAY: i64 = 86_400;
        let (sources, validator) = self.report_sources(access).await?;
        let key = Key {
            human_id: access.human_id,
            wrapped_key: access.wrapped_key.clone(),
            revision: access.revision,
            code,
            format,
            day: self.now().seconds().div_euclid(DAY),
            sources: validator,
        };
        let seal = self.hash_index("report version", &key.wrapped_key);
        let version = format!(
            "{}/{}/{}/{}/{}/{}/{}",
            env!("CARGO_PKG_VERSION"),
            hex::encode(seal),
            key.revision,
            self.report_id(access, code),
            format.name(),
            key.day,
            key.sources
        );
        let etag = format!("\"{}\"", hex::encode(&digest(&SHA256, version.as_bytes()).as_ref()[..16]));
        Ok(Edition { key, sources, etag })
    }

    /// The report in this edition, made by `draw` when it is not kept any more.
    ///
    /// # Errors
    /// When the records cannot be read, or `draw` fails.
    pub async fn report(
        &self,
        access: &Access,
        edition: Edition,
        draw: impl FnOnce(Report) -> Vec<u8> + Send + 'static,
    ) -> Result<Bytes, ReportError> {
        let reports = &self.inner.reports;
        if let Some(body) = reports.kept.get(&edition.key) {
            return Ok(body);
        }
        // The semaphore is never closed.
        let _turn = reports.making.acquire().await.ok();
        if let Some(body) = reports.kept.get(&edition.key) {
            return Ok(body);
        }
        let (body, settled) = self.make_report(access, &edition, draw).await?;
        if settled {
            reports.kept.insert(edition.key, body.clone());
        }
        Ok(body)
    }

    /// The bytes, and whether the record stood still while it was read.
    async fn make_report(
        &self,
        access: &Access,
        edition: &Edition,
        draw: impl FnOnce(Report) -> Vec<u8> + Send + 'static,
    ) -> Result<(Bytes, bool), ReportError> {
        let (code, now) = (edition.key.code, self.now());
        for attempt in 1.. {
            let before = self.revision(access).await?;
            if code == Code::Timeline {
                let mut timeline = Timeline::default();
                self.read_kinds(access, &Timeline::KINDS, |kind, body| timeline.take(kind, body)).await?;
                let settled = before == self.revision(access).await?;
                if settled || attempt >= ATTEMPTS {
                    return Ok((timeline.finish().into(), settled && before == Some(access.revision)));
                }
                continue;
            }
            let mut draft = Draft::new(code, now);
            let kinds = draft.kinds();
            self.read_kinds(access, &kinds, |kind, body| draft.take(kind, body)).await?;
            let settled = before == self.revision(access).await?;
            if settled || attempt >= ATTEMPTS {
                let report = draft.finish(edition.sources.clone());
                let body = tokio::task::spawn_blocking(move || draw(report)).await?;
                return Ok((body.into(), settled && before == Some(access.revision)));
            }
        }
        Err(ReportError::Changed)
    }

    async fn revision(&self, access: &Access) -> Result<Option<i64>, store::Error> {
        Ok(store::humans::find(self.db(), access.human_id).await?.map(|human| human.revision))
    }

    /// Every stored body of these kinds, opened, in the order of the lists.
    async fn read_kinds(
        &self,
        access: &Access,
        kinds: &[&str],
        mut take: impl FnMut(&str, &[u8]),
    ) -> Result<(), ReportError> {
        let key = self.data_key(access.human_id, &access.wrapped_key)?;
        for kind in kinds.iter().filter_map(|kind| ::records::kind(kind)) {
            let mut offset = 0;
            loop {
                let page = self.open_page(access, &key, kind, offset).await?;
                page.iter().for_each(|body| take(kind.id, body));
                if page.len() < PAGE as usize {
                    break;
                }
                offset += PAGE;
            }
        }
        Ok(())
    }

    async fn open_page(
        &self,
        access: &Access,
        key: &DataKey,
        kind: &'static Kind,
        offset: u32,
    ) -> Result<Vec<Vec<u8>>, ReportError> {
        let order = match kind.order {
            KindOrder::NewestFirst => Order::NewestFirst,
            KindOrder::OldestCreatedFirst => Order::CreatedFirst,
        };
        let filter = Filter { order, ..Filter::all(access.human_id, kind.id) };
        let sealed = store::records::page(self.db(), &filter, offset, PAGE).await?;
        let open = |record: &store::records::Body| key.open(record_aad(&record_row(kind.id, record.id)), &record.body);
        Ok(sealed.iter().map(open).collect::<Result<_, _>>()?)
    }

    /// Where the record comes from, as `sources` tells it, and a validator of all of that.
    async fn report_sources(&self, access: &Access) -> Result<(Vec<Source>, String), ReadError> {
        let page = self.list_sources(access, &everything::all()).await?;
        let listed: Vec<Value> = serde_json::from_slice(&page.body).unwrap_or_default();
        Ok((listed.iter().map(source).collect(), page.etag))
    }
}

fn source(listed: &Value) -> Source {
    let sync = &listed["syncStatus"];
    let read_at = sync["synchedAt"].as_str().map(str::to_owned);
    let standing = match (sync["status"].as_str(), read_at) {
        (Some("error"), read_at) => Standing::Troubled { read_at },
        (_, Some(at)) => Standing::ReadAt(at),
        (_, None) => Standing::Reading,
    };
    let name = ::records::reports::clean(listed["sourceName"].as_str().unwrap_or_default(), ::records::reports::SHORT);
    Source { name, standing }
}
