//! Prints the records read from FHIR files, as if nothing had ended yet, and what was skipped: `cargo run --example read -- FILE…`.

use std::io::Read;

use domain::Timestamp;
use records::{Chart, read};
use serde_json::json;

fn main() -> std::io::Result<()> {
    let mut chart = Chart::new();
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let mut json = Vec::new();
        if path.ends_with(".gz") {
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut json)?;
        } else {
            json = bytes;
        }
        if path.contains(".ndjson") {
            json.split(|byte| *byte == b'\n').for_each(|line| drop(chart.insert(line)));
        } else if let Err(error) = chart.insert(&json) {
            eprintln!("{path}: {error}");
        }
    }
    let reading = read(&chart, Timestamp(0));
    for draft in reading.drafts {
        println!("{}", json!({"kind": draft.kind.id, "key": draft.key, "body": draft.body}));
    }
    for skip in reading.skipped {
        println!("{}", json!({"skipped": skip.resource, "reason": format!("{:?}", skip.reason)}));
    }
    Ok(())
}
