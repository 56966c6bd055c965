//! What is stored of a connection, gone through a page at a time and beside the event loop.

use connectors::smart::bundle::RawResource;
use serde::Deserialize;
use serde_json::value::RawValue;
use store::resources::Listed;

use super::{ROWS, Run, Stop};
use crate::jobs::JobError;
use crate::records::raw::{resource_aad, resource_row};
use crate::sealing::SealingError;

/// Bytes of one page; a document larger than this is a page of its own.
const BYTES: u64 = 8 * 1024 * 1024;

/// Rows of one kind that are loaded together.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    kind: String,
    after: String,
    rows: usize,
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
        mut all: T,
        visit: impl Fn(&mut T, &str, Vec<u8>) + Clone + Send + 'static,
    ) -> Result<T, Stop> {
        let mut contents = self.contents().await?;
        contents.retain(|one| wanted(&one.kind));
        for window in windows(&contents) {
            let rows = window.rows as u32;
            let rows = store::resources::list_kind(
                self.engine.db(),
                self.human_id,
                self.connection,
                &window.kind,
                &window.after,
                rows,
            )
            .await?;
            let (key, connection, visit) = (self.key.clone(), self.connection, visit.clone());
            let visited = tokio::task::spawn_blocking(move || {
                for row in rows {
                    let at = resource_row(connection, &row.resource_key);
                    visit(&mut all, &row.kind, key.open(resource_aad(&at), &row.body)?);
                }
                Ok::<T, SealingError>(all)
            });
            all = visited.await.map_err(|_| Stop::Job(JobError::Panicked))??;
        }
        Ok(all)
    }
}

/// Pages bounded by rows and by bytes.
fn windows(contents: &[Listed]) -> Vec<Window> {
    let mut all: Vec<Window> = Vec::new();
    let (mut bytes, mut last) = (0, "");
    for one in contents {
        let fits = |window: &Window| window.kind == one.kind && window.rows < ROWS && bytes + one.size <= BYTES;
        let continued = all.last().is_some_and(|window| window.kind == one.kind);
        match all.last_mut().filter(|window| fits(window)) {
            Some(window) => {
                window.rows += 1;
                bytes += one.size;
            }
            None => {
                let after = if continued { last } else { "" };
                all.push(Window { kind: one.kind.clone(), after: after.to_owned(), rows: 1 });
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
        let seen: Vec<(String, String, usize)> =
            windows(&contents).into_iter().map(|window| (window.kind, window.after, window.rows)).collect();
        let expected = [
            ("Binary", "", 1),
            ("Binary", "0001", 1),
            ("Binary", "0002", 1),
            ("Binary", "0003", 1),
            ("Goal", "", 1),
            ("Observation", "", ROWS),
            ("Observation", "0499", 1),
        ];
        assert_eq!(seen, expected.map(|(kind, after, rows)| (kind.to_owned(), after.to_owned(), rows)));
    }
}
