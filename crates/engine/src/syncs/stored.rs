//! What is stored of a connection, gone through a page at a time and beside the event loop.

use connectors::smart::bundle::RawResource;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::resources::{Listed, ResourceRow};

use super::{ROWS, Run, Stop};
use crate::jobs::JobError;
use crate::records::raw::{resource_aad, resource_row};
use crate::sealing::SealingError;

/// Bytes of one page; a document larger than this is a page of its own.
const BYTES: u64 = 8 * 1024 * 1024;

/// Rows that are loaded together.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    /// Of all kinds when not told.
    kind: Option<String>,
    after: String,
    rows: usize,
}

/// A stored resource, opened.
pub(super) struct Plain {
    pub kind: String,
    pub bytes: Vec<u8>,
}

#[derive(Deserialize)]
struct Head {
    id: String,
}

impl Run {
    /// Everything that is there, without the bodies.
    pub(super) async fn contents(&self) -> Result<Vec<Listed>, Stop> {
        Ok(store::resources::contents(self.engine.db(), self.human_id, self.connection).await?)
    }

    /// Visits each resource of the wanted kinds, as it was received.
    pub(super) async fn fold<T: Send + 'static>(
        &self,
        wanted: impl Fn(&str) -> bool,
        all: T,
        visit: impl Fn(&mut T, &str, Vec<u8>) + Clone + Send + 'static,
    ) -> Result<T, Stop> {
        let mut contents = self.contents().await?;
        contents.retain(|one| wanted(&one.kind));
        self.visit(windows(&contents, true), all, move |all, page| {
            page.into_iter().for_each(|one| visit(all, &one.kind, one.bytes));
        })
        .await
    }

    /// Visits everything, a page at a time.
    pub(super) async fn fold_all<T: Send + 'static>(
        &self,
        all: T,
        visit: impl Fn(&mut T, Vec<Plain>) + Clone + Send + 'static,
    ) -> Result<T, Stop> {
        let mut contents = self.contents().await?;
        contents.sort_by(|one, other| one.resource_key.cmp(&other.resource_key));
        self.visit(windows(&contents, false), all, visit).await
    }

    /// While one page is visited, the next is read.
    async fn visit<T: Send + 'static>(
        &self,
        windows: Vec<Window>,
        all: T,
        visit: impl Fn(&mut T, Vec<Plain>) + Clone + Send + 'static,
    ) -> Result<T, Stop> {
        let mut visited = tokio::task::spawn_blocking(move || Ok(all));
        for window in windows {
            let rows = self.load(&window).await?;
            let all = visited.await.map_err(|_| Stop::Job(JobError::Panicked))??;
            let (key, connection, visit) = (self.key.clone(), self.connection, visit.clone());
            visited = tokio::task::spawn_blocking(move || {
                let mut all = all;
                let open = |row: ResourceRow| {
                    let at = resource_row(connection, &row.resource_key);
                    Ok(Plain { bytes: key.open(resource_aad(&at), &row.body)?, kind: row.kind })
                };
                visit(&mut all, rows.into_iter().map(open).collect::<Result<_, SealingError>>()?);
                Ok::<T, SealingError>(all)
            });
        }
        Ok(visited.await.map_err(|_| Stop::Job(JobError::Panicked))??)
    }

    async fn load(&self, window: &Window) -> Result<Vec<ResourceRow>, Stop> {
        let (db, rows) = (self.engine.db(), window.rows as u32);
        Ok(match &window.kind {
            Some(kind) => {
                store::resources::list_kind(db, self.human_id, self.connection, kind, &window.after, rows).await?
            }
            None => store::resources::list(db, self.human_id, self.connection, &window.after, rows).await?,
        })
    }
}

/// Pages bounded by rows and by bytes, of rows in the order they are read in.
fn windows(contents: &[Listed], by_kind: bool) -> Vec<Window> {
    let mut all: Vec<Window> = Vec::new();
    let (mut bytes, mut last) = (0, "");
    for one in contents {
        let kind = by_kind.then(|| one.kind.clone());
        let fits = |window: &Window| window.kind == kind && window.rows < ROWS && bytes + one.size <= BYTES;
        let continued = all.last().is_some_and(|window| window.kind == kind);
        match all.last_mut().filter(|window| fits(window)) {
            Some(window) => {
                window.rows += 1;
                bytes += one.size;
            }
            None => {
                let after = if continued { last } else { "" };
                all.push(Window { kind, after: after.to_owned(), rows: 1 });
                bytes = one.size;
            }
        }
        last = &one.resource_key;
    }
    all
}

/// A stored resource; `None` when it is not a single one.
pub(super) fn resource(kind: &str, bytes: Vec<u8>) -> Option<RawResource> {
    let json = RawValue::from_string(String::from_utf8(bytes).ok()?).ok()?;
    let Head { id } = serde_json::from_str(json.get()).ok()?;
    Some(RawResource { kind: kind.to_owned(), id, json, last_updated: None, included: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_bounded_by_rows_bytes_and_kind() {
        let one = |kind: &str, key: usize, size| Listed {
            resource_key: format!("{key:04}"),
            kind: kind.to_owned(),
            size,
            missing: false,
            converted: false,
        };
        let mut contents = vec![
            one("Binary", 1, 5),
            one("Binary", 2, BYTES),
            one("Binary", 3, BYTES * 3),
            one("Binary", 4, 1),
            one("Goal", 1, 1),
        ];
        contents.extend((0..ROWS + 1).map(|key| one("Observation", key, 10)));
        let seen = |by_kind| -> Vec<(Option<String>, String, usize)> {
            windows(&contents, by_kind).into_iter().map(|window| (window.kind, window.after, window.rows)).collect()
        };
        let expected = [
            ("Binary", "", 1),
            ("Binary", "0001", 1),
            ("Binary", "0002", 1),
            ("Binary", "0003", 1),
            ("Goal", "", 1),
            ("Observation", "", ROWS),
            ("Observation", "0499", 1),
        ];
        assert_eq!(seen(true), expected.map(|(kind, after, rows)| (Some(kind.to_owned()), after.to_owned(), rows)));
        let expected = [("", 1), ("0001", 1), ("0002", 1), ("0003", ROWS), ("0497", 3)];
        assert_eq!(seen(false), expected.map(|(after, rows)| (None, after.to_owned(), rows)));
    }
}
