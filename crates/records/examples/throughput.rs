//! Megabytes of FHIR a second: `cargo run --release --example throughput -- FOLDER`.

use std::io::Read;
use std::time::Instant;

use domain::Timestamp;
use records::{Chart, Head, compose, content_hash, read, record_id};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "../shared/data/fhir/synthea_r4".to_owned());
    let mut bundles = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let bytes = std::fs::read(entry?.path())?;
        let mut json = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut json)?;
        bundles.push(json);
    }
    let (mut bytes, mut out, mut count) = (0, 0, 0);
    let (start, mut parsing) = (Instant::now(), 0.0);
    for json in &bundles {
        bytes += json.len();
        let began = Instant::now();
        let mut chart = Chart::new();
        let _ = chart.insert(json);
        parsing += began.elapsed().as_secs_f64();
        for draft in read(&chart, Timestamp(0)).drafts {
            let id = record_id("connection", draft.kind.id, &draft.key);
            let _ = std::hint::black_box(content_hash(&draft));
            let (created_at, updated_at) = (Timestamp(0), Timestamp(0));
            out += compose(
                &draft,
                &Head { id: &id, source: "source", created_at, updated_at, organization: None, ccd: None, about: None },
            )
            .len();
            count += 1;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{count} records, {:.0} MB out of {megabytes:.0} MB in {seconds:.2} s: {:.0} MB/s ({parsing:.2} s parsing)",
        out as f64 / 1e6,
        megabytes / seconds
    );
    Ok(())
}
