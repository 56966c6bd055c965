//! The labelled queries: `query ⇥ kind ⇥ what is right ⇥ near`, the last a ZIP or absent.
//!
//! What is right is any of several, parted by ` | `: `Name`, `Name @ City, ST` (a brand of that name, or alias, there),
//! `~word word` (a name with all these words), `~word word @ City, ST`, `@ City, ST`, `zip 60601`, `npi 1588664007`,
//! `host example.org`.

use std::path::Path;

use directory::Brand;

#[derive(Debug, Clone)]
pub struct Label {
    pub query: String,
    pub kind: String,
    pub right: Vec<Right>,
    pub near: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Right {
    Named { name: String, part: bool, place: Option<(String, String)> },
    Zip(String),
    Npi(String),
    Host(String),
}

pub fn all(folder: &Path) -> std::io::Result<Vec<Label>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "tsv"));
    files.sort();
    let mut labels = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        labels.extend(lines.filter_map(label));
    }
    Ok(labels)
}

fn label(line: &str) -> Option<Label> {
    let mut columns = line.split('\t');
    let (query, kind, right) = (columns.next()?, columns.next()?, columns.next()?);
    Some(Label {
        query: query.to_owned(),
        kind: kind.to_owned(),
        right: right.split(" | ").map(one).collect(),
        near: columns.next().map(str::to_owned),
    })
}

fn one(text: &str) -> Right {
    match text.split_once(' ') {
        Some(("zip", zip)) => return Right::Zip(zip.to_owned()),
        Some(("npi", npi)) => return Right::Npi(npi.to_owned()),
        Some(("host", host)) => return Right::Host(host.to_owned()),
        _ => {}
    }
    let (name, place) =
        text.split_once('@').map_or((text, None), |(name, place)| (name, place.trim().rsplit_once(", ")));
    let part = name.starts_with('~');
    let place = place.map(|(city, state)| (plain(city), plain(state)));
    Right::Named { name: plain(name), part: part || name.trim().is_empty(), place }
}

/// Letters and digits in small, words parted by one space.
fn plain(text: &str) -> String {
    let letters = text.replace(['\'', '’'], "");
    let words = letters.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Label {
    pub fn is_right(&self, brand: &Brand) -> bool {
        self.right.iter().any(|right| right.is(brand))
    }
}

impl Right {
    fn is(&self, brand: &Brand) -> bool {
        match self {
            Right::Npi(npi) => brand.identifiers.iter().any(|identifier| identifier.value == *npi),
            Right::Host(host) => {
                let portals =
                    brand.portals.iter().filter_map(|portal| portal.url.as_deref()).chain(brand.website.as_deref());
                portals.chain(brand.endpoints().map(|endpoint| endpoint.address.as_str())).any(|url| url.contains(host))
            }
            Right::Zip(zip) => brand
                .locations
                .iter()
                .any(|place| place.zip.as_deref().is_some_and(|have| have.starts_with(zip.as_str()))),
            Right::Named { name, part, place } => {
                let is = |text: &str| {
                    let text = plain(text);
                    if *part {
                        name.split(' ').all(|word| word.is_empty() || text.split(' ').any(|w| w == word))
                    } else {
                        text == *name
                    }
                };
                let names = std::iter::once(&brand.name).chain(&brand.aliases).chain(&brand.former_names);
                let there = |city: &str, state: &str| {
                    brand.locations.iter().any(|have| {
                        plain(have.city.as_deref().unwrap_or_default()) == city
                            && plain(have.state.as_deref().unwrap_or_default()) == state
                    })
                };
                names.into_iter().any(|text| is(text)) && place.as_ref().is_none_or(|(city, state)| there(city, state))
            }
        }
    }
}
