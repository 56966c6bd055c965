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
    /// The last key of the page: what arrives meanwhile pushes nothing out of it.
    last: String,
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
        let (mut after, mut found) = (window.after.clone(), Vec::with_capacity(window.rows));
        loop {
            let page = match &window.kind {
                Some(kind) => {
                    store::resources::list_kind(db, self.human_id, self.connection, kind, &after, rows).await?
                }
                None => store::resources::list(db, self.human_id, self.connection, &after, rows).await?,
            };
            let end = page.last().map(|row| row.resource_key.clone());
            found.extend(page.into_iter().filter(|row| row.resource_key <= window.last));
            match end {
                Some(end) if end < window.last => after = end,
                _ => return Ok(found),
            }
        }
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
                window.last.clone_from(&one.resource_key);
                bytes += one.size;
            }
            None => {
                let after = if continued { last } else { "" };
                all.push(Window { kind, after: after.to_owned(), last: one.resource_key.clone(), rows: 1 });
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
        let window = |kind: Option<&str>, (after, last): (&str, &str), rows| Window {
            kind: kind.map(str::to_owned),
            after: after.to_owned(),
            last: last.to_owned(),
            rows,
        };
        let expected = [
            ("Binary", ("", "0001"), 1),
            ("Binary", ("0001", "0002"), 1),
            ("Binary", ("0002", "0003"), 1),
            ("Binary", ("0003", "0004"), 1),
            ("Goal", ("", "0001"), 1),
            ("Observation", ("", "0499"), ROWS),
            ("Observation", ("0499", "0500"), 1),
        ];
        assert_eq!(windows(&contents, true), expected.map(|(kind, keys, rows)| window(Some(kind), keys, rows)));
        let expected = [
            (("", "0001"), 1),
            (("0001", "0002"), 1),
            (("0002", "0003"), 1),
            (("0003", "0497"), ROWS),
            (("0497", "0500"), 3),
        ];
        assert_eq!(windows(&contents, false), expected.map(|(keys, rows)| window(None, keys, rows)));
    }
}
