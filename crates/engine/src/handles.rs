//! Sealed handles for URLs: they name a row of a person and cannot be guessed, read or altered.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{HumanId, RowId};
use store::Hash;

use crate::Engine;

/// What a handle is for; one made for another use does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The widget's visits: `/connect/{ticket}/…`.
    Ticket,
    /// The `state` of a redirect to a provider.
    State,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Purpose::Ticket => b"ticket",
            Purpose::State => b"state",
        }
    }
}

/// Longer text is not looked at.
const MAX_LEN: usize = 192;

impl Engine {
    pub(crate) fn seal_handle(&self, purpose: Purpose, human_id: HumanId, row: RowId) -> String {
        self.seal_plain(purpose, &[human_id.0, row.0].concat())
    }

    pub(crate) fn open_handle(&self, purpose: Purpose, handle: &str) -> Option<(HumanId, RowId)> {
        let plain = self.open_plain(purpose, handle)?;
        let (human, row) = plain.split_first_chunk::<16>()?;
        Some((HumanId(*human), RowId(row.try_into().ok()?)))
    }

    /// A handle that is good for no longer than the token it was given for.
    pub(crate) fn seal_ticket(&self, human_id: HumanId, visit: RowId, token: &Hash) -> String {
        self.seal_plain(Purpose::Ticket, &[human_id.0.as_slice(), &visit.0, token].concat())
    }

    pub(crate) fn open_ticket(&self, ticket: &str) -> Option<(HumanId, RowId, Hash)> {
        let plain = self.open_plain(Purpose::Ticket, ticket)?;
        let (human, rest) = plain.split_first_chunk::<16>()?;
        let (visit, token) = rest.split_first_chunk::<16>()?;
        Some((HumanId(*human), RowId(*visit), token.try_into().ok()?))
    }

    fn seal_plain(&self, purpose: Purpose, plain: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.inner.root.handles.seal(purpose.label(), plain))
    }

    fn open_plain(&self, purpose: Purpose, handle: &str) -> Option<Vec<u8>> {
        if handle.len() > MAX_LEN {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(handle).ok()?;
        self.inner.root.handles.open(purpose.label(), &sealed).ok()
    }
}
