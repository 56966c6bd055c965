//! Which listings are of one organization.
//!
//! Each rule sorts listings into buckets; those of a bucket are joined. A rule that looks at what is joined
//! already looks at all of it before it joins more, so that the order of listings never matters.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Rule;
use super::rows::{Row, tenant};
use crate::listings::compared;
use crate::{names, publishers};

pub(super) struct Joined {
    parent: Vec<usize>,
    /// The strongest rule that joined a row to another, and what was the same.
    why: Vec<Option<(Rule, String)>>,
    /// What is known of each group, at the row that stands for it.
    facts: Vec<BTreeSet<Fact>>,
}

/// A kind of number, or a vendor, and what only one organization has of it: the number, the tenant.
type Fact = (String, String);

/// Rows by what they have in common.
type Buckets = Vec<(String, usize)>;

pub(super) fn join(rows: &[Row<'_>]) -> Joined {
    let mut joined = Joined {
        parent: (0..rows.len()).collect(),
        why: vec![None; rows.len()],
        facts: rows.iter().map(facts).collect(),
    };
    joined.all(Rule::Id, buckets(rows, ids));
    joined.all(Rule::Npi, buckets(rows, npis));
    joined.all(Rule::Ccn, buckets(rows, ccns));
    joined.agreeing(Rule::NameAndPlace, buckets(rows, names_and_places));
    joined.within_states(Rule::NameAndEndpoint, rows, buckets(rows, names_and_tenants));
    let words = Words::of(rows);
    let renamed = renamed(rows, &words);
    joined.within_states(Rule::Endpoint, rows, renamed);
    let unique = joined.unique_names(rows, &words);
    joined.agreeing(Rule::NameAlone, unique);
    joined
}

fn buckets<'a, I: IntoIterator<Item = String>>(rows: &'a [Row<'a>], of: impl Fn(&'a Row<'a>) -> I) -> Buckets {
    let mut all: Buckets = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        all.extend(of(row).into_iter().map(|key| (key, index)));
    }
    all.sort_unstable();
    all
}

fn ids(row: &Row<'_>) -> Option<String> {
    row.listing.id.map(|id| id.to_string())
}

/// A number is shared by practices that have nothing else in common; then it tells nothing.
fn npis<'a>(row: &'a Row<'a>) -> impl Iterator<Item = String> + 'a {
    let with = || row.names.iter().chain(&row.places).map(String::as_str).chain(row.states.iter().copied());
    row.npis().flat_map(move |npi| with().map(move |with| format!("{npi} {with}")))
}

fn ccns<'a>(row: &'a Row<'a>) -> impl Iterator<Item = String> + 'a {
    let with = || row.names.iter().chain(&row.places);
    row.ccns().flat_map(move |ccn| with().map(move |with| format!("{ccn} {with}")))
}

fn names_and_places<'a>(row: &'a Row<'a>) -> impl Iterator<Item = String> + 'a {
    row.names.iter().flat_map(|name| row.places.iter().map(move |place| format!("{name}, {place}")))
}

fn names_and_tenants(row: &Row<'_>) -> Vec<String> {
    let tenants: BTreeSet<String> = row.addresses().map(tenant).collect();
    row.names.iter().flat_map(|name| tenants.iter().map(move |tenant| format!("{name}, {tenant}"))).collect()
}

/// Numbers and tenants. Two of one kind say that a name is of two organizations.
fn facts(row: &Row<'_>) -> BTreeSet<Fact> {
    let vendor = row.listing.vendor.as_deref().map(|given| {
        let given = given.replace('_', " ");
        publishers::vendor_named(&given).map_or_else(|| names::key(&given), str::to_owned)
    });
    let tenants = row.addresses().map(|address| {
        let tenant = tenant(address);
        let domain = || tenant.split('/').next().unwrap_or_default().to_owned();
        let vendor = publishers::vendor_of(address).map(str::to_owned).or_else(|| vendor.clone());
        (format!("at {}", vendor.unwrap_or_else(domain)), tenant)
    });
    let numbers = row.npis().map(|npi| ("npi", npi)).chain(row.ccns().map(|ccn| ("ccn", ccn)));
    numbers.map(|(kind, number)| (kind.to_owned(), number.to_owned())).chain(tenants).collect()
}

