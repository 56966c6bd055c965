//! How well and how fast the directory is searched, over lists as they are published:
//! `cargo run --release -p tributary-directory --example score -- LIST…` (files or folders)
//!
//! Fails when it finds worse than it should. Prints the share of labelled queries whose brand comes first and among the first five, by kind; then what building,
//! opening and every prefix of every query cost. With `--misses`, every query that was missed; with
//! `--ask TEXT`, what one query finds; with `--typed FILE` and `--rows FILE`, the queries and brands, for others to be
//! measured with; with `--every N`, only every so many of the prefixes.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use directory::search::{Point, Query};
use directory::{Brand, Hit, Index, List, merge};
use domain::SourceId;

#[path = "../tests/queries/labels.rs"]
mod labels;

/// As many as a screen shows.
const SHOWN: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = Vec::new();
    let (mut misses, mut every, mut asked) = (false, 1, Vec::new());
    let (mut typed, mut rows) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--misses" => misses = true,
            "--typed" => typed = arguments.next(),
            "--rows" => rows = arguments.next(),
            "--every" => every = arguments.next().and_then(|every| every.parse().ok()).unwrap_or(1),
            "--ask" => asked.extend(arguments.next()),
            _ => paths.push(argument),
        }
    }
    let mut files = Vec::new();
    paths.iter().for_each(|path| gather(Path::new(path), &mut files));
    let mut lists = Vec::new();
    for file in &files {
        // Beside lists there are readmes.
        lists.extend(List::read(&file.display().to_string(), &std::fs::read(file)?).ok());
    }
    let brands = merge::merge(&lists, &[]).brands;
    let points = points(&lists, &brands);
    drop(lists);
    println!("{} brands", brands.len());

    let folder = std::env::temp_dir().join(format!("tributary-score-{}", std::process::id()));
    let (begun, before) = (Instant::now(), processor());
    drop(Index::create(&folder, "1", &brands)?);
    println!(
        "built in {:.1} s, {:.1} s of processor, {:.0} MB on disk",
        begun.elapsed().as_secs_f64(),
        processor() - before,
        size(&folder)?
    );
    let labels = labels::all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/queries")))?;
    let before = resident();
    let begun = Instant::now();
    let index = Index::open(&folder, "1")?;
    println!("opened in {:.0} ms", begun.elapsed().as_secs_f64() * 1000.0);

    for text in &asked {
        let begun = Instant::now();
        let hits = ask(&index, text, None, &points);
        println!("{text} ({:.2} ms)", begun.elapsed().as_secs_f64() * 1000.0);
        hits.iter()
            .for_each(|hit| println!("  {} ({}, {}): {:?} {}", hit.name, hit.city, hit.state, hit.why, hit.text));
    }
    let good = score(&index, &labels, &points, &brands, misses);
    let texts = as_typed(&labels, every);
    latency(&index, &texts, &points);
    println!("the index takes {:.0} MB of memory after all of them", resident() - before);
    if let Some(path) = typed {
        let lines: Vec<&str> = texts.iter().map(|(text, _)| *text).collect();
        std::fs::write(path, lines.join("\n"))?;
    }
    if let Some(path) = rows {
        let lines: Vec<String> = brands.iter().map(row).collect();
        std::fs::write(path, lines.join("\n"))?;
    }
    std::fs::remove_dir_all(&folder)?;
    if good { Ok(()) } else { Err("fewer than 90 % come first, or fewer than 98 % among the first five".into()) }
}

