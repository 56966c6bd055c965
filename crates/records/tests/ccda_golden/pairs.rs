//! C-CDA entry and FHIR resource of the mapping guide, element by element.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

/// `path = value` of every leaf, without positions; how often each occurs.
type Leaves = BTreeMap<String, usize>;

pub fn compare(case: &str, theirs: &Value, ours: &[Value], counts: &mut String, listing: &mut String) {
    let kind = theirs["resourceType"].as_str().unwrap_or_default();
    let expected = leaves(theirs);
    let best = ours
        .iter()
        .filter(|resource| resource["resourceType"] == kind)
        .map(|resource| (difference(&expected, &leaves(resource)), resource))
        .min_by_key(|((missing, extra), _)| missing.len() + extra.len());
    let Some(((missing, extra), _)) = best else {
        let found: Vec<&str> = ours.iter().filter_map(|resource| resource["resourceType"].as_str()).collect();
        let _ = writeln!(counts, "pair {case}: no {kind}");
        let _ = writeln!(listing, "pair {case}: no {kind} among {}", found.join(" "));
        return;
    };
    let same = expected.values().sum::<usize>() - missing.len();
    let _ = writeln!(counts, "pair {case}: {same} same, {} missing, {} more", missing.len(), extra.len());
    let _ = writeln!(listing, "pair {case} ({kind}): {same} same");
    for leaf in missing {
        let _ = writeln!(listing, "  - {leaf}");
    }
    for leaf in extra {
        let _ = writeln!(listing, "  + {leaf}");
    }
}

fn difference(theirs: &Leaves, ours: &Leaves) -> (Vec<String>, Vec<String>) {
    (rest(theirs, ours), rest(ours, theirs))
}

/// Leaves of one that the other has less often.
fn rest(one: &Leaves, other: &Leaves) -> Vec<String> {
    let spare = |(leaf, count): (&String, &usize)| {
        let left = count.saturating_sub(other.get(leaf).copied().unwrap_or(0));
        std::iter::repeat_n(leaf.clone(), left)
    };
    one.iter().flat_map(spare).collect()
}

fn leaves(resource: &Value) -> Leaves {
    let mut out = Leaves::new();
    let Some(members) = resource.as_object() else { return out };
    for (name, inner) in
        members.iter().filter(|(name, _)| !["resourceType", "id", "meta", "text"].contains(&name.as_str()))
    {
        collect(inner, name, &mut out);
    }
    out
}

fn collect(json: &Value, path: &str, out: &mut Leaves) {
    match json {
        Value::Object(members) => {
            members.iter().for_each(|(name, inner)| collect(inner, &format!("{path}.{name}"), out))
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, out)),
        // Ids are everybody's own.
        Value::String(text) if path.ends_with(".reference") => {
            let kind = text.split('/').next().unwrap_or_default();
            *out.entry(format!("{path} = {kind}/…")).or_default() += 1;
        }
        leaf => *out.entry(format!("{path} = {leaf}")).or_default() += 1,
    }
}
