//! Sealed handles for URLs: they name a row of a person and cannot be guessed, read or altered.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{HumanId, RowId};

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
const MAX_LEN: usize = 128;

impl Engine {
    pub(crate) fn seal_handle(&self, purpose: Purpose, human_id: HumanId, row: RowId) -> String {
        let mut plain = [0; 32];
        plain[..16].copy_from_slice(&human_id.0);
        plain[16..].copy_from_slice(&row.0);
        URL_SAFE_NO_PAD.encode(self.inner.root.handles.seal(purpose.label(), &plain))
    }

    pub(crate) fn open_handle(&self, purpose: Purpose, handle: &str) -> Option<(HumanId, RowId)> {
        if handle.len() > MAX_LEN {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(handle).ok()?;
        let plain = self.inner.root.handles.open(purpose.label(), &sealed).ok()?;
        let (human, row) = plain.split_first_chunk::<16>()?;
        Some((HumanId(*human), RowId(row.try_into().ok()?)))
    }
}
