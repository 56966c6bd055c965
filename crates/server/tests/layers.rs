//! The shape of the workspace: which layer may know which, compared with the manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// All the dependencies there may be, always downwards.
const LAYERS: [(&str, &[&str]); 9] = [
    ("server", &["web", "engine", "sandbox", "domain"]),
    ("web", &["engine", "records", "domain"]),
    ("engine", &["connectors", "directory", "store", "records", "domain"]),
    ("connectors", &["records", "domain"]),
    ("records", &["domain"]),
    ("directory", &["domain"]),
    ("store", &["domain"]),
    ("sandbox", &["domain"]),
    ("domain", &[]),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifest(name: &str) -> toml::Table {
    let path = crates().join(name).join("Cargo.toml");
    fs::read_to_string(&path).unwrap().parse().unwrap()
}

fn members() -> BTreeSet<String> {
    fs::read_dir(crates()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn layers_depend_downwards_only() {
    let allowed: BTreeMap<_, BTreeSet<_>> =
        LAYERS.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    let names = members();
    assert_eq!(names, allowed.keys().map(|name| (*name).to_owned()).collect(), "a crate without a place in the layers");
    for (name, below) in &allowed {
        let manifest = manifest(name);
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
        let ours: BTreeSet<&str> = dependencies.keys().map(String::as_str).filter(|key| names.contains(*key)).collect();
        assert!(ours.is_subset(below), "{name} may depend on {below:?}, but its manifest says {ours:?}");
    }
}

#[test]
fn the_sandbox_knows_none_of_the_platform() {
    // Not even in its tests: it is a counterpart, and must not agree with us by sharing code.
    let manifest = manifest("sandbox");
    let dev = manifest.get("dev-dependencies").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    for name in members() {
        assert!(!dev.contains_key(&name), "sandbox tests depend on {name}");
    }
}

#[test]
fn no_file_is_named_after_nothing() {
    let mut folders = vec![crates()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                if !stem.starts_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                assert!(
                    !["utils", "util", "common", "helpers", "types", "misc"].contains(&stem.as_str()),
                    "{}",
                    path.display()
                );
            }
        }
    }
}
