//! Every element that US Core 6.1 wants supported: where it arrives, or why nothing has a place for it.
//!
//! `must_support.txt` is the table. A section begins with `= PROFILE…` (a profile may carry a unit, `PROFILE:kg`),
//! then `base RESOURCE`; each row is `ELEMENT, … | WHERE | WHAT | CHANGE`:
//! * `KIND/POINTER | TEXT | CHANGE` — with the change, and not without it, the record shows the text there;
//! * `hides KIND | CHANGE` — the element decides whether there is a record at all;
//! * `- | REASON` — no kind of record has a field for it.
//!
//! A change is merged into the base; as a list it is followed by more resources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use domain::Timestamp;
use records::{Chart, read};
use serde_json::{Value, json};

const TODAY: Timestamp = Timestamp(1_767_225_600_000);
const TABLE: &str = include_str!("must_support.txt");

/// One profile of the list: its elements, each by the name it has in the table, and their fixed values.
struct Profile {
    name: String,
    elements: BTreeMap<String, Option<String>>,
}

fn profiles() -> Option<Vec<Profile>> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let corpora = std::env::var_os("TRIBUTARY_CORPORA").map_or_else(beside, PathBuf::from);
    let Ok(list) = std::fs::read(corpora.join("golden/must_support/us_core_v6.1.0_must_support.json")) else {
        eprintln!("SKIPPED: the list of must-support elements needs the sample data; set TRIBUTARY_CORPORA");
        return None;
    };
    let list: Vec<Value> = serde_json::from_slice(&list).unwrap();
    Some(list.iter().map(profile).collect())
}

fn profile(listed: &Value) -> Profile {
    let last = |url: &Value| url.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let each = |name: &str| listed[name].as_array().unwrap().iter();
    let paths = each("elements").map(|it| {
        (it["path"].as_str().unwrap().to_owned(), it.get("fixed_value").and_then(Value::as_str).map(str::to_owned))
    });
    let slices = each("slices").map(|it| {
        let id = it["slice_id"].as_str().unwrap();
        (format!("@{}", id.split_once('.').unwrap().1), None)
    });
    let extensions = each("extensions").map(|it| (format!("+{}", last(&it["url"])), None));
    Profile { name: last(&listed["profile"]), elements: paths.chain(slices).chain(extensions).collect() }
}

/// What the table says of the elements of some profiles.
struct Section<'a> {
    profiles: Vec<(&'a str, Option<&'a str>)>,
    base: &'a str,
    rows: Vec<(&'a str, Vec<&'a str>)>,
}

fn sections() -> Vec<Section<'static>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in TABLE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(names) = line.strip_prefix("= ") {
            let named =
                |name: &'static str| name.split_once(':').map_or((name, None), |(name, unit)| (name, Some(unit)));
            sections.push(Section { profiles: names.split(' ').map(named).collect(), base: "{}", rows: vec![] });
            continue;
        }
        let section = sections.last_mut().expect("a section first");
        match line.strip_prefix("base ") {
            Some(base) => section.base = base,
            None => {
                let mut cells = line.split(" | ").map(str::trim);
                let elements = cells.next().unwrap();
                section.rows.push((elements, cells.collect()));
            }
        }
    }
    sections
}

fn merge(base: &mut Value, change: &Value) {
    match (base, change) {
        (Value::Object(base), Value::Object(change)) => {
            for (name, value) in change {
                merge(base.entry(name).or_insert(Value::Null), value);
            }
        }
        (base, change) => *base = change.clone(),
    }
}

