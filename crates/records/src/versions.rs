//! Documents that another took the place of.

use std::collections::{HashMap, HashSet};

use crate::ccda::VERSION;
use crate::chart::Chart;
use crate::documents::written_at;
use crate::fhir::{Element, Resource};

/// System and value.
type Name<'a> = (Option<&'a str>, &'a str);
/// From each document to others.
type Links<'a> = HashMap<&'a str, Vec<&'a str>>;

/// Documents that share a name.
struct Set<'a> {
    /// System and code of the types that all of them have.
    kinds: HashSet<(&'a str, &'a str)>,
    /// Number and key of those that tell their number.
    versions: Vec<(u64, &'a str)>,
}

/// Keys of the documents and compositions that another one replaces, because it says so or because it is a higher
/// version of the same set. A composition goes with the documents it came from, and a document with the composition that
/// was all there was in it.
pub fn replaced(chart: &Chart) -> HashSet<&str> {
    let mut replaced = outnumbered(chart);
    if all(chart).all(|document| document.get("relatesTo").is_absent()) {
        if !replaced.is_empty() {
            spread(chart, &mut replaced);
        }
        return replaced;
    }
    let named = Named::of(chart);
    let mut links: HashSet<(&str, &str)> = HashSet::new();
    for new in all(chart) {
        for link in new.each("relatesTo").filter(|link| link.str("code") == Some("replaces")) {
            let old = named.target(chart, new, link).filter(|old| old.kind == new.kind && old.key != new.key);
            links.extend(old.map(|old| (new.key, old.key)));
        }
    }
    let newest = newest_of_rings(chart, &links);
    let counts = |(new, old): &(&str, &str)| newest.get(new) != newest.get(old) || newest.get(old) != Some(old);
    replaced.extend(links.iter().filter(|link| counts(link)).map(|(_, old)| *old));
    if !replaced.is_empty() && chart.has_origins() {
        spread(chart, &mut replaced);
    }
    replaced
}

/// Documents of which another one of the same set has a higher version number. A set is a name with a system that only
/// documents of one type share; the number is told by the composition a document became.
fn outnumbered(chart: &Chart) -> HashSet<&str> {
    let mut numbers: HashMap<&str, u64> = HashMap::new();
    for composition in chart.of_kind("Composition").filter(|one| one.status() != "entered-in-error") {
        let number = composition.extension(VERSION).str("valueString").and_then(|number| number.parse().ok());
        if let (Some(number), [origin]) = (number, chart.origins(composition.key)) {
            numbers.insert(chart.key_at(origin.document), number);
        }
    }
    let mut sets: HashMap<Name<'_>, Set<'_>> = HashMap::new();
    for document in chart.of_kind("DocumentReference").filter(|one| one.status() != "entered-in-error") {
        let kinds: HashSet<(&str, &str)> =
            document.concept("type").codings().filter_map(|kind| kind.system().zip(kind.code())).collect();
        for name in document.each("identifier").filter_map(name).filter(|(system, _)| system.is_some()) {
            let set = sets.entry(name).or_insert_with(|| Set { kinds: kinds.clone(), versions: Vec::new() });
            set.kinds.retain(|kind| kinds.contains(kind));
            set.versions.extend(numbers.get(document.key).map(|number| (*number, document.key)));
        }
    }
    let sets = sets.into_values().filter(|set| !set.kinds.is_empty());
    let lower = sets.flat_map(|Set { versions, .. }| {
        let highest = versions.iter().map(|(number, _)| *number).max();
        versions.into_iter().filter(move |(number, _)| Some(*number) < highest).map(|(_, key)| key)
    });
    lower.collect()
}

