//! One converter's bundle of the same document: types, codes, days, doses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

#[derive(Default)]
struct Facts {
    types: BTreeMap<String, usize>,
    codes: BTreeSet<String>,
    days: BTreeSet<String>,
    doses: BTreeSet<String>,
}

pub fn compare(case: &str, theirs: &Value, ours: &[Value], counts: &mut String, listing: &mut String) {
    let (mut expected, mut found) = (Facts::default(), Facts::default());
    for entry in theirs["entry"].as_array().into_iter().flatten() {
        expected.learn(&entry["resource"]);
    }
    ours.iter().for_each(|resource| found.learn(resource));
    expected.name_systems_as(&found);
    let shared = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.intersection(other).count();
    let _ = writeln!(
        counts,
        "bundle {case}: codes {} of {}, days {} of {}, doses {} of {}",
        shared(&expected.codes, &found.codes),
        expected.codes.len(),
        shared(&expected.days, &found.days),
        expected.days.len(),
        shared(&expected.doses, &found.doses),
        expected.doses.len(),
    );
    let _ = writeln!(listing, "bundle {case}");
    let kinds: BTreeSet<&String> = expected.types.keys().chain(found.types.keys()).collect();
    for kind in kinds {
        let count = |facts: &Facts| facts.types.get(kind).copied().unwrap_or(0);
        let _ = writeln!(listing, "  {kind}: theirs {}, ours {}", count(&expected), count(&found));
    }
    for (what, one, other) in [
        ("code", &expected.codes, &found.codes),
        ("day", &expected.days, &found.days),
        ("dose", &expected.doses, &found.doses),
    ] {
        for fact in one.difference(other) {
            let _ = writeln!(listing, "  - {what} {fact}");
        }
    }
}

impl Facts {
    /// The other names some systems by OID that have an address: what counts is the code.
    fn name_systems_as(&mut self, other: &Facts) {
        let renamed = |fact: &String| {
            let code = fact.strip_prefix("urn:oid:").and_then(|rest| rest.split_once('|')).map(|(_, code)| code);
            let same = |known: &&String| known.split_once('|').is_some_and(|(_, own)| Some(own) == code);
            other.codes.iter().find(same).unwrap_or(fact).clone()
        };
        self.codes = self.codes.iter().map(renamed).collect();
    }

    fn learn(&mut self, resource: &Value) {
        let kind = resource["resourceType"].as_str().unwrap_or("?");
        *self.types.entry(kind.to_owned()).or_default() += 1;
        self.look(resource);
    }

    fn look(&mut self, json: &Value) {
        match json {
            Value::Array(items) => items.iter().for_each(|item| self.look(item)),
            Value::Object(members) => {
                if let (Some(system), Some(code)) = (json["system"].as_str(), json["code"].as_str())
                    && !members.contains_key("value")
                {
                    self.codes.insert(format!("{system}|{code}"));
                }
                for (name, inner) in members {
                    if name == "doseQuantity" {
                        self.doses.insert(format!(
                            "{} {}",
                            inner["value"].as_f64().unwrap_or(0.0),
                            inner["unit"].as_str().unwrap_or("")
                        ));
                    }
                    match inner {
                        Value::String(text) if is_day(text) => {
                            self.days.insert(text[..10].to_owned());
                        }
                        Value::String(_) => {}
                        _ if name == "meta" || name == "text" => {}
                        _ => self.look(inner),
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[..10].iter().enumerate().all(|(at, byte)| at == 4 || at == 7 || byte.is_ascii_digit())
        && bytes.get(10).is_none_or(|next| *next == b'T')
}
