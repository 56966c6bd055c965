//! One fact, one row: what documents repeat is told once.
//!
//! Rows of the source's own and rows of documents are different witnesses. Two rows of one witness
//! are two facts, however alike; rows of different witnesses are one when they share an identifier,
//! or say the same in every respect [`facts`] knows of.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use crate::chart::Chart;
use crate::drafts::Draft;
use crate::facts;
use crate::provenance::Origin;

/// Groups that are compared with one row: a key shared by more says nothing.
const CANDIDATES: usize = 64;

/// A row before it is merged.
struct Row<'a> {
    at: usize,
    keys: Vec<String>,
    /// The newest first; none for the source's own.
    origins: &'a [Origin],
}

/// Rows that state one fact: that of the source first, if there is one, then from the oldest document on.
#[derive(Default)]
struct Group {
    rows: Vec<usize>,
}

/// Merges what is told twice and notes what each row states. The order stays.
pub(crate) fn merge(chart: &Chart, mut drafts: Vec<Draft>) -> Vec<Draft> {
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(drafts.len());
    for (at, draft) in drafts.iter().enumerate() {
        let told = facts::can_be_told_twice(draft.kind.id);
        let keys = if told { facts::keys(chart, draft) } else { vec![] };
        let origins = draft.lineage.first().map(|key| chart.origins(key)).unwrap_or_default();
        rows.push(Row { at, keys, origins });
    }
    for row in &rows {
        drafts[row.at].own = row.origins.is_empty();
        drafts[row.at].fact = row.keys.first().cloned();
        drafts[row.at].document = row.origins.first().map(|origin| chart.key_at(origin.document).to_owned());
    }
    if !chart.has_origins() {
        return drafts;
    }
    let mut by_kind: HashMap<&str, Vec<&Row<'_>>> = HashMap::new();
    for row in &rows {
        let kind = drafts[row.at].kind.id;
        if facts::can_be_told_twice(kind) {
            by_kind.entry(kind).or_default().push(row);
        }
    }
    let groups: Vec<Group> = by_kind
        .into_values()
        .filter(|rows| rows.iter().any(|row| !row.origins.is_empty()))
        .flat_map(|rows| grouped(chart, &drafts, rows))
        .collect();
    let mut kept: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
    for group in groups.into_iter().filter(|group| group.rows.len() > 1) {
        let members: Vec<(Draft, &[Origin])> =
            group.rows.iter().filter_map(|at| Some((kept[*at].take()?, rows[*at].origins))).collect();
        let place = group.rows.iter().min().copied().unwrap_or_default();
        kept[place] = one_of(chart, members);
    }
    kept.into_iter().flatten().collect()
}

/// Rows of one kind, by the fact they state.
fn grouped(chart: &Chart, drafts: &[Draft], rows: Vec<&Row<'_>>) -> Vec<Group> {
    let (own, mut told): (Vec<&Row<'_>>, Vec<&Row<'_>>) = rows.into_iter().partition(|row| row.origins.is_empty());
    // The oldest document first, so that a later one joins what is there.
    told.sort_by_cached_key(|row| {
        let oldest = row.origins.iter().map(|origin| chart.document_age(origin.document)).min();
        (oldest, drafts[row.at].key.as_str())
    });
    let mut groups: Vec<Group> = Vec::with_capacity(own.len());
    let mut by_key: HashMap<&str, Vec<usize>> = HashMap::new();
    // An identifier of two rows of the source identifies neither.
    let mut by_identifier: HashMap<(&str, &str), Option<usize>> = HashMap::new();
    let mut spoken: HashSet<(usize, usize)> = HashSet::new();
    for row in own {
        for identifier in identifiers(chart, &drafts[row.at]) {
            by_identifier.entry(identifier).and_modify(|group| *group = None).or_insert(Some(groups.len()));
        }
        list(&mut by_key, row, groups.len());
        groups.push(Group { rows: vec![row.at] });
    }
    for row in told {
        let draft = &drafts[row.at];
        let first = |group: usize| &drafts[groups[group].rows[0]];
        let is_open = |group: &usize| row.origins.iter().all(|origin| !spoken.contains(&(*group, origin.document)));
        let named = identifiers(chart, draft)
            .filter_map(|identifier| *by_identifier.get(&identifier)?)
            .filter(|group| is_open(group) && !facts::are_coded_apart(first(*group), draft));
        let alike = row
            .keys
            .iter()
            .filter_map(|key| by_key.get(key.as_str()))
            .flat_map(|groups| groups.iter().take(CANDIDATES).copied())
            .filter(|group| is_open(group) && !facts::contradict(chart, first(*group), draft));
        let found = named.chain(alike).next();
        let group = found.unwrap_or(groups.len());
        if group == groups.len() {
            groups.push(Group::default());
            list(&mut by_key, row, group);
        }
        groups[group].rows.push(row.at);
        spoken.extend(row.origins.iter().map(|origin| (group, origin.document)));
    }
    groups
}

