//! Exports that name neither a keeper nor a server: two of them may use one id for two things.

use std::collections::HashMap;

use ::records::Landed;
use ::records::files::clash;
use domain::{ConnectionId, HumanId};

use super::ImportError;
use super::gather::Part;
use super::sources::Origin;
use crate::Engine;
use crate::records::raw::{resource_aad, resource_row};
use crate::sealing::DataKey;

/// Sources of files that name nobody, of one person.
const MOST: usize = 16;

/// Pieces of one import that do not clash, and so go to one source.
struct Group {
    /// That of its first piece.
    file: usize,
    parts: Vec<usize>,
    /// Place of the piece and of the resource in it, by key.
    keys: HashMap<String, (usize, usize)>,
}

/// What is there of a source of files.
struct Stored {
    connection: ConnectionId,
    hashes: HashMap<String, store::Hash>,
    /// A group of this import goes there.
    taken: bool,
}

impl Engine {
    /// Gives all of them together the first source of files that holds nothing they clash with, so that the same
    /// export always finds the one it came to, and is not torn apart. Those that clash with each other go to several.
    pub(super) async fn tell_apart(
        &self,
        human_id: HumanId,
        key: &DataKey,
        parts: &mut [Part],
    ) -> Result<(), ImportError> {
        let mut sources: Vec<Stored> = Vec::new();
        for group in groups(parts)? {
            let mut number = 0;
            loop {
                if number >= MOST {
                    return Err(ImportError::TooLarge);
                }
                if number >= sources.len() {
                    let (_, connection) =
                        self.account(human_id, Origin::unnamed_but(number + 1).id, super::plan::PATIENT);
                    let hashes = store::resources::index(self.db(), human_id, connection).await?.into_iter().collect();
                    sources.push(Stored { connection, hashes, taken: false });
                }
                let Some(source) = sources.get_mut(number) else { return Err(ImportError::TooLarge) };
                if !source.taken && !self.clashes(human_id, key, source, &group, parts).await? {
                    source.taken = true;
                    break;
                }
                number += 1;
            }
            for part in group.parts {
                if let Some(part) = parts.get_mut(part) {
                    part.origin = Origin::unnamed_but(number + 1);
                }
            }
        }
        Ok(())
    }

    async fn clashes(
        &self,
        human_id: HumanId,
        key: &DataKey,
        source: &Stored,
        group: &Group,
        parts: &[Part],
    ) -> Result<bool, ImportError> {
        for landed in group.parts.iter().filter_map(|part| parts.get(*part)).flat_map(|part| &part.resources) {
            let resource_key = self.resource_key(&landed.kind, &landed.id);
            let Some(hash) = source.hashes.get(&resource_key) else { continue };
            if *hash == self.hash_index("resource body", &landed.json) {
                continue;
            }
            let row = store::resources::find(self.db(), human_id, source.connection, &resource_key).await?;
            if let Some(row) = row {
                let body = key.open(resource_aad(&resource_row(source.connection, &resource_key)), &row.body)?;
                if clash(&body, &landed.json) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Each piece goes to a group with which it does not clash: that of its file, else the first.
fn groups(parts: &[Part]) -> Result<Vec<Group>, ImportError> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, part) in parts.iter().enumerate().filter(|(_, part)| part.unnamed) {
        let fits: Vec<usize> = (0..groups.len()).filter(|group| !groups[*group].clashes(part, parts)).collect();
        let chosen = fits.iter().find(|group| groups[**group].file == part.file).or(fits.first()).copied();
        let chosen = chosen.unwrap_or(groups.len());
        if chosen >= MOST {
            return Err(ImportError::TooLarge);
        }
        if chosen == groups.len() {
            groups.push(Group { file: part.file, parts: Vec::new(), keys: HashMap::new() });
        }
        let group = &mut groups[chosen];
        group.parts.push(at);
        group.keys.extend(part.resources.iter().enumerate().map(|(place, landed)| (landed.key(), (at, place))));
    }
    Ok(groups)
}

impl Group {
    fn clashes(&self, part: &Part, parts: &[Part]) -> bool {
        part.resources.iter().any(|landed| {
            let other = self.keys.get(&landed.key());
            let other: Option<&Landed> = other.and_then(|(part, place)| parts.get(*part)?.resources.get(*place));
            other.is_some_and(|other| other.json != landed.json && clash(&other.json, &landed.json))
        })
    }
}
