//! One type of one person's, read once for each revision and kept ready for searches.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use domain::HumanId;
use quick_cache::{OptionsBuilder, Weighter};
use serde_json::Value;
use store::resources::ResourceRow;

use super::holdings::{Holdings, alias, id_of};
use super::kinds::{KINDS, Kind};
use super::values::{Values, Words, values, weight};
use super::{FhirError, View};

/// Rows and sealed bytes that are loaded together; a resource larger than this is loaded alone.
const ROWS: usize = 500;
const BYTES: u64 = 8 * 1024 * 1024;
/// Up to so many bytes a shelf keeps its resources, and what they say: of a larger one they are read anew.
const KEPT: u64 = 8 * 1024 * 1024;
/// What is larger is served but not searched: text of this size is no note.
const LARGEST: usize = 24 * 1024 * 1024;
/// Of everybody together.
const CACHE: u64 = 64 * 1024 * 1024;

/// One resource of a shelf.
pub(super) struct Item {
    pub row: u32,
    /// As it is served.
    pub id: Arc<str>,
}

/// All of one type, in the order it came.
pub(super) struct Shelf {
    pub items: Vec<Item>,
    /// By the id of ours, under which each may be asked for too.
    aliases: HashMap<[u8; 12], u32>,
    /// As long as the items, here and below.
    pub values: Option<Vec<Values>>,
    bodies: Option<Vec<Bytes>>,
    weight: u64,
}

impl Shelf {
    pub(super) fn at(&self, row: u32) -> Option<usize> {
        self.items.binary_search_by_key(&row, |item| item.row).ok()
    }

    pub(super) fn body(&self, row: u32) -> Option<Bytes> {
        self.bodies.as_ref()?.get(self.at(row)?).cloned()
    }

    pub(super) fn named_by_us(&self, id: &str) -> Option<u32> {
        let mut bytes = [0; 12];
        hex::decode_to_slice(id, &mut bytes).ok()?;
        self.aliases.get(&bytes).copied()
    }
}

/// A person who was deleted and came back counts revisions anew, under another key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub human_id: HumanId,
    pub wrapped_key: Vec<u8>,
    pub revision: i64,
    /// `None` is what there is at all.
    pub kind: Option<u16>,
}

#[derive(Clone)]
enum Kept {
    Holdings(Arc<Holdings>),
    Shelf(Arc<Shelf>),
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Place, Kept> for ByBytes {
    fn weight(&self, _: &Place, kept: &Kept) -> u64 {
        256 + match kept {
            Kept::Holdings(holdings) => holdings.weight(),
            Kept::Shelf(shelf) => shelf.weight,
        }
    }
}

/// What was read last, by person and revision: a change makes it unreachable.
pub(crate) struct Shelves(quick_cache::sync::Cache<Place, Kept, ByBytes>);

impl Default for Shelves {
    fn default() -> Shelves {
        // One shard, so that a large shelf fits on any number of processors.
        let options = OptionsBuilder::new().shards(1).estimated_items_capacity(1024).weight_capacity(CACHE).build();
        Shelves(match options {
            Ok(options) => {
                quick_cache::sync::Cache::with_options(options, ByBytes, Default::default(), Default::default())
            }
            Err(_) => quick_cache::sync::Cache::with_weighter(1024, CACHE, ByBytes),
        })
    }
}

impl Shelves {
    pub(super) async fn holdings(
        &self,
        place: &Place,
        load: impl Future<Output = Result<Holdings, FhirError>>,
    ) -> Result<Arc<Holdings>, FhirError> {
        let load = async { Ok::<_, FhirError>(Kept::Holdings(Arc::new(load.await?))) };
        match self.0.get_or_insert_async(place, load).await? {
            Kept::Holdings(holdings) => Ok(holdings),
            Kept::Shelf(_) => Ok(Arc::default()),
        }
    }
}

/// What a shelf is built from, in the order of storage.
struct Builder {
    view: View,
    kind: &'static Kind,
    words: Words,
    all: Vec<(Item, Values, Option<Bytes>)>,
    keeps_bodies: bool,
    keeps_values: bool,
    weight: u64,
}

impl Builder {
    fn add(&mut self, row: u32, body: &Bytes) {
        let Some(id) = id_of(body) else { return };
        let mut said = Values::default();
        if self.keeps_values {
            said = self.view.values(self.kind, row, body, &mut self.words);
            self.weight += weight(&said);
            if self.weight > KEPT {
                self.keeps_values = false;
                self.all.iter_mut().for_each(|(_, values, _)| *values = Values::default());
                said = Values::default();
            }
        }
        self.all.push((Item { row, id }, said, self.keeps_bodies.then(|| body.clone())));
    }

