//! People, places and medications that a record names without containing them: one hop.

use std::collections::{BTreeSet, HashSet};

use connectors::smart::bundle::RawResource;
use connectors::smart::references::{ResourceRef, references, streams};
use futures_util::{TryStreamExt, stream};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::resources::ResourceRow;

use super::{ROWS, Run, STREAMS_AT_ONCE, Stop};
use crate::records::raw::resource_aad;

/// A record that names more than this is not followed any further.
const MOST: usize = 20_000;

#[derive(Deserialize)]
struct Head {
    id: String,
}

impl Run {
    pub(super) async fn read_references(&self) -> Result<(), Stop> {
        let mut wanted: BTreeSet<ResourceRef> = BTreeSet::new();
        let mut have: HashSet<String> = HashSet::new();
        self.each_page(|run, rows| {
            have.extend(rows.iter().map(|row| row.resource_key.clone()));
            let resources = rows.iter().filter(|row| row.kind != "Binary").map(|row| run.open_resource(row));
            let resources = resources.collect::<Result<Vec<_>, _>>()?;
            let resources: Vec<RawResource> = resources.into_iter().flatten().collect();
            if wanted.len() < MOST {
                wanted.extend(references(&run.membership.base, &resources));
            }
            Ok(())
        })
        .await?;
        let (known, missing): (Vec<ResourceRef>, Vec<ResourceRef>) =
            wanted.into_iter().partition(|one| have.contains(&self.engine.resource_key(&one.kind, &one.id)));
        // Still referred to, so still there.
        let known: Vec<String> = known.iter().map(|one| self.engine.resource_key(&one.kind, &one.id)).collect();
        self.with_state(|state| state.seen.extend(known));
        let streams = streams(&self.capability, &missing);
        stream::iter(streams.iter().map(Ok))
            .try_for_each_concurrent(STREAMS_AT_ONCE, |stream| async move {
                let report = format!("referenced-{}", stream.resource.to_ascii_lowercase());
                self.read_beside(stream, &report).await
            })
            .await
    }

    /// Goes through everything stored for the connection, a page at a time.
    pub(super) async fn each_page(&self, mut visit: impl FnMut(&Run, &[ResourceRow]) -> Result<(), Stop>) -> Result<(), Stop> {
        let mut after = String::new();
        loop {
            let rows = store::resources::list(self.engine.db(), self.human_id, self.connection, &after, ROWS as u32).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after.clone_from(&last.resource_key);
            visit(self, &rows)?;
        }
    }

    /// A stored resource as it was received; `None` when it is not a single resource.
    pub(super) fn open_resource(&self, row: &ResourceRow) -> Result<Option<RawResource>, Stop> {
        let bytes = self.key.open(resource_aad(&row.resource_key), &row.body)?;
        let raw = String::from_utf8(bytes).ok().and_then(|text| RawValue::from_string(text).ok());
        let Some(json) = raw else { return Ok(None) };
        let Ok(Head { id }) = serde_json::from_str(json.get()) else { return Ok(None) };
        Ok(Some(RawResource { kind: row.kind.clone(), id, json, last_updated: None, included: false }))
    }
}
