//! What is stored of a person, by connection, type and key, and who may use a resource's plain id.
//!
//! Two hospitals may use one id for two things. Whoever brought it first keeps it; the other's goes by an
//! id of ours, and so do references to it, also to what was never fetched: a reference must not lead to
//! another hospital's resource.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use ::records::dstu2;
use bytes::Bytes;
use domain::{ConnectionId, SyncState};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::kinds::{KINDS, Kind, kind};
use super::mark::Mark;
use super::rewrite::replace;
use super::values::{here, relative};
use super::{FhirError, View};
use crate::Engine;
use crate::connections::{open_account, open_report};
use crate::records::raw::{resource_aad, resource_row};
use crate::sealing::{DataKey, SealingError};
use crate::syncs::OTHER_PERSON;
use crate::tokens::Access;

/// One connection.
pub(super) struct Place {
    pub id: ConnectionId,
    /// Where its resources come from, when that is a server.
    pub base: Option<String>,
}

/// One stored resource, without its body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub place: u32,
    /// The place of its type in [`KINDS`].
    pub kind: u16,
    /// The type it was stored as, which DSTU2 may call otherwise.
    pub stored: &'static str,
    pub key: [u8; 32],
    pub size: u32,
    pub received: i64,
    pub changed: i64,
}

/// Everything of one person, in the order it came.
#[derive(Default)]
pub(super) struct Holdings {
    pub places: Vec<Place>,
    pub rows: Vec<Row>,
    /// The first row of each key: whose the plain id is.
    first: HashMap<[u8; 32], u32>,
}

impl Holdings {
    pub(super) async fn load(engine: &Engine, access: &Access, key: &DataKey) -> Result<Holdings, FhirError> {
        let mut places: Vec<Place> = Vec::new();
        let mut strangers = Vec::new();
        for row in store::connections::list(engine.db(), access.human_id).await? {
            // What a source says since it speaks of somebody else is nothing of this person's.
            if matches!(open_report(key, &row)?.state, SyncState::Failed(trouble) if trouble.code == OTHER_PERSON) {
                strangers.push(row.id);
            }
            places.push(Place { id: row.id, base: Some(open_account(key, &row)?.endpoint) });
        }
        let mut rows = Vec::new();
        for held in store::resources::held(engine.db(), access.human_id).await? {
            let mut key = [0; 32];
            if strangers.contains(&held.connection_id) {
                continue;
            }
            let Some(kind) = kind(dstu2::r4_kind(&held.kind)) else { continue };
            if hex::decode_to_slice(&held.resource_key, &mut key).is_err() {
                continue;
            }
            let place = match places.iter().position(|place| place.id == held.connection_id) {
                Some(place) => place,
                None => {
                    places.push(Place { id: held.connection_id, base: None });
                    places.len() - 1
                }
            };
            rows.push(Row {
                place: place as u32,
                kind: kind.place() as u16,
                stored: names(kind).find(|name| *name == held.kind).unwrap_or(kind.name),
                key,
                size: u32::try_from(held.size).unwrap_or(u32::MAX),
                received: held.received_at.0,
                changed: held.changed_at.0,
            });
        }
        rows.sort_by_key(|row| (row.received, places[row.place as usize].id, row.key));
        let mut first = HashMap::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            first.entry(row.key).or_insert(at as u32);
        }
        Ok(Holdings { places, rows, first })
    }

    pub(super) fn weight(&self) -> u64 {
        (self.rows.len() * (size_of::<Row>() + 44) + self.places.len() * 128) as u64
    }

    pub(super) fn of_kind(&self, kind: &Kind) -> impl Iterator<Item = (u32, &Row)> {
        let place = kind.place() as u16;
        self.rows.iter().enumerate().filter(move |(_, row)| row.kind == place).map(|(at, row)| (at as u32, row))
    }

    pub(super) fn place(&self, row: &Row) -> &Place {
        &self.places[row.place as usize]
    }

    pub(super) fn mark(&self, row: &Row, sort: i64) -> Mark {
        Mark { kind: row.kind, sort, received: row.received, connection: self.place(row).id, key: row.key }
    }

    /// The row that goes by a plain id.
    pub(super) fn owner(&self, key: &[u8; 32]) -> Option<u32> {
        self.first.get(key).copied()
    }

    /// Whether a plain id belongs to another connection than this.
    fn is_anothers(&self, owner: Option<u32>, place: u32) -> bool {
        owner.is_some_and(|owner| self.rows[owner as usize].place != place)
    }
}

