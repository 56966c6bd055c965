//! `ccdraw`: every stored record as it is, given out page by page so that no record is too large.

use ::records::{Form, KINDS};
use bytes::Bytes;
use domain::Timestamp;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use serde_json::{Value, json};

use super::{PAGE, ReportError};
use crate::Engine;
use crate::records::ListQuery;
use crate::sealing::DataKey;
use crate::tokens::Access;

/// How far the document is written.
enum Place {
    Head,
    /// Before the records of a kind from an offset on.
    Kind {
        at: usize,
        offset: u32,
    },
    End,
}

struct Writing {
    engine: Engine,
    access: Access,
    key: DataKey,
    place: Place,
}

/// A list in one piece.
pub(super) fn all() -> ListQuery {
    let open = (Timestamp::MIN, Timestamp::MAX);
    ListQuery { limit: u32::MAX, offset: 0, created: open, updated: open, dates: None, source: None }
}

impl Engine {
    /// `{"report", "generatedAt", "sources": […], "records": {kind: […]}}`, the bodies as they are stored.
    /// Ends in an error when the record changes meanwhile: what was written by then is not one state of it.
    ///
    /// # Errors
    /// When the person's key cannot be opened.
    pub fn whole_record(
        &self,
        access: &Access,
    ) -> Result<impl Stream<Item = Result<Bytes, ReportError>> + Send + 'static, ReportError> {
        let key = self.data_key(access.human_id, &access.wrapped_key)?;
        let start = Writing { engine: self.clone(), access: access.clone(), key, place: Place::Head };
        Ok(try_unfold(start, Writing::next))
    }
}

impl Writing {
    async fn next(mut self) -> Result<Option<(Bytes, Writing)>, ReportError> {
        let mut out = Vec::new();
        self.place = match self.place {
            Place::Head => {
                let head =
                    json!({ "report": "ccdraw", "generatedAt": self.engine.now(), "sources": self.sources().await? });
                let head = head.to_string();
                out.extend_from_slice(head.strip_suffix('}').unwrap_or(&head).as_bytes());
                out.extend_from_slice(b",\"records\":{");
                Place::Kind { at: 0, offset: 0 }
            }
            Place::Kind { at, offset } => match KINDS.get(at) {
                Some(_) => self.kind(at, offset, &mut out).await?,
                None => {
                    out.extend_from_slice(b"}}");
                    Place::End
                }
            },
            Place::End => return Ok(None),
        };
        Ok(Some((out.into(), self)))
    }

    /// Writes what comes next of a kind, and says where to go on.
    async fn kind(&self, at: usize, offset: u32, out: &mut Vec<u8>) -> Result<Place, ReportError> {
        let (kind, done) = (KINDS[at], Place::Kind { at: at + 1, offset: 0 });
        if offset == 0 {
            let comma = if at > 0 { "," } else { "" };
            out.extend_from_slice(format!("{comma}\"{}\":", kind.id).as_bytes());
        }
        match kind.form {
            Form::Single => {
                let newest = self.engine.newest_record(&self.access, kind).await?;
                out.extend_from_slice(newest.as_deref().unwrap_or(b"{}"));
                Ok(done)
            }
            Form::Sources => {
                let page = self.engine.list_organizations(&self.access, &all()).await?;
                out.extend_from_slice(&page.body);
                Ok(done)
            }
            Form::List | Form::Index => {
                let page = self.engine.open_page(&self.access, &self.key, kind, offset).await?;
                if self.engine.revision(&self.access).await? != Some(self.access.revision) {
                    return Err(ReportError::Changed);
                }
                for (number, body) in page.iter().enumerate() {
                    out.push(if offset == 0 && number == 0 { b'[' } else { b',' });
                    out.extend_from_slice(body);
                }
                if page.len() == PAGE as usize {
                    return Ok(Place::Kind { at, offset: offset + PAGE });
                }
                out.extend_from_slice(if offset == 0 && page.is_empty() { b"[]" } else { b"]" });
                Ok(done)
            }
        }
    }

    async fn sources(&self) -> Result<Value, ReportError> {
        let page = self.engine.list_sources(&self.access, &all()).await?;
        Ok(serde_json::from_slice(&page.body).unwrap_or_default())
    }
}
