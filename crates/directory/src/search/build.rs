//! Writing an index and opening it.

use std::cmp::Reverse;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tantivy::directory::{Directory, MmapDirectory, RamDirectory, TerminatingWrite};
use tantivy::{Index as Tantivy, IndexSettings, SingleSegmentIndexWriter, TantivyDocument};

use super::cards::{Cards, Draft, Writer};
use super::terms::{self, Fields, Terms};
use super::{Built, Index, IndexError};
use crate::brands::{Brand, Category};

/// Our file beside those of tantivy.
const CARDS: &str = "cards";
/// First size of the table of terms; it grows.
const MEMORY: usize = 15_000_000;

pub(super) fn in_memory(brands: &[Brand]) -> Result<Index, IndexError> {
    assemble(&write(RamDirectory::create(), "", brands)?)
}

pub(super) fn create(root: &Path, generation: &str, brands: &[Brand]) -> Result<Index, IndexError> {
    static ATTEMPT: AtomicU64 = AtomicU64::new(0);
    let attempt = ATTEMPT.fetch_add(1, Ordering::Relaxed);
    let fresh = root.join(format!("new-{}-{attempt}", std::process::id()));
    fs::create_dir_all(&fresh)?;
    let directory = MmapDirectory::open(&fresh).map_err(tantivy::TantivyError::from)?;
    let written = write(directory, generation, brands);
    let ready = folder(root, generation);
    if let Err(error) = written {
        let _ = fs::remove_dir_all(&fresh);
        return Err(error);
    }
    // What is in the way is damaged, or somebody else was faster: the same brands, so ours may replace it.
    let _ = fs::remove_dir_all(&ready);
    if let Err(error) = fs::rename(&fresh, &ready) {
        let _ = fs::remove_dir_all(&fresh);
        if !ready.is_dir() {
            return Err(error.into());
        }
    }
    remove_others(root, &ready);
    open(root, generation)
}

/// Indexes of other generations. Half-written folders of other processes are left alone for a day.
fn remove_others(root: &Path, keep: &Path) {
    const ABANDONED: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.flatten().filter(|entry| entry.path() != keep) {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let abandoned = || {
            let changed = entry.metadata().and_then(|metadata| metadata.modified());
            changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > ABANDONED))
        };
        if name.starts_with("of-") || (name.starts_with("new-") && abandoned()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn folder(root: &Path, generation: &str) -> PathBuf {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, generation.as_bytes());
    let name: String = hex::encode(digest.as_ref()).chars().take(16).collect();
    root.join(format!("of-{name}"))
}

pub(super) fn open(root: &Path, generation: &str) -> Result<Index, IndexError> {
    let folder = folder(root, generation);
    if !folder.is_dir() {
        return Err(IndexError::Missing);
    }
    let index = Tantivy::open_in_dir(&folder).map_err(|_| IndexError::Damaged)?;
    if !index.validate_checksum().is_ok_and(|broken| broken.is_empty())
        || !index.directory().validate_checksum(Path::new(CARDS)).unwrap_or(false)
    {
        return Err(IndexError::Damaged);
    }
    let opened = assemble(&index)?;
    let same = opened.built.as_ref().is_none_or(|built| built.cards.generation == generation);
    if same { Ok(opened) } else { Err(IndexError::Damaged) }
}

fn write(directory: impl Directory, generation: &str, brands: &[Brand]) -> Result<Tantivy, IndexError> {
    let (schema, fields) = terms::schema();
    let builder = Tantivy::builder().schema(schema).settings(IndexSettings::default());
    let mut writer: SingleSegmentIndexWriter<TantivyDocument> =
        builder.single_segment_index_writer(directory, MEMORY)?;
    let mut order: Vec<(Reverse<u8>, usize)> =
        brands.iter().enumerate().map(|(at, brand)| (Reverse(terms::prior(brand)), at)).collect();
    order.sort_unstable();
    let mut cards = Writer::default();
    std::thread::scope(|scope| {
        // One reads while the other writes.
        let (sender, receiver) = std::sync::mpsc::sync_channel(4);
        let order = &order;
        scope.spawn(move || {
            for some in order.chunks(256) {
                let brands = some.iter().filter_map(|(_, at)| brands.get(*at));
                let read: Vec<_> = brands.map(|brand| (brand.category, terms::read(brand))).collect();
                if sender.send(read).is_err() {
                    return;
                }
            }
        });
        for (category, (card, terms)) in receiver.iter().flatten() {
            cards.push(&card);
            writer.add_document(document(fields, &card, category, terms))?;
        }
        Ok::<_, IndexError>(())
    })?;
    let index = writer.finalize()?;
    let mut file = index.directory().open_write(Path::new(CARDS)).map_err(tantivy::TantivyError::from)?;
    file.write_all(&cards.finish(generation))?;
    file.terminate()?;
    index.directory().sync_directory()?;
    Ok(index)
}

fn document(fields: Fields, card: &Draft, category: Category, terms: Terms) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    let sets = [
        (fields.whole, terms.whole),
        (fields.start, terms.start),
        (fields.name, terms.name),
        (fields.other, terms.other),
        (fields.address, terms.address),
    ];
    for (field, set) in sets {
        set.iter().for_each(|term| document.add_text(field, term));
    }
    document.add_text(fields.id, card.id.to_string());
    document.add_text(fields.category, (category as u8).to_string());
    document
}

fn assemble(index: &Tantivy) -> Result<Index, IndexError> {
    let (schema, fields) = terms::schema();
    if index.schema() != schema {
        return Err(IndexError::Damaged);
    }
    let file = index.directory().open_read(Path::new(CARDS)).map_err(|_| IndexError::Damaged)?;
    let cards = Cards::open(file.read_bytes()?).ok_or(IndexError::Damaged)?;
    let searcher = index.reader_builder().reload_policy(tantivy::ReloadPolicy::Manual).try_into()?.searcher();
    let [segment] = searcher.segment_readers() else {
        return if cards.len() == 0 { Ok(Index::default()) } else { Err(IndexError::Damaged) };
    };
    if segment.max_doc() as usize != cards.len() {
        return Err(IndexError::Damaged);
    }
    let reader = |field| segment.inverted_index(field);
    let readers = [
        reader(fields.whole)?,
        reader(fields.start)?,
        reader(fields.name)?,
        reader(fields.other)?,
        reader(fields.address)?,
        reader(fields.id)?,
        reader(fields.category)?,
    ];
    Ok(Index { built: Some(Built { cards, fields, readers }), ..Index::default() })
}
