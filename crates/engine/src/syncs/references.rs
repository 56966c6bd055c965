//! People, places and medications that a record names without containing them: two hops.

use std::collections::{BTreeSet, HashSet};

use connectors::smart::references::{ResourceRef, references, streams};
use futures_util::{TryStreamExt, stream};

use super::stored::resource;
use super::{Pull, STREAMS_AT_ONCE, Stop};

/// A record that names more than this is not followed any further.
const MOST: usize = 20_000;

impl Pull {
    pub(super) async fn read_references(&self) -> Result<(), Stop> {
        let fetched = self.read_referenced(|kind| kind != "Binary").await?;
        if !fetched.is_empty() {
            // A role names its holder and its house.
            self.read_referenced(|kind| fetched.contains(kind)).await?;
        }
        Ok(())
    }

    /// Reads what resources of some kinds refer to; answers the kinds that were missing.
    async fn read_referenced(&self, from: impl Fn(&str) -> bool) -> Result<HashSet<String>, Stop> {
        let base = self.membership.base.clone();
        let wanted: BTreeSet<ResourceRef> = BTreeSet::new();
        let wanted = self.fold(from, wanted, move |wanted, kind, bytes| {
            if let Some(resource) = resource(kind, bytes).filter(|_| wanted.len() < MOST) {
                wanted.extend(references(&base, &[resource]));
            }
        });
        let wanted = wanted.await?;
        let have: HashSet<String> = self.contents().await?.into_iter().map(|one| one.resource_key).collect();
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
            .await?;
        Ok(missing.into_iter().map(|one| one.kind).collect())
    }
}
