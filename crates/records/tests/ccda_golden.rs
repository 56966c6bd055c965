//! What others make of the same documents: the mapping guide's pairs and tables, and one converter's bundles.
//! Differences are counted; docs/ccda.md explains them.

#[path = "ccda_golden/converter.rs"]
mod converter;
#[path = "ccda_golden/maps.rs"]
mod maps;
#[path = "ccda_golden/pairs.rs"]
mod pairs;
#[path = "ccda_golden/rows.rs"]
mod rows;

#[allow(dead_code, reason = "the example `convert` uses the rest")]
mod ccda_samples;

use std::path::{Path, PathBuf};

use domain::Timestamp;
use records::ccda::{Origin, convert};
use serde_json::Value;

use ccda_samples::{corpora, unpacked};

const COUNTS: &str = include_str!("ccda_golden/counts.txt");

/// The resources of a document or of a fragment, which is wrapped first.
fn converted(name: &str, xml: Vec<u8>) -> Vec<Value> {
    let source = ccda_samples::source(name.to_owned(), xml);
    let origin = Origin { document: None, patient: None, received_at: Timestamp(1_767_225_600_000) };
    let converted = convert(&source.xml, &origin).unwrap_or_else(|reason| panic!("{name}: {reason}"));
    converted.resources.iter().map(|landed| serde_json::from_slice(&landed.json).unwrap()).collect()
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The first of some files that exists, unpacked.
fn first(folder: &Path, names: &[&str]) -> Vec<u8> {
    let path = names.iter().map(|name| folder.join(name)).find(|path| path.exists());
    unpacked(&path.unwrap_or_else(|| panic!("{} lacks {names:?}", folder.display()))).unwrap()
}

#[test]
fn differences_are_the_ones_explained() {
    let golden = corpora().join("golden");
    if !golden.exists() {
        eprintln!("SKIPPED: comparison with others needs {}; set TRIBUTARY_CORPORA", golden.display());
        return;
    }
    let (mut counts, mut listing) = (String::new(), String::new());
    for folder in folders(&golden.join("ccda_on_fhir")).iter().filter(|path| name(path) != "concept_maps") {
        let ours = converted(&format!("{}/cda.xml", name(folder)), first(folder, &["cda.xml"]));
        let theirs: Value = serde_json::from_slice(&first(folder, &["fhir.json"])).unwrap();
        pairs::compare(&name(folder), &theirs, &ours, &mut counts, &mut listing);
    }
    for path in folders(&golden.join("ccda_on_fhir/concept_maps")) {
        maps::compare(&path, &mut counts, &mut listing);
    }
    for folder in folders(&golden.join("ms_fhir_converter")) {
        let ours = converted(&name(&folder), first(&folder, &["input.xml", "input.xml.gz"]));
        let theirs = first(&folder, &["expected.fhir.json", "expected.fhir.json.gz"]);
        let theirs: Value = serde_json::from_slice(&theirs).unwrap();
        converter::compare(&name(&folder), &theirs, &ours, &mut counts, &mut listing);
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("counts.txt"), &counts).unwrap();
    std::fs::write(folder.join("golden.txt"), &listing).unwrap();
    eprintln!("every difference: {}", folder.join("golden.txt").display());
    let changed: Vec<&str> = counts.lines().filter(|line| !COUNTS.lines().any(|known| known == *line)).collect();
    assert!(
        changed.is_empty() && counts.lines().count() == COUNTS.lines().count(),
        "differences changed: {changed:#?}\nread {}, explain them in docs/ccda.md, and copy {}",
        folder.join("golden.txt").display(),
        folder.join("counts.txt").display()
    );
}