    fn built(mut self) -> Shelf {
        self.all.sort_unstable_by_key(|(item, ..)| item.row);
        let mut shelf = Shelf {
            items: Vec::with_capacity(self.all.len()),
            aliases: HashMap::with_capacity(self.all.len()),
            values: self.keeps_values.then(Vec::new),
            bodies: self.keeps_bodies.then(Vec::new),
            weight: if self.keeps_values { self.weight } else { 0 },
        };
        for (item, values, body) in self.all {
            let holdings = &self.view.holdings;
            let row = &holdings.rows[item.row as usize];
            let own = holdings.owner(&row.key) == Some(item.row);
            let ours = if own { alias(holdings.place(row).id, self.kind.name, &item.id) } else { item.id.to_string() };
            let mut bytes = [0; 12];
            if hex::decode_to_slice(&ours, &mut bytes).is_ok() {
                shelf.aliases.insert(bytes, item.row);
            }
            shelf.weight += 96 + item.id.len() as u64 + body.as_ref().map_or(0, |body| body.len() as u64);
            shelf.items.push(item);
            if let Some(all) = &mut shelf.values {
                all.push(values);
            }
            if let (Some(all), Some(body)) = (&mut shelf.bodies, body) {
                all.push(body);
            }
        }
        shelf
    }
}

/// Rows of one connection that are loaded together, in the order of their keys.
#[derive(Debug, Clone)]
pub(super) struct Window {
    place: u32,
    stored: &'static str,
    rows: Vec<u32>,
}

impl View {
    fn place(&self, kind: &Kind) -> Place {
        Place { kind: Some(kind.place() as u16), ..self.place.clone() }
    }

    /// The shelf of a type, read when it is not there.
    pub(super) async fn shelf(&self, kind: &'static Kind) -> Result<Arc<Shelf>, FhirError> {
        let build = async {
            let sizes: u64 = self.holdings.of_kind(kind).map(|(_, row)| u64::from(row.size)).sum();
            let builder = Builder {
                view: self.clone(),
                kind,
                words: Words::default(),
                all: Vec::new(),
                keeps_bodies: kind.searchable() && sizes <= KEPT,
                keeps_values: true,
                weight: 0,
            };
            let built = self.visit(self.windows(kind, |_| true), builder, |builder, row, body| builder.add(row, body));
            Ok::<_, FhirError>(Kept::Shelf(Arc::new(built.await?.built())))
        };
        match self.engine.inner.fhir.shelves.0.get_or_insert_async(&self.place(kind), build).await? {
            Kept::Shelf(shelf) => Ok(shelf),
            Kept::Holdings(_) => Err(FhirError::Panicked),
        }
    }

    /// The row of an id, plain or ours.
    pub(super) async fn find(&self, kind: &'static Kind, id: &str) -> Result<Option<u32>, FhirError> {
        match self.named(kind, id) {
            None if id.len() == 24 => Ok(self.shelf(kind).await?.named_by_us(id)),
            row => Ok(row),
        }
    }

    /// What a resource says.
    pub(super) fn values(&self, kind: &'static Kind, row: u32, body: &[u8], words: &mut Words) -> Values {
        if !kind.searchable() || kind.params.is_empty() || body.len() > LARGEST {
            return Values::default();
        }
        let Ok(resource) = serde_json::from_slice::<Value>(body) else { return Values::default() };
        let place = self.holdings.place(&self.holdings.rows[row as usize]);
        values(kind, &resource, place.base.as_deref(), words)
    }

    /// A shelf that was read before.
    fn known_shelf(&self, kind: &Kind) -> Option<Arc<Shelf>> {
        match self.engine.inner.fhir.shelves.0.get(&self.place(kind))? {
            Kept::Shelf(shelf) => Some(shelf),
            Kept::Holdings(_) => None,
        }
    }