/// What is told to people: the number alone, without what else was the same.
fn same(rule: Rule, key: &str) -> String {
    let told = match rule {
        Rule::Npi | Rule::Ccn => key.split(' ').next().unwrap_or_default(),
        _ => key,
    };
    told.to_owned()
}

/// As many names as an endpoint can have had over the editions of the lists.
const MAX_NAMES: usize = 3;

/// Rows by endpoints that every list gives to one organization only, and whose names have a telling word in common.
/// The address that thousands share is none, and not the hospital's that a practice is a guest of.
fn renamed(rows: &[Row<'_>], words: &Words) -> Buckets {
    let all = buckets(rows, |row| row.addresses().map(compared).collect::<BTreeSet<String>>());
    let mut kept = Vec::new();
    for bucket in all.chunk_by(|one, other| one.0 == other.0) {
        let mut by_list: HashMap<(&str, &str), HashSet<&[String]>> = HashMap::new();
        let mut names = HashSet::new();
        for (_, row) in bucket {
            by_list.entry(rows[*row].origin()).or_default().insert(&rows[*row].names);
            names.insert(&rows[*row].names);
        }
        let mut telling = names.iter().map(|names| words.telling(names));
        let first = telling.next().unwrap_or_default();
        let common = telling.fold(first, |common, words| common.intersection(&words).copied().collect());
        if names.len() <= MAX_NAMES && !common.is_empty() && by_list.values().all(|names| names.len() == 1) {
            kept.extend_from_slice(bucket);
        }
    }
    kept
}

/// Words that more names have say little.
const COMMON: usize = 25;

/// How many names have a word.
struct Words(HashMap<String, usize>);

impl Words {
    fn of(rows: &[Row<'_>]) -> Words {
        let names: HashSet<&str> = rows.iter().flat_map(|row| &row.names).map(String::as_str).collect();
        let mut spread: HashMap<String, usize> = HashMap::new();
        for name in names {
            for word in name.split(' ').collect::<HashSet<_>>() {
                *spread.entry(word.to_owned()).or_default() += 1;
            }
        }
        Words(spread)
    }

    fn is_telling(&self, word: &str) -> bool {
        word.chars().count() >= 4 && self.0.get(word).is_some_and(|names| *names <= COMMON)
    }

    fn telling<'a>(&self, names: &'a [String]) -> HashSet<&'a str> {
        names.iter().flat_map(|name| name.split(' ')).filter(|word| self.is_telling(word)).collect()
    }
}

/// More numbers and tenants of one group are not looked at.
const MAX_FACTS: usize = 256;

impl Joined {
    fn root(&mut self, mut row: usize) -> usize {
        while self.parent[row] != row {
            self.parent[row] = self.parent[self.parent[row]];
            row = self.parent[row];
        }
        row
    }

    fn join(&mut self, rule: Rule, bucket: &[(String, usize)]) {
        let [(_, first), rest @ ..] = bucket else { return };
        if rest.iter().all(|(_, row)| row == first) {
            return;
        }
        for (key, row) in bucket {
            self.why[*row].get_or_insert_with(|| (rule, same(rule, key)));
            let (one, other) = (self.root(*first), self.root(*row));
            if one != other {
                // The first row of a group stands for it.
                let (stays, goes) = (one.min(other), one.max(other));
                self.parent[goes] = stays;
                let (mut more, mut few) =
                    (std::mem::take(&mut self.facts[stays]), std::mem::take(&mut self.facts[goes]));
                if more.len() < few.len() {
                    std::mem::swap(&mut more, &mut few);
                }
                more.extend(few);
                self.facts[stays] = more;
            }
        }
    }

    fn all(&mut self, rule: Rule, buckets: Buckets) {
        for bucket in buckets.chunk_by(|one, other| one.0 == other.0) {
            self.join(rule, bucket);
        }
    }