/// Files, and those of folders, in a steady order.
fn gather(path: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(path) else {
        files.push(path.to_owned());
        return;
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries.iter().for_each(|entry| gather(entry, files));
}

/// Where ZIPs are, by the list of them, or else by who is there.
fn points(lists: &[List], brands: &[Brand]) -> HashMap<String, Point> {
    let there = brands.iter().flat_map(|brand| &brand.locations).filter_map(|place| {
        let zip = place.zip.as_deref()?.get(..5)?.to_owned();
        Some((zip, Point { lat: place.lat? as f32, lon: place.lon? as f32 }))
    });
    let listed = lists
        .iter()
        .flat_map(|list| &list.points)
        .filter_map(|point| Some((point.zip.clone()?, Point { lat: point.lat as f32, lon: point.lon as f32 })));
    there.chain(listed).collect()
}

fn ask(index: &Index, text: &str, near: Option<&str>, points: &HashMap<String, Point>) -> Vec<Hit> {
    let near = near.or_else(|| directory::search::zip(text)).and_then(|zip| points.get(zip).copied());
    index.search(&Query { text, near, limit: SHOWN, ..Query::default() })
}

fn score(
    index: &Index,
    labels: &[labels::Label],
    points: &HashMap<String, Point>,
    brands: &[Brand],
    misses: bool,
) -> bool {
    let by_id: HashMap<SourceId, &Brand> = brands.iter().map(|brand| (brand.id, brand)).collect();
    let mut kinds: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut all = [0; 3];
    for label in labels {
        let hits = ask(index, &label.query, label.near.as_deref(), points);
        let at = hits.iter().position(|hit| by_id.get(&hit.id).is_some_and(|brand| label.is_right(brand)));
        let row = [1, usize::from(at == Some(0)), usize::from(at.is_some_and(|at| at < 5))];
        for counts in [kinds.entry(&label.kind).or_default(), &mut all] {
            counts.iter_mut().zip(row).for_each(|(count, one)| *count += one);
        }
        if misses && at != Some(0) {
            let shown = |hit: &Hit| format!("{} ({}, {})", hit.name, hit.city, hit.state);
            let shown: Vec<String> = hits.iter().take(3).map(shown).collect();
            println!("  {} [{}] right at {at:?}: {}", label.query, label.kind, shown.join(" · "));
        }
    }
    println!("\n{:<14}{:>8}{:>8}{:>10}", "kind", "queries", "first", "in five");
    kinds.insert("all", all);
    for (kind, [queries, first, five]) in kinds {
        let share = |count: usize| 100.0 * count as f64 / queries as f64;
        println!("{kind:<14}{queries:>8}{:>7.1}%{:>9.1}%", share(first), share(five));
    }
    let [queries, first, five] = all;
    first * 100 >= queries * 90 && five * 100 >= queries * 98
}

/// A brand as another search engine gets it.
fn row(brand: &Brand) -> String {
    let places: Vec<String> = brand
        .locations
        .iter()
        .map(|place| {
            [&place.city, &place.state, &place.zip].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
        })
        .collect();
    let (name, aliases, npi) = (&brand.name, brand.aliases.join("; "), brand.npi());
    let row = serde_json::json!({"id": brand.id.to_string(), "name": name, "aliases": aliases, "npi": npi, "places": places.join("; ")});
    row.to_string()
}

/// Every so many of the prefixes of all queries, with where the person is.
fn as_typed(labels: &[labels::Label], every: usize) -> Vec<(&str, Option<&str>)> {
    let prefixes = labels.iter().flat_map(|label| {
        let ends = label.query.char_indices().map(|(at, letter)| at + letter.len_utf8());
        ends.map(|end| (&label.query[..end], label.near.as_deref()))
    });
    prefixes.step_by(every.max(1)).collect()
}

fn latency(index: &Index, texts: &[(&str, Option<&str>)], points: &HashMap<String, Point>) {
    let mut once: Vec<Duration> = Vec::new();
    let mut best: Vec<(Duration, &str)> = Vec::new();
    for (text, near) in texts {
        let runs = [(); 3].map(|()| {
            let begun = Instant::now();
            std::hint::black_box(ask(index, text, *near, points));
            begun.elapsed()
        });
        once.push(runs[0]);
        best.extend(runs.iter().min().map(|best| (*best, *text)));
    }
    once.sort_unstable();
    best.sort_unstable();
    let shares = |took: Vec<Duration>| {
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        format!("p50 {:.3} ms, p90 {:.3} ms, p99 {:.3} ms, longest {:.1} ms", at(0.5), at(0.9), at(0.99), at(1.0))
    };
    println!("\n{} queries as typed: {}", texts.len(), shares(once));
    println!("best of three, as on a machine of one's own: {}", shares(best.iter().map(|(took, _)| *took).collect()));
    let slowest: Vec<&str> = best.iter().rev().take(8).map(|(_, text)| *text).collect();
    println!("slowest: {slowest:?}");
}

fn size(folder: &Path) -> std::io::Result<f64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes +=
            if entry.file_type()?.is_dir() { (size(&entry.path())? * 1e6) as u64 } else { entry.metadata()?.len() };
    }
    Ok(bytes as f64 / 1e6)
}

/// Megabytes of this process in memory.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1000.0
}

/// Seconds of processor this process had.
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks / 100.0
}
