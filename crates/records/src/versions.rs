//! Documents that another took the place of.

use std::collections::{HashMap, HashSet};

use crate::ccda::VERSION;
use crate::chart::Chart;
use crate::documents::written_at;
use crate::fhir::{Element, Resource};

/// System and value.
type Name<'a> = (Option<&'a str>, &'a str);
/// The name that versions of a document share, and system and code of their type.
type Set<'a> = (Name<'a>, (&'a str, &'a str));

/// Keys of the documents and compositions that another one replaces, because it says so or because it is a higher
/// version of the same set. A composition goes with the documents it
/// came from, and a document with the composition that was all there was in it.
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
    // Of two that replace each other the later one stays.
    let age = |key: &str| chart.get(key).map(|document| (written_at(document), document.key.to_owned()));
    let counts = |(new, old): &(&str, &str)| !links.contains(&(*old, *new)) || age(old) < age(new);
    replaced.extend(links.iter().filter(|link| counts(link)).map(|(_, old)| *old));
    if !replaced.is_empty() && chart.has_origins() {
        spread(chart, &mut replaced);
    }
    replaced
}

/// Documents of which another one of the same set and type has a higher version number. The set is a name that
/// documents share; the number is told by the composition a document became.
fn outnumbered(chart: &Chart) -> HashSet<&str> {
    let mut numbers: HashMap<&str, u64> = HashMap::new();
    for composition in chart.of_kind("Composition").filter(|one| one.status() != "entered-in-error") {
        let number = composition.extension(VERSION).str("valueString").and_then(|number| number.parse().ok());
        if let (Some(number), [origin]) = (number, chart.origins(composition.key)) {
            numbers.insert(chart.key_at(origin.document), number);
        }
    }
    let mut sets: HashMap<Set<'_>, Vec<(u64, &str)>> = HashMap::new();
    for document in chart.of_kind("DocumentReference").filter(|one| one.status() != "entered-in-error") {
        let Some(number) = numbers.get(document.key) else { continue };
        let kinds: HashSet<(&str, &str)> =
            document.concept("type").codings().filter_map(|kind| kind.system().zip(kind.code())).collect();
        for set in document.each("identifier").filter_map(name) {
            for kind in &kinds {
                sets.entry((set, *kind)).or_default().push((*number, document.key));
            }
        }
    }
    let lower = sets.into_values().flat_map(|versions| {
        let highest = versions.iter().map(|(number, _)| *number).max();
        versions.into_iter().filter(move |(number, _)| Some(*number) < highest).map(|(_, key)| key)
    });
    lower.collect()
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
