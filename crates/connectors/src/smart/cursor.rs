//! Where a stream stands. Stored after every page, so that a killed sync goes on where it was.

use serde::{Deserialize, Serialize};

/// More pages than any record has.
pub const MAX_PAGES: u32 = 10_000;
const REMEMBERED: usize = 1_000;

/// A position within one stream; the default is its start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub variant: usize,
    #[serde(default)]
    pub leg: usize,
    /// The server's link to the next page, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Pages read so far in this leg.
    #[serde(default)]
    pub page: u32,
    /// A smaller page size than planned, once pages proved too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Failed attempts at the request in hand.
    #[serde(default)]
    pub attempts: u32,
    /// How often this leg began anew because a page link had expired.
    #[serde(default)]
    pub restarts: u32,
    /// Pages in a row without a new id.
    #[serde(default)]
    pub(super) idle: u32,
    /// Fingerprints of the pages seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) pages: Vec<u64>,
    /// Fingerprints of the last ids seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ids: Vec<u32>,
}

/// Why paging ended before the server said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The link leads to a host that must not see the token.
    ForeignHost,
    /// The link cannot be read.
    BadLink,
    /// The link leads to a page that was read before.
    Loop,
    /// Two pages in a row brought nothing new.
    NothingNew,
    TooManyPages,
}

impl Cut {
    pub fn code(self) -> &'static str {
        match self {
            Cut::ForeignHost => "next_foreign_host",
            Cut::BadLink => "next_unreadable",
            Cut::Loop => "next_loop",
            Cut::NothingNew => "pages_repeat",
            Cut::TooManyPages => "too_many_pages",
        }
    }

    /// Whether data is probably missing.
    pub fn loses_data(self) -> bool {
        matches!(self, Cut::ForeignHost | Cut::BadLink | Cut::TooManyPages)
    }
}

impl Cursor {
    /// The start of another phrasing.
    pub(super) fn variant(&self, variant: usize) -> Cursor {
        Cursor { variant, count: self.count, ..Cursor::default() }
    }

    /// The start of the next query of the same phrasing.
    pub(super) fn leg(&self, leg: usize) -> Cursor {
        Cursor { leg, ..self.variant(self.variant) }
    }

    /// The same leg from its first page.
    pub(super) fn restart(&self) -> Cursor {
        Cursor { restarts: self.restarts + 1, ..self.leg(self.leg) }
    }

    /// The same leg from its first page, with smaller pages.
    pub(super) fn shrunk(&self, count: u32) -> Cursor {
        Cursor { count: Some(count), restarts: self.restarts, ..self.leg(self.leg) }
    }

    pub(super) fn retry(&self) -> Cursor {
        Cursor { attempts: self.attempts + 1, ..self.clone() }
    }

    /// The same page under another address.
    pub(super) fn at(self, link: &str) -> Cursor {
        Cursor { next: Some(link.to_owned()), ..self }
    }

    /// Goes on to the page at `link`, unless the pages so far advise against it.
    /// `here` is where the page in hand came from, `ids` what was on it.
    pub(super) fn follow<'a>(&self, here: &str, link: &str, ids: impl Iterator<Item = &'a str>) -> Result<Cursor, Cut> {
        let mut on = Cursor { next: Some(link.to_owned()), page: self.page + 1, attempts: 0, ..self.clone() };
        on.pages.push(fingerprint(here));
        if on.pages.contains(&fingerprint(link)) {
            return Err(Cut::Loop);
        }
        if on.page >= MAX_PAGES {
            return Err(Cut::TooManyPages);
        }
        let mut fresh = false;
        for id in ids {
            let print = fingerprint(id) as u32;
            if !on.ids.contains(&print) {
                fresh = true;
                on.ids.push(print);
            }
        }
        on.ids.drain(..on.ids.len().saturating_sub(REMEMBERED));
        on.idle = if fresh { 0 } else { self.idle + 1 };
        if on.idle >= 2 { Err(Cut::NothingNew) } else { Ok(on) }
    }
}

/// FNV-1a: the same in every version, because it is stored.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
