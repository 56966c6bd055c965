//! Links between records of different connections that state the same fact.
//!
//! What is linked follows from the stored records alone, so that whoever looks last links everything, however
//! many connections are mapped at once. A record is only rewritten while it is what was looked at; otherwise
//! it is looked at again.

use std::collections::{BTreeMap, HashMap};

use ::records::{Link, relink};
use domain::{ConnectionId, HumanId};
use store::twins::Twin;
use store::{Batch, Error};

use super::{record_aad, record_row};
use crate::Engine;
use crate::connections::{LinkError, open_account};
use crate::sealing::{DataKey, bound};

/// Links of one record; what is repeated more often is no fact to follow.
const LINKS: usize = 32;
/// Rows of one commit.
const ROWS: usize = 200;
/// Each time somebody else has changed what was looked at.
const TRIES: usize = 20;

/// Facts of one kind by their hash, and who states them.
type Facts<'a> = HashMap<(&'a str, store::Hash), BTreeMap<ConnectionId, Vec<&'a Twin>>>;

impl Engine {
    /// Links the person's records as they are now; answers whether that changed any.
    pub(crate) async fn link_twins(&self, human_id: HumanId, key: &DataKey) -> Result<bool, LinkError> {
        let mut changed = false;
        for _ in 0..TRIES {
            let connections = store::connections::list(self.db(), human_id).await?;
            if connections.len() < 2 {
                return Ok(changed);
            }
            let mut sources: HashMap<ConnectionId, String> = HashMap::with_capacity(connections.len());
            // What somebody disconnected stays to be read, and is pointed to no longer.
            for row in connections.iter().filter(|row| row.status.connected()) {
                sources.insert(row.id, open_account(key, row)?.source.to_hex());
            }
            let mut twins = store::twins::list(self.db(), human_id).await?;
            // Always in one order, so that no two wait for each other's rows.
            twins.sort_by(|one, other| (&one.kind, one.id).cmp(&(&other.kind, other.id)));
            let facts = facts(&twins, &sources);
            let wanted: Vec<(&Twin, Vec<Link>, Vec<u8>)> = twins
                .iter()
                .filter_map(|twin| {
                    let links = links(twin, &facts, &sources);
                    let same_as = self.same_as(&links);
                    (same_as != twin.same_as).then_some((twin, links, same_as))
                })
                .collect();
            let mut settled = true;
            for part in wanted.chunks(ROWS) {
                let (linked, all) = self.link_part(human_id, key, part).await?;
                changed |= linked;
                settled &= all;
            }
            if settled {
                return Ok(changed);
            }
        }
        Err(Error::Conflict.into())
    }

    /// Rewrites these records; answers whether any was, and whether all were.
    async fn link_part(
        &self,
        human_id: HumanId,
        key: &DataKey,
        part: &[(&Twin, Vec<Link>, Vec<u8>)],
    ) -> Result<(bool, bool), LinkError> {
        let now = self.now();
        let (mut batch, mut all) = (Batch::new(), true);
        for (twin, links, same_as) in part {
            let found = store::twins::find(self.db(), human_id, &twin.kind, twin.id).await?;
            let Some(old) = found.filter(|old| (old.content_hash, &old.same_as) == (twin.content_hash, &twin.same_as))
            else {
                all = false;
                continue;
            };
            let row = record_row(&twin.kind, twin.id);
            let body = key.open(record_aad(&row), &old.body)?;
            // Only what we composed ourselves is sealed there.
            let Some(body) = relink(&body, &twin.kind, links, now) else { continue };
            let body = key.seal(record_aad(&row), &body);
            store::twins::link(&mut batch, human_id, (&twin.kind, twin.id), &old, (same_as, &body), now);
        }
        if batch.is_empty() {
            return Ok((false, all));
        }
        let rows = batch.len();
        store::humans::bump_revision(&mut batch, human_id);
        let done = self.db().commit(batch).await?;
        let written = done.iter().take(rows).filter(|done| done.changed > 0).count();
        Ok((written > 0, all && written == rows))
    }

    /// Tells one list of links from another.
    fn same_as(&self, links: &[Link]) -> Vec<u8> {
        if links.is_empty() {
            return Vec::new();
        }
        let parts: Vec<&[u8]> = links.iter().flat_map(|link| [link.id.as_bytes(), link.source.as_bytes()]).collect();
        self.hash_index("same as", &bound(&parts)).to_vec()
    }
}

fn facts<'a>(twins: &'a [Twin], sources: &HashMap<ConnectionId, String>) -> Facts<'a> {
    let mut facts: Facts<'a> = HashMap::new();
    for twin in twins.iter().filter(|twin| sources.contains_key(&twin.connection_id)) {
        if let Some(fact) = twin.fact_hash {
            let told = facts.entry((&twin.kind, fact)).or_default().entry(twin.connection_id).or_default();
            if told.len() < LINKS {
                told.push(twin);
            }
        }
    }
    facts
}

/// By id; the records of its own connection are no twins, however alike.
fn links(twin: &Twin, facts: &Facts<'_>, sources: &HashMap<ConnectionId, String>) -> Vec<Link> {
    let told = twin.fact_hash.and_then(|fact| facts.get(&(twin.kind.as_str(), fact)));
    let told = told.filter(|_| sources.contains_key(&twin.connection_id));
    let others = told.into_iter().flatten().filter(|(connection, _)| **connection != twin.connection_id);
    let mut links: Vec<Link> = others
        .flat_map(|(connection, twins)| twins.iter().map(move |twin| (connection, twin)))
        .map(|(connection, twin)| Link { id: twin.id.to_hex(), source: sources[connection].clone() })
        .collect();
    links.sort();
    links.truncate(LINKS);
    links
}

#[cfg(test)]
mod tests;
