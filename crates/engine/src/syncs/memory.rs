//! What earlier readings of a connection left behind: a fact keeps its id, and what the source took back stays away
//! though a document repeats it.

use std::collections::{HashMap, HashSet};

use ::records::{Draft, KINDS, Reading, SkipReason, Standing, record_id};
use domain::{HumanId, RecordId};
use store::Hash;
use store::records::Indexed;

use crate::Engine;
use crate::sealing::bound;

/// What is stored of the connection, by kind and id.
pub(super) type Index = HashMap<(String, RecordId), Indexed>;

pub(super) struct Memory<'a> {
    pub engine: &'a Engine,
    pub human_id: HumanId,
    pub connection: &'a str,
    pub index: &'a Index,
}

impl Memory<'_> {
    pub fn standing(&self, kind: &str, id: &str) -> Standing {
        let known = id.parse().ok().and_then(|id| self.index.get(&(kind.to_owned(), id)));
        known.map_or(Standing::Unknown, |known| if known.hidden { Standing::Hidden } else { Standing::Shown })
    }

    /// What was entered in error comes as an id and a status; what it said is known from when it was shown.
    pub fn drop_retracted(&self, reading: &mut Reading) {
        let errors = reading.skipped.iter().filter(|skip| skip.reason == SkipReason::EnteredInError);
        let retracted: HashSet<(&str, Hash)> = errors
            .flat_map(|skip| KINDS.iter().map(|kind| (kind.id, record_id(self.connection, kind.id, &skip.resource))))
            .filter_map(|(kind, id)| Some((kind, self.index.get(&(kind.to_owned(), id.parse().ok()?))?.fact_hash?)))
            .collect();
        if retracted.is_empty() {
            return;
        }
        let is_retracted = |draft: &Draft| {
            let fact = self.engine.fact_hash(self.human_id, draft).filter(|_| !draft.own);
            fact.is_some_and(|fact| retracted.contains(&(draft.kind.id, fact)))
        };
        let (dropped, kept): (Vec<Draft>, Vec<Draft>) =
            std::mem::take(&mut reading.drafts).into_iter().partition(is_retracted);
        let places: HashSet<(&str, &str)> = dropped.iter().map(|draft| (draft.kind.id, draft.key.as_str())).collect();
        let leads_there =
            |draft: &Draft| draft.about.as_ref().is_some_and(|(kind, key)| places.contains(&(kind.id, key.as_str())));
        reading.drafts = kept.into_iter().filter(|draft| !leads_there(draft)).collect();
    }

    /// The ids under which facts are shown; looked for only when a draft may want one.
    pub fn shown_facts(&self, drafts: &[Draft]) -> HashMap<(&str, Hash), RecordId> {
        if drafts.iter().all(|draft| draft.own) {
            return HashMap::new();
        }
        let shown = self.index.values().filter(|row| !row.hidden);
        let mut facts: HashMap<(&str, Hash), RecordId> = HashMap::new();
        for row in shown {
            if let Some(fact) = row.fact_hash {
                // Of several always the same one.
                let lowest = facts.entry((row.kind.as_str(), fact)).or_insert(row.id);
                *lowest = row.id.min(*lowest);
            }
        }
        facts
    }
}

impl Engine {
    /// Facts are the person's alone: the hash tells nothing to whoever reads the table.
    pub(crate) fn fact_hash(&self, human_id: HumanId, draft: &Draft) -> Option<Hash> {
        let fact = draft.fact.as_ref()?;
        let parts = [human_id.0.as_slice(), draft.kind.id.as_bytes(), fact.as_bytes()];
        Some(self.hash_index("fact", &bound(&parts)))
    }
}