/// Of all that replace each other, be it around several others, the one written last; by each of them. What is in no
/// such ring is its own.
fn newest_of_rings<'a>(chart: &'a Chart, links: &HashSet<(&'a str, &'a str)>) -> HashMap<&'a str, &'a str> {
    let (mut onward, mut back) = (Links::new(), Links::new());
    for (new, old) in links {
        onward.entry(new).or_default().push(old);
        back.entry(old).or_default().push(new);
    }
    let mut met = HashSet::new();
    let order: Vec<&str> = onward.keys().flat_map(|start| walk(&onward, start, &mut met)).collect();
    met.clear();
    let age = |key: &&str| chart.get(key).map(|document| (written_at(document), document.key));
    let mut newest = HashMap::new();
    // Kosaraju: what is left behind a document in this order, and leads back to it, is its ring.
    for start in order.into_iter().rev() {
        let ring = walk(&back, start, &mut met);
        if let Some(last) = ring.iter().copied().max_by_key(age) {
            newest.extend(ring.into_iter().map(|key| (key, last)));
        }
    }
    newest
}

/// What links lead to and was not met before, each after everything it leads to.
fn walk<'a>(links: &Links<'a>, start: &'a str, met: &mut HashSet<&'a str>) -> Vec<&'a str> {
    let mut left = Vec::new();
    let mut path: Vec<(&str, usize)> = met.insert(start).then_some((start, 0)).into_iter().collect();
    while let Some(top) = path.last_mut() {
        let (at, next) = *top;
        top.1 += 1;
        match links.get(at).and_then(|all| all.get(next)) {
            Some(to) if met.insert(to) => path.push((to, 0)),
            Some(_) => {}
            None => {
                left.push(at);
                path.pop();
            }
        }
    }
    left
}

fn all(chart: &Chart) -> impl Iterator<Item = Resource<'_>> {
    let kinds = ["DocumentReference", "Composition"].into_iter();
    kinds.flat_map(|kind| chart.of_kind(kind)).filter(|document| document.status() != "entered-in-error")
}

/// From compositions to the documents that hold nothing else, and back.
fn spread<'a>(chart: &'a Chart, replaced: &mut HashSet<&'a str>) {
    let mut told: HashMap<&str, Vec<&str>> = HashMap::new();
    for composition in chart.of_kind("Composition") {
        for origin in chart.origins(composition.key) {
            told.entry(chart.key_at(origin.document)).or_default().push(composition.key);
        }
    }
    for (document, compositions) in told {
        if compositions.iter().all(|composition| replaced.contains(composition)) {
            replaced.insert(document);
        }
    }
    for composition in chart.of_kind("Composition") {
        let origins = chart.origins(composition.key);
        let mut documents = origins.iter().map(|origin| chart.key_at(origin.document));
        if !origins.is_empty() && documents.all(|document| replaced.contains(document)) {
            replaced.insert(composition.key);
        }
    }
}

/// Documents and compositions by what they are called elsewhere; nothing where that names two of a kind.
#[derive(Default)]
struct Named<'a> {
    /// By the identifier of this very version.
    versions: HashMap<(&'a str, Name<'a>), Option<Resource<'a>>>,
    /// By any other: all versions of a document may share one.
    others: HashMap<(&'a str, Name<'a>), Option<Resource<'a>>>,
}

impl<'a> Named<'a> {
    fn of(chart: &'a Chart) -> Named<'a> {
        let mut named = Named::default();
        for document in all(chart) {
            let own = if document.kind == "Composition" { "identifier" } else { "masterIdentifier" };
            for name in document.each(own).filter_map(name) {
                named.versions.entry((document.kind, name)).and_modify(|it| *it = None).or_insert(Some(document));
            }
            for name in document.each("identifier").filter_map(name) {
                named.others.entry((document.kind, name)).and_modify(|it| *it = None).or_insert(Some(document));
            }
        }
        named
    }

    /// What a `relatesTo` leads to: by its address, else by its identifier.
    fn target(&self, chart: &'a Chart, from: Resource<'a>, link: Element<'a>) -> Option<Resource<'a>> {
        let target = ["target", "targetReference"].into_iter().find_map(|member| chart.resolve(from, link.get(member)));
        target.or_else(|| {
            let identifiers = [link.get("target").get("identifier"), link.get("targetIdentifier")];
            let at = (from.kind, identifiers.into_iter().find_map(name)?);
            *self.versions.get(&at).or_else(|| self.others.get(&at))?
        })
    }
}

fn name(identifier: Element<'_>) -> Option<Name<'_>> {
    Some((identifier.str("system"), identifier.str("value")?))
}