    /// One resource as it is served; `None` when it is gone by now. Takes it from the shelf when that keeps it.
    pub(super) async fn body(&self, shelf: Option<&Shelf>, row: u32) -> Result<Option<Bytes>, FhirError> {
        let held = self.holdings.rows[row as usize];
        let known = match shelf {
            Some(shelf) => shelf.body(row),
            None => self.known_shelf(&KINDS[held.kind as usize]).and_then(|shelf| shelf.body(row)),
        };
        if known.is_some() {
            return Ok(known);
        }
        let (connection, key) = (self.holdings.place(&held).id, hex::encode(held.key));
        let found = store::resources::find(self.engine.db(), self.place.human_id, connection, &key).await?;
        let Some(found) = found else { return Ok(None) };
        let view = self.clone();
        let opened = tokio::task::spawn_blocking(move || view.open(&held, &found.body)).await;
        Ok(Some(opened.map_err(|_| FhirError::Panicked)??))
    }

    /// Rows of a type in loads of bounded size.
    pub(super) fn windows(&self, kind: &Kind, wanted: impl Fn(&super::holdings::Row) -> bool) -> Vec<Window> {
        let rows = &self.holdings.rows;
        let mut all: Vec<u32> = self.holdings.of_kind(kind).filter(|(_, row)| wanted(row)).map(|(at, _)| at).collect();
        let order = |at: &u32| (rows[*at as usize].place, rows[*at as usize].stored, rows[*at as usize].key);
        all.sort_unstable_by_key(order);
        let mut windows: Vec<Window> = Vec::new();
        let mut bytes = 0;
        for at in all {
            let row = &rows[at as usize];
            match windows.last_mut() {
                Some(last)
                    if (last.place, last.stored) == (row.place, row.stored)
                        && last.rows.len() < ROWS
                        && bytes + u64::from(row.size) <= BYTES =>
                {
                    last.rows.push(at);
                    bytes += u64::from(row.size);
                }
                _ => {
                    windows.push(Window { place: row.place, stored: row.stored, rows: vec![at] });
                    bytes = u64::from(row.size);
                }
            }
        }
        windows
    }

    /// What is stored of a window; what went meanwhile is left out.
    async fn load(&self, window: &Window) -> Result<Vec<(u32, ResourceRow)>, FhirError> {
        let rows = &self.holdings.rows;
        let connection = self.holdings.places[window.place as usize].id;
        let key = |at: u32| hex::encode(rows[at as usize].key);
        let (Some(first), Some(last)) = (window.rows.first(), window.rows.last()) else { return Ok(Vec::new()) };
        // Keys are hashes of one length: what comes after all but the last digit begins at the key itself.
        let (mut after, last) = (key(*first), key(*last));
        after.pop();
        let mut found = Vec::with_capacity(window.rows.len());
        loop {
            let limit = (window.rows.len() - found.len()).max(1) as u32;
            let human_id = self.place.human_id;
            let page =
                store::resources::list_kind(self.engine.db(), human_id, connection, window.stored, &after, limit);
            let page = page.await?;
            let Some(end) = page.last().map(|row| row.resource_key.clone()) else { return Ok(found) };
            for row in page {
                let wanted = window.rows.binary_search_by(|at| key(*at).cmp(&row.resource_key));
                if let Ok(wanted) = wanted {
                    found.push((window.rows[wanted], row));
                }
            }
            if end >= last || found.len() == window.rows.len() {
                return Ok(found);
            }
            after = end;
        }
    }

    /// The resources of a window, opened beside the event loop.
    pub(super) async fn bodies(&self, window: &Window) -> Result<Vec<(u32, Bytes)>, FhirError> {
        let loaded = self.load(window).await?;
        let view = self.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let open =
                |(at, row): (u32, ResourceRow)| Ok((at, view.open(&view.holdings.rows[at as usize], &row.body)?));
            loaded.into_iter().map(open).collect::<Result<Vec<_>, FhirError>>()
        });
        opened.await.map_err(|_| FhirError::Panicked)?
    }

    /// Goes through resources without ever having more than one window of them.
    pub(super) async fn visit<T: Send + 'static>(
        &self,
        windows: Vec<Window>,
        mut all: T,
        visit: impl Fn(&mut T, u32, &Bytes) + Clone + Send + 'static,
    ) -> Result<T, FhirError> {
        for window in windows {
            let loaded = self.load(&window).await?;
            let (view, visit) = (self.clone(), visit.clone());
            let visited = tokio::task::spawn_blocking(move || {
                for (at, row) in loaded {
                    let body = view.open(&view.holdings.rows[at as usize], &row.body)?;
                    drop(row);
                    visit(&mut all, at, &body);
                }
                Ok::<T, FhirError>(all)
            });
            all = visited.await.map_err(|_| FhirError::Panicked)??;
        }
        Ok(all)
    }
}
