//! Reads lists, merges them, prints the report: `import [--out brands.ndjson] [--explain NAME] FILE…`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use directory::List;
use directory::merge::merge;
use directory::report::Report;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (mut out, mut explain, mut files) = (None, None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--out" => out = arguments.next(),
            "--explain" => explain = arguments.next(),
            _ => gather(Path::new(&argument), &mut files),
        }
    }
    let begun = Instant::now();
    let mut lists = Vec::new();
    for file in &files {
        let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match List::read(&name, &bytes) {
            Ok(list) => lists.push(list),
            Err(error) => eprintln!("{}: {error}", file.display()),
        }
    }
    let read = begun.elapsed();
    let merged = merge(&lists, &[]);
    let all = begun.elapsed();
    print!("{}", Report::of(&lists, &merged));
    println!("read in {read:.1?}, merged in {:.1?}", all - read);
    if let Some(name) = explain {
        let named = |brand: &&directory::Brand| brand.name.contains(&name) || brand.id.to_string() == name;
        for brand in merged.brands.iter().filter(named).take(20) {
            println!("{} {}", brand.id, brand.name);
            for evidence in merged.evidence.get(&brand.id).into_iter().flatten() {
                println!("  {evidence}");
            }
        }
    }
    if let Some(out) = out {
        let failed = |error: std::io::Error| format!("{out}: {error}");
        let mut file = std::io::BufWriter::new(std::fs::File::create(&out).map_err(failed)?);
        for brand in &merged.brands {
            serde_json::to_writer(&mut file, brand).map_err(|error| format!("{out}: {error}"))?;
            file.write_all(b"\n").map_err(failed)?;
        }
        file.flush().map_err(failed)?;
    }
    Ok(())
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