fn list<'a>(by_key: &mut HashMap<&'a str, Vec<usize>>, row: &'a Row<'_>, group: usize) {
    for key in &row.keys {
        let known = by_key.entry(key).or_default();
        if known.last() != Some(&group) {
            known.push(group);
        }
    }
}

/// System and value of each identifier of the resource that gives a row its identity.
fn identifiers<'a>(chart: &'a Chart, draft: &Draft) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    let resource = draft.lineage.first().and_then(|key| chart.get(key));
    let all = resource.into_iter().flat_map(|resource| resource.each("identifier"));
    all.filter_map(|identifier| Some((identifier.str("system")?, identifier.str("value")?)))
}

/// The row of the source, or else of the newest document; what it leaves open the newest document fills in.
fn one_of(chart: &Chart, members: Vec<(Draft, &[Origin])>) -> Option<Draft> {
    let keys: Vec<String> = members.iter().map(|(draft, _)| draft.key.clone()).collect();
    let newest = |origins: &[Origin]| {
        origins.first().map(|origin| (origin.recorded, chart.document_age(origin.document).0, origin.document))
    };
    let latest = (0..members.len()).max_by_key(|at| (newest(members[*at].1), std::cmp::Reverse(*at)))?;
    let base = members.iter().position(|(_, origins)| origins.is_empty()).unwrap_or(latest);
    let own = members.iter().any(|(draft, _)| draft.own);
    let lineages: Vec<Vec<String>> = members.iter().map(|(draft, _)| draft.lineage.clone()).collect();
    let facts: Vec<Option<String>> = members.iter().map(|(draft, _)| draft.fact.clone()).collect();
    let mut drafts: Vec<Draft> = members.into_iter().map(|(draft, _)| draft).collect();
    let filler = (latest != base).then(|| std::mem::take(&mut drafts[latest].body));
    let document = drafts[latest].document.clone();
    let dates = (drafts[latest].sort_at, drafts[latest].from, drafts[latest].to);
    let codes = std::mem::take(&mut drafts[latest].codes);
    let mut one = drafts.swap_remove(base);
    if let Some(filler) = filler {
        fill(&mut one.body, filler);
        if one.sort_at.is_none() {
            (one.sort_at, one.from, one.to) = dates;
        }
    }
    if one.codes.is_empty() {
        one.codes = codes;
    }
    one.own = own;
    one.document = document;
    one.fact = one.fact.or_else(|| facts.into_iter().flatten().next());
    let mut met: HashSet<String> = one.lineage.iter().cloned().collect();
    one.lineage.extend(lineages.into_iter().flatten().filter(|key| met.insert(key.clone())));
    let mut keys = keys.into_iter();
    one.key = keys.next()?;
    one.also = keys.collect();
    Some(one)
}

/// Puts in what is missing or empty, each member where the other has it.
fn fill(body: &mut Map<String, Value>, other: Map<String, Value>) {
    let mut after: Option<String> = None;
    for (name, value) in other {
        match (body.get_mut(&name), value) {
            (Some(Value::Object(known)), Value::Object(more)) => fill(known, more),
            (Some(known), value) if is_empty(known) => *known = value,
            (Some(_), _) => {}
            (None, value) => {
                let place = after.as_ref().and_then(|name| body.keys().position(|known| known == name));
                body.shift_insert(place.map_or(0, |place| place + 1), name.clone(), value);
            }
        }
        after = Some(name);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