    /// Joins what does not contradict itself. Groups of a bucket with two numbers of one kind, or at two tenants of one
    /// vendor, are two organizations of one name; which of them the others belong to, nobody says.
    fn agreeing(&mut self, rule: Rule, buckets: Buckets) {
        for bucket in buckets.chunk_by(|one, other| one.0 == other.0) {
            let groups = self.grouped(bucket);
            let mut holder: HashMap<&Fact, usize> = HashMap::new();
            let mut pairs = Vec::new();
            for (root, part) in &groups {
                for fact in self.facts[*root].iter().take(MAX_FACTS) {
                    let first = *holder.entry(fact).or_insert(*root);
                    if first != *root {
                        pairs.extend([groups[&first][0].clone(), part[0].clone()]);
                    }
                }
            }
            pairs.chunks(2).for_each(|pair| self.join(rule, pair));
            let groups = self.grouped(bucket);
            let kinds = |root: &usize| {
                let facts = self.facts[*root].iter().take(MAX_FACTS);
                facts.map(|(kind, _)| kind.as_str()).collect::<BTreeSet<_>>()
            };
            let mut held: HashMap<&str, usize> = HashMap::new();
            groups.keys().flat_map(kinds).for_each(|kind| *held.entry(kind).or_default() += 1);
            let apart = |root: &usize| kinds(root).into_iter().any(|kind| held.get(kind).is_some_and(|n| *n > 1));
            let apart: BTreeSet<usize> = groups.keys().copied().filter(apart).collect();
            let mut open = Buckets::new();
            for (root, part) in groups {
                if apart.contains(&root) {
                    self.join(rule, &part);
                } else {
                    open.extend(part);
                }
            }
            self.join(rule, &open);
        }
    }

    /// Rows of a bucket by the group they are in.
    fn grouped(&mut self, bucket: &[(String, usize)]) -> BTreeMap<usize, Buckets> {
        let mut groups: BTreeMap<usize, Buckets> = BTreeMap::new();
        for entry in bucket {
            groups.entry(self.root(entry.1)).or_default().push(entry.clone());
        }
        groups
    }

    /// Joins a bucket as a whole when it knows one state at most, or else each state's part of it.
    fn within_states(&mut self, rule: Rule, rows: &[Row<'_>], buckets: Buckets) {
        for bucket in buckets.chunk_by(|one, other| one.0 == other.0) {
            let states: BTreeSet<&str> = bucket.iter().flat_map(|(_, row)| rows[*row].states.iter().copied()).collect();
            if states.len() <= 1 {
                self.join(rule, bucket);
                continue;
            }
            for state in states {
                let part = bucket.iter().filter(|(_, row)| rows[*row].states.contains(state)).cloned();
                self.join(rule, &part.collect::<Buckets>());
            }
        }
    }

    /// Rows by names that are like no other, when at most one of what has the name has a place.
    fn unique_names(&mut self, rows: &[Row<'_>], words: &Words) -> Buckets {
        let named = buckets(rows, |row| row.names.iter().cloned());
        let mut placed: HashSet<usize> = HashSet::new();
        let mut states: HashMap<usize, BTreeSet<&str>> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            let root = self.root(index);
            if !row.places.is_empty() {
                placed.insert(root);
            }
            states.entry(root).or_default().extend(row.states.iter().copied());
        }
        let mut kept = Vec::new();
        for bucket in named.chunk_by(|one, other| one.0 == other.0) {
            let name = &bucket[0].0;
            if !name.contains(' ') || !name.split(' ').any(|word| words.is_telling(word)) {
                continue;
            }
            let groups: BTreeSet<usize> = bucket.iter().map(|(_, row)| self.root(*row)).collect();
            let (at_places, nowhere): (Vec<usize>, Vec<usize>) = groups.iter().partition(|root| placed.contains(root));
            let of = |roots: &[usize]| {
                roots.iter().filter_map(|root| states.get(root)).flatten().copied().collect::<BTreeSet<_>>()
            };
            let (there, said) = (of(&at_places), of(&nowhere));
            let agree = said.len() <= 1 && (there.is_empty() || said.is_subset(&there));
            if at_places.len() <= 1 && groups.len() > 1 && agree {
                kept.extend_from_slice(bucket);
            }
        }
        kept
    }

    /// Rows of each organization, the most careful list's first.
    pub fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for row in 0..self.parent.len() {
            let mut root = row;
            while self.parent[root] != root {
                root = self.parent[root];
            }
            groups.entry(root).or_default().push(row);
        }
        groups.into_values().collect()
    }

    pub fn why(&self, row: usize) -> (Rule, &str) {
        self.why[row].as_ref().map_or((Rule::Alone, ""), |(rule, same)| (*rule, same))
    }
}
