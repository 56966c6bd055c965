//! C-CDA files as FHIR bundles, with the speed and what was lost; without a path, the sample data:
//! `cargo run --release -p tributary-records --example convert -- [PATH…] [--out bundles.ndjson] [--losses losses.json] [--repeat N]`

#[path = "../tests/ccda_samples/mod.rs"]
mod samples;
#[path = "../tests/ccda_samples/tally.rs"]
mod tally;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::Timestamp;
use records::ccda::{Converted, Origin, convert};
use serde_json::{Value, json};

use samples::Source;
use tally::Tally;

/// 2026-01-01: a fixed day, so that the same files always give the same bytes.
const RECEIVED: Timestamp = Timestamp(1_767_225_600_000);
const BASE: &str = "https://tributary.invalid/fhir/R4";

#[derive(Default)]
struct Wishes {
    paths: Vec<PathBuf>,
    out: Option<PathBuf>,
    losses: Option<PathBuf>,
    repeat: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wishes = wishes()?;
    let mut sources = Vec::new();
    for path in &wishes.paths {
        sources.append(&mut samples::gather(path)?);
    }
    let origin = Origin { document: None, patient: None, received_at: RECEIVED };
    let mut bundles = wishes.out.as_deref().map(created).transpose()?;
    let (mut tally, mut losses, mut refused, mut resources) = (Tally::default(), Vec::new(), 0, 0);
    for source in &sources {
        match convert(&source.xml, &origin) {
            Ok(converted) => {
                tally.add(&converted.losses);
                resources += converted.resources.len();
                if let Some(bundles) = &mut bundles {
                    write_bundle(bundles, source, &converted)?;
                }
                if wishes.losses.is_some() {
                    losses.push(told(source, &converted));
                }
            }
            Err(reason) => {
                refused += 1;
                println!("refused: {}: {reason}", source.name);
            }
        }
    }
    if let Some(bundles) = &mut bundles {
        bundles.flush()?;
    }
    if let Some(path) = &wishes.losses {
        serde_json::to_writer_pretty(created(path)?, &losses)?;
    }
    print!("{tally}");
    let fragments = sources.iter().filter(|source| source.fragment).count();
    println!("{} documents ({fragments} around fragments), {refused} refused, {resources} resources", sources.len());
    println!("{}", speed(&sources, &origin, wishes.repeat.max(1)));
    Ok(())
}

fn wishes() -> Result<Wishes, String> {
    let mut wishes = Wishes::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().ok_or(format!("{word} wants a value"));
        match word.as_str() {
            "--out" => wishes.out = Some(next()?.into()),
            "--losses" => wishes.losses = Some(next()?.into()),
            "--repeat" => wishes.repeat = next()?.parse().map_err(|_| "--repeat wants a number")?,
            _ => wishes.paths.push(word.into()),
        }
    }
    if wishes.paths.is_empty() {
        wishes.paths.push(samples::corpora().join("ccda"));
    }
    Ok(wishes)
}

fn created(path: &Path) -> std::io::Result<std::io::BufWriter<std::fs::File>> {
    Ok(std::io::BufWriter::new(std::fs::File::create(path)?))
}

/// One line: a `collection` whose entries have the addresses their references are relative to.
fn write_bundle(out: &mut impl Write, source: &Source, converted: &Converted) -> std::io::Result<()> {
    let name = json!({"system": "urn:tributary:file", "value": source.name});
    write!(out, "{{\"resourceType\":\"Bundle\",\"identifier\":{name},\"type\":\"collection\",\"entry\":[")?;
    for (at, resource) in converted.resources.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        write!(out, "{comma}{{\"fullUrl\":\"{BASE}/{}\",\"resource\":", resource.key())?;
        out.write_all(&resource.json)?;
        out.write_all(b"}")?;
    }
    out.write_all(b"]}\n")
}

fn told(source: &Source, converted: &Converted) -> Value {
    json!({"document": source.name, "sections": converted.losses.sections})
}

/// On one thread, without reading files or writing bundles.
fn speed(sources: &[Source], origin: &Origin, repeat: usize) -> String {
    let (mut best, bytes) = (Duration::MAX, sources.iter().map(|source| source.xml.len()).sum::<usize>());
    for _ in 0..repeat {
        let began = Instant::now();
        for source in sources {
            let _ = std::hint::black_box(convert(&source.xml, origin));
        }
        best = best.min(began.elapsed());
    }
    let seconds = best.as_secs_f64();
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = peak.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("?").trim().to_owned();
    format!(
        "{:.0} documents/s, {:.1} MB/s ({:.1} MB in {seconds:.3} s, best of {repeat}); peak memory {peak}",
        sources.len() as f64 / seconds,
        bytes as f64 / 1e6 / seconds,
        bytes as f64 / 1e6,
    )
}
