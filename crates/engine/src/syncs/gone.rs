//! What the source no longer lists: missing from one complete read, gone after the second.

use std::collections::HashSet;

use domain::{Outcome, StreamReport};
use store::Batch;

use super::{ROWS, Run, State, Stop};

/// Of these only the current ones are asked for: one that is over is not listed, and was there all the same.
const LISTED_IN_PART: &[&str] = &["CareTeam"];

impl Run {
    /// Notes what a complete read did not bring, and lets go of what the one before it missed too.
    pub(super) async fn mark_gone(&self) -> Result<(), Stop> {
        let (kinds, seen) = self.with_state(|state| (state.complete(), std::mem::take(&mut state.seen)));
        let (human_id, connection, now) = (self.human_id, self.connection, self.engine.now());
        let mut batch = Batch::new();
        let mut documents = false;
        for one in self.contents().await? {
            // What was converted is nowhere listed: it goes with its document.
            if one.converted {
                continue;
            }
            let key = &one.resource_key;
            documents |=
                one.kind == "DocumentReference" && one.missing && !seen.contains(key) && kinds.contains(&one.kind);
            let _ = match (seen.contains(key), kinds.contains(&one.kind), one.missing) {
                (true, _, true) => store::resources::mark_found(&mut batch, human_id, connection, key),
                (false, true, true) => store::resources::mark_gone(&mut batch, human_id, connection, key, now),
                (false, true, false) => store::resources::mark_missing(&mut batch, human_id, connection, key, now),
                _ => continue,
            };
            if batch.len() >= ROWS {
                self.commit(std::mem::take(&mut batch), |_| {}).await?;
            }
        }
        if documents {
            store::resources::mark_gone_with_documents(&mut batch, human_id, connection, now);
        }
        if !batch.is_empty() {
            self.commit(batch, |_| {}).await?;
        }
        match documents {
            // What a document told that is gone, another one may tell too.
            true => self.convert_documents(true).await,
            false => Ok(()),
        }
    }
}

impl State {
    /// The types of which this run has read everything there is, also when that is nothing.
    fn complete(&self) -> HashSet<String> {
        let streams = &self.report.streams;
        // What an earlier run has read is not known here, and a failure may have many reasons.
        if !self.whole
            || !streams.iter().all(|stream| matches!(stream.outcome, Outcome::Done | Outcome::Refused { .. }))
        {
            return HashSet::new();
        }
        let listed = |stream: &&StreamReport| {
            let listed = !stream.id.starts_with("referenced-") && stream.resource != "Binary";
            listed && !LISTED_IN_PART.contains(&stream.resource.as_str())
        };
        let kinds = streams.iter().filter(listed).map(|stream| stream.resource.clone());
        let done = |kind: &String| {
            streams.iter().filter(|stream| stream.resource == *kind).all(|stream| stream.outcome == Outcome::Done)
        };
        kinds.filter(|kind| !self.gaps.contains(kind) && done(kind)).collect()
    }
}
