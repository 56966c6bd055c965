//! Search over brands: what people type, while they type it, with letters wrong.
//!
//! An index is built once for an edition of the directory, into a folder that only has to be opened, or in memory. Brands
//! are numbered in order of how likely people mean them, so that the first matches found are the best of their kind.

mod asked;
mod build;
mod cards;
mod docs;
mod find;
mod places;
mod rank;
mod terms;

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use domain::SourceId;
use tantivy::index::InvertedIndexReader;

use crate::brands::{Brand, Category};
use cards::Cards;
use terms::Fields;

pub use asked::zip;
pub use places::Point;

/// All brands, ready to be searched. Searching never fails: what cannot be read is not found.
#[derive(Default)]
pub struct Index {
    built: Option<Built>,
    signals: RwLock<Arc<Signals>>,
}

struct Built {
    cards: Cards,
    fields: Fields,
    readers: [Arc<InvertedIndexReader>; 7],
}

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<'a> {
    pub text: &'a str,
    /// Where the person is; among brands that match alike, the nearer come first.
    pub near: Option<Point>,
    /// Only these; all when empty.
    pub categories: &'a [Category],
    pub limit: usize,
}

/// What of a brand matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Why {
    /// Nothing was asked for.
    Listed,
    Name,
    Alias,
    /// A name of earlier days.
    Former,
    Portal,
    /// City, state, ZIP or a site's name.
    Place,
    Npi,
    /// The web address of the brand, a portal or an endpoint.
    Host,
}

impl Why {
    const ALL: [Why; 8] =
        [Why::Listed, Why::Name, Why::Alias, Why::Former, Why::Portal, Why::Place, Why::Npi, Why::Host];

    fn from_byte(byte: u8) -> Option<Why> {
        Why::ALL.get(usize::from(byte)).copied()
    }

    fn is_name(self) -> bool {
        matches!(self, Why::Name | Why::Alias | Why::Former)
    }
}

/// One brand found, with what a list of results shows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub id: SourceId,
    pub name: String,
    /// Of the first place; empty when not known.
    pub city: String,
    pub state: String,
    /// How many places of it are on the map.
    pub places: usize,
    /// How many portals a person may sign in to; none when it is only known.
    pub portals: usize,
    pub why: Why,
    /// The text that matched best.
    pub text: String,
    /// The matched parts of `text`, in bytes, in order.
    pub matched: Vec<Range<usize>>,
    /// To its nearest place, when both are known.
    pub kilometres: Option<f32>,
}

/// What this installation knows of a brand; changes without a new index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signal {
    /// How many people here are connected.
    pub connections: u32,
    /// Its endpoint did not answer lately.
    pub down: bool,
}

#[derive(Default)]
struct Signals {
    of: HashMap<u32, Signal>,
    /// The most used, in order of their numbers.
    used: Vec<u32>,
}

/// Why a folder cannot be searched.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("there is no search index for this edition of the directory")]
    Missing,
    #[error("the search index is damaged or of another version")]
    Damaged,
    #[error("the search index cannot be written or read: {0}")]
    Io(#[from] std::io::Error),
    #[error("the search index cannot be written or read: {0}")]
    Tantivy(#[from] tantivy::TantivyError),
}

impl Index {
    /// In memory, for small directories. Brands equally likely keep the order given.
    ///
    /// # Errors
    /// When the index cannot be made.
    pub fn build(brands: &[Brand]) -> Result<Index, IndexError> {
        build::in_memory(brands)
    }

    /// Builds the index of a generation below `root` and opens it. Indexes of other generations are removed; who has
    /// them open keeps them. Processes may do this at the same time.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn create(root: &Path, generation: &str, brands: &[Brand]) -> Result<Index, IndexError> {
        build::create(root, generation, brands)
    }

    /// Opens what [`Index::create`] built for this generation.
    ///
    /// # Errors
    /// [`IndexError::Missing`] and [`IndexError::Damaged`] ask for [`Index::create`].
    pub fn open(root: &Path, generation: &str) -> Result<Index, IndexError> {
        build::open(root, generation)
    }

    pub fn len(&self) -> usize {
        self.built.as_ref().map_or(0, |built| built.cards.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The best hits, best first; equal ones always in the same order.
    pub fn search(&self, query: &Query<'_>) -> Vec<Hit> {
        let signals = self.signals.read().unwrap_or_else(PoisonError::into_inner).clone();
        self.built.as_ref().map_or_else(Vec::new, |built| find::search(built, &signals, query))
    }

    /// Replaces what is known of brands in this installation.
    pub fn set_signals(&self, signals: impl IntoIterator<Item = (SourceId, Signal)>) {
        const MOST_USED: usize = 256;
        let Some(built) = &self.built else { return };
        let of: HashMap<u32, Signal> =
            signals.into_iter().filter_map(|(id, signal)| Some((built.number(id)?, signal))).collect();
        let mut used: Vec<u32> = of.iter().filter(|(_, signal)| signal.connections > 0).map(|(doc, _)| *doc).collect();
        used.sort_by_key(|doc| (std::cmp::Reverse(of.get(doc).map(|signal| signal.connections)), *doc));
        used.truncate(MOST_USED);
        used.sort_unstable();
        *self.signals.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Signals { of, used });
    }
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("brands", &self.len()).finish()
    }
}