/// The names of a type: ours first, then those of DSTU2.
fn names(kind: &Kind) -> impl Iterator<Item = &'static str> {
    std::iter::once(kind.name).chain(dstu2::old_kinds(kind.name))
}

/// The id of ours for a resource of a connection.
pub(super) fn alias(connection: ConnectionId, kind: &str, id: &str) -> String {
    ::records::record_id(&connection.to_hex(), kind, id)
}

impl View {
    /// The row that goes by a plain id.
    pub(super) fn named(&self, kind: &Kind, id: &str) -> Option<u32> {
        self.keys(kind, id).find_map(|key| self.holdings.owner(&key))
    }

    /// The keys under which a resource may be stored.
    pub(super) fn keys(&self, kind: &Kind, id: &str) -> impl Iterator<Item = [u8; 32]> {
        names(kind).map(move |name| self.engine.hash_index("resource", format!("{name}/{id}").as_bytes()))
    }

    /// A sealed body as we serve it.
    pub(super) fn open(&self, row: &Row, sealed: &[u8]) -> Result<Bytes, SealingError> {
        let connection = self.holdings.place(row).id;
        let at = resource_row(connection, &hex::encode(row.key));
        let plain = unwrapped(self.key.open(resource_aad(&at), sealed)?);
        let plain = match dstu2::resource(&plain) {
            Cow::Borrowed(_) => plain,
            Cow::Owned(newer) => newer,
        };
        Ok(match self.holdings.places.len() {
            0 | 1 => plain.into(),
            _ => self.renamed(row, plain).into(),
        })
    }

    /// With ids that are not another connection's.
    fn renamed(&self, row: &Row, plain: Vec<u8>) -> Vec<u8> {
        let kind = KINDS[row.kind as usize].name;
        let place = self.holdings.place(row);
        let renamed = self.holdings.is_anothers(self.holdings.owner(&row.key), row.place);
        // There are no references in the bytes of a document.
        if kind == "Binary" && !renamed {
            return plain;
        }
        let changed = replace(&plain, |text, said| match text.name? {
            b"id" if text.depth == 1 && renamed => Some(alias(place.id, kind, said)),
            name @ (b"reference" | b"url") => {
                let (of, id) = here(relative(said, place.base.as_deref()))?;
                if name == b"url" && of != "Binary" {
                    return None;
                }
                let anothers = self.holdings.is_anothers(self.named(super::kind(of)?, id), row.place);
                anothers.then(|| format!("{of}/{}", alias(place.id, of, id)))
            }
            _ => None,
        });
        changed.unwrap_or(plain)
    }
}

/// The document itself: one without an address of its own is kept together with it.
fn unwrapped(plain: Vec<u8>) -> Vec<u8> {
    #[derive(Deserialize)]
    struct Wrapper<'a> {
        #[serde(borrow)]
        entry: Vec<Entry<'a>>,
    }
    #[derive(Deserialize)]
    struct Entry<'a> {
        #[serde(borrow)]
        resource: &'a RawValue,
    }
    const MADE_BY_US: &[u8] = br#"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"#;
    if !plain.starts_with(MADE_BY_US) {
        return plain;
    }
    let inner = serde_json::from_slice::<Wrapper<'_>>(&plain).ok().and_then(|wrapper| {
        let resource = wrapper.entry.first()?.resource.get();
        resource.starts_with(r#"{"resourceType":"Binary","#).then(|| resource.as_bytes().to_vec())
    });
    inner.unwrap_or(plain)
}

/// The id of a resource, without reading the rest of it.
pub(super) fn id_of(body: &[u8]) -> Option<Arc<str>> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        id: Cow<'a, str>,
    }
    serde_json::from_slice::<Head<'_>>(body).ok().map(|head| head.id.as_ref().into())
}
