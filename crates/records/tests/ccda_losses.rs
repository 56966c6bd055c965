//! Every entry of every section of the sample documents is accounted for, and ever more of them are mapped.

#[allow(dead_code, reason = "the example `convert` uses the rest")]
mod ccda_samples;
#[path = "ccda_samples/tally.rs"]
mod tally;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use domain::Timestamp;
use records::ccda::{Fate, Origin, Refused, convert};
use roxmltree::{Document, Node};

use ccda_samples::{corpora, gather};
use tally::Tally;

const ORIGIN: Origin = Origin { document: None, patient: None, received_at: Timestamp(1_767_225_600_000) };

/// The one example that is not well formed where it was published.
const BROKEN: &str = "Basic_Occupation_Observation_Example.xml";

/// Entries mapped in each section of the whole sample, at least.
const FLOORS: &str = include_str!("ccda_samples/floors.txt");

/// Code and number of entries of each section, in document order, as another parser sees them.
fn sections(node: Node<'_, '_>, out: &mut Vec<(Option<String>, usize)>) {
    let named = |node: &Node<'_, '_>, name: &str| node.tag_name().name() == name;
    for component in node.children().filter(|child| named(child, "component")) {
        for section in component.children().filter(|child| named(child, "section")) {
            let code = section.children().find(|child| named(child, "code")).and_then(|code| code.attribute("code"));
            let code = code.map(str::trim).filter(|code| !code.is_empty());
            out.push((code.map(str::to_owned), section.children().filter(|child| named(child, "entry")).count()));
            sections(section, out);
        }
    }
}

fn counted(name: &str, xml: &str) -> Vec<(Option<String>, usize)> {
    let tree = Document::parse(xml).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut out = Vec::new();
    let path = |node: Node<'_, '_>| {
        node.tag_name().name() == "structuredBody"
            && node.ancestors().skip(1).map(|up| up.tag_name().name()).eq(["component", "ClinicalDocument", ""])
    };
    tree.descendants().filter(|node| path(*node)).for_each(|body| sections(body, &mut out));
    out
}

#[test]
fn every_entry_has_a_fate() {
    let folder = corpora().join("ccda");
    let Ok(sources) = gather(&folder) else {
        eprintln!("SKIPPED: losses need the sample data at {}; set TRIBUTARY_CORPORA", folder.display());
        return;
    };
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    for source in &sources {
        let converted = match convert(&source.xml, &ORIGIN) {
            Err(Refused::Broken) if source.name.ends_with(BROKEN) => continue,
            Err(reason) => panic!("{}: {reason}", source.name),
            Ok(converted) => converted,
        };
        let mut text = String::from_utf8_lossy(&source.xml).into_owned();
        // The other parser is stricter about prefixes.
        for (prefix, name) in [("xsi", "http://www.w3.org/2001/XMLSchema-instance"), ("sdtc", "urn:hl7-org:sdtc")] {
            if !text.contains(&format!("xmlns:{prefix}=")) {
                text = text.replacen("<ClinicalDocument", &format!("<ClinicalDocument xmlns:{prefix}=\"{name}\""), 1);
            }
        }
        let expected = counted(&source.name, text.trim_start_matches('\u{feff}').trim_start());
        let reported: Vec<_> =
            converted.losses.sections.iter().map(|section| (section.code.clone(), section.entries.len())).collect();
        if reported != expected {
            wrong.push(format!("{}: reported {reported:?}, counted {expected:?}", source.name));
        }

        let made: HashSet<String> = converted.resources.iter().map(records::Landed::key).collect();
        for entry in converted.losses.sections.iter().flat_map(|section| &section.entries) {
            assert!(!entry.what.is_empty(), "{}", source.name);
            if let Fate::Mapped(keys) = &entry.fate {
                assert!(!keys.is_empty() && keys.iter().all(|key| made.contains(key)), "{}: {keys:?}", source.name);
            }
        }
        tally.add(&converted.losses);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    eprint!("{tally}");
    check_floors(&tally);
}

/// Shares never fall. Where they rise, the file with the new floors is named.
fn check_floors(tally: &Tally) {
    let floors: BTreeMap<&str, u64> = FLOORS
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, mapped)| (name, mapped.parse().expect("a number")))
        .collect();
    let now: String = tally
        .sections
        .iter()
        .filter(|(_, line)| line.totals.mapped > 0)
        .map(|(name, line)| format!("{name}\t{}\n", line.totals.mapped))
        .collect();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("floors.txt");
    std::fs::write(&path, &now).unwrap();
    let fallen: Vec<String> = floors
        .iter()
        .map(|(name, floor)| (name, floor, tally.sections.get(*name).map_or(0, |line| line.totals.mapped)))
        .filter(|(_, floor, mapped)| mapped < floor)
        .map(|(name, floor, mapped)| format!("{name}: {mapped}, were {floor}"))
        .collect();
    assert!(fallen.is_empty(), "fewer entries mapped: {fallen:?}\nif that is right, copy {}", path.display());
    if now != FLOORS {
        eprintln!("more is mapped than tests/ccda_samples/floors.txt says: copy {}", path.display());
    }
}
