//! Exports that name neither a keeper nor a server: two of them may use one id for two things.

use std::collections::HashMap;

use ::records::files::clash;
use domain::HumanId;

use super::ImportError;
use super::gather::Part;
use super::sources::Origin;
use crate::Engine;
use crate::records::raw::{resource_aad, resource_row};
use crate::sealing::DataKey;

impl Engine {
    /// Gives each of them the first source of files that holds nothing it clashes with, so that the same export
    /// always finds the one it came to.
    pub(super) async fn tell_apart(
        &self,
        human_id: HumanId,
        key: &DataKey,
        parts: &mut [Part],
    ) -> Result<(), ImportError> {
        // What this import puts there itself, by source and key.
        let mut placed: HashMap<(usize, String), (usize, usize)> = HashMap::new();
        for at in 0..parts.len() {
            if !parts[at].unnamed {
                continue;
            }
            let mut number = 1;
            while self.clashes(human_id, key, (number, at), parts, &placed).await? {
                number += 1;
            }
            parts[at].origin = Origin::unnamed_but(number);
            for (place, landed) in parts[at].resources.iter().enumerate() {
                placed.insert((number, landed.key()), (at, place));
            }
        }
        Ok(())
    }

    async fn clashes(
        &self,
        human_id: HumanId,
        key: &DataKey,
        (number, at): (usize, usize),
        parts: &[Part],
        placed: &HashMap<(usize, String), (usize, usize)>,
    ) -> Result<bool, ImportError> {
        let Some(part) = parts.get(at) else { return Ok(false) };
        let (_, connection) = self.account(human_id, Origin::unnamed_but(number).id, super::plan::PATIENT);
        let stored: HashMap<String, store::Hash> =
            store::resources::index(self.db(), human_id, connection).await?.into_iter().collect();
        for landed in &part.resources {
            if let Some((other, place)) = placed.get(&(number, landed.key())) {
                let other = parts.get(*other).and_then(|part| part.resources.get(*place));
                if other.is_some_and(|other| clash(&other.json, &landed.json)) {
                    return Ok(true);
                }
            }
            let resource_key = self.resource_key(&landed.kind, &landed.id);
            let changed =
                stored.get(&resource_key).is_some_and(|hash| *hash != self.hash_index("resource body", &landed.json));
            if !changed {
                continue;
            }
            let row = store::resources::find(self.db(), human_id, connection, &resource_key).await?;
            if let Some(row) = row {
                let body = key.open(resource_aad(&resource_row(connection, &resource_key)), &row.body)?;
                if clash(&body, &landed.json) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