/// What is shown at a place of the records of a kind.
fn shown(resources: &[Value], kind: &str, pointer: &str) -> Vec<String> {
    let mut chart = Chart::new();
    let patient = json!({"resourceType": "Patient", "id": "a", "name": [{"text": "Robin Alder"}]});
    for resource in resources.iter().chain((resources[0]["resourceType"] != "Patient").then_some(&patient)) {
        chart.insert(resource.to_string().as_bytes()).unwrap();
    }
    let reading = read(&chart, TODAY);
    let rows = reading.drafts.iter().filter(|draft| draft.kind.id == kind);
    rows.filter_map(|draft| {
        let body = Value::Object(draft.body.clone());
        if pointer.is_empty() { Some(body.to_string()) } else { body.pointer(pointer).map(text) }
    })
    .collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Checks one row; says what is wrong with it.
fn check(base: &Value, cells: &[&str], filled: impl Fn(&str) -> String) -> Result<(), String> {
    let changed = |change: &str| -> Result<Vec<Value>, String> {
        let change: Value = serde_json::from_str(&filled(change)).map_err(|error| format!("{error} in {change}"))?;
        let mut change = if let Value::Array(list) = change { list } else { vec![change] };
        let mut resource = base.clone();
        merge(&mut resource, &change[0]);
        change[0] = resource;
        Ok(change)
    };
    match *cells {
        ["-", reason] if !reason.is_empty() => Ok(()),
        [place, change] if place.starts_with("hides ") => {
            let kind = &place[6..];
            match (shown(std::slice::from_ref(base), kind, "").len(), shown(&changed(change)?, kind, "").len()) {
                (0, _) => Err(format!("no {kind} to hide")),
                (_, 0) => Ok(()),
                _ => Err(format!("does not hide {kind}")),
            }
        }
        [place, expected, change] => {
            let (kind, pointer) = place.split_once('/').ok_or("no place")?;
            let (pointer, expected) = (format!("/{pointer}"), filled(expected));
            if shown(std::slice::from_ref(base), kind, &pointer).contains(&expected) {
                return Err(format!("{place} shows {expected} without the change"));
            }
            let found = shown(&changed(change)?, kind, &pointer);
            if found.contains(&expected) { Ok(()) } else { Err(format!("{place} shows {found:?}, not {expected}")) }
        }
        _ => Err(format!("cannot read {cells:?}")),
    }
}

#[test]
fn every_element_arrives_or_is_explained() {
    let Some(profiles) = profiles() else { return };
    let sections = sections();
    let (mut wrong, mut arrived, mut explained) = (Vec::new(), 0, 0);
    let known: BTreeSet<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    for section in &sections {
        wrong.extend(
            section
                .profiles
                .iter()
                .filter(|(name, _)| !known.contains(name))
                .map(|(name, _)| format!("no profile {name}")),
        );
    }
    for profile in &profiles {
        let mut left: BTreeSet<&str> = profile.elements.keys().map(String::as_str).collect();
        for section in &sections {
            let Some((_, unit)) = section.profiles.iter().find(|(name, _)| *name == profile.name) else { continue };
            let fixed = |name: &str| profile.elements.get(name).and_then(Option::as_deref);
            let filled = |text: &str| {
                let unit = unit.or_else(|| fixed("valueQuantity:valueQuantity.code")).unwrap_or("1");
                text.replace("$code", fixed("code.coding.code").unwrap_or("1")).replace("$unit", unit)
            };
            let base: Value = serde_json::from_str(&filled(section.base)).expect(section.base);
            for (elements, cells) in &section.rows {
                let mine: Vec<&str> = elements.split(", ").filter(|element| left.remove(element)).collect();
                if mine.is_empty() {
                    wrong.push(format!("{}: {elements} is not on the list, or is twice in the table", profile.name));
                } else if let Err(error) = check(&base, cells, filled) {
                    wrong.push(format!("{} {elements}: {error}", profile.name));
                } else if cells[0] == "-" {
                    explained += mine.len();
                } else {
                    arrived += mine.len();
                }
            }
        }
        wrong.extend(left.iter().map(|element| format!("{} {element}: not in the table", profile.name)));
    }
    eprintln!("must support: {arrived} elements arrive, {explained} have no field");
    assert!(wrong.is_empty(), "{} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
